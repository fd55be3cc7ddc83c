/* Filling the table of characters: see bert_characters.h.
 *
 * Later rules overwrite earlier ones, which is the order of BertNormalizer (clean, Chinese, accents,
 * case) and BertPreTokenizer (space, punctuation) read backwards. */
#include "tokenizer/bert_characters.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_unicode.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256, HANGUL_FIRST = 0xAC00, HANGUL_LAST = 0xD7A3, DOTTED_I = 0x130 };

static uint32_t make_info(enum cpl_character_kind kind, uint32_t value)
{
    return (uint32_t)kind | value << CPL_CHARACTER_KIND_BITS;
}

static enum cpl_character_kind kind_of(uint32_t info)
{
    return (enum cpl_character_kind)(info & CPL_CHARACTER_KIND_MASK);
}

/* ---- looking up the generated lists ---------------------------------------------------------- */

uint32_t cpl_bert_lower(uint32_t code)
{
    return cpl_code_strides_apply(cpl_bert_lowercase, cpl_bert_lowercase_count, code);
}

bool cpl_bert_is_chinese(uint32_t code)
{
    return cpl_code_ranges_contain(cpl_bert_chinese, cpl_bert_chinese_count, code);
}

int cpl_bert_combining_class(uint32_t code)
{
    for (size_t i = 0; i < cpl_bert_reordered_count; i++)
        if (cpl_bert_reordered[i].code == code)
            return cpl_bert_reordered[i].combining_class;
    return 0;
}

uint32_t cpl_bert_image(const struct cpl_bert_characters *characters, uint32_t code)
{
    if (characters->options.strip_accents)
        code = cpl_code_strides_apply(cpl_bert_stripped, cpl_bert_stripped_count, code);
    return characters->options.lowercase ? cpl_bert_lower(code) : code;
}

/* Unicode Standard, section 3.12: leading consonant, vowel and perhaps a trailing consonant. */
static size_t decompose_hangul(uint32_t image[4], uint32_t code)
{
    uint32_t index = code - HANGUL_FIRST;
    image[0] = 0x1100 + index / (21 * 28);
    image[1] = 0x1161 + index % (21 * 28) / 28;
    image[2] = 0x11A7 + index % 28;
    return index % 28 ? 3 : 2;
}

size_t cpl_bert_sequence(const struct cpl_bert_characters *characters, uint32_t image[4],
                         uint32_t code)
{
    if (code >= HANGUL_FIRST && code <= HANGUL_LAST)
        return decompose_hangul(image, code);
    if (code == DOTTED_I) {
        image[0] = 'i';
        image[1] = 0x307;
        return 2;
    }
    size_t i = 0, n = 0;
    while (cpl_bert_sequences[i].code != code)
        i++;
    assert(i < cpl_bert_sequences_count);
    for (; n < 4 && cpl_bert_sequences[i].image[n]; n++)
        image[n] = characters->options.lowercase
                       ? cpl_bert_lower(cpl_bert_sequences[i].image[n])
                       : cpl_bert_sequences[i].image[n];
    return n;
}

/* ---- filling --------------------------------------------------------------------------------- */

static cpl_status new_block(struct cpl_bert_characters *characters, size_t *block,
                            struct cpl_error *error)
{
    size_t n = characters->n_blocks;
    CPL_TRY(cpl_memory_grow(&characters->info, &characters->block_capacity, n + 1,
                            BLOCK * sizeof *characters->info, error));
    memset(characters->info + n * BLOCK, 0, BLOCK * sizeof *characters->info);
    *block = n;
    characters->n_blocks = n + 1;
    return CPL_OK;
}

static cpl_status set_info(struct cpl_bert_characters *characters, uint32_t code, uint32_t info,
                           struct cpl_error *error)
{
    size_t block = characters->block[code >> 8];
    if (block == 0) {
        CPL_TRY(new_block(characters, &block, error));
        characters->block[code >> 8] = (uint16_t)block;
    }
    characters->info[block * BLOCK + (code & 0xFF)] = info;
    return CPL_OK;
}

static cpl_status set_ranges(struct cpl_bert_characters *characters,
                             const struct cpl_code_range *range, size_t n, uint32_t info,
                             struct cpl_error *error)
{
    for (size_t i = 0; i < n; i++)
        for (uint32_t code = range[i].first; code <= range[i].last; code++)
            CPL_TRY(set_info(characters, code, info, error));
    return CPL_OK;
}

/* The private planes are removed as a whole: all their blocks are one. */
static cpl_status set_removed(struct cpl_bert_characters *characters, struct cpl_error *error)
{
    uint32_t info = make_info(CPL_CHARACTER_DROPPED, 0);
    size_t shared;
    CPL_TRY(new_block(characters, &shared, error));
    for (size_t i = 0; i < BLOCK; i++)
        characters->info[shared * BLOCK + i] = info;
    for (size_t i = 0; i < cpl_bert_removed_count; i++) {
        uint32_t code = cpl_bert_removed[i].first;
        while (code <= cpl_bert_removed[i].last) {
            bool whole = code % BLOCK == 0 && code + BLOCK - 1 <= cpl_bert_removed[i].last;
            if (whole)
                characters->block[code >> 8] = (uint16_t)shared;
            else
                CPL_TRY(set_info(characters, code, info, error));
            code += whole ? BLOCK : 1;
        }
    }
    return CPL_OK;
}

/* A character that becomes another one: what that one is, unless it is plain. */
static cpl_status set_image(struct cpl_bert_characters *characters, uint32_t code,
                            const struct cpl_pieces *pieces, struct cpl_error *error)
{
    uint32_t image = cpl_bert_image(characters, code);
    uint32_t info = cpl_bert_info(characters, image);
    if (image == code)
        return CPL_OK;
    if (characters->options.handle_chinese_chars && cpl_bert_is_chinese(code)) {
        char text[4];
        int32_t id = cpl_pieces_find(pieces, text, cpl_utf8_encode(text, image));
        info = make_info(CPL_CHARACTER_ALONE, (uint32_t)(id < 0 ? characters->unknown_id : id));
    } else if (kind_of(info) == CPL_CHARACTER_SAME || kind_of(info) == CPL_CHARACTER_MAPPED) {
        info = make_info(CPL_CHARACTER_MAPPED, image);
    }
    return set_info(characters, code, info, error);
}

static cpl_status set_strides(struct cpl_bert_characters *characters,
                              const struct cpl_code_stride *stride, size_t n,
                              const struct cpl_pieces *pieces, struct cpl_error *error)
{
    for (size_t i = 0; i < n; i++)
        for (uint32_t code = stride[i].first; code <= stride[i].last; code += stride[i].step)
            CPL_TRY(set_image(characters, code, pieces, error));
    return CPL_OK;
}

/* Ids of the pieces that are one character which stands alone. */
static cpl_status set_ids(struct cpl_bert_characters *characters,
                          const struct cpl_pieces *pieces, struct cpl_error *error)
{
    for (int32_t id = 0; id < pieces->count; id++) {
        const char *text = cpl_pieces_text(pieces, id);
        uint32_t code;
        if (!text || pieces->length[id] == 0 || pieces->length[id] > 4 ||
            cpl_utf8_decode(&code, text, pieces->length[id]) != pieces->length[id] ||
            kind_of(cpl_bert_info(characters, code)) != CPL_CHARACTER_ALONE)
            continue;
        int32_t found = cpl_pieces_find(pieces, text, pieces->length[id]);
        CPL_TRY(
            set_info(characters, code, make_info(CPL_CHARACTER_ALONE, (uint32_t)found), error));
    }
    return CPL_OK;
}

static cpl_status set_words(struct cpl_bert_characters *characters,
                            const struct cpl_pieces *pieces, struct cpl_error *error)
{
    uint32_t alone = make_info(CPL_CHARACTER_ALONE, (uint32_t)characters->unknown_id);
    CPL_TRY(
        set_ranges(characters, cpl_bert_punctuation, cpl_bert_punctuation_count, alone, error));
    if (characters->options.handle_chinese_chars)
        CPL_TRY(set_ranges(characters, cpl_bert_chinese, cpl_bert_chinese_count, alone, error));
    CPL_TRY(set_ids(characters, pieces, error));
    return set_ranges(characters, cpl_bert_space, cpl_bert_space_count,
                      make_info(CPL_CHARACTER_SPACE, 0), error);
}

static cpl_status set_accents(struct cpl_bert_characters *characters,
                              const struct cpl_pieces *pieces, struct cpl_error *error)
{
    CPL_TRY(set_strides(characters, cpl_bert_stripped, cpl_bert_stripped_count, pieces, error));
    uint32_t sequence = make_info(CPL_CHARACTER_SEQUENCE, 0);
    for (uint32_t code = HANGUL_FIRST; code <= HANGUL_LAST; code++)
        CPL_TRY(set_info(characters, code, sequence, error));
    for (size_t i = 0; i < cpl_bert_sequences_count; i++)
        CPL_TRY(set_info(characters, cpl_bert_sequences[i].code, sequence, error));
    CPL_TRY(set_ranges(characters, cpl_bert_mark, cpl_bert_mark_count,
                       make_info(CPL_CHARACTER_DROPPED, 0), error));
    CPL_TRY(set_ranges(characters, cpl_bert_starting_mark, cpl_bert_starting_mark_count,
                       make_info(CPL_CHARACTER_BREAK, 0), error));
    for (size_t i = 0; i < cpl_bert_reordered_count; i++)
        CPL_TRY(set_info(characters, cpl_bert_reordered[i].code,
                         make_info(CPL_CHARACTER_ORDERED, 0), error));
    return CPL_OK;
}

static cpl_status fill(struct cpl_bert_characters *characters, const struct cpl_pieces *pieces,
                       struct cpl_error *error)
{
    const struct cpl_bert_options *options = &characters->options;
    size_t plain;
    CPL_TRY(new_block(characters, &plain, error)); /* block 0 */
    CPL_TRY(set_words(characters, pieces, error));
    if (options->lowercase) {
        CPL_TRY(set_strides(characters, cpl_bert_lowercase, cpl_bert_lowercase_count, pieces,
                            error));
        CPL_TRY(set_info(characters, DOTTED_I, make_info(CPL_CHARACTER_SEQUENCE, 0), error));
    }
    if (options->strip_accents)
        CPL_TRY(set_accents(characters, pieces, error));
    if (!options->clean_text)
        return CPL_OK;
    CPL_TRY(set_removed(characters, error));
    return set_ranges(characters, cpl_bert_cleaned_space, cpl_bert_cleaned_space_count,
                      make_info(CPL_CHARACTER_SPACE, 0), error);
}

cpl_status cpl_bert_characters_init(struct cpl_bert_characters *characters,
                                    const struct cpl_bert_options *options,
                                    const struct cpl_pieces *pieces, int32_t unknown_id,
                                    struct cpl_error *error)
{
    *characters = (struct cpl_bert_characters){.options = *options, .unknown_id = unknown_id};
    cpl_status status = fill(characters, pieces, error);
    if (status != CPL_OK)
        cpl_bert_characters_clear(characters);
    return status;
}

void cpl_bert_characters_clear(struct cpl_bert_characters *characters)
{
    free(characters->info);
    *characters = (struct cpl_bert_characters){0};
}

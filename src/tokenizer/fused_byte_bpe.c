/* Byte-level byte pair encoding in one pass over the text (GPT-2, RoBERTa, Llama 3, Qwen 2 …):
 * ByteLevel alone, or Split by a known pattern with ByteLevel behind it; no normalizer, or NFC for
 * text that is in that form already.
 *
 * ByteLevel writes every byte as a character (byte_characters.h).  Here pieces are turned back into
 * bytes once instead. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bpe_split.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/fused_bpe.h"
#include "tokenizer/nfc_quick.h"
#include <stdlib.h>
#include <string.h>

struct byte_bpe {
    struct cpl_fused_bpe fused; /* first, so that a pointer to it is one to this */
    enum cpl_bpe_pattern pattern;
    bool prefix_space, nfc;
    struct cpl_piece_trie unmade; /* with ignore_merges: pieces that merges do not make */
};

/* ---- pieces ----------------------------------------------------------------------------------- */

static size_t decode_piece(char *out, const char *piece, size_t length)
{
    size_t n = 0;
    for (size_t at = 0; at < length;) {
        int byte = cpl_character_byte(cpl_utf8_next(piece, &at));
        if (byte < 0)
            return 0;
        out[n++] = (char)byte;
    }
    return n;
}

static bool is_byte(const char *text, size_t length)
{
    (void)text;
    return length == 1;
}

/* ---- words ------------------------------------------------------------------------------------ */

/* The piece that is the whole word; only one that merges do not make needs to be looked for. */
static int32_t find_whole(const struct byte_bpe *state, const char *word, size_t length)
{
    size_t matched = 0;
    int32_t id = cpl_piece_trie_longest(&state->unmade, 0, word, length, &matched);
    return matched == length ? id : -1;
}

static cpl_status find_tokens(const struct cpl_fused_bpe *fused,
                              const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, const char *word, size_t length,
                              struct cpl_error *error)
{
    const struct byte_bpe *own = (const struct byte_bpe *)fused;
    struct cpl_bpe_search_memory *memory = &engine->search;
    size_t at = 0;
    int32_t id = own->unmade.node ? find_whole(own, word, length) : -1;
    (void)tokenizer;
    if (id < 0)
        return cpl_bpe_search_word(&fused->search, memory, word, &at, length, error);
    CPL_TRY(
        cpl_memory_grow(&memory->token, &memory->capacity, 1, sizeof *memory->token, error));
    memory->token[memory->n++] = (struct cpl_bpe_token){id, (uint32_t)length};
    return CPL_OK;
}

static cpl_status encode_part(const void *state, const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, struct cpl_encoding *encoding,
                              const char *text, size_t begin, size_t end, bool first,
                              struct cpl_error *error)
{
    const struct byte_bpe *own = state;
    (void)first;
    struct cpl_bpe_section section;
    if (begin == end)
        return CPL_OK;
    CPL_TRY(cpl_bpe_section_set(&section, engine, text, begin, end,
                                own->prefix_space && text[begin] != ' ', error));
    for (size_t at = section.begin, next; at < section.end; at = next) {
        next = cpl_bpe_split_next(own->pattern, section.text, at, section.end);
        CPL_TRY(cpl_fused_bpe_word(&own->fused, tokenizer, engine, encoding, &section, at, next,
                                   error));
    }
    return CPL_OK;
}

static cpl_status byte_bpe_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                                  struct cpl_encoding *encoding, const char *text, size_t begin,
                                  size_t end, bool first, struct cpl_error *error)
{
    const struct byte_bpe *own = state;
    if (own->nfc && !cpl_nfc_quick(text + begin, end - begin))
        return cpl_pipeline_encode(tokenizer, encoding, text, begin, end, first, error);
    return cpl_fused_bpe_encode(tokenizer, state, encode_part, encoding, text, begin, end,
                                first, error);
}

/* ---- which tokenizers ------------------------------------------------------------------------- */

static bool flag_of(const json_t *object, const char *key, bool usual)
{
    const json_t *value = json_object_get(object, key);
    return value ? json_is_true(value) : usual;
}

static bool has_type(const json_t *object, const char *type)
{
    const char *name = json_string_value(json_object_get(object, "type"));
    return name && strcmp(name, type) == 0;
}

/* Split whose matches are the words: they leave nothing between them. */
static enum cpl_bpe_pattern pattern_of(const json_t *split)
{
    const char *regex =
        json_string_value(json_object_get(json_object_get(split, "pattern"), "Regex"));
    const char *behavior = json_string_value(json_object_get(split, "behavior"));
    bool invert = flag_of(split, "invert", false);
    if (!has_type(split, "Split") || !regex || !behavior ||
        strcmp(behavior, invert ? "Removed" : "Isolated") != 0)
        return CPL_PATTERN_OTHER;
    return cpl_bpe_pattern_find(regex);
}

static bool takes(struct byte_bpe *state, const struct cpl_tokenizer *tokenizer)
{
    const json_t *section = json_object_get(tokenizer->sections, "pre_tokenizer");
    const struct cpl_bpe *bpe = tokenizer->state;
    if (tokenizer->model != &cpl_tokenizer_bpe || bpe->options.prefix[0] ||
        bpe->options.suffix[0])
        return false;
    const struct cpl_stages *normalizers = &tokenizer->normalizers;
    state->nfc = normalizers->n == 1 && strcmp(normalizers->stage[0].kind->type, "NFC") == 0;
    if (normalizers->n > 0 && !state->nfc)
        return false;
    if (has_type(section, "Sequence")) {
        const json_t *members = json_object_get(section, "pretokenizers");
        const json_t *bytes = json_array_get(members, 1);
        state->pattern = pattern_of(json_array_get(members, 0));
        return json_array_size(members) == 2 && has_type(bytes, "ByteLevel") &&
               !flag_of(bytes, "use_regex", true) &&
               !flag_of(bytes, "add_prefix_space", true) && state->pattern != CPL_PATTERN_OTHER;
    }
    state->pattern = CPL_PATTERN_GPT2;
    state->prefix_space = flag_of(section, "add_prefix_space", true);
    return has_type(section, "ByteLevel") && flag_of(section, "use_regex", true);
}

static bool has_all_bytes(const struct cpl_tokenizer *tokenizer)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char piece[4];
        size_t n = cpl_utf8_encode(piece, cpl_byte_character((uint8_t)byte));
        if (cpl_bpe_find(tokenizer, piece, n) < 0)
            return false;
    }
    return true;
}

static void byte_bpe_free(void *state)
{
    struct byte_bpe *own = state;
    if (!own)
        return;
    cpl_fused_bpe_clear(&own->fused);
    cpl_piece_trie_clear(&own->unmade);
    free(own);
}

static cpl_status find_unmade(struct byte_bpe *own, struct cpl_error *error)
{
    const struct cpl_bpe_search *search = &own->fused.search;
    struct cpl_trie_piece *list = NULL;
    size_t n = 0;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&list, (size_t)search->n_pieces, sizeof *list, error));
    for (int32_t id = 0; id < search->n_pieces; id++)
        if (own->fused.text[id].bytes && search->piece[id].made == UINT32_MAX)
            list[n++] = (struct cpl_trie_piece){own->fused.text[id].bytes,
                                                own->fused.text[id].length, id};
    if (n > 0)
        status = cpl_piece_trie_build(&own->unmade, list, n, error);
    free(list);
    return status;
}

static cpl_status byte_bpe_attach(void **state, const struct cpl_tokenizer *tokenizer,
                                  struct cpl_error *error)
{
    struct byte_bpe wanted = {.fused.find = find_tokens}, *own = NULL;
    const struct cpl_bpe *bpe = tokenizer->state;
    bool possible = false;
    if (!takes(&wanted, tokenizer) || !has_all_bytes(tokenizer))
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&own, 1, sizeof *own, error));
    *own = wanted;
    cpl_status status =
        cpl_fused_bpe_init(&own->fused, &possible, tokenizer, decode_piece, is_byte, error);
    if (status == CPL_OK && possible && bpe->options.ignore_merges)
        status = find_unmade(own, error);
    if (status == CPL_OK && possible)
        *state = own;
    else
        byte_bpe_free(own);
    return status;
}

const struct cpl_fused_encoder cpl_fused_byte_bpe = {"byte_bpe", byte_bpe_attach,
                                                     byte_bpe_encode, byte_bpe_free};

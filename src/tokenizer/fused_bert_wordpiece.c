/* BertNormalizer, BertPreTokenizer and WordPiece in one pass over the text.
 *
 * Chinese characters and punctuation are words by themselves whose ids stand in the character table,
 * so they cost one look-up; runs of ASCII letters are copied without looking further. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/wordpiece.h"
#include <stdlib.h>
#include <string.h>

struct fused {
    const struct cpl_wordpiece *wordpiece;
    struct cpl_bert_characters characters;
};

/* A word being collected.  While its bytes are those of the text (or of the same length at the same
 * places), only `first` says where they are from; else begin and end do, a byte each. */
struct word {
    size_t n_bytes, n_characters;
    size_t first, last_end; /* of the text */
    bool contiguous;
    char bytes[4 * CPL_WORDPIECE_LONGEST];
    size_t begin[4 * CPL_WORDPIECE_LONGEST], end[4 * CPL_WORDPIECE_LONGEST];
};

/* ---- words ----------------------------------------------------------------------------------- */

/* From here on every byte has the place of its character written down. */
static void keep_origins(struct word *word)
{
    for (size_t i = 0; i < word->n_bytes;) {
        size_t next = i;
        cpl_utf8_next(word->bytes, &next);
        for (size_t k = i; k < next; k++) {
            word->begin[k] = word->first + i;
            word->end[k] = word->first + next;
        }
        i = next;
    }
    word->contiguous = false;
}

/* Appends a normalised character that stands for text[begin, end). */
static void append(struct word *word, uint32_t code, size_t begin, size_t end,
                   size_t max_characters)
{
    if (word->n_characters == 0) {
        word->first = begin;
        word->contiguous = true;
    }
    word->last_end = end;
    if (word->n_characters >= max_characters) {
        word->n_characters = max_characters + 1;
        return;
    }
    word->n_characters++;
    size_t n = cpl_utf8_encode(word->bytes + word->n_bytes, code);
    if (word->contiguous && (end - begin != n || begin != word->first + word->n_bytes))
        keep_origins(word);
    for (size_t i = word->n_bytes; !word->contiguous && i < word->n_bytes + n; i++) {
        word->begin[i] = begin;
        word->end[i] = end;
    }
    word->n_bytes += n;
}

static cpl_status add_piece(struct cpl_encoding *encoding, const struct word *word, int32_t id,
                            size_t from, size_t to, struct cpl_error *error)
{
    if (word->contiguous)
        return cpl_encoding_add(encoding, id, word->first + from, word->first + to, error);
    return cpl_encoding_add(encoding, id, word->begin[from], word->end[to - 1], error);
}

/* Emits the word's pieces and empties it. */
static cpl_status flush(const struct cpl_wordpiece *wordpiece, struct cpl_encoding *encoding,
                        struct word *word, struct cpl_error *error)
{
    if (word->n_characters == 0)
        return CPL_OK;
    size_t kept = encoding->count, at = 0, n = word->n_bytes;
    int32_t node = 0;
    bool known = word->n_characters <= wordpiece->max_characters;
    while (known && at < n) {
        size_t matched = 0;
        int32_t id = node < 0 ? -1
                              : cpl_piece_trie_longest(&wordpiece->trie, node, word->bytes + at,
                                                       n - at, &matched);
        known = id >= 0;
        if (!known)
            break;
        CPL_TRY(add_piece(encoding, word, id, at, at + matched, error));
        at += matched;
        node = wordpiece->continuing;
    }
    if (!known) {
        encoding->count = kept;
        CPL_TRY(cpl_encoding_add(encoding, wordpiece->unknown_id, word->first, word->last_end,
                                 error));
    }
    word->n_characters = word->n_bytes = 0;
    return CPL_OK;
}

/* ---- one pass -------------------------------------------------------------------------------- */

struct pass {
    const struct cpl_wordpiece *wordpiece;
    const struct cpl_bert_characters *characters;
    struct cpl_encoding *encoding;
    struct word word;
    bool ordered; /* met a mark that may change places: this pass gives up */
};

/* Takes the ASCII letters and digits at text[at, end); returns where they stop. */
static size_t take_ascii(struct pass *pass, const char *text, size_t at, size_t end)
{
    const struct cpl_bert_characters *characters = pass->characters;
    struct word *word = &pass->word;
    size_t room = pass->wordpiece->max_characters - word->n_characters, begin = at;
    if (room < end - at)
        end = at + room;
    for (; at < end && (unsigned char)text[at] < 0x80; at++) {
        uint32_t info = cpl_bert_info(characters, (unsigned char)text[at]);
        if ((info & CPL_CHARACTER_KIND_MASK) > CPL_CHARACTER_MAPPED)
            break;
        word->bytes[word->n_bytes++] = (info & CPL_CHARACTER_KIND_MASK) == CPL_CHARACTER_SAME
                                           ? text[at]
                                           : (char)(info >> CPL_CHARACTER_KIND_BITS);
    }
    word->n_characters += at - begin;
    word->last_end = at;
    return at;
}

static cpl_status take_letter(struct pass *pass, uint32_t info, uint32_t code, size_t begin,
                              size_t end)
{
    uint32_t image[4] = {code};
    size_t n = 1;
    if ((info & CPL_CHARACTER_KIND_MASK) == CPL_CHARACTER_MAPPED)
        image[0] = info >> CPL_CHARACTER_KIND_BITS;
    else if ((info & CPL_CHARACTER_KIND_MASK) == CPL_CHARACTER_SEQUENCE)
        n = cpl_bert_sequence(pass->characters, image, code);
    for (size_t i = 0; i < n; i++) {
        uint32_t kind = cpl_bert_info(pass->characters, image[i]) & CPL_CHARACTER_KIND_MASK;
        pass->ordered |= kind == CPL_CHARACTER_ORDERED;
        append(&pass->word, image[i], begin, end, pass->wordpiece->max_characters);
    }
    return CPL_OK;
}

/* Whether ASCII bytes of the text can go behind the word without a record of their place. */
static bool takes_ascii(const struct pass *pass, size_t at)
{
    const struct word *word = &pass->word;
    if (word->n_characters >= pass->wordpiece->max_characters)
        return false;
    return word->n_characters == 0 || (word->contiguous && at == word->first + word->n_bytes);
}

static cpl_status run_pass(struct pass *pass, const char *text, size_t at, size_t end,
                           struct cpl_error *error)
{
    const struct cpl_wordpiece *wordpiece = pass->wordpiece;
    struct word *word = &pass->word;
    while (at < end) {
        size_t begin = at;
        uint32_t code = cpl_utf8_next(text, &at);
        uint32_t info = cpl_bert_info(pass->characters, code);
        switch ((enum cpl_character_kind)(info & CPL_CHARACTER_KIND_MASK)) {
        case CPL_CHARACTER_SAME:
        case CPL_CHARACTER_MAPPED:
            if (code < 0x80 && takes_ascii(pass, begin)) {
                if (word->n_characters == 0) {
                    word->first = begin;
                    word->contiguous = true;
                }
                at = take_ascii(pass, text, begin, end);
                break;
            } /* fallthrough */
        case CPL_CHARACTER_SEQUENCE: CPL_TRY(take_letter(pass, info, code, begin, at)); break;
        case CPL_CHARACTER_SPACE: CPL_TRY(flush(wordpiece, pass->encoding, word, error)); break;
        case CPL_CHARACTER_ALONE:
            CPL_TRY(flush(wordpiece, pass->encoding, word, error));
            CPL_TRY(cpl_encoding_add(pass->encoding, (int32_t)(info >> CPL_CHARACTER_KIND_BITS),
                                     begin, at, error));
            break;
        case CPL_CHARACTER_DROPPED:
        case CPL_CHARACTER_BREAK: break;
        case CPL_CHARACTER_ORDERED: pass->ordered = true; break;
        }
        if (pass->ordered)
            return CPL_OK;
    }
    return flush(wordpiece, pass->encoding, word, error);
}

/* ---- the encoder ----------------------------------------------------------------------------- */

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    const struct fused *fused = state;
    struct pass pass;
    pass.wordpiece = fused->wordpiece;
    pass.characters = &fused->characters;
    pass.encoding = encoding;
    pass.ordered = false;
    pass.word.n_bytes = pass.word.n_characters = 0;
    size_t kept = encoding->count;
    CPL_TRY(run_pass(&pass, text, begin, end, error));
    if (!pass.ordered)
        return CPL_OK;
    encoding->count = kept;
    return cpl_pipeline_encode(tokenizer, encoding, text, begin, end, first, error);
}

static void fused_free(void *state)
{
    struct fused *fused = state;
    if (fused)
        cpl_bert_characters_clear(&fused->characters);
    free(fused);
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const struct cpl_bert_characters *normalizer =
        cpl_stages_only(&tokenizer->normalizers, "BertNormalizer");
    if (!normalizer || !cpl_stages_only(&tokenizer->pre_tokenizers, "BertPreTokenizer") ||
        tokenizer->model != &cpl_tokenizer_wordpiece || tokenizer->normalized.n > 0)
        return CPL_OK;
    struct fused *fused = NULL;
    CPL_TRY(cpl_memory_new(&fused, 1, sizeof *fused, error));
    fused->wordpiece = tokenizer->state;
    cpl_status status =
        cpl_bert_characters_init(&fused->characters, &normalizer->options, &tokenizer->pieces,
                                 fused->wordpiece->unknown_id, error);
    if (status == CPL_OK)
        *state = fused;
    else
        free(fused);
    return status;
}

const struct cpl_fused_encoder cpl_fused_bert_wordpiece = {"bert_wordpiece", fused_attach,
                                                           fused_encode, fused_free};

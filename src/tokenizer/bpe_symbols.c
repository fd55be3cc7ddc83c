/* The symbols that a word begins as, before anything is merged: see bpe.h.
 *
 * As in Hugging Face's tokenizers to the letter: an unknown token that waits to be fused is added when
 * the next known character comes, bytes do not make it come earlier, and a character that is left out
 * takes no room, so that what follows moves to the left. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bpe.h"
#include <string.h>

/* An unknown token that waits; length 0: none does. */
struct unknown {
    size_t length;
};

static cpl_status add_unknown(const struct cpl_bpe *bpe, struct cpl_bpe_work *work,
                              struct unknown *unknown, struct cpl_error *error)
{
    if (unknown->length > 0)
        CPL_TRY(cpl_bpe_work_add(work, bpe->unknown_id, unknown->length, error));
    unknown->length = 0;
    return CPL_OK;
}

/* *taken: whether every byte had a token. */
static cpl_status add_bytes(const struct cpl_bpe *bpe, bool *taken, struct cpl_bpe_work *work,
                            const char *text, size_t length, struct cpl_error *error)
{
    *taken = bpe->options.byte_fallback;
    for (size_t i = 0; i < length && *taken; i++)
        *taken = bpe->byte_id[(unsigned char)text[i]] >= 0;
    for (size_t i = 0; i < length && *taken; i++)
        CPL_TRY(cpl_bpe_work_add(work, bpe->byte_id[(unsigned char)text[i]], 1, error));
    return CPL_OK;
}

/* `text` is the character with prefix and suffix, `length` bytes the character alone. */
static cpl_status add_character(const struct cpl_tokenizer *tokenizer,
                                struct cpl_bpe_work *work, struct unknown *unknown,
                                const char *text, size_t text_length, size_t length,
                                struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    int32_t id = cpl_bpe_find(tokenizer, text, text_length);
    bool taken = false;
    if (id >= 0) {
        CPL_TRY(add_unknown(bpe, work, unknown, error));
        return cpl_bpe_work_add(work, id, length, error);
    }
    CPL_TRY(add_bytes(bpe, &taken, work, text, text_length, error));
    if (taken || !bpe->options.unknown)
        return CPL_OK;
    if (bpe->unknown_id < 0)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, NULL,
            "\"%.*s\" has no piece, and the vocabulary lacks \"%.100s\" for it", (int)length,
            text, bpe->options.unknown);
    if (!bpe->options.fuse_unknown)
        CPL_TRY(add_unknown(bpe, work, unknown, error));
    unknown->length += length;
    return CPL_OK;
}

static size_t append(char *text, size_t at, const char *part)
{
    size_t n = strlen(part);
    memcpy(text + at, part, n);
    return at + n;
}

cpl_status cpl_bpe_symbols(const struct cpl_tokenizer *tokenizer, struct cpl_bpe_work *work,
                           const char *word, size_t length, struct cpl_error *error)
{
    const struct cpl_bpe *bpe = tokenizer->state;
    struct unknown unknown = {0};
    work->n = 0;
    for (size_t at = 0, next = 0; at < length; at = next) {
        char text[2 * CPL_BPE_LONGEST_MARK + 4];
        size_t n = 0;
        cpl_utf8_next(word, &next);
        if (at > 0)
            n = append(text, n, bpe->options.prefix);
        memcpy(text + n, word + at, next - at);
        n += next - at;
        if (next == length)
            n = append(text, n, bpe->options.suffix);
        CPL_TRY(add_character(tokenizer, work, &unknown, text, n, next - at, error));
    }
    return add_unknown(bpe, work, &unknown, error);
}

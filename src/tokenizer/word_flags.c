/* Which tokens continue a word: the segmenter's spans laid over the tokens' spans.
 *
 *     words   |喜欢 |自然  |语言  |          |playing     |
 *     tokens  |喜|欢|自|然|语|言|  |\n|    |play|##ing|
 *     flags    0  1  0  1  0  1     0        0    1
 *
 * A token continues a word when it begins inside the same word as the token before it, or when its
 * own piece says so.  Positions decide, never the sets of words: 我想|在 and 想在 cannot be confused. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>

/* Line breaks and special tokens stand alone; only the unknown token is a piece of text. */
static bool stands_alone(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    if (id == tokenizer->special.unknown)
        return false;
    return id == tokenizer->special.newline || cpl_tokenizer_is_special(tokenizer, id);
}

static void set_flags(const struct cpl_tokenizer *tokenizer, uint8_t *flags,
                      const struct cpl_encoding *encoding, const struct cpl_spans *words)
{
    size_t word = 0;
    for (size_t i = 1; i < encoding->count; i++) {
        struct cpl_span token = encoding->span[i], before = encoding->span[i - 1];
        if (stands_alone(tokenizer, encoding->id[i]) ||
            stands_alone(tokenizer, encoding->id[i - 1]))
            continue;
        while (word < words->count && words->span[word].end <= token.begin)
            word++;
        bool inside = word < words->count && words->span[word].begin < token.begin &&
                      before.end > words->span[word].begin;
        flags[i] = inside || cpl_tokenizer_continues(tokenizer, encoding->id[i]);
    }
}

cpl_status cpl_tokenizer_word_flags(const struct cpl_tokenizer *tokenizer,
                                    const struct cpl_segmenter *segmenter, uint8_t **flags,
                                    const struct cpl_encoding *encoding, const char *text,
                                    size_t length, struct cpl_error *error)
{
    struct cpl_spans words = {0};
    uint8_t *result = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&result, encoding->count, 1, error));
    CPL_TRY_GOTO(cpl_segment(segmenter, &words, text, length, error));
    set_flags(tokenizer, result, encoding, &words);
    *flags = result;
done:
    if (status != CPL_OK)
        free(result);
    cpl_spans_clear(&words);
    return status;
}

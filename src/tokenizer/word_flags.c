/* Which tokens continue a word: the segmenter's spans laid over the tokens' spans.
 *
 *     words   |喜欢 |自然  |语言  |          |playing     |
 *     tokens  |喜|欢|自|然|语|言|  |\n|    |play|##ing|
 *     flags    0  1  0  1  0  1     0        0    1
 *
 *     words   |我  |想   |在  |        |the |     |game
 *     tokens  |我|想在  |         |▁th|e|   |▁g|ame
 *     flags    0  0               0   1     0  1
 *
 * A token continues a word when it shares one with a token before it, when it shares a character with
 * the token before it (byte-level models split characters), or when its own piece says so.  Positions
 * decide, never the sets of words: 我想|在 and 想在 cannot be confused.  A token over several words joins
 * them, so that no word is hidden in part. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>

/* Line breaks and special tokens stand alone; only the unknown token is a piece of text. */
static bool stands_alone(const struct cpl_tokenizer *tokenizer, int32_t id)
{
    if (cpl_tokenizer_is_unknown(tokenizer, id))
        return false;
    return id == tokenizer->special.newline || cpl_tokenizer_is_special(tokenizer, id);
}

static bool overlaps(struct cpl_span a, struct cpl_span b)
{
    return a.begin < b.end && b.begin < a.end;
}

/* The first word that ends behind `at`; `hint` is near it.  Tokens may be a little out of order where
 * a normalizer moved characters. */
static size_t find_word(const struct cpl_spans *words, size_t hint, size_t at)
{
    while (hint > 0 && words->span[hint - 1].end > at)
        hint--;
    while (hint < words->count && words->span[hint].end <= at)
        hint++;
    return hint;
}

static void set_flags(const struct cpl_tokenizer *tokenizer, uint8_t *flags,
                      const struct cpl_encoding *encoding, const struct cpl_spans *words)
{
    size_t word = 0,
           reached = 0; /* words below `reached` are in some token since the last alone */
    bool alone = true;  /* the token before stands alone */
    for (size_t i = 0; i < encoding->count; i++) {
        struct cpl_span token = encoding->span[i];
        bool before_alone = alone;
        alone = stands_alone(tokenizer, encoding->id[i]);
        if (before_alone)
            reached = 0;
        if (alone)
            continue;
        word = find_word(words, word, token.begin);
        bool inside = word < words->count && overlaps(words->span[word], token);
        if (!before_alone)
            flags[i] = (inside && word < reached) || overlaps(encoding->span[i - 1], token) ||
                       cpl_tokenizer_continues(tokenizer, encoding->id[i]);
        size_t last = word;
        while (last < words->count && overlaps(words->span[last], token))
            last++;
        if (last > reached)
            reached = last;
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

/* Using a model: continuing a text (decoders) and filling blanks (encoders).
 *
 *     struct cpl_generate_options options = {.max_tokens = 64, .temperature = 0.8, .top_p = 0.95};
 *     char *text = NULL;
 *     if (cpl_generate(model, tokenizer, &options, "床前明月光", &text, NULL, &error) == CPL_OK)
 *         puts(text);
 *     free(text);
 */
#ifndef COUPLET_GENERATE_H
#define COUPLET_GENERATE_H

#include <couplet/model.h>
#include <couplet/status.h>
#include <couplet/tokenizer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the next token is chosen.  Zero values: temperature 1, no top-k, no top-p, no penalty. */
struct cpl_generate_options {
    int32_t max_tokens; /* most new tokens; 0: 128 */
    bool greedy;        /* always the most probable token */
    double temperature; /* logits are divided by it, > 0; 0: 1 */
    int32_t top_k;      /* only the k most probable tokens; 0: all */
    double top_p;       /* the smallest set whose probability reaches p (Holtzman et al., 2020);
                           0 or >= 1: all */
    double repetition_penalty; /* logits of tokens already in the text are divided by it when
                                  positive, multiplied when negative (Keskar et al., 2019); 0 or
                                  1: none */
    uint64_t seed;
    uint32_t sample;  /* number of the text: the same seed gives another one */
    const char *stop; /* ends the text before this string; NULL: at the end token only */
    /* Called with whole characters of UTF-8 as they come, never with what `stop` cuts off; false
     * stops. May be NULL. */
    bool (*stream)(void *context, const char *piece);
    void *context;
};
struct cpl_generate_counts {
    int64_t prompt_tokens, new_tokens;
    double prompt_seconds, new_seconds;
    bool ended; /* by the end token or `stop`, not by max_tokens or the stream */
};
/* *text: heap, the continuation without the prompt.  A text longer than the model's positions
 * goes on from its last half.  Errors: CPL_ERROR_USAGE for an encoder or impossible options,
 * CPL_ERROR_NUMERIC when no logit is finite. */
CPL_API cpl_status cpl_generate(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                                const struct cpl_generate_options *options, const char *prompt,
                                char **text, struct cpl_generate_counts *counts,
                                struct cpl_error *error);

/* One way of filling a blank. */
#define CPL_FILL_TOKENS 4
struct cpl_filling {
    char *text;
    int32_t id[CPL_FILL_TOKENS];
    int n_ids;
    double probability; /* of one token; of words: geometric mean over their tokens */
};
struct cpl_blank {
    size_t begin, end;           /* bytes of the mask in the text */
    struct cpl_filling *filling; /* [count], best first */
    int count;
};
struct cpl_fill_result {
    struct cpl_blank *blank;
    int n_blanks;
    char *text; /* with every blank filled, the surest first, each seeing the ones before it */
};
struct cpl_fill_options {
    int top;    /* fillings a blank; 0: 5 */
    bool words; /* each mask may be a word of 1 to CPL_FILL_TOKENS tokens, not just one token;
                   tokens without a letter, digit or ideograph are no words */
    /* With `words`: fillings of several tokens must be words of it; NULL: any will do. */
    const struct cpl_segmenter *segmenter;
};
/* A line break is never offered.  Errors: CPL_ERROR_USAGE for a decoder or a tokenizer without a
 * mask; CPL_ERROR_INPUT for a text without a mask or longer than the model's positions;
 * CPL_ERROR_NUMERIC when logits are not finite.  Clear the result also after errors. */
CPL_API cpl_status cpl_fill(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                            const struct cpl_fill_options *options, const char *text,
                            struct cpl_fill_result *result, struct cpl_error *error);
CPL_API void cpl_fill_result_clear(struct cpl_fill_result *result);

#endif

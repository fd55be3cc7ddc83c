/* Batches as training sees them, for looking at: what is given, what is hidden, what is asked.
 *
 *     static bool print(void *context, const char *line)
 *     {
 *         (void)context;
 *         return puts(line) >= 0;
 *     }
 *     struct cpl_batch_show show = {.corpus = "corpora/zh", .tokenizer = "tokenizers/zh",
 *                                   .objective = "mlm", .n_batches = 1, .json = true};
 *     cpl_status status = cpl_batches_show(&show, print, NULL, &error);
 */
#ifndef COUPLET_BATCH_H
#define COUPLET_BATCH_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stdint.h>

/* Zero values are the defaults of pretraining. */
struct cpl_batch_show {
    const char *corpus, *tokenizer; /* directories */
    const char *dictionary;         /* of the user, on top of the segmenter's; NULL: none */
    const char *objective;          /* NULL: "mlm" */
    const char *mask;               /* NULL: "word" */
    int64_t length, batch_tokens;   /* 0: 128, 4096 */
    double mask_share;              /* 0: 0.15 */
    uint64_t seed;
    int64_t n_batches; /* the first ones of epoch 0; 0: 1 */
    /* One JSON object a sequence: step (from 1) that trains on it, tokens, input_ids, labels (-100
     * where nothing is predicted, not shifted, as transformers has them), words ([begin, end) in
     * tokens, special ones left out).
     * Else text for people: original, input, what is to be predicted. */
    bool json;
};

/* Called with each line, without its line end; false stops without an error. */
typedef bool cpl_line_visitor(void *context, const char *line);
/* Encodes the corpus first if it is not yet.  Errors: as pretraining's for the same options. */
CPL_API cpl_status cpl_batches_show(const struct cpl_batch_show *options,
                                    cpl_line_visitor *visit, void *context,
                                    struct cpl_error *error);

#endif

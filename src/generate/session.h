/* What generation and filling share: a tape for inference and its reusable arrays. */
#ifndef CPL_GENERATE_SESSION_H
#define CPL_GENERATE_SESSION_H

#include "generate/sample.h"
#include "model/model.h"

struct cpl_session {
    struct cpl_model *model;
    const struct cpl_tokenizer *tokenizer;
    struct cpl_tape tape;
    struct cpl_candidate *work; /* [V] */
    uint8_t *skip;              /* [V] 1 for ids that must not be produced */
    int32_t vocab_size;
};

/* Checks that model and tokenizer fit; marks all special tokens as not to be produced. */
cpl_status cpl_session_init(struct cpl_session *session, struct cpl_model *model,
                            const struct cpl_tokenizer *tokenizer, struct cpl_error *error);
void cpl_session_clear(struct cpl_session *session);

/* Keeps a token from being produced; id -1: nothing to do. */
void cpl_session_skip(struct cpl_session *session, int32_t id);

/* Logits [n_rows, V] of the given rows of one sequence; *out valid until the next call or
 * clear. */
cpl_status cpl_session_logits(struct cpl_session *session, float **out, const int32_t *ids,
                              int64_t n_ids, const int32_t *rows, int64_t n_rows,
                              struct cpl_kv_cache *cache, struct cpl_error *error);

#endif

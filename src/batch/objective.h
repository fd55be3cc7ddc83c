/* What an objective does with a sequence that was just put into a batch.  One file each:
 * objective_NAME.c defines cpl_objective_NAME; objectives.def lists them. */
#ifndef CPL_BATCH_OBJECTIVE_H
#define CPL_BATCH_OBJECTIVE_H

#include "base/rng.h"
#include "batch/batch.h"

/* What the objectives of one batcher share; scratch grows with the longest sequence only. */
struct cpl_objective_scope {
    struct cpl_special_ids special;
    enum cpl_mask_unit mask_unit;
    double mask_share;
    const uint8_t *is_special; /* [V] */
    const int32_t *ordinary;   /* [n_ordinary] ids that are not special */
    uint64_t n_ordinary;
    struct cpl_mask_unit_span { /* tokens [begin, end) that are hidden together */
        int32_t begin, end;
        bool taken;
    } * units;       /* [length] scratch */
    int32_t *order;  /* [length] scratch */
    uint8_t *chosen; /* [length] scratch */
};

struct cpl_objective {
    int32_t longest; /* most tokens in a sequence; 0: no limit */
    /* CPL_ERROR_USAGE naming what the tokenizer lacks. */
    cpl_status (*check)(const struct cpl_special_ids *special, struct cpl_error *error);
    /* Tokens before and behind a sequence; the one behind only where `closes`. */
    int32_t (*first)(const struct cpl_special_ids *special);
    int32_t (*last)(const struct cpl_special_ids *special);
    bool (*closes)(bool document_ends);
    /* Adds rows and labels for tokens [begin, end) of the batch, and may change ids there; `key` and
     * `sample` say which draw it is.  There is room for end - begin rows. */
    void (*predict)(struct cpl_objective_scope *scope, struct cpl_batch *batch, int64_t begin,
                    int64_t end, struct cpl_rng_key key, uint64_t sample);
};
#define OBJECTIVE(name, masked, help) extern const struct cpl_objective cpl_objective_##name;
#include "batch/objectives.def"
#undef OBJECTIVE

#endif

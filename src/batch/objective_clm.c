/* clm: every token of a sequence but the first is predicted from those before it (Radford et al.,
 * "Improving language understanding by generative pre-training", 2018).  The opening token makes the
 * first one of the text a target as well, so a pass predicts each token of the shard once. */
#include "batch/objective.h"

static int32_t clm_first(const struct cpl_special_ids *special)
{
    return special->bos >= 0 ? special->bos : special->cls;
}

static int32_t clm_last(const struct cpl_special_ids *special)
{
    return special->eos >= 0 ? special->eos : special->sep;
}

static bool clm_closes(bool document_ends) { return document_ends; }

static cpl_status clm_check(const struct cpl_special_ids *special, struct cpl_error *error)
{
    if (clm_first(special) >= 0 && clm_last(special) >= 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, "objective clm",
                         "the tokenizer has no token to begin or to end a text with");
}

static void clm_predict(struct cpl_objective_scope *scope, struct cpl_batch *batch,
                        int64_t begin, int64_t end, struct cpl_rng_key key, uint64_t sample)
{
    (void)scope, (void)key, (void)sample;
    for (int64_t i = begin; i + 1 < end; i++) {
        batch->rows[batch->n_predicted] = (int32_t)i;
        batch->labels[batch->n_predicted++] = batch->ids[i + 1];
    }
}

const struct cpl_objective cpl_objective_clm = {.check = clm_check,
                                                .first = clm_first,
                                                .last = clm_last,
                                                .closes = clm_closes,
                                                .predict = clm_predict};

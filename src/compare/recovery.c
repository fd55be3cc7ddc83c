/* Word recovery in blanks: see held_out.h. */
#include "base/memory.h"
#include "base/try.h"
#include "compare/bundle.h"
#include "compare/held_out.h"
#include "generate/sample.h"

#include <couplet/measure.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES 16

struct candidate {
    int32_t id[CPL_BLANK_TOKENS];
    double log_probability;
};

struct recovery {
    struct cpl_bundle bundle;
    struct cpl_special_ids special;
    int32_t vocab_size;
    uint8_t *skip;
    struct cpl_candidate *work;
};

static cpl_status recovery_init(struct recovery *r, const struct cpl_side *side,
                                const struct cpl_tokenizer *tokenizer, struct cpl_error *error)
{
    cpl_bundle_init(&r->bundle, side->model);
    r->special = cpl_side_special(tokenizer, side->masked);
    r->vocab_size = (int32_t)side->model->config.vocab_size;
    CPL_TRY(cpl_memory_new(&r->skip, (size_t)r->vocab_size, 1, error));
    CPL_TRY(cpl_memory_new(&r->work, (size_t)r->vocab_size, sizeof *r->work, error));
    for (int32_t id = 0; id < r->vocab_size; id++)
        r->skip[id] =
            id >= cpl_tokenizer_size(tokenizer) || cpl_tokenizer_is_special(tokenizer, id);
    return CPL_OK;
}

static void recovery_clear(struct recovery *r)
{
    cpl_bundle_clear(&r->bundle);
    free(r->skip);
    free(r->work);
}

static cpl_status add_tokens(struct cpl_bundle *bundle, const int32_t *ids, int32_t count,
                             struct cpl_error *error)
{
    for (int32_t i = 0; i < count; i++)
        CPL_TRY(cpl_bundle_add(bundle, ids[i], error));
    return CPL_OK;
}

static cpl_status refuse_logits(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_NUMERIC, "compare",
                         "the model's logits are not finite");
}

/* Encoder: [CLS] left [MASK]… right [SEP], the most probable token at each mask. */
static cpl_status recover_masked(struct recovery *r, const struct cpl_window *window,
                                 int32_t *made, struct cpl_error *error)
{
    struct cpl_bundle *bundle = &r->bundle;
    cpl_bundle_reset(bundle);
    CPL_TRY(cpl_bundle_begin(bundle, error));
    CPL_TRY(cpl_bundle_add(bundle, r->special.cls, error));
    for (int32_t i = 0; i < window->count; i++) {
        bool hidden = i >= window->blank && i < window->blank + window->blank_tokens;
        if (hidden)
            CPL_TRY(cpl_bundle_ask(bundle, bundle->tokens, window->ids[i], error));
        CPL_TRY(cpl_bundle_add(bundle, hidden ? r->special.mask : window->ids[i], error));
    }
    CPL_TRY(cpl_bundle_add(bundle, r->special.sep, error));
    const float *logits;
    CPL_TRY(cpl_bundle_logits(bundle, &logits, error));
    for (int32_t i = 0; i < window->blank_tokens; i++) {
        if (cpl_candidates_top(r->work, logits + (int64_t)i * r->vocab_size, r->vocab_size,
                               r->skip, 1) == 0)
            return refuse_logits(error);
        made[i] = r->work[0].id;
    }
    return CPL_OK;
}

static void keep_candidate(struct candidate *best, int *count, const struct candidate *one)
{
    int place = *count < CANDIDATES ? (*count)++ : CANDIDATES;
    while (place > 0 && best[place - 1].log_probability < one->log_probability) {
        if (place < CANDIDATES)
            best[place] = best[place - 1];
        place--;
    }
    if (place < CANDIDATES)
        best[place] = *one;
}

/* The likeliest words of the blank's length given the left side alone. */
static cpl_status propose(struct recovery *r, const struct cpl_window *window,
                          struct candidate *candidate, int *count, struct cpl_error *error)
{
    struct cpl_bundle *bundle = &r->bundle;
    *count = 1;
    candidate[0] = (struct candidate){0};
    for (int32_t filled = 0; filled < window->blank_tokens; filled++) {
        cpl_bundle_reset(bundle);
        for (int c = 0; c < *count; c++) {
            CPL_TRY(cpl_bundle_begin(bundle, error));
            CPL_TRY(cpl_bundle_add(bundle, r->special.cls, error));
            CPL_TRY(add_tokens(bundle, window->ids, window->blank, error));
            CPL_TRY(add_tokens(bundle, candidate[c].id, filled, error));
            CPL_TRY(cpl_bundle_ask(bundle, bundle->tokens - 1, 0, error));
        }
        const float *logits;
        CPL_TRY(cpl_bundle_logits(bundle, &logits, error));
        struct candidate next[CANDIDATES];
        int n_next = 0;
        for (int c = 0; c < *count; c++) {
            const float *row = logits + (int64_t)c * r->vocab_size;
            double total = cpl_log_sum_exp(row, r->vocab_size);
            int held = cpl_candidates_top(r->work, row, r->vocab_size, r->skip, CANDIDATES);
            for (int i = 0; i < held; i++) {
                struct candidate longer = candidate[c];
                longer.id[filled] = r->work[i].id;
                longer.log_probability += r->work[i].score - total;
                keep_candidate(next, &n_next, &longer);
            }
        }
        if (n_next == 0)
            return refuse_logits(error);
        memcpy(candidate, next, (size_t)n_next * sizeof *next);
        *count = n_next;
    }
    return CPL_OK;
}

/* Decoder: candidates from the left side, judged with the right side too. */
static cpl_status recover_both_ways(struct recovery *r, const struct cpl_window *window,
                                    int32_t *made, struct cpl_error *error)
{
    struct candidate candidate[CANDIDATES];
    int count = 0;
    CPL_TRY(propose(r, window, candidate, &count, error));
    struct cpl_bundle *bundle = &r->bundle;
    cpl_bundle_reset(bundle);
    int32_t after = window->blank + window->blank_tokens;
    int32_t right = window->count - after;
    for (int c = 0; c < count; c++) {
        CPL_TRY(cpl_bundle_begin(bundle, error));
        CPL_TRY(cpl_bundle_add(bundle, r->special.cls, error));
        CPL_TRY(add_tokens(bundle, window->ids, window->blank, error));
        CPL_TRY(add_tokens(bundle, candidate[c].id, window->blank_tokens, error));
        for (int32_t i = 0; i < right; i++) {
            CPL_TRY(cpl_bundle_ask(bundle, bundle->tokens - 1, window->ids[after + i], error));
            CPL_TRY(cpl_bundle_add(bundle, window->ids[after + i], error));
        }
    }
    const double *loss = NULL;
    if (right > 0)
        CPL_TRY(cpl_bundle_losses(bundle, &loss, error));
    int best = 0;
    for (int c = 0; c < count; c++) {
        for (int32_t i = 0; i < right; i++)
            candidate[c].log_probability -= loss[(int64_t)c * right + i];
        if (candidate[c].log_probability > candidate[best].log_probability)
            best = c;
    }
    memcpy(made, candidate[best].id, sizeof candidate[best].id);
    return CPL_OK;
}

cpl_status cpl_measure_recovery(struct cpl_side *side, const struct cpl_tokenizer *tokenizer,
                                const struct cpl_windows *blanks,
                                bool (*go_on)(void *context, double share), void *context,
                                struct cpl_error *error)
{
    struct recovery r = {0};
    cpl_status status = recovery_init(&r, side, tokenizer, error);
    double start = cpl_measure_seconds();
    for (int32_t i = 0; status == CPL_OK && i < blanks->count; i++) {
        const struct cpl_window *window = &blanks->window[i];
        int32_t made[CPL_BLANK_TOKENS] = {0};
        status = side->masked ? recover_masked(&r, window, made, error)
                              : recover_both_ways(&r, window, made, error);
        int right = 0;
        for (int32_t t = 0; t < window->blank_tokens; t++)
            right += made[t] == window->ids[window->blank + t];
        side->blanks++;
        side->recovered += right == window->blank_tokens;
        side->characters += window->blank_tokens;
        side->characters_recovered += right;
        if (status == CPL_OK && go_on && !go_on(context, (double)(i + 1) / blanks->count))
            status = cpl_error_set(error, CPL_STOPPED, NULL, "stopped on request");
    }
    side->recovery_seconds = cpl_measure_seconds() - start;
    recovery_clear(&r);
    return status;
}

/* mlm: hide tokens and predict them from both sides (Devlin et al., "BERT", 2018), whole words at a
 * time (Cui et al., "Pre-training with whole word masking for Chinese BERT", 2019) or spans of them
 * (Joshi et al., "SpanBERT", 2020).
 *
 * A sequence with n tokens that are not special has a budget of share * n, rounded up or down at
 * random so that its mean is exact.  Words are taken in random order while they fit; one of w tokens
 * that meets a smaller rest r is taken with probability r / w and ends the draw, so the mean stays
 * exact: r / w * w = r.  A word with the unknown token in it is left alone: there is nothing to learn
 * from predicting it.  Of the tokens taken 80 % become [MASK], 10 % a random ordinary token, 10 %
 * stay, each token on its own.
 *
 * Draws of a sample (low 16 bits of the index):
 *     0            rounds the budget
 *     1            takes or leaves the word that does not fit
 *     2 …          shuffles the words
 *     0x4000 …     lengths of spans
 *     0x8000 …     80/10/10 of each token */
#include "batch/objective.h"

#include <math.h>
#include <string.h>

enum {
    DRAW_BUDGET = 0,
    DRAW_LAST = 1,
    DRAW_ORDER = 2,
    DRAW_SPAN = 0x4000,
    DRAW_TOKEN = 0x8000,
    LONGEST = 0x3FF0,
    LONGEST_SPAN = 10, /* words */
};
static const double SPAN_STOP = 0.2; /* geometric: mean length 3.8 words when cut at 10 */

struct draw {
    struct cpl_rng_key key;
    uint64_t index; /* sample << 16 */
};

static double uniform(const struct draw *draw, uint64_t number)
{
    return cpl_rng_uniform(draw->key, draw->index | number);
}

/* ---- what can be hidden ---------------------------------------------------------------------- */

/* Units of tokens [begin, end); *n_ordinary: how many of these are not special. */
static int32_t find_units(const struct cpl_objective_scope *scope,
                          const struct cpl_batch *batch, int64_t begin, int64_t end,
                          int64_t *n_ordinary)
{
    int32_t n = 0;
    bool whole = scope->mask_unit != CPL_MASK_TOKEN;
    *n_ordinary = 0;
    for (int64_t i = begin; i < end;) {
        int64_t next = i + 1;
        while (whole && next < end && batch->continues[next])
            next++;
        bool known = true;
        for (int64_t k = i; k < next; k++) {
            bool special = scope->is_special[batch->original[k]];
            *n_ordinary += !special;
            known = known && !special;
        }
        if (known)
            scope->units[n++] = (struct cpl_mask_unit_span){(int32_t)(i - begin),
                                                            (int32_t)(next - begin), false};
        i = next;
    }
    return n;
}

/* ---- choosing -------------------------------------------------------------------------------- */

/* Takes the unit if the rest of the budget allows it. */
static void take_unit(struct cpl_objective_scope *scope, int32_t unit, int64_t *rest,
                      const struct draw *draw)
{
    struct cpl_mask_unit_span *span = &scope->units[unit];
    int64_t width = span->end - span->begin;
    bool fits = width <= *rest;
    bool taken = fits || uniform(draw, DRAW_LAST) * (double)width < (double)*rest;
    *rest = fits ? *rest - width : 0;
    span->taken = taken;
    if (taken)
        memset(scope->chosen + span->begin, 1, (size_t)width);
}

static int32_t span_words(const struct draw *draw, int32_t number)
{
    double u = uniform(draw, DRAW_SPAN + (uint64_t)number);
    double length = 1 + floor(log1p(-u) / log1p(-SPAN_STOP));
    return length < LONGEST_SPAN ? (int32_t)length : LONGEST_SPAN;
}

static void choose(struct cpl_objective_scope *scope, int32_t n_units, int64_t n_ordinary,
                   const struct draw *draw)
{
    double budget = scope->mask_share * (double)n_ordinary, whole = floor(budget);
    int64_t rest = (int64_t)whole + (uniform(draw, DRAW_BUDGET) < budget - whole);
    for (int32_t i = 0; i < n_units; i++)
        scope->order[i] = i;
    for (int32_t i = 0; i < n_units && rest > 0; i++) {
        int32_t other =
            i + (int32_t)cpl_rng_below(draw->key, draw->index | (uint64_t)(DRAW_ORDER + i),
                                       (uint64_t)(n_units - i));
        int32_t unit = scope->order[other];
        scope->order[other] = scope->order[i];
        int32_t last = unit + (scope->mask_unit == CPL_MASK_SPAN ? span_words(draw, i) : 1);
        for (; unit < last && unit < n_units && rest > 0 && !scope->units[unit].taken; unit++)
            take_unit(scope, unit, &rest, draw);
    }
}

/* ---- hiding ---------------------------------------------------------------------------------- */

static int32_t replace(const struct cpl_objective_scope *scope, int32_t id,
                       const struct draw *draw, int64_t token)
{
    struct cpl_rng_block block =
        cpl_rng_block(draw->key, draw->index | (uint64_t)(DRAW_TOKEN + token));
    double u = block.word[0] * 0x1p-32;
    if (u < 0.8)
        return scope->special.mask;
    if (u < 0.9)
        return scope->ordinary[(uint64_t)block.word[1] * scope->n_ordinary >> 32];
    return id;
}

static void mlm_predict(struct cpl_objective_scope *scope, struct cpl_batch *batch,
                        int64_t begin, int64_t end, struct cpl_rng_key key, uint64_t sample)
{
    struct draw draw = {key, sample << 16};
    int64_t first = begin + 1, n = end - begin - 2, n_ordinary; /* between [CLS] and [SEP] */
    int32_t n_units = find_units(scope, batch, first, first + n, &n_ordinary);
    memset(scope->chosen, 0, (size_t)n);
    choose(scope, n_units, n_ordinary, &draw);
    for (int64_t i = 0; i < n; i++) {
        if (!scope->chosen[i])
            continue;
        batch->rows[batch->n_predicted] = (int32_t)(first + i);
        batch->labels[batch->n_predicted++] = batch->ids[first + i];
        batch->ids[first + i] = replace(scope, batch->ids[first + i], &draw, i);
    }
}

/* ---- table ----------------------------------------------------------------------------------- */

static int32_t mlm_first(const struct cpl_special_ids *special)
{
    return special->cls >= 0 ? special->cls : special->bos;
}

static int32_t mlm_last(const struct cpl_special_ids *special)
{
    return special->sep >= 0 ? special->sep : special->eos;
}

static bool mlm_closes(bool document_ends)
{
    (void)document_ends;
    return true;
}

static cpl_status mlm_check(const struct cpl_special_ids *special, struct cpl_error *error)
{
    const char *missing = special->mask < 0        ? "mask token"
                          : mlm_first(special) < 0 ? "token to begin a text with"
                          : mlm_last(special) < 0  ? "token to end a text with"
                                                   : NULL;
    if (!missing)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, "objective mlm", "the tokenizer has no %s",
                         missing);
}

const struct cpl_objective cpl_objective_mlm = {.longest = LONGEST,
                                                .check = mlm_check,
                                                .first = mlm_first,
                                                .last = mlm_last,
                                                .closes = mlm_closes,
                                                .predict = mlm_predict};

/* Training a Unigram model: see unigram_learn.h. */
#include "tokenizer/train/unigram_learn.h"

#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/unigram_expect.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* A piece that is expected less often goes. */
static const double rarest = 0.5;
/* What must stay counts as expected this often at least. */
static const double least = 0.1;

struct loss {
    double
        loss; /* of likelihood, were the piece not there; -HUGE_VAL where no best cut has it */
    uint32_t id;
};
struct learning {
    struct cpl_unigram_state *unigram;
    const struct cpl_unigram_options *options;
    double *expected;
    uint64_t *used;
    struct loss *loss;
    bool *keep;
};

/* Derivative of log Γ: recurrence up to 6, then the asymptotic series (Abramowitz and Stegun,
 * 6.3.18). */
static double digamma(double x)
{
    double sum = 0;
    for (; x < 6; x++)
        sum -= 1 / x;
    double inverse = 1 / x, square = inverse * inverse;
    return sum + log(x) - inverse / 2 -
           square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240)));
}

/* ---- expectation-maximisation ---------------------------------------------------------------- */

/* `drop`: rare pieces go, unless fewer than `limit` would be left. */
static cpl_status improve(struct learning *work, bool drop, struct cpl_error *error)
{
    struct cpl_unigram_state *unigram = work->unigram;
    double likelihood, sum = 0;
    uint32_t kept = 0;
    CPL_TRY(cpl_unigram_expect(unigram, work->expected, &likelihood, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++) {
        work->keep[i] = i < unigram->n_kinds || work->expected[i] >= rarest;
        kept += work->keep[i];
    }
    drop = drop && kept >= work->options->limit;
    for (uint32_t i = 0; i < unigram->n_pieces; i++) {
        work->keep[i] = work->keep[i] || !drop;
        if (work->expected[i] < least)
            work->expected[i] = least;
        sum += work->keep[i] ? work->expected[i] : 0;
    }
    double logarithm = digamma(sum);
    for (uint32_t i = 0; i < unigram->n_pieces; i++)
        if (work->keep[i])
            unigram->score[i] = digamma(work->expected[i]) - logarithm;
    return cpl_unigram_keep(unigram, work->keep, error);
}

/* ---- pruning --------------------------------------------------------------------------------- */

/* How much likelihood goes with the piece: its uses become uses of its parts. */
static double loss_of(const struct learning *work, uint32_t id, double sum)
{
    uint32_t part[UINT8_MAX], n;
    double score = cpl_unigram_cut_piece(work->unigram, id, part, &n);
    double used = (double)work->used[id];
    if (work->used[id] == 0 || score > work->unigram->score[id])
        return -HUGE_VAL; /* no best cut has it */
    double after = sum + used * (n - 1), loss = log(used) - log(sum);
    for (uint32_t i = 0; i < n; i++)
        loss -= log((double)work->used[part[i]] + used) - log(after);
    return used * loss;
}

static int compare_losses(const void *left, const void *right)
{
    const struct loss *a = left, *b = right;
    if (a->loss != b->loss)
        return a->loss > b->loss ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

/* Keeps the `size` pieces whose loss would be greatest, the symbols first of all; pieces that no best
 * cut has only where less than the limit would be left. */
static cpl_status prune(struct learning *work, uint32_t size, struct cpl_error *error)
{
    struct cpl_unigram_state *unigram = work->unigram;
    uint32_t kinds = unigram->n_kinds, n = unigram->n_pieces - kinds;
    double sum = 0;
    CPL_TRY(cpl_unigram_use(unigram, work->used, error));
    for (uint32_t id = 0; id < unigram->n_pieces; id++)
        sum += (double)work->used[id];
#pragma omp parallel for num_threads(unigram->threads) schedule(dynamic, 1024) if (n > 4096)
    for (uint32_t i = 0; i < n; i++)
        work->loss[i] = (struct loss){loss_of(work, kinds + i, sum), kinds + i};
    if (n > 0)
        qsort(work->loss, n, sizeof *work->loss, compare_losses);
    for (uint32_t id = 0; id < unigram->n_pieces; id++)
        work->keep[id] = id < kinds;
    for (uint32_t i = 0; i < n && kinds + i < size; i++)
        work->keep[work->loss[i].id] =
            kinds + i < work->options->limit || work->loss[i].loss > -HUGE_VAL;
    return cpl_unigram_keep(unigram, work->keep, error);
}

/* ---- all together ---------------------------------------------------------------------------- */

static cpl_status report(const struct learning *work, uint32_t begin, struct cpl_error *error)
{
    const struct cpl_unigram_options *options = work->options;
    uint32_t now = work->unigram->n_pieces, total = begin - options->limit;
    uint32_t done = now > options->limit ? begin - now : total;
    if (options->progress &&
        !options->progress(options->context, "pieces to drop", done, total))
        return cpl_error_set(error, CPL_STOPPED, NULL, "stopped: nothing was learned");
    return CPL_OK;
}

static cpl_status learn(struct learning *work, struct cpl_error *error)
{
    const struct cpl_unigram_options *options = work->options;
    struct cpl_unigram_state *unigram = work->unigram;
    uint32_t begin = unigram->n_pieces > options->limit ? unigram->n_pieces : options->limit;
    uint32_t nearly = options->limit + options->limit / 10; /* the rest goes at the end */
    for (;;) {
        for (uint32_t i = 0; i < options->iterations; i++) {
            CPL_TRY(report(work, begin, error));
            CPL_TRY(improve(work, true, error));
        }
        uint32_t now = unigram->n_pieces;
        if (now <= nearly)
            break;
        uint32_t size = (uint32_t)(options->shrinking_factor * now);
        CPL_TRY(prune(work, size > nearly ? size : nearly, error));
    }
    CPL_TRY(prune(work, options->limit, error));
    return improve(work, false, error);
}

cpl_status cpl_unigram_learn(struct cpl_unigram_state *unigram,
                             const struct cpl_unigram_options *options, struct cpl_error *error)
{
    struct learning work = {.unigram = unigram, .options = options};
    cpl_status status = CPL_OK;
    assert(options->limit >= unigram->n_kinds);
    CPL_TRY_GOTO(cpl_unigram_seed(unigram, options->seed_size, error));
    size_t n = unigram->n_pieces;
    CPL_TRY_GOTO(cpl_memory_new(&work.expected, n, sizeof *work.expected, error));
    CPL_TRY_GOTO(cpl_memory_new(&work.used, n, sizeof *work.used, error));
    CPL_TRY_GOTO(cpl_memory_new(&work.loss, n, sizeof *work.loss, error));
    CPL_TRY_GOTO(cpl_memory_new(&work.keep, n, sizeof *work.keep, error));
    status = learn(&work, error);
done:
    free(work.expected);
    free(work.used);
    free(work.loss);
    free(work.keep);
    return status;
}

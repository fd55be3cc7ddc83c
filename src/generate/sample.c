/* Choosing a token from logits: greedy, temperature, top-k, top-p, repetition penalty. */
#include "generate/sample.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int compare_candidates(const void *left, const void *right)
{
    const struct cpl_candidate *a = left, *b = right;
    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

static bool candidate_before(struct cpl_candidate a, struct cpl_candidate b)
{
    return a.score > b.score || (a.score == b.score && a.id < b.id);
}

/* Sinks work[i] in a heap whose root is the worst candidate. */
static void heap_sink(struct cpl_candidate *heap, int n, int i)
{
    for (;;) {
        int worst = i;
        for (int child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (candidate_before(heap[worst], heap[child]))
                worst = child;
        if (worst == i)
            return;
        struct cpl_candidate swap = heap[i];
        heap[i] = heap[worst];
        heap[worst] = swap;
        i = worst;
    }
}

int cpl_candidates_top(struct cpl_candidate *work, const float *scores, int32_t n,
                       const uint8_t *skip, int32_t count)
{
    int held = 0;
    for (int32_t id = 0; id < n; id++) {
        if ((skip && skip[id]) || !isfinite(scores[id]))
            continue;
        struct cpl_candidate candidate = {id, scores[id]};
        if (held < count) {
            work[held++] = candidate;
            if (held == count)
                for (int i = held / 2 - 1; i >= 0; i--)
                    heap_sink(work, held, i);
        } else if (candidate_before(candidate, work[0])) {
            work[0] = candidate;
            heap_sink(work, held, 0);
        }
    }
    qsort(work, (size_t)held, sizeof *work, compare_candidates);
    return held;
}

double cpl_log_sum_exp(const float *logits, int32_t n)
{
    float largest = logits[0];
    for (int32_t i = 1; i < n; i++)
        largest = logits[i] > largest ? logits[i] : largest;
    double sum = 0;
    for (int32_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - largest);
    return largest + log(sum);
}

static void penalise(float *logits, const int32_t *history, int64_t n_history, double penalty,
                     struct cpl_candidate *work, int32_t vocab_size)
{
    /* work[] holds the original logits, so that a repeated token is penalised once. */
    for (int64_t i = 0; i < n_history; i++)
        if (history[i] >= 0 && history[i] < vocab_size)
            work[history[i]].score = logits[history[i]];
    for (int64_t i = 0; i < n_history; i++) {
        if (history[i] < 0 || history[i] >= vocab_size)
            continue;
        float original = work[history[i]].score;
        logits[history[i]] =
            original > 0 ? original / (float)penalty : original * (float)penalty;
    }
}

int32_t cpl_sample_token(float *logits, int32_t vocab_size, const uint8_t *skip,
                         const struct cpl_generate_options *options, const int32_t *history,
                         int64_t n_history, double uniform, struct cpl_candidate *work)
{
    if (options->repetition_penalty > 0 && options->repetition_penalty != 1)
        penalise(logits, history, n_history, options->repetition_penalty, work, vocab_size);
    int32_t most = options->greedy ? 1 : options->top_k > 0 ? options->top_k : vocab_size;
    int held = cpl_candidates_top(work, logits, vocab_size, skip, most);
    assert(uniform >= 0 && uniform < 1);
    if (held <= 1 || options->greedy)
        return held > 0 ? work[0].id : -1;
    double temperature = options->temperature > 0 ? options->temperature : 1;
    double sum = 0;
    double best = work[0].score;
    for (int i = 0; i < held; i++) {
        work[i].score = (float)exp((work[i].score - best) / temperature);
        sum += work[i].score;
    }
    if (options->top_p > 0 && options->top_p < 1) {
        double reached = 0;
        int kept = 0;
        while (kept < held && reached < options->top_p * sum)
            reached += work[kept++].score;
        held = kept > 0 ? kept : 1;
        sum = reached;
    }
    double left = uniform * sum;
    for (int i = 0; i < held; i++) {
        left -= work[i].score;
        if (left < 0)
            return work[i].id;
    }
    return work[held - 1].id;
}

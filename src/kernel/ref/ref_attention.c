/* Scaled dot-product attention (Vaswani et al., 2017), a query at a time: the keys it sees,
 * their scores, softmax, dropout, the weighted sum of values; and the gradient with the weights
 * computed again from the saved log-sum-exp.
 *
 * A task is one sequence and one key head with all query heads that share it, so that dk and dv
 * have one owner.  Keys are taken in order from the first one, whatever the query's row. */
#include "kernel/ref/ref.h"

#include "base/philox.h"

#include <math.h>
#include <omp.h>
#include <tgmath.h>

/* One task's memory, all of cpl_real. */
struct task {
    int64_t q_begin, k_begin, q_length, k_length;
    int64_t group;               /* key head */
    cpl_real *k, *v, *dk, *dv;   /* [Tk, E] */
    cpl_real *weight, *d_weight; /* [Tk] */
    cpl_real *q, *row, *d_o;     /* [E] */
};

static int64_t task_reals(int64_t max_keys, int64_t width)
{
    return 4 * max_keys * width + 2 * max_keys + 3 * width;
}

static struct task task_of(const struct cpl_attention_args *a, int64_t number, cpl_real *memory)
{
    int64_t b = number / a->kv_heads, width = a->width;
    struct task t = {
        .q_begin = a->q_begin[b],
        .k_begin = a->k_begin[b],
        .q_length = a->q_end[b] - a->q_begin[b],
        .k_length = a->k_end[b] - a->k_begin[b],
        .group = number % a->kv_heads,
    };
    t.k = memory;
    t.v = t.k + t.k_length * width;
    t.dk = t.v + t.k_length * width;
    t.dv = t.dk + t.k_length * width;
    t.weight = t.dv + t.k_length * width;
    t.d_weight = t.weight + t.k_length;
    t.q = t.d_weight + t.k_length;
    t.row = t.q + width;
    t.d_o = t.row + width;
    return t;
}

static void load_row(cpl_real *to, const void *from, cpl_dtype dtype, int64_t at, int64_t n)
{
    for (int64_t e = 0; e < n; e++)
        to[e] = cpl_load(from, dtype, at + e);
}

static void store_row(void *to, cpl_dtype dtype, int64_t at, const cpl_real *from, int64_t n)
{
    for (int64_t e = 0; e < n; e++)
        cpl_store(to, dtype, at + e, from[e]);
}

static void load_keys(const struct cpl_attention_args *a, struct task *t)
{
    int64_t width = a->width, column = t->group * width;
    for (int64_t j = 0; j < t->k_length; j++) {
        int64_t row = t->k_begin + j;
        load_row(t->k + j * width, a->k, a->dtype, row * a->k_stride + column, width);
        load_row(t->v + j * width, a->v, a->dtype, row * a->v_stride + column, width);
    }
}

/* Eight partial sums, so that the compiler may use vectors; the order depends on n alone. */
static cpl_real dot(const cpl_real *x, const cpl_real *y, int64_t n)
{
    cpl_real sum[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int lane = 0; lane < 8; lane++)
            sum[lane] += x[i + lane] * y[i + lane];
    for (; i < n; i++)
        sum[i & 7] += x[i] * y[i];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

static void add_scaled(cpl_real *y, cpl_real factor, const cpl_real *x, int64_t n)
{
    for (int64_t e = 0; e < n; e++)
        y[e] += factor * x[e];
}

/* The keys [*first, *end) that query i sees. */
static void visible(const struct cpl_attention_args *a, const struct task *t, int64_t i,
                    int64_t *first, int64_t *end)
{
    int64_t position = t->k_length - t->q_length + i;
    *first = 0;
    *end = t->k_length;
    if (a->window > 0 && position - a->window > 0)
        *first = position - a->window;
    if (a->window > 0 && position + a->window + 1 < *end)
        *end = position + a->window + 1;
    if (a->causal && position + 1 < *end)
        *end = position + 1;
}

/* keep[j]: 1/(1-p) for kept weights, 0 for dropped ones. */
static cpl_real keep_factor(const struct cpl_attention_args *a, int64_t q_row, int64_t head,
                            int64_t j)
{
    if (a->dropout <= 0)
        return 1;
    uint64_t query = (a->query_base + (uint64_t)q_row) * (uint64_t)a->heads + (uint64_t)head;
    uint64_t counter = query << 20 | (uint64_t)j;
    uint32_t word = cpl_philox(a->key, counter >> 2).word[counter & 3];
    return word >= cpl_dropout_threshold(a->dropout) ? (cpl_real)(1 / (1 - a->dropout)) : 0;
}

/* Scores of the visible keys into t->weight. */
static void score(const struct cpl_attention_args *a, struct task *t, int64_t i, int64_t head,
                  int64_t first, int64_t end)
{
    int64_t at = (t->q_begin + i) * a->q_stride + head * a->width;
    load_row(t->q, a->q, a->dtype, at, a->width);
    for (int64_t j = first; j < end; j++)
        t->weight[j] = (cpl_real)a->scale * dot(t->q, t->k + j * a->width, a->width);
}

static void forward_query(const struct cpl_attention_args *a, struct task *t, int64_t i,
                          int64_t head)
{
    int64_t first, end, q_row = t->q_begin + i, width = a->width;
    visible(a, t, i, &first, &end);
    score(a, t, i, head, first, end);
    cpl_real maximum = -(cpl_real)INFINITY;
    for (int64_t j = first; j < end; j++)
        maximum = t->weight[j] > maximum ? t->weight[j] : maximum;
    double sum = 0;
    for (int64_t j = first; j < end; j++) {
        t->weight[j] = exp(t->weight[j] - maximum);
        sum += (double)t->weight[j];
    }
    cpl_real inverse = sum > 0 ? (cpl_real)(1 / sum) : 0;
    memset(t->row, 0, (size_t)width * sizeof *t->row);
    for (int64_t j = first; j < end; j++)
        add_scaled(t->row, t->weight[j] * inverse * keep_factor(a, q_row, head, j),
                   t->v + j * width, width);
    store_row(a->o, a->dtype, q_row * a->o_stride + head * width, t->row, width);
    if (a->lse)
        a->lse[q_row * a->heads + head] = maximum + (cpl_real)log(sum);
}

/* With p~ = p keep: o = sum p~ v, so dv_j += p~_j do, dp_j = keep_j (do . v_j);
 * ds_j = p_j (dp_j - sum p dp); s = scale q . k gives dq and dk. */
static void backward_query(const struct cpl_attention_args *a, struct task *t, int64_t i,
                           int64_t head)
{
    int64_t first, end, q_row = t->q_begin + i, width = a->width;
    visible(a, t, i, &first, &end);
    score(a, t, i, head, first, end);
    load_row(t->d_o, a->d_o, a->dtype, q_row * a->d_o_stride + head * width, width);
    cpl_real lse = a->lse[q_row * a->heads + head];
    double mean = 0;
    for (int64_t j = first; j < end; j++) {
        cpl_real p = exp(t->weight[j] - lse), keep = keep_factor(a, q_row, head, j);
        t->weight[j] = p;
        t->d_weight[j] = keep * dot(t->d_o, t->v + j * width, width);
        mean += (double)(p * t->d_weight[j]);
        add_scaled(t->dv + j * width, p * keep, t->d_o, width);
    }
    memset(t->row, 0, (size_t)width * sizeof *t->row);
    for (int64_t j = first; j < end; j++) {
        cpl_real ds = t->weight[j] * (t->d_weight[j] - (cpl_real)mean) * (cpl_real)a->scale;
        add_scaled(t->row, ds, t->k + j * width, width);
        add_scaled(t->dk + j * width, ds, t->q, width);
    }
    store_row(a->dq, a->dtype, q_row * a->dq_stride + head * width, t->row, width);
}

static void run_task(const struct cpl_attention_args *a, struct task *t, bool backward)
{
    int64_t shared = a->heads / a->kv_heads, width = a->width;
    load_keys(a, t);
    if (backward)
        memset(t->dk, 0, (size_t)(2 * t->k_length * width) * sizeof *t->dk);
    for (int64_t head = t->group * shared; head < (t->group + 1) * shared; head++)
        for (int64_t i = 0; i < t->q_length; i++)
            if (backward)
                backward_query(a, t, i, head);
            else
                forward_query(a, t, i, head);
    if (!backward)
        return;
    for (int64_t j = 0; j < t->k_length; j++) {
        int64_t row = t->k_begin + j, column = t->group * width;
        store_row(a->dk, a->dtype, row * a->dk_stride + column, t->dk + j * width, width);
        store_row(a->dv, a->dtype, row * a->dv_stride + column, t->dv + j * width, width);
    }
}

static void attention(struct cpl_queue *queue, const struct cpl_attention_args *a,
                      bool backward)
{
    int64_t max_keys = 0, tasks = a->sequences * a->kv_heads;
    for (int64_t b = 0; b < a->sequences; b++)
        if (a->k_end[b] - a->k_begin[b] > max_keys)
            max_keys = a->k_end[b] - a->k_begin[b];
    int64_t reals = task_reals(max_keys, a->width);
    int threads = queue->threads;
    struct cpl_arena_mark mark = cpl_arena_mark(&queue->scratch);
    cpl_real *memory =
        cpl_arena_take(&queue->scratch, (size_t)threads, (size_t)reals * sizeof *memory);
    if (!memory) {
        queue->out_of_memory = true;
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        cpl_real *mine = memory + omp_get_thread_num() * reals;
#pragma omp for schedule(dynamic)
        for (int64_t number = 0; number < tasks; number++) {
            struct task t = task_of(a, number, mine);
            run_task(a, &t, backward);
        }
    }
    cpl_arena_release(&queue->scratch, mark);
}

void cpl_attention_forward_c(struct cpl_queue *queue, const struct cpl_attention_args *a)
{
    attention(queue, a, false);
}

void cpl_attention_backward_c(struct cpl_queue *queue, const struct cpl_attention_args *a)
{
    attention(queue, a, true);
}

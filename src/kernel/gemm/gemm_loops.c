/* The loops of the matrix product around an instruction set's unit; see gemm.h.
 *
 * C is cut into tiles of whole panels; a tile is one task, independent of all others:
 *
 *     for each chunk of k:                      A panels: packed before by all threads together,
 *         pack what is private of A and B           or by the task for itself
 *         for each panel of B in the tile:      B panels: packed by the caller, by all threads, by
 *             for each panel of A in the tile:      the task, or used where they lie
 *                 micro
 *
 * The smaller operand is packed once by all threads, the larger one by the tasks, each the part that
 * it needs, straight into its nearer cache.  Sums of k in more than one chunk wait in the task's own
 * memory. */
#include "kernel/gemm/gemm.h"

#include <assert.h>
#include <omp.h>

#define TASKS 48          /* tiles wanted: divides well among 2, 3, 4, 6, 8 … threads */
#define TASK_WORK 500000  /* multiply-adds below which a tile is not cut further */
#define THREAD_WORK 60000 /* multiply-adds below which one thread does it all */
#define TILE_COLUMNS 768
#define TILE_ROWS 168
#define SHARED_A_ROWS 1024 /* tallest tile when A is packed before */
#define SHARED_A_COLUMNS 192
#define DIRECT_ROWS 8 /* up to that many rows B is cheaper read than packed */

enum source { PACKED_BEFORE, PACKED_BY_TASK, DIRECT };

/* One call: the cut of the shape and where the operands are. */
struct job {
    const struct cpl_gemm_unit *unit;
    const struct cpl_gemm_args *args;
    enum source a_source, b_source;
    int64_t chunks, chunk_k;
    int64_t panels_m, panels_n; /* micro panels */
    int64_t tiles_m, tiles_n;
    int64_t tile_m, tile_n; /* most panels of a tile */
    unsigned char *packed_a;
    const unsigned char *packed_b;
};

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static size_t align64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* The chunks of k: equal lengths (but the last), a function of k alone. */
static int64_t chunk_length(const struct cpl_gemm_unit *unit, int64_t k)
{
    int64_t chunks = max64(1, ceil_div(k, unit->k_chunk));
    return max64(4, round_up(ceil_div(k, chunks), 4));
}

/* Bytes of one line of packed numbers that is k long. */
static size_t line_bytes(const struct cpl_gemm_unit *unit, int64_t k)
{
    return (size_t)round_up(k, unit->k_step) * unit->element;
}

static int64_t chunk_k(const struct job *job, int64_t chunk)
{
    return min64(job->chunk_k, job->args->k - chunk * job->chunk_k);
}

/* ---- packing ---------------------------------------------------------------------------------- */

static void pack_panel(const struct cpl_gemm_unit *unit, unsigned char *out, int width,
                       const struct cpl_gemm_operand *operand, bool columns, cpl_dtype compute,
                       int64_t line, int64_t lines, int64_t k_begin, int64_t k)
{
    int64_t line_stride = columns ? operand->col_stride : operand->row_stride;
    int64_t k_stride = columns ? operand->row_stride : operand->col_stride;
    size_t bytes = cpl_dtype_bytes(operand->dtype);
    int64_t offset = line * line_stride + k_begin * k_stride;
    struct cpl_gemm_panel panel = {
        .data = (const unsigned char *)operand->data + offset * (int64_t)bytes,
        .dtype = operand->dtype,
        .line_stride = line_stride,
        .k_stride = k_stride,
        .lines = lines,
        .k = k,
        .round_bf16 = compute == CPL_DTYPE_bf16 && unit->bf16_as_f32,
    };
    unit->pack(out, width, &panel);
}

/* Panel `p` of A in one chunk, `out` being where the chunk's panels begin. */
static void pack_a_panel(const struct job *job, unsigned char *out, int64_t first, int64_t p,
                         int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    int64_t k = chunk_k(job, chunk), row = p * unit->mr;
    int rows = (int)min64(unit->mr, job->args->m - row);
    out += line_bytes(unit, k) * (size_t)((p - first) * unit->mr);
    pack_panel(unit, out, rows, &job->args->a, false, job->args->compute, row, rows,
               chunk * job->chunk_k, k);
}

static void pack_b_panel(const struct cpl_gemm_unit *unit, unsigned char *out,
                         const struct cpl_gemm_operand *b, cpl_dtype compute, int64_t n, int64_t q,
                         int64_t k_begin, int64_t k)
{
    int64_t col = q * unit->nr;
    pack_panel(unit, out, unit->nr, b, true, compute, col, min64(unit->nr, n - col), k_begin, k);
}

/* Where panel `q` of chunk `chunk` lies in a whole packed B of `panels` panels. */
static size_t packed_b_offset(const struct cpl_gemm_unit *unit, int64_t panels, int64_t q,
                              int64_t k_begin, int64_t k)
{
    return line_bytes(unit, k_begin) * (size_t)(panels * unit->nr) +
           line_bytes(unit, k) * (size_t)(q * unit->nr);
}

static unsigned char *packed_a_chunk(const struct job *job, int64_t chunk)
{
    return job->packed_a + line_bytes(job->unit, chunk * job->chunk_k) * (size_t)job->args->m;
}

/* Packs item `i` of chunks x panels of B. */
static void pack_b_item(const struct cpl_gemm_unit *unit, unsigned char *out,
                        const struct cpl_gemm_operand *b, cpl_dtype compute, int64_t k_all,
                        int64_t n, int64_t i)
{
    int64_t panels = ceil_div(n, unit->nr), length = chunk_length(unit, k_all);
    int64_t k_begin = i / panels * length, q = i % panels;
    int64_t k = min64(length, k_all - k_begin);
    out += packed_b_offset(unit, panels, q, k_begin, k);
    pack_b_panel(unit, out, b, compute, n, q, k_begin, k);
}

/* ---- one tile --------------------------------------------------------------------------------- */

/* The task's own memory: its part of A, of B, and sums that wait. */
struct task_memory {
    unsigned char *a, *b;
    cpl_real *sums;
};

static size_t task_a_bytes(const struct job *job)
{
    size_t lines = (size_t)(job->tile_m * job->unit->mr);
    return job->a_source == PACKED_BY_TASK ? align64(lines * line_bytes(job->unit, job->chunk_k)) : 0;
}

static size_t task_b_bytes(const struct job *job)
{
    int64_t panels = job->b_source == PACKED_BY_TASK ? job->tile_n : job->b_source == DIRECT;
    size_t lines = (size_t)(panels * job->unit->nr);
    return align64(lines * line_bytes(job->unit, job->chunk_k));
}

static size_t task_sum_bytes(const struct job *job)
{
    int64_t tiles = job->chunks > 1 ? job->tile_m * job->tile_n : 1;
    return align64((size_t)(tiles * job->unit->mr * job->unit->nr) * sizeof(cpl_real));
}

static size_t task_bytes(const struct job *job)
{
    return task_a_bytes(job) + task_b_bytes(job) + task_sum_bytes(job);
}

static struct task_memory task_memory(const struct job *job, unsigned char *memory)
{
    return (struct task_memory){
        .a = memory,
        .b = memory + task_a_bytes(job),
        .sums = (cpl_real *)(memory + task_a_bytes(job) + task_b_bytes(job)),
    };
}

struct b_panel {
    const unsigned char *data;
    int64_t step; /* elements between steps of k */
};

/* Panel q of B for this chunk, packed now when the task packs it itself. */
static struct b_panel b_panel(const struct job *job, const struct task_memory *memory,
                              int64_t first, int64_t q, int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    int64_t k_begin = chunk * job->chunk_k, k = chunk_k(job, chunk), step = unit->nr;
    if (job->b_source == PACKED_BEFORE) {
        size_t offset = packed_b_offset(unit, job->panels_n, q, k_begin, k);
        return (struct b_panel){job->packed_b + offset, step};
    }
    if (job->b_source == DIRECT && (q + 1) * unit->nr <= args->n) {
        const cpl_real *b = args->b.data;
        b += k_begin * args->b.row_stride + q * unit->nr;
        return (struct b_panel){(const unsigned char *)b, args->b.row_stride};
    }
    unsigned char *out = memory->b;
    if (job->b_source == PACKED_BY_TASK)
        out += line_bytes(unit, k) * (size_t)((q - first) * unit->nr);
    pack_b_panel(unit, out, &args->b, args->compute, args->n, q, k_begin, k);
    return (struct b_panel){out, step};
}

static void run_tile(const struct job *job, int64_t tile, unsigned char *task)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    struct task_memory memory = task_memory(job, task);
    int64_t tile_i = tile / job->tiles_n, tile_j = tile % job->tiles_n;
    int64_t p_begin = tile_i * job->panels_m / job->tiles_m;
    int64_t p_end = (tile_i + 1) * job->panels_m / job->tiles_m;
    int64_t q_begin = tile_j * job->panels_n / job->tiles_n;
    int64_t q_end = (tile_j + 1) * job->panels_n / job->tiles_n;
    int64_t micro_size = (int64_t)unit->mr * unit->nr;

    for (int64_t chunk = 0; chunk < job->chunks; chunk++) {
        int64_t k = chunk_k(job, chunk), steps = ceil_div(k, unit->k_step);
        size_t a_panel_bytes = line_bytes(unit, k) * (size_t)unit->mr;
        const unsigned char *a = memory.a;
        if (job->a_source == PACKED_BEFORE)
            a = packed_a_chunk(job, chunk) + (size_t)p_begin * a_panel_bytes;
        else
            for (int64_t p = p_begin; p < p_end; p++)
                pack_a_panel(job, memory.a, p_begin, p, chunk);
        for (int64_t q = q_begin; q < q_end; q++) {
            struct b_panel b = b_panel(job, &memory, q_begin, q, chunk);
            int64_t cols = min64(unit->nr, args->n - q * unit->nr);
            for (int64_t p = p_begin; p < p_end; p++) {
                int64_t rows = min64(unit->mr, args->m - p * unit->mr);
                int64_t place = (q - q_begin) * job->tile_m + (p - p_begin);
                cpl_real *t = memory.sums + (job->chunks > 1 ? place * micro_size : 0);
                const unsigned char *a_panel = a + (size_t)(p - p_begin) * a_panel_bytes;
                unit->micro[rows](steps, a_panel, b.data, b.step, t, chunk > 0);
                if (chunk == job->chunks - 1)
                    unit->finish(args, p * unit->mr, q * unit->nr, rows, cols, t);
            }
        }
    }
}

/* ---- the cut ---------------------------------------------------------------------------------- */

static void choose_sources(struct job *job)
{
    const struct cpl_gemm_args *args = job->args;
    bool direct = job->unit->k_step == 1 && args->compute == CPL_DTYPE_f32 &&
                  args->b.dtype == CPL_DTYPE_f32 && args->b.col_stride == 1;
    if (args->packed_b)
        job->b_source = PACKED_BEFORE;
    else if (direct && args->m <= DIRECT_ROWS)
        job->b_source = DIRECT;
    else
        job->b_source = args->n <= args->m ? PACKED_BEFORE : PACKED_BY_TASK;
    bool a_shared = job->b_source != PACKED_BEFORE || args->m <= TILE_ROWS;
    job->a_source = a_shared ? PACKED_BEFORE : PACKED_BY_TASK;
}

/* Tiles of at most so many rows and columns, more of them while there are few and they are large. */
static void cut_tiles(struct job *job, int64_t rows, int64_t columns)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    job->tiles_m = ceil_div(job->panels_m, max64(1, rows / unit->mr));
    job->tiles_n = ceil_div(job->panels_n, max64(1, columns / unit->nr));
    double work = (double)args->m * (double)args->n * (double)max64(args->k, 1);
    int64_t wanted = (int64_t)(work / TASK_WORK < TASKS ? work / TASK_WORK : TASKS);
    if (job->a_source == PACKED_BEFORE)
        job->tiles_n = max64(job->tiles_n, min64(job->panels_n, wanted / job->tiles_m));
    else
        job->tiles_m = max64(job->tiles_m, min64(job->panels_m, wanted / job->tiles_n));
    job->tile_m = ceil_div(job->panels_m, job->tiles_m);
    job->tile_n = ceil_div(job->panels_n, job->tiles_n);
}

static struct job job_for(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args)
{
    assert(!args->packed_b || (args->packed_b->k == args->k && args->packed_b->n == args->n &&
                               args->packed_b->compute == args->compute));
    struct job job = {
        .unit = unit,
        .args = args,
        .chunk_k = chunk_length(unit, args->k),
        .panels_m = ceil_div(args->m, unit->mr),
        .panels_n = ceil_div(args->n, unit->nr),
        .packed_b = args->packed_b ? args->packed_b->data : NULL,
    };
    job.chunks = max64(1, ceil_div(args->k, job.chunk_k));
    return job;
}

/* Packs what all tasks share, then the tiles in any order. */
static void run_parallel(struct job *job, unsigned char *shared_b, unsigned char *tasks,
                         int threads)
{
    const struct cpl_gemm_args *args = job->args;
    int64_t a_items = job->a_source == PACKED_BEFORE ? job->chunks * job->panels_m : 0;
    int64_t b_items = shared_b ? job->chunks * job->panels_n : 0;
    int64_t tiles = job->tiles_m * job->tiles_n;
    size_t bytes = task_bytes(job);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static) nowait
        for (int64_t i = 0; i < a_items; i++) {
            int64_t chunk = i / job->panels_m;
            pack_a_panel(job, packed_a_chunk(job, chunk), 0, i % job->panels_m, chunk);
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < b_items; i++)
            pack_b_item(job->unit, shared_b, &args->b, args->compute, args->k, args->n, i);
        unsigned char *task = tasks + (size_t)omp_get_thread_num() * bytes;
#pragma omp for schedule(dynamic, 1)
        for (int64_t i = 0; i < tiles; i++)
            run_tile(job, i, task);
    }
}

void cpl_gemm_run(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                  const struct cpl_gemm_args *args)
{
    if (args->m <= 0 || args->n <= 0)
        return;
    struct job job = job_for(unit, args);
    choose_sources(&job);
    if (job.a_source == PACKED_BEFORE)
        cut_tiles(&job, SHARED_A_ROWS, SHARED_A_COLUMNS);
    else
        cut_tiles(&job, TILE_ROWS, TILE_COLUMNS);

    double work = (double)args->m * (double)args->n * (double)args->k;
    int threads = work < THREAD_WORK ? 1 : queue->threads;
    struct cpl_arena_mark mark = cpl_arena_mark(&queue->scratch);
    size_t a_bytes = job.a_source == PACKED_BEFORE ? line_bytes(unit, args->k) * (size_t)args->m : 0;
    bool packs_b = job.b_source == PACKED_BEFORE && !args->packed_b;
    size_t b_bytes = packs_b ? cpl_gemm_run_packed_bytes(unit, args->k, args->n) : 0;
    job.packed_a = cpl_arena_take(&queue->scratch, a_bytes, 1);
    unsigned char *shared_b = cpl_arena_take(&queue->scratch, b_bytes, 1);
    unsigned char *tasks = cpl_arena_take(&queue->scratch, (size_t)threads, task_bytes(&job));
    if (packs_b)
        job.packed_b = shared_b;
    if (job.packed_a && shared_b && tasks)
        run_parallel(&job, packs_b ? shared_b : NULL, tasks, threads);
    else
        queue->out_of_memory = true;
    cpl_arena_release(&queue->scratch, mark);
}

/* ---- packed operands -------------------------------------------------------------------------- */

size_t cpl_gemm_run_packed_bytes(const struct cpl_gemm_unit *unit, int64_t k, int64_t n)
{
    return align64(line_bytes(unit, k) * (size_t)round_up(n, unit->nr));
}

void cpl_gemm_run_pack(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                       const struct cpl_gemm_pack_args *args)
{
    const struct cpl_packed *packed = args->packed;
    int64_t panels = ceil_div(packed->n, unit->nr);
    int64_t items = panels * ceil_div(packed->k, chunk_length(unit, packed->k));
    int threads = packed->k * packed->n < THREAD_WORK ? 1 : queue->threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < items; i++)
        pack_b_item(unit, packed->data, &args->b, packed->compute, packed->k, packed->n, i);
}

/* ---- one thread ------------------------------------------------------------------------------- */

static struct job block_job(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args)
{
    struct job job = job_for(unit, args);
    bool direct = unit->k_step == 1 && args->compute == CPL_DTYPE_f32 && args->b.dtype == CPL_DTYPE_f32;
    job.a_source = PACKED_BY_TASK;
    job.b_source = args->packed_b                        ? PACKED_BEFORE
                   : direct && args->b.col_stride == 1 ? DIRECT
                                                         : PACKED_BY_TASK;
    job.tiles_m = ceil_div(job.panels_m, max64(1, TILE_ROWS / unit->mr));
    job.tiles_n = ceil_div(job.panels_n, max64(1, SHARED_A_COLUMNS / unit->nr));
    job.tile_m = ceil_div(job.panels_m, job.tiles_m);
    job.tile_n = ceil_div(job.panels_n, job.tiles_n);
    return job;
}

size_t cpl_gemm_run_block_bytes(const struct cpl_gemm_unit *unit, int64_t m, int64_t n, int64_t k)
{
    size_t lines_a = (size_t)min64(round_up(m, unit->mr), round_up(TILE_ROWS, unit->mr));
    size_t lines_b = (size_t)min64(round_up(n, unit->nr), round_up(SHARED_A_COLUMNS, unit->nr));
    size_t line = line_bytes(unit, min64(round_up(k, 4), unit->k_chunk)) + 4 * unit->element;
    return align64(lines_a * line) + align64(lines_b * line) +
           align64(lines_a * lines_b * sizeof(cpl_real));
}

void cpl_gemm_run_block(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args,
                        void *scratch, size_t scratch_bytes)
{
    if (args->m <= 0 || args->n <= 0)
        return;
    struct job job = block_job(unit, args);
    assert(task_bytes(&job) <= scratch_bytes);
    (void)scratch_bytes;
    for (int64_t i = 0; i < job.tiles_m * job.tiles_n; i++)
        run_tile(&job, i, scratch);
}

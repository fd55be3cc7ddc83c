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
#define FEW_TASKS 12      /* below that tiles are made smaller than is best for one thread */
#define TASK_WORK 500000  /* multiply-adds below which a tile is not cut further */
#define THREAD_WORK 60000 /* multiply-adds below which one thread does it all */
#define TILE_ROWS 168     /* largest tile where A is packed by the task … */
#define TILE_COLUMNS 768
#define SHARED_A_ROWS 1024 /* … and where A is packed before */
#define SHARED_A_COLUMNS 192
#define FLAT_TILE 28  /* smallest tile along the operand that the task packs, one chunk of k */
#define DEEP_TILE 84  /* the same with more chunks */
#define PACK_PANELS 8 /* of one packing task */
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

/* ---- packing ------------------------------------------------------------------------- */

/* What the panels of A (rows) or B (columns) are packed from; lines and k are set by the caller. */
static struct cpl_gemm_panel lines_of(const struct cpl_gemm_unit *unit,
                                      const struct cpl_gemm_operand *operand, bool rows,
                                      cpl_dtype compute)
{
    return (struct cpl_gemm_panel){
        .data = operand->data,
        .dtype = operand->dtype,
        .line_stride = rows ? operand->row_stride : operand->col_stride,
        .k_stride = rows ? operand->col_stride : operand->row_stride,
        .width = rows ? unit->mr : unit->nr,
        .pad = !rows,
        .round_bf16 =
            compute == CPL_DTYPE_bf16 && unit->bf16_as_f32 && operand->dtype != CPL_DTYPE_bf16,
    };
}

static void pack_lines(const struct cpl_gemm_unit *unit, void *out, struct cpl_gemm_panel panel,
                       int64_t first, int64_t lines, int64_t k_begin, int64_t k)
{
    int64_t offset = first * panel.line_stride + k_begin * panel.k_stride;
    panel.data =
        (const unsigned char *)panel.data + offset * (int64_t)cpl_dtype_bytes(panel.dtype);
    panel.lines = lines;
    panel.k = k;
    unit->pack(out, &panel);
}

/* Panels [p_begin, p_end) of A in one chunk. */
static void pack_a(const struct job *job, unsigned char *out, int64_t p_begin, int64_t p_end,
                   int64_t chunk)
{
    const struct cpl_gemm_args *args = job->args;
    int64_t row = p_begin * job->unit->mr, row_end = min64(p_end * job->unit->mr, args->m);
    pack_lines(job->unit, out, lines_of(job->unit, &args->a, true, args->compute), row,
               row_end - row, chunk * job->chunk_k, chunk_k(job, chunk));
}

/* Panels [q_begin, q_end) of B in one chunk. */
static void pack_b(const struct job *job, unsigned char *out, int64_t q_begin, int64_t q_end,
                   int64_t chunk)
{
    const struct cpl_gemm_args *args = job->args;
    int64_t col = q_begin * job->unit->nr, col_end = min64(q_end * job->unit->nr, args->n);
    pack_lines(job->unit, out, lines_of(job->unit, &args->b, false, args->compute), col,
               col_end - col, chunk * job->chunk_k, chunk_k(job, chunk));
}

static unsigned char *packed_a_chunk(const struct job *job, int64_t chunk)
{
    return job->packed_a + line_bytes(job->unit, chunk * job->chunk_k) * (size_t)job->args->m;
}

/* Where panel q of a chunk lies in a whole packed B. */
static size_t packed_b_offset(const struct job *job, int64_t q, int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    return line_bytes(unit, chunk * job->chunk_k) * (size_t)(job->panels_n * unit->nr) +
           line_bytes(unit, chunk_k(job, chunk)) * (size_t)(q * unit->nr);
}

/* A whole operand is packed in items of a few panels of one chunk each. */
static int64_t pack_items(const struct job *job, int64_t panels)
{
    return job->chunks * ceil_div(panels, PACK_PANELS);
}

static void pack_a_item(const struct job *job, int64_t item)
{
    int64_t groups = ceil_div(job->panels_m, PACK_PANELS), chunk = item / groups;
    int64_t p = item % groups * PACK_PANELS;
    size_t panel_bytes = line_bytes(job->unit, chunk_k(job, chunk)) * (size_t)job->unit->mr;
    pack_a(job, packed_a_chunk(job, chunk) + panel_bytes * (size_t)p, p,
           min64(p + PACK_PANELS, job->panels_m), chunk);
}

static void pack_b_item(const struct job *job, unsigned char *out, int64_t item)
{
    int64_t groups = ceil_div(job->panels_n, PACK_PANELS), chunk = item / groups;
    int64_t q = item % groups * PACK_PANELS;
    pack_b(job, out + packed_b_offset(job, q, chunk), q, min64(q + PACK_PANELS, job->panels_n),
           chunk);
}

/* ---- one tile ------------------------------------------------------------------------ */

/* The task's own memory: its part of A, of B, and sums that wait. */
struct task_memory {
    unsigned char *a, *b;
    cpl_real *sums;
};

static size_t task_a_bytes(const struct job *job)
{
    size_t lines = (size_t)(job->tile_m * job->unit->mr);
    return job->a_source == PACKED_BY_TASK
               ? align64(lines * line_bytes(job->unit, job->chunk_k))
               : 0;
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

/* The part of this tile in B for one chunk: panel q is data + (q - first) * panel_bytes, with
 * `step` elements between steps of k. */
struct b_panels {
    const unsigned char *data;
    int64_t step;
    size_t panel_bytes;
};

static struct b_panels b_panels(const struct job *job, const struct task_memory *memory,
                                int64_t q_begin, int64_t q_end, int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_operand *b = &job->args->b;
    struct b_panels panels = {
        .data = memory->b,
        .step = unit->nr,
        .panel_bytes = line_bytes(unit, chunk_k(job, chunk)) * (size_t)unit->nr,
    };
    if (job->b_source == PACKED_BEFORE) {
        panels.data = job->packed_b + packed_b_offset(job, q_begin, chunk);
    } else if (job->b_source == PACKED_BY_TASK) {
        pack_b(job, memory->b, q_begin, q_end, chunk);
    } else {
        int64_t offset = chunk * job->chunk_k * b->row_stride + q_begin * unit->nr;
        panels.data = (const unsigned char *)((const cpl_real *)b->data + offset);
        panels.step = b->row_stride;
        panels.panel_bytes = (size_t)unit->nr * sizeof(cpl_real);
    }
    return panels;
}

/* The last panel of a B that is used where it lies, when it is not a full one. */
static bool short_direct_panel(const struct job *job, int64_t q)
{
    return job->b_source == DIRECT && (q + 1) * job->unit->nr > job->args->n;
}

/* Lines of C on their way while the micro-kernel computes; one of two, the other comes with it. */
static void prefetch_c(const struct cpl_gemm_args *args, int64_t row, int64_t col, int64_t rows,
                       int64_t cols)
{
    int64_t bytes = (int64_t)cpl_dtype_bytes(args->c_dtype);
    const unsigned char *c =
        (const unsigned char *)args->c + (row * args->c_stride + col) * bytes;
    for (int64_t i = 0; i < rows; i++, c += args->c_stride * bytes)
        for (int64_t j = 0; j < cols * bytes; j += 128)
            __builtin_prefetch(c + j, 1);
}

/* One column of micro tiles: all panels of A in the tile against panel q of B.  Meanwhile the next
 * panel of B is fetched into the nearer cache. */
struct column {
    int64_t p_begin, p_end, q, chunk;
    const unsigned char *a, *b, *next_b;
    int64_t b_step;
    cpl_real *sums;
};

static void run_column(const struct job *job, struct column column)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    int64_t k = chunk_k(job, column.chunk), steps = ceil_div(k, unit->k_step);
    int64_t col = column.q * unit->nr, cols = min64(unit->nr, args->n - col);
    size_t a_bytes = line_bytes(unit, k) * (size_t)unit->mr;
    size_t b_bytes = line_bytes(unit, k) * (size_t)unit->nr, fetched = 0;
    bool last = column.chunk == job->chunks - 1;
    for (int64_t p = column.p_begin; p < column.p_end; p++) {
        int64_t row = p * unit->mr, rows = min64(unit->mr, args->m - row);
        if (last)
            prefetch_c(args, row, col, rows, cols);
        const unsigned char *ahead = fetched < b_bytes ? column.next_b + fetched : column.b;
        fetched += (size_t)steps * 64;
        unit->micro[rows](steps, column.a, column.b, column.b_step, column.sums,
                          column.chunk > 0, ahead);
        if (last)
            unit->finish(args, row, col, rows, cols, column.sums);
        column.a += a_bytes;
        if (job->chunks > 1)
            column.sums += unit->mr * unit->nr;
    }
}

static void run_tile(const struct job *job, int64_t tile, unsigned char *task)
{
    const struct cpl_gemm_unit *unit = job->unit;
    struct task_memory memory = task_memory(job, task);
    int64_t tile_i = tile / job->tiles_n, tile_j = tile % job->tiles_n;
    int64_t p_begin = tile_i * job->panels_m / job->tiles_m;
    int64_t p_end = (tile_i + 1) * job->panels_m / job->tiles_m;
    int64_t q_begin = tile_j * job->panels_n / job->tiles_n;
    int64_t q_end = (tile_j + 1) * job->panels_n / job->tiles_n;
    int64_t column_sums = job->chunks > 1 ? job->tile_m * unit->mr * unit->nr : 0;

    for (int64_t chunk = 0; chunk < job->chunks; chunk++) {
        struct column column = {
            .p_begin = p_begin, .p_end = p_end, .chunk = chunk, .a = memory.a};
        size_t panel_bytes = line_bytes(unit, chunk_k(job, chunk)) * (size_t)unit->mr;
        if (job->a_source == PACKED_BEFORE)
            column.a = packed_a_chunk(job, chunk) + (size_t)p_begin * panel_bytes;
        else
            pack_a(job, memory.a, p_begin, p_end, chunk);
        struct b_panels b = b_panels(job, &memory, q_begin, q_end, chunk);
        for (column.q = q_begin; column.q < q_end; column.q++) {
            column.b = b.data + (size_t)(column.q - q_begin) * b.panel_bytes;
            column.b_step = b.step;
            if (short_direct_panel(job, column.q)) {
                pack_b(job, memory.b, column.q, column.q + 1, chunk);
                column.b = memory.b;
                column.b_step = unit->nr;
            }
            bool next = column.q + 1 < q_end && job->b_source != DIRECT;
            column.next_b = next ? column.b + b.panel_bytes : column.b;
            column.sums = memory.sums + (column.q - q_begin) * column_sums;
            run_column(job, column);
        }
    }
}

/* ---- the cut ------------------------------------------------------------------------- */

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

/* Into how many tiles `panels` are cut: at least `pieces_min` (as they would not fit otherwise), more
 * up to `wanted` while a tile keeps `panels_min` panels.  Fewer than that only for lack of tiles. */
static int64_t cut(int64_t panels, int64_t pieces_min, int64_t wanted, int64_t panels_min)
{
    int64_t pieces = max64(panels / panels_min, min64(FEW_TASKS, panels / 2));
    pieces = min64(pieces, wanted);
    if (pieces > 1)
        pieces &= ~(int64_t)1;
    return max64(max64(pieces, pieces_min), 1);
}

/* The operand that is packed before is read again for every tile along the other one: tiles are
 * larger when that means from beyond the nearer caches. */
static void cut_tiles(struct job *job)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    double work = (double)args->m * (double)args->n * (double)max64(args->k, 1);
    int64_t wanted = (int64_t)(work / TASK_WORK < TASKS ? work / TASK_WORK : TASKS);
    bool cut_columns = job->a_source == PACKED_BEFORE;
    int64_t rows = max64(1, (cut_columns ? SHARED_A_ROWS : TILE_ROWS) / unit->mr);
    int64_t columns = max64(1, (cut_columns ? SHARED_A_COLUMNS : TILE_COLUMNS) / unit->nr);
    int64_t smallest = job->chunks > 1 ? DEEP_TILE : FLAT_TILE;
    job->tiles_m = ceil_div(job->panels_m, rows);
    job->tiles_n = ceil_div(job->panels_n, columns);
    if (cut_columns)
        job->tiles_n = cut(job->panels_n, job->tiles_n, wanted / job->tiles_m,
                           max64(1, smallest / unit->nr));
    else
        job->tiles_m = cut(job->panels_m, job->tiles_m, wanted / job->tiles_n,
                           max64(1, smallest / unit->mr));
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
    int64_t a_items = job->a_source == PACKED_BEFORE ? pack_items(job, job->panels_m) : 0;
    int64_t b_items = shared_b ? pack_items(job, job->panels_n) : 0;
    int64_t tiles = job->tiles_m * job->tiles_n;
    size_t bytes = task_bytes(job);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static) nowait
        for (int64_t i = 0; i < a_items; i++)
            pack_a_item(job, i);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < b_items; i++)
            pack_b_item(job, shared_b, i);
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
    cut_tiles(&job);
    double work = (double)args->m * (double)args->n * (double)args->k;
    int threads = work < THREAD_WORK ? 1 : queue->threads;
    struct cpl_arena_mark mark = cpl_arena_mark(&queue->scratch);
    size_t a_bytes =
        job.a_source == PACKED_BEFORE ? line_bytes(unit, args->k) * (size_t)args->m : 0;
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

/* ---- packed operands ----------------------------------------------------------------- */

size_t cpl_gemm_run_packed_bytes(const struct cpl_gemm_unit *unit, int64_t k, int64_t n)
{
    return align64(line_bytes(unit, k) * (size_t)round_up(n, unit->nr));
}

void cpl_gemm_run_pack(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                       const struct cpl_gemm_pack_args *args)
{
    const struct cpl_packed *packed = args->packed;
    const struct cpl_gemm_args product = {
        .m = 1, .n = packed->n, .k = packed->k, .b = args->b, .compute = packed->compute};
    struct job job = job_for(unit, &product);
    int64_t items = pack_items(&job, job.panels_n);
    int threads = packed->k * packed->n < THREAD_WORK ? 1 : queue->threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < items; i++)
        pack_b_item(&job, packed->data, i);
}

/* ---- one thread ---------------------------------------------------------------------- */

static struct job block_job(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args)
{
    struct job job = job_for(unit, args);
    bool direct =
        unit->k_step == 1 && args->compute == CPL_DTYPE_f32 && args->b.dtype == CPL_DTYPE_f32;
    job.a_source = PACKED_BY_TASK;
    job.b_source = args->packed_b                      ? PACKED_BEFORE
                   : direct && args->b.col_stride == 1 ? DIRECT
                                                       : PACKED_BY_TASK;
    job.tiles_m = ceil_div(job.panels_m, max64(1, TILE_ROWS / unit->mr));
    job.tiles_n = ceil_div(job.panels_n, max64(1, SHARED_A_COLUMNS / unit->nr));
    job.tile_m = ceil_div(job.panels_m, job.tiles_m);
    job.tile_n = ceil_div(job.panels_n, job.tiles_n);
    return job;
}

size_t cpl_gemm_run_block_bytes(const struct cpl_gemm_unit *unit, int64_t m, int64_t n,
                                int64_t k)
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

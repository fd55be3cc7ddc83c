/* How a matrix product is cut: which operand is packed when, and the tiles of C.
 *
 * The smaller operand is packed once by all threads, the larger one by the tasks, each the
 * part that it needs, straight into its nearer cache.  The cut follows from the shape
 * alone, and no element of C depends on it. */
#include "kernel/gemm/gemm_job.h"

#include <assert.h>

#define TASKS 48         /* tiles wanted: divides well among 2, 3, 4, 6, 8 … threads */
#define FEW_TASKS 12     /* below that tiles are made smaller than is best for one thread */
#define TASK_WORK 500000 /* multiply-adds below which a tile is not cut further */
#define TILE_ROWS 168    /* largest tile where A is packed by the task … */
#define TILE_COLUMNS 768
#define SHARED_A_ROWS 1024 /* … and where A is packed before */
#define SHARED_A_COLUMNS 192
#define FLAT_TILE 28  /* smallest tile along the operand that the task packs, one chunk of k */
#define DEEP_TILE 84  /* the same with more chunks */
#define DIRECT_ROWS 8 /* up to that many rows B is cheaper read than packed */

/* The chunks of k: equal lengths (but the last), a function of k alone. */
static int64_t chunk_length(const struct cpl_gemm_unit *unit, int64_t k)
{
    int64_t chunks = max64(1, ceil_div(k, unit->k_chunk));
    return max64(4, round_up(ceil_div(k, chunks), 4));
}

struct cpl_gemm_job cpl_gemm_job_new(const struct cpl_gemm_unit *unit,
                                     const struct cpl_gemm_args *args)
{
    assert(!args->packed_b || (args->packed_b->k == args->k && args->packed_b->n == args->n &&
                               args->packed_b->compute == args->compute));
    struct cpl_gemm_job job = {
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

/* B can be used where it lies: numbers as the micro-kernel takes them, neighbours in a
 * row. */
static bool can_be_direct(const struct cpl_gemm_job *job)
{
    const struct cpl_gemm_operand *b = &job->args->b;
    return !job->args->packed_b && job->unit->k_step == 1 && b->col_stride == 1 &&
           job->args->compute == CPL_DTYPE_f32 && b->dtype == CPL_DTYPE_f32;
}

static void choose_sources(struct cpl_gemm_job *job)
{
    const struct cpl_gemm_args *args = job->args;
    if (can_be_direct(job) && args->m <= DIRECT_ROWS)
        job->b_source = CPL_GEMM_DIRECT;
    else
        job->b_source = args->packed_b || args->n <= args->m ? CPL_GEMM_PACKED_BEFORE
                                                             : CPL_GEMM_PACKED_BY_TASK;
    bool few_rows = args->m <= TILE_ROWS || (args->packed_b && args->m <= args->n);
    job->a_source = job->b_source != CPL_GEMM_PACKED_BEFORE || few_rows
                        ? CPL_GEMM_PACKED_BEFORE
                        : CPL_GEMM_PACKED_BY_TASK;
}

/* Into how many tiles `panels` are cut: at least `pieces_min` (as they would not fit
 * otherwise), more up to `wanted` while a tile keeps `panels_min` panels.  Fewer than that
 * only for lack of tiles. */
static int64_t cut(int64_t panels, int64_t pieces_min, int64_t wanted, int64_t panels_min)
{
    int64_t pieces = max64(panels / panels_min, min64(FEW_TASKS, panels / 2));
    pieces = min64(pieces, wanted);
    if (pieces > 1)
        pieces &= ~(int64_t)1;
    return max64(max64(pieces, pieces_min), 1);
}

/* The operand that is packed before is read again for every tile along the other one:
 * tiles are larger when that means from beyond the nearer caches. */
static void cut_tiles(struct cpl_gemm_job *job)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_args *args = job->args;
    double work = (double)args->m * (double)args->n * (double)max64(args->k, 1);
    int64_t wanted = (int64_t)(work / TASK_WORK < TASKS ? work / TASK_WORK : TASKS);
    bool cut_columns = job->a_source == CPL_GEMM_PACKED_BEFORE;
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

void cpl_gemm_cut(struct cpl_gemm_job *job)
{
    choose_sources(job);
    cut_tiles(job);
}

void cpl_gemm_cut_block(struct cpl_gemm_job *job)
{
    job->a_source = CPL_GEMM_PACKED_BY_TASK;
    job->b_source = job->args->packed_b  ? CPL_GEMM_PACKED_BEFORE
                    : can_be_direct(job) ? CPL_GEMM_DIRECT
                                         : CPL_GEMM_PACKED_BY_TASK;
    job->tiles_m = ceil_div(job->panels_m, max64(1, TILE_ROWS / job->unit->mr));
    job->tiles_n = ceil_div(job->panels_n, max64(1, SHARED_A_COLUMNS / job->unit->nr));
    job->tile_m = ceil_div(job->panels_m, job->tiles_m);
    job->tile_n = ceil_div(job->panels_n, job->tiles_n);
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

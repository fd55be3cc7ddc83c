/* Giving the tiles of a matrix product to threads; see gemm.h.  Tiles are independent of
 * each other and may be computed in any order. */
#include "kernel/gemm/gemm_job.h"

#include <assert.h>
#include <omp.h>

#define THREAD_WORK 60000 /* multiply-adds below which one thread does it all */

/* Packs what all tasks share, then the tiles in any order. */
static void run_parallel(struct cpl_gemm_job *job, unsigned char *shared_b,
                         unsigned char *tasks, int threads)
{
    int64_t a_items =
        job->a_source == CPL_GEMM_PACKED_BEFORE ? cpl_gemm_pack_items(job, job->panels_m) : 0;
    int64_t b_items = shared_b ? cpl_gemm_pack_items(job, job->panels_n) : 0;
    int64_t tiles = job->tiles_m * job->tiles_n;
    size_t bytes = cpl_gemm_task_bytes(job);
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(static) nowait
        for (int64_t i = 0; i < a_items; i++)
            cpl_gemm_pack_a_item(job, i);
#pragma omp for schedule(static)
        for (int64_t i = 0; i < b_items; i++)
            cpl_gemm_pack_b_item(job, shared_b, i);
        unsigned char *task = tasks + (size_t)omp_get_thread_num() * bytes;
#pragma omp for schedule(dynamic, 1)
        for (int64_t i = 0; i < tiles; i++)
            cpl_gemm_tile(job, i, task);
    }
}

void cpl_gemm_run(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                  const struct cpl_gemm_args *args)
{
    if (args->m <= 0 || args->n <= 0)
        return;
    struct cpl_gemm_job job = cpl_gemm_job_new(unit, args);
    cpl_gemm_cut(&job);
    double work = (double)args->m * (double)args->n * (double)args->k;
    int threads = work < THREAD_WORK ? 1 : queue->threads;
    struct cpl_arena_mark mark = cpl_arena_mark(&queue->scratch);
    size_t a_bytes = job.a_source == CPL_GEMM_PACKED_BEFORE
                         ? line_bytes(unit, args->k) * (size_t)args->m
                         : 0;
    bool packs_b = job.b_source == CPL_GEMM_PACKED_BEFORE && !args->packed_b;
    size_t b_bytes = packs_b ? cpl_gemm_run_packed_bytes(unit, args->k, args->n) : 0;
    job.packed_a = cpl_arena_take(&queue->scratch, a_bytes, 1);
    unsigned char *shared_b = cpl_arena_take(&queue->scratch, b_bytes, 1);
    unsigned char *tasks =
        cpl_arena_take(&queue->scratch, (size_t)threads, cpl_gemm_task_bytes(&job));
    if (packs_b)
        job.packed_b = shared_b;
    if (job.packed_a && shared_b && tasks)
        run_parallel(&job, packs_b ? shared_b : NULL, tasks, threads);
    else
        queue->out_of_memory = true;
    cpl_arena_release(&queue->scratch, mark);
}

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
    struct cpl_gemm_job job = cpl_gemm_job_new(unit, &product);
    int64_t items = cpl_gemm_pack_items(&job, job.panels_n);
    int threads = packed->k * packed->n < THREAD_WORK ? 1 : queue->threads;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < items; i++)
        cpl_gemm_pack_b_item(&job, packed->data, i);
}

void cpl_gemm_run_block(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args,
                        void *scratch, size_t scratch_bytes)
{
    if (args->m <= 0 || args->n <= 0)
        return;
    struct cpl_gemm_job job = cpl_gemm_job_new(unit, args);
    cpl_gemm_cut_block(&job);
    assert(cpl_gemm_task_bytes(&job) <= scratch_bytes);
    (void)scratch_bytes;
    for (int64_t i = 0; i < job.tiles_m * job.tiles_n; i++)
        cpl_gemm_tile(&job, i, scratch);
}

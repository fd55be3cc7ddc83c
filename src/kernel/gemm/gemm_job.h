/* Between the files of the matrix product: one call's cut into tiles and where its
 * operands are.
 *
 * gemm_cut.c cuts the shape, gemm_tile.c packs and computes a tile, gemm_loops.c gives
 * tiles to threads. */
#ifndef CPL_KERNEL_GEMM_GEMM_JOB_H
#define CPL_KERNEL_GEMM_GEMM_JOB_H

#include "kernel/gemm/gemm.h"

/* Packed by the caller or by all threads, by the task for itself, or used where it lies. */
enum cpl_gemm_source { CPL_GEMM_PACKED_BEFORE, CPL_GEMM_PACKED_BY_TASK, CPL_GEMM_DIRECT };

struct cpl_gemm_job {
    const struct cpl_gemm_unit *unit;
    const struct cpl_gemm_args *args;
    enum cpl_gemm_source a_source, b_source;
    int64_t chunks, chunk_k;
    int64_t panels_m, panels_n; /* micro panels */
    int64_t tiles_m, tiles_n;
    int64_t tile_m, tile_n; /* most panels of a tile */
    unsigned char *packed_a;
    const unsigned char *packed_b;
};

static inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
static inline int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
static inline size_t align64(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

/* Bytes of one line of packed numbers that is k long. */
static inline size_t line_bytes(const struct cpl_gemm_unit *unit, int64_t k)
{
    return (size_t)round_up(k, unit->k_step) * unit->element;
}

static inline int64_t chunk_k(const struct cpl_gemm_job *job, int64_t chunk)
{
    return min64(job->chunk_k, job->args->k - chunk * job->chunk_k);
}

/* The chunks and panels of a call; tiles and sources are left to one of the next two. */
struct cpl_gemm_job cpl_gemm_job_new(const struct cpl_gemm_unit *unit,
                                     const struct cpl_gemm_args *args);
void cpl_gemm_cut(struct cpl_gemm_job *job);       /* for all threads */
void cpl_gemm_cut_block(struct cpl_gemm_job *job); /* for one thread that packs for itself */

/* A whole operand is packed in items of a few panels of one chunk each. */
int64_t cpl_gemm_pack_items(const struct cpl_gemm_job *job, int64_t panels);
void cpl_gemm_pack_a_item(const struct cpl_gemm_job *job, int64_t item);
void cpl_gemm_pack_b_item(const struct cpl_gemm_job *job, unsigned char *out, int64_t item);

/* Memory that a task needs for its tiles, and one of tiles_m * tiles_n tiles. */
size_t cpl_gemm_task_bytes(const struct cpl_gemm_job *job);
void cpl_gemm_tile(const struct cpl_gemm_job *job, int64_t tile, unsigned char *task);

#endif

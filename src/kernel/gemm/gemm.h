/* Matrix products on fixed tiles, in the manner of BLIS (Van Zee and van de Geijn, 2015).
 *
 * The loops (gemm_cut.c, gemm_tile.c, gemm_loops.c) are the same for every instruction set;
 * what differs is a table of data over a few small functions, struct cpl_gemm_unit:
 *
 *     pack     gathers rows of A (or columns of B) by k steps into panels
 *     micro    t[rows, nr] (+)= A panel x B panel, over one chunk of k, all sums in registers
 *     finish   C tile = act(alpha t + bias) + residual + beta C, with the change of type
 *
 * A panel, one step of k after the other (a step is 1 k, or 2 for pairs of bf16):
 *
 *     step 0: line 0, line 1 … line width-1 | step 1: line 0 …
 *
 * A whole packed operand, chunk of k after chunk of k, in each chunk panel after panel;
 * panels of B are padded with zeros to nr lines, those of A are not padded.
 *
 * Bits: an element of C is the sum over the chunks of k, in order, of sums over the chunk,
 * in order and by the same multiply-add; the chunks depend on k alone.  So neither tiles,
 * threads, packing nor the other rows and columns change it. */
#ifndef CPL_KERNEL_GEMM_GEMM_H
#define CPL_KERNEL_GEMM_GEMM_H

#include "kernel/kernel.h"

/* Lines of one operand: element (line, k) is data[line * line_stride + k * k_stride].
 * They make panels of `width` lines, one behind the other; the last one is filled with
 * zeros when `pad`, else only as wide as its lines. */
struct cpl_gemm_panel {
    const void *data;
    cpl_dtype dtype;
    int64_t line_stride, k_stride;
    int64_t lines, k, width;
    bool pad;
    bool round_bf16; /* units that have no bf16 products round to bf16 and multiply as f32 */
};

/* t[rows, nr] = a b, or += when `add`; b_step: elements between steps of b; ahead: memory
 * of one cache line a step that will be read soon. */
typedef void (*cpl_gemm_micro)(int64_t steps, const void *a, const void *b, int64_t b_step,
                               cpl_real *t, bool add, const void *ahead);

#define CPL_GEMM_MAX_MR 16
#define CPL_GEMM_MAX_NR 32
struct cpl_gemm_unit {
    int mr, nr;       /* rows and columns of a micro tile */
    int k_step;       /* 1, or 2: packed k go in pairs */
    int k_chunk;      /* largest chunk of k, a multiple of 4 */
    size_t element;   /* bytes of one packed number */
    bool bf16_as_f32; /* products of bf16 are taken in cpl_real */
    /* k is rounded up to k_step with zeros. */
    void (*pack)(void *out, const struct cpl_gemm_panel *panel);
    cpl_gemm_micro micro[CPL_GEMM_MAX_MR + 1]; /* [rows], 1 to mr */
    /* Writes rows x cols of C at (row, col) from t[rows, nr]. */
    void (*finish)(const struct cpl_gemm_args *args, int64_t row, int64_t col, int64_t rows,
                   int64_t cols, const cpl_real *t);
};

/* The loops: what the slots of an instruction set call with their unit for args->compute. */
void cpl_gemm_run(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                  const struct cpl_gemm_args *args);
void cpl_gemm_run_pack(const struct cpl_gemm_unit *unit, struct cpl_queue *queue,
                       const struct cpl_gemm_pack_args *args);
size_t cpl_gemm_run_packed_bytes(const struct cpl_gemm_unit *unit, int64_t k, int64_t n);
/* One thread, memory from the caller; for use within other kernels' parallel regions. */
void cpl_gemm_run_block(const struct cpl_gemm_unit *unit, const struct cpl_gemm_args *args,
                        void *scratch, size_t scratch_bytes);
size_t cpl_gemm_run_block_bytes(const struct cpl_gemm_unit *unit, int64_t m, int64_t n,
                                int64_t k);

/* One set of entries for each instruction set.  `scratch` of a block is 64-byte aligned
 * and at least block_bytes long for the largest m, n and k it is used with (rounded up;
 * sizes grow with each). */
#define CPL_GEMM_ENTRIES(isa)                                                                  \
    void cpl_gemm_##isa(struct cpl_queue *queue, const struct cpl_gemm_args *args);            \
    void cpl_gemm_pack_##isa(struct cpl_queue *queue, const struct cpl_gemm_pack_args *args);  \
    size_t cpl_packed_bytes_##isa(int64_t k, int64_t n, cpl_dtype compute);                    \
    void cpl_gemm_block_##isa(const struct cpl_gemm_args *args, void *scratch,                 \
                              size_t scratch_bytes);                                           \
    size_t cpl_gemm_block_bytes_##isa(int64_t m, int64_t n, int64_t k, cpl_dtype compute);
CPL_GEMM_ENTRIES(c)
CPL_GEMM_ENTRIES(avx2)
CPL_GEMM_ENTRIES(avx512)
CPL_GEMM_ENTRIES(avx512bf16)

/* Whether this processor multiplies pairs of bf16 faster than f32.  Where it does not, the
 * table has the products of AVX-512, which round to bf16 all the same. */
bool cpl_gemm_pairs_pay(void);

#endif

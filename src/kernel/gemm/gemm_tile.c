/* One tile of a matrix product: its packing, and the micro-kernels over it.
 *
 *     for each chunk of k:
 *         pack what is the task's own of A and B
 *         for each panel of B in the tile:
 *             for each panel of A in the tile:
 *                 micro
 *
 * Sums of k in more than one chunk wait in the task's own memory. */
#include "kernel/gemm/gemm_job.h"

#define PACK_PANELS 8 /* of one packing task */

/* ---- packing ------------------------------------------------------------------------- */

/* What the panels of A (rows) or B (columns) are packed from; lines and k are set by the
 * caller. */
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
static void pack_a(const struct cpl_gemm_job *job, unsigned char *out, int64_t p_begin,
                   int64_t p_end, int64_t chunk)
{
    const struct cpl_gemm_args *args = job->args;
    int64_t row = p_begin * job->unit->mr, row_end = min64(p_end * job->unit->mr, args->m);
    pack_lines(job->unit, out, lines_of(job->unit, &args->a, true, args->compute), row,
               row_end - row, chunk * job->chunk_k, chunk_k(job, chunk));
}

/* Panels [q_begin, q_end) of B in one chunk. */
static void pack_b(const struct cpl_gemm_job *job, unsigned char *out, int64_t q_begin,
                   int64_t q_end, int64_t chunk)
{
    const struct cpl_gemm_args *args = job->args;
    int64_t col = q_begin * job->unit->nr, col_end = min64(q_end * job->unit->nr, args->n);
    pack_lines(job->unit, out, lines_of(job->unit, &args->b, false, args->compute), col,
               col_end - col, chunk * job->chunk_k, chunk_k(job, chunk));
}

static unsigned char *packed_a_chunk(const struct cpl_gemm_job *job, int64_t chunk)
{
    return job->packed_a + line_bytes(job->unit, chunk * job->chunk_k) * (size_t)job->args->m;
}

/* Where panel q of a chunk lies in a whole packed B. */
static size_t packed_b_offset(const struct cpl_gemm_job *job, int64_t q, int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    return line_bytes(unit, chunk * job->chunk_k) * (size_t)(job->panels_n * unit->nr) +
           line_bytes(unit, chunk_k(job, chunk)) * (size_t)(q * unit->nr);
}

/* A whole operand is packed in items of a few panels of one chunk each. */
int64_t cpl_gemm_pack_items(const struct cpl_gemm_job *job, int64_t panels)
{
    return job->chunks * ceil_div(panels, PACK_PANELS);
}

void cpl_gemm_pack_a_item(const struct cpl_gemm_job *job, int64_t item)
{
    int64_t groups = ceil_div(job->panels_m, PACK_PANELS), chunk = item / groups;
    int64_t p = item % groups * PACK_PANELS;
    size_t panel_bytes = line_bytes(job->unit, chunk_k(job, chunk)) * (size_t)job->unit->mr;
    pack_a(job, packed_a_chunk(job, chunk) + panel_bytes * (size_t)p, p,
           min64(p + PACK_PANELS, job->panels_m), chunk);
}

void cpl_gemm_pack_b_item(const struct cpl_gemm_job *job, unsigned char *out, int64_t item)
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

static size_t task_a_bytes(const struct cpl_gemm_job *job)
{
    size_t lines = (size_t)(job->tile_m * job->unit->mr);
    return job->a_source == CPL_GEMM_PACKED_BY_TASK
               ? align64(lines * line_bytes(job->unit, job->chunk_k))
               : 0;
}

static size_t task_b_bytes(const struct cpl_gemm_job *job)
{
    int64_t panels = job->b_source == CPL_GEMM_PACKED_BY_TASK
                         ? job->tile_n
                         : job->b_source == CPL_GEMM_DIRECT;
    size_t lines = (size_t)(panels * job->unit->nr);
    return align64(lines * line_bytes(job->unit, job->chunk_k));
}

static size_t task_sum_bytes(const struct cpl_gemm_job *job)
{
    int64_t tiles = job->chunks > 1 ? job->tile_m * job->tile_n : 1;
    return align64((size_t)(tiles * job->unit->mr * job->unit->nr) * sizeof(cpl_real));
}

size_t cpl_gemm_task_bytes(const struct cpl_gemm_job *job)
{
    return task_a_bytes(job) + task_b_bytes(job) + task_sum_bytes(job);
}

static struct task_memory task_memory(const struct cpl_gemm_job *job, unsigned char *memory)
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

static struct b_panels b_panels(const struct cpl_gemm_job *job,
                                const struct task_memory *memory, int64_t q_begin,
                                int64_t q_end, int64_t chunk)
{
    const struct cpl_gemm_unit *unit = job->unit;
    const struct cpl_gemm_operand *b = &job->args->b;
    struct b_panels panels = {
        .data = memory->b,
        .step = unit->nr,
        .panel_bytes = line_bytes(unit, chunk_k(job, chunk)) * (size_t)unit->nr,
    };
    if (job->b_source == CPL_GEMM_PACKED_BEFORE) {
        panels.data = job->packed_b + packed_b_offset(job, q_begin, chunk);
    } else if (job->b_source == CPL_GEMM_PACKED_BY_TASK) {
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
static bool short_direct_panel(const struct cpl_gemm_job *job, int64_t q)
{
    return job->b_source == CPL_GEMM_DIRECT && (q + 1) * job->unit->nr > job->args->n;
}

/* Lines of C on their way while the micro-kernel computes; one of two, the other comes
 * with it. */
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

/* One column of micro tiles: all panels of A in the tile against panel q of B.  Meanwhile
 * the next panel of B is fetched into the nearer cache. */
struct column {
    int64_t p_begin, p_end, q, chunk;
    const unsigned char *a, *b, *next_b;
    int64_t b_step;
    cpl_real *sums;
};

static void run_column(const struct cpl_gemm_job *job, struct column column)
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

void cpl_gemm_tile(const struct cpl_gemm_job *job, int64_t tile, unsigned char *task)
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
        if (job->a_source == CPL_GEMM_PACKED_BEFORE)
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
            bool next = column.q + 1 < q_end && job->b_source != CPL_GEMM_DIRECT;
            column.next_b = next ? column.b + b.panel_bytes : column.b;
            column.sums = memory.sums + (column.q - q_begin) * column_sums;
            run_column(job, column);
        }
    }
}

/* The tape: ops run at once and leave a record; backward walks the records from last to first.
 *
 *     forward:   embed -> norm -> linear -> attention -> ... -> loss      (each record points
 * back) backward:  <-------------------------------------------
 *
 * What ops compute (activations, their gradients, statistics) lives in the device's memory
 * `storage`, what describes it (values, records) in the host's memory `notes`; both until
 * cpl_tape_reset, which gives nothing back to the system: after the first step of the largest
 * size a step allocates nothing.  Buffers that nobody will read any more go to a pool and are
 * taken from there: gradients as soon as their op's backward has run, values of inference when
 * dropped.
 *
 * Failures are sticky: an op on a failed tape returns a value that later ops accept, and the
 * caller asks once, with cpl_tape_check. */
#ifndef CPL_GRAPH_TAPE_H
#define CPL_GRAPH_TAPE_H

#include "base/arena.h"
#include "kernel/kernel.h"
#include "tensor/tensor.h"
#include "tensor/weight.h"
#include <couplet/status.h>

struct cpl_value {
    struct cpl_tensor data;     /* [rows, cols], contiguous unless a leaf */
    struct cpl_tensor gradient; /* data NULL until the first op adds to it */
    bool needs_gradient;
    bool kept; /* a recorded op reads `data` in its backward: in-place ops must not overwrite it
                */
};

struct cpl_tape;
struct cpl_record {
    struct cpl_record *previous;
    void (*backward)(struct cpl_tape *tape,
                     void *record); /* record: the op's struct, this one first */
};

/* Free buffers of storage. */
struct cpl_buffer_pool {
    struct cpl_free_buffer {
        void *data;
        size_t bytes;
    } * free;
    size_t count, capacity;
};
struct cpl_tape {
    struct cpl_queue *queue;  /* where kernels run; borrowed */
    struct cpl_arena storage; /* the device's memory */
    struct cpl_arena notes;   /* the host's memory */
    struct cpl_record *last;
    struct cpl_buffer_pool pool;
    cpl_dtype activations; /* dtype of what ops produce: f32 or bf16; also the products' */
    bool recording;        /* false: inference, no records, no saved statistics */
    bool training;         /* dropout on */
    struct cpl_rng_key dropout_key; /* seed and step are the training's; ops set the stream */
    int64_t token_base;             /* tokens of this step's batch before this micro-batch */
    uint32_t next_site;             /* number of the next dropout, from 0 each forward */
    size_t packed_bytes; /* of packed weights, counted in dry runs where nothing is packed */
    struct cpl_value no_value; /* stands for all values when there is no memory to note one */
    struct cpl_error error;    /* sticky */
};

/* A tape that records and does not train; the caller sets the two flags as needed. */
void cpl_tape_init(struct cpl_tape *tape, struct cpl_queue *queue, cpl_dtype activations);
void cpl_tape_clear(struct cpl_tape *tape);
/* Forgets values, records and failures, keeps memory. */
void cpl_tape_reset(struct cpl_tape *tape);
cpl_status cpl_tape_check(const struct cpl_tape *tape, struct cpl_error *error);
void cpl_tape_fail(struct cpl_tape *tape, cpl_status status, const char *where,
                   const char *format, ...) CPL_PRINTF(4, 5);
bool cpl_tape_failed(const struct cpl_tape *tape);

/* Host memory until the reset, not zeroed; NULL and failed: no memory. */
void *cpl_tape_memory(struct cpl_tape *tape, size_t count, size_t size);

/* ---- for ops
 * ------------------------------------------------------------------------------------*/

/* A value with storage of its own; contents undefined.  Never NULL: on a failed tape it is a
 * value without data, on which no kernel may be launched. */
struct cpl_value *cpl_tape_value(struct cpl_tape *tape, int64_t rows, int64_t cols,
                                 cpl_dtype dtype, bool needs_gradient);
/* A value that is a leaf: wraps memory of the caller. */
struct cpl_value *cpl_tape_leaf(struct cpl_tape *tape, struct cpl_tensor data,
                                bool needs_gradient);
/* A value in the memory of another one, which is used up. */
struct cpl_value *cpl_tape_alias(struct cpl_tape *tape, struct cpl_value *of,
                                 bool needs_gradient);
/* Says that the caller will not use a value again: without recording its buffer is used anew.
 */
void cpl_tape_drop(struct cpl_tape *tape, struct cpl_value *value);

/* Storage of its own from the pool or the arena; data NULL when failed. */
struct cpl_tensor cpl_tape_buffer(struct cpl_tape *tape, int64_t rows, int64_t cols,
                                  cpl_dtype dtype);
void cpl_tape_release(struct cpl_tape *tape, struct cpl_tensor *buffer);

/* Pushes a zeroed record of `size` bytes whose first member is struct cpl_record; NULL when not
 * recording or failed. */
void *cpl_tape_record(struct cpl_tape *tape, size_t size,
                      void (*backward)(struct cpl_tape *, void *));

/* ---- for backward
 * -------------------------------------------------------------------------------*/

/* Gradient of a value, for writing: *first is true when it was just made and must be
 * overwritten, false when it must be added to. */
struct cpl_tensor cpl_tape_gradient(struct cpl_tape *tape, struct cpl_value *value,
                                    bool *first);
/* The buffer becomes the value's gradient or is added to it; the caller no longer has it. */
void cpl_tape_give_gradient(struct cpl_tape *tape, struct cpl_value *value,
                            struct cpl_tensor *buffer);
/* Runs all records backwards. Losses have put gradients on their inputs while running forward,
 * or do so in their own backward. */
cpl_status cpl_tape_backward(struct cpl_tape *tape, struct cpl_error *error);

#endif

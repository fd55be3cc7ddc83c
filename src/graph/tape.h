/* The tape: ops run at once and leave a record; backward walks the records from last to first.
 *
 *     forward:   embed -> norm -> linear -> attention -> ... -> loss      (each record points back)
 *     backward:  <-------------------------------------------
 *
 * Values, activations, gradients and records live in the tape's arena until cpl_tape_reset, which
 * gives nothing back to the system: after the first step of the largest size a step allocates
 * nothing.  Buffers of gradients are reused as soon as their op's backward has run.
 *
 * Failures are sticky: an op on a failed tape returns a value that later ops accept, and the caller
 * asks once, with cpl_tape_check. */
#ifndef CPL_GRAPH_TAPE_H
#define CPL_GRAPH_TAPE_H

#include "base/arena.h"
#include "kernel/kernel.h"
#include "tensor/tensor.h"
#include "tensor/weight.h"
#include <couplet/status.h>

struct cpl_value {
    struct cpl_tensor data;     /* [rows, cols] */
    struct cpl_tensor gradient; /* data NULL until the first op adds to it */
    bool needs_gradient;
};

struct cpl_tape;
struct cpl_record {
    struct cpl_record *previous;
    void (*backward)(struct cpl_tape *tape, void *record); /* record: the op's struct, this one first */
};

struct cpl_gradient_pool; /* free gradient buffers by size */
struct cpl_tape {
    struct cpl_queue *queue;  /* where kernels run; borrowed */
    struct cpl_arena arena;
    struct cpl_record *last;
    struct cpl_gradient_pool *pool;
    cpl_dtype activations;    /* dtype of what ops produce: f32 or bf16; also the products' */
    bool recording;           /* false: inference, no records, no saved statistics */
    bool training;            /* dropout on */
    struct cpl_rng_key dropout_key; /* step is the training step */
    int64_t token_base;       /* tokens of this step's batch before this micro-batch */
    uint32_t next_site;       /* number of the next dropout, from 0 each forward */
    struct cpl_error error;   /* sticky */
};

void cpl_tape_init(struct cpl_tape *tape, struct cpl_queue *queue, cpl_dtype activations);
void cpl_tape_clear(struct cpl_tape *tape);
/* Forgets values and records, keeps memory. */
void cpl_tape_reset(struct cpl_tape *tape);
cpl_status cpl_tape_check(const struct cpl_tape *tape, struct cpl_error *error);
void cpl_tape_fail(struct cpl_tape *tape, cpl_status status, const char *where, const char *format,
                   ...) CPL_PRINTF(4, 5);

/* For ops.  Values of the tape's dtype unless said; contents undefined. */
struct cpl_value *cpl_tape_value(struct cpl_tape *tape, int64_t rows, int64_t cols, cpl_dtype dtype,
                                 bool needs_gradient);
/* A value that is a leaf: wraps memory of the caller. */
struct cpl_value *cpl_tape_leaf(struct cpl_tape *tape, struct cpl_tensor data, bool needs_gradient);
void *cpl_tape_memory(struct cpl_tape *tape, size_t count, size_t size); /* NULL and failed: no memory */
/* Pushes a record of `size` bytes whose first member is struct cpl_record; NULL when not recording. */
void *cpl_tape_record(struct cpl_tape *tape, size_t size,
                      void (*backward)(struct cpl_tape *, void *));
/* Gradient of a value, for writing: *first is true when it was just made and must be overwritten,
 * false when it must be added to. */
struct cpl_tensor cpl_tape_gradient(struct cpl_tape *tape, struct cpl_value *value, bool *first);
/* Runs all records backwards. Losses have put gradients on their inputs while running forward, or do
 * so in their own backward. */
cpl_status cpl_tape_backward(struct cpl_tape *tape, struct cpl_error *error);

#endif

/* Optimizers: flat arrays of values and gradients, and blocks that say what lies where.
 *
 *     values     [ W 24x8 | b 24 | E 11x8 | ... ]      gradients the same
 *     blocks       matrix   vector  embedding
 *
 * An optimizer gives each block a rule:
 *   ADAMW  m, v: moments; see struct cpl_adamw_args
 *   MUON   momentum, orthogonalised; see muon.c
 * A step allocates nothing. */
#ifndef CPL_OPTIM_OPTIMIZER_H
#define CPL_OPTIM_OPTIMIZER_H

#include "kernel/kernel.h"
#include <couplet/status.h>

enum cpl_optimizer_id {
#define OPTIMIZER(name, matrices, others, lr, adamw_lr, help) CPL_OPTIMIZER_##name,
#include "optim/optimizers.def"
#undef OPTIMIZER
    CPL_OPTIMIZER_COUNT
};
/* CPL_OPTIMIZER_COUNT: no such name. */
enum cpl_optimizer_id cpl_optimizer_find(const char *name);

/* How the rate of a matrix follows its shape: sqrt(max(1, rows/cols)) or 0.2 sqrt(max(rows,
 * cols)), which gives updates of AdamW's size (Moonshot, 2025). */
enum cpl_muon_adjust { CPL_MUON_ORIGINAL, CPL_MUON_MATCH_RMS };

struct cpl_optimizer_options {
    enum cpl_optimizer_id id;
    double lr;       /* peak; 0: the table's */
    double adamw_lr; /* peak of AdamW's part where matrices have another rule; 0: the table's */
    double beta1, beta2, eps;
    double weight_decay; /* decoupled */
    double momentum;
    enum cpl_muon_adjust adjust;
    cpl_dtype compute; /* of Muon's products: f32 or bf16 */
};

/* Puts the table's rates where there are none. */
void cpl_optimizer_resolve(struct cpl_optimizer_options *options);

struct cpl_optimizer_block {
    int64_t begin; /* first element in the flat arrays */
    int64_t rows, cols;
    int parts;   /* row blocks that are matrices of their own */
    bool matrix; /* of the rule for matrices */
    bool decays;
};

struct cpl_optimizer;
/* `flat_size`: elements of the flat arrays; blocks do not overlap. */
cpl_status cpl_optimizer_new(struct cpl_optimizer **out,
                             const struct cpl_optimizer_options *options,
                             const struct cpl_optimizer_block *blocks, int n_blocks,
                             struct cpl_error *error);
void cpl_optimizer_free(struct cpl_optimizer *optimizer);
/* One step on values with gradients times `scale`; the rates are their peaks times `lr_share`.
 */
void cpl_optimizer_step(struct cpl_optimizer *optimizer, struct cpl_queue *queue,
                        cpl_real *values, const cpl_real *gradients, double scale,
                        double lr_share);

size_t cpl_optimizer_bytes(const struct cpl_optimizer *optimizer); /* of the state */
/* State that a block needs. */
size_t cpl_optimizer_block_bytes(const struct cpl_optimizer_options *options,
                                 const struct cpl_optimizer_block *block);

/* State, for checkpoints: the number of steps done, and arrays like their block, named as in
 * torch.optim: "exp_avg", "exp_avg_sq", "momentum_buffer". */
int64_t cpl_optimizer_steps(const struct cpl_optimizer *optimizer);
void cpl_optimizer_set_steps(struct cpl_optimizer *optimizer, int64_t steps);
typedef cpl_status cpl_optimizer_visitor(void *context, int block, const char *name,
                                         cpl_real *data, int64_t count,
                                         struct cpl_error *error);
cpl_status cpl_optimizer_each_state(struct cpl_optimizer *optimizer,
                                    cpl_optimizer_visitor *visit, void *context,
                                    struct cpl_error *error);

/* Euclidean norm of n values; NaN or infinity where one of them is. */
double cpl_flat_norm(struct cpl_queue *queue, const cpl_real *x, int64_t n);
/* What gradients of this norm are multiplied by so that it is at most `limit`; 1 for limit 0.
 */
double cpl_clip_scale(double norm, double limit);

#endif

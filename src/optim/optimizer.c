/* Blocks, their rules and their state: see optimizer.h. */
#include "optim/optimizer.h"

#include "base/memory.h"
#include "base/try.h"
#include "optim/muon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum rule { RULE_ADAMW, RULE_MUON };

static const struct {
    const char *name;
    enum rule matrices, others;
    double lr, adamw_lr;
} optimizers[CPL_OPTIMIZER_COUNT] = {
#define OPTIMIZER(name, matrices, others, lr, adamw_lr, help)                                  \
    {#name, RULE_##matrices, RULE_##others, lr, adamw_lr},
#include "optim/optimizers.def"
#undef OPTIMIZER
};

/* A block with its state inside the optimizer's one array. */
struct slot {
    struct cpl_optimizer_block block;
    enum rule rule;
    cpl_real *first, *second; /* [rows*cols]; second only for AdamW */
};

struct cpl_optimizer {
    struct cpl_optimizer_options options;
    struct slot *slot;
    int count;
    int64_t steps;
    cpl_real *state;
    size_t state_elements;
    struct cpl_muon_work work;
};

enum cpl_optimizer_id cpl_optimizer_find(const char *name)
{
    int id = 0;
    while (id < CPL_OPTIMIZER_COUNT && strcmp(optimizers[id].name, name) != 0)
        id++;
    return (enum cpl_optimizer_id)id;
}

void cpl_optimizer_resolve(struct cpl_optimizer_options *options)
{
    if (options->lr == 0)
        options->lr = optimizers[options->id].lr;
    if (options->adamw_lr == 0)
        options->adamw_lr =
            options->id == CPL_OPTIMIZER_adamw ? options->lr : optimizers[options->id].adamw_lr;
}

static enum rule rule_of(const struct cpl_optimizer_options *options,
                         const struct cpl_optimizer_block *block)
{
    return block->matrix ? optimizers[options->id].matrices : optimizers[options->id].others;
}

/* Elements of a block, rounded up so that every state array is aligned to 64 bytes. */
static size_t padded(const struct cpl_optimizer_block *block)
{
    return (size_t)(block->rows * block->cols + 15) / 16 * 16;
}

size_t cpl_optimizer_block_bytes(const struct cpl_optimizer_options *options,
                                 const struct cpl_optimizer_block *block)
{
    return padded(block) * (rule_of(options, block) == RULE_ADAMW ? 2 : 1) * sizeof(cpl_real);
}

static cpl_status allocate_state(struct cpl_optimizer *optimizer, struct cpl_error *error)
{
    for (int i = 0; i < optimizer->count; i++)
        optimizer->state_elements +=
            cpl_optimizer_block_bytes(&optimizer->options, &optimizer->slot[i].block) /
            sizeof(cpl_real);
    CPL_TRY(
        cpl_memory_new(&optimizer->state, optimizer->state_elements, sizeof(cpl_real), error));
    cpl_real *next = optimizer->state;
    for (int i = 0; i < optimizer->count; i++) {
        struct slot *slot = &optimizer->slot[i];
        slot->first = next;
        next += padded(&slot->block);
        if (slot->rule != RULE_ADAMW)
            continue;
        slot->second = next;
        next += padded(&slot->block);
    }
    return CPL_OK;
}

static cpl_status allocate_work(struct cpl_optimizer *optimizer, struct cpl_error *error)
{
    int64_t part = 0, side = 0;
    for (int i = 0; i < optimizer->count; i++) {
        const struct cpl_optimizer_block *block = &optimizer->slot[i].block;
        if (optimizer->slot[i].rule != RULE_MUON)
            continue;
        int64_t rows = block->rows / block->parts;
        int64_t smaller = rows < block->cols ? rows : block->cols;
        part = rows * block->cols > part ? rows * block->cols : part;
        side = smaller > side ? smaller : side;
    }
    return part ? cpl_muon_work_init(&optimizer->work, part, side, error) : CPL_OK;
}

cpl_status cpl_optimizer_new(struct cpl_optimizer **out,
                             const struct cpl_optimizer_options *options,
                             const struct cpl_optimizer_block *blocks, int n_blocks,
                             struct cpl_error *error)
{
    cpl_status status;
    struct cpl_optimizer *optimizer = NULL;
    CPL_TRY(cpl_memory_new(&optimizer, 1, sizeof *optimizer, error));
    optimizer->options = *options;
    optimizer->count = n_blocks;
    cpl_optimizer_resolve(&optimizer->options);
    CPL_TRY_GOTO(
        cpl_memory_new(&optimizer->slot, (size_t)n_blocks, sizeof *optimizer->slot, error));
    for (int i = 0; i < n_blocks; i++)
        optimizer->slot[i] =
            (struct slot){.block = blocks[i], .rule = rule_of(options, &blocks[i])};
    CPL_TRY_GOTO(allocate_state(optimizer, error));
    CPL_TRY_GOTO(allocate_work(optimizer, error));
    *out = optimizer;
    return CPL_OK;
done:
    cpl_optimizer_free(optimizer);
    return status;
}

void cpl_optimizer_free(struct cpl_optimizer *optimizer)
{
    if (!optimizer)
        return;
    cpl_muon_work_clear(&optimizer->work);
    free(optimizer->state);
    free(optimizer->slot);
    free(optimizer);
}

static void adamw_step(const struct cpl_optimizer *optimizer, const struct slot *slot,
                       struct cpl_queue *queue, cpl_real *value, const cpl_real *gradient,
                       double scale, double lr)
{
    const struct cpl_optimizer_options *options = &optimizer->options;
    double t = (double)optimizer->steps;
    struct cpl_adamw_args args = {.n = slot->block.rows * slot->block.cols,
                                  .w = value,
                                  .m = slot->first,
                                  .v = slot->second,
                                  .gradient = gradient,
                                  .scale = scale,
                                  .lr = lr,
                                  .beta1 = options->beta1,
                                  .beta2 = options->beta2,
                                  .eps = options->eps,
                                  .decay = slot->block.decays ? options->weight_decay : 0,
                                  .correction1 = 1 - pow(options->beta1, t),
                                  .correction2 = 1 - pow(options->beta2, t)};
    queue->kernels->adamw(queue, &args);
}

void cpl_optimizer_step(struct cpl_optimizer *optimizer, struct cpl_queue *queue,
                        cpl_real *values, const cpl_real *gradients, double scale,
                        double lr_share)
{
    double lr = optimizer->options.lr * lr_share;
    double adamw_lr = optimizer->options.adamw_lr * lr_share;
    optimizer->steps++;
    for (int i = 0; i < optimizer->count; i++) {
        struct slot *slot = &optimizer->slot[i];
        cpl_real *value = values + slot->block.begin;
        const cpl_real *gradient = gradients + slot->block.begin;
        if (slot->rule == RULE_MUON)
            cpl_muon_step(&optimizer->options, &slot->block, &optimizer->work, queue, value,
                          gradient, slot->first, scale, lr);
        else
            adamw_step(optimizer, slot, queue, value, gradient, scale, adamw_lr);
    }
}

size_t cpl_optimizer_bytes(const struct cpl_optimizer *optimizer)
{
    return optimizer->state_elements * sizeof(cpl_real);
}

int64_t cpl_optimizer_steps(const struct cpl_optimizer *optimizer) { return optimizer->steps; }

void cpl_optimizer_set_steps(struct cpl_optimizer *optimizer, int64_t steps)
{
    optimizer->steps = steps;
}

cpl_status cpl_optimizer_each_state(struct cpl_optimizer *optimizer,
                                    cpl_optimizer_visitor *visit, void *context,
                                    struct cpl_error *error)
{
    for (int i = 0; i < optimizer->count; i++) {
        struct slot *slot = &optimizer->slot[i];
        int64_t count = slot->block.rows * slot->block.cols;
        const char *first = slot->rule == RULE_MUON ? "momentum_buffer" : "exp_avg";
        CPL_TRY(visit(context, i, first, slot->first, count, error));
        if (slot->second)
            CPL_TRY(visit(context, i, "exp_avg_sq", slot->second, count, error));
    }
    return CPL_OK;
}

/* Muon's rule for one matrix, and the memory that it works in. */
#ifndef CPL_OPTIM_MUON_H
#define CPL_OPTIM_MUON_H

#include "optim/optimizer.h"

struct cpl_muon_work {
    cpl_real *update, *next; /* [largest part] */
    cpl_real *gram, *poly;   /* [smaller side of the largest part squared] */
};
cpl_status cpl_muon_work_init(struct cpl_muon_work *work, int64_t largest_part,
                              int64_t largest_side, struct cpl_error *error);
void cpl_muon_work_clear(struct cpl_muon_work *work);

/* value, gradient, momentum: of the whole block, rows*cols elements. */
void cpl_muon_step(const struct cpl_optimizer_options *options,
                   const struct cpl_optimizer_block *block, struct cpl_muon_work *work,
                   struct cpl_queue *queue, cpl_real *value, const cpl_real *gradient,
                   cpl_real *momentum, double scale, double lr);

#endif

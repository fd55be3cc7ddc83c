/* What the writer and the reader of checkpoints share. */
#ifndef CPL_TRAIN_CHECKPOINT_H
#define CPL_TRAIN_CHECKPOINT_H

#include "train/training.h"

#define CPL_CHECKPOINT_FORMAT 1 /* of training.json and training.safetensors */
#define CPL_STATE_NAME (CPL_PARAMETER_NAME + 24)

/* "exp_avg.layer.0.qkv.weight" */
void cpl_state_name(char out[CPL_STATE_NAME], const struct cpl_trainer *trainer, int block,
                    const char *name);
/* New reference: what a resumed run must find unchanged; NULL: out of memory. */
json_t *cpl_checkpoint_binding(const struct cpl_checkpoint *checkpoint);
/* What was written against what is in memory; CPL_ERROR_SYSTEM names the first difference. */
cpl_status cpl_checkpoint_verify(const struct cpl_checkpoint *checkpoint, const char *directory,
                                 struct cpl_error *error);

#endif

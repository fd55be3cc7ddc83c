/* What a run has written down about itself. */
#ifndef CPL_COMPARE_RECORDS_H
#define CPL_COMPARE_RECORDS_H

#include "compare/side.h"

/* Curves and totals from RUN/metrics.jsonl. */
cpl_status cpl_side_read_metrics(struct cpl_side *side, struct cpl_error *error);

/* *value: heap text of an option in RUN/config.yaml, NULL when it is unset. */
cpl_status cpl_run_option(char **value, const char *run, const char *option,
                          struct cpl_error *error);
/* *hash: heap text that stands for the training text, from the run's latest checkpoint. */
cpl_status cpl_run_text(char **hash, const char *run, struct cpl_error *error);

#endif

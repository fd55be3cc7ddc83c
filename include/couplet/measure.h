/* Measuring: time, memory, medians.
 *
 *     double begin = cpl_measure_seconds();
 *     work();
 *     printf("%.3f s, %.0f MB at most\n", cpl_measure_seconds() - begin,
 *            (double)cpl_measure_peak_bytes() / 1e6);
 */
#ifndef COUPLET_MEASURE_H
#define COUPLET_MEASURE_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

/* A clock that never goes back; only differences mean something. */
CPL_API double cpl_measure_seconds(void);
/* Most memory that this process has held at once, in bytes (resident); 0 if unknown. */
CPL_API uint64_t cpl_measure_peak_bytes(void);
/* Memory of the machine and what is available of it now, in bytes; 0 if unknown. */
CPL_API uint64_t cpl_measure_memory_total(void);
CPL_API uint64_t cpl_measure_memory_available(void);
/* Median of `values` [count], which are sorted in place; 0 for none. */
CPL_API double cpl_measure_median(double *values, size_t count);

#endif

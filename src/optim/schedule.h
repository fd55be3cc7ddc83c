/* Learning rates over the course of a training. */
#ifndef CPL_OPTIM_SCHEDULE_H
#define CPL_OPTIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum cpl_schedule_id {
#define SCHEDULE(name, help) CPL_SCHEDULE_##name,
#include "optim/schedules.def"
#undef SCHEDULE
    CPL_SCHEDULE_COUNT
};

struct cpl_schedule {
    enum cpl_schedule_id id;
    int64_t warmup; /* steps */
    int64_t steps;  /* of the whole training, warm-up included; 0: open, see below */
    double min_share;
};

/* Share of the peak rate in step `step` (from 0), in [0, 1]. */
double cpl_schedule_share(const struct cpl_schedule *schedule, int64_t step);
/* False for schedules whose shares do not depend on `steps`: they may be open-ended. */
bool cpl_schedule_has_end(enum cpl_schedule_id id);
/* CPL_SCHEDULE_COUNT: no such name. */
enum cpl_schedule_id cpl_schedule_find(const char *name);

#endif

/* With s the step from 0, W the warm-up, S all steps, m the least share, p = (s - W) / max(1, S
 * - W):
 *
 *     s < W     (s + 1) / W
 *     linear    1 - (1 - m) p
 *     cosine    m + (1 - m) (1 + cos(pi p)) / 2
 *     constant  1
 *     rsqrt     sqrt(max(W, 1) / (s + 1))
 *     wsd       m + (1 - m) min(1, (S - s) / (S / 5))        (Hu et al., 2024) */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

double cpl_schedule_share(const struct cpl_schedule *schedule, int64_t step)
{
    double s = (double)step, w = (double)schedule->warmup, all = (double)schedule->steps;
    double m = schedule->min_share;
    if (s < w)
        return (s + 1) / w;
    double p = fmin(1, (s - w) / fmax(1, all - w));
    switch (schedule->id) {
    case CPL_SCHEDULE_linear: return 1 - (1 - m) * p;
    case CPL_SCHEDULE_cosine: return m + (1 - m) * 0.5 * (1 + cos(PI * p));
    case CPL_SCHEDULE_rsqrt: return sqrt(fmax(w, 1) / (s + 1));
    case CPL_SCHEDULE_wsd: return m + (1 - m) * fmin(1, fmax(0, all - s) / (0.2 * all));
    default: return 1;
    }
}

bool cpl_schedule_has_end(enum cpl_schedule_id id)
{
    return id != CPL_SCHEDULE_constant && id != CPL_SCHEDULE_rsqrt;
}

enum cpl_schedule_id cpl_schedule_find(const char *name)
{
    static const char *const names[] = {
#define SCHEDULE(name, help) #name,
#include "optim/schedules.def"
#undef SCHEDULE
    };
    int id = 0;
    while (id < CPL_SCHEDULE_COUNT && strcmp(names[id], name) != 0)
        id++;
    return (enum cpl_schedule_id)id;
}

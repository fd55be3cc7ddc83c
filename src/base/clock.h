/* Time for progress and records; never an input of a computation. */
#ifndef CPL_BASE_CLOCK_H
#define CPL_BASE_CLOCK_H

/* Seconds of a clock that only goes forward, from an arbitrary start. */
double cpl_clock_seconds(void);

#endif

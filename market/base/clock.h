/// @file
/// @internal
/// Time that only goes forward, for how long something has taken.
#ifndef PURSUIT_MARKET_BASE_CLOCK_H
#define PURSUIT_MARKET_BASE_CLOCK_H

#include <time.h>

/// Seconds since some moment; 0 if there is no such clock.
static inline double pp_clock_seconds(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// Sleep between two looks at something; a signal may cut it short.
static inline void pp_clock_nap(int milliseconds)
{
    const struct timespec time = {.tv_sec = milliseconds / 1000,
                                  .tv_nsec = milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

#endif

/// @file
/// The flag that ends a run early. A signal handler or another thread may set it at any time.
#ifndef PURSUIT_MARKET_BASE_STOP_H
#define PURSUIT_MARKET_BASE_STOP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "market/base/error.h"

/// Nonzero once the run is to end.
typedef atomic_int pp_stop_flag;

/// @param stop may be NULL: never
static inline bool pp_stopped(const pp_stop_flag *stop)
{
    return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

/// For what takes long, to be asked now and then.
/// @return PP_OK, or PP_EINTERRUPTED once the run is to end
static inline pp_status pp_stop_check(const pp_stop_flag *stop, pp_error *error)
{
    return pp_stopped(stop) ? pp_error_set(error, PP_EINTERRUPTED, "interrupted") : PP_OK;
}

#endif

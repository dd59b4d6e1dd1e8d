/// @file
/// @internal
/// How whatever takes long in the built-in agents' `train` ends early.
#ifndef PURSUIT_AGENTS_STOP_H
#define PURSUIT_AGENTS_STOP_H

#include "agents/agent.h"

/// To be asked now and then. @param stop see pp_agent_setup
/// @return PP_OK, or PP_EINTERRUPTED once the run is to end
static inline pp_status pp_agent_interrupted(const volatile sig_atomic_t *stop, pp_error *error)
{
    return pp_agent_stopped(stop) ? pp_error_set(error, PP_EINTERRUPTED, "interrupted") : PP_OK;
}

#endif

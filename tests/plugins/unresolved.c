/// @file
/// A plugin that needs a function which nobody has.
#include "agents/agent.h"

double nobody_has_this(void);

static double quote(void *state, const pp_agent_quote *quote_, const double *held)
{
    (void)state, (void)quote_, (void)held;
    return nobody_has_this();
}

static const pp_agent_class unresolved = {
    .abi = PP_AGENT_ABI, .name = "unresolved", .quote = quote};
PP_AGENT_PLUGIN(unresolved);

// The starter scenario of pursuit init, which the build takes from scenarios/starter.yaml.
#include "experiments/scenario/starter.h"

#include "pursuit_starter.h"

const char *pp_scenario_starter(void)
{
    return pursuit_starter;
}

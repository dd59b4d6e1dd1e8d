/// @file
/// The scenario that `pursuit init` writes; the same text as scenarios/starter.yaml.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_STARTER_H
#define PURSUIT_EXPERIMENTS_SCENARIO_STARTER_H

#include "market/base/error.h"

/// A commented scenario that loads; static, never NULL.
PP_API const char *pp_scenario_starter(void);

#endif

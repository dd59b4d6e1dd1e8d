/// @file
/// The JSON Schema of a scenario, for editors that complete and check as one types.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_SCHEMA_H
#define PURSUIT_EXPERIMENTS_SCENARIO_SCHEMA_H

#include "market/base/error.h"

/// JSON Schema, draft 2020-12, made from the parameter tables and the registered agents; malloc'd,
/// NULL if out of memory. What no schema can say (fields that must agree) is checked on reading
/// only.
PP_API char *pp_scenario_json_schema(void);

#endif

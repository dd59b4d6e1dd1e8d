/// @file
/// @internal
/// Names that swept keys have in manifests and merged files.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_NAMES_H
#define PURSUIT_EXPERIMENTS_SWEEP_DIRECTORY_NAMES_H

#include "experiments/sweep/plan/plan.h"

/// Is that the name of something that a results file or a merged file has, or can have?
bool pp_sweep_name_is_taken(const char *name);

/// The shortest dotted ending of a parameter's key that is no other parameter's, does not start
/// with an index, and is not taken: "temperature". If no ending will do, the key and "_parameter".
/// @return malloc'd; NULL if out of memory
char *pp_sweep_short_name(const pp_sweep_plan *plan, size_t parameter);

#endif

/// @file
/// Reading a results file, ours or a hostile one: sizes from the file are checked before they are
/// used.
#ifndef PURSUIT_DATA_RESULTS_READ_H
#define PURSUIT_DATA_RESULTS_READ_H

#include "data/results/results.h"

typedef struct pp_results_file pp_results_file;

/// @return PP_OK; PP_EIO if it cannot be opened; PP_EFORMAT if it is no results file of ours
/// (message says which: not HDF5, truncated, no schema_version, a newer schema_version, a missing
/// dimension)
PP_API pp_status pp_results_open(const char *path, pp_results_file **file, pp_error *error);
PP_API void pp_results_close(pp_results_file *file); ///< NULL-safe

/// Length of a dimension; 0 if the file is without it, as most are without PP_DIM_UPDATE and
/// PP_DIM_QUOTE.
PP_API size_t pp_results_length(const pp_results_file *file, pp_dim dim);
/// Has the file this variable? Those of /learning are there only if an agent logs.
PP_API bool pp_results_has(pp_results_file *file, pp_variable_id id);
/// A whole numeric variable as doubles, row-major; *values is malloc'd and the caller's to
/// free. Its shape is checked against the variable's dimensions.
PP_API pp_status pp_results_read(pp_results_file *file, pp_variable_id id, double **values,
                                 size_t *n, pp_error *error);
/// trial coordinate [trial] (the trial numbers); malloc'd.
PP_API pp_status pp_results_trials(pp_results_file *file, int64_t **trials, pp_error *error);
/// phase [epoch]: pp_phase, no other value; malloc'd.
PP_API pp_status pp_results_phases(pp_results_file *file, int8_t **phases, pp_error *error);
/// What the bands are, [band] with each name of a view in `view_names`, both malloc'd; NULL and
/// NULL where the file is without bands, as those of 0.1 are, or without a word on them.
PP_API pp_status pp_results_bands(pp_results_file *file, pp_results_band **bands, char **view_names,
                                  pp_error *error);
/// Label of firm i; borrowed until close.
PP_API const char *pp_results_firm(const pp_results_file *file, size_t firm);
/// Element `index` of category_description (trial, firm, category; row-major); malloc'd.
PP_API pp_status pp_results_description(pp_results_file *file, size_t index, char **text,
                                        pp_error *error);
/// A text attribute of the root group ("title", "source", ...) or the `scenario` dataset; malloc'd.
PP_API pp_status pp_results_text(pp_results_file *file, const char *name, char **text,
                                 pp_error *error);
/// The seed attribute.
PP_API pp_status pp_results_seed(pp_results_file *file, uint64_t *seed, pp_error *error);

#endif

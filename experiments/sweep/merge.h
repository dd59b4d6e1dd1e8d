/// @file
/// @internal
/// The results of a sweep's directory in one file.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_MERGE_H
#define PURSUIT_EXPERIMENTS_SWEEP_MERGE_H

#include "data/merge/merge.h"

/// Merge the runs of a directory that has a manifest. Runs that are not complete are missing values
/// in the file.
/// @param path    the file to write; if it refers to the runs' files, it does so relative to its
/// own folder
/// @param history the command line
/// @param source  program, version and commit
/// @return as of pp_merge_write; PP_EFORMAT also if the manifest is malformed, or a run's file is
/// of another scenario than its name says. Where the population is a book, that is not checked: the
/// book is no part of the file
pp_status pp_sweep_merge(const char *directory, const char *path, const pp_merge_options *options,
                         const char *history, const char *source, pp_merge_report *report,
                         pp_error *error);

#endif

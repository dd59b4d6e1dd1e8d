/// @file
/// @internal
/// Where a sweep's runs are as seen from another folder.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_PLACE_H
#define PURSUIT_EXPERIMENTS_SWEEP_PLACE_H

#include "market/error.h"

/// The folder of the runs as seen from the one that `path` is in, with its final '/'. Both must
/// exist; links among them are followed.
/// @param place malloc'd: "runs/", "../out/runs/"
/// @return PP_OK; PP_EIO; PP_ENOMEM
pp_status pp_sweep_place(const char *path, const char *directory, char **place, pp_error *error);

#endif

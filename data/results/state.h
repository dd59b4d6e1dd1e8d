/// @file
/// @internal
/// Is there a whole results file under a name? Told from its bytes, without HDF5.
#ifndef PURSUIT_DATA_RESULTS_STATE_H
#define PURSUIT_DATA_RESULTS_STATE_H

#include <stdbool.h>

#include "market/base/error.h"

typedef enum pp_results_state {
    PP_RESULTS_ABSENT,
    PP_RESULTS_WHOLE,   ///< sealed
    PP_RESULTS_DAMAGED, ///< empty, blank, cut short, or other bytes than were sealed: nothing to
                        ///< keep
    PP_RESULTS_FOREIGN, ///< no file as this program leaves it; perhaps another's work
} pp_results_state;

/// @param thorough read all of it and check the seal; else only look whether it has one
/// @return PP_OK, or PP_EIO
pp_status pp_results_look(const char *path, bool thorough, pp_results_state *state,
                          pp_error *error);

/// May a results file take the place of what stands there? Of an HDF5 file, whole or damaged, or of
/// an empty one; of nothing else.
/// @return PP_OK; PP_EEXIST; PP_EIO
pp_status pp_results_may_replace(const char *path, pp_error *error);

#endif

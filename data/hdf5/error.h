/// @file
/// HDF5's error stack: silenced while the library works, and boiled down to one sentence. And how
/// what a failure has left open is closed.
#ifndef PURSUIT_DATA_HDF5_ERROR_H
#define PURSUIT_DATA_HDF5_ERROR_H

#include <hdf5.h>

#include "market/base/error.h"

/// The application's own error printer, kept while ours is "none".
typedef struct pp_hdf5_quiet {
    H5E_auto2_t print;
    void *data;
} pp_hdf5_quiet;

pp_hdf5_quiet pp_hdf5_silence(void);
void pp_hdf5_restore(pp_hdf5_quiet quiet);

/// Innermost entry of the error stack, the one that names the cause. Must follow the failed call at
/// once: any other HDF5 call clears the stack.
void pp_hdf5_cause(char *text, size_t size);

/// pp_error_set with "ACTION 'NAME': cause".
/// @return status
pp_status pp_hdf5_fail(pp_error *error, pp_status status, const char *action, const char *name);

/// Close an object of any kind but a file; nothing if there is none, or it is HDF5's own.
void pp_hdf5_close(hid_t id);

#endif

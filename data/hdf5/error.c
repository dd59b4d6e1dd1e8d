// The innermost cause of an HDF5 failure as a sentence.
#include "data/hdf5/error.h"

#include <stdio.h>

typedef struct cause_text {
    char *text;
    size_t size;
} cause_text;

pp_hdf5_quiet pp_hdf5_silence(void)
{
    pp_hdf5_quiet quiet = {0};
    if (H5Eget_auto2(H5E_DEFAULT, &quiet.print, &quiet.data) >= 0)
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return quiet;
}

void pp_hdf5_restore(pp_hdf5_quiet quiet)
{
    H5Eset_auto2(H5E_DEFAULT, quiet.print, quiet.data);
}

static herr_t innermost(unsigned n, const H5E_error2_t *entry, void *data)
{
    cause_text *cause = data;
    if (n == 0 && entry->desc)
        snprintf(cause->text, cause->size, "%s", entry->desc);
    return 0;
}

void pp_hdf5_cause(char *text, size_t size)
{
    cause_text cause = {text, size};
    snprintf(text, size, "HDF5 gives no reason");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &cause);
}

pp_status pp_hdf5_fail(pp_error *error, pp_status status, const char *action, const char *name)
{
    char cause[512];
    pp_hdf5_cause(cause, sizeof cause);
    return pp_error_set(error, status, "%s '%s': %s", action, name, cause);
}

void pp_hdf5_close(hid_t id)
{
    if (id > 0)
        H5Idec_ref(id);
}

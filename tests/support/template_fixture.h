/// @file
/// What the tests of small files out of templates share.
#ifndef PURSUIT_TESTS_SUPPORT_TEMPLATE_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_TEMPLATE_FIXTURE_H

#include <hdf5.h>

#include "tests/support/results_fixture.h"

static pp_error error;

static inline void must(pp_status status)
{
    if (status != PP_OK)
        fail_msg("%s: %s", pp_status_text(status), error.message);
}

static inline void write_file(const char *path, const pp_results_layout *layout)
{
    error = (pp_error){0};
    must(fixture_write(path, true, layout, &error));
}

static inline bool is_contiguous(const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "reward", H5P_DEFAULT), list = H5Dget_create_plist(dataset);
    H5D_layout_t layout = H5Pget_layout(list);
    H5Pclose(list);
    H5Dclose(dataset);
    H5Fclose(file);
    return layout == H5D_CONTIGUOUS;
}

#endif

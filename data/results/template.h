/// @file
/// @internal
/// Small results files by way of a template: the file of a layout's shape without its numbers and
/// texts. HDF5 makes it once, in memory, with every number at a place of its own (contiguous, no
/// filters) and every text that differs from run to run missing. A file is a copy of it with the
/// numbers put in their places and the texts in a heap at its end.
///
/// Every small file is made so, whether its template was kept from the file before or not: equal
/// runs are equal bytes.
#ifndef PURSUIT_DATA_RESULTS_TEMPLATE_H
#define PURSUIT_DATA_RESULTS_TEMPLATE_H

#include <stdbool.h>

#include "data/results/layout.h"
#include "data/results/provenance.h"

/// What a file is filled with.
typedef struct pp_contents {
    const pp_results_layout *layout;
    const pp_provenance *started; ///< stands for the layout's command line and threads
    const pp_slabs *slabs;
    const unsigned char *values; ///< slab after slab, each of all trials
} pp_contents;

/// Is a file of that layout made by way of a template?
bool pp_template_serves(const pp_results_layout *layout, const pp_slabs *slabs);

/// The template of a layout that is served: the one that the layout has kept, if it fits, else a
/// new one.
/// @return PP_OK; PP_EIO or PP_EFORMAT if HDF5 makes a file otherwise than is known here; PP_ENOMEM
pp_status pp_template_take(const pp_results_layout *layout, const pp_provenance *started,
                           pp_results_template **template, pp_error *error);
/// Let the layout keep it in place of any other, or end it. @param template may be NULL
void pp_template_give_back(pp_results_template *template, const pp_results_layout *layout);

/// Make a whole file, its seal included. The first one of a template, and in builds with assertions
/// every one, is read back through HDF5.
/// @param contents of a layout that the template fits
/// @param bytes    [*n] the caller's to free
/// @return PP_OK; PP_EFORMAT if HDF5 reads something else; PP_ENOMEM
pp_status pp_template_fill(pp_results_template *template, const pp_contents *contents,
                           unsigned char **bytes, size_t *n, pp_error *error);

#endif

/// @file
/// @internal
/// A results file as long tables of CSV, one for each set of dimensions, with a data dictionary.
#ifndef PURSUIT_DATA_EXPORT_EXPORT_H
#define PURSUIT_DATA_EXPORT_EXPORT_H

#include "data/results/read.h"
#include "market/base/stop.h"

enum { PP_EXPORT_TABLES = 10 };

typedef struct pp_export_options {
    bool force;               ///< replace a directory that an export has written
    bool quotes;              ///< the recorded rounds too
    const pp_stop_flag *stop; ///< becomes nonzero to interrupt; may be NULL
} pp_export_options;

typedef struct pp_export_written {
    const char *file; ///< "epochs.csv"
    uint64_t rows;
    size_t columns;
} pp_export_written;

/// What was written.
typedef struct pp_export_report {
    size_t n_tables;
    pp_export_written tables[PP_EXPORT_TABLES];
    uint64_t formulae; ///< fields of text that a spreadsheet could take for formulas
} pp_export_report;

/// Write the tables into a directory, which appears whole or not at all. Memory does not grow with
/// the number of trials. Numbers are in the C locale, whatever the application's is.
/// @param report filled if PP_OK
/// @return PP_OK; PP_EEXIST; PP_EIO (a directory or file that cannot be written, or one in the way
/// that no export has written); PP_EFORMAT; PP_EINVAL (quotes are wanted, but the file has none);
/// PP_ENOMEM; PP_EINTERRUPTED (nothing is left behind)
pp_status pp_export_csv(pp_results_file *file, const char *directory,
                        const pp_export_options *options, pp_export_report *report,
                        pp_error *error);

#endif

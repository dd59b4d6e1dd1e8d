/// @file
/// @internal
/// One table of an export: columns that say which row it is (trial, firm, ...), then the variables
/// on the same dimensions.
#ifndef PURSUIT_DATA_EXPORT_TABLE_H
#define PURSUIT_DATA_EXPORT_TABLE_H

#include <stdio.h>

#include "data/results/variable_reader.h"
#include "market/base/stop.h"

typedef struct pp_export_column pp_export_column;

typedef struct pp_export_table {
    const pp_results_file *file;
    pp_dim dims[PP_FILE_RANK + 1]; ///< ended by PP_DIM_NONE
    size_t n_columns, n_variables;
    pp_export_column *columns;
    uint64_t rows;     ///< written
    uint64_t formulae; ///< fields of text written that a spreadsheet could take for formulas
} pp_export_table;

/// A table with its first columns only, those that say which row it is.
/// @return PP_OK; PP_EFORMAT; PP_ENOMEM. To be destroyed in any case.
pp_status pp_export_table_create(const pp_results_file *file, const pp_dim *dims,
                                 pp_export_table *table, pp_error *error);
void pp_export_table_destroy(pp_export_table *table); ///< safe on a zeroed one

/// Append a numeric variable as a column, and one of names if its numbers have some.
/// @param path in the file: "learning/value"
/// @param name of the column
pp_status pp_export_table_add(pp_export_table *table, const char *path, const char *name,
                              pp_error *error);

/// Write the header and every row of which something is known.
/// @param stop becomes nonzero to interrupt; may be NULL
/// @param cause errno of a write that failed, which is not an error here; else 0
/// @return PP_OK; PP_EFORMAT; PP_ENOMEM; PP_EINTERRUPTED
pp_status pp_export_table_write(pp_export_table *table, FILE *out, const pp_stop_flag *stop,
                                int *cause, pp_error *error);

/// First line of the dictionary, and a line for each column.
extern const char pp_export_dictionary_header[];
void pp_export_table_describe(const pp_export_table *table, const char *name, FILE *out);

#endif

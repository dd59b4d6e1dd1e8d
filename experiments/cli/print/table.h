/// @file
/// @internal
/// Tables of text: columns as wide as they need be, numbers to the right, thousands separated.
#ifndef PURSUIT_EXPERIMENTS_CLI_PRINT_TABLE_H
#define PURSUIT_EXPERIMENTS_CLI_PRINT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "market/base/error.h"

enum { PP_TABLE_COLUMNS = 16, PP_TABLE_NUMBER_MAX = 64 };

/// Zero-initialise with `columns` set, e.g. (pp_table){.columns = "lrr"}.
typedef struct pp_table {
    const char *columns; ///< a letter for each: 'l'eft or 'r'ight aligned
    size_t n_cells, capacity;
    char **cells;       ///< [rows][columns] owned
    size_t header_rows; ///< of the first rows, how many are headers
    bool failed;        ///< a cell could not be stored
} pp_table;

/// Two rows of header over one column.
typedef struct pp_table_heading {
    const char *top, *bottom;
} pp_table_heading;

/// Headers of all columns, before any other cell. @param headings [columns]
void pp_table_headings(pp_table *table, const pp_table_heading *headings);
/// The next cell, row by row. Long text is cut, control characters are replaced.
void pp_table_text(pp_table *table, const char *text);
/// A number with thousands separators and that many decimals; "-" if it is not finite.
void pp_table_number(pp_table *table, double value, int decimals);
/// A share as a percentage with one decimal.
void pp_table_percent(pp_table *table, double share);
/// Rows so far are headers.
void pp_table_header(pp_table *table);
/// Print, indented by two, and free the cells.
/// @return PP_OK or PP_ENOMEM (nothing printed)
pp_status pp_table_print(pp_table *table, FILE *out, bool colour);

/// "-1,234.5"; "-" if not finite.
void pp_format_number(double value, int decimals, char text[PP_TABLE_NUMBER_MAX]);

#endif

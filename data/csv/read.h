/// @file
/// CSV tables (RFC 4180: quoted fields, CRLF or LF, UTF-8 with or without a byte-order mark), read
/// whole and checked. Errors name file, line and column. Sizes are counted, never trusted.
#ifndef PURSUIT_DATA_CSV_READ_H
#define PURSUIT_DATA_CSV_READ_H

#include <stddef.h>
#include <stdint.h>

#include "market/base/error.h"

typedef struct pp_csv pp_csv;

/// Read a file with a header line.
/// @return PP_OK; PP_EIO if it cannot be read (or is a directory); PP_EFORMAT if empty, without a
/// data row, a duplicate or empty column name, a row of the wrong length (line named), an unclosed
/// quote, a NUL byte; PP_ENOMEM
PP_API pp_status pp_csv_read(const char *path, pp_csv **csv, pp_error *error);
PP_API void pp_csv_destroy(pp_csv *csv); ///< NULL-safe

/// Of the bytes of the file, to tell whether it is the same as another time (data/file/checksum.h).
PP_API uint64_t pp_csv_checksum(const pp_csv *csv);
PP_API size_t pp_csv_rows(const pp_csv *csv);
PP_API size_t pp_csv_columns(const pp_csv *csv);
PP_API const char *pp_csv_path(const pp_csv *csv);
PP_API const char *pp_csv_name(const pp_csv *csv, size_t column);
/// Cell text, borrowed.
PP_API const char *pp_csv_cell(const pp_csv *csv, size_t row, size_t column);
/// Line of the file at which a row starts, from 1.
PP_API size_t pp_csv_line(const pp_csv *csv, size_t row);

/// Index of a column by name.
/// @return PP_EFORMAT if there is none: names the file, the wanted column, a name that is near
/// if there is one, and those that exist
PP_API pp_status pp_csv_find(const pp_csv *csv, const char *name, size_t *column, pp_error *error);

/// A column as numbers. @param values [rows]
/// @return PP_EFORMAT at the first cell that is not a finite number:
/// "book.csv:17: column 'vehicle_age': 'n/a' is not a number"
PP_API pp_status pp_csv_numbers(const pp_csv *csv, size_t column, double *values, pp_error *error);

/// A column as levels: distinct texts in order of their bytes (so that the schema does not depend
/// on the order of rows).
/// @param codes   [rows] index into levels
/// @param levels  malloc'd array of *n_levels malloc'd strings, the caller's
/// @return PP_EFORMAT on an empty cell or more than `max_levels` levels
PP_API pp_status pp_csv_levels(const pp_csv *csv, size_t column, size_t max_levels, int *codes,
                               char ***levels, size_t *n_levels, pp_error *error);

#endif

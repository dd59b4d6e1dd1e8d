/// @file
/// @internal
/// Fields of CSV (RFC 4180), as every program reads them back. A stream's error flag tells of
/// failed writes.
#ifndef PURSUIT_DATA_CSV_WRITE_H
#define PURSUIT_DATA_CSV_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/// A text as it is, in quotes where it holds a quote, a comma or the end of a line.
void pp_csv_put_text(FILE *out, const char *text);
/// The shortest decimal of at most 17 digits that reads back as the same number; nothing for NaN;
/// Inf and -Inf.
void pp_csv_put_real(FILE *out, double value);
void pp_csv_put_integer(FILE *out, int64_t value);

/// Could a spreadsheet take this text for a formula? It starts with =, +, -, @, a tab or a return.
bool pp_csv_is_formula(const char *text);

#endif

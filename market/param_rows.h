/// @file
/// Shorthand for writing parameter tables; included only by files that hold one. CONFIG must be
/// defined as the configuration struct while rows are written.
#ifndef PURSUIT_MARKET_PARAM_ROWS_H
#define PURSUIT_MARKET_PARAM_ROWS_H

#include "market/param.h"

#define PAPER  "arXiv 2408.00713"
#define DESIGN "assumed"

#define ROW(kind, field_)                                                                          \
    .name = #field_, .offset = offsetof(CONFIG, field_), .type = PP_PARAM_##kind
#define REAL(field, value, low, high, bits, unit_, doc_, source_)                                  \
    {                                                                                              \
        ROW(REAL, field), .default_number = value, .min = low, .max = high, .flags = bits,         \
                          .unit = unit_, .doc = doc_, .source = source_                            \
    }
#define INTEGER(field, value, low, high, unit_, doc_, source_)                                     \
    {                                                                                              \
        ROW(INTEGER, field), .default_number = value, .min = low, .max = high, .unit = unit_,      \
                             .doc = doc_, .source = source_                                        \
    }

#endif

/// @file
/// Shorthand for writing parameter tables; included only by files that hold one. CONFIG must be
/// defined as the configuration struct while rows are written.
#ifndef PURSUIT_MARKET_BASE_PARAM_ROWS_H
#define PURSUIT_MARKET_BASE_PARAM_ROWS_H

#include "market/base/param.h"

#define PAPER  "arXiv 2408.00713"
#define DESIGN "assumed"

#define ROW(kind, field_)                                                                          \
    .name = #field_, .offset = offsetof(CONFIG, field_), .type = PP_PARAM_##kind
#define REAL(field, value, low, high, bits, unit_, doc_, source_)                                  \
    {                                                                                              \
        ROW(REAL, field), .default_number = value, .min = low, .max = high, .flags = bits,         \
                          .unit = unit_, .doc = doc_, .citation = source_                          \
    }
#define INTEGER(field, value, low, high, unit_, doc_, source_)                                     \
    {                                                                                              \
        ROW(INTEGER, field), .default_number = value, .min = low, .max = high, .unit = unit_,      \
                             .doc = doc_, .citation = source_                                      \
    }

/// Default of a list of numbers.
#define DEFAULT_REALS(...)                                                                         \
    .default_reals = (const double[]){__VA_ARGS__},                                                \
    .n_default_reals = PP_COUNT(((const double[]){__VA_ARGS__}))

/// A parameter that is a member of a struct within CONFIG.
#define REAL_IN(struct_, field, value, low, high, bits, unit_, doc_, source_)                      \
    {                                                                                              \
        .name = #field, .offset = offsetof(CONFIG, struct_.field), .type = PP_PARAM_REAL,          \
        .default_number = value, .min = low, .max = high, .flags = bits, .unit = unit_,            \
        .doc = doc_, .citation = source_                                                           \
    }
#define INTEGER_IN(struct_, field, value, low, high, unit_, doc_, source_)                         \
    {                                                                                              \
        .name = #field, .offset = offsetof(CONFIG, struct_.field), .type = PP_PARAM_INTEGER,       \
        .default_number = value, .min = low, .max = high, .unit = unit_, .doc = doc_,              \
        .citation = source_                                                                        \
    }
#define ENUM_IN(struct_, field, names_, doc_, source_)                                             \
    ENUM_IN_AS(struct_, field, #field, names_, doc_, source_)
/// With a key that is not the field's name.
#define ENUM_IN_AS(struct_, field, key, names_, doc_, source_)                                     \
    {                                                                                              \
        .name = key, .offset = offsetof(CONFIG, struct_.field), .type = PP_PARAM_ENUM,             \
        .names = names_, .unit = "", .doc = doc_, .citation = source_                              \
    }

#endif

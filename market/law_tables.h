/// @file
/// @internal
/// Laws whose nodes are compiled in: those of the published market's default parameters. The build
/// makes them by the library's own code (cmake/PursuitLaws.cmake); a build that cannot run what it
/// makes has none, and tabulates them when a program starts.
#ifndef PURSUIT_MARKET_LAW_TABLES_H
#define PURSUIT_MARKET_LAW_TABLES_H

#include <stddef.h>

#include "market/distribution.h"

/// Quantiles and their first two derivatives at the ends of a table's cells.
typedef struct pp_law_node {
    double x, slope, curvature;
} pp_law_node;

typedef pp_law_node pp_law_nodes[2][PP_LAW_CELLS + 1]; ///< lower half, upper half

typedef enum pp_law_kind { PP_LAW_BETA, PP_LAW_GAMMA, PP_LAW_NORMAL } pp_law_kind;

typedef struct pp_law_table {
    pp_law_kind kind;
    double a, b;
    const pp_law_nodes *nodes;
} pp_law_table;

/// Tabulate a law whose parameters are sound, whether or not it is compiled in.
/// @return as pp_distribution_beta
pp_status pp_law_tabulate(pp_law_kind kind, double a, double b, pp_quantile_table *table,
                          pp_error *error);

extern const pp_law_table pp_law_tables[]; ///< ends with a table without nodes
/// Cumulative tables of the published population at its defaults, as it stores them.
extern const double pp_law_cumulative[];
extern const size_t pp_law_cumulative_count; ///< 0: there are none

#ifdef PP_LAW_RECORD
/// Called with every law that is tabulated: the program that writes the tables defines it.
void pp_law_record(pp_law_kind kind, double a, double b, const pp_law_nodes *nodes);
#endif

#endif

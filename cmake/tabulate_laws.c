// Writes the nodes of the published market's default laws as C: see market/law_tables.h.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "market/config.h"
#include "market/law_tables.h"
#include "market/population/published_kernels.h"

// There are none yet.
const pp_law_table pp_law_tables[] = {{.nodes = NULL}};
const double pp_law_cumulative[1];
const size_t pp_law_cumulative_count = 0;

static struct {
    pp_law_kind kind;
    double a, b;
} made[64];
static size_t n_made;

void pp_law_record(pp_law_kind kind, double a, double b, const pp_law_nodes *nodes)
{
    for (size_t i = 0; i < n_made; i++)
        if (made[i].kind == kind && made[i].a == a && made[i].b == b)
            return;
    if (n_made == sizeof made / sizeof *made)
        abort();
    printf("static const pp_law_nodes nodes_%zu = {", n_made);
    for (int upper = 0; upper < 2; upper++) {
        printf("{\n");
        for (int i = 0; i <= PP_LAW_CELLS; i++) {
            const pp_law_node *n = &(*nodes)[upper][i];
            printf("{%a, %a, %a},\n", n->x, n->slope, n->curvature);
        }
        printf("},");
    }
    printf("};\n");
    made[n_made].kind = kind;
    made[n_made].a = a;
    made[n_made++].b = b;
}

static void write_cumulative(const pp_published *p)
{
    printf("const size_t pp_law_cumulative_count = %zu;\nconst double pp_law_cumulative[] = {\n",
           p->n_cumulative);
    for (size_t i = 0; i < p->n_cumulative; i++)
        if (p->cumulative[i] != 0)
            printf("[%zu] = %a,\n", i, p->cumulative[i]);
    printf("[%zu] = 0};\n", p->n_cumulative);
}

int main(int argc, char **argv)
{
    if (argc != 2 || !freopen(argv[1], "w", stdout))
        return 2;
    pp_published_config published;
    pp_choice_config choice;
    pp_market_config market;
    pp_population *population;
    static pp_quantile_table table;
    pp_error error = {0};
    pp_param_defaults(&pp_published_table, &published);
    pp_param_defaults(&pp_choice_table, &choice);
    pp_param_defaults(&pp_market_table, &market);
    printf("// Written by cmake/tabulate_laws.c.\n#include \"market/law_tables.h\"\n\n");
    double v = market.estimate_variance;
    if (pp_population_published(&published, &choice, &population, &error) != PP_OK ||
        pp_distribution_gamma(1 / v, v, &table, &error) != PP_OK ||
        pp_distribution_normal(&table, &error) != PP_OK) {
        fprintf(stderr, "tabulate_laws: %s\n", error.message);
        return 1;
    }
    printf("const pp_law_table pp_law_tables[] = {\n");
    for (size_t i = 0; i < n_made; i++)
        printf("{%d, %a, %a, &nodes_%zu},\n", (int)made[i].kind, made[i].a, made[i].b, i);
    printf("{0, 0, 0, NULL}};\n");
    write_cumulative((const pp_published *)population);
    pp_population_destroy(population);
    return ferror(stdout) || fclose(stdout) ? 1 : 0;
}

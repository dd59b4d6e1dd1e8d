/// market/law_tables.h: what is compiled in is what a start would work out, bit for bit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "market/law_tables.h"
#include "market/population/published_kernels.h"

static pp_status make(const pp_law_table *t, pp_quantile_table *table)
{
    return t->kind == PP_LAW_BETA    ? pp_distribution_beta(t->a, t->b, table, NULL)
           : t->kind == PP_LAW_GAMMA ? pp_distribution_gamma(t->a, t->b, table, NULL)
                                     : pp_distribution_normal(table, NULL);
}

static void test_law_tables_equal_tables_made_anew(void **state)
{
    (void)state;
    pp_quantile_table *compiled = malloc(sizeof *compiled), *anew = malloc(sizeof *anew);
    size_t n = 0;
    assert_true(compiled && anew);
    if (pp_law_cumulative_count == 0 && !pp_law_tables[0].nodes)
        skip(); // a build that could not make them
    for (const pp_law_table *t = pp_law_tables; t->nodes; t++, n++) {
        assert_int_equal(make(t, compiled), PP_OK);
        assert_int_equal(pp_law_tabulate(t->kind, t->a, t->b, anew, NULL), PP_OK);
        assert_memory_equal(compiled, anew, sizeof *anew);
    }
    assert_int_equal(n, 13); // 11 of the population, one of estimates, one of indices
    free(compiled);
    free(anew);
}

static void test_law_tables_cumulative_tables_equal_those_made_anew(void **state)
{
    (void)state;
    pp_published_config config;
    pp_choice_config choice;
    pp_population *population[2];
    if (pp_law_cumulative_count == 0)
        skip();
    pp_param_defaults(&pp_choice_table, &choice);
    for (int other = 0; other < 2; other++) {
        pp_param_defaults(&pp_published_table, &config);
        config.car_scale *= other ? 1.5 : 1; // of no discrete law
        assert_int_equal(pp_population_published(&config, &choice, &population[other], NULL),
                         PP_OK);
    }
    const pp_published *a = (const pp_published *)population[0];
    const pp_published *b = (const pp_published *)population[1];
    assert_true(a->compiled && !b->compiled);
    assert_int_equal(a->n_cumulative, b->n_cumulative);
    assert_memory_equal(a->cumulative, b->cumulative, a->n_cumulative * sizeof(double));
    assert_memory_equal(a->age.guide, b->age.guide, sizeof a->age.guide);
    for (int other = 0; other < 2; other++)
        pp_population_destroy(population[other]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law_tables_equal_tables_made_anew),
        cmocka_unit_test(test_law_tables_cumulative_tables_equal_those_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/// GSL ends the program when one of its allocations fails: planning uses none of them.
#include "tests/support/plan_fixture.h"

#include <gsl/gsl_integration.h>
#include <gsl/gsl_permutation.h>
#include <gsl/gsl_vector.h>

#include "agents/planning/choice_curve.h"

// In place of GSL's own, for GSL as well.

gsl_permutation *gsl_permutation_alloc(const size_t n)
{
    fail_msg("a permutation of %zu", n);
    return NULL;
}

gsl_vector_uint *gsl_vector_uint_alloc(const size_t n)
{
    fail_msg("a vector of %zu pivots", n);
    return NULL;
}

gsl_integration_glfixed_table *gsl_integration_glfixed_table_alloc(size_t n)
{
    fail_msg("a rule of %zu nodes", n);
    return NULL;
}

static void test_gsl_memory_shadow_prices_take_none(void **state)
{
    tiny *m = tiny_create(*state, 2);
    planned *p = plan(&m->setup, &m->model, NULL, RESOLVE, 65);
    const double held[2] = {1, 0};
    for (int64_t round = 0; round < 3; round++)
        assert_true(isfinite(pp_planner_sale_value(p->planner, round, held, 3)));
    planned_destroy(p);
    tiny_destroy(m);
}

static void test_gsl_memory_choice_curves_take_none(void **state)
{
    (void)state;
    pp_choice_curve curve;
    assert_int_equal(pp_choice_curve_create(1, &curve, NULL), PP_OK);
    pp_choice_curve_destroy(&curve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsl_memory_shadow_prices_take_none),
        cmocka_unit_test(test_gsl_memory_choice_curves_take_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

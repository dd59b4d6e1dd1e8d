// The vectorised draw of published customers against one number after the other in plain C.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "market/base/maths.h"
#include "market/population/published_kernels.h"
#include "tests/support/simd_levels.h"

enum { N = 2021, FIRST = 77 };

static int search(const pp_discrete *law, double u)
{
    int i = 0;
    while (u >= law->cumulative[i])
        i++;
    return i;
}

static int count_claims(int n, double p, double u)
{
    double mass, below;
    int k = 0;
    if (p <= 0)
        return 0;
    if (p > 0.5)
        return n - count_claims(n, 1 - p, 1 - u);
    mass = below = pp_exp(n * pp_log(1 - p));
    for (; u >= below && k < n; k++) {
        mass *= p / (1 - p) * (n - k) / (k + 1);
        below += mass;
    }
    return k;
}

/// What tables and loops that end early give for one customer. @param u [LANES] @param x [LATENTS]
static void expected(const pp_published *p, const double *u, double *x)
{
    const pp_published_config *c = &p->config;
    int age = search(&p->age, u[PP_U_AGE]),
        location = (int)(u[PP_U_LOCATION] * (double)c->locations);
    int occupation = search(&p->occupation[location], u[PP_U_OCCUPATION]);
    int married = u[PP_U_MARRIED] < p->p_married[age];
    int driving = search(&p->driving[age], u[PP_U_DRIVING]) + 1;
    double q = c->percentile_stretch * pp_quantile(&p->percentile[occupation], u[PP_U_PERCENTILE]);
    double share = q >= 1 ? 1 : pp_quantile(&p->salary, q);
    share = fmax(share, c->salary_quantile_floor);
    x[PP_L_AGE] = p->youngest + age;
    x[PP_L_LOCATION] = location;
    x[PP_L_OCCUPATION] = occupation;
    x[PP_L_PERCENTILE] = q >= 1 ? 1 : q;
    x[PP_L_SALARY] =
        c->money_step * floor(c->salary_scale * p->base_income[age] * share / c->money_step);
    x[PP_L_MARRIED] = married;
    x[PP_L_CHILDREN] = search(&p->children[age][married], u[PP_U_CHILDREN]);
    x[PP_L_DRIVING] = driving;
    x[PP_L_RISK] = pp_quantile(&p->risk[location], u[PP_U_RISK]);
    x[PP_L_CLAIMS] = count_claims(driving, c->claim_frequency * x[PP_L_RISK], u[PP_U_CLAIMS]);
    x[PP_L_CAR] = (c->car_minimum + pp_quantile(&p->car, u[PP_U_CAR])) * x[PP_L_SALARY] /
                  (1 + x[PP_L_CHILDREN] / (1 + x[PP_L_MARRIED]));
}

static void check_draw(const pp_published_config *config)
{
    static const int told[] = {PP_L_AGE,    PP_L_LOCATION, PP_L_OCCUPATION, PP_L_PERCENTILE,
                               PP_L_SALARY, PP_L_MARRIED,  PP_L_CHILDREN,   PP_L_DRIVING,
                               PP_L_RISK,   PP_L_CLAIMS,   PP_L_CAR};
    static double u[PP_PUBLISHED_LANES][N], latents[PP_PUBLISHED_LATENTS][N];
    const pp_stream stream = {.seed = 11, .trial = 3, .epoch = 2};
    pp_choice_config choice;
    pp_population *population;
    pp_customers customers;
    int most = 0;
    pp_param_defaults(&pp_choice_table, &choice);
    assert_int_equal(pp_population_published(config, &choice, &population, NULL), PP_OK);
    assert_int_equal(pp_customers_create(N, population->schema.n_columns, &customers, NULL), PP_OK);
    customers.n = N;
    customers.first_round = FIRST;
    pp_population_draw(population, &stream, &customers, latents[0]);
    pp_random_uniform(&stream, PP_DRAW_CUSTOMER, FIRST, N, 0, PP_PUBLISHED_LANES, N, u[0]);
    for (size_t i = 0; i < N; i++) {
        double one[PP_PUBLISHED_LANES], x[PP_PUBLISHED_LATENTS];
        for (size_t j = 0; j < PP_PUBLISHED_LANES; j++)
            one[j] = u[j][i];
        expected((const pp_published *)population, one, x);
        for (size_t j = 0; j < PP_COUNT(told); j++)
            if (latents[told[j]][i] != x[told[j]])
                fail_msg("customer %zu: %s is %.17g, not %.17g", i,
                         population->latents[told[j]].name, latents[told[j]][i], x[told[j]]);
        most = x[PP_L_CLAIMS] > most ? (int)x[PP_L_CLAIMS] : most;
    }
    assert_true(most > 5); // more than are drawn side by side
    pp_customers_destroy(&customers);
    pp_population_destroy(population);
}

static void test_published_draw_equals_one_customer_at_a_time(void **state)
{
    (void)state;
    pp_published_config config;
    pp_param_defaults(&pp_published_table, &config);
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        pp_simd_use(level);
        check_draw(&config);
    }
}

/// Claims of the riskiest are drawn from the other end.
static void test_published_draw_of_frequent_claims_equals_one_customer_at_a_time(void **state)
{
    (void)state;
    pp_published_config config;
    pp_param_defaults(&pp_published_table, &config);
    config.claim_frequency = 0.9;
    config.locations = 3;
    config.money_step = 0.25;
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        pp_simd_use(level);
        check_draw(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_published_draw_equals_one_customer_at_a_time, restore_level),
        cmocka_unit_test_teardown(
            test_published_draw_of_frequent_claims_equals_one_customer_at_a_time, restore_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

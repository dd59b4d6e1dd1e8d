/// Random portfolios: distinct columns, and bounds by each column's law.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/population/population.h"
#include "pricing/portfolio.h"

#include "tests/support/checks.h"

enum { DRAWS = 20000, COLUMNS = 15 };

static pp_population *population;

static int group_setup(void **state)
{
    (void)state;
    pp_published_config config;
    pp_choice_config choice;
    pp_param_defaults(&pp_published_table, &config);
    pp_param_defaults(&pp_choice_table, &choice);
    return pp_population_published(&config, &choice, &population, NULL) == PP_OK ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    pp_population_destroy(population);
    return 0;
}

static void start(pp_gsl_random *random, uint32_t round)
{
    const pp_stream stream = {.seed = 21};
    pp_gsl_random_init(random, &stream, PP_DRAW_PORTFOLIO, round);
}

static pp_portfolio_config of_categories(int64_t k)
{
    pp_portfolio_config config;
    pp_param_defaults(&pp_portfolio_table, &config);
    config.random_categories = k;
    return config;
}

/// n bounds of one column of the published schema, drawn alone.
static pp_bound *draw_bounds(const char *column, size_t n)
{
    const pp_schema *published = pp_population_schema(population);
    pp_portfolio_config config = of_categories(1);
    pp_schema *schema = calloc(1, sizeof *schema);
    pp_portfolio *portfolio = malloc(sizeof *portfolio);
    pp_bound *bounds = malloc(n * sizeof *bounds);
    pp_gsl_random random;
    assert_non_null(schema);
    assert_non_null(portfolio);
    assert_non_null(bounds);
    int j = pp_schema_column(published, column);
    assert_true(j >= 0);
    schema->n_features = schema->n_columns = 1;
    schema->columns[0] = published->columns[j];
    start(&random, (uint32_t)j);
    for (size_t i = 0; i < n; i++) {
        pp_portfolio_random(schema, &config, &random.rng, portfolio);
        bounds[i] = portfolio->categories[0].bounds[0];
        assert_int_equal(bounds[i].column, 0);
        assert_true(bounds[i].lower <= bounds[i].upper);
    }
    free(schema);
    free(portfolio);
    return bounds;
}

static void test_portfolio_random_five_distinct_columns_evenly(void **state)
{
    (void)state;
    const pp_schema *schema = pp_population_schema(population);
    pp_portfolio_config config = of_categories(5);
    pp_portfolio *p = malloc(sizeof *p);
    double first[COLUMNS] = {0}, last[COLUMNS] = {0}, pair[COLUMNS * COLUMNS] = {0},
           even[COLUMNS * COLUMNS];
    pp_gsl_random random;
    start(&random, 100);
    assert_int_equal(schema->n_columns, COLUMNS);
    for (int draw = 0; draw < DRAWS; draw++) {
        pp_portfolio_random(schema, &config, &random.rng, p);
        uint32_t seen = 0;
        assert_int_equal(p->n_categories, 5);
        for (size_t k = 0; k < 5; k++) {
            const pp_category *category = &p->categories[k];
            int column = category->bounds[0].column;
            assert_int_equal(category->n_bounds, 1);
            assert_true(column >= 0 && column < COLUMNS);
            assert_false(seen >> column & 1);
            seen |= 1u << column;
            assert_string_equal(category->name, "");
            assert_true(isnan(category->target_given) && isnan(category->target_multiple));
            assert_true(isnan(p->target[k]));
        }
        first[p->categories[0].bounds[0].column]++;
        last[p->categories[4].bounds[0].column]++;
        pair[p->categories[0].bounds[0].column * COLUMNS + p->categories[1].bounds[0].column]++;
    }
    for (int i = 0; i < COLUMNS * COLUMNS; i++)
        even[i] = i % (COLUMNS + 1) ? 1.0 / (COLUMNS * (COLUMNS - 1)) : 0;
    assert_likely(even_p(first, COLUMNS));
    assert_likely(even_p(last, COLUMNS));
    assert_likely(chi_squared_p(pair, even, (size_t)COLUMNS * COLUMNS));
    free(p);
}

static void test_portfolio_random_more_categories_than_columns_all_columns(void **state)
{
    (void)state;
    pp_portfolio_config config = of_categories(PP_MAX_CATEGORIES);
    config.loss_scale = 123;
    pp_portfolio *p = malloc(sizeof *p);
    pp_gsl_random random;
    uint32_t seen = 0;
    start(&random, 101);
    pp_portfolio_random(pp_population_schema(population), &config, &random.rng, p);
    assert_int_equal(p->n_categories, COLUMNS);
    assert_true(p->loss_scale == 123);
    for (size_t k = 0; k < COLUMNS; k++)
        seen |= 1u << p->categories[k].bounds[0].column;
    assert_int_equal(seen, (1u << COLUMNS) - 1);
    free(p);
}

static void test_portfolio_random_same_stream_same_bytes(void **state)
{
    (void)state;
    pp_portfolio_config config = of_categories(5);
    pp_portfolio *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    pp_gsl_random random;
    start(&random, 102);
    pp_portfolio_random(pp_population_schema(population), &config, &random.rng, a);
    start(&random, 102);
    pp_portfolio_random(pp_population_schema(population), &config, &random.rng, b);
    assert_memory_equal(a, b, sizeof *a);
    pp_portfolio_random(pp_population_schema(population), &config, &random.rng, b);
    assert_memory_not_equal(a, b, sizeof *a);
    free(a);
    free(b);
}

static void test_portfolio_random_binary_column_zero_or_one(void **state)
{
    (void)state;
    const char *const columns[] = {"married", "has_children", "occupation=4", "location=0"};
    for (size_t k = 0; k < PP_COUNT(columns); k++) {
        pp_bound *bounds = draw_bounds(columns[k], DRAWS);
        double count[2] = {0};
        for (int i = 0; i < DRAWS; i++) {
            assert_true(bounds[i].lower == bounds[i].upper);
            assert_true(bounds[i].lower == 0 || bounds[i].lower == 1);
            count[(int)bounds[i].lower]++;
        }
        assert_likely(even_p(count, 2));
        free(bounds);
    }
}

static void test_portfolio_random_car_value_floored_exponentials(void **state)
{
    (void)state;
    pp_bound *bounds = draw_bounds("car_value", DRAWS);
    static double least[DRAWS], both[DRAWS];
    for (int i = 0; i < DRAWS; i++) {
        least[i] = bounds[i].lower / 100 - 30;
        both[i] = bounds[i].upper / 100 - 30 + least[i];
        assert_true(bounds[i].lower >= 3000 && fmod(bounds[i].lower, 100) == 0);
        assert_true(fmod(bounds[i].upper, 100) == 0);
    }
    // Each is geometric, P(at least k) = q^k with q = exp(-100/10000); the less of two has q^2.
    double q = exp(-0.01), q2 = q * q;
    assert_likely(mean_p(both, DRAWS, 2 * q / (1 - q), 2 * q / ((1 - q) * (1 - q))));
    assert_likely(mean_p(least, DRAWS, q2 / (1 - q2), q2 / ((1 - q2) * (1 - q2))));
    free(bounds);
}

static void test_portfolio_random_claims_sorted_poissons(void **state)
{
    (void)state;
    enum { TOP = 6 };
    pp_bound *bounds = draw_bounds("claims", DRAWS);
    double count[TOP * TOP] = {0}, p[TOP * TOP] = {0}, mass[TOP];
    for (unsigned k = 0; k < TOP; k++)
        mass[k] = k + 1 < TOP ? gsl_ran_poisson_pdf(k, 1.4) : gsl_cdf_poisson_Q(TOP - 2, 1.4);
    for (int a = 0; a < TOP; a++)
        for (int b = a; b < TOP; b++)
            p[a * TOP + b] = (a == b ? 1 : 2) * mass[a] * mass[b];
    for (int i = 0; i < DRAWS; i++) {
        assert_true(bounds[i].lower == floor(bounds[i].lower) && bounds[i].lower >= 0);
        int a = (int)fmin(bounds[i].lower, TOP - 1), b = (int)fmin(bounds[i].upper, TOP - 1);
        count[a * TOP + b]++;
    }
    assert_likely(chi_squared_p(count, p, TOP * TOP));
    free(bounds);
}

/// Lower uniform on the integers low..high, width uniform on narrow..wide, independently.
static void assert_lower_and_width(const char *column, int low, int high, int narrow, int wide)
{
    pp_bound *bounds = draw_bounds(column, 5 * DRAWS);
    size_t lowers = (size_t)(high - low) + 1, widths = (size_t)(wide - narrow) + 1;
    double *count = calloc(lowers * widths, sizeof *count);
    assert_non_null(count);
    for (size_t i = 0; i < 5 * (size_t)DRAWS; i++) {
        double lower = bounds[i].lower, width = bounds[i].upper - lower;
        assert_true(lower >= low && lower <= high && lower == floor(lower));
        assert_true(width >= narrow && width <= wide && width == floor(width));
        count[(size_t)(lower - low) * widths + (size_t)(width - narrow)]++;
    }
    assert_likely(even_p(count, lowers * widths));
    free(count);
    free(bounds);
}

static void test_portfolio_random_years_driving_uniform_lower_and_width(void **state)
{
    (void)state;
    assert_lower_and_width("years_driving", 0, 40, 10, 30);
}

static void test_portfolio_random_age_uniform_lower_and_width(void **state)
{
    (void)state;
    assert_lower_and_width("age", 16, 80, 5, 20);
}

static void test_portfolio_random_book_column_two_uniform_quantiles(void **state)
{
    (void)state;
    static double quantiles[PP_QUANTILES], u[2 * DRAWS];
    pp_schema *schema = calloc(1, sizeof *schema);
    pp_portfolio *p = malloc(sizeof *p);
    pp_portfolio_config config = of_categories(1);
    pp_gsl_random random;
    assert_int_equal(pp_schema_add(schema, "x", "1", PP_NUMERIC, NULL), PP_OK);
    for (int q = 0; q < PP_QUANTILES; q++)
        quantiles[q] = 1000 + q;
    schema->columns[0].quantiles = quantiles;
    start(&random, 103);
    double count[PP_QUANTILES] = {0}, ends = 0;
    for (int i = 0; i < DRAWS; i++) {
        pp_portfolio_random(schema, &config, &random.rng, p);
        const pp_bound *bound = &p->categories[0].bounds[0];
        assert_true(bound->lower <= bound->upper);
        count[(int)(bound->lower - 1000)]++;
        count[(int)(bound->upper - 1000)]++;
        u[i] = pow((bound->upper - 1000 + 0.5) / PP_QUANTILES, 2); // the greater of two uniforms
        ends += bound->lower == bound->upper;
    }
    assert_likely(even_p(count, PP_QUANTILES));
    assert_true(count[0] > 0 && count[PP_QUANTILES - 1] > 0); // 40 each expected
    assert_likely(ks_uniform_p(u, DRAWS));
    assert_true(ends < 100); // about 20 of 20,000 pairs coincide
    free(schema);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portfolio_random_five_distinct_columns_evenly),
        cmocka_unit_test(test_portfolio_random_more_categories_than_columns_all_columns),
        cmocka_unit_test(test_portfolio_random_same_stream_same_bytes),
        cmocka_unit_test(test_portfolio_random_binary_column_zero_or_one),
        cmocka_unit_test(test_portfolio_random_car_value_floored_exponentials),
        cmocka_unit_test(test_portfolio_random_claims_sorted_poissons),
        cmocka_unit_test(test_portfolio_random_years_driving_uniform_lower_and_width),
        cmocka_unit_test(test_portfolio_random_age_uniform_lower_and_width),
        cmocka_unit_test(test_portfolio_random_book_column_two_uniform_quantiles),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

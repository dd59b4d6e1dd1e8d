/// @slow
// The published population against the authors' own sample (PURSUIT_REFERENCE/customers.csv,
// skipped where absent) and against summary numbers of that sample, which are kept here.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/csv/read.h"
#include "market/population/population.h"
#include "tests/support/two_sample.h"

enum { DRAWS = 80000, BLOCK = 1000, LATENTS = 15, PARTS = 6 };

/// All tests together raise a false alarm with probability below this at a seed chosen blindly.
static const double false_alarm = 1e-3;

static pp_population *population(void)
{
    pp_published_config config;
    pp_choice_config choice;
    pp_population *made;
    pp_error error = {0};
    pp_param_defaults(&pp_published_table, &config);
    pp_param_defaults(&pp_choice_table, &choice);
    if (pp_population_published(&config, &choice, &made, &error) != PP_OK)
        fail_msg("%s", error.message);
    return made;
}

/// The reference holds eight significant digits; ties must stay ties.
static double as_printed(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.8g", x);
    return strtod(text, NULL);
}

/// Latents of n customers. @return [LATENTS][n], the caller's
static double *draw(size_t n, uint64_t seed)
{
    pp_population *p = population();
    pp_customers customers;
    pp_stream stream = {.seed = seed};
    double *latents = malloc(LATENTS * n * sizeof *latents);
    double *block = malloc((size_t)LATENTS * BLOCK * sizeof *block);
    assert_int_equal(
        pp_customers_create(BLOCK, pp_population_schema(p)->n_columns, &customers, NULL), PP_OK);
    for (size_t first = 0; first < n; first += BLOCK) {
        customers.first_round = (int64_t)first;
        customers.n = n - first < BLOCK ? n - first : BLOCK;
        pp_population_draw(p, &stream, &customers, block);
        for (size_t j = 0; j < LATENTS; j++)
            memcpy(latents + j * n + first, block + j * BLOCK, customers.n * sizeof *block);
    }
    for (size_t i = 0; i < LATENTS * n; i++)
        latents[i] = as_printed(latents[i]);
    free(block);
    pp_customers_destroy(&customers);
    pp_population_destroy(p);
    return latents;
}

static const char *latent_name(size_t j)
{
    pp_population *p = population();
    const pp_latent *latents;
    pp_population_latents(p, &latents);
    const char *name = latents[j].name; // static
    pp_population_destroy(p);
    return name;
}

/// The reference sample. @return [LATENTS][*n], or NULL where there is none
static double *reference(size_t *n)
{
    const char *folder = getenv("PURSUIT_REFERENCE");
    char path[4096];
    pp_csv *csv;
    pp_error error = {0};
    if (!folder)
        return NULL;
    snprintf(path, sizeof path, "%s/customers.csv", folder);
    if (pp_csv_read(path, &csv, &error) != PP_OK)
        fail_msg("%s", error.message);
    *n = pp_csv_rows(csv);
    double *values = malloc(LATENTS * *n * sizeof *values);
    for (size_t j = 0; j < LATENTS; j++) {
        size_t column;
        if (pp_csv_find(csv, latent_name(j), &column, &error) != PP_OK ||
            pp_csv_numbers(csv, column, values + j * *n, &error) != PP_OK)
            fail_msg("%s", error.message);
    }
    pp_csv_destroy(csv);
    return values;
}

static void test_population_columns_match_the_reference(void **state)
{
    (void)state;
    size_t m;
    double *theirs = reference(&m), least = 1;
    if (!theirs) {
        print_message("PURSUIT_REFERENCE is not set: the reference sample is not compared\n");
        skip();
    }
    double *ours = draw(DRAWS, 20240831);
    for (size_t j = 0; j < LATENTS; j++) {
        double p = ks_two_sample(ours + j * DRAWS, DRAWS, theirs + j * m, m);
        print_message("%-18s KS p = %.4f\n", latent_name(j), p);
        least = fmin(least, p);
    }
    assert_true(least > false_alarm / LATENTS);
    free(ours);
    free(theirs);
}

/// Every pair of columns, each cut into at most PARTS bins: the joint law, two at a time.
static double pair_p(const double *ours, const double *theirs, size_t m, size_t j, size_t k)
{
    double a[PARTS * PARTS] = {0}, b[PARTS * PARTS] = {0}, cut_j[PARTS] = {0}, cut_k[PARTS] = {0};
    size_t nj = cut_points(ours + j * DRAWS, DRAWS, theirs + j * m, m, PARTS, cut_j);
    size_t nk = cut_points(ours + k * DRAWS, DRAWS, theirs + k * m, m, PARTS, cut_k);
    for (size_t i = 0; i < DRAWS; i++)
        a[bin_of(ours[j * DRAWS + i], cut_j, nj) * PARTS +
          bin_of(ours[k * DRAWS + i], cut_k, nk)]++;
    for (size_t i = 0; i < m; i++)
        b[bin_of(theirs[j * m + i], cut_j, nj) * PARTS + bin_of(theirs[k * m + i], cut_k, nk)]++;
    return chi_squared_two_sample(a, b, (size_t)PARTS * PARTS);
}

static void test_population_pairs_match_the_reference(void **state)
{
    (void)state;
    size_t m, pairs = LATENTS * (LATENTS - 1) / 2;
    double *theirs = reference(&m), least = 1;
    if (!theirs)
        skip();
    double *ours = draw(DRAWS, 20240831);
    for (size_t j = 0; j < LATENTS; j++)
        for (size_t k = 0; k < j; k++) {
            double p = pair_p(ours, theirs, m, j, k);
            if (p < 0.01)
                print_message("%s x %s: chi-squared p = %.5f\n", latent_name(j), latent_name(k), p);
            least = fmin(least, p);
        }
    print_message("least p of %zu pairs: %.5f\n", pairs, least);
    assert_true(least > false_alarm / (double)pairs);
    free(ours);
    free(theirs);
}

/// Mean and standard deviation of the reference sample of 20,000.
static const struct {
    const char *name;
    double mean, deviation;
} summary[LATENTS] = {
    {"age", 45.8135, 18.148245},
    {"location", 1.496, 1.1228299},
    {"occupation", 1.9972, 1.2651372},
    {"income_percentile", 0.54764848, 0.26804703},
    {"salary", 34361.8, 15965.514},
    {"married", 0.49895, 0.5000114},
    {"children", 1.41055, 0.99219349},
    {"partner_salary", 17512.35, 24449.901},
    {"household_salary", 19602.992, 12738.42},
    {"years_driving", 23.7074, 18.49707},
    {"risk", 0.41734786, 0.25375781},
    {"claims", 0.6953, 1.1432949},
    {"risk_perception", 0.41400238, 0.4906524},
    {"car_value", 13730.332, 10110.343},
    {"pure_premium", 1273.633, 1017.8343},
};

static void test_population_means_match_the_summary(void **state)
{
    (void)state;
    const double their_n = 20000, most = gsl_cdf_ugaussian_Qinv(false_alarm / (2 * LATENTS));
    double *ours = draw(DRAWS, 20240831);
    for (size_t j = 0; j < LATENTS; j++) {
        double mean = 0;
        assert_string_equal(latent_name(j), summary[j].name);
        for (size_t i = 0; i < DRAWS; i++)
            mean += ours[j * DRAWS + i] / DRAWS;
        double error = summary[j].deviation * sqrt(1 / their_n + 1.0 / DRAWS);
        assert_true(fabs(mean - summary[j].mean) < most * error);
    }
    free(ours);
}

/// What follows from other columns without a draw.
static void check_customer(const double *x)
{
    enum {
        AGE,
        LOCATION,
        OCCUPATION,
        Q,
        SALARY,
        MARRIED,
        CHILDREN,
        PARTNER,
        HOUSEHOLD,
        DRIVING,
        RISK,
        CLAIMS,
        PERCEPTION,
        CAR,
        PREMIUM
    };
    assert_true(x[AGE] >= 16 && x[AGE] <= 99);
    assert_true(x[DRIVING] >= 1 && x[DRIVING] <= x[AGE] - 15);
    assert_true(x[Q] > 0 && x[Q] <= 1);
    assert_true(fmod(x[SALARY], 1000) == 0 && fmod(x[PARTNER], 1000) == 0);
    assert_true(x[SALARY] >= 18000);
    assert_true(x[MARRIED] == 1 || x[PARTNER] == 0);
    double household = (x[SALARY] + x[PARTNER]) / (1 + x[MARRIED] + x[CHILDREN]);
    assert_true(fabs(x[HOUSEHOLD] / household - 1) < 1e-7);
    assert_true(fabs(x[PERCEPTION] - (x[CLAIMS] / (0.14 * x[DRIVING]) + x[RISK] / 2)) < 1e-6);
    assert_true(fabs(x[PREMIUM] / fmin((0.5 + x[RISK]) * x[CAR] / 10, 6000) - 1) < 1e-7);
    assert_true(x[CAR] * (1 + x[CHILDREN] / (1 + x[MARRIED])) > 0.2 * x[SALARY] * (1 - 1e-7));
}

static void test_population_customers_are_consistent(void **state)
{
    (void)state;
    enum { FEW = 20000 };
    double *ours = draw(FEW, 7), x[LATENTS];
    for (size_t i = 0; i < FEW; i++) {
        for (size_t j = 0; j < LATENTS; j++)
            x[j] = ours[j * FEW + i];
        check_customer(x);
    }
    free(ours);
}

static void test_population_features_are_what_firms_may_see(void **state)
{
    (void)state;
    static const char *const names[] = {
        "car_value",    "claims",       "years_driving", "age",          "married",
        "has_children", "occupation=0", "occupation=1",  "occupation=2", "occupation=3",
        "occupation=4", "location=0",   "location=1",    "location=2",   "location=3"};
    pp_population *p = population();
    const pp_schema *schema = pp_population_schema(p);
    assert_int_equal(schema->n_columns, PP_COUNT(names));
    for (int j = 0; j < schema->n_columns; j++)
        assert_string_equal(schema->columns[j].name, names[j]);
    pp_population_destroy(p);
}

/// In pieces or at once, alone or after others: a customer is a function of its round.
static void test_population_draw_in_pieces_equals_draw_at_once(void **state)
{
    (void)state;
    pp_population *p = population();
    pp_stream stream = {.seed = 3, .trial = 5, .epoch = 2};
    pp_customers whole, piece;
    assert_int_equal(pp_customers_create(300, 15, &whole, NULL), PP_OK);
    assert_int_equal(pp_customers_create(300, 15, &piece, NULL), PP_OK);
    whole.n = 300;
    pp_population_draw(p, &stream, &whole, NULL);
    piece.first_round = 137;
    piece.n = 29;
    pp_population_draw(p, &stream, &piece, NULL);
    for (size_t i = 0; i < piece.n; i++) {
        for (int j = 0; j < 15; j++)
            assert_true(piece.features[j][i] == whole.features[j][i + 137]);
        assert_true(piece.pure_premium[i] == whole.pure_premium[i + 137]);
        assert_true(piece.sensitivity[i] == whole.sensitivity[i + 137]);
        assert_true(piece.walk_away_scale[i] == whole.walk_away_scale[i + 137]);
    }
    pp_customers_destroy(&whole);
    pp_customers_destroy(&piece);
    pp_population_destroy(p);
}

static void test_population_impossible_parameters_are_refused(void **state)
{
    (void)state;
    pp_published_config config;
    pp_choice_config choice;
    pp_population *made = NULL;
    pp_error error = {0};
    pp_param_defaults(&pp_published_table, &config);
    pp_param_defaults(&pp_choice_table, &choice);
    config.driving_age = 90; // below the greatest age: the law of years driving does not exist
    assert_int_equal(pp_population_published(&config, &choice, &made, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "driving_age"));
    assert_null(made);
    config.driving_age = 100;
    config.claim_frequency = NAN;
    error = (pp_error){0};
    assert_int_equal(pp_population_published(&config, &choice, &made, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "claim_frequency"));
}

/// Every parameter at its least, its greatest and between: refused or drawn from, never a crash.
static void test_population_parameters_at_their_limits_draw_or_are_refused(void **state)
{
    (void)state;
    const pp_param_table *table = &pp_published_table;
    pp_choice_config choice;
    int drawn = 0;
    pp_param_defaults(&pp_choice_table, &choice);
    for (size_t i = 0; i < 3 * table->n_rows; i++) {
        const pp_param *row = &table->rows[i / 3];
        double at[] = {row->min, row->max, row->default_number + 0.5};
        pp_published_config config;
        pp_population *p;
        pp_error error = {0};
        pp_param_defaults(table, &config);
        char *field = (char *)&config + row->offset;
        if (row->type == PP_PARAM_INTEGER) {
            int64_t whole = (int64_t)at[i % 3];
            memcpy(field, &whole, sizeof whole);
        } else {
            memcpy(field, &at[i % 3], sizeof *at);
        }
        if (pp_population_published(&config, &choice, &p, &error) != PP_OK) {
            assert_true(error.message[0] != 0);
            continue;
        }
        pp_stream stream = {.seed = i};
        pp_customers customers;
        assert_int_equal(
            pp_customers_create(200, pp_population_schema(p)->n_columns, &customers, &error),
            PP_OK);
        customers.n = 200;
        pp_population_draw(p, &stream, &customers, NULL);
        for (size_t j = 0; j < 200; j++)
            if (!isfinite(customers.pure_premium[j]) || !(customers.sensitivity[j] > 0))
                fail_msg("%s = %g: a customer of pure premium %g, sensitivity %g", row->name,
                         at[i % 3], customers.pure_premium[j], customers.sensitivity[j]);
        pp_customers_destroy(&customers);
        pp_population_destroy(p);
        drawn++;
    }
    assert_true(drawn > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_population_means_match_the_summary),
        cmocka_unit_test(test_population_customers_are_consistent),
        cmocka_unit_test(test_population_features_are_what_firms_may_see),
        cmocka_unit_test(test_population_draw_in_pieces_equals_draw_at_once),
        cmocka_unit_test(test_population_impossible_parameters_are_refused),
        cmocka_unit_test(test_population_parameters_at_their_limits_draw_or_are_refused),
        cmocka_unit_test(test_population_columns_match_the_reference),
        cmocka_unit_test(test_population_pairs_match_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

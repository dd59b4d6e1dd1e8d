/// Customers resampled from a book of the user's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/choice.h"
#include "market/population/population.h"

#include "tests/support/checks.h"

enum { ROWS = 10, FEATURES = 3, COLUMNS = 5, LATENTS = 2, DRAWS = 100000 };

static const pp_stream stream = {.seed = 77, .trial = 1, .epoch = 2};

/// A small book that each test may spoil: age, colour (3 levels), married.
typedef struct fixture {
    double premium[ROWS], age[ROWS], married[ROWS];
    int colour[ROWS];
    const char *levels[3];
    struct pp_book_feature features[FEATURES];
    pp_book book;
    pp_book_config config;
} fixture;

static fixture *make_fixture(void)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    for (int i = 0; i < ROWS; i++) {
        f->premium[i] = 100 + 50 * i;
        f->age[i] = 20 + (7 * i) % ROWS;
        f->married[i] = i % 2;
        f->colour[i] = i % 3;
    }
    f->levels[0] = "red";
    f->levels[1] = "green";
    f->levels[2] = "blue";
    f->features[0] = (struct pp_book_feature){"age", PP_NUMERIC, f->age, NULL, NULL, 0};
    f->features[1] =
        (struct pp_book_feature){"colour", PP_CATEGORICAL, NULL, f->colour, f->levels, 3};
    f->features[2] = (struct pp_book_feature){"married", PP_BINARY, f->married, NULL, NULL, 0};
    f->book = (pp_book){"motor.csv", ROWS, f->premium, FEATURES, f->features};
    pp_param_defaults(&pp_book_table, &f->config);
    return f;
}

static pp_population *make_population(const fixture *f)
{
    pp_population *population = NULL;
    pp_error error = {0};
    if (pp_population_book(&f->book, &f->config, &population, &error) != PP_OK)
        fail_msg("%s", error.message);
    return population;
}

/// n customers from that round on. @return latents [LATENTS][n], the caller's
static double *draw(const pp_population *population, int64_t first_round, size_t n,
                    pp_customers *customers)
{
    double *latents = malloc(LATENTS * n * sizeof *latents);
    assert_non_null(latents);
    assert_int_equal(
        pp_customers_create(n, pp_population_schema(population)->n_columns, customers, NULL),
        PP_OK);
    customers->n = n;
    customers->first_round = first_round;
    pp_population_draw(population, &stream, customers, latents);
    return latents;
}

static void test_book_rows_drawn_with_equal_chance(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    pp_population *population = make_population(f);
    pp_customers customers;
    double *row = draw(population, 0, DRAWS, &customers), count[ROWS] = {0},
           pair[ROWS * ROWS] = {0};
    for (size_t i = 0; i < DRAWS; i++)
        count[(int)row[i]]++;
    for (size_t i = 0; i + 1 < DRAWS; i += 2)
        pair[(int)row[i] * ROWS + (int)row[i + 1]]++;
    assert_likely(even_p(count, ROWS));
    assert_likely(even_p(pair, (size_t)ROWS * ROWS));
    free(row);
    pp_customers_destroy(&customers);
    pp_population_destroy(population);
    free(f);
}

static void test_book_customer_is_its_row(void **state)
{
    (void)state;
    enum { N = 1000 };
    fixture *f = make_fixture();
    f->config.price_sensitivity = 40;
    f->config.walk_away_multiple = 1.3;
    pp_population *population = make_population(f);
    pp_customers customers;
    double *latents = draw(population, 5, N, &customers);
    assert_false(customers.walk_away_from_reference);
    for (size_t i = 0; i < N; i++) {
        size_t row = (size_t)latents[i];
        double m = f->premium[row];
        assert_true(latents[N + i] == m);
        assert_true(customers.pure_premium[i] == m);
        assert_close(customers.sensitivity[i], 40 / m, 1e-15);
        assert_close(customers.walk_away_scale[i], 1.3 * m, 1e-12);
        assert_true(customers.features[0][i] == f->age[row]);
        for (int level = 0; level < 3; level++) // one-hot
            assert_true(customers.features[1 + level][i] == (f->colour[row] == level));
        assert_true(customers.features[4][i] == f->married[row]);
    }
    free(latents);
    pp_customers_destroy(&customers);
    pp_population_destroy(population);
    free(f);
}

static void test_book_default_behaviour_by_hand_at_an_index(void **state)
{
    (void)state;
    enum { N = 200 };
    fixture *f = make_fixture();
    pp_population *population = make_population(f);
    pp_choice_config choice;
    pp_customers customers;
    double index[N], *latents = draw(population, 0, N, &customers);
    pp_param_defaults(&pp_choice_table, &choice);
    for (size_t i = 0; i < N; i++)
        index[i] = 1.2;
    pp_choice_prepare(&choice, 5, &stream, index, &customers);
    for (size_t i = 0; i < N; i++) { // beta = 59/(1.2 m), w = 1.12*1.2*m
        double m = customers.pure_premium[i];
        assert_close(customers.sensitivity[i] * 1.2 * m, 59, 1e-12);
        assert_close(customers.walk_away[i], 1.344 * m, 1e-10);
    }
    free(latents);
    pp_customers_destroy(&customers);
    pp_population_destroy(population);
    free(f);
}

static void test_book_draw_in_pieces_same_customers(void **state)
{
    (void)state;
    enum { N = 1000, CUT = 333 };
    fixture *f = make_fixture();
    pp_population *population = make_population(f);
    pp_customers whole, head, rest;
    double *rows = draw(population, 0, N, &whole), *first = draw(population, 0, CUT, &head),
           *last = draw(population, CUT, N - CUT, &rest);
    assert_memory_equal(first, rows, CUT * sizeof *rows);
    assert_memory_equal(last, rows + CUT, (N - CUT) * sizeof *rows);
    for (int j = 0; j < COLUMNS; j++)
        assert_memory_equal(rest.features[j], whole.features[j] + CUT, (N - CUT) * sizeof *rows);
    pp_population_draw(population, &stream, &head, NULL); // latents are not wanted
    assert_memory_equal(head.pure_premium, whole.pure_premium, CUT * sizeof *rows);
    free(rows), free(first), free(last);
    pp_customers_destroy(&whole);
    pp_customers_destroy(&head);
    pp_customers_destroy(&rest);
    pp_population_destroy(population);
    free(f);
}

static void test_book_source_changed_afterwards_copy_kept(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    pp_population *population = make_population(f);
    pp_customers before, after;
    double *a = draw(population, 0, 100, &before);
    memset(f, 0, sizeof *f);
    double *b = draw(population, 0, 100, &after);
    assert_memory_equal(a, b, LATENTS * 100 * sizeof *a);
    for (int j = 0; j < COLUMNS; j++)
        assert_memory_equal(before.features[j], after.features[j], 100 * sizeof(double));
    assert_string_equal(pp_population_schema(population)->columns[3].name, "colour=blue");
    free(a), free(b);
    pp_customers_destroy(&before);
    pp_customers_destroy(&after);
    pp_population_destroy(population);
    free(f);
}

static void test_book_schema_columns_and_latents(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    pp_population *population = make_population(f);
    const pp_schema *schema = pp_population_schema(population);
    const pp_latent *latents;
    assert_int_equal(schema->n_features, FEATURES);
    assert_int_equal(schema->n_columns, COLUMNS);
    assert_int_equal(pp_schema_column(schema, "age"), 0);
    assert_int_equal(pp_schema_column(schema, "colour=red"), 1);
    assert_int_equal(pp_schema_column(schema, "married"), 4);
    assert_int_equal(schema->columns[0].bounds, PP_BOUNDS_QUANTILES);
    for (int j = 1; j < COLUMNS; j++)
        assert_int_equal(schema->columns[j].bounds, PP_BOUNDS_BINARY);
    assert_int_equal(pp_population_latents(population, &latents), LATENTS);
    assert_string_equal(latents[0].name, "row");
    assert_string_equal(latents[1].name, "pure_premium");
    assert_string_equal(latents[1].unit, "GBP");
    pp_population_destroy(population);
    free(f);
}

static void test_book_features_named_like_latents_keep_their_names(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    f->features[0].name = "row";
    f->features[1].name = "book_row";
    f->features[2].name = "pure_premium";
    pp_population *population = make_population(f);
    const pp_schema *schema = pp_population_schema(population);
    const pp_latent *latents;
    pp_population_latents(population, &latents);
    assert_int_equal(pp_schema_feature(schema, "row"), 0);
    assert_int_equal(pp_schema_feature(schema, "pure_premium"), 2);
    assert_string_equal(latents[0].name, "book_book_row");
    assert_string_equal(latents[1].name, "latent_pure_premium");
    pp_population_destroy(population);
    free(f);
}

// ---- quantiles ----

/// A book of one numeric feature: 0..n-1, shuffled.
static pp_population *make_shuffled(size_t n)
{
    double *x = malloc(n * sizeof *x), *premium = malloc(n * sizeof *premium);
    assert_non_null(x);
    assert_non_null(premium);
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)(i * 389 % n); // 389 is prime
        premium[i] = 1;
    }
    const struct pp_book_feature feature = {"x", PP_NUMERIC, x, NULL, NULL, 0};
    const pp_book book = {"x.csv", n, premium, 1, &feature};
    pp_book_config config;
    pp_population *population;
    pp_param_defaults(&pp_book_table, &config);
    assert_int_equal(pp_population_book(&book, &config, &population, NULL), PP_OK);
    free(x);
    free(premium);
    return population;
}

static void test_book_quantiles_of_as_many_rows_are_the_sorted_rows(void **state)
{
    (void)state;
    pp_population *population = make_shuffled(PP_QUANTILES);
    const double *quantiles = pp_population_schema(population)->columns[0].quantiles;
    for (int q = 0; q < PP_QUANTILES; q++)
        assert_true(quantiles[q] == q);
    pp_population_destroy(population);
}

static void test_book_quantiles_any_rows_order_statistics(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 3, 100, 1000, 1002, 5000};
    for (size_t k = 0; k < PP_COUNT(sizes); k++) {
        pp_population *population = make_shuffled(sizes[k]);
        const double *quantiles = pp_population_schema(population)->columns[0].quantiles;
        double last = (double)sizes[k] - 1;
        assert_true(quantiles[0] == 0);
        assert_true(quantiles[PP_QUANTILES - 1] == last);
        for (int q = 0; q < PP_QUANTILES; q++)
            assert_true(quantiles[q] == floor(q * last / (PP_QUANTILES - 1) + 1e-9));
        pp_population_destroy(population);
    }
}

// ---- what is refused ----

/// Refused with that status and that message, and no population.
static void assert_refused(const fixture *f, pp_status status, const char *message)
{
    pp_population *population = (pp_population *)(uintptr_t)1;
    pp_error error = {0};
    assert_int_equal(pp_population_book(&f->book, &f->config, &population, &error), status);
    assert_null(population);
    if (!strstr(error.message, message))
        fail_msg("'%s' does not say '%s'", error.message, message);
    assert_int_equal(pp_population_book(&f->book, &f->config, &population, NULL), status);
}

static void test_book_pure_premium_not_positive_eformat(void **state)
{
    (void)state;
    const double bad[] = {0, -0.01, NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < PP_COUNT(bad); k++) {
        fixture *f = make_fixture();
        f->premium[6] = bad[k];
        assert_refused(f, PP_EFORMAT, "motor.csv: data row 7: pure premium");
        free(f);
    }
}

static void test_book_feature_not_finite_eformat(void **state)
{
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < PP_COUNT(bad); k++) {
        fixture *f = make_fixture();
        f->age[ROWS - 1] = bad[k];
        assert_refused(f, PP_EFORMAT, "motor.csv: data row 10: 'age' is not a finite number");
        free(f);
    }
}

static void test_book_code_of_no_level_eformat(void **state)
{
    (void)state;
    const int bad[] = {-1, 3, 1000000};
    for (size_t k = 0; k < PP_COUNT(bad); k++) {
        fixture *f = make_fixture();
        f->colour[1] = bad[k];
        assert_refused(f, PP_EFORMAT, "motor.csv: data row 2: 'colour' has no level");
        free(f);
    }
}

static void test_book_no_rows_or_features_einval(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    f->book.n_rows = 0;
    assert_refused(f, PP_EINVAL, "motor.csv: a book needs rows and features");
    f->book.n_rows = ROWS;
    f->book.n_features = 0;
    assert_refused(f, PP_EINVAL, "motor.csv: a book needs rows and features");
    free(f);
}

static void test_book_too_many_columns_einval(void **state)
{
    (void)state;
    enum { MANY = PP_MAX_FEATURES + 1 };
    static char names[MANY][16];
    static struct pp_book_feature features[MANY];
    fixture *f = make_fixture();
    for (int j = 0; j < MANY; j++) {
        snprintf(names[j], sizeof names[j], "x%d", j);
        features[j] = (struct pp_book_feature){names[j], PP_NUMERIC, f->age, NULL, NULL, 0};
    }
    f->book.features = features;
    f->book.n_features = PP_MAX_FEATURES;
    pp_population_destroy(make_population(f));
    f->book.n_features = MANY;
    assert_refused(f, PP_EINVAL, "'x256': more than 256 feature columns");
    features[PP_MAX_FEATURES - 2] = f->features[1]; // its three levels are two too many
    f->book.n_features = PP_MAX_FEATURES - 1;
    assert_refused(f, PP_EINVAL, "'colour': more than 256 feature columns");
    free(f);
}

static void test_book_feature_named_twice_einval(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    f->features[2].name = "age";
    assert_refused(f, PP_EINVAL, "feature 'age' is named twice");
    f->features[2].name = "colour";
    assert_refused(f, PP_EINVAL, "feature 'colour' is named twice");
    free(f);
}

static void test_book_parameters_out_of_range_einval(void **state)
{
    (void)state;
    fixture *f = make_fixture();
    f->config.price_sensitivity = 0;
    assert_refused(f, PP_EINVAL, "price_sensitivity");
    pp_param_defaults(&pp_book_table, &f->config);
    f->config.walk_away_multiple = NAN;
    assert_refused(f, PP_EINVAL, "walk_away_multiple");
    free(f);
}

static void test_book_destroy_null_harmless(void **state)
{
    (void)state;
    pp_population_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_book_rows_drawn_with_equal_chance),
        cmocka_unit_test(test_book_customer_is_its_row),
        cmocka_unit_test(test_book_default_behaviour_by_hand_at_an_index),
        cmocka_unit_test(test_book_draw_in_pieces_same_customers),
        cmocka_unit_test(test_book_source_changed_afterwards_copy_kept),
        cmocka_unit_test(test_book_schema_columns_and_latents),
        cmocka_unit_test(test_book_features_named_like_latents_keep_their_names),
        cmocka_unit_test(test_book_quantiles_of_as_many_rows_are_the_sorted_rows),
        cmocka_unit_test(test_book_quantiles_any_rows_order_statistics),
        cmocka_unit_test(test_book_pure_premium_not_positive_eformat),
        cmocka_unit_test(test_book_feature_not_finite_eformat),
        cmocka_unit_test(test_book_code_of_no_level_eformat),
        cmocka_unit_test(test_book_no_rows_or_features_einval),
        cmocka_unit_test(test_book_too_many_columns_einval),
        cmocka_unit_test(test_book_feature_named_twice_einval),
        cmocka_unit_test(test_book_parameters_out_of_range_einval),
        cmocka_unit_test(test_book_destroy_null_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

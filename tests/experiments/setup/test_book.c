// A book of the user's own: a small one made here, from file to results.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

enum { ROWS = 400, FIRMS = 6 };

/// A book whose premium follows from its features; one row may be replaced.
static void write_book(const char *path, size_t spoilt_row, const char *spoilt_line)
{
    static const char *const garages[] = {"street", "private garage", "car, port"};
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("driver_age,garage,power,premium\n", file);
    for (size_t i = 0; i < ROWS; i++) {
        int age = 18 + (int)(i * 7 % 60), power = 40 + (int)(i * 13 % 150);
        double premium = 200 + 4 * power + (age < 26 ? 300 : 0) + (double)(i % 11);
        if (spoilt_line && i == spoilt_row)
            fprintf(file, "%s\n", spoilt_line);
        else
            fprintf(file, "%d,\"%s\",%d,%.0f.00\n", age, garages[i % 3], power, premium);
    }
    assert_int_equal(fclose(file), 0);
}

static void use_book(market_fixture *m, const char *path)
{
    pp_book_source *source = &m->scenario.book_source;
    m->scenario.population = PP_POPULATION_BOOK;
    snprintf(source->file.text, PP_TEXT_MAX, "%s", path);
    snprintf(source->pure_premium.text, PP_TEXT_MAX, "premium");
    source->n_features = 3;
    snprintf(source->features[0].name, PP_NAME_MAX, "driver_age");
    snprintf(source->features[1].name, PP_NAME_MAX, "garage");
    source->features[1].kind = PP_CATEGORICAL;
    snprintf(source->features[2].name, PP_NAME_MAX, "power");
}

static void test_book_runs_through_burn_in_and_test_with_sensible_figures(void **state)
{
    (void)state;
    const char *path = temp_path("book.csv");
    pp_category_config categories[2] = {
        {.name = "young",
         .n_bounds = 1,
         .target = NAN,
         .target_multiple = 2,
         .bounds = {{.feature = "driver_age", .lower = -INFINITY, .upper = 29}}},
        {.name = "garaged",
         .n_bounds = 1,
         .target = NAN,
         .target_multiple = NAN,
         .bounds = {{.feature = "garage", .level = "car, port"}}}};
    market_fixture m;
    write_book(path, 0, NULL);
    fixture_defaults(&m, FIRMS, "baseline");
    use_book(&m, path);
    m.scenario.record.quotes_every = 1;
    m.scenario.firms[0].portfolio = PP_PORTFOLIO_NAMED;
    m.scenario.firms[0].n_categories = 2;
    m.scenario.firms[0].categories = categories;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    for (size_t at = 6 * FIRMS; at < 14 * FIRMS; at++) {
        assert_true(pp_record_f64(r, PP_VAR_mean_multiplier)[at] > 1.01 &&
                    pp_record_f64(r, PP_VAR_mean_multiplier)[at] < 1.15);
        assert_true(pp_record_f64(r, PP_VAR_conversion)[at] > 0.02);
        assert_true(pp_record_f64(r, PP_VAR_booked_profit)[at] > 0);
    }
    double *held = pp_record_f64(r, PP_VAR_portfolio);
    assert_true(held[0] > 0 && held[1] > 0);
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// Random portfolios need no published column.
static void test_book_random_portfolio_draws_bounds_from_the_book(void **state)
{
    (void)state;
    const char *path = temp_path("random.csv");
    market_fixture m;
    write_book(path, 0, NULL);
    fixture_defaults(&m, FIRMS, "baseline");
    use_book(&m, path);
    m.scenario.market.rounds = 200;
    fixture_start(&m);
    assert_int_equal(m.layout.n_categories, 5); // 2 numeric columns and 3 levels
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    for (size_t k = 0; k < 5; k++)
        assert_true(pp_record_f64(r, PP_VAR_target)[k] >= 0);
    pp_record_destroy(r);
    fixture_finish(&m);
}

static void assert_refused(const char *line, pp_status status, const char *words)
{
    const char *path = temp_path("spoilt.csv");
    market_fixture m;
    pp_error error = {0};
    write_book(path, 20, line);
    fixture_defaults(&m, FIRMS, "null");
    use_book(&m, path);
    assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), status);
    if (!strstr(error.message, words) || !strstr(error.message, "spoilt.csv:22"))
        fail_msg("'%s' names neither line 22 nor '%s'", error.message, words);
    fixture_finish(&m);
}

static void test_book_with_a_bad_row_is_refused_by_line_and_column(void **state)
{
    (void)state;
    assert_refused("30,street,90,-5", PP_EFORMAT, "column 'premium'");
    assert_refused("30,street,90,0", PP_EFORMAT, "column 'premium'");
    assert_refused("30,street,90,nan", PP_EFORMAT, "column 'premium'");
    assert_refused("30,street,90,1e-300", PP_EFORMAT, "column 'premium'");
    assert_refused("30,street,90,1e300", PP_EFORMAT, "column 'premium'");
    assert_refused("30,street,1e300,500", PP_EFORMAT, "column 'power'");
    assert_refused("old,street,90,500", PP_EFORMAT, "column 'driver_age'");
    assert_refused("30,,90,500", PP_EFORMAT, "column 'garage'");
    assert_refused("30,street,90", PP_EFORMAT, "spoilt.csv");
}

static void test_book_without_a_named_column_is_refused(void **state)
{
    (void)state;
    const char *path = temp_path("lacking.csv");
    market_fixture m;
    pp_error error = {0};
    write_book(path, 0, NULL);
    fixture_defaults(&m, FIRMS, "null");
    use_book(&m, path);
    snprintf(m.scenario.book_source.features[2].name, PP_NAME_MAX, "powr");
    assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "powr"));
    assert_non_null(strstr(error.message, "power"));
    fixture_finish(&m);
}

static void test_book_category_of_an_unknown_level_is_refused(void **state)
{
    (void)state;
    const char *path = temp_path("levels.csv");
    pp_category_config category = {.name = "x",
                                   .n_bounds = 1,
                                   .target = 5,
                                   .target_multiple = NAN,
                                   .bounds = {{.feature = "garage", .level = "barn"}}};
    market_fixture m;
    pp_error error = {0};
    write_book(path, 0, NULL);
    fixture_defaults(&m, FIRMS, "baseline");
    use_book(&m, path);
    m.scenario.firms[0].portfolio = PP_PORTFOLIO_NAMED;
    m.scenario.firms[0].n_categories = 1;
    m.scenario.firms[0].categories = &category;
    assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_ESCENARIO);
    assert_non_null(strstr(error.message, "'barn'"));
    assert_non_null(strstr(error.message, "private garage"));
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_book_runs_through_burn_in_and_test_with_sensible_figures),
        cmocka_unit_test(test_book_random_portfolio_draws_bounds_from_the_book),
        cmocka_unit_test(test_book_with_a_bad_row_is_refused_by_line_and_column),
        cmocka_unit_test(test_book_without_a_named_column_is_refused),
        cmocka_unit_test(test_book_category_of_an_unknown_level_is_refused),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

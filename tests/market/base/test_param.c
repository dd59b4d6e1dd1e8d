/// @file
/// market/base/param.h: defaults, look-up, ranges and checks, on a table made here and on the
/// market's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "market/base/param.h"
#include "market/config.h"
#include "pricing/config.h"

typedef struct sample {
    int64_t whole;
    double share, free, maybe, positive;
    bool flag;
    int choice;
    pp_text text;
    pp_reals list;
} sample;

static const char *const colours[] = {"red", "green", NULL};

#define AT(field) .name = #field, .offset = offsetof(sample, field)
static const pp_param rows[] = {
    {AT(whole), .type = PP_PARAM_INTEGER, .default_number = 7, .min = 1, .max = 10},
    {AT(share), .type = PP_PARAM_REAL, .default_number = 0.5, .max = 1, .flags = PP_OPEN_MAX},
    {AT(free), .type = PP_PARAM_REAL, .default_number = -3},
    {AT(maybe), .type = PP_PARAM_REAL, .default_number = NAN, .min = -1, .max = 1,
     .flags = PP_OPTIONAL},
    {AT(positive), .type = PP_PARAM_REAL, .default_number = 2, .max = INFINITY,
     .flags = PP_OPEN_MIN},
    {AT(flag), .type = PP_PARAM_BOOLEAN, .default_number = 1},
    {AT(choice), .type = PP_PARAM_ENUM, .default_number = 1, .names = colours},
    {AT(text), .type = PP_PARAM_TEXT, .default_text = "hello"},
    {AT(list), .type = PP_PARAM_REALS, .default_reals = (const double[]){0.93, 0.95, 1.5},
     .n_default_reals = 3, .max = 2},
};
static const pp_param_table table = {"sample", "for tests", rows, PP_COUNT(rows), sizeof(sample)};

static const pp_param *row_of(const char *name)
{
    const pp_param *row = pp_param_find(&table, name);
    assert_non_null(row);
    return row;
}

static void test_param_defaults_fill_every_type(void **state)
{
    (void)state;
    sample config;
    memset(&config, 0xa5, sizeof config);
    pp_param_defaults(&table, &config);
    assert_int_equal(config.whole, 7);
    assert_true(config.share == 0.5);
    assert_true(config.free == -3);
    assert_true(isnan(config.maybe));
    assert_true(config.flag);
    assert_int_equal(config.choice, 1);
    assert_string_equal(config.text.text, "hello");
    assert_int_equal(config.list.n, 3);
    assert_true(config.list.value[0] == 0.93);
    assert_true(config.list.value[1] == 0.95);
    assert_true(config.list.value[2] == 1.5);
}

static void test_param_defaults_that_are_not_given_are_empty(void **state)
{
    (void)state;
    const pp_param bare[] = {{AT(text), .type = PP_PARAM_TEXT}, {AT(list), .type = PP_PARAM_REALS}};
    const pp_param_table bare_table = {"bare", "", bare, PP_COUNT(bare), sizeof(sample)};
    sample config;
    memset(&config, 0xa5, sizeof config);
    pp_param_defaults(&bare_table, &config);
    assert_string_equal(config.text.text, "");
    assert_int_equal(config.list.n, 0);
}

static void test_param_defaults_of_long_list_stop_at_capacity(void **state)
{
    (void)state;
    const double many[PP_REALS_MAX + 5] = {1};
    const pp_param one[] = {{AT(list), .type = PP_PARAM_REALS, .default_reals = many,
                             .n_default_reals = PP_COUNT(many)}};
    const pp_param_table one_table = {"one", "", one, 1, sizeof(sample)};
    sample config;
    pp_param_defaults(&one_table, &config);
    assert_int_equal(config.list.n, PP_REALS_MAX);
}

static void test_param_find_unknown_name_is_null(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_ptr_equal(pp_param_find(&table, rows[i].name), &rows[i]);
    assert_null(pp_param_find(&table, "shar"));
    assert_null(pp_param_find(&table, "share "));
    assert_null(pp_param_find(&table, ""));
}

static void test_param_range_ends_are_closed_unless_open(void **state)
{
    (void)state;
    assert_true(pp_param_in_range(row_of("whole"), 1));
    assert_true(pp_param_in_range(row_of("whole"), 10));
    assert_false(pp_param_in_range(row_of("whole"), 0));
    assert_false(pp_param_in_range(row_of("whole"), 11));
    assert_true(pp_param_in_range(row_of("share"), 0));
    assert_false(pp_param_in_range(row_of("share"), 1));
    assert_true(pp_param_in_range(row_of("share"), nextafter(1, 0)));
    assert_false(pp_param_in_range(row_of("positive"), 0));
    assert_true(pp_param_in_range(row_of("positive"), 1e300));
    assert_true(pp_param_in_range(row_of("free"), -1e300));
}

static void test_param_range_refuses_nan_and_infinity(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        assert_false(pp_param_in_range(&rows[i], NAN));
        assert_false(pp_param_in_range(&rows[i], INFINITY));
        assert_false(pp_param_in_range(&rows[i], -INFINITY));
    }
}

static void assert_range_text(const char *name, const char *expected)
{
    char text[96];
    pp_param_range_text(row_of(name), text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_param_range_text_reads_as_people_write_it(void **state)
{
    (void)state;
    assert_range_text("whole", "[1, 10]");
    assert_range_text("share", "[0, 1)");
    assert_range_text("free", "any number");
    assert_range_text("positive", "above 0");
    const pp_param least = {.min = 2, .max = INFINITY}, most = {.min = -INFINITY, .max = 5};
    const pp_param below = {.min = -INFINITY, .max = 5, .flags = PP_OPEN_MAX};
    char text[96];
    pp_param_range_text(&least, text, sizeof text);
    assert_string_equal(text, "at least 2");
    pp_param_range_text(&most, text, sizeof text);
    assert_string_equal(text, "at most 5");
    pp_param_range_text(&below, text, sizeof text);
    assert_string_equal(text, "below 5");
}

static void test_param_range_text_small_buffer_is_cut(void **state)
{
    (void)state;
    char text[5] = "....";
    pp_param_range_text(row_of("whole"), text, sizeof text);
    assert_string_equal(text, "[1, ");
}

static void test_param_check_defaults_pass(void **state)
{
    (void)state;
    sample config;
    pp_error error = {0};
    pp_param_defaults(&table, &config);
    assert_int_equal(pp_param_check(&table, &config, &error), PP_OK);
    assert_int_equal(error.status, PP_OK);
    assert_string_equal(error.message, "");
}

static void assert_refused(const sample *config, const char *expected)
{
    pp_error error = {0};
    assert_int_equal(pp_param_check(&table, config, &error), PP_EINVAL);
    assert_int_equal(error.status, PP_EINVAL);
    assert_string_equal(error.message, expected);
    assert_int_equal(pp_param_check(&table, config, NULL), PP_EINVAL);
}

static void test_param_check_names_table_row_value_and_range(void **state)
{
    (void)state;
    sample good, bad;
    pp_param_defaults(&table, &good);
    bad = good;
    bad.whole = 11;
    assert_refused(&bad, "sample.whole: 11 is out of range ([1, 10])");
    bad = good;
    bad.share = 1.5;
    assert_refused(&bad, "sample.share: 1.5 is out of range ([0, 1))");
    bad = good;
    bad.positive = -1;
    assert_refused(&bad, "sample.positive: -1 is out of range (above 0)");
    bad = good;
    bad.list.value[1] = 2.5;
    assert_refused(&bad, "sample.list: 2.5 is out of range ([0, 2])");
}

static void test_param_check_refuses_nan_unless_optional(void **state)
{
    (void)state;
    sample config;
    pp_error error = {0};
    pp_param_defaults(&table, &config);
    config.maybe = NAN;
    assert_int_equal(pp_param_check(&table, &config, &error), PP_OK);
    config.maybe = 2;
    assert_refused(&config, "sample.maybe: 2 is out of range ([-1, 1])");
    config.maybe = 0;
    config.free = NAN;
    assert_int_equal(pp_param_check(&table, &config, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "sample.free: "));
}

static void test_param_check_refuses_unknown_choice(void **state)
{
    (void)state;
    sample config;
    pp_param_defaults(&table, &config);
    config.choice = 0;
    assert_int_equal(pp_param_check(&table, &config, NULL), PP_OK);
    config.choice = 2;
    assert_int_equal(pp_param_check(&table, &config, NULL), PP_EINVAL);
    config.choice = -1;
    assert_int_equal(pp_param_check(&table, &config, NULL), PP_EINVAL);
}

/// What lies beyond a list's length is nobody's number.
static void test_param_check_numbers_beyond_list_length_do_not_count(void **state)
{
    (void)state;
    sample config;
    pp_param_defaults(&table, &config);
    config.list.value[config.list.n] = 1e9;
    assert_int_equal(pp_param_check(&table, &config, NULL), PP_OK);
}

static void check_real_table(const pp_param_table *real)
{
    static union {
        max_align_t align;
        char bytes[4096];
    } config;
    pp_error error = {0};
    assert_true(real->size <= sizeof config);
    pp_param_defaults(real, &config);
    assert_int_equal(pp_param_check(real, &config, &error), PP_OK);
    for (size_t i = 0; i < real->n_rows; i++) {
        const pp_param *row = &real->rows[i];
        assert_ptr_equal(pp_param_find(real, row->name), row); // names are unique
        assert_true(row->offset < real->size);
        assert_non_null(row->unit);
        assert_non_null(row->doc);
        assert_non_null(row->citation);
        assert_true(row->type != PP_PARAM_ENUM || row->names);
    }
}

static void test_param_real_tables_are_complete_and_accept_their_defaults(void **state)
{
    (void)state;
    const pp_param_table *const tables[] = {
        &pp_market_table, &pp_inflation_table, &pp_choice_table,   &pp_published_table,
        &pp_book_table,   &pp_pricing_table,   &pp_portfolio_table};
    for (size_t i = 0; i < PP_COUNT(tables); i++)
        check_real_table(tables[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_param_defaults_fill_every_type),
        cmocka_unit_test(test_param_defaults_that_are_not_given_are_empty),
        cmocka_unit_test(test_param_defaults_of_long_list_stop_at_capacity),
        cmocka_unit_test(test_param_find_unknown_name_is_null),
        cmocka_unit_test(test_param_range_ends_are_closed_unless_open),
        cmocka_unit_test(test_param_range_refuses_nan_and_infinity),
        cmocka_unit_test(test_param_range_text_reads_as_people_write_it),
        cmocka_unit_test(test_param_range_text_small_buffer_is_cut),
        cmocka_unit_test(test_param_check_defaults_pass),
        cmocka_unit_test(test_param_check_names_table_row_value_and_range),
        cmocka_unit_test(test_param_check_refuses_nan_unless_optional),
        cmocka_unit_test(test_param_check_refuses_unknown_choice),
        cmocka_unit_test(test_param_check_numbers_beyond_list_length_do_not_count),
        cmocka_unit_test(test_param_real_tables_are_complete_and_accept_their_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

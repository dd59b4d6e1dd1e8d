/// Feature schemas: columns, names, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/schema.h"

static pp_schema *empty(void)
{
    pp_schema *schema = calloc(1, sizeof *schema);
    assert_non_null(schema);
    return schema;
}

/// A name of that length.
static const char *long_name(size_t length)
{
    static char text[2 * PP_NAME_MAX];
    memset(text, 'n', length);
    text[length] = 0;
    return text;
}

static void test_schema_features_and_levels_columns_in_order(void **state)
{
    (void)state;
    const char *const levels[] = {"red", "green", "blue"};
    pp_schema *s = empty();
    assert_int_equal(pp_schema_add(s, "age", "years", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_add_levels(s, "colour", levels, 3, NULL), PP_OK);
    assert_int_equal(pp_schema_add(s, "married", "1", PP_BINARY, NULL), PP_OK);
    assert_int_equal(s->n_features, 3);
    assert_int_equal(s->n_columns, 5);
    const char *const columns[] = {"age", "colour=red", "colour=green", "colour=blue", "married"};
    const int feature[] = {0, 1, 1, 1, 2};
    for (int j = 0; j < 5; j++) {
        assert_string_equal(s->columns[j].name, columns[j]);
        assert_int_equal(s->columns[j].feature, feature[j]);
        assert_int_equal(s->columns[j].bounds, j == 0 ? PP_BOUNDS_QUANTILES : PP_BOUNDS_BINARY);
        assert_int_equal(pp_schema_column(s, columns[j]), j);
    }
    const pp_feature *colour = &s->features[1];
    assert_string_equal(colour->name, "colour");
    assert_int_equal(colour->kind, PP_CATEGORICAL);
    assert_int_equal(colour->first_column, 1);
    assert_int_equal(colour->n_columns, 3);
    assert_string_equal(s->features[0].unit, "years");
    assert_int_equal(s->features[2].first_column, 4);
    free(s);
}

static void test_schema_look_up_unknown_minus_one(void **state)
{
    (void)state;
    const char *const levels[] = {"1", "2"};
    pp_schema *s = empty();
    assert_int_equal(pp_schema_column(s, "age"), -1);
    assert_int_equal(pp_schema_feature(s, "age"), -1);
    assert_int_equal(pp_schema_add_levels(s, "place", levels, 2, NULL), PP_OK);
    assert_int_equal(pp_schema_feature(s, "place"), 0);
    assert_int_equal(pp_schema_column(s, "place"), -1); // a feature, not a column
    assert_int_equal(pp_schema_feature(s, "place=1"), -1);
    assert_int_equal(pp_schema_column(s, "place=3"), -1);
    assert_int_equal(pp_schema_column(s, "place="), -1);
    assert_int_equal(pp_schema_column(s, ""), -1);
    free(s);
}

static void test_schema_name_twice_einval(void **state)
{
    (void)state;
    const char *const levels[] = {"a"};
    pp_schema *s = empty();
    pp_error error = {0};
    assert_int_equal(pp_schema_add(s, "age", "1", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_add(s, "age", "1", PP_BINARY, &error), PP_EINVAL);
    assert_string_equal(error.message, "feature 'age' is named twice");
    assert_int_equal(pp_schema_add_levels(s, "age", levels, 1, NULL), PP_EINVAL);
    assert_int_equal(s->n_columns, 1);
    assert_int_equal(s->n_features, 1);
    free(s);
}

static void test_schema_most_columns_ok_one_more_einval(void **state)
{
    (void)state;
    pp_schema *s = empty();
    pp_error error = {0};
    char name[16];
    for (int j = 0; j < PP_MAX_FEATURES; j++) {
        snprintf(name, sizeof name, "x%d", j);
        assert_int_equal(pp_schema_add(s, name, "1", PP_NUMERIC, NULL), PP_OK);
    }
    assert_int_equal(s->n_columns, PP_MAX_FEATURES);
    assert_int_equal(pp_schema_add(s, "one_more", "1", PP_NUMERIC, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "'one_more': more than 256"));
    assert_int_equal(pp_schema_column(s, "x255"), 255);
    free(s);
}

static void test_schema_most_levels_ok_one_more_einval(void **state)
{
    (void)state;
    static char text[PP_MAX_FEATURES + 1][16];
    const char *levels[PP_MAX_FEATURES + 1];
    pp_error error = {0};
    for (int j = 0; j <= PP_MAX_FEATURES; j++) {
        snprintf(text[j], sizeof text[j], "%d", j);
        levels[j] = text[j];
    }
    pp_schema *s = empty();
    assert_int_equal(pp_schema_add_levels(s, "area", levels, PP_MAX_FEATURES, NULL), PP_OK);
    assert_int_equal(pp_schema_column(s, "area=255"), 255);
    free(s);
    s = empty();
    assert_int_equal(pp_schema_add_levels(s, "area", levels, PP_MAX_FEATURES + 1, &error),
                     PP_EINVAL);
    assert_non_null(strstr(error.message, "'area': more than 256"));
    assert_int_equal(s->n_columns, 0);
    free(s);
}

static void test_schema_no_levels_einval(void **state)
{
    (void)state;
    const char *const none[] = {NULL};
    pp_schema *s = empty();
    pp_error error = {0};
    assert_int_equal(pp_schema_add_levels(s, "area", none, 0, &error), PP_EINVAL);
    assert_string_equal(error.message, "feature 'area' has no levels");
    free(s);
}

static void test_schema_longest_names_ok_longer_einval(void **state)
{
    (void)state;
    pp_schema *s = empty();
    pp_error error = {0};
    assert_int_equal(pp_schema_add(s, long_name(PP_NAME_MAX - 1), "1", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_column(s, long_name(PP_NAME_MAX - 1)), 0);
    assert_int_equal(pp_schema_add(s, long_name(PP_NAME_MAX), "1", PP_NUMERIC, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "too long"));
    assert_int_equal(pp_schema_add(s, "x", "a unit of 16 chr", PP_NUMERIC, NULL), PP_EINVAL);
    assert_int_equal(s->n_columns, 1);
    free(s);
}

static void test_schema_longest_level_ok_longer_einval(void **state)
{
    (void)state;
    const char *level = long_name(PP_NAME_MAX - 3); // "f=" and the final NUL take three
    pp_schema *s = empty();
    pp_error error = {0};
    assert_int_equal(pp_schema_add_levels(s, "f", &level, 1, NULL), PP_OK);
    free(s);
    s = empty();
    level = long_name(PP_NAME_MAX - 2);
    assert_int_equal(pp_schema_add_levels(s, "f", &level, 1, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "is too long"));
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_features_and_levels_columns_in_order),
        cmocka_unit_test(test_schema_look_up_unknown_minus_one),
        cmocka_unit_test(test_schema_name_twice_einval),
        cmocka_unit_test(test_schema_most_columns_ok_one_more_einval),
        cmocka_unit_test(test_schema_most_levels_ok_one_more_einval),
        cmocka_unit_test(test_schema_no_levels_einval),
        cmocka_unit_test(test_schema_longest_names_ok_longer_einval),
        cmocka_unit_test(test_schema_longest_level_ok_longer_einval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

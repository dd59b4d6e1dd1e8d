#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/write.h"
#include "market/base/text.h"

static char field[256];

/// A stream into `field`; close it with close_field.
static FILE *open_field(void)
{
    FILE *out = fmemopen(field, sizeof field, "w");
    assert_non_null(out);
    return out;
}

static const char *close_field(FILE *out)
{
    putc('\0', out);
    fclose(out);
    return field;
}

static const char *text(const char *value)
{
    FILE *out = open_field();
    pp_csv_put_text(out, value);
    return close_field(out);
}

static const char *real(double value)
{
    FILE *out = open_field();
    pp_csv_put_real(out, value);
    return close_field(out);
}

static const char *integer(int64_t value)
{
    FILE *out = open_field();
    pp_csv_put_integer(out, value);
    return close_field(out);
}

static void test_csv_real_is_short(void **state)
{
    (void)state;
    assert_string_equal(real(0.1), "0.1");
    assert_string_equal(real(-2.5), "-2.5");
    assert_string_equal(real(100), "100");
    assert_string_equal(real(0), "0");
    assert_string_equal(real(-0.0), "-0");
    assert_string_equal(real(1.0 / 3), "0.3333333333333333");
    assert_string_equal(real(0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(real(1e300), "1e+300");
    assert_string_equal(real(999999999999999), "999999999999999");
    assert_string_equal(real(NAN), "");
    assert_string_equal(real(INFINITY), "Inf");
    assert_string_equal(real(-INFINITY), "-Inf");
}

static void reads_back(double value)
{
    double back = pp_parse_real(real(value), NULL);
    assert_memory_equal(&back, &value, sizeof value);
    assert_true(strlen(field) <= 24);
}

static void test_csv_real_reads_back_the_same(void **state)
{
    (void)state;
    uint64_t bits = 0x9E3779B97F4A7C15u;
    const double special[] = {DBL_MAX, DBL_MIN, 4.9e-324, 1e15, 1e16, 9007199254740993.0,
                              1e22,    1e23};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        reads_back(special[i]);
        reads_back(-special[i]);
    }
    for (int i = 0; i < 100000; i++) {
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            reads_back(value);
        reads_back((double)(bits >> 20) / 1e4);
    }
}

static void test_csv_integer_is_exact(void **state)
{
    (void)state;
    assert_string_equal(integer(0), "0");
    assert_string_equal(integer(-7), "-7");
    assert_string_equal(integer(9007199254740993), "9007199254740993");
    assert_string_equal(integer(INT64_MAX), "9223372036854775807");
    assert_string_equal(integer(INT64_MIN), "-9223372036854775808");
}

static void test_csv_text_is_quoted_where_it_must_be(void **state)
{
    (void)state;
    assert_string_equal(text("plain text"), "plain text");
    assert_string_equal(text(""), "");
    assert_string_equal(text("a,b"), "\"a,b\"");
    assert_string_equal(text("say \"no\""), "\"say \"\"no\"\"\"");
    assert_string_equal(text("two\nlines"), "\"two\nlines\"");
    assert_string_equal(text("a\rb"), "\"a\rb\"");
    assert_string_equal(text("=1+1"), "=1+1");
}

static void test_csv_formula_is_recognised(void **state)
{
    (void)state;
    assert_true(pp_csv_is_formula("=1+1"));
    assert_true(pp_csv_is_formula("+a"));
    assert_true(pp_csv_is_formula("-a"));
    assert_true(pp_csv_is_formula("@a"));
    assert_false(pp_csv_is_formula(""));
    assert_false(pp_csv_is_formula("a=1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_real_is_short),
        cmocka_unit_test(test_csv_real_reads_back_the_same),
        cmocka_unit_test(test_csv_integer_is_exact),
        cmocka_unit_test(test_csv_text_is_quoted_where_it_must_be),
        cmocka_unit_test(test_csv_formula_is_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

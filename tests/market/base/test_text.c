/// Numbers as text. Runs a second time in a locale with a decimal comma.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/json.h"
#include "market/base/param.h"
#include "market/base/text.h"

static void test_text_parse_point_is_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
        size_t read;
    } cases[] = {{"0.08", 0.08, 4}, {"-1.5e-3,", -1.5e-3, 7}, {"2,5", 2, 1},
                 {" 1", 1, 2},      {"1e400", INFINITY, 5},   {"", 0, 0},
                 {"x", 0, 0}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        char *end;
        assert_true(pp_parse_real(cases[i].text, &end) == cases[i].value);
        assert_int_equal(end - cases[i].text, cases[i].read);
        assert_true(pp_parse_real(cases[i].text, NULL) == cases[i].value);
    }
}

static void test_text_format_real_is_short_with_a_point(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1000, "1000"},
                 {1e20, "1e+20"},
                 {1.5e-7, "1.5e-07"},
                 {-0.0, "-0"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {INFINITY, "inf"},
                 {-DBL_MAX, "-1.7976931348623157e+308"},
                 {1.0 / 3, "0.3333333333333333"}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        char text[PP_REAL_MAX];
        assert_string_equal(pp_format_real(cases[i].value, text), cases[i].text);
    }
}

static void test_text_format_real_reads_back_and_leaves_errno(void **state)
{
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        char text[PP_REAL_MAX];
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        errno = EIO;
        pp_format_real(i == 0 ? 4.9e-324 : value, text);
        assert_int_equal(errno, EIO);
        if (i > 0 && isfinite(value) && pp_parse_real(text, NULL) != value)
            fail_msg("%a became %s", value, text);
    }
}

static void test_text_print_has_a_point(void **state)
{
    (void)state;
    char text[64];
    assert_int_equal(pp_print(text, sizeof text, "%.3g to %g", 2.0 / 3, 1.5), 12);
    assert_string_equal(text, "0.667 to 1.5");
    pp_error error = {0};
    pp_error_set(&error, PP_EINVAL, "%g is odd", 2.5);
    assert_string_equal(error.message, "2.5 is odd");
}

static void test_text_json_number_has_a_point(void **state)
{
    (void)state;
    pp_json json = {0};
    pp_json_open(&json, NULL, '[');
    pp_json_number(&json, NULL, 0.1);
    pp_json_number(&json, NULL, NAN);
    pp_json_close(&json, ']');
    char *text = pp_buffer_take(&json.out);
    assert_string_equal(text, "[\n  0.1,\n  null\n]\n");
    free(text);
}

static void test_text_json_string_is_utf8(void **state)
{
    (void)state;
    pp_json json = {0};
    pp_json_open(&json, NULL, '[');
    pp_json_string(&json, NULL, "\"\xc3\xa9\xff\xe2\x80\x01\n\\");
    pp_json_open(&json, NULL, '{');
    pp_json_close(&json, '}');
    pp_json_string(&json, NULL, NULL);
    pp_json_close(&json, ']');
    char *text = pp_buffer_take(&json.out);
    assert_string_equal(
        text, "[\n  \"\\\"\xc3\xa9\\uFFFD\\uFFFD\\uFFFD\\u0001\\u000A\\\\\",\n  {},\n  null\n]\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_parse_point_is_decimal),
        cmocka_unit_test(test_text_format_real_is_short_with_a_point),
        cmocka_unit_test(test_text_format_real_reads_back_and_leaves_errno),
        cmocka_unit_test(test_text_print_has_a_point),
        cmocka_unit_test(test_text_json_number_has_a_point),
        cmocka_unit_test(test_text_json_string_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

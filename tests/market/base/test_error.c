/// @file
/// market/base/error.h: texts of statuses, and which failure a pp_error keeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "market/base/error.h"

static const pp_status statuses[] = {
#define STATUS(code, text) code,
    PP_STATUS_LIST(STATUS)
#undef STATUS
};
enum { N_STATUSES = sizeof statuses / sizeof *statuses };

static void test_error_every_status_has_its_own_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_STATUSES; i++) {
        const char *text = pp_status_text(statuses[i]);
        assert_non_null(text);
        assert_true(strlen(text) > 0);
        assert_string_not_equal(text, "unknown status");
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text, pp_status_text(statuses[j]));
    }
}

/// The numbers are ABI: plugins and callers were compiled with them.
static void test_error_status_numbers_stay(void **state)
{
    (void)state;
    assert_int_equal(PP_OK, 0);
    assert_int_equal(PP_EINVAL, 1);
    assert_int_equal(PP_ENOMEM, 2);
    assert_int_equal(PP_ESCENARIO, 3);
    assert_int_equal(PP_EIO, 4);
    assert_int_equal(PP_EEXIST, 5);
    assert_int_equal(PP_EFORMAT, 6);
    assert_int_equal(PP_ENUMERIC, 7);
    assert_int_equal(PP_EINTERRUPTED, 8);
}

static void test_error_unknown_status_text_is_not_null(void **state)
{
    (void)state;
    assert_string_equal(pp_status_text((pp_status)N_STATUSES), "unknown status");
    assert_string_equal(pp_status_text((pp_status)1000000), "unknown status");
    assert_string_equal(pp_status_text((pp_status)-1), "unknown status");
}

static void test_error_set_returns_status_and_formats(void **state)
{
    (void)state;
    pp_error error = {0};
    assert_int_equal(pp_error_set(&error, PP_EFORMAT, "%s:%d", "book.csv", 17), PP_EFORMAT);
    assert_int_equal(error.status, PP_EFORMAT);
    assert_string_equal(error.message, "book.csv:17");
}

static void test_error_set_twice_keeps_first(void **state)
{
    (void)state;
    pp_error error = {0};
    pp_error_set(&error, PP_EIO, "the cause");
    assert_int_equal(pp_error_set(&error, PP_EINVAL, "its effect"), PP_EINVAL);
    assert_int_equal(error.status, PP_EIO);
    assert_string_equal(error.message, "the cause");
}

static void test_error_null_detail_returns_status(void **state)
{
    (void)state;
    assert_int_equal(pp_error_set(NULL, PP_ENOMEM, "%d bytes", 8), PP_ENOMEM);
}

static void test_error_long_message_is_cut_and_terminated(void **state)
{
    (void)state;
    static char text[2 * PP_ERROR_MAX];
    struct {
        pp_error error;
        char after[16];
    } guarded = {.after = "untouched"};
    memset(text, 'x', sizeof text - 1);
    pp_error_set(&guarded.error, PP_EINVAL, "%s", text);
    assert_int_equal(strlen(guarded.error.message), PP_ERROR_MAX - 1);
    assert_string_equal(guarded.after, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_every_status_has_its_own_text),
        cmocka_unit_test(test_error_status_numbers_stay),
        cmocka_unit_test(test_error_unknown_status_text_is_not_null),
        cmocka_unit_test(test_error_set_returns_status_and_formats),
        cmocka_unit_test(test_error_set_twice_keeps_first),
        cmocka_unit_test(test_error_null_detail_returns_status),
        cmocka_unit_test(test_error_long_message_is_cut_and_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

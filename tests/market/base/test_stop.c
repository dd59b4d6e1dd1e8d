/// market/base/stop.h: the flag that ends a run early.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "market/base/stop.h"

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may set it");

static void test_stop_flag_that_is_absent_or_zero_does_not_stop(void **state)
{
    (void)state;
    const pp_stop_flag flag = 0;
    pp_error error = {0};
    assert_false(pp_stopped(NULL));
    assert_false(pp_stopped(&flag));
    assert_int_equal(pp_stop_check(NULL, &error), PP_OK);
    assert_int_equal(pp_stop_check(&flag, &error), PP_OK);
    assert_int_equal(error.status, PP_OK);
}

static void test_stop_flag_that_is_set_interrupts(void **state)
{
    (void)state;
    const pp_stop_flag flag = 1;
    pp_error error = {0};
    assert_true(pp_stopped(&flag));
    assert_int_equal(pp_stop_check(&flag, &error), PP_EINTERRUPTED);
    assert_string_equal(error.message, "interrupted");
}

static void *set_flag(void *flag)
{
    *(pp_stop_flag *)flag = 1;
    return NULL;
}

/// ThreadSanitizer would report a flag that is not read atomically.
static void test_stop_flag_set_by_a_thread_is_seen_without_a_race(void **state)
{
    (void)state;
    pp_stop_flag flag = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, set_flag, &flag), 0);
    while (!pp_stopped(&flag))
        sched_yield();
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_flag_that_is_absent_or_zero_does_not_stop),
        cmocka_unit_test(test_stop_flag_that_is_set_interrupts),
        cmocka_unit_test(test_stop_flag_set_by_a_thread_is_seen_without_a_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

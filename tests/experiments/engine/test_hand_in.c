/// experiments/engine/hand_in.h: turns in order whatever the order in which trials end, a slow
/// thread that does not hold the others up, failures and their ends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <omp.h>
#include <string.h>
#include <unistd.h>

#include "experiments/engine/hand_in.h"
#include "tests/support/results_fixture.h"

enum { THREADS = 3, TRIALS = 60 };

typedef struct turns {
    int64_t seen[TRIALS];
    size_t n;
    int64_t fails; ///< trial whose turn fails; -1 for none
} turns;

static bool take_turn(void *context, int64_t trial, pp_status status, const pp_record *record,
                      pp_error *cause)
{
    turns *t = context;
    (void)cause;
    if (!record || t->n == TRIALS)
        return false;
    t->seen[t->n++] = trial;
    return status == PP_OK && trial != t->fails;
}

static pp_hand_in *create(const pp_results_layout *layout, int64_t first, int threads, turns *t)
{
    pp_hand_in *h = NULL;
    *t = (turns){.fails = -1};
    assert_int_equal(pp_hand_in_create(layout, first, TRIALS, threads, take_turn, t, &h, NULL),
                     PP_OK);
    return h;
}

/// Work through all trials; those of `failing` and later fail. @return trials taken
static int64_t work(pp_hand_in *h, int threads, int64_t failing)
{
    int64_t taken = 0;
#pragma omp parallel num_threads(threads) reduction(+ : taken)
    {
        int64_t trial;
        pp_record *record;
        pp_error cause = {0};
        for (; pp_hand_in_take(h, &trial, &record, &cause); taken++) {
            usleep((useconds_t)(trial * 7919 % 13) * 100); // they end in another order
            pp_hand_in_give(h, trial, trial >= failing ? PP_ENUMERIC : PP_OK, &cause);
        }
    }
    return taken;
}

static void in_order(const turns *t, int64_t first, size_t n)
{
    assert_int_equal(t->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(t->seen[i], first + (int64_t)i);
}

static void test_hand_in_turns_are_in_order(void **state)
{
    (void)state;
    const pp_results_layout layout = fixture_layout(TRIALS, 0, 5);
    for (int threads = 1; threads <= 5; threads++)
        for (int64_t first = 0; first <= TRIALS; first += 20) {
            turns t;
            pp_hand_in *h = create(&layout, first, threads, &t);
            assert_int_equal(work(h, threads, TRIALS), TRIALS - first);
            in_order(&t, first, (size_t)(TRIALS - first));
            pp_hand_in_destroy(h);
        }
}

/// The first trial ends only once every other record is waiting for it. If a thread waited for its
/// own trial's turn, this would not end.
static void test_hand_in_slow_trial_holds_up_no_thread(void **state)
{
    (void)state;
    const pp_results_layout layout = fixture_layout(TRIALS, 0, 5);
    const int records = (int)pp_hand_in_records(pp_record_bytes(&layout), THREADS);
    turns t;
    pp_hand_in *h = create(&layout, 0, THREADS, &t);
    int given = 0;
    assert_int_equal(records, 3 * THREADS);
#pragma omp parallel num_threads(THREADS)
    {
        int64_t trial;
        pp_record *record;
        pp_error cause = {0};
        while (pp_hand_in_take(h, &trial, &record, &cause)) {
            for (int others = 0; trial == 0 && others < records - 1; usleep(100)) {
#pragma omp atomic read
                others = given;
            }
            pp_hand_in_give(h, trial, PP_OK, &cause);
#pragma omp atomic update
            given++;
        }
    }
    in_order(&t, 0, TRIALS);
    pp_hand_in_destroy(h);
}

static void test_hand_in_first_failure_is_the_last_turn(void **state)
{
    (void)state;
    const pp_results_layout layout = fixture_layout(TRIALS, 0, 5);
    for (int threads = 1; threads <= 4; threads++)
        for (int of_turn = 0; of_turn < 2; of_turn++) {
            turns t;
            pp_hand_in *h = create(&layout, 0, threads, &t);
            t.fails = of_turn ? 17 : -1;
            int64_t taken = work(h, threads, of_turn ? TRIALS : 17);
            in_order(&t, 0, 18);
            assert_true(taken >= 18 && taken < 18 + 3 * threads);
            pp_hand_in_destroy(h);
        }
}

static void test_hand_in_large_records_are_fewer(void **state)
{
    (void)state;
    assert_int_equal(pp_hand_in_records(1000, 4), 12);
    assert_int_equal(pp_hand_in_records((size_t)8 << 20, 4), 8);
    assert_int_equal(pp_hand_in_records((size_t)1 << 30, 4), 4);
    pp_hand_in_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hand_in_turns_are_in_order),
        cmocka_unit_test(test_hand_in_slow_trial_holds_up_no_thread),
        cmocka_unit_test(test_hand_in_first_failure_is_the_last_turn),
        cmocka_unit_test(test_hand_in_large_records_are_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

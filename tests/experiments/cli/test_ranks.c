/// Ranks without MPI: here each is a thread, and what they say to each other goes through memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/ranks/ranks.h"
#include "experiments/cli/ranks/transport.h"
#include "market/base/clock.h"

enum { RANKS_MAX = 4, NUMBERS = 500, TOO_LONG = 120 };

// --- a transport of threads ----------------------------------------------------------------------

static struct world {
    int size;
    int turn; ///< next thread to join is this rank
    pthread_barrier_t all;
    pthread_mutex_t lock;
    int highest;
    int64_t sums[PP_RANKS_OUTCOMES];
    char first[64];
    cpu_set_t sets[RANKS_MAX];
    bool asking[RANKS_MAX], leaving[RANKS_MAX], answered[RANKS_MAX];
    int told[RANKS_MAX][PP_RANKS_OUTCOMES];
    int64_t number[RANKS_MAX];
} world;

static _Thread_local int me;

/// cmocka's assertions are for the main thread alone.
static atomic_int n_wrong;

static void check(bool right)
{
    if (!right)
        atomic_fetch_add(&n_wrong, 1);
}

static void together(void)
{
    pthread_barrier_wait(&world.all);
}

static int highest(int value)
{
    pthread_mutex_lock(&world.lock);
    if (value > world.highest)
        world.highest = value;
    pthread_mutex_unlock(&world.lock);
    together();
    int all = world.highest;
    together();
    if (me == 0)
        world.highest = 0;
    together();
    return all;
}

static void sum(int64_t *values, int n)
{
    pthread_mutex_lock(&world.lock);
    for (int i = 0; i < n; i++)
        world.sums[i] += values[i];
    pthread_mutex_unlock(&world.lock);
    together();
    memcpy(values, world.sums, (size_t)n * sizeof *values);
    together();
    if (me == 0)
        memset(world.sums, 0, sizeof world.sums);
    together();
}

static void from_first(void *data, size_t size)
{
    check(size <= sizeof world.first);
    if (me == 0)
        memcpy(world.first, data, size);
    together();
    memcpy(data, world.first, size);
    together();
}

static void neighbour_processors(const cpu_set_t *own, cpu_set_t *sets)
{
    world.sets[me] = *own;
    together();
    memcpy(sets, world.sets, (size_t)world.size * sizeof *sets);
    together();
}

static bool asked(pp_ranks_question *question)
{
    bool found = false;
    pthread_mutex_lock(&world.lock);
    for (int i = 1; i < world.size && !found; i++)
        if (world.asking[i]) {
            found = true;
            world.asking[i] = false;
            *question = (pp_ranks_question){.rank = i, .leaving = world.leaving[i]};
            memcpy(question->told, world.told[i], sizeof question->told);
        }
    pthread_mutex_unlock(&world.lock);
    return found;
}

static void answer(int rank, int64_t number)
{
    pthread_mutex_lock(&world.lock);
    world.number[rank] = number;
    world.answered[rank] = true;
    pthread_mutex_unlock(&world.lock);
}

static int64_t ask(const int *told, bool leaving)
{
    int64_t number = -1;
    bool there = false;
    pthread_mutex_lock(&world.lock);
    memcpy(world.told[me], told, sizeof world.told[me]);
    world.leaving[me] = leaving;
    world.asking[me] = true;
    pthread_mutex_unlock(&world.lock);
    while (!there) {
        pthread_mutex_lock(&world.lock);
        there = world.answered[me];
        number = world.number[me];
        if (there)
            world.answered[me] = false;
        pthread_mutex_unlock(&world.lock);
        if (!there)
            pp_clock_nap(1);
    }
    return number;
}

bool pp_mpi_launched(void)
{
    return world.size > 0;
}

pp_status pp_mpi_join(pp_ranks_transport *transport, pp_error *error)
{
    (void)error;
    pthread_mutex_lock(&world.lock);
    me = world.turn++;
    pthread_mutex_unlock(&world.lock);
    *transport = (pp_ranks_transport){.rank = me,
                                      .size = world.size,
                                      .neighbours = world.size,
                                      .leave = together,
                                      .highest = highest,
                                      .sum = sum,
                                      .from_first = from_first,
                                      .neighbour_processors = neighbour_processors,
                                      .asked = asked,
                                      .answer = answer,
                                      .ask = ask};
    return PP_OK;
}

static void (*act_of_all)(pp_ranks *ranks);

static void *one_rank(void *unused)
{
    pp_ranks *ranks;
    check(pp_ranks_join(false, &ranks, NULL) == PP_OK);
    act_of_all(ranks);
    pp_ranks_leave(ranks);
    return unused;
}

/// Run `act` on so many ranks at once, each joined and left.
static void on_ranks(int size, void (*act)(pp_ranks *ranks))
{
    pthread_t threads[RANKS_MAX];
    memset(&world, 0, sizeof world);
    world.size = size;
    act_of_all = act;
    pthread_mutex_init(&world.lock, NULL);
    pthread_barrier_init(&world.all, NULL, (unsigned)size);
    alarm(TOO_LONG); // a rank that waits for ever fails the test
    for (int i = 0; i < size; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_rank, NULL), 0);
    for (int i = 0; i < size; i++)
        pthread_join(threads[i], NULL);
    alarm(0);
    pthread_barrier_destroy(&world.all);
    pthread_mutex_destroy(&world.lock);
    world.size = 0;
    assert_int_equal(atomic_load(&n_wrong), 0);
}

// --- processors ----------------------------------------------------------------------------------

static cpu_set_t processors(int from, int to)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = from; cpu < to; cpu++)
        CPU_SET(cpu, &set);
    return set;
}

static void test_ranks_share_of_processors_all_have_is_divided(void **state)
{
    (void)state;
    cpu_set_t all = processors(0, 9), sets[] = {all, all, all};
    assert_int_equal(pp_ranks_share(&all, sets, 3), 3);
    assert_int_equal(pp_ranks_share(&all, sets, 2), 4);
    assert_int_equal(pp_ranks_share(&all, sets, 1), 9);
}

static void test_ranks_share_of_processors_of_its_own_is_all_of_them(void **state)
{
    (void)state;
    cpu_set_t sets[] = {processors(0, 4), processors(4, 6), processors(0, 8)};
    assert_int_equal(pp_ranks_share(&sets[0], sets, 2), 4);
    assert_int_equal(pp_ranks_share(&sets[1], sets, 2), 2);
    assert_int_equal(pp_ranks_share(&sets[2], sets, 3), 5); // two of its own, six halves
}

static void test_ranks_share_is_at_least_one(void **state)
{
    (void)state;
    cpu_set_t one = processors(3, 4), none = processors(0, 0), sets[] = {one, one, one};
    assert_int_equal(pp_ranks_share(&one, sets, 3), 1);
    assert_int_equal(pp_ranks_share(&none, sets, 3), 1);
}

// --- one rank ------------------------------------------------------------------------------------

static pp_ranks *alone(const pp_ranks_plan *plan)
{
    pp_ranks *ranks;
    assert_int_equal(pp_ranks_join(false, &ranks, NULL), PP_OK);
    assert_int_equal(pp_ranks_start(ranks, plan, NULL), PP_OK);
    return ranks;
}

static void test_ranks_alone_is_given_every_number_in_order(void **state)
{
    (void)state;
    pp_ranks *ranks = alone(&(pp_ranks_plan){.n = 3});
    size_t number;
    int64_t count[PP_RANKS_OUTCOMES];
    for (size_t i = 0; i < 3; i++) {
        assert_true(pp_ranks_next(ranks, &number));
        assert_int_equal(number, i);
        pp_ranks_tell(ranks, i < 2 ? 1 : 2);
    }
    assert_false(pp_ranks_next(ranks, &number));
    pp_ranks_finish(ranks, NULL, NULL);
    pp_ranks_outcomes(ranks, count);
    assert_int_equal(count[1], 2);
    assert_int_equal(count[2], 1);
    assert_int_equal(pp_ranks_rank(ranks), 0);
    assert_int_equal(pp_ranks_size(ranks), 1);
    assert_int_equal(pp_ranks_processors(ranks), 0);
    assert_int_equal(pp_ranks_highest(ranks, 75), 75);
    assert_true(pp_ranks_same(ranks, "abc", 3));
    pp_ranks_leave(ranks);
}

static void test_ranks_alone_stopped_is_given_no_more(void **state)
{
    (void)state;
    pp_stop_flag stop = 0;
    pp_ranks *ranks = alone(&(pp_ranks_plan){.n = 3, .stop = &stop, .stop_after = 1U << 5});
    size_t number;
    assert_true(pp_ranks_next(ranks, &number));
    pp_ranks_tell(ranks, 4);
    assert_true(pp_ranks_next(ranks, &number));
    pp_ranks_tell(ranks, 5);
    assert_false(pp_ranks_next(ranks, &number));
    assert_false(pp_ranks_next(ranks, &number));
    pp_ranks_leave(ranks);
    ranks = alone(&(pp_ranks_plan){.n = 3, .stop = &stop});
    assert_true(pp_ranks_next(ranks, &number));
    stop = 1;
    assert_false(pp_ranks_next(ranks, &number));
    pp_ranks_leave(ranks);
}

// --- several -------------------------------------------------------------------------------------

static atomic_int given[NUMBERS], n_done, n_waited;
static pp_stop_flag never;
static int holder; ///< rank that is given the long number

static void clear(void)
{
    for (int i = 0; i < NUMBERS; i++)
        atomic_store(&given[i], 0);
    atomic_store(&n_done, 0);
    atomic_store(&n_waited, 0);
}

static void count_waiting(void *unused)
{
    (void)unused;
    atomic_fetch_add(&n_waited, 1);
}

static void start(pp_ranks *ranks, unsigned stop_after)
{
    const pp_ranks_plan plan = {.n = NUMBERS, .stop = &never, .stop_after = stop_after};
    check(pp_ranks_start(ranks, &plan, NULL) == PP_OK);
}

static void take_all(pp_ranks *ranks)
{
    size_t number;
    int64_t count[PP_RANKS_OUTCOMES], own = 0;
    start(ranks, 0);
    while (pp_ranks_next(ranks, &number)) {
        atomic_fetch_add(&given[number], 1);
        pp_ranks_tell(ranks, number % 5 ? 0 : 1);
        own++;
    }
    pp_ranks_finish(ranks, NULL, NULL);
    pp_ranks_outcomes(ranks, count);
    if (pp_ranks_rank(ranks) == 0) {
        check(count[0] == (NUMBERS - NUMBERS / 5));
        check(count[1] == (NUMBERS / 5));
    }
    pp_ranks_sum(ranks, &own, 1);
    check(own == NUMBERS);
}

static void test_ranks_together_are_given_each_number_once(void **state)
{
    (void)state;
    for (int size = 1; size <= RANKS_MAX; size++) {
        clear();
        on_ranks(size, take_all);
        for (int i = 0; i < NUMBERS; i++)
            assert_int_equal(atomic_load(&given[i]), 1);
    }
}

/// The holder takes a number first and keeps it until all the rest are done.
static void hold_one(pp_ranks *ranks)
{
    size_t number;
    start(ranks, 0);
    bool holds = pp_ranks_rank(ranks) == holder;
    while (!holds && atomic_load(&n_done) == 0)
        pp_clock_nap(1);
    while (pp_ranks_next(ranks, &number)) {
        int done = atomic_fetch_add(&n_done, 1) + 1;
        while (holds && done < NUMBERS) {
            pp_clock_nap(1);
            done = atomic_load(&n_done);
        }
    }
    pp_ranks_finish(ranks, count_waiting, NULL);
}

static void test_ranks_with_a_long_number_hold_up_nobody(void **state)
{
    (void)state;
    for (holder = 0; holder < 3; holder++) {
        clear();
        on_ranks(3, hold_one);
        assert_int_equal(atomic_load(&n_done), NUMBERS);
    }
}

static void leave_early(pp_ranks *ranks)
{
    size_t number;
    start(ranks, 0);
    bool leaves = pp_ranks_rank(ranks) != 1;
    while (pp_ranks_next(ranks, &number)) {
        atomic_fetch_add(&n_done, 1);
        pp_ranks_tell(ranks, 0);
        if (leaves)
            break;
        // Long enough for rank 0 to be waiting.
        while (atomic_load(&n_waited) == 0)
            pp_clock_nap(1);
    }
    pp_ranks_finish(ranks, count_waiting, NULL);
    int64_t count[PP_RANKS_OUTCOMES];
    pp_ranks_outcomes(ranks, count);
    check(pp_ranks_rank(ranks) > 0 || count[0] == NUMBERS);
}

static void test_ranks_that_leave_early_leave_the_rest_to_others(void **state)
{
    (void)state;
    clear();
    on_ranks(RANKS_MAX, leave_early);
    assert_int_equal(atomic_load(&n_done), NUMBERS);
    assert_true(atomic_load(&n_waited) > 0);
}

static int teller;

/// One rank tells of an outcome that stops all.
static void stop_all(pp_ranks *ranks)
{
    size_t number;
    start(ranks, 1U << 3);
    while (pp_ranks_next(ranks, &number)) {
        atomic_fetch_add(&n_done, 1);
        pp_ranks_tell(ranks, pp_ranks_rank(ranks) == teller ? 3 : 0);
        pp_clock_nap(5);
    }
    pp_ranks_finish(ranks, NULL, NULL);
}

static void test_ranks_stop_after_an_outcome_stops_all(void **state)
{
    (void)state;
    for (teller = 0; teller < 3; teller++) {
        clear();
        on_ranks(3, stop_all);
        assert_true(atomic_load(&n_done) >= 1);
        assert_true(atomic_load(&n_done) < NUMBERS);
    }
}

static void agree(pp_ranks *ranks)
{
    int rank = pp_ranks_rank(ranks);
    int64_t values[] = {rank, 1};
    check(pp_ranks_size(ranks) == 3);
    check(pp_ranks_highest(ranks, rank == 1 ? 75 : rank) == 75);
    check(pp_ranks_highest(ranks, 0) == 0);
    pp_ranks_sum(ranks, values, 2);
    check(values[0] == 3);
    check(values[1] == 3);
    check(pp_ranks_same(ranks, "abcd", 4));
    check(pp_ranks_same(ranks, rank == 2 ? "abcx" : "abcd", 4) == (rank != 2));
    check(pp_ranks_processors(ranks) >= 1);
}

static void test_ranks_collective_functions_tell_all_the_same(void **state)
{
    (void)state;
    on_ranks(3, agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranks_share_of_processors_all_have_is_divided),
        cmocka_unit_test(test_ranks_share_of_processors_of_its_own_is_all_of_them),
        cmocka_unit_test(test_ranks_share_is_at_least_one),
        cmocka_unit_test(test_ranks_alone_is_given_every_number_in_order),
        cmocka_unit_test(test_ranks_alone_stopped_is_given_no_more),
        cmocka_unit_test(test_ranks_together_are_given_each_number_once),
        cmocka_unit_test(test_ranks_with_a_long_number_hold_up_nobody),
        cmocka_unit_test(test_ranks_that_leave_early_leave_the_rest_to_others),
        cmocka_unit_test(test_ranks_stop_after_an_outcome_stops_all),
        cmocka_unit_test(test_ranks_collective_functions_tell_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

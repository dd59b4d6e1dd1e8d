/// pricing/history.h: the ring of epochs, what a firm may see, and means of rival offers.
#include "tests/support/pricing_fixture.h"

#include <gsl/gsl_sort.h>

enum { FIRMS = 7, COLUMNS = 2, MAX_FIRMS = 8 };

/// A customer's round: every number is told from every other by its round.
typedef struct quotes {
    double features[COLUMNS], unit[MAX_FIRMS], multiplier[MAX_FIRMS], propensity[MAX_FIRMS];
    double offer[MAX_FIRMS];
} quotes;

static quotes quotes_of(double round)
{
    quotes q = {.features = {round, -round}};
    for (int f = 0; f < MAX_FIRMS; f++) {
        q.unit[f] = 100 + 10 * f + round;
        q.multiplier[f] = 1.8 - 0.2 * f; // the higher its number, the cheaper a firm
        q.propensity[f] = 0.01 * (f + 1) + round;
        q.offer[f] = q.multiplier[f] * q.unit[f];
    }
    return q;
}

static void add(pp_histories *histories, size_t n_firms, double round, int32_t choice)
{
    quotes q = quotes_of(round);
    int32_t rank[MAX_FIRMS];
    const double *features[COLUMNS] = {&q.features[0], &q.features[1]};
    pp_rank_batch(q.offer, 1, 1, n_firms, rank);
    const pp_history_block block = {1,       features, q.unit, q.multiplier, q.propensity,
                                    q.offer, rank,     &choice};
    pp_histories_add(histories, &block, 0, 1);
}

static pp_histories *create(size_t n_firms, size_t epochs, size_t rows, pp_observe observe)
{
    pp_histories *histories = NULL;
    assert_int_equal(pp_histories_create(COLUMNS, n_firms, epochs, rows, observe, &histories, NULL),
                     PP_OK);
    assert_non_null(histories);
    return histories;
}

/// One epoch whose rounds are numbered from `first`.
static void add_epoch(pp_histories *histories, size_t rows, double first)
{
    pp_histories_epoch(histories);
    for (size_t i = 0; i < rows; i++)
        add(histories, FIRMS, first + (double)i, (int32_t)i);
}

static void test_history_rows_hold_what_was_added(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 2, 3, PP_OBSERVE_ALL);
    add_epoch(histories, 3, 1);
    for (size_t f = 0; f < FIRMS; f++) {
        pp_history view;
        pp_histories_view(histories, f, &view);
        assert_int_equal(view.n, 3);
        assert_int_equal(view.n_columns, COLUMNS);
        assert_int_equal(view.n_firms, FIRMS);
        assert_int_equal(view.observe, PP_OBSERVE_ALL);
        for (size_t i = 0; i < 3; i++) {
            quotes q = quotes_of(1 + (double)i);
            assert_true(view.features[0][i] == q.features[0] &&
                        view.features[1][i] == q.features[1]);
            assert_true(view.unit[i] == q.unit[f]);
            assert_true(view.multiplier[i] == q.multiplier[f]);
            assert_true(view.propensity[i] == q.propensity[f]);
            assert_int_equal(view.sold[i], i == f); // choice i in round i
        }
    }
    pp_histories_destroy(histories);
}

static void test_history_batch_element_with_stride_taken(void **state)
{
    (void)state;
    enum { STRIDE = 4 };
    double features[COLUMNS][STRIDE], estimates[2 * STRIDE], multipliers[2 * STRIDE];
    double offers[2 * STRIDE], propensities[2 * STRIDE];
    int32_t rank[2 * STRIDE], choice[STRIDE] = {0, 0, 1, 0};
    const double *columns[COLUMNS] = {features[0], features[1]};
    for (int i = 0; i < 2 * STRIDE; i++) {
        features[i / STRIDE][i % STRIDE] = i;
        estimates[i] = 10 + i;
        multipliers[i] = 20 + i;
        propensities[i] = 30 + i;
        offers[i] = 40 - i;
    }
    pp_histories *histories = create(2, 1, 1, PP_OBSERVE_OWN_RANK);
    pp_histories_epoch(histories);
    pp_rank_batch(offers, STRIDE, STRIDE, 2, rank);
    const pp_history_block block = {STRIDE,       columns, estimates, multipliers,
                                    propensities, offers,  rank,      choice};
    pp_histories_add(histories, &block, 2, 1);
    pp_history view;
    pp_histories_view(histories, 1, &view);
    assert_true(view.features[0][0] == 2 && view.features[1][0] == 6);
    assert_true(view.unit[0] == 16 && view.multiplier[0] == 26 && view.propensity[0] == 36);
    assert_true(view.rank[0] == 1); // 34 against 38
    assert_int_equal(view.sold[0], 1);
    pp_histories_destroy(histories);
}

static void test_history_walk_away_sold_by_none(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 1, 1, PP_OBSERVE_ALL);
    pp_histories_epoch(histories);
    add(histories, FIRMS, 1, FIRMS);
    for (size_t f = 0; f < FIRMS; f++) {
        pp_history view;
        pp_histories_view(histories, f, &view);
        assert_int_equal(view.sold[0], 0);
    }
    pp_histories_destroy(histories);
}

static void test_history_ring_oldest_epoch_makes_room(void **state)
{
    (void)state;
    enum { ROWS = 3, EPOCHS = 2 };
    pp_histories *histories = create(FIRMS, EPOCHS, ROWS, PP_OBSERVE_ALL);
    pp_history view;
    pp_histories_view(histories, 0, &view);
    assert_int_equal(view.n, 0);
    for (int epoch = 0; epoch < 5; epoch++) {
        add_epoch(histories, ROWS, 100.0 * epoch);
        pp_histories_view(histories, 0, &view);
        int kept = epoch == 0 ? 1 : EPOCHS;
        assert_int_equal(view.n, kept * ROWS);
        // Which epochs are there, each once, in whatever order, rows together.
        for (int back = 0; back < kept; back++) {
            size_t at = (size_t)((epoch - back) % EPOCHS) * ROWS;
            for (size_t i = 0; i < ROWS; i++)
                assert_true(view.features[0][at + i] == 100.0 * (epoch - back) + (double)i);
        }
    }
    pp_histories_destroy(histories);
}

static void test_history_clear_forgets_all(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 2, 3, PP_OBSERVE_ALL);
    pp_history view;
    add_epoch(histories, 3, 1);
    add_epoch(histories, 3, 4);
    pp_histories_clear(histories);
    pp_histories_view(histories, 3, &view);
    assert_int_equal(view.n, 0);
    add_epoch(histories, 3, 700);
    pp_histories_view(histories, 3, &view);
    assert_int_equal(view.n, 3);
    assert_true(view.features[0][0] == 700);
    pp_histories_destroy(histories);
}

static void test_history_clear_in_mid_epoch_starts_anew(void **state)
{
    (void)state;
    // An interrupted trial leaves an unfinished epoch behind.
    pp_histories *histories = create(FIRMS, 2, 3, PP_OBSERVE_ALL);
    pp_history view;
    pp_histories_epoch(histories);
    add(histories, FIRMS, 1, 0);
    pp_histories_clear(histories);
    add_epoch(histories, 3, 50);
    pp_histories_view(histories, 0, &view);
    assert_int_equal(view.n, 3);
    assert_true(view.features[0][0] == 50 && view.features[0][2] == 52);
    pp_histories_destroy(histories);
}

static void test_history_all_offers_shows_rank_and_rivals(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 1, 1, PP_OBSERVE_ALL);
    pp_histories_epoch(histories);
    add(histories, FIRMS, 1, 0);
    quotes q = quotes_of(1);
    for (int f = 0; f < FIRMS; f++) {
        const int top[PP_RIVALS] = {1, 3, 5};
        pp_history view;
        pp_histories_view(histories, (size_t)f, &view);
        assert_true(view.rank[0] == FIRMS - f); // the last firm is the cheapest
        for (int r = 0; r < PP_RIVALS; r++) {
            double sum = 0;
            for (int g = FIRMS - 1, taken = 0; taken < top[r]; g--)
                if (g != f) {
                    sum += q.offer[g];
                    taken++;
                }
            assert_close(view.rivals[r][0], sum / top[r] / q.unit[f], 1e-14);
        }
    }
    pp_histories_destroy(histories);
}

static void test_history_fewer_rivals_than_five_averages_all(void **state)
{
    (void)state;
    pp_histories *histories = create(3, 1, 1, PP_OBSERVE_ALL);
    pp_history view;
    pp_histories_epoch(histories);
    add(histories, 3, 2, 0);
    quotes q = quotes_of(2);
    pp_histories_view(histories, 0, &view);
    assert_close(view.rivals[0][0], q.offer[2] / q.unit[0], 1e-14);
    assert_close(view.rivals[1][0], (q.offer[1] + q.offer[2]) / 2 / q.unit[0], 1e-14);
    assert_close(view.rivals[2][0], view.rivals[1][0], 0);
    pp_histories_destroy(histories);
}

static void test_history_lone_firm_has_finite_rivals(void **state)
{
    (void)state;
    pp_histories *histories = create(1, 1, 1, PP_OBSERVE_ALL);
    pp_history view;
    pp_histories_epoch(histories);
    add(histories, 1, 2, 1);
    pp_histories_view(histories, 0, &view);
    assert_int_equal(view.n_firms, 1);
    assert_true(view.rank[0] == 1);
    for (int r = 0; r < PP_RIVALS; r++)
        assert_true(view.rivals[r][0] == 1);
    pp_histories_destroy(histories);
}

/// The plain way: take the firm out, sort, average. @param offer [n_firms][stride]
static double rivals_mean(const double *offer, size_t stride, size_t n_firms, size_t firm,
                          size_t top)
{
    double rivals[40], sum = 0;
    size_t n = 0;
    for (size_t f = 0; f < n_firms; f++)
        if (f != firm)
            rivals[n++] = offer[f * stride];
    gsl_sort(rivals, 1, n);
    top = top < n ? top : n;
    for (size_t r = 0; r < top; r++)
        sum += rivals[r];
    return sum / (double)top;
}

/// More customers than are worked on at a time, ties included.
static void test_history_block_rivals_same_as_plain_search(void **state)
{
    (void)state;
    enum { MOST = 40, CUSTOMERS = 300, APART = 310, FIRST = 3 };
    static double offers[MOST * APART], ones[MOST * APART], features[COLUMNS][APART];
    static int32_t rank[MOST * APART], choice[APART];
    const double *columns[COLUMNS] = {features[0], features[1]};
    const pp_history_block block = {APART, columns, ones, ones, ones, offers, rank, choice};
    const pp_stream stream = {.seed = 7};
    for (size_t i = 0; i < MOST * APART; i++)
        ones[i] = 1;
    for (size_t n = 2; n <= MOST; n++) {
        pp_histories *histories = create(n, 1, CUSTOMERS, PP_OBSERVE_ALL);
        pp_random_uniform(&stream, PP_DRAW_AGENT, 0, APART, 0, (uint32_t)n, APART, offers);
        for (size_t i = 0; i < n * APART && n % 2; i++)
            offers[i] = 1 + floor(5 * offers[i]);
        pp_rank_batch(offers, APART, APART, n, rank);
        pp_histories_epoch(histories);
        pp_histories_add(histories, &block, FIRST, CUSTOMERS);
        for (size_t f = 0; f < n; f++) {
            pp_history view;
            pp_histories_view(histories, f, &view);
            for (size_t i = 0; i < CUSTOMERS; i++)
                for (size_t r = 0; r < PP_RIVALS; r++)
                    assert_close(view.rivals[r][i],
                                 rivals_mean(offers + FIRST + i, APART, n, f, 2 * r + 1),
                                 1e-14 * 6);
        }
        pp_histories_destroy(histories);
    }
}

static void test_history_own_rank_hides_rivals(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 1, 1, PP_OBSERVE_OWN_RANK);
    pp_history view;
    add_epoch(histories, 1, 1);
    pp_histories_view(histories, 2, &view);
    assert_int_equal(view.observe, PP_OBSERVE_OWN_RANK);
    assert_non_null(view.rank);
    assert_true(view.rank[0] == FIRMS - 2);
    for (int r = 0; r < PP_RIVALS; r++)
        assert_null(view.rivals[r]);
    pp_histories_destroy(histories);
}

static void test_history_own_sale_hides_rank_and_rivals(void **state)
{
    (void)state;
    pp_histories *histories = create(FIRMS, 1, 1, PP_OBSERVE_OWN_SALE);
    pp_history view;
    memset(&view, 0xa5, sizeof view); // nothing may be left as it was
    add_epoch(histories, 1, 1);
    pp_histories_view(histories, 0, &view);
    assert_int_equal(view.observe, PP_OBSERVE_OWN_SALE);
    assert_null(view.rank);
    for (int r = 0; r < PP_RIVALS; r++)
        assert_null(view.rivals[r]);
    assert_int_equal(view.sold[0], 1); // what it sold it knows
    pp_histories_destroy(histories);
}

static void test_history_more_than_memory_refused(void **state)
{
    (void)state;
    pp_histories *histories = (pp_histories *)&histories;
    pp_error error = {0};
    assert_int_equal(
        pp_histories_create(COLUMNS, FIRMS, 4, (size_t)1 << 45, PP_OBSERVE_ALL, &histories, &error),
        PP_ENOMEM);
    assert_null(histories);
    assert_int_equal(error.status, PP_ENOMEM);
    assert_non_null(strstr(error.message, "140737488355328 rows of 7 firms"));
}

static void test_history_destroy_null_ignored(void **state)
{
    (void)state;
    pp_histories_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_rows_hold_what_was_added),
        cmocka_unit_test(test_history_batch_element_with_stride_taken),
        cmocka_unit_test(test_history_walk_away_sold_by_none),
        cmocka_unit_test(test_history_ring_oldest_epoch_makes_room),
        cmocka_unit_test(test_history_clear_forgets_all),
        cmocka_unit_test(test_history_clear_in_mid_epoch_starts_anew),
        cmocka_unit_test(test_history_all_offers_shows_rank_and_rivals),
        cmocka_unit_test(test_history_fewer_rivals_than_five_averages_all),
        cmocka_unit_test(test_history_lone_firm_has_finite_rivals),
        cmocka_unit_test(test_history_block_rivals_same_as_plain_search),
        cmocka_unit_test(test_history_own_rank_hides_rivals),
        cmocka_unit_test(test_history_own_sale_hides_rank_and_rivals),
        cmocka_unit_test(test_history_more_than_memory_refused),
        cmocka_unit_test(test_history_destroy_null_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

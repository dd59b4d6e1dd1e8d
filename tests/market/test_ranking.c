/// Ranks of offers against qsort, means of rivals' offers against plain search.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/choice.h"

#include "tests/support/checks.h"

enum { STRIDE = 3, AT = 1 };

typedef struct board {
    size_t n;
    double offers[PP_MAX_FIRMS * STRIDE];
    int32_t order[PP_MAX_FIRMS], rank[PP_MAX_FIRMS];
    double price[PP_MAX_FIRMS];
    pp_ranking ranking;
} board;

/// N firms' offers, among few distinct prices if `ties`.
static void deal(board *b, size_t n, bool ties, uint32_t round)
{
    const pp_stream stream = {.seed = 5};
    pp_gsl_random random;
    pp_gsl_random_init(&random, &stream, PP_DRAW_AGENT, round);
    b->n = n;
    for (size_t i = 0; i < n * STRIDE; i++) {
        double u = gsl_rng_uniform(&random.rng);
        b->offers[i] = ties ? 100 + floor(5 * u) : 100 + 900 * u;
    }
    b->ranking = (pp_ranking){b->order, b->rank, b->price};
}

typedef struct quote {
    double price;
    int32_t firm;
} quote;

static int cheaper(const void *a, const void *b)
{
    const quote *x = a, *y = b;
    int by_price = (x->price > y->price) - (x->price < y->price);
    return by_price ? by_price : (x->firm > y->firm) - (x->firm < y->firm);
}

static void assert_same_as_qsort(board *b)
{
    static quote sorted[PP_MAX_FIRMS];
    for (size_t f = 0; f < b->n; f++)
        sorted[f] = (quote){b->offers[f * STRIDE + AT], (int32_t)f};
    qsort(sorted, b->n, sizeof *sorted, cheaper);
    pp_rank(b->offers, STRIDE, AT, b->n, &b->ranking);
    for (size_t r = 0; r < b->n; r++) {
        assert_int_equal(b->order[r], sorted[r].firm);
        assert_int_equal(b->rank[sorted[r].firm], r);
        assert_true(b->price[r] == sorted[r].price);
    }
}

static void test_ranking_up_to_100_firms_same_as_qsort(void **state)
{
    (void)state;
    static board b;
    for (size_t n = 1; n <= 100; n++)
        for (uint32_t round = 0; round < 10; round++) {
            deal(&b, n, round % 2, round);
            assert_same_as_qsort(&b);
        }
}

static void test_ranking_most_firms_same_as_qsort(void **state)
{
    (void)state;
    static board b;
    for (int ties = 0; ties < 2; ties++) {
        deal(&b, PP_MAX_FIRMS, ties, 1);
        assert_same_as_qsort(&b);
    }
}

static void test_ranking_sorted_reversed_and_equal_offers_same_as_qsort(void **state)
{
    (void)state;
    static board b;
    for (size_t n = 1; n <= 100; n++)
        for (int slope = -1; slope <= 1; slope++) {
            deal(&b, n, false, 0);
            for (size_t f = 0; f < n; f++)
                b.offers[f * STRIDE + AT] = 1000 + slope * (double)f;
            assert_same_as_qsort(&b);
        }
}

static void test_ranking_equal_offers_rank_by_firm(void **state)
{
    (void)state;
    static board b;
    const double offers[] = {20, 10, 20, 10};
    const int32_t rank[] = {2, 0, 3, 1};
    deal(&b, 4, false, 0);
    for (size_t f = 0; f < 4; f++)
        b.offers[f * STRIDE + AT] = offers[f];
    pp_rank(b.offers, STRIDE, AT, 4, &b.ranking);
    assert_memory_equal(b.rank, rank, sizeof rank);
}

/// Ranks of many customers at once.
static void test_ranking_batch_same_as_one_by_one(void **state)
{
    (void)state;
    enum { CUSTOMERS = 37, APART = 40, MANY = 200 };
    static double offers[MANY][APART];
    static int32_t rank[MANY][APART], order[MANY], of_firm[MANY];
    static double price[MANY];
    const pp_stream stream = {.seed = 6};
    pp_ranking one = {order, of_firm, price};
    for (size_t n = 1; n <= MANY; n += n < 10 ? 1 : 59) {
        pp_random_uniform(&stream, PP_DRAW_AGENT, 0, CUSTOMERS, 0, (uint32_t)n, APART, offers[0]);
        for (size_t f = 0; f < n && n % 2; f++)
            for (size_t i = 0; i < CUSTOMERS; i++)
                offers[f][i] = floor(5 * offers[f][i]); // ties
        pp_rank_batch(offers[0], APART, CUSTOMERS, n, rank[0]);
        for (size_t i = 0; i < CUSTOMERS; i++) {
            pp_rank(offers[0], APART, i, n, &one);
            for (size_t f = 0; f < n; f++)
                assert_int_equal(one.rank[f], rank[f][i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranking_up_to_100_firms_same_as_qsort),
        cmocka_unit_test(test_ranking_most_firms_same_as_qsort),
        cmocka_unit_test(test_ranking_sorted_reversed_and_equal_offers_same_as_qsort),
        cmocka_unit_test(test_ranking_equal_offers_rank_by_firm),
        cmocka_unit_test(test_ranking_batch_same_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

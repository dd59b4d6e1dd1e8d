/// The generator: published vectors, the meaning of every coordinate, and the law of its uniforms.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#endif

#include "market/market_kernels.h"
#include "market/random.h"

#include "tests/support/checks.h"

enum { ROUNDS = 1000, LANES = 11, MANY = 1 << 18 };

static const pp_stream stream = {.seed = 20240816, .trial = 3, .epoch = 5};

/// philox4x32 10 of Random123's kat_vectors.
static const struct known_answer {
    uint32_t counter[4], key[2], word[4];
} known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
     {UINT32_MAX, UINT32_MAX},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static double uniform_of(uint32_t word)
{
    return ((double)word + 0.5) / 4294967296.0;
}

static double *reals(size_t n)
{
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    return x;
}

static void test_random_gsl_published_vectors_same_words(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof known_answers / sizeof *known_answers; k++) {
        const struct known_answer *known = &known_answers[k];
        pp_gsl_state of = {.used = 4};
        memcpy(of.counter, known->counter, sizeof of.counter);
        memcpy(of.key, known->key, sizeof of.key);
        gsl_rng rng = {.type = pp_gsl_philox, .state = &of};
        for (int j = 0; j < 4; j++)
            assert_int_equal(gsl_rng_get(&rng), known->word[j]);
    }
}

static void test_random_philox_equals_random123(void **state)
{
    (void)state;
#if __has_include(<Random123/philox.h>)
    uint32_t x[6] = {1};
    for (int i = 0; i < 10000; i++) {
        for (int j = 0; j < 6; j++) // another pattern of bits in each
            x[j] = (x[(j + 5) % 6] ^ (uint32_t)i) * UINT32_C(2654435761) + (uint32_t)j;
        philox4x32_ctr_t counter = {{x[0], x[1], x[2], x[3]}};
        philox4x32_key_t key = {{x[4], x[5]}};
        philox4x32_ctr_t word = philox4x32(counter, key);
        pp_philox(x + 4, x);
        assert_memory_equal(x, word.v, sizeof word.v);
    }
#else
    skip();
#endif
}

static void test_random_uniform_published_zero_vector_same_words(void **state)
{
    (void)state;
    const pp_stream zero = {0};
    double u[4];
    pp_random_uniform(&zero, PP_DRAW_CUSTOMER, 0, 1, 0, 4, 1, u);
    for (int j = 0; j < 4; j++)
        assert_true(u[j] == uniform_of(known_answers[0].word[j]));
}

static void test_random_uniform_published_pi_vector_same_words(void **state)
{
    (void)state;
    // The counter's third word, 0x13198a2e, is epoch 0x198a2e of the purpose numbered 0x13.
    const pp_stream pi = {
        .seed = UINT64_C(0x299f31d0a4093822), .trial = 0x03707344, .epoch = 0x198a2e};
    double u[4];
    pp_random_uniform(&pi, (pp_purpose)0x13, 0x85a308d3, 1, 4 * 0x243f6a88u, 4, 1, u);
    for (int j = 0; j < 4; j++)
        assert_true(u[j] == uniform_of(known_answers[2].word[j]));
}

static void test_random_uniform_in_pieces_same_values(void **state)
{
    (void)state;
    static double whole[LANES][ROUNDS], pieces[LANES][ROUNDS];
    pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 7, ROUNDS, 0, LANES, ROUNDS, whole[0]);
    for (size_t at = 0, size = 1; at < ROUNDS; at += size, size = 1 + size * 2 % 97) {
        size_t n = ROUNDS - at < size ? ROUNDS - at : size;
        pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 7 + (uint32_t)at, n, 0, LANES, ROUNDS,
                          pieces[0] + at);
    }
    assert_memory_equal(whole, pieces, sizeof whole);
}

static void test_random_uniform_block_by_block_same_values(void **state)
{
    (void)state;
    static double whole[LANES][ROUNDS], blocks[LANES][ROUNDS];
    pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 0, ROUNDS, 0, LANES, ROUNDS, whole[0]);
    for (uint32_t lane = 0; lane < LANES; lane += 4)
        pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 0, ROUNDS, lane,
                          LANES - lane < 4 ? LANES - lane : 4, ROUNDS, blocks[lane]);
    assert_memory_equal(whole, blocks, sizeof whole);
}

static void test_random_uniform_fewer_lanes_same_values_nothing_else_written(void **state)
{
    (void)state;
    static double whole[LANES][ROUNDS], some[LANES][ROUNDS];
    pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 0, ROUNDS, 0, LANES, ROUNDS, whole[0]);
    for (uint32_t lanes = 0; lanes <= LANES; lanes++) {
        memset(some, 0, sizeof some);
        pp_random_uniform(&stream, PP_DRAW_ESTIMATE, 0, ROUNDS - 1, 0, lanes, ROUNDS, some[0]);
        for (uint32_t lane = 0; lane < LANES; lane++)
            for (size_t i = 0; i < ROUNDS; i++)
                assert_true(some[lane][i] == (lane < lanes && i < ROUNDS - 1 ? whole[lane][i] : 0));
    }
}

static void test_random_uniform_rounds_wrap_no_neighbour_changes(void **state)
{
    (void)state;
    double across[2], zero;
    pp_random_uniform(&stream, PP_DRAW_CUSTOMER, UINT32_MAX, 2, 0, 1, 2, across);
    pp_random_uniform(&stream, PP_DRAW_CUSTOMER, 0, 1, 0, 1, 1, &zero);
    assert_true(across[1] == zero);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void test_random_every_coordinate_changes_the_stream(void **state)
{
    (void)state;
    // 12 streams of 4 x 1000 uniforms. Words repeat by chance 0.27 times per 48,000; more than 8
    // repeats has probability 1e-10, one stream twice would give 4000.
    enum { STREAMS = 12, PER = 4 * ROUNDS };
    const struct {
        pp_stream stream;
        pp_purpose purpose;
        uint32_t round, lane;
    } at[STREAMS] = {
        {{1, 0, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{2, 0, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{UINT64_C(1) << 32, 0, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{1 | UINT64_C(1) << 63, 0, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{1, 1, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{1, UINT32_MAX, 0}, PP_DRAW_CUSTOMER, 0, 0},
        {{1, 0, 1}, PP_DRAW_CUSTOMER, 0, 0},
        {{1, 0, (1 << 24) - 1}, PP_DRAW_CUSTOMER, 0, 0},
        {{1, 0, 0}, PP_DRAW_INDEX, 0, 0},
        {{1, 0, 0}, PP_DRAW_REPORT, 0, 0},
        {{1, 0, 0}, PP_DRAW_CUSTOMER, ROUNDS, 0},
        {{1, 0, 0}, PP_DRAW_CUSTOMER, 0, 4},
    };
    double *u = reals(STREAMS * PER);
    for (size_t s = 0; s < STREAMS; s++)
        pp_random_uniform(&at[s].stream, at[s].purpose, at[s].round, ROUNDS, at[s].lane, 4, ROUNDS,
                          u + s * PER);
    qsort(u, STREAMS * PER, sizeof *u, compare);
    int repeats = 0;
    for (size_t i = 1; i < STREAMS * PER; i++)
        repeats += u[i] == u[i - 1];
    assert_true(repeats <= 8);
    free(u);
}

static void test_random_uniform_extreme_words_strictly_inside(void **state)
{
    (void)state;
    pp_gsl_state of = {.word = {0, UINT32_MAX, 1, 0x80000000}};
    gsl_rng rng = {.type = pp_gsl_philox, .state = &of};
    assert_true(gsl_rng_uniform(&rng) == 0x1p-33);
    assert_true(gsl_rng_uniform(&rng) == 1 - 0x1p-33);
    assert_true(gsl_rng_uniform(&rng) == 0x3p-33);
    assert_true(gsl_rng_uniform(&rng) == 0.5 + 0x1p-33);
}

static void test_random_uniform_law(void **state)
{
    (void)state;
    enum { CELLS = 256, SIDE = 16 };
    double *u = reals(4 * (size_t)MANY), count[CELLS] = {0};
    pp_random_uniform(&stream, PP_DRAW_CHOICE, 0, MANY, 0, 4, MANY, u);
    for (size_t i = 0; i < 4 * (size_t)MANY; i++) {
        assert_true(u[i] > 0 && u[i] < 1);
        count[(int)(u[i] * CELLS)]++;
    }
    assert_likely(even_p(count, CELLS));
    assert_likely(mean_p(u, 4 * (size_t)MANY, 0.5, 1.0 / 12));
    assert_likely(variance_p(u, 4 * (size_t)MANY, 0.5, 1.0 / 12));
    // Neighbouring rounds, neighbouring lanes.
    for (size_t step = 1; step <= MANY; step *= MANY) {
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < MANY; i += 2)
            count[(int)(u[i] * SIDE) * SIDE + (int)(u[i + step] * SIDE)]++;
        assert_likely(even_p(count, CELLS));
    }
    assert_likely(ks_uniform_p(u, 4 * (size_t)MANY));
    free(u);
}

static void test_random_gsl_sequence_is_lanes_in_order(void **state)
{
    (void)state;
    double u[LANES];
    pp_gsl_random random;
    pp_random_uniform(&stream, PP_DRAW_PORTFOLIO, 42, 1, 0, LANES, 1, u);
    pp_gsl_random_init(&random, &stream, PP_DRAW_PORTFOLIO, 42);
    for (int j = 0; j < LANES; j++)
        assert_true(gsl_rng_uniform(&random.rng) == u[j]);
}

static void test_random_gsl_type_says_what_it_is(void **state)
{
    (void)state;
    pp_gsl_random random;
    pp_gsl_random_init(&random, &stream, PP_DRAW_REPORT, 0);
    assert_string_equal(gsl_rng_name(&random.rng), "Philox4x32-10");
    assert_int_equal(gsl_rng_min(&random.rng), 0);
    assert_int_equal(gsl_rng_max(&random.rng), UINT32_MAX);
    assert_int_equal(gsl_rng_size(&random.rng), sizeof(pp_gsl_state));
}

static void test_random_gsl_set_uses_all_bits_of_the_seed(void **state)
{
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(pp_gsl_philox);
    assert_non_null(rng);
    gsl_rng_set(rng, 0);
    assert_int_equal(gsl_rng_get(rng), known_answers[0].word[0]);
    gsl_rng_set(rng, 7);
    unsigned long low = gsl_rng_get(rng);
    gsl_rng_set(rng, 7 | 1UL << 40);
    assert_true(gsl_rng_get(rng) != low);
    gsl_rng_set(rng, 7);
    assert_int_equal(gsl_rng_get(rng), low);
    gsl_rng_free(rng);
}

static void test_random_gsl_samplers_follow_their_laws(void **state)
{
    (void)state;
    enum { N = 100000, SIDES = 13 };
    pp_gsl_random random;
    double *x = reals(N), count[SIDES] = {0};
    pp_gsl_random_init(&random, &stream, PP_DRAW_AGENT, 0);
    for (int i = 0; i < N; i++)
        x[i] = gsl_cdf_ugaussian_P(gsl_ran_gaussian(&random.rng, 1));
    assert_likely(ks_uniform_p(x, N));
    for (int i = 0; i < N; i++)
        x[i] = gsl_cdf_exponential_P(gsl_ran_exponential(&random.rng, 3), 3);
    assert_likely(ks_uniform_p(x, N));
    for (int i = 0; i < N; i++)
        x[i] = gsl_cdf_gamma_P(gsl_ran_gamma(&random.rng, 2.5, 1), 2.5, 1);
    assert_likely(ks_uniform_p(x, N));
    for (int i = 0; i < N; i++)
        count[gsl_rng_uniform_int(&random.rng, SIDES)]++;
    assert_likely(even_p(count, SIDES));
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_gsl_published_vectors_same_words),
        cmocka_unit_test(test_random_philox_equals_random123),
        cmocka_unit_test(test_random_uniform_published_zero_vector_same_words),
        cmocka_unit_test(test_random_uniform_published_pi_vector_same_words),
        cmocka_unit_test(test_random_uniform_in_pieces_same_values),
        cmocka_unit_test(test_random_uniform_block_by_block_same_values),
        cmocka_unit_test(test_random_uniform_fewer_lanes_same_values_nothing_else_written),
        cmocka_unit_test(test_random_uniform_rounds_wrap_no_neighbour_changes),
        cmocka_unit_test(test_random_every_coordinate_changes_the_stream),
        cmocka_unit_test(test_random_uniform_extreme_words_strictly_inside),
        cmocka_unit_test(test_random_uniform_law),
        cmocka_unit_test(test_random_gsl_sequence_is_lanes_in_order),
        cmocka_unit_test(test_random_gsl_type_says_what_it_is),
        cmocka_unit_test(test_random_gsl_set_uses_all_bits_of_the_seed),
        cmocka_unit_test(test_random_gsl_samplers_follow_their_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/// Portfolios: targets, membership, loss and the words for them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pricing/portfolio.h"

#include "tests/support/checks.h"

static pp_portfolio_config defaults(void)
{
    pp_portfolio_config config;
    pp_param_defaults(&pp_portfolio_table, &config);
    return config;
}

static void start(pp_gsl_random *random, uint32_t round)
{
    const pp_stream stream = {.seed = 8};
    pp_gsl_random_init(random, &stream, PP_DRAW_TARGET, round);
}

/// n categories without bounds or targets.
static pp_portfolio *make_portfolio(size_t n)
{
    pp_portfolio *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->n_categories = n;
    p->loss_scale = 2000;
    for (size_t k = 0; k < n; k++)
        p->categories[k].target_given = p->categories[k].target_multiple = p->target[k] = NAN;
    return p;
}

// ---- targets ----

static void test_portfolio_aim_small_average_only_grows(void **state)
{
    (void)state;
    const double average[] = {0, 0.4, 0.5, 3.7, 9.75, 10};
    const double target[] = {1, 1, 2, 8, 20, 21};
    pp_portfolio_config config = defaults();
    pp_portfolio *p = make_portfolio(6);
    pp_gsl_random random;
    start(&random, 0);
    for (int draw = 0; draw < 200; draw++) {
        pp_portfolio_aim(p, &config, average, &random.rng);
        assert_memory_equal(p->target, target, sizeof target);
    }
    free(p);
}

static void test_portfolio_aim_large_average_grows_or_shrinks_evenly(void **state)
{
    (void)state;
    enum { DRAWS = 10000, K = 3 };
    const double average[K] = {10.25, 31, 76.5}, up[K] = {21, 63, 154}, down[K] = {6, 16, 39};
    double grown[K] = {0}, pairs[4] = {0};
    pp_portfolio_config config = defaults();
    pp_portfolio *p = make_portfolio(K);
    pp_gsl_random random;
    start(&random, 1);
    for (int draw = 0; draw < DRAWS; draw++) {
        pp_portfolio_aim(p, &config, average, &random.rng);
        for (int k = 0; k < K; k++) {
            assert_true(p->target[k] == up[k] || p->target[k] == down[k]);
            grown[k] += p->target[k] == up[k];
        }
        pairs[2 * (p->target[0] == up[0]) + (p->target[1] == up[1])]++;
    }
    for (int k = 0; k < K; k++)
        assert_likely(normal_p((grown[k] - DRAWS / 2.0) / sqrt(DRAWS / 4.0)));
    assert_likely(even_p(pairs, 4)); // categories turn independently
    free(p);
}

static void test_portfolio_aim_configured_rule(void **state)
{
    (void)state;
    const double average[] = {5, 8};
    pp_portfolio_config config = defaults();
    config.small_portfolio = 6;
    config.grow = 1.5;
    config.shrink = 0.3;
    pp_portfolio *p = make_portfolio(2);
    pp_gsl_random random;
    bool grown = false, shrunk = false;
    start(&random, 2);
    for (int draw = 0; draw < 100; draw++) {
        pp_portfolio_aim(p, &config, average, &random.rng);
        assert_true(p->target[0] == 8); // floor(7.5) + 1
        assert_true(p->target[1] == 13 || p->target[1] == 3);
        grown |= p->target[1] == 13;
        shrunk |= p->target[1] == 3;
    }
    assert_true(grown && shrunk);
    free(p);
}

static void test_portfolio_aim_named_targets_and_multiples_by_hand(void **state)
{
    (void)state;
    const double average[] = {100, 7, 7, 33, 0};
    pp_portfolio_config config = defaults();
    pp_portfolio *p = make_portfolio(5);
    pp_gsl_random random;
    p->categories[0].target_given = 12;
    p->categories[1].target_multiple = 1.5; // 10.5 rounds up
    p->categories[2].target_multiple = 1.2; // 8.4
    p->categories[3].target_given = 40;
    p->categories[3].target_multiple = 2; // a target given outright comes first
    p->categories[4].target_given = 0;
    start(&random, 3);
    pp_portfolio_aim(p, &config, average, &random.rng);
    const double target[] = {12, 11, 8, 40, 0};
    assert_memory_equal(p->target, target, sizeof target);
    free(p);
}

static void test_portfolio_aim_naming_one_leaves_the_others_draws(void **state)
{
    (void)state;
    enum { K = 12 };
    double average[K];
    pp_portfolio_config config = defaults();
    pp_portfolio *drawn = make_portfolio(K), *named = make_portfolio(K);
    pp_gsl_random random;
    for (int k = 0; k < K; k++)
        average[k] = 20 + k;
    named->categories[0].target_given = 5;
    named->categories[4].target_multiple = 3;
    start(&random, 4);
    pp_portfolio_aim(drawn, &config, average, &random.rng);
    start(&random, 4);
    pp_portfolio_aim(named, &config, average, &random.rng);
    for (int k = 0; k < K; k++)
        if (k != 0 && k != 4)
            assert_true(named->target[k] == drawn->target[k]);
    free(drawn);
    free(named);
}

// ---- membership ----

static bool inside(const pp_category *category, const double *const *features, size_t i)
{
    for (size_t b = 0; b < category->n_bounds; b++) {
        const pp_bound *bound = &category->bounds[b];
        if (features[bound->column][i] < bound->lower || features[bound->column][i] > bound->upper)
            return false;
    }
    return true;
}

static void test_portfolio_members_same_as_plain_search(void **state)
{
    (void)state;
    enum { N = 3000, COLUMNS = 6 };
    static double x[COLUMNS][N];
    static uint64_t mask[N];
    const double *features[COLUMNS];
    pp_portfolio *p = make_portfolio(PP_MAX_CATEGORIES);
    pp_gsl_random random;
    start(&random, 5);
    for (int j = 0; j < COLUMNS; j++) {
        features[j] = x[j];
        for (int i = 0; i < N; i++)
            x[j][i] = (double)gsl_rng_uniform_int(&random.rng, 10);
    }
    for (size_t k = 0; k < p->n_categories; k++) {
        p->categories[k].n_bounds = k % (PP_CATEGORY_BOUNDS + 1);
        for (size_t b = 0; b < p->categories[k].n_bounds; b++) {
            double lower = (double)gsl_rng_uniform_int(&random.rng, 5);
            p->categories[k].bounds[b] = (pp_bound){
                .column = (int)gsl_rng_uniform_int(&random.rng, COLUMNS),
                .lower = b % 4 == 3 ? -INFINITY : lower,
                .upper =
                    b % 4 == 2 ? INFINITY : lower + (double)gsl_rng_uniform_int(&random.rng, 9)};
        }
    }
    memset(mask, 0xff, sizeof mask); // must be overwritten
    pp_portfolio_members(p, features, N, mask);
    size_t members = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < PP_MAX_CATEGORIES; k++) {
            assert_int_equal(mask[i] >> k & 1, inside(&p->categories[k], features, i));
            members += mask[i] >> k & 1;
        }
    assert_true(members > N && members < (size_t)N * 60); // the question was not trivial
    free(p);
}

static void test_portfolio_members_bounds_inclusive(void **state)
{
    (void)state;
    const double age[] = {nextafter(16, 0), 16, 20, 29, nextafter(29, 100)}, *features[] = {age};
    const uint64_t expected[] = {0, 1, 1, 1, 0};
    uint64_t mask[5];
    pp_portfolio *p = make_portfolio(1);
    p->categories[0].n_bounds = 1;
    p->categories[0].bounds[0] = (pp_bound){0, 16, 29};
    pp_portfolio_members(p, features, 5, mask);
    assert_memory_equal(mask, expected, sizeof mask);
    free(p);
}

static void test_portfolio_members_no_category_nobody(void **state)
{
    (void)state;
    const double age[] = {1, 2}, *features[] = {age};
    uint64_t mask[2] = {7, 7};
    pp_portfolio *p = make_portfolio(0);
    pp_portfolio_members(p, features, 2, mask);
    assert_true(mask[0] == 0 && mask[1] == 0);
    free(p);
}

// ---- loss ----

static void test_portfolio_loss_by_hand(void **state)
{
    (void)state;
    const double held[] = {0, 5, 10, 8}, target[] = {0, 10, 5, 8};
    pp_portfolio *p = make_portfolio(4);
    memcpy(p->target, target, sizeof target);
    // 0 where both are 0, 1/2 short, 1/2 over, met.
    assert_close(pp_portfolio_loss(p, held), 2000 * (0 + 0.5 + 0.5 + 0) / 4, 1e-12);
    assert_close(pp_portfolio_loss(p, target), 0, 0);
    p->loss_scale = 300;
    assert_close(pp_portfolio_loss(p, held), 75, 1e-12);
    free(p);
}

static void test_portfolio_loss_all_missed_is_the_scale(void **state)
{
    (void)state;
    const double none[] = {0, 0, 0}, unwanted[] = {3, 1, 9};
    pp_portfolio *p = make_portfolio(3);
    for (int k = 0; k < 3; k++)
        p->target[k] = 4 + k;
    assert_close(pp_portfolio_loss(p, none), 2000, 0);
    memset(p->target, 0, sizeof p->target);
    assert_close(pp_portfolio_loss(p, unwanted), 2000, 0);
    assert_close(pp_portfolio_loss(p, none), 0, 0);
    free(p);
}

static void test_portfolio_loss_no_category_zero(void **state)
{
    (void)state;
    const double nothing = 0;
    pp_portfolio *p = make_portfolio(0);
    assert_close(pp_portfolio_loss(p, &nothing), 0, 0);
    free(p);
}

// ---- words ----

static pp_schema *make_schema(void)
{
    const char *const levels[] = {"north", "south"};
    pp_schema *schema = calloc(1, sizeof *schema);
    assert_non_null(schema);
    assert_int_equal(pp_schema_add(schema, "age", "years", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_add(schema, "married", "1", PP_BINARY, NULL), PP_OK);
    assert_int_equal(pp_schema_add_levels(schema, "place", levels, 2, NULL), PP_OK);
    return schema;
}

static void test_portfolio_text_each_kind_of_bound(void **state)
{
    (void)state;
    const struct {
        pp_bound bound;
        const char *text;
    } cases[] = {
        {{0, 16, 29}, "age in [16, 29]"},  {{0, 16.5, 1234567.25}, "age in [16.5, 1234567.25]"},
        {{0, 30, 30}, "age = 30"},         {{0, 65, INFINITY}, "age >= 65"},
        {{0, -INFINITY, 25}, "age <= 25"}, {{1, 1, 1}, "married = 1"},
        {{1, 0, 0}, "married = 0"},        {{3, 1, 1}, "place=south"},
        {{2, 0, 0}, "not place=north"},
    };
    pp_schema *schema = make_schema();
    for (size_t k = 0; k < PP_COUNT(cases); k++) {
        pp_category category = {.n_bounds = 1, .bounds = {cases[k].bound}};
        char text[64];
        pp_category_text(&category, schema, text, sizeof text);
        assert_string_equal(text, cases[k].text);
    }
    free(schema);
}

static void test_portfolio_text_name_and_several_bounds(void **state)
{
    (void)state;
    pp_schema *schema = make_schema();
    pp_category category = {
        .name = "northern youth", .n_bounds = 2, .bounds = {{0, 16, 29}, {2, 1, 1}}};
    char text[128];
    pp_category_text(&category, schema, text, sizeof text);
    assert_string_equal(text, "northern youth: age in [16, 29] and place=north");
    category.name[0] = 0;
    category.n_bounds = 0;
    pp_category_text(&category, schema, text, sizeof text);
    assert_string_equal(text, "");
    free(schema);
}

static void test_portfolio_text_too_little_room_cut_short(void **state)
{
    (void)state;
    const char *whole = "youth: age in [16, 29] and place=north";
    pp_schema *schema = make_schema();
    pp_category category = {.name = "youth", .n_bounds = 2, .bounds = {{0, 16, 29}, {2, 1, 1}}};
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        char *text = malloc(size); // so that a byte too many is seen
        assert_non_null(text);
        pp_category_text(&category, schema, text, size);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, whole, size - 1);
        free(text);
    }
    free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_portfolio_aim_small_average_only_grows),
        cmocka_unit_test(test_portfolio_aim_large_average_grows_or_shrinks_evenly),
        cmocka_unit_test(test_portfolio_aim_configured_rule),
        cmocka_unit_test(test_portfolio_aim_named_targets_and_multiples_by_hand),
        cmocka_unit_test(test_portfolio_aim_naming_one_leaves_the_others_draws),
        cmocka_unit_test(test_portfolio_members_same_as_plain_search),
        cmocka_unit_test(test_portfolio_members_bounds_inclusive),
        cmocka_unit_test(test_portfolio_members_no_category_nobody),
        cmocka_unit_test(test_portfolio_loss_by_hand),
        cmocka_unit_test(test_portfolio_loss_all_missed_is_the_scale),
        cmocka_unit_test(test_portfolio_loss_no_category_zero),
        cmocka_unit_test(test_portfolio_text_each_kind_of_bound),
        cmocka_unit_test(test_portfolio_text_name_and_several_bounds),
        cmocka_unit_test(test_portfolio_text_too_little_room_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

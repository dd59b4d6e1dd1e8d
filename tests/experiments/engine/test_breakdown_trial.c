/// Sales by band in whole trials: they add up to the accounts, at any number of threads, what firms
/// expect to sell they sell, and the curse by rank is the one that was studied.
/// @slow
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "tests/support/checks.h"
#include "tests/support/market_fixture.h"

enum { FIRMS = 6 };

/// Sum over a view's bands of one firm. @param values [firm][band]
static double over_bands(const market_fixture *m, const double *values, size_t f, int64_t view)
{
    size_t n = (size_t)m->layout.n_bands;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += m->layout.bands[i].view == view ? values[f * n + i] : 0;
    return sum;
}

static double policies_over_bands(const market_fixture *m, pp_record *r, size_t f, int64_t view)
{
    size_t n = (size_t)m->layout.n_bands;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += m->layout.bands[i].view == view
                   ? (double)pp_record_i64(r, PP_VAR_band_policies)[f * n + i]
                   : 0;
    return sum;
}

/// Sum over the test epochs of one firm.
static double over_epochs(const market_fixture *m, const double *values, size_t f)
{
    double sum = 0;
    for (int64_t e = m->layout.n_burn_in; e < m->layout.n_burn_in + m->layout.n_test; e++)
        sum += values[(size_t)e * FIRMS + f];
    return sum;
}

/// Money is kept to the nearest 1/4096 GBP of a band.
static void test_breakdown_trial_bands_add_up_to_the_test_epochs(void **state)
{
    (void)state;
    const double rounding = 0.5 / 4096 * 10 + 1e-6;
    market_fixture m;
    fixture_defaults(&m, FIRMS, "klq");
    m.scenario.market.rounds = 1500;
    m.scenario.inflation.mean_rate = 0.1;
    m.scenario.inflation.rounds_per_week = 80;
    m.scenario.firms[2].economics = (pp_economics_config){
        .variable_expense = 0.05, .fixed_expense = 20, .commission = 10, .handling = 0.05};
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 1, r);
    for (size_t f = 0; f < FIRMS; f++)
        for (int64_t view = 0; view < PP_VIEW_COUNT; view++) {
            double policies = 0, quotes = 0;
            for (int64_t e = m.layout.n_burn_in; e < m.layout.n_burn_in + m.layout.n_test; e++) {
                policies += (double)pp_record_i64(r, PP_VAR_policies)[(size_t)e * FIRMS + f];
                quotes += (double)pp_record_i64(r, PP_VAR_quote_count)[(size_t)e * FIRMS + f];
            }
            assert_close(policies_over_bands(&m, r, f, view), policies, 0);
            double counted = over_bands(&m, pp_record_f64(r, PP_VAR_band_quotes), f, view);
            assert_true(view == PP_VIEW_price ? isnan(counted) : counted == quotes);
#define SAME(name)                                                                                 \
    assert_close(over_bands(&m, pp_record_f64(r, PP_VAR_band_##name), f, view),                    \
                 over_epochs(&m, pp_record_f64(r, PP_VAR_##name), f), rounding)
            SAME(gwp);
            SAME(expected_claims);
            SAME(pure_premium);
            SAME(true_profit);
#undef SAME
        }
    pp_record_destroy(r);
    fixture_finish(&m);
}

static void test_breakdown_trial_threads_do_not_matter(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 8};
    market_fixture m;
    fixture_defaults(&m, FIRMS, "baseline");
    m.scenario.market.rounds = 4 * PP_BLOCK + 1;
    m.scenario.market.burn_in_epochs = 2;
    m.scenario.market.test_epochs = 2;
    fixture_start(&m);
    size_t n = FIRMS * (size_t)m.layout.n_bands * sizeof(double);
    pp_record *r[4];
    for (size_t i = 0; i < 4; i++) {
        pp_workspace *w;
        r[i] = fixture_record(&m);
        assert_int_equal(pp_workspace_create(m.experiment, threads[i], &w, NULL), PP_OK);
        if (i > 0) // nothing of a trial before must be left
            assert_int_equal(pp_trial_run(w, 4, NULL, r[i], NULL), PP_OK);
        assert_int_equal(pp_trial_run(w, 5, NULL, r[i], NULL), PP_OK);
        pp_workspace_destroy(w);
#define SAME(name)                                                                                 \
    assert_memory_equal(pp_record_f64(r[i], PP_VAR_band_##name),                                   \
                        pp_record_f64(r[0], PP_VAR_band_##name), n)
        SAME(quotes);
        SAME(expected_policies);
        SAME(gwp);
        SAME(expected_claims);
        SAME(pure_premium);
        SAME(true_profit);
#undef SAME
        assert_memory_equal(pp_record_i64(r[i], PP_VAR_band_policies),
                            pp_record_i64(r[0], PP_VAR_band_policies), n);
    }
    for (size_t i = 0; i < 4; i++)
        pp_record_destroy(r[i]);
    fixture_finish(&m);
}

/// Sums over firms and trials of the bands of a market of `null` firms.
typedef struct totals {
    double policies, quotes, expected_policies, expected_claims, pure_premium;
} totals;

static void play(market_fixture *m, int64_t trials, totals *bands)
{
    pp_record *r = fixture_record(m);
    size_t n = (size_t)m->layout.n_bands;
    memset(bands, 0, n * sizeof *bands);
    for (int64_t t = 0; t < trials; t++) {
        pp_record_clear(r);
        fixture_trial(m, t, r);
        for (size_t i = 0; i < FIRMS * n; i++) {
            totals *b = &bands[i % n];
            b->policies += (double)pp_record_i64(r, PP_VAR_band_policies)[i];
            b->quotes += pp_record_f64(r, PP_VAR_band_quotes)[i];
            b->expected_policies += pp_record_f64(r, PP_VAR_band_expected_policies)[i];
            b->expected_claims += pp_record_f64(r, PP_VAR_band_expected_claims)[i];
            b->pure_premium += pp_record_f64(r, PP_VAR_band_pure_premium)[i];
        }
    }
    pp_record_destroy(r);
}

/// An earlier study of this market found +4.7, +2.4, +0.9, -0.3, -1.6, -3.3% by rank. Forty trials
/// tell each to 0.1 points or so.
static void test_breakdown_trial_curse_by_rank_is_the_studied_one(void **state)
{
    (void)state;
    const double studied[FIRMS] = {0.047, 0.024, 0.009, -0.003, -0.016, -0.033};
    totals bands[PP_BANDS_MAX];
    market_fixture m;
    fixture_defaults(&m, FIRMS, "null");
    fixture_start(&m);
    play(&m, 40, bands);
    for (size_t i = 0, r = 0; i < (size_t)m.layout.n_bands; i++)
        if (m.layout.bands[i].view == PP_VIEW_rank) {
            double curse = bands[i].pure_premium / bands[i].expected_claims - 1;
            print_message("rank %zu: %+.2f%%\n", r + 1, 100 * curse);
            assert_close(curse, studied[r++], 0.002);
        }
    fixture_finish(&m);
}

/// In all within 3%, and within 15% in each band that has a twentieth of all quotes.
static void test_breakdown_trial_firms_sell_what_they_expect(void **state)
{
    (void)state;
    totals bands[PP_BANDS_MAX], all = {0};
    market_fixture m;
    fixture_defaults(&m, FIRMS, "null");
    fixture_start(&m);
    play(&m, 40, bands);
    size_t n = (size_t)m.layout.n_bands, judged = 0;
    for (size_t i = 0; i < n; i++)
        if (m.layout.bands[i].view == PP_VIEW_conversion) {
            all.quotes += bands[i].quotes;
            all.policies += bands[i].policies;
            all.expected_policies += bands[i].expected_policies;
        }
    assert_close(all.expected_policies / all.policies, 1, 0.03);
    for (size_t i = 0; i < n; i++) {
        const pp_results_band *band = &m.layout.bands[i];
        const totals *b = &bands[i];
        if (band->view != PP_VIEW_conversion || !(b->quotes > 0))
            continue;
        double expected = b->expected_policies / b->quotes, made = b->policies / b->quotes;
        print_message("%4.1f%% of quotes: expected %.4f, made %.4f\n", 100 * b->quotes / all.quotes,
                      expected, made);
        assert_true(expected >= band->low && expected < band->high);
        if (b->quotes > 0.05 * all.quotes) {
            assert_close(expected / made, 1, 0.15);
            judged++;
        }
    }
    assert_true(judged >= 3);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breakdown_trial_bands_add_up_to_the_test_epochs),
        cmocka_unit_test(test_breakdown_trial_threads_do_not_matter),
        cmocka_unit_test(test_breakdown_trial_curse_by_rank_is_the_studied_one),
        cmocka_unit_test(test_breakdown_trial_firms_sell_what_they_expect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

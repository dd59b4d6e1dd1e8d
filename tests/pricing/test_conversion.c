/// What every conversion model promises, whatever the data: pricing/conversion.h.
#include "tests/support/conversion_fixture.h"
#include "tests/support/simd_levels.h"

static const conversion_law laws[] = {logistic_law, cliff_law,  rising_law,
                                      never_law,    always_law, coin_law};
enum { LAWS = sizeof laws / sizeof *laws, ROWS = 500 };

/// Every class on every law.
static void for_each(void (*check)(const pp_conversion_class *class,
                                   const pp_pricing_config *config, const void *model,
                                   const sales *s))
{
    for (int c = 0; pp_conversion_classes[c]; c++)
        for (size_t l = 0; l < LAWS; l++) {
            const pp_conversion_class *class = pp_conversion_classes[c];
            pp_pricing_config config = pricing_defaults();
            config.conversion = c;
            sales *s = sales_create(l + 1, ROWS, laws[l]);
            void *model = model_create(class, &config);
            fit(class, model, &config, &s->data);
            check(class, &config, model, s);
            free(model);
            sales_destroy(s);
        }
}

static void check_falls(const pp_conversion_class *class, const pp_pricing_config *config,
                        const void *model, const sales *s)
{
    double *curves = curves_of(class, model, config, &s->data);
    for (size_t i = 0; i < s->data.n; i++) {
        const double *curve = curves + i * class->curve_size(config);
        double before = 1, logit_before = INFINITY;
        for (int g = 0; g <= 50; g++) {
            double a = 0.5 + 0.05 * g, p = class->probability(model, curve, a);
            assert_true(p > 0 && p < 1);
            assert_true(p <= before);
            double logit = log(p) - log1p(-p); // loses digits where p is next to 1
            if (p < 0.999) {
                assert_true(p < before);
                if (logit_before < 6)
                    assert_true(logit_before - logit >= config->slope_min * 0.05 * (1 - 1e-6));
            }
            before = p;
            logit_before = logit;
        }
    }
    free(curves);
}

static void test_conversion_any_data_falls_with_price(void **state)
{
    (void)state;
    for_each(check_falls);
}

static void check_bid_range(const pp_conversion_class *class, const pp_pricing_config *config,
                            const void *model, const sales *s)
{
    double *curves = curves_of(class, model, config, &s->data), *k = reals(s->data.n);
    double *bid = reals(s->data.n), *before = reals(s->data.n);
    for (double value = -2; value <= 3; value += 0.125) {
        for (size_t i = 0; i < s->data.n; i++)
            k[i] = value;
        class->bid(model, curves, s->data.n, k, 1, 2, bid);
        for (size_t i = 0; i < s->data.n; i++) {
            assert_true(bid[i] >= 1 && bid[i] <= 2);
            assert_true(bid[i] >= before[i] - 1e-3); // the dearer a policy, the higher its bid
            if (value >= 2)
                assert_true(bid[i] == 2);
        }
        memcpy(before, bid, s->data.n * sizeof(double));
    }
    free(curves);
    free(k);
    free(bid);
    free(before);
}

static void test_conversion_any_k_bid_within_range(void **state)
{
    (void)state;
    for_each(check_bid_range);
}

/// argmax by brute force.
static double grid_bid(const pp_conversion_class *class, const void *model, const double *curve,
                       double k)
{
    enum { STEPS = 4000 };
    double best = 1, most = -INFINITY;
    for (int g = 0; g <= STEPS; g++) {
        double a = 1 + (double)g / STEPS, gain = class->probability(model, curve, a) * (a - k);
        if (gain > most) {
            most = gain;
            best = a;
        }
    }
    return best;
}

static void check_bid_is_best(const pp_conversion_class *class, const pp_pricing_config *config,
                              const void *model, const sales *s)
{
    const double ks[] = {-2, -0.5, 0.5, 0.8, 0.95, 1, 1.05, 1.3, 1.7, 1.99, 2.5};
    double *curves = curves_of(class, model, config, &s->data);
    for (size_t i = 0; i < s->data.n; i += 50)
        for (size_t j = 0; j < sizeof ks / sizeof *ks; j++) {
            const double *curve = curves + i * class->curve_size(config);
            double bid;
            class->bid(model, curve, 1, &ks[j], 1, 2, &bid);
            double expected = grid_bid(class, model, curve, ks[j]);
            if (fabs(bid - expected) > 1e-3)
                fail_msg("%s, quote %zu, k = %g: bid %.6f, best %.6f", class->name, i, ks[j], bid,
                         expected);
        }
    free(curves);
}

static void test_conversion_bid_equals_dense_grid_search(void **state)
{
    (void)state;
    for_each(check_bid_is_best);
}

static void check_default_k(const pp_conversion_class *class, const pp_pricing_config *config,
                            const void *model, const sales *s)
{
    double *curves = curves_of(class, model, config, &s->data), *k = reals(s->data.n);
    double *bid = reals(s->data.n), *with_k = reals(s->data.n);
    for (size_t i = 0; i < s->data.n; i++)
        k[i] = 1;
    class->bid(model, curves, s->data.n, NULL, 1, 2, bid);
    class->bid(model, curves, s->data.n, k, 1, 2, with_k);
    assert_memory_equal(bid, with_k, s->data.n * sizeof(double));
    free(curves);
    free(k);
    free(bid);
    free(with_k);
}

static void test_conversion_no_k_means_profit_only(void **state)
{
    (void)state;
    for_each(check_default_k);
}

/// To 16 roundings or so; the same bits at every level of vector instructions.
static void check_probabilities(const pp_conversion_class *class, const pp_pricing_config *config,
                                const void *model, const sales *s)
{
    size_t n = s->data.n, size = class->curve_size(config);
    double *curves = curves_of(class, model, config, &s->data), *a = reals(n);
    double *base = reals(n), *found = reals(n);
    for (size_t i = 0; i < n; i++)
        a[i] = 0.5 + 2.5 * (double)i / (double)n;
    for (size_t some = n - 16; some <= n; some++) {
        pp_simd_use(PP_SIMD_BASELINE);
        class->probabilities(model, curves, some, a, base);
        for (size_t i = 0; i < some; i++) {
            double one = class->probability(model, curves + i * size, a[i]);
            assert_true(fabs(base[i] - one) <= 4e-15 * one + 1e-300);
        }
        for (int level = 1; level <= (int)pp_simd_most(); level++) {
            pp_simd_use((pp_simd)level);
            class->probabilities(model, curves, some, a, found);
            assert_memory_equal(found, base, some * sizeof *base);
        }
    }
    free(curves);
    free(a);
    free(base);
    free(found);
}

static void test_conversion_probabilities_are_those_of_each_quote(void **state)
{
    (void)state;
    for_each(check_probabilities);
}

static void test_conversion_same_data_same_bytes(void **state)
{
    (void)state;
    for (int c = 0; pp_conversion_classes[c]; c++) {
        const pp_conversion_class *class = pp_conversion_classes[c];
        pp_pricing_config config = pricing_defaults();
        sales *s = sales_create(7, ROWS, logistic_law);
        void *first = model_create(class, &config), *second = model_create(class, &config);
        fit(class, first, &config, &s->data);
        fit(class, second, &config, &s->data);
        assert_memory_equal(first, second, class->model_size(&config, SALE_INPUTS));
        free(first);
        free(second);
        sales_destroy(s);
    }
}

static void test_conversion_no_rows_gives_the_prior(void **state)
{
    (void)state;
    for (int c = 0; pp_conversion_classes[c]; c++) {
        const pp_conversion_class *class = pp_conversion_classes[c];
        pp_pricing_config config = pricing_defaults();
        sales *s = sales_create(1, 0, logistic_law);
        const double x[] = {1.05, 1.08, 1.1}, *inputs[] = {&x[0], &x[1], &x[2]};
        void *model = model_create(class, &config);
        double *curve = reals(class->curve_size(&config)), bid;
        fit(class, model, &config, &s->data);
        class->prepare(model, inputs, 1, curve);
        double p = class->probability(model, curve, 1.1);
        assert_true(p > 0 && p < class->probability(model, curve, 1));
        class->bid(model, curve, 1, NULL, 1, 2, &bid);
        assert_true(bid >= 1 && bid <= 2);
        free(curve);
        free(model);
        sales_destroy(s);
    }
}

static void refuses(const pp_conversion_class *class, const sales *s, double *number, double value)
{
    pp_pricing_config config = pricing_defaults();
    pp_gsl_random random;
    pp_error error = {0};
    bool constrained;
    void *model = model_create(class, &config);
    double kept = *number;
    *number = value;
    assert_int_equal(class->fit(model, &config, &s->data, draws(&random, 1), &constrained, &error),
                     PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_true(error.message[0] != 0);
    *number = kept;
    fit(class, model, &config, &s->data); // and it is none the worse for it
    assert_true(isfinite(log_loss(class, model, &config, &s->data)));
    free(model);
}

static void test_conversion_numbers_not_finite_refused(void **state)
{
    (void)state;
    for (int c = 0; pp_conversion_classes[c]; c++) {
        sales *s = sales_create(8, 300, logistic_law);
        refuses(pp_conversion_classes[c], s, &s->multiplier[0], NAN);
        refuses(pp_conversion_classes[c], s, &s->multiplier[299], INFINITY);
        refuses(pp_conversion_classes[c], s, &s->columns[1][150], NAN);
        refuses(pp_conversion_classes[c], s, &s->columns[2][0], -INFINITY);
        sales_destroy(s);
    }
}

static void test_conversion_classes_match_their_names(void **state)
{
    (void)state;
    const pp_param *row = pp_param_find(&pp_pricing_table, "conversion");
    assert_non_null(row);
    size_t n = 0;
    for (; pp_conversion_classes[n]; n++) {
        assert_non_null(row->names[n]);
        assert_string_equal(row->names[n], pp_conversion_classes[n]->name);
        assert_true(pp_conversion_classes[n]->doc[0] &&
                    !strchr(pp_conversion_classes[n]->doc, '\n'));
    }
    assert_null(row->names[n]);
    assert_ptr_equal(pp_conversion_classes[0], &pp_conversion_logistic);
    assert_ptr_equal(pp_conversion_classes[1], &pp_conversion_mlp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversion_any_data_falls_with_price),
        cmocka_unit_test(test_conversion_any_k_bid_within_range),
        cmocka_unit_test(test_conversion_bid_equals_dense_grid_search),
        cmocka_unit_test(test_conversion_no_k_means_profit_only),
        cmocka_unit_test_teardown(test_conversion_probabilities_are_those_of_each_quote,
                                  restore_level),
        cmocka_unit_test(test_conversion_same_data_same_bytes),
        cmocka_unit_test(test_conversion_no_rows_gives_the_prior),
        cmocka_unit_test(test_conversion_numbers_not_finite_refused),
        cmocka_unit_test(test_conversion_classes_match_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

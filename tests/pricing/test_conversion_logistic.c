/// The logistic conversion model: true coefficients, the conditions of its optimum, overruled
/// slopes.
#include "tests/support/conversion_fixture.h"

#include <gsl/gsl_linalg.h>

#include "pricing/bid.h"
#include "pricing/linear.h"

static const pp_conversion_class *const class = &pp_conversion_logistic;

enum { Q = SALE_INPUTS + 2 }; ///< weights, alpha, beta

/// Weights, alpha and beta, read off the model through its curves.
static void coefficients_of(const void *model, double c[Q])
{
    const double zero = 0, one = 1;
    const double *at[SALE_INPUTS] = {&zero, &zero, &zero};
    double alpha, curve;
    class->prepare(model, at, 1, &alpha);
    for (size_t j = 0; j < SALE_INPUTS; j++) {
        at[j] = &one;
        class->prepare(model, at, 1, &curve);
        c[j] = curve - alpha;
        at[j] = &zero;
    }
    c[SALE_INPUTS] = alpha;
    c[SALE_INPUTS + 1] = pp_logistic_slope(model);
}

static void regressors(const pp_conversion_data *data, size_t i, double x[Q])
{
    for (size_t j = 0; j < SALE_INPUTS; j++)
        x[j] = data->inputs[j][i];
    x[SALE_INPUTS] = 1;
    x[SALE_INPUTS + 1] = -data->multiplier[i];
}

/// Standard errors of maximum likelihood: the inverse of Fisher's information at the truth.
static void standard_errors(const pp_conversion_data *data, const double truth[Q], double error[Q])
{
    gsl_matrix *information = gsl_matrix_calloc(Q, Q);
    for (size_t i = 0; i < data->n; i++) {
        double x[Q];
        regressors(data, i, x);
        double p = 1 / (1 + exp(-pp_dot(truth, x, Q)));
        for (size_t j = 0; j < Q; j++)
            for (size_t k = 0; k < Q; k++)
                *gsl_matrix_ptr(information, j, k) += p * (1 - p) * x[j] * x[k];
    }
    assert_int_equal(gsl_linalg_cholesky_decomp1(information), 0);
    assert_int_equal(gsl_linalg_cholesky_invert(information), 0);
    for (size_t j = 0; j < Q; j++)
        error[j] = sqrt(gsl_matrix_get(information, j, j));
    gsl_matrix_free(information);
}

static void test_conversion_logistic_true_coefficients_within_four_errors(void **state)
{
    (void)state;
    const double truth[Q] = {18, 6, 2, -4.7, 25}; // logistic_law
    pp_pricing_config config = pricing_defaults();
    config.conversion_ridge = config.slope_weight = 1e-6;
    void *model = model_create(class, &config);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        sales *s = sales_create(seed, 20000, logistic_law);
        double c[Q], error[Q];
        assert_false(fit(class, model, &config, &s->data));
        coefficients_of(model, c);
        standard_errors(&s->data, truth, error);
        for (size_t j = 0; j < Q; j++)
            assert_close(c[j], truth[j], 4 * error[j]);
        assert_true(error[Q - 1] < 1); // the bound says something
        sales_destroy(s);
    }
    free(model);
}

/// Gradient of the penalised log-likelihood, worked out again: in standardised inputs, with
/// intercept at the means, and slope as a multiple of the prior's. @param gradient [Q] the slope's
/// last
static void penalised_gradient(const pp_pricing_config *config, const pp_conversion_data *data,
                               const double c[Q], double gradient[Q])
{
    double mean[Q - 1], deviation[Q - 1], z[Q], at[Q];
    for (size_t j = 0; j < SALE_INPUTS; j++)
        pp_standardise(data->inputs[j], data->n, &mean[j], &deviation[j]);
    pp_standardise(data->multiplier, data->n, &mean[SALE_INPUTS], &deviation[SALE_INPUTS]);
    at[SALE_INPUTS] = c[SALE_INPUTS] - c[Q - 1] * mean[SALE_INPUTS];
    at[Q - 1] = c[Q - 1] / config->prior_slope - 1; // its distance from the prior
    for (size_t j = 0; j < SALE_INPUTS; j++) {
        at[j] = c[j] * deviation[j];
        at[SALE_INPUTS] += c[j] * mean[j];
    }
    for (size_t j = 0; j < Q; j++)
        gradient[j] = -(j == Q - 1 ? config->slope_weight : config->conversion_ridge) * at[j];
    for (size_t i = 0; i < data->n; i++) {
        double x[Q];
        regressors(data, i, x);
        double residual = data->sold[i] - 1 / (1 + exp(-pp_dot(c, x, Q)));
        for (size_t j = 0; j < SALE_INPUTS; j++)
            z[j] = (x[j] - mean[j]) / deviation[j];
        z[SALE_INPUTS] = 1;
        z[Q - 1] = (mean[SALE_INPUTS] - data->multiplier[i]) * config->prior_slope;
        for (size_t j = 0; j < Q; j++)
            gradient[j] += residual * z[j];
    }
}

static void test_conversion_logistic_optimum_has_no_gradient(void **state)
{
    (void)state;
    const double ridges[] = {1e-3, 1, 50};
    const conversion_law laws[] = {logistic_law, cliff_law};
    for (size_t l = 0; l < 2; l++)
        for (size_t r = 0; r < 3; r++) {
            pp_pricing_config config = pricing_defaults();
            config.conversion_ridge = ridges[r];
            config.slope_weight = 3 * ridges[r];
            void *model = model_create(class, &config);
            sales *s = sales_create(10 + l, 700, laws[l]);
            double c[Q], gradient[Q];
            assert_false(fit(class, model, &config, &s->data));
            coefficients_of(model, c);
            penalised_gradient(&config, &s->data, c, gradient);
            for (size_t j = 0; j < Q; j++)
                assert_close(gradient[j], 0, 1e-6);
            c[0] *= 1.01; // and the test can tell
            penalised_gradient(&config, &s->data, c, gradient);
            if (fabs(c[0]) > 1)
                assert_true(fabs(gradient[0]) > 1e-5);
            free(model);
            sales_destroy(s);
        }
}

static void test_conversion_logistic_rising_data_slope_overruled(void **state)
{
    (void)state;
    const double floors[] = {5, 0.5, 30};
    for (size_t l = 0; l < 3; l++) {
        pp_pricing_config config = pricing_defaults();
        config.slope_min = floors[l];
        void *model = model_create(class, &config);
        sales *s = sales_create(20, 3000, rising_law);
        double c[Q], gradient[Q];
        assert_true(fit(class, model, &config, &s->data));
        assert_close(pp_logistic_slope(model), floors[l], 1e-12 * floors[l]);
        coefficients_of(model, c);
        penalised_gradient(&config, &s->data, c, gradient);
        for (size_t j = 0; j < Q - 1; j++)
            assert_close(gradient[j], 0, 1e-6); // the rest is optimal given that slope,
        assert_true(gradient[Q - 1] < -1);      // and it would have the slope lower still
        free(model);
        sales_destroy(s);
    }
}

static void test_conversion_logistic_slope_at_least_the_floor_kept(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    sales *s = sales_create(21, 3000, logistic_law);
    void *model = model_create(class, &config);
    assert_false(fit(class, model, &config, &s->data));
    double free_slope = pp_logistic_slope(model);
    config.slope_min = free_slope * 0.999;
    assert_false(fit(class, model, &config, &s->data));
    assert_close(pp_logistic_slope(model), free_slope, 1e-7 * free_slope);
    config.slope_min = free_slope * 1.001;
    assert_true(fit(class, model, &config, &s->data));
    assert_close(pp_logistic_slope(model), config.slope_min, 1e-9);
    free(model);
    sales_destroy(s);
}

/// Mean conversion at a multiplier, and the range of bids.
static double mean_conversion(const pp_pricing_config *config, const void *model, const sales *s,
                              double multiplier)
{
    double *curves = curves_of(class, model, config, &s->data), *bid = reals(s->data.n), sum = 0;
    class->bid(model, curves, s->data.n, NULL, 1, 2, bid);
    for (size_t i = 0; i < s->data.n; i++) {
        sum += class->probability(model, &curves[i], multiplier);
        assert_true(bid[i] > 1 && bid[i] < 2);
    }
    free(curves);
    free(bid);
    return sum / (double)s->data.n;
}

static void test_conversion_logistic_never_sold_stays_cheap_and_finite(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    void *model = model_create(class, &config);
    sales *s = sales_create(30, 500, never_law);
    fit(class, model, &config, &s->data);
    assert_true(pp_logistic_slope(model) >= config.slope_min);
    double p = mean_conversion(&config, model, s, 1.05), bid;
    assert_true(p > 0 && p < 0.05);
    // A firm that sold nothing must not answer by asking more: profit is a twentieth, as the prior
    // says.
    double *curves = curves_of(class, model, &config, &s->data);
    class->bid(model, curves, 1, NULL, 1, 2, &bid);
    assert_true(bid < 1.08);
    free(curves);
    free(model);
    sales_destroy(s);
}

static void test_conversion_logistic_always_sold_asks_more_and_is_finite(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    void *model = model_create(class, &config);
    sales *s = sales_create(31, 500, always_law);
    fit(class, model, &config, &s->data);
    assert_true(pp_logistic_slope(model) >= config.slope_min);
    double p = mean_conversion(&config, model, s, 1.05);
    assert_true(p > 0.95 && p < 1);
    free(model);
    sales_destroy(s);
}

static void test_conversion_logistic_constant_input_and_price_fitted(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    void *model = model_create(class, &config);
    sales *s = sales_create(32, 400, coin_law);
    for (size_t i = 0; i < s->data.n; i++) {
        s->columns[1][i] = 3;
        s->multiplier[i] = 1.1;
    }
    assert_false(fit(class, model, &config, &s->data)); // the price never varied: the prior's slope
    assert_close(pp_logistic_slope(model), config.prior_slope, 1e-9);
    double c[Q];
    coefficients_of(model, c);
    assert_close(c[1], 0, 1e-12);
    free(model);
    sales_destroy(s);
}

/// As many inputs as there are weights are fitted and read within the model's memory; more are not.
static void test_conversion_logistic_most_inputs_fit_and_more_are_refused(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    pp_error error = {0};
    bool constrained;
    sales *s = sales_create(34, 60, coin_law);
    const double *inputs[PP_CONVERSION_INPUTS + 1];
    for (size_t j = 0; j <= PP_CONVERSION_INPUTS; j++)
        inputs[j] = s->columns[j % 2];
    pp_conversion_data data = s->data;
    data.inputs = inputs;
    data.n_inputs = PP_CONVERSION_INPUTS;
    void *model = calloc(1, class->model_size(&config, data.n_inputs));
    double curve;
    assert_non_null(model);
    assert_int_equal(class->fit(model, &config, &data, NULL, &constrained, &error), PP_OK);
    class->prepare(model, inputs, 1, &curve);
    assert_true(isfinite(curve));
    data.n_inputs++;
    assert_int_equal(class->fit(model, &config, &data, NULL, &constrained, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "inputs"));
    free(model);
    sales_destroy(s);
}

static void test_conversion_logistic_curve_and_bid_are_its_formula(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    void *model = model_create(class, &config);
    sales *s = sales_create(33, 400, logistic_law);
    fit(class, model, &config, &s->data);
    assert_int_equal(class->curve_size(&config), 1);
    double *curves = curves_of(class, model, &config, &s->data), c[Q], x[Q], bid, k = 0.9;
    coefficients_of(model, c);
    for (size_t i = 0; i < s->data.n; i++) {
        regressors(&s->data, i, x);
        x[Q - 1] = 0;
        double alpha = pp_dot(c, x, Q);
        assert_close(curves[i], alpha, 1e-11);
        assert_close(class->probability(model, &curves[i], 1.03),
                     1 / (1 + exp(c[Q - 1] * 1.03 - alpha)), 1e-12);
        class->bid(model, &curves[i], 1, &k, 1.01, 1.5, &bid);
        assert_true(bid == pp_logistic_bid(curves[i], c[Q - 1], k, 1.01, 1.5));
    }
    free(curves);
    free(model);
    sales_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversion_logistic_true_coefficients_within_four_errors),
        cmocka_unit_test(test_conversion_logistic_optimum_has_no_gradient),
        cmocka_unit_test(test_conversion_logistic_rising_data_slope_overruled),
        cmocka_unit_test(test_conversion_logistic_slope_at_least_the_floor_kept),
        cmocka_unit_test(test_conversion_logistic_never_sold_stays_cheap_and_finite),
        cmocka_unit_test(test_conversion_logistic_always_sold_asks_more_and_is_finite),
        cmocka_unit_test(test_conversion_logistic_constant_input_and_price_fitted),
        cmocka_unit_test(test_conversion_logistic_most_inputs_fit_and_more_are_refused),
        cmocka_unit_test(test_conversion_logistic_curve_and_bid_are_its_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

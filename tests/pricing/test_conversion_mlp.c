/// The neural network's gradient, fit, warm start and shape. It is compiled in here under another
/// name, so that its loss can be seen.
#include <stdlib.h>

static int allocations_left = -1; // none fails

static void *scarce_malloc(size_t size)
{
    return allocations_left == 0 ? NULL : (allocations_left--, malloc(size));
}

#define pp_conversion_mlp network_under_test
#define malloc            scarce_malloc
#include "pricing/conversion_mlp.c"
#undef malloc

#include "tests/support/conversion_fixture.h"

static const pp_conversion_class *const class = &network_under_test;

/// A fitting on the sales, with theta set at random.
static fitting fitting_create(mlp *m, const pp_pricing_config *config, const sales *s, gsl_rng *rng)
{
    fitting f;
    fit(class, m, config, &s->data); // for its sizes and its units
    assert_int_equal(fitting_start(m, config, &s->data, &f, NULL), PP_OK);
    for (size_t j = 0; j < m->n_theta; j++)
        m->theta[j] = gsl_ran_ugaussian(rng);
    return f;
}

static void fitting_destroy(fitting *f)
{
    free(f->storage);
}

static void test_conversion_mlp_gradient_equals_finite_differences(void **state)
{
    (void)state;
    const int64_t hidden[] = {1, 5, 8};
    const size_t rows[] = {40, 64, 300}; // less than a batch, one, more
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    for (size_t c = 0; c < 3; c++) {
        pp_pricing_config config = pricing_defaults();
        config.mlp_hidden = hidden[c];
        config.mlp_ridge = 0.3;
        config.mlp_steps = 1;
        sales *s = sales_create(c + 1, rows[c], cliff_law);
        mlp *m = model_create(class, &config);
        fitting f = fitting_create(m, &config, s, rng);
        double *gradient = reals(m->n_theta);
        double loss = total_loss(&f, m->theta, gradient);
        assert_true(loss == total_loss(&f, m->theta, NULL));
        for (size_t j = 0; j < m->n_theta; j++) {
            const double h = 1e-5;
            double kept = m->theta[j];
            m->theta[j] = kept + h;
            double up = total_loss(&f, m->theta, NULL);
            m->theta[j] = kept - h;
            double down = total_loss(&f, m->theta, NULL);
            m->theta[j] = kept;
            assert_close(gradient[j], (up - down) / (2 * h), 1e-5 * (1 + fabs(gradient[j])));
        }
        free(gradient);
        fitting_destroy(&f);
        free(m);
        sales_destroy(s);
    }
}

static void test_conversion_mlp_loss_is_that_of_its_curves(void **state)
{
    (void)state;
    // What is minimised is what is then used: curves and probability agree with the loss.
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    pp_pricing_config config = pricing_defaults();
    config.mlp_ridge = 0;
    config.mlp_steps = 1;
    sales *s = sales_create(4, 300, cliff_law);
    mlp *m = model_create(class, &config);
    fitting f = fitting_create(m, &config, s, rng);
    double loss = total_loss(&f, m->theta, NULL); // leaves the model's positive quantities unfolded
    assert_close(log_loss(class, m, &config, &s->data), loss / 300, 1e-10 * loss);
    fitting_destroy(&f);
    free(m);
    sales_destroy(s);
}

static void test_conversion_mlp_enough_steps_reach_an_optimum(void **state)
{
    (void)state;
    // Two units, so that the optimum is reached; then no small move of theta makes the loss
    // smaller.
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 3);
    pp_pricing_config config = pricing_defaults();
    config.mlp_hidden = 2;
    config.mlp_steps = 3000;
    sales *s = sales_create(5, 400, cliff_law);
    mlp *m = model_create(class, &config);
    fit(class, m, &config, &s->data);
    double *theta = reals(m->n_theta);
    memcpy(theta, m->theta, m->n_theta * sizeof(double));
    fitting f = fitting_create(m, &config, s, rng);
    double least = total_loss(&f, theta, NULL);
    for (int i = 0; i < 300; i++) {
        double *moved = reals(m->n_theta);
        for (size_t j = 0; j < m->n_theta; j++)
            moved[j] = theta[j] + 0.05 * gsl_ran_ugaussian(rng);
        assert_true(total_loss(&f, moved, NULL) > least);
        free(moved);
    }
    free(theta);
    fitting_destroy(&f);
    free(m);
    sales_destroy(s);
}

/// Mean cross-entropy of the law itself on the sales: what no model beats but by luck.
static double entropy(const sales *s, conversion_law law)
{
    double sum = 0;
    for (size_t i = 0; i < s->data.n; i++) {
        const double x[] = {s->columns[0][i], s->columns[1][i], s->columns[2][i]};
        double p = law(x, s->multiplier[i]);
        sum -= log(s->sold[i] ? p : 1 - p);
    }
    return sum / (double)s->data.n;
}

static void test_conversion_mlp_cliff_learned_where_logistic_cannot(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    config.mlp_steps = 200;
    sales *s = sales_create(6, 4000, cliff_law), *fresh = sales_create(7, 4000, cliff_law);
    void *network = model_create(class, &config);
    void *logistic = model_create(&pp_conversion_logistic, &config);
    fit(class, network, &config, &s->data);
    fit(&pp_conversion_logistic, logistic, &config, &s->data);
    double best = entropy(fresh, cliff_law);
    double ours = log_loss(class, network, &config, &fresh->data) - best;
    double theirs = log_loss(&pp_conversion_logistic, logistic, &config, &fresh->data) - best;
    assert_true(theirs > 0.008); // the law is out of its reach
    assert_true(ours < theirs / 2);
    free(network);
    free(logistic);
    sales_destroy(s);
    sales_destroy(fresh);
}

static void test_conversion_mlp_logistic_data_nearly_as_good_as_the_law(void **state)
{
    (void)state;
    // Each coefficient costs 1/(2n) of log-loss on new data; 43 of them on 4000 rows cost 0.005.
    pp_pricing_config config = pricing_defaults();
    sales *s = sales_create(8, 4000, logistic_law), *fresh = sales_create(9, 4000, logistic_law);
    void *network = model_create(class, &config);
    fit(class, network, &config, &s->data);
    assert_true(log_loss(class, network, &config, &fresh->data) <
                entropy(fresh, logistic_law) + 0.01);
    free(network);
    sales_destroy(s);
    sales_destroy(fresh);
}

static void test_conversion_mlp_refit_continues_from_the_last(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    config.mlp_steps = 10;
    sales *s = sales_create(10, 2000, cliff_law);
    mlp *m = model_create(class, &config);
    double before = INFINITY;
    for (int refit = 0; refit < 4; refit++) {
        fit(class, m, &config, &s->data);
        double loss = log_loss(class, m, &config, &s->data);
        for (size_t j = 0; j < m->n_theta; j++)
            loss += 0.5 * config.mlp_ridge * m->theta[j] * m->theta[j] / (double)s->data.n;
        assert_true(loss < before);
        before = loss;
    }
    mlp *fresh = model_create(class, &config);
    fit(class, fresh, &config, &s->data);
    assert_memory_not_equal(fresh->theta, m->theta, m->n_theta * sizeof(double));
    free(m);
    free(fresh);
    sales_destroy(s);
}

static void test_conversion_mlp_other_draws_other_network(void **state)
{
    (void)state;
    // Its start is drawn from the generator that it is given and from nothing else.
    pp_pricing_config config = pricing_defaults();
    sales *s = sales_create(11, 500, cliff_law);
    size_t size = class->model_size(&config, SALE_INPUTS);
    mlp *first = model_create(class, &config), *second = model_create(class, &config);
    pp_gsl_random random;
    bool constrained;
    fit(class, first, &config, &s->data);
    assert_int_equal(class->fit(second, &config, &s->data, draws(&random, 5), &constrained, NULL),
                     PP_OK);
    assert_memory_not_equal(first, second, size);
    free(first);
    free(second);
    sales_destroy(s);
}

static void test_conversion_mlp_rising_data_never_constrained(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    sales *s = sales_create(12, 1000, rising_law);
    void *m = model_create(class, &config);
    assert_false(fit(class, m, &config, &s->data)); // by construction: there is nothing to overrule
    free(m);
    sales_destroy(s);
}

/// GSL would end the program.
static void test_conversion_mlp_out_of_memory_is_an_error(void **state)
{
    (void)state;
    pp_pricing_config config = pricing_defaults();
    sales *s = sales_create(1, 40, cliff_law);
    mlp *m = model_create(class, &config);
    pp_gsl_random random;
    for (int before = 0; before < 2; before++) {
        pp_error error = {0};
        bool constrained;
        allocations_left = before;
        assert_int_equal(class->fit(m, &config, &s->data, draws(&random, 1), &constrained, &error),
                         PP_ENOMEM);
        assert_int_equal(error.status, PP_ENOMEM);
        allocations_left = -1;
    }
    free(m);
    sales_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conversion_mlp_gradient_equals_finite_differences),
        cmocka_unit_test(test_conversion_mlp_loss_is_that_of_its_curves),
        cmocka_unit_test(test_conversion_mlp_enough_steps_reach_an_optimum),
        cmocka_unit_test(test_conversion_mlp_cliff_learned_where_logistic_cannot),
        cmocka_unit_test(test_conversion_mlp_logistic_data_nearly_as_good_as_the_law),
        cmocka_unit_test(test_conversion_mlp_refit_continues_from_the_last),
        cmocka_unit_test(test_conversion_mlp_other_draws_other_network),
        cmocka_unit_test(test_conversion_mlp_rising_data_never_constrained),
        cmocka_unit_test(test_conversion_mlp_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The network behind value=network: agents/planning/network.h.
#include "tests/support/pricing_fixture.h"

#include "agents/planning/network.h"

enum { ROWS = 512, INPUTS = 2 };

/// Rows in the unit square and a target for each.
typedef struct data {
    double x[ROWS * INPUTS], y[ROWS];
    size_t order[ROWS];
} data;

typedef double (*target)(double a, double b);

static double plane(double a, double b)
{
    return 0.3 + 2 * a - b;
}

/// Opposite corners are alike: no linear function does better than its mean.
static double exclusive_or(double a, double b)
{
    return (a > 0.5) != (b > 0.5);
}

static double kink(double a, double b)
{
    (void)b;
    return -fabs(a - 0.4);
}

static data *data_create(target y)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 21);
    data *d = calloc(1, sizeof *d);
    assert_non_null(d);
    for (size_t i = 0; i < ROWS; i++) {
        d->x[2 * i] = gsl_rng_uniform(rng);
        d->x[2 * i + 1] = gsl_rng_uniform(rng);
        d->y[i] = y(d->x[2 * i], d->x[2 * i + 1]);
        d->order[i] = i;
    }
    return d;
}

static pp_network *create(size_t layers, size_t width, gsl_rng *rng)
{
    pp_network *network;
    pp_error error = {0};
    if (pp_network_create(INPUTS, layers, width, rng, &network, &error) != PP_OK)
        fail_msg("%s", error.message);
    return network;
}

static double predict(pp_network *network, const double *x)
{
    double y;
    pp_network_predict(network, x, 1, &y);
    return y;
}

/// A pass over the first rows. @return mean squared error before its steps
static double pass(pp_network *network, data *d, size_t rows, double rate, gsl_rng *rng)
{
    const pp_network_data shown = {rows, d->x, d->y, d->order};
    pp_error error = {0};
    double square;
    if (pp_network_pass(network, &shown, rate, rng, NULL, &square, &error) != PP_OK)
        fail_msg("%s", error.message);
    return square;
}

static double mean_square(pp_network *network, const data *d)
{
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double error = predict(network, d->x + INPUTS * i) - d->y[i];
        sum += error * error;
    }
    return sum / ROWS;
}

/// Mean squared error after that many passes.
static double trained(target y, size_t layers, int passes)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 22);
    data *d = data_create(y);
    pp_network *network = create(layers, 16, rng);
    for (int i = 0; i < passes; i++)
        pass(network, d, ROWS, 0.01, rng);
    double error = mean_square(network, d);
    pp_network_destroy(network);
    free(d);
    return error;
}

static void test_network_learns_what_it_is_shown(void **state)
{
    (void)state;
    for (size_t layers = 1; layers <= 3; layers++) {
        assert_true(trained(plane, layers, 100) < 1e-4);
        assert_true(trained(kink, layers, 100) < 1e-4);
        assert_true(trained(exclusive_or, layers, 200) < 0.1); // 0.25 for the best plane
        assert_true(trained(exclusive_or, layers, 0) > 0.2);
    }
}

/// The same network in plain code: weights drawn in the same order, slopes by finite differences.
enum { WIDTH = 6, SHOWN = 40, WEIGHTS = (INPUTS + 1) * WIDTH + (WIDTH + 1) * WIDTH + WIDTH + 1 };

static void plain_create(gsl_rng *rng, double w[WEIGHTS])
{
    const size_t inputs[] = {INPUTS, WIDTH, WIDTH}, outputs[] = {WIDTH, WIDTH, 1};
    size_t at = 0;
    for (size_t l = 0; l < 3; l++) {
        for (size_t i = 0; i < inputs[l] * outputs[l]; i++)
            w[at++] = gsl_ran_gaussian(rng, sqrt(2.0 / (double)inputs[l]));
        for (size_t i = 0; i < outputs[l]; i++)
            w[at++] = 0;
    }
}

static double plain_predict(const double w[WEIGHTS], const double *x)
{
    double first[WIDTH], second[WIDTH], out = 0;
    const double *v = w + (INPUTS + 1) * WIDTH, *u = v + (WIDTH + 1) * WIDTH;
    for (size_t j = 0; j < WIDTH; j++)
        first[j] = fmax(x[0] * w[j] + x[1] * w[WIDTH + j] + w[2 * WIDTH + j], 0);
    for (size_t j = 0; j < WIDTH; j++) {
        second[j] = v[WIDTH * WIDTH + j];
        for (size_t i = 0; i < WIDTH; i++)
            second[j] += first[i] * v[i * WIDTH + j];
        out += fmax(second[j], 0) * u[j];
    }
    return out + u[WIDTH];
}

static double plain_error(const double w[WEIGHTS], const data *d)
{
    double sum = 0;
    for (size_t i = 0; i < SHOWN; i++) {
        double error = plain_predict(w, d->x + INPUTS * i) - d->y[i];
        sum += error * error;
    }
    return sum / SHOWN;
}

/// Adam's step on all rows shown. @param moments [2][WEIGHTS]
static void plain_step(double w[WEIGHTS], double *moments, int steps, const data *d)
{
    double slope[WEIGHTS];
    for (size_t i = 0; i < WEIGHTS; i++) {
        double h = 1e-6, kept = w[i], high, low;
        w[i] = kept + h;
        high = plain_error(w, d);
        w[i] = kept - h;
        low = plain_error(w, d);
        w[i] = kept;
        slope[i] = (high - low) / (2 * h);
    }
    for (size_t i = 0; i < WEIGHTS; i++) {
        double *m = &moments[i], *v = &moments[WEIGHTS + i];
        *m = 0.9 * *m + 0.1 * slope[i];
        *v = 0.999 * *v + 0.001 * slope[i] * slope[i];
        w[i] -= 0.01 * (*m / (1 - pow(0.9, steps))) / (sqrt(*v / (1 - pow(0.999, steps))) + 1e-8);
    }
}

static void test_network_steps_are_adams_on_the_slopes_of_the_error(void **state)
{
    (void)state;
    for (uint64_t seed = 30; seed < 40; seed++) {
        pp_gsl_random first, second;
        double w[WEIGHTS], moments[2 * WEIGHTS] = {0};
        data *d = data_create(plane);
        pp_network *network = create(2, WIDTH, draws(&first, seed));
        plain_create(draws(&second, seed), w);
        for (int step = 1; step <= 10; step++) {
            double before = plain_error(w, d);
            for (size_t i = 0; i < SHOWN; i++)
                assert_close(predict(network, d->x + INPUTS * i),
                             plain_predict(w, d->x + INPUTS * i), 1e-5);
            double error = pass(network, d, SHOWN, 0.01, &first.rng);
            assert_close(error, before, 1e-5 * (1 + before));
            plain_step(w, moments, step, d);
        }
        pp_network_destroy(network);
        free(d);
    }
}

static void test_network_pass_reports_the_error_before_its_steps(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 24);
    data *d = data_create(plane);
    pp_network *network = create(2, 8, rng);
    double before = mean_square(network, d);
    // So slow that nothing moves.
    assert_close(pass(network, d, ROWS, 1e-300, rng), before, 1e-12);
    assert_close(mean_square(network, d), before, 0);
    assert_true(pass(network, d, 0, 1, rng) == 0); // no rows
    unsigned char seen[ROWS] = {0};
    for (size_t i = 0; i < ROWS; i++)
        seen[d->order[i]]++;
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(seen[i], 1); // still a permutation
    pp_network_destroy(network);
    free(d);
}

static void test_network_pass_that_is_stopped_steps_no_more(void **state)
{
    (void)state;
    const pp_stop_flag stop = 1;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 27);
    data *d = data_create(plane);
    const pp_network_data shown = {ROWS, d->x, d->y, d->order};
    pp_network *network = create(2, 8, rng);
    double before = mean_square(network, d), square = -1;
    pp_error error = {0};
    assert_int_equal(pp_network_pass(network, &shown, 0.01, rng, &stop, &square, &error),
                     PP_EINTERRUPTED);
    assert_int_equal(error.status, PP_EINTERRUPTED);
    assert_string_equal(error.message, "interrupted");
    assert_true(square == -1);
    assert_close(mean_square(network, d), before, 0);
    pp_network_destroy(network);
    free(d);
}

static void test_network_pass_that_diverges_says_so(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 28);
    data *d = data_create(plane);
    const pp_network_data shown = {ROWS, d->x, d->y, d->order};
    pp_network *network = create(2, 8, rng);
    double square = -1;
    pp_error error = {0};
    assert_int_equal(pp_network_pass(network, &shown, 1e200, rng, NULL, &square, &error),
                     PP_ENUMERIC);
    assert_int_equal(error.status, PP_ENUMERIC);
    assert_string_equal(error.message, "the network's fit diverged: try a smaller learning_rate");
    assert_true(square == -1);
    pp_network_destroy(network);
    free(d);
}

static void test_network_same_draws_same_network(void **state)
{
    (void)state;
    pp_gsl_random first, second;
    data *d = data_create(kink), *e = data_create(kink);
    pp_network *x = create(2, 16, draws(&first, 25)), *y = create(2, 16, draws(&second, 25));
    for (int i = 0; i < 3; i++) {
        double a = pass(x, d, ROWS, 1e-3, &first.rng);
        double b = pass(y, e, ROWS, 1e-3, &second.rng);
        assert_true(a == b);
    }
    for (size_t i = 0; i < ROWS; i++)
        assert_true(predict(x, d->x + 2 * i) == predict(y, d->x + 2 * i));
    pp_network *other = create(2, 16, &second.rng);
    assert_true(predict(other, d->x) != predict(x, d->x));
    pp_network_destroy(other);
    pp_network_destroy(x);
    pp_network_destroy(y);
    free(d);
    free(e);
}

static void test_network_impossible_size_is_no_memory(void **state)
{
    (void)state;
    const struct {
        size_t layers, width;
    } sizes[] = {
        {2, (size_t)1 << 28}, // 2^61 bytes
        {(size_t)1 << 60, 4}, // more than can be counted
    };
    for (size_t i = 0; i < PP_COUNT(sizes); i++) {
        pp_gsl_random random;
        pp_error error = {0};
        pp_network *network = (pp_network *)&random;
        assert_int_equal(pp_network_create(INPUTS, sizes[i].layers, sizes[i].width,
                                           draws(&random, 26), &network, &error),
                         PP_ENOMEM);
        assert_null(network);
        assert_int_equal(error.status, PP_ENOMEM);
        assert_non_null(strstr(error.message, "no memory for a network"));
    }
    pp_network_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_learns_what_it_is_shown),
        cmocka_unit_test(test_network_steps_are_adams_on_the_slopes_of_the_error),
        cmocka_unit_test(test_network_pass_reports_the_error_before_its_steps),
        cmocka_unit_test(test_network_pass_that_is_stopped_steps_no_more),
        cmocka_unit_test(test_network_pass_that_diverges_says_so),
        cmocka_unit_test(test_network_same_draws_same_network),
        cmocka_unit_test(test_network_impossible_size_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The function class of learners: agents/learning/basis.h.
#include "tests/support/pricing_fixture.h"

#include "agents/learning/basis.h"

enum { K = 3, ALL = 7 };

static const double average[PP_MAX_CATEGORIES] = {30, 5, 80};

static pp_portfolio portfolio(void)
{
    return (pp_portfolio){.n_categories = K, .target = {20, 8, 100}, .loss_scale = 900};
}

static pp_basis make(int64_t rounds)
{
    const pp_portfolio p = portfolio();
    pp_basis basis;
    pp_basis_make(&p, average, rounds, &basis);
    assert_int_equal(basis.size, basis.n_categories * basis.n_held * basis.n_time);
    return basis;
}

static const int64_t rounds[] = {1, 8, PP_BASIS_SMALL, PP_BASIS_SMALL + 1, 1000};

/// Coefficients without any pattern.
static double *random_theta(const pp_basis *basis)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 51);
    double *theta = reals(basis->size);
    for (size_t i = 0; i < basis->size; i++)
        theta[i] = gsl_ran_ugaussian(rng);
    return theta;
}

static double sum_of(const pp_sparse *x)
{
    double sum = 0;
    for (size_t i = 0; i < x->n; i++)
        sum += x->value[i];
    return sum;
}

static double value_at(const pp_basis *basis, const double *theta, const double *held, int64_t t)
{
    pp_sparse x;
    pp_basis_at(basis, held, t, 0, 0, &x);
    return pp_sparse_dot(&x, theta);
}

static void test_basis_hats_sum_to_the_number_of_categories(void **state)
{
    (void)state;
    for (size_t r = 0; r < PP_COUNT(rounds); r++) {
        const pp_basis basis = make(rounds[r]);
        for (int64_t t = 0; t <= rounds[r]; t += 1 + rounds[r] / 7)
            for (double h = 0; h < 300; h += 7) {
                const double held[K] = {h, h / 3, 2 * h};
                pp_sparse x;
                pp_basis_at(&basis, held, t, 0, 0, &x);
                assert_true(x.n <= 2 * PP_BASIS_ENTRIES * K);
                assert_close(sum_of(&x), K, 1e-11);
                pp_basis_at(&basis, held, t, 5, 0.3, &x);
                assert_true(x.n <= 2 * PP_BASIS_ENTRIES * K);
                assert_close(sum_of(&x), K, 1e-11);
                for (size_t i = 0; i < x.n; i++)
                    assert_true(x.at[i] < basis.size);
                pp_basis_sale(&basis, held, t, ALL, &x);
                assert_close(sum_of(&x), 0, 1e-11);
            }
    }
}

/// Every function of one category's count and the round is in the basis of a small epoch.
static void test_basis_small_epochs_are_tabular(void **state)
{
    (void)state;
    for (size_t r = 0; rounds[r] <= PP_BASIS_SMALL; r++) {
        const pp_basis basis = make(rounds[r]);
        double *theta = random_theta(&basis);
        size_t side = (size_t)rounds[r] + 1;
        assert_int_equal(basis.n_held, side);
        assert_int_equal(basis.n_time, side);
        for (size_t t = 0; t < side; t++)
            for (size_t i = 0; i < side; i++) {
                const double held[K] = {(double)i, (double)(side - 1 - i), 0};
                double wanted = theta[i * side + t] + theta[(side + side - 1 - i) * side + t] +
                                theta[2 * side * side + t];
                assert_close(value_at(&basis, theta, held, (int64_t)t), wanted, 1e-14);
            }
        free(theta);
    }
}

static void test_basis_large_epochs_are_linear_within_a_piece(void **state)
{
    (void)state;
    const int64_t all = 1000;
    const pp_basis basis = make(all);
    double *theta = random_theta(&basis);
    for (size_t i = 0; i + 1 < basis.n_held; i++)
        for (int64_t t = 0; t <= all; t += 125) {
            // Three counts of category 0 that all end in piece i at the target's pace.
            double shift = basis.pace[0] * (double)(all - t), low = basis.held[0][i];
            double wide = basis.held[0][i + 1] - low, value[3];
            for (int j = 0; j < 3; j++) {
                const double held[K] = {low + wide * (0.2 + 0.3 * j) - shift, 1, 2};
                value[j] = value_at(&basis, theta, held, t);
            }
            assert_close(value[1], (value[0] + value[2]) / 2, 1e-11);
        }
    free(theta);
}

static void test_basis_knots_have_the_value_of_their_coefficients(void **state)
{
    (void)state;
    const pp_basis basis = make(1000);
    double *theta = reals(basis.size);
    for (size_t i = 0; i < basis.n_held; i++)
        for (size_t j = 0; j < basis.n_time; j++) {
            int64_t t = (int64_t)basis.time[j];
            double held[K] = {0};
            assert_true((double)t == basis.time[j]);
            held[1] = basis.held[1][i] - basis.pace[1] * (double)(1000 - t);
            size_t at = (basis.n_held + i) * basis.n_time + j;
            theta[at] = 3;
            assert_close(value_at(&basis, theta, held, t), 3, 1e-12);
            theta[at] = 0;
        }
    // The kink of the loss is on a knot throughout: on target's course the end is the target.
    bool found = false;
    for (size_t i = 0; i < basis.n_held; i++)
        found |= basis.held[1][i] == 8;
    assert_true(found);
    free(theta);
}

static void test_basis_sale_is_the_difference_of_two_portfolios(void **state)
{
    (void)state;
    for (size_t r = 0; r < PP_COUNT(rounds); r++) {
        const pp_basis basis = make(rounds[r]);
        double *theta = random_theta(&basis);
        for (int64_t t = 0; t <= rounds[r]; t += 1 + rounds[r] / 9)
            for (uint64_t mask = 0; mask <= ALL; mask++)
                for (double h = 0; h < 50; h++) {
                    double held[K] = {h, h + 3, 2 * h}, more[K];
                    pp_sparse x;
                    for (size_t k = 0; k < K; k++)
                        more[k] = held[k] + (double)(mask >> k & 1);
                    double without = value_at(&basis, theta, held, t);
                    double with = value_at(&basis, theta, more, t);
                    pp_basis_sale(&basis, held, t, mask, &x);
                    assert_close(pp_sparse_dot(&x, theta), with - without, 1e-10);
                    assert_true(mask || x.n == 0);
                    pp_basis_at(&basis, held, t, mask, 0.3, &x);
                    assert_close(pp_sparse_dot(&x, theta), 0.7 * without + 0.3 * with, 1e-10);
                }
        free(theta);
    }
}

/// A portfolio's place, the search for it beginning anywhere.
static pp_place place_of(const pp_basis *basis, const pp_moment *moment, const double *held,
                         uint8_t pieces[2 * K], size_t from)
{
    pp_place place = {held, pieces, pieces + K};
    memset(pieces, (int)(from % (basis->n_held - 1)), K);
    pp_basis_place(basis, moment, &place);
    return place;
}

static void check_pairs(const pp_basis *basis, const pp_moment *moment, const pp_place *place,
                        int64_t t, uint64_t mask, const double *theta)
{
    pp_pair pairs[2 * K];
    pp_sparse x;
    double sum = 0;
    size_t n = pp_basis_pairs(basis, moment, place, mask, 0.3, pairs), knots = K * basis->n_held;
    assert_true(n >= K && n <= 2 * K);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || pairs[i].at > pairs[i - 1].at);
        for (size_t e = 0; e < 2; e++) {
            size_t at = pairs[i].at + e;
            assert_true(at < knots || (at == knots && pairs[i].value[e] == 0));
            for (size_t f = 0; f < 2 && at < knots; f++)
                sum += pairs[i].value[e] * (f ? moment->along : 1 - moment->along) *
                       theta[at * basis->n_time + moment->piece + f];
        }
        // Where two pairs overlap, one of them is 0.
        if (i > 0 && pairs[i].at == pairs[i - 1].at + 1)
            assert_true(pairs[i - 1].value[1] == 0);
    }
    pp_basis_at(basis, place->held, t, mask, 0.3, &x);
    assert_close(sum, pp_sparse_dot(&x, theta), 1e-10);
}

/// A gradient of the change, through the slopes and then in the coefficients, is the change's.
static void check_gradient(const pp_basis *basis, const pp_moment *moment, const pp_place *place,
                           int64_t t, uint64_t mask, double *gradient)
{
    pp_sparse x;
    memset(gradient, 0, basis->size * sizeof(double));
    pp_basis_add_change(basis, moment, place, mask, 2, gradient);
    pp_basis_gradient_of_slopes(basis, gradient);
    pp_basis_sale(basis, place->held, t, mask, &x);
    for (size_t i = 0; i < x.n; i++)
        gradient[x.at[i]] -= 2 * x.value[i];
    for (size_t i = 0; i < basis->size; i++)
        assert_close(gradient[i], 0, 1e-12);
}

static void check_pieces(const pp_basis *basis, int64_t t, const double *held, size_t from,
                         const pp_function *f, double *gradient)
{
    uint8_t pieces[2 * K];
    pp_sparse x;
    const pp_moment moment = pp_basis_moment(basis, t);
    const pp_place place = place_of(basis, &moment, held, pieces, from);
    double value = pp_function_value(basis, f, &moment, &place);
    assert_close(value, value_at(basis, f->theta, held, t), 1e-10);
    for (uint64_t mask = 0; mask <= ALL; mask++) {
        double change = pp_function_change(basis, f, &moment, &place, mask);
        pp_basis_sale(basis, held, t, mask, &x);
        assert_close(change, pp_sparse_dot(&x, f->theta), 1e-10);
        check_pairs(basis, &moment, &place, t, mask, f->theta);
        check_gradient(basis, &moment, &place, t, mask, gradient);
    }
}

static void test_basis_by_pieces_is_the_sparse_vector(void **state)
{
    (void)state;
    for (size_t r = 0; r < PP_COUNT(rounds); r++) {
        const pp_basis basis = make(rounds[r]);
        double *theta = random_theta(&basis), *slope = reals(basis.size);
        double *gradient = reals(basis.size);
        pp_function f = {theta, slope};
        size_t from = 0;
        pp_function_slopes(&basis, &f);
        for (int64_t t = 0; t <= rounds[r]; t += 1 + rounds[r] / 9)
            for (double h = 0; h < 200; h += h < 30 ? 1 : 13) {
                const double held[K] = {h, h / 3, 2 * h};
                check_pieces(&basis, t, held, from++, &f, gradient);
            }
        free(gradient);
        free(slope);
        free(theta);
    }
}

static void test_basis_start_is_minus_the_loss_of_where_it_ends(void **state)
{
    (void)state;
    const pp_portfolio p = portfolio();
    for (size_t r = 0; r < PP_COUNT(rounds); r++) {
        const pp_basis basis = make(rounds[r]);
        double *theta = reals(basis.size);
        pp_basis_start(&basis, &p, 0, theta);
        for (size_t i = 0; i < basis.n_held; i++)
            for (size_t j = 0; j < basis.n_time; j++) {
                double held[K], end[K];
                int64_t t = (int64_t)basis.time[j];
                if ((double)t != basis.time[j])
                    continue;
                for (size_t k = 0; k < K; k++) {
                    end[k] = fmax(basis.held[k][i], 0);
                    held[k] = basis.held[k][i] - basis.pace[k] * (double)(rounds[r] - t);
                }
                assert_close(value_at(&basis, theta, held, t), -pp_portfolio_loss(&p, end), 1e-9);
            }
        free(theta);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basis_hats_sum_to_the_number_of_categories),
        cmocka_unit_test(test_basis_small_epochs_are_tabular),
        cmocka_unit_test(test_basis_large_epochs_are_linear_within_a_piece),
        cmocka_unit_test(test_basis_knots_have_the_value_of_their_coefficients),
        cmocka_unit_test(test_basis_sale_is_the_difference_of_two_portfolios),
        cmocka_unit_test(test_basis_by_pieces_is_the_sparse_vector),
        cmocka_unit_test(test_basis_start_is_minus_the_loss_of_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

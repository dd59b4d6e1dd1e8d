// Least squares of a learner's coefficients on rollouts, by what the rows of a round share.
#include <stdlib.h>
#include <string.h>

#include "agents/learning/learner.h"
#include "pricing/linear.h"

// A row's gradient is a product: u, sparse over the knots of the portfolio, times the two hats in
// time that are not 0, 1 - a and a. Rows of one round share the hats. So the products u u' of a
// round are added up first, over the knots of the portfolio alone, and go into three sums of a
// piece of time with the weights (1 - a)^2, (1 - a) a and a^2. Those are the blocks of the Gram
// matrix.

static size_t row_room(size_t row)
{
    return (row + 2 + 7) / 8 * 8; // the column after the diagonal as well
}

pp_status pp_regression_create(const pp_basis *b, pp_regression *r, pp_error *error)
{
    size_t n = b->size, knots = b->n_categories * b->n_held;
    *r = (pp_regression){.knots = knots};
    for (size_t i = 0; i <= knots; i++)
        r->n_products += row_room(i);
    r->gram = malloc(n * n * sizeof(double));
    r->right = calloc(n + knots + 1 + 4 * r->n_products, sizeof(double));
    r->row = calloc(knots + 1, sizeof *r->row);
    r->pairs = calloc(2 * b->n_categories, sizeof *r->pairs);
    if (!r->gram || !r->right || !r->row || !r->pairs)
        return pp_error_memory(error, "a regression");
    r->round_right = r->right + n;
    r->products = r->round_right + knots + 1;
    r->row[0] = r->products;
    for (size_t i = 0; i < knots; i++)
        r->row[i + 1] = r->row[i] + row_room(i);
    return PP_OK;
}

void pp_regression_release(pp_regression *r)
{
    free(r->gram);
    free(r->right);
    free(r->row);
    free(r->pairs);
    *r = (pp_regression){0};
}

/// P(s,a) of a row or, for the gradient of V(s), the policy's mean of it.
static double row_conversion(const pp_learner *l, bool value, size_t row)
{
    const pp_rollouts *r = &l->rollouts;
    return value ? r->slope[row] : pp_learner_choices(l, r->customer[row]).sale[r->action[row]];
}

/// Add up the products of a round's rows.
static void add_round(pp_learner *l, bool value, size_t round, double scale)
{
    const pp_learning_kernels *kernels = pp_learning_kernels_now();
    const pp_rollouts *r = &l->rollouts;
    const pp_moment *after = &l->moments[round];
    pp_regression *g = &l->regression;
    for (size_t row = round; row < r->n; row += r->rounds) {
        const pp_place place = pp_learner_place(l, row);
        double conversion = row_conversion(l, value, row), y = scale * r->delta[row];
        size_t n = pp_basis_pairs(&l->basis, after, &place, l->categories[r->customer[row]],
                                  conversion, g->pairs);
        for (size_t i = 0; i < n; i++) {
            const pp_pair *pair = &g->pairs[i];
            g->round_right[pair->at] += y * pair->value[0];
            g->round_right[pair->at + 1] += y * pair->value[1];
        }
        kernels->square(g->pairs, n, g->row);
    }
}

/// Put a round's sums into those of its piece of time.
static void finish_round(pp_learner *l, const pp_moment *after)
{
    pp_regression *g = &l->regression;
    double late = after->along, early = 1 - late;
    const double weight[] = {early * early, early * late, late * late};
    pp_learning_kernels_now()->fold(weight, g->n_products, g->products,
                                    g->products + g->n_products);
    for (size_t i = 0; i < g->knots; i++) {
        double *right = g->right + i * l->basis.n_time + after->piece;
        right[0] += early * g->round_right[i];
        right[1] += late * g->round_right[i];
    }
    memset(g->round_right, 0, (g->knots + 1) * sizeof(double));
}

/// Put the sums of a piece of time into the Gram matrix, of which the lower triangle is read.
static void finish_piece(pp_learner *l, size_t piece)
{
    pp_regression *g = &l->regression;
    size_t n = l->basis.size, times = l->basis.n_time, area = g->n_products;
    for (size_t i = 0; i < g->knots; i++) {
        double *early = g->gram + (i * times + piece) * n + piece, *late = early + n;
        const double *sum = g->row[i] + area;
        for (size_t j = 0; j <= i; j++) {
            early[j * times] += sum[j];
            late[j * times] += sum[area + j];
            early[j * times + 1] += sum[area + j]; // above the diagonal if i = j
            late[j * times + 1] += sum[2 * area + j];
        }
    }
    memset(g->products + area, 0, 3 * area * sizeof(double));
}

pp_status pp_learner_regress(pp_learner *l, bool value, double scale, double *coefficients,
                             pp_error *error)
{
    pp_regression *g = &l->regression;
    size_t n = l->basis.size, rounds = l->rollouts.rounds;
    memset(g->gram, 0, n * n * sizeof(double));
    memset(g->right, 0, n * sizeof(double));
    for (size_t t = 0; t < rounds; t++) {
        add_round(l, value, t, scale);
        finish_round(l, &l->moments[t]);
        if (t + 1 == rounds || l->moments[t + 1].piece != l->moments[t].piece)
            finish_piece(l, l->moments[t].piece);
    }
    for (size_t i = 0; i < n; i++)
        g->gram[i * n + i] += 1;
    pp_status status = pp_solve_positive(g->gram, n, g->right, 1, error);
    for (size_t i = 0; i < n && status == PP_OK; i++)
        coefficients[i] += g->right[i];
    return status;
}

// Hat functions over portfolio and time, evaluated as sparse vectors.
#include "agents/learning/basis.h"

#include <math.h>
#include <string.h>

/// Knots of y around the target, as shares of the category's scale; and of t, as shares of T.
static const double held_knots[] = {-1, -0.4, -0.15, 0, 0.15, 0.4, 1};
static const double time_knots[] = {0, 0.5, 0.85, 1};

static void make_small(int64_t rounds, pp_basis *b)
{
    b->n_held = b->n_time = (size_t)rounds + 1;
    for (size_t i = 0; i <= (size_t)rounds; i++) {
        b->time[i] = (double)i;
        for (size_t k = 0; k < b->n_categories; k++)
            b->held[k][i] = (double)i;
    }
}

void pp_basis_make(const pp_portfolio *portfolio, const double *average, int64_t rounds,
                   pp_basis *b)
{
    memset(b, 0, sizeof *b);
    b->n_categories = portfolio->n_categories;
    b->rounds = (double)rounds;
    size_t each = (size_t)(rounds + 1) * (size_t)(rounds + 1);
    if (rounds <= PP_BASIS_SMALL && each * b->n_categories <= PP_BASIS_SMALL_SIZE) {
        make_small(rounds, b);
    } else {
        b->n_held = PP_COUNT(held_knots);
        b->n_time = PP_COUNT(time_knots);
        for (size_t j = 0; j < b->n_time; j++)
            b->time[j] = time_knots[j] * b->rounds;
        for (size_t k = 0; k < b->n_categories; k++) {
            double target = portfolio->target[k], scale = fmax(fmax(target, average[k]), 4);
            b->pace[k] = target / b->rounds;
            for (size_t i = 0; i < b->n_held; i++)
                b->held[k][i] = target + scale * held_knots[i];
        }
    }
    b->size = b->n_categories * b->n_held * b->n_time;
}

/// Piece of the line that x lies in.
static size_t locate(const double *knots, size_t n, double x)
{
    size_t i = 0;
    while (i + 2 < n && x >= knots[i + 1])
        i++;
    return i;
}

static double along(const double *knots, size_t i, double x)
{
    return (x - knots[i]) / (knots[i + 1] - knots[i]);
}

/// Where a moment lies among the knots of time.
typedef struct moment {
    int64_t t;
    size_t piece;
    double along;
} moment;

static moment moment_of(const pp_basis *b, int64_t t)
{
    size_t j = locate(b->time, b->n_time, (double)t);
    return (moment){t, j, along(b->time, j, (double)t)};
}

/// Append low and high times the hats at the two ends of piece i of category k.
static void append(const pp_basis *b, size_t k, size_t i, const moment *at, double low, double high,
                   pp_sparse *vector)
{
    size_t first = (k * b->n_held + i) * b->n_time + at->piece, n = vector->n;
    const double weight[] = {low * (1 - at->along), low * at->along, high * (1 - at->along),
                             high * at->along};
    const size_t index[] = {first, first + 1, first + b->n_time, first + b->n_time + 1};
    for (size_t e = 0; e < PP_BASIS_ENTRIES; e++) {
        vector->at[n + e] = (uint32_t)index[e];
        vector->value[n + e] = weight[e];
    }
    vector->n += PP_BASIS_ENTRIES;
}

/// Append without times the hats at `held` and with times those at held + 1. Within one piece hats
/// are linear, and one set of entries does for both.
static void append_two(const pp_basis *b, size_t k, double held, const moment *at, double without,
                       double with, pp_sparse *vector)
{
    const double *knots = b->held[k];
    double y = held + b->pace[k] * (b->rounds - (double)at->t);
    size_t i = locate(knots, b->n_held, y), j = locate(knots, b->n_held, y + 1);
    double x = along(knots, i, y), z = along(knots, j, y + 1);
    if (i == j) {
        append(b, k, i, at, without * (1 - x) + with * (1 - z), without * x + with * z, vector);
        return;
    }
    append(b, k, i, at, without * (1 - x), without * x, vector);
    append(b, k, j, at, with * (1 - z), with * z, vector);
}

void pp_basis_at(const pp_basis *b, const double *held, int64_t t, uint64_t categories,
                 double chance, pp_sparse *vector)
{
    moment at = moment_of(b, t);
    vector->n = 0;
    for (size_t k = 0; k < b->n_categories; k++) {
        double with = categories >> k & 1 ? chance : 0;
        append_two(b, k, held[k], &at, 1 - with, with, vector);
    }
}

void pp_basis_sale(const pp_basis *b, const double *held, int64_t t, uint64_t categories,
                   pp_sparse *vector)
{
    moment at = moment_of(b, t);
    vector->n = 0;
    for (size_t k = 0; categories; categories >>= 1, k++)
        if (categories & 1)
            append_two(b, k, held[k], &at, -1, 1, vector);
}

double pp_sparse_dot(const pp_sparse *vector, const double *theta)
{
    double sum = 0;
    for (size_t i = 0; i < vector->n; i++)
        sum += vector->value[i] * theta[vector->at[i]];
    return sum;
}

void pp_basis_start(const pp_basis *b, const pp_portfolio *portfolio, double profit, double *theta)
{
    double share = 1 / (double)b->n_categories;
    for (size_t k = 0; k < b->n_categories; k++)
        for (size_t i = 0; i < b->n_held; i++)
            for (size_t j = 0; j < b->n_time; j++) {
                double *value = &theta[(k * b->n_held + i) * b->n_time + j];
                *value = share * profit * (b->rounds - b->time[j]);
                if (portfolio)
                    *value -= share * portfolio->loss_scale *
                              pp_category_loss(fmax(b->held[k][i], 0), portfolio->target[k]);
            }
}

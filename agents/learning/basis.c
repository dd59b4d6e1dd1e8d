// Hat functions over portfolio and time, as sparse vectors and by the pieces they are made of.
#include "agents/learning/basis.h"

#include <math.h>
#include <stdbool.h>
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
    for (size_t k = 0; k < b->n_categories; k++)
        for (size_t i = 0; i < b->n_held; i++) {
            bool last = i + 1 == b->n_held;
            b->rise[k][i] = last ? 0 : 1 / (b->held[k][i + 1] - b->held[k][i]);
            b->edge[k][i] = i == 0 ? -INFINITY : last ? INFINITY : b->held[k][i];
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

pp_moment pp_basis_moment(const pp_basis *b, int64_t t)
{
    size_t j = locate(b->time, b->n_time, (double)t);
    return (pp_moment){b->rounds - (double)t, j, along(b->time, j, (double)t)};
}

/// Append low and high times the hats at the two ends of piece i of category k.
static void append(const pp_basis *b, size_t k, size_t i, const pp_moment *at, double low,
                   double high, pp_sparse *vector)
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
static void append_two(const pp_basis *b, size_t k, double held, const pp_moment *at,
                       double without, double with, pp_sparse *vector)
{
    const double *knots = b->held[k];
    double y = held + b->pace[k] * at->rest;
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
    pp_moment at = pp_basis_moment(b, t);
    vector->n = 0;
    for (size_t k = 0; k < b->n_categories; k++) {
        double with = categories >> k & 1 ? chance : 0;
        append_two(b, k, held[k], &at, 1 - with, with, vector);
    }
}

void pp_basis_sale(const pp_basis *b, const double *held, int64_t t, uint64_t categories,
                   pp_sparse *vector)
{
    pp_moment at = pp_basis_moment(b, t);
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

/// The piece that y lies in, looked for from piece i on. @param edges pp_basis's
static inline size_t locate_from(const double *edges, double y, size_t i)
{
    while (y >= edges[i + 1])
        i++;
    while (y < edges[i])
        i--;
    return i;
}

static inline double ending(const pp_basis *b, size_t k, const pp_moment *at, const pp_place *place)
{
    return place->held[k] + b->pace[k] * at->rest;
}

void pp_basis_place(const pp_basis *b, const pp_moment *at, pp_place *place)
{
    for (size_t k = 0; k < b->n_categories; k++) {
        double y = ending(b, k, at, place);
        size_t i = locate_from(b->edge[k], y, place->now[k]);
        place->now[k] = (uint8_t)i;
        place->more[k] = (uint8_t)locate_from(b->edge[k], y + 1, i);
    }
}

void pp_function_slopes(const pp_basis *b, pp_function *f)
{
    for (size_t k = 0; k < b->n_categories; k++)
        for (size_t i = 0; i + 1 < b->n_held; i++) {
            size_t first = (k * b->n_held + i) * b->n_time;
            for (size_t j = first; j < first + b->n_time; j++)
                f->slope[j] = b->rise[k][i] * (f->theta[j + b->n_time] - f->theta[j]);
        }
}

double pp_function_value(const pp_basis *b, const pp_function *f, const pp_moment *at,
                         const pp_place *place)
{
    double early = 0, late = 0;
    for (size_t k = 0; k < b->n_categories; k++) {
        size_t i = place->now[k], first = (k * b->n_held + i) * b->n_time + at->piece;
        double beyond = ending(b, k, at, place) - b->held[k][i];
        early += f->theta[first] + beyond * f->slope[first];
        late += f->theta[first + 1] + beyond * f->slope[first + 1];
    }
    return (1 - at->along) * early + at->along * late;
}

/// How much of the policy more lies in piece i, when it begins in one piece and ends in another.
static double part(const double *knots, const pp_place *place, size_t k, size_t i, double y)
{
    return (i == place->more[k] ? y + 1 : knots[i + 1]) - (i == place->now[k] ? y : knots[i]);
}

double pp_function_change(const pp_basis *b, const pp_function *f, const pp_moment *at,
                          const pp_place *place, uint64_t categories)
{
    double early = 0, late = 0;
    for (; categories; categories &= categories - 1) {
        size_t k = (size_t)__builtin_ctzll(categories), i = place->now[k], last = place->more[k];
        const double *slope = f->slope + (k * b->n_held + i) * b->n_time + at->piece;
        if (i == last) {
            early += slope[0];
            late += slope[1];
            continue;
        }
        for (double y = ending(b, k, at, place); i <= last; i++, slope += b->n_time) {
            double share = part(b->held[k], place, k, i, y);
            early += share * slope[0];
            late += share * slope[1];
        }
    }
    return (1 - at->along) * early + at->along * late;
}

void pp_basis_add_change(const pp_basis *b, const pp_moment *at, const pp_place *place,
                         uint64_t categories, double scale, double *gradient)
{
    double early = scale * (1 - at->along), late = scale * at->along;
    for (; categories; categories &= categories - 1) {
        size_t k = (size_t)__builtin_ctzll(categories), i = place->now[k], last = place->more[k];
        double *slope = gradient + (k * b->n_held + i) * b->n_time + at->piece;
        if (i == last) {
            slope[0] += early;
            slope[1] += late;
            continue;
        }
        for (double y = ending(b, k, at, place); i <= last; i++, slope += b->n_time) {
            double share = part(b->held[k], place, k, i, y);
            slope[0] += share * early;
            slope[1] += share * late;
        }
    }
}

void pp_basis_gradient_of_slopes(const pp_basis *b, double *gradient)
{
    for (size_t k = 0; k < b->n_categories; k++)
        for (size_t j = 0; j < b->n_time; j++) {
            double below = 0; // of the piece before the knot
            for (size_t i = 0; i < b->n_held; i++) {
                double *at = &gradient[(k * b->n_held + i) * b->n_time + j];
                double above = i + 1 < b->n_held ? b->rise[k][i] * *at : 0;
                *at = below - above;
                below = above;
            }
        }
}

size_t pp_basis_pairs(const pp_basis *b, const pp_moment *at, const pp_place *place,
                      uint64_t categories, double chance, pp_pair *pairs)
{
    size_t n = 0;
    for (size_t k = 0; k < b->n_categories; k++) {
        size_t i = place->now[k], j = place->more[k], first = k * b->n_held;
        bool sale = categories >> k & 1;
        double with = sale ? chance : 0, y = ending(b, k, at, place);
        double x = (y - b->held[k][i]) * b->rise[k][i];
        if (!sale || i == j) {
            double high = x + with * b->rise[k][i];
            pairs[n++] = (pp_pair){{1 - high, high}, first + i};
            continue;
        }
        double z = (y + 1 - b->held[k][j]) * b->rise[k][j], low = with * (1 - z);
        bool next = j == i + 1; // the two pieces have a knot in common
        pairs[n++] =
            (pp_pair){{(1 - with) * (1 - x), (1 - with) * x + (next ? low : 0)}, first + i};
        pairs[n++] =
            next ? (pp_pair){{with * z, 0}, first + j + 1} : (pp_pair){{low, with * z}, first + j};
    }
    return n;
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

// Firms' histories as a ring of epochs, with the features stored once for all firms.
#include "pricing/history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/array.h"
#include "pricing/fit_kernels.h"
#include "pricing/pricing_kernels.h"

/// Columns of one firm. What it does not observe is not kept.
enum { ESTIMATE, MULTIPLIER, PROPENSITY, RANK, RIVALS, COLUMNS = RIVALS + PP_RIVALS };

static const size_t columns_observed[] = {
    [PP_OBSERVE_ALL] = COLUMNS,
    [PP_OBSERVE_OWN_RANK] = RIVALS,
    [PP_OBSERVE_OWN_SALE] = RANK,
};

static const size_t rivals_top[PP_RIVALS] = {1, 3, 5};
enum { SORTED = 6, STRIP = 128 }; ///< a firm and five rivals; customers at a time

/// A firm's rows, in memory of its own: its agent is handed them, and no rival's lie beside them.
typedef struct firm_history {
    double *values;      ///< [columns observed][epochs*rows]
    unsigned char *sold; ///< [epochs*rows]
} firm_history;

struct pp_histories {
    int n_columns;
    size_t n_firms, epochs, rows;
    pp_observe observe;
    int64_t epoch;     ///< epochs started
    size_t row;        ///< rows of the present epoch
    bool watched;      ///< the variance of offers is kept
    double *spread;    ///< [epochs] sum over rows of the variance of ln offer
    double **features; ///< [n_columns], each [epochs*rows]
    double *storage;   ///< of the features
    firm_history *firms;
};

static size_t capacity(const pp_histories *h)
{
    return h->epochs * h->rows;
}

static double *column(const pp_histories *h, size_t firm, size_t which)
{
    return h->firms[firm].values + which * capacity(h);
}

static bool allocate(pp_histories *h)
{
    h->storage = pp_array_reals((size_t)h->n_columns * capacity(h));
    h->features = calloc((size_t)h->n_columns, sizeof(double *));
    h->firms = calloc(h->n_firms, sizeof *h->firms);
    h->spread = calloc(h->epochs, sizeof *h->spread);
    bool enough = h->storage && h->features && h->firms && h->spread;
    for (size_t f = 0; f < h->n_firms && enough; f++) {
        h->firms[f].values = pp_array_reals(columns_observed[h->observe] * capacity(h));
        h->firms[f].sold = calloc(capacity(h), 1);
        enough = h->firms[f].values && h->firms[f].sold;
    }
    return enough;
}

pp_status pp_histories_create(int n_columns, size_t n_firms, size_t epochs, size_t rows,
                              pp_observe observe, pp_histories **histories, pp_error *error)
{
    *histories = NULL;
    pp_histories *h = calloc(1, sizeof *h);
    if (!h)
        return pp_error_memory(error, "the firms' histories");
    h->n_columns = n_columns;
    h->n_firms = n_firms;
    h->epochs = epochs;
    h->rows = rows;
    h->observe = observe;
    if (!allocate(h)) {
        pp_histories_destroy(h);
        return pp_error_memory(error, "%zu rows of %zu firms' histories", epochs * rows, n_firms);
    }
    for (int j = 0; j < n_columns; j++)
        h->features[j] = h->storage + (size_t)j * capacity(h);
    *histories = h;
    return PP_OK;
}

void pp_histories_destroy(pp_histories *histories)
{
    if (!histories)
        return;
    for (size_t f = 0; histories->firms && f < histories->n_firms; f++) {
        free(histories->firms[f].values);
        free(histories->firms[f].sold);
    }
    free(histories->firms);
    free(histories->features);
    free(histories->spread);
    free(histories->storage);
    free(histories);
}

void pp_histories_clear(pp_histories *histories)
{
    histories->epoch = 0;
    histories->row = 0;
}

void pp_histories_watch(pp_histories *histories)
{
    histories->watched = histories->observe == PP_OBSERVE_ALL && histories->n_firms > 1;
}

void pp_histories_epoch(pp_histories *histories)
{
    assert(histories->epoch == 0 || histories->row == histories->rows);
    histories->spread[(size_t)histories->epoch % histories->epochs] = 0;
    histories->epoch++;
    histories->row = 0;
}

/// Add the variance among firms of the logarithm of what they offer each of m customers.
static void add_spread(pp_histories *h, const pp_history_block *block, size_t first, size_t m)
{
    double x[STRIP], sum[STRIP] = {0}, square[STRIP] = {0}, n = (double)h->n_firms;
    for (size_t f = 0; f < h->n_firms; f++) {
        pp_pricing_kernels_now()->log(block->offer + f * block->stride + first, m, x);
        for (size_t i = 0; i < m; i++) {
            sum[i] += x[i];
            square[i] += x[i] * x[i];
        }
    }
    for (size_t i = 0; i < m; i++)
        h->spread[(size_t)(h->epoch - 1) % h->epochs] +=
            (square[i] - sum[i] * sum[i] / n) / (n - 1);
}

/// The offers that matter, sorted: sorted[r][i] is the (r + 1)-th cheapest to customer i of m.
static void sort_offers(const pp_histories *h, const pp_history_block *block, size_t first,
                        size_t m, double sorted[SORTED][STRIP])
{
    for (size_t f = 0; f < h->n_firms; f++) {
        const double *offer = block->offer + f * block->stride + first;
        const int32_t *rank = block->rank + f * block->stride + first;
        for (size_t i = 0; i < m; i++)
            if (rank[i] < SORTED)
                sorted[rank[i]][i] = offer[i];
    }
}

/// Means of the cheapest rival offers to m customers, as multiples of the firm's estimates.
/// @param rank [m] of the firm, 1 = cheapest
static void add_rivals(const pp_histories *h, size_t firm, size_t at, size_t m, const double *rank,
                       double sorted[SORTED][STRIP])
{
    const double *estimate = column(h, firm, ESTIMATE) + at;
    double sum[STRIP] = {0};
    size_t n_rivals = h->n_firms - 1, used = 0;
    for (size_t t = 0; t < PP_RIVALS; t++) {
        double *to = column(h, firm, RIVALS + t) + at;
        size_t last = rivals_top[t] < n_rivals ? rivals_top[t] : n_rivals;
        if (last)
            pp_fit_kernels_now()->rivals(rank, sorted[0], STRIP, used, last, estimate, m, sum, to);
        for (size_t i = 0; i < m && !last; i++)
            to[i] = 1;
        used = last;
    }
}

static void add_firm(pp_histories *h, size_t f, size_t at, const pp_history_block *block,
                     size_t first, size_t m, double sorted[SORTED][STRIP])
{
    size_t from = f * block->stride + first;
    double rank[STRIP];
    memcpy(column(h, f, ESTIMATE) + at, block->unit + from, m * sizeof(double));
    memcpy(column(h, f, MULTIPLIER) + at, block->multiplier + from, m * sizeof(double));
    memcpy(column(h, f, PROPENSITY) + at, block->propensity + from, m * sizeof(double));
    for (size_t i = 0; i < m; i++)
        h->firms[f].sold[at + i] = (size_t)block->choice[first + i] == f;
    for (size_t i = 0; i < m; i++)
        rank[i] = block->rank[from + i] + 1;
    if (h->observe != PP_OBSERVE_OWN_SALE)
        memcpy(column(h, f, RANK) + at, rank, m * sizeof(double));
    if (h->observe == PP_OBSERVE_ALL)
        add_rivals(h, f, at, m, rank, sorted);
}

void pp_histories_add(pp_histories *histories, const pp_history_block *block, size_t first,
                      size_t n)
{
    pp_histories *h = histories;
    double sorted[SORTED][STRIP];
    assert(h->epoch > 0 && h->row + n <= h->rows);
    for (size_t m; n > 0; first += m, n -= m) {
        size_t at = (size_t)(h->epoch - 1) % h->epochs * h->rows + h->row;
        m = n < STRIP ? n : STRIP;
        for (int j = 0; j < h->n_columns; j++)
            memcpy(h->features[j] + at, block->features[j] + first, m * sizeof(double));
        if (h->observe == PP_OBSERVE_ALL)
            sort_offers(h, block, first, m, sorted);
        if (h->watched)
            add_spread(h, block, first, m);
        for (size_t f = 0; f < h->n_firms; f++)
            add_firm(h, f, at, block, first, m, sorted);
        h->row += m;
    }
}

/// Over the epochs kept, without the first of all.
static double offer_variance(const pp_histories *h)
{
    size_t kept = (size_t)h->epoch < h->epochs ? (size_t)h->epoch : h->epochs, used = 0;
    double sum = 0;
    for (int64_t epoch = h->epoch - (int64_t)kept; epoch < h->epoch; epoch++) {
        if (epoch == 0)
            continue;
        sum += h->spread[(size_t)epoch % h->epochs];
        used++;
    }
    return h->watched && used > 0 ? sum / (double)(used * h->rows) : NAN;
}

void pp_histories_view(const pp_histories *h, size_t firm, pp_history *view)
{
    size_t epochs = (size_t)h->epoch < h->epochs ? (size_t)h->epoch : h->epochs;
    *view = (pp_history){
        .n = epochs * h->rows,
        .n_columns = h->n_columns,
        .features = (const double *const *)h->features,
        .unit = column(h, firm, ESTIMATE),
        .multiplier = column(h, firm, MULTIPLIER),
        .propensity = column(h, firm, PROPENSITY),
        .sold = h->firms[firm].sold,
        .observe = h->observe,
        .rank = h->observe == PP_OBSERVE_OWN_SALE ? NULL : column(h, firm, RANK),
        .offer_variance = offer_variance(h),
        .n_firms = (int)h->n_firms,
        .rows = h->rows,
        .epoch = h->epoch,
    };
    for (size_t r = 0; r < PP_RIVALS && h->observe == PP_OBSERVE_ALL; r++)
        view->rivals[r] = column(h, firm, RIVALS + r);
}

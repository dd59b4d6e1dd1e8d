// Firms' histories as a ring of epochs, with the features stored once for all firms.
#include "pricing/history.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/// Columns of one firm. What it does not observe is not kept.
enum { ESTIMATE, MULTIPLIER, PROPENSITY, RANK, RIVALS, COLUMNS = RIVALS + PP_RIVALS };

static const size_t columns_observed[] = {
    [PP_OBSERVE_ALL] = COLUMNS,
    [PP_OBSERVE_OWN_RANK] = RIVALS,
    [PP_OBSERVE_OWN_SALE] = RANK,
};

static const size_t rivals_top[PP_RIVALS] = {1, 3, 5};

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
    h->storage = calloc((size_t)h->n_columns * capacity(h), sizeof(double));
    h->features = calloc((size_t)h->n_columns, sizeof(double *));
    h->firms = calloc(h->n_firms, sizeof *h->firms);
    bool enough = h->storage && h->features && h->firms;
    for (size_t f = 0; f < h->n_firms && enough; f++) {
        h->firms[f].values = calloc(columns_observed[h->observe] * capacity(h), sizeof(double));
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
    free(histories->storage);
    free(histories);
}

void pp_histories_clear(pp_histories *histories)
{
    histories->epoch = 0;
    histories->row = 0;
}

void pp_histories_epoch(pp_histories *histories)
{
    assert(histories->epoch == 0 || histories->row == histories->rows);
    histories->epoch++;
    histories->row = 0;
}

static void add_firm(pp_histories *h, size_t firm, size_t at, const pp_ranking *ranking,
                     double estimate, double multiplier, double propensity, int32_t choice)
{
    column(h, firm, ESTIMATE)[at] = estimate;
    column(h, firm, MULTIPLIER)[at] = multiplier;
    column(h, firm, PROPENSITY)[at] = propensity;
    h->firms[firm].sold[at] = (size_t)choice == firm;
    if (h->observe != PP_OBSERVE_OWN_SALE)
        column(h, firm, RANK)[at] = ranking->rank[firm] + 1;
    for (size_t r = 0; r < PP_RIVALS && h->observe == PP_OBSERVE_ALL; r++)
        column(h, firm, RIVALS + r)[at] =
            h->n_firms > 1 ? pp_rivals_mean(ranking, h->n_firms, firm, rivals_top[r]) / estimate
                           : 1;
}

void pp_histories_add(pp_histories *histories, const pp_ranking *ranking, size_t i, size_t stride,
                      const double *const *features, const double *estimates,
                      const double *multipliers, const double *propensities, int32_t choice)
{
    pp_histories *h = histories;
    assert(h->epoch > 0 && h->row < h->rows);
    size_t at = (size_t)(h->epoch - 1) % h->epochs * h->rows + h->row++;
    for (int j = 0; j < h->n_columns; j++)
        h->features[j][at] = features[j][i];
    for (size_t f = 0; f < h->n_firms; f++)
        add_firm(h, f, at, ranking, estimates[f * stride + i], multipliers[f * stride + i],
                 propensities[f * stride + i], choice);
}

void pp_histories_view(const pp_histories *h, size_t firm, pp_history *view)
{
    size_t epochs = (size_t)h->epoch < h->epochs ? (size_t)h->epoch : h->epochs;
    *view = (pp_history){
        .n = epochs * h->rows,
        .n_columns = h->n_columns,
        .features = (const double *const *)h->features,
        .estimate = column(h, firm, ESTIMATE),
        .multiplier = column(h, firm, MULTIPLIER),
        .propensity = column(h, firm, PROPENSITY),
        .sold = h->firms[firm].sold,
        .observe = h->observe,
        .rank = h->observe == PP_OBSERVE_OWN_SALE ? NULL : column(h, firm, RANK),
        .n_firms = (int)h->n_firms,
    };
    for (size_t r = 0; r < PP_RIVALS && h->observe == PP_OBSERVE_ALL; r++)
        view->rivals[r] = column(h, firm, RIVALS + r);
}

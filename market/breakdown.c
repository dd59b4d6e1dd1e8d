// Quotes and sales by band of a view: every view has its numbers and its edges, and all the same
// sums.
#include "market/breakdown.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "market/market_kernels.h"

// ---- the views

enum { EDGES_MAX = 12, SALE = 5 };
static_assert(offsetof(pp_band_account, pure_premium) == (SALE - 1) * sizeof(double),
              "what a sale adds to comes first");

/// What views take their numbers from, and the sales of a block in the order of customers.
typedef struct look {
    const pp_choices *choices;
    const pp_accounts *booked;
    const int32_t *rank;
    const double *conversion;
    size_t n_firms;
    double *inverse_total; ///< [n] 1/(sum of all prices)
    double *room;          ///< [n] scratch
    size_t n_sales;
    uint32_t *firm, *customer, *quote, *cell; ///< [n_sales] quote: [firm][customer], by stride
    double *value;                            ///< [n_sales] of one view
    double *money; ///< [n_sales][SALE] what a sale adds to a pp_band_account
} look;

/// Number of a view of each sale, put into l->value.
typedef void view_sales(const look *l);

/// Shares of the sum of all prices: with n firms a share s stands for a price of (n - 1) s/(1 - s)
/// times the mean rival's, and equal prices for the same share to the last bits.
static void price_sales(const look *l)
{
    for (size_t k = 0; k < l->n_sales; k++)
        l->value[k] = l->choices->offers[l->quote[k]] * l->inverse_total[l->customer[k]];
}

static void conversion_sales(const look *l)
{
    for (size_t k = 0; k < l->n_sales; k++)
        l->value[k] = l->conversion[l->quote[k]];
}

static void rank_sales(const look *l)
{
    for (size_t k = 0; k < l->n_sales; k++)
        l->value[k] = 1 + l->rank[l->quote[k]];
}

static double as_it_is(double edge, size_t n_firms)
{
    (void)n_firms;
    return edge;
}

static double share_of_ratio(double ratio, size_t n_firms)
{
    return ratio / ((double)n_firms - 1 + ratio);
}

/// How the quotes of a firm get into a view's bands. @param edges [n_bands] the first is below
/// every value
typedef void view_quotes(const look *l, size_t f, const double *edges, size_t n_bands,
                         pp_band_account *bands);
static view_quotes conversion_quotes, rank_quotes;

/// Edges are design: narrow where quotes and sales are many. Quotes of the view `price` are not
/// counted: that would take half a per cent of a trial.
static const struct view {
    view_quotes *quotes; ///< NULL: are not counted
    view_sales *sales;
    double (*edge_of)(double edge, size_t n_firms); ///< in terms of its numbers
    bool of_rivals;                                 ///< without a rival there is nothing to see
    bool up_to_firms;                               ///< no bands beyond the number of firms
    size_t n_edges;
    double edges[EDGES_MAX];
} views[PP_VIEW_COUNT] = {
    [PP_VIEW_price] = {NULL,
                       price_sales,
                       share_of_ratio,
                       true,
                       false,
                       8,
                       {0.80, 0.90, 0.95, 0.98, 1.00, 1.02, 1.05, 1.10}},
    [PP_VIEW_conversion] = {conversion_quotes,
                            conversion_sales,
                            as_it_is,
                            false,
                            false,
                            7,
                            {0.01, 0.05, 0.10, 0.15, 0.20, 0.34, 0.50}},
    [PP_VIEW_rank] = {rank_quotes,
                      rank_sales,
                      as_it_is,
                      false,
                      true,
                      12,
                      {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 21, 51}},
};

#define NAME(name, description) " " #name
const char *const pp_view_names = &(PP_VIEWS(NAME))[1];
#undef NAME

/// How many edges of a view a market has.
static size_t count_edges(const struct view *view, size_t n_firms)
{
    size_t n = view->n_edges;
    while (view->up_to_firms && n > 0 && view->edges[n - 1] > (double)n_firms)
        n--;
    return n;
}

size_t pp_bands_of(size_t n_firms, pp_band *bands)
{
    size_t n = 0;
    for (size_t v = 0; v < PP_VIEW_COUNT; v++) {
        size_t n_edges = count_edges(&views[v], n_firms);
        for (size_t j = 0; j <= n_edges; j++)
            bands[n++] = (pp_band){.view = (pp_view)v,
                                   .low = j > 0 ? views[v].edges[j - 1] : -INFINITY,
                                   .high = j < views[v].n_edges ? views[v].edges[j] : INFINITY};
    }
    return n;
}

// ---- memory

pp_status pp_breakdown_create(size_t n_firms, size_t stride, pp_breakdown *breakdown,
                              pp_error *error)
{
    pp_band bands[PP_BANDS_MAX];
    size_t n_bands = pp_bands_of(n_firms, bands), numbers;
    *breakdown = (pp_breakdown){.n_firms = n_firms, .n_bands = n_bands, .stride = stride};
    if (!__builtin_mul_overflow(n_firms, n_bands, &numbers))
        breakdown->account = calloc(numbers, sizeof *breakdown->account);
    breakdown->reals = calloc((3 + SALE) * stride + 1, sizeof *breakdown->reals);
    breakdown->integers = calloc(4 * stride + 1, sizeof *breakdown->integers);
    if (breakdown->account && breakdown->reals && breakdown->integers)
        return PP_OK;
    pp_breakdown_destroy(breakdown);
    return pp_error_memory(error, "the breakdown of %zu firms", n_firms);
}

void pp_breakdown_destroy(pp_breakdown *breakdown)
{
    free(breakdown->account);
    free(breakdown->reals);
    free(breakdown->integers);
    memset(breakdown, 0, sizeof *breakdown);
}

void pp_breakdown_clear(pp_breakdown *breakdown)
{
    memset(breakdown->account, 0,
           breakdown->n_firms * breakdown->n_bands * sizeof *breakdown->account);
}

// ---- adding

static void find_inverse_totals(const look *l)
{
    const pp_choices *c = l->choices;
    double *restrict total = l->room;
    for (size_t i = 0; i < c->n; i++)
        total[i] = c->offers[i];
    for (size_t f = 1; f < l->n_firms; f++) {
        const double *restrict offer = c->offers + f * c->stride;
        for (size_t i = 0; i < c->n; i++)
            total[i] += offer[i];
    }
    pp_market_kernels_now()->inverse(total, c->n, l->inverse_total);
}

/// List the customers who bought, without a branch: nobody can guess which they are.
static void list_sales(look *l)
{
    const pp_choices *c = l->choices;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        l->customer[n] = (uint32_t)i;
        l->firm[n] = (uint32_t)c->choice[i];
        n += (size_t)c->choice[i] < l->n_firms;
    }
    l->n_sales = n;
    pp_market_kernels_now()->inverse(c->base_index, c->n, l->room);
    for (size_t k = 0; k < n; k++) {
        size_t i = l->customer[k], at = l->firm[k] * c->stride + i;
        double unit = l->room[i], *money = l->money + k * SALE;
        l->quote[k] = (uint32_t)at;
        money[0] = unit;
        money[1] = 1;
        money[2] = c->offers[at] * unit;
        money[3] = c->estimates[at] * unit;
        money[4] = c->pure_premium[i];
    }
}

/// Ranks have been counted already.
static void rank_quotes(const look *l, size_t f, const double *edges, size_t n_bands,
                        pp_band_account *bands)
{
    const int64_t *histogram = l->booked->rank_histogram + f * l->n_firms;
    for (size_t r = 0, j = 0; r < l->n_firms; r++) {
        while (j + 1 < n_bands && (double)(r + 1) >= edges[j + 1])
            j++;
        bands[j].quotes += (double)histogram[r];
    }
}

/// Quotes are counted, and their probabilities summed up, by edge: those at the edge or above it.
static void conversion_quotes(const look *l, size_t f, const double *edges, size_t n_bands,
                              pp_band_account *bands)
{
    int64_t counts[EDGES_MAX + 2] = {0};
    double sums[EDGES_MAX + 2] = {0};
    pp_market_kernels_now()->tally(l->conversion + f * l->choices->stride, l->choices->n, edges,
                                   n_bands, counts, sums);
    for (size_t j = 0; j < n_bands; j++) {
        bands[j].quotes += (double)(counts[j] - counts[j + 1]);
        bands[j].expected_policies += sums[j] - sums[j + 1];
    }
}

/// @param first band of the view @return how many the view has
static size_t add_view(const struct view *view, const look *l, size_t first, pp_breakdown *b)
{
    const pp_market_kernels *kernels = pp_market_kernels_now();
    double edges[1 + EDGES_MAX] = {-INFINITY};
    size_t n = l->n_firms, n_bands = 1 + count_edges(view, n);
    for (size_t j = 1; j < n_bands; j++)
        edges[j] = view->edge_of(view->edges[j - 1], n);
    if (view->of_rivals && n < 2)
        return n_bands;
    for (size_t f = 0; f < n && view->quotes; f++)
        view->quotes(l, f, edges, n_bands, b->account + f * b->n_bands + first);
    view->sales(l);
    for (size_t k = 0; k < l->n_sales; k++)
        l->cell[k] = (uint32_t)(l->firm[k] * b->n_bands + first);
    kernels->bands(l->value, l->n_sales, edges + 1, n_bands - 1, l->cell);
    if (l->n_sales > 0)
        kernels->scatter(l->money, l->cell, l->n_sales, sizeof *b->account / sizeof(double),
                         &b->account->sales);
    return n_bands;
}

void pp_breakdown_add(pp_breakdown *breakdown, const pp_choices *choices, const pp_accounts *booked,
                      const int32_t *rank, const double *conversion)
{
    size_t n = breakdown->stride, first = 0;
    double *reals = breakdown->reals;
    uint32_t *integers = breakdown->integers;
    look l = {.choices = choices,
              .booked = booked,
              .rank = rank,
              .conversion = conversion,
              .n_firms = breakdown->n_firms,
              .inverse_total = reals,
              .room = reals + n,
              .value = reals + 2 * n,
              .money = reals + 3 * n,
              .firm = integers,
              .customer = integers + n,
              .quote = integers + 2 * n,
              .cell = integers + 3 * n};
    assert(choices->stride == n && choices->n <= n);
    find_inverse_totals(&l);
    list_sales(&l);
    for (size_t v = 0; v < PP_VIEW_COUNT; v++)
        first += add_view(&views[v], &l, first, breakdown);
}

void pp_breakdown_merge(pp_breakdown *breakdown, const pp_breakdown *next)
{
    for (size_t i = 0; i < breakdown->n_firms * breakdown->n_bands; i++) {
        pp_band_account *to = &breakdown->account[i];
        const pp_band_account *from = &next->account[i];
        to->sales += from->sales;
#define PP_MERGE(name, description) to->name += from->name;
        PP_BAND_SUMS(PP_MERGE)
#undef PP_MERGE
    }
}

void pp_breakdown_settle(const pp_economics *economics, pp_breakdown *breakdown)
{
    for (size_t i = 0; i < breakdown->n_firms * breakdown->n_bands; i++) {
        pp_band_account *band = &breakdown->account[i];
        pp_account account = {.sales = band->sales,
                              .gwp = band->gwp,
                              .expected_claims = band->expected_claims,
                              .pure_premium = band->pure_premium,
                              .true_profit = band->gwp - band->pure_premium};
        pp_account_settle(&economics[i / breakdown->n_bands], &account);
        band->true_profit = account.true_profit;
    }
}

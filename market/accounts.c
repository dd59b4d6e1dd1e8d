// Accounts: booking the choices of a block, and adding blocks up.
#include "market/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "market/market_kernels.h"

pp_status pp_accounts_create(size_t n_firms, pp_accounts *accounts, pp_error *error)
{
    *accounts = (pp_accounts){
        .n_firms = n_firms,
        .firm = calloc(n_firms, sizeof(pp_account)),
        .rank_histogram = calloc(n_firms * n_firms, sizeof(int64_t)),
        .sales_by_rank = calloc(n_firms * n_firms, sizeof(int64_t)),
    };
    if (accounts->firm && accounts->rank_histogram && accounts->sales_by_rank)
        return PP_OK;
    pp_accounts_destroy(accounts);
    return pp_error_memory(error, "the accounts of %zu firms", n_firms);
}

void pp_accounts_destroy(pp_accounts *accounts)
{
    free(accounts->firm);
    free(accounts->rank_histogram);
    free(accounts->sales_by_rank);
    memset(accounts, 0, sizeof *accounts);
}

void pp_accounts_clear(pp_accounts *accounts)
{
    size_t n = accounts->n_firms;
    memset(accounts->firm, 0, n * sizeof(pp_account));
    memset(accounts->rank_histogram, 0, n * n * sizeof(int64_t));
    memset(accounts->sales_by_rank, 0, n * n * sizeof(int64_t));
    accounts->walk_away = 0;
}

static void add_sale(pp_account *account, double offer, double estimate, double pure_premium,
                     double base_index)
{
    double premium = offer / base_index, claims = estimate / base_index;
    account->policies++;
    account->sales += 1 / base_index;
    account->gwp += premium;
    account->expected_claims += claims;
    account->pure_premium += pure_premium;
    account->booked_profit += premium - claims;
    account->true_profit += premium - pure_premium;
    account->winners_curse += pure_premium - claims;
}

/// Ranks of one firm's quotes, counted in places side by side: the same count twice in a row would
/// wait for itself.
static void count_places(const int32_t *rank, size_t n, size_t n_firms, int64_t *histogram)
{
    enum { PLACES = 4 };
    int32_t count[PLACES][PP_MAX_FIRMS];
    for (size_t j = 0; j < PLACES; j++)
        memset(count[j], 0, n_firms * sizeof(int32_t));
    for (size_t i = 0; i < n; i++)
        count[i % PLACES][rank[i]]++;
    for (size_t r = 0; r < n_firms; r++)
        for (size_t j = 0; j < PLACES; j++)
            histogram[r] += count[j][r];
}

/// Book the sale to customer i by firm `chosen`.
static void add_choice(pp_accounts *accounts, const pp_choices *c, size_t i, const int32_t *rank)
{
    size_t n = accounts->n_firms, chosen = (size_t)c->choice[i], at = chosen * c->stride + i;
    add_sale(&accounts->firm[chosen], c->offers[at], c->estimates[at], c->pure_premium[i],
             c->base_index[i]);
    accounts->sales_by_rank[chosen * n + (size_t)rank[at]]++;
}

/// Customers who bought are first listed, without a branch: which they are nobody can guess.
static void add_choices(pp_accounts *accounts, const pp_choices *c, const int32_t *rank)
{
    enum { STRIP = 256 };
    uint32_t buyers[STRIP];
    for (size_t start = 0; start < c->n; start += STRIP) {
        size_t n = c->n - start < STRIP ? c->n - start : STRIP, sold = 0;
        for (size_t i = 0; i < n; i++) {
            buyers[sold] = (uint32_t)i;
            sold += (size_t)c->choice[start + i] < accounts->n_firms;
        }
        for (size_t k = 0; k < sold; k++)
            add_choice(accounts, c, start + buyers[k], rank);
        accounts->walk_away += (int64_t)(n - sold);
    }
}

/// What follows from a firm's histogram of ranks.
static void count_ranks(const int64_t *histogram, size_t n, pp_account *account)
{
    account->quote_count = account->rank_sum = account->top5_quotes = 0;
    account->top1_quotes = histogram[0];
    for (size_t r = 0; r < n; r++) {
        account->quote_count += histogram[r];
        account->rank_sum += (int64_t)(r + 1) * histogram[r];
    }
    for (size_t r = 0; r < n && r < 5; r++)
        account->top5_quotes += histogram[r];
}

void pp_accounts_add(pp_accounts *accounts, const pp_choices *choices, int32_t *rank)
{
    enum { FEW_FIRMS = 12 }; // up to which looking at all ranks for each rank beats counters
    const pp_market_kernels *kernels = pp_market_kernels_now();
    size_t n = accounts->n_firms, stride = choices->stride;
    pp_rank_batch(choices->offers, stride, choices->n, n, rank);
    add_choices(accounts, choices, rank);
    for (size_t f = 0; f < n; f++) {
        pp_account *account = &accounts->firm[f];
        account->multiplier_sum += kernels->sum_ratios(choices->offers + f * stride,
                                                       choices->estimates + f * stride, choices->n);
        if (n <= FEW_FIRMS)
            kernels->count(rank + f * stride, choices->n, n, accounts->rank_histogram + f * n);
        else
            count_places(rank + f * stride, choices->n, n, accounts->rank_histogram + f * n);
        count_ranks(accounts->rank_histogram + f * n, n, account);
    }
}

void pp_accounts_merge(pp_accounts *accounts, const pp_accounts *next)
{
    size_t n = accounts->n_firms;
    for (size_t f = 0; f < n; f++) {
        pp_account *to = &accounts->firm[f];
        const pp_account *from = &next->firm[f];
        to->sales += from->sales;
#define PP_MERGE(name, description) to->name += from->name;
        PP_ACCOUNT_COUNTS(PP_MERGE)
        PP_ACCOUNT_SUMS(PP_MERGE)
#undef PP_MERGE
    }
    for (size_t i = 0; i < n * n; i++) {
        accounts->rank_histogram[i] += next->rank_histogram[i];
        accounts->sales_by_rank[i] += next->sales_by_rank[i];
    }
    accounts->walk_away += next->walk_away;
}

void pp_account_settle(const pp_economics *e, pp_account *a)
{
    double booked_handling = e->handling * a->expected_claims;
    a->expenses = e->variable_expense * a->gwp + e->fixed_expense * a->sales;
    a->commission = e->commission * a->sales;
    a->levies = e->levy * a->gwp;
    a->handling = e->handling * a->pure_premium;
    a->finance = e->finance * a->gwp;
    a->add_ons = e->add_ons * a->sales;
    a->premium_tax = e->premium_tax * a->gwp;
    double spent = a->expenses + a->commission + a->levies - a->finance - a->add_ons;
    a->booked_profit -= spent + booked_handling;
    a->true_profit -= spent + a->handling;
    a->winners_curse += a->handling - booked_handling;
}

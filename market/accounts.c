// Accounts: booking the choices of a block, and adding blocks up.
#include "market/accounts.h"

#include <stdlib.h>
#include <string.h>

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
    account->policies++;
    account->gwp += offer;
    account->expected_claims += estimate;
    account->pure_premium += pure_premium;
    account->booked_profit += offer - estimate;
    account->true_profit += offer / base_index - pure_premium;
    account->winners_curse += pure_premium - estimate / base_index;
}

/// Multipliers of one firm's quotes, in partial sums by place so that they may be added side by
/// side.
static double sum_multipliers(const double *offer, const double *estimate, size_t n)
{
    enum { PLACES = 8 };
    double sum = 0, part[PLACES] = {0};
    size_t whole = n - n % PLACES;
    for (size_t i = 0; i < whole; i += PLACES)
        for (size_t j = 0; j < PLACES; j++)
            part[j] += offer[i + j] / estimate[i + j];
    for (size_t j = 0; j < PLACES; j++)
        sum += part[j];
    for (size_t i = whole; i < n; i++)
        sum += offer[i] / estimate[i];
    return sum;
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

static void add_choice(pp_accounts *accounts, const pp_choices *c, size_t i, const int32_t *rank)
{
    size_t n = accounts->n_firms, chosen = (size_t)c->choice[i];
    if (chosen >= n) {
        accounts->walk_away++;
        return;
    }
    add_sale(&accounts->firm[chosen], c->offers[chosen * c->stride + i],
             c->estimates[chosen * c->stride + i], c->pure_premium[i], c->base_index[i]);
    accounts->sales_by_rank[chosen * n + (size_t)rank[chosen * c->stride + i]]++;
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
    size_t n = accounts->n_firms, stride = choices->stride;
    pp_rank_batch(choices->offers, stride, choices->n, n, rank);
    for (size_t i = 0; i < choices->n; i++)
        add_choice(accounts, choices, i, rank);
    for (size_t f = 0; f < n; f++) {
        pp_account *account = &accounts->firm[f];
        account->multiplier_sum += sum_multipliers(choices->offers + f * stride,
                                                   choices->estimates + f * stride, choices->n);
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

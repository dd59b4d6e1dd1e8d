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
    return pp_error_set(error, PP_ENOMEM, "no memory for the accounts of %zu firms", n_firms);
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

void pp_accounts_add(pp_accounts *accounts, const pp_ranking *ranking, size_t i, size_t stride,
                     const double *estimates, const double *offers, double pure_premium,
                     double base_index, int32_t choice)
{
    size_t n = accounts->n_firms;
    for (size_t f = 0; f < n; f++) {
        pp_account *account = &accounts->firm[f];
        int32_t rank = ranking->rank[f];
        account->quotes++;
        account->rank_sum += rank + 1;
        account->top1_quotes += rank < 1;
        account->top5_quotes += rank < 5;
        account->multiplier_sum += offers[f * stride + i] / estimates[f * stride + i];
        accounts->rank_histogram[f * n + (size_t)rank]++;
    }
    size_t chosen = (size_t)choice;
    if (chosen >= n) {
        accounts->walk_away++;
        return;
    }
    add_sale(&accounts->firm[chosen], offers[chosen * stride + i], estimates[chosen * stride + i],
             pure_premium, base_index);
    accounts->sales_by_rank[chosen * n + (size_t)ranking->rank[chosen]]++;
}

/// @file
/// What a sale pays and costs a firm besides the price and the claims.
///
/// Of a price p with expected claims m the firm keeps
///   p - m - handling m - variable_expense p - fixed_expense - commission - levy p + finance p
///     + add_ons,
/// and the customer pays (1 + premium_tax) p: tax is outside the choice, as all firms' prices bear
/// it alike. Amounts in GBP are in the money of the day.
#ifndef PURSUIT_MARKET_ECONOMICS_H
#define PURSUIT_MARKET_ECONOMICS_H

#include "market/base/param.h"

/// Where the numbers come from that a scenario leaves out.
typedef enum pp_economics_kind {
    PP_ECONOMICS_NONE, ///< 0, as published: a sale costs its claims
    PP_ECONOMICS_UK    ///< a UK motor insurer on a price comparison website
} pp_economics_kind;

/// Keys `economics:` of a firm; NaN: the kind's number.
typedef struct pp_economics_config {
    int kind;                ///< pp_economics_kind
    double variable_expense; ///< share of the price
    double fixed_expense;    ///< GBP a policy
    double commission;       ///< GBP a policy that the website sells: its cost per acquisition
    double levy;             ///< share of the price
    double handling;         ///< of claims, as a share of them
    double finance;          ///< share of the price: net income from instalments
    double add_ons;          ///< GBP a policy: net income from what is sold with it
    double premium_tax;      ///< share of the price, on top of it
} pp_economics_config;
extern PP_API const pp_param_table pp_economics_table;

/// The same with every number known.
typedef struct pp_economics {
    double variable_expense, fixed_expense, commission, levy, handling, finance, add_ons,
        premium_tax;
} pp_economics;

/// Fill in the kind's numbers. A struct of zeros is kind none, with nothing to fill in.
PP_API void pp_economics_resolve(const pp_economics_config *config, pp_economics *economics);

/// Give a kind's numbers to keys that are left out, so that they are told where the kind is not
/// none.
PP_API void pp_economics_fill(pp_economics_config *config);

static inline bool pp_economics_equal(const pp_economics *a, const pp_economics *b)
{
    return a->variable_expense == b->variable_expense && a->fixed_expense == b->fixed_expense &&
           a->commission == b->commission && a->levy == b->levy && a->handling == b->handling &&
           a->finance == b->finance && a->add_ons == b->add_ons && a->premium_tax == b->premium_tax;
}

/// What of a price is spent on the price's own account: variable expense and levy less finance.
static inline double pp_economics_share(const pp_economics *e)
{
    return e->variable_expense + e->levy - e->finance;
}

/// What a sale costs in GBP, whatever its price: fixed expense and commission less add-ons.
static inline double pp_economics_amount(const pp_economics *e)
{
    return e->fixed_expense + e->commission - e->add_ons;
}

enum { PP_ECONOMICS_RULES = 2, PP_ECONOMICS_TEXT = 256 };
/// Rules that tie the keys together.
/// @param rule 0 .. PP_ECONOMICS_RULES - 1
/// @param text becomes a sentence if the rule is broken
/// @return names of the keys that it is about, with blanks between; NULL if it holds
PP_API const char *pp_economics_problem(const pp_economics_config *config, size_t rule,
                                        char text[PP_ECONOMICS_TEXT]);

#endif

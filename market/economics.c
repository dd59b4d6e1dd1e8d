// The economics of a sale: keys, the numbers of a kind, rules.
#include "market/economics.h"

#include <math.h>

#include "market/base/param_rows.h"
#include "market/base/text.h"

static const char *const kinds[] = {"none", "uk", NULL};

#define CONFIG pp_economics_config
/// A number that the kind gives if the scenario does not.
#define OF_KIND(field, most, unit_, uk, doc_)                                                      \
    {                                                                                              \
        ROW(REAL, field), .default_number = NAN, .min = 0, .max = most, .flags = PP_OPTIONAL,      \
                          .unit = unit_, .doc = doc_, .citation = DESIGN,                          \
                          .derived = "0; " uk " with kind uk"                                      \
    }
static const pp_param rows[] = {
    {ROW(ENUM, kind), .names = kinds, .unit = "",
     .doc = "what the numbers left out are: none, 0; uk, those of a UK motor insurer",
     .citation = DESIGN},
    OF_KIND(variable_expense, 0.9, "1", "0.05", "expenses, as a share of the price"),
    OF_KIND(fixed_expense, 1e6, "GBP", "50", "expenses of a policy, whatever its price"),
    OF_KIND(commission, 1e6, "GBP", "45", "what the website takes for a policy that it sells"),
    OF_KIND(levy, 0.9, "1", "0.025", "levies, as a share of the price"),
    OF_KIND(handling, 10, "1", "0.05", "cost of handling claims, as a share of them"),
    OF_KIND(finance, 0.9, "1", "0.019", "net income from instalments, as a share of the price"),
    OF_KIND(add_ons, 1e6, "GBP", "15", "net income from what is sold with a policy"),
    OF_KIND(
        premium_tax, 10, "1", "0.12",
        "tax that the customer pays on top, as a share of the price; firms' prices are compared "
        "without it"),
};
const pp_param_table pp_economics_table = {
    "economics", "what a sale pays and costs besides the price and the claims", rows,
    PP_COUNT(rows), sizeof(CONFIG)};
#undef CONFIG

static const pp_economics numbers[] = {
    [PP_ECONOMICS_NONE] = {0},
    [PP_ECONOMICS_UK] = {.variable_expense = 0.05,
                         .fixed_expense = 50,
                         .commission = 45,
                         .levy = 0.025,
                         .handling = 0.05,
                         .finance = 0.019,
                         .add_ons = 15,
                         .premium_tax = 0.12},
};

void pp_economics_resolve(const pp_economics_config *config, pp_economics *economics)
{
    const pp_economics *kind = &numbers[config->kind];
    *economics = (pp_economics){
#define RESOLVE(field) .field = isnan(config->field) ? kind->field : config->field
        RESOLVE(variable_expense),
        RESOLVE(fixed_expense),
        RESOLVE(commission),
        RESOLVE(levy),
        RESOLVE(handling),
        RESOLVE(finance),
        RESOLVE(add_ons),
        RESOLVE(premium_tax)
#undef RESOLVE
    };
}

void pp_economics_fill(pp_economics_config *config)
{
    pp_economics e;
    if (config->kind == PP_ECONOMICS_NONE)
        return;
    pp_economics_resolve(config, &e);
    *config = (pp_economics_config){config->kind, e.variable_expense, e.fixed_expense, e.commission,
                                    e.levy,       e.handling,         e.finance,       e.add_ons,
                                    e.premium_tax};
}

const char *pp_economics_problem(const pp_economics_config *config, size_t rule,
                                 char text[PP_ECONOMICS_TEXT])
{
    static const char *const keys[PP_ECONOMICS_RULES] = {"variable_expense levy finance",
                                                         "fixed_expense commission add_ons"};
    const double most = 0.9;
    pp_economics e;
    pp_economics_resolve(config, &e);
    double share = pp_economics_share(&e), amount = pp_economics_amount(&e);
    if (rule == 0 && !(share >= 0 && share <= most)) {
        pp_print(text, PP_ECONOMICS_TEXT,
                 "variable_expense and levy less finance are %.15g of the price; from 0 to %g is "
                 "taken",
                 share, most);
        return keys[rule];
    }
    if (rule == 1 && !(amount >= 0)) {
        pp_print(text, PP_ECONOMICS_TEXT,
                 "add_ons of %.15g GBP are more than fixed_expense and commission together, %.15g "
                 "GBP: a policy would pay at any price",
                 e.add_ons, e.fixed_expense + e.commission);
        return keys[rule];
    }
    return NULL;
}

// What a summary says of true money: what firms take a sale to cost, which reward leads, and where
// the two rewards rank a firm differently against those that price for profit only.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/figures.h"
#include "experiments/scenario/report.h"
#include "experiments/scenario/tree.h"
#include "market/base/param.h"
#include "market/base/text.h"

/// Text of a scalar, or "".
static const char *text_of(const pp_node *node)
{
    return node && node->kind == PP_NODE_SCALAR ? node->text : "";
}

static const char *agent_of(const pp_node *firm)
{
    const pp_node *agent = pp_node_get(firm, "agent");
    return text_of(agent && agent->kind == PP_NODE_MAP ? pp_node_get(agent, "kind") : agent);
}

/// Means of both rewards over the test epochs of firms with agent `null`.
static void add_null_firms(const pp_node *firms, pp_figures *f)
{
    double n = 0, reward = 0, true_reward = 0;
    for (size_t i = 0; firms && firms->kind == PP_NODE_LIST && i < firms->n && i < f->n_firms;
         i++) {
        const pp_firm_figures *firm = &f->firms[PP_PHASE_TEST][i];
        f->is_null[i] = strcmp(agent_of(firms->entries[i].value), "null") == 0;
        if (!f->is_null[i])
            continue;
        n++;
        reward += firm->reward;
        true_reward += firm->true_reward;
    }
    f->null_reward = n > 0 ? reward / n : NAN;
    f->null_true_reward = n > 0 ? true_reward / n : NAN;
}

/// Do prices rise or fall with time? A rate that is not told is the mean rate.
static bool inflates(const pp_node *inflation)
{
    static const char *const rates[] = {"mean_rate", "initial_rate", "rate_volatility"};
    bool any = false;
    for (size_t i = 0; i < PP_COUNT(rates); i++) {
        const pp_node *rate = inflation ? pp_node_get(inflation, rates[i]) : NULL;
        any |= pp_parse_real(text_of(rate), NULL) != 0;
    }
    return any;
}

/// A scenario that cannot be read leaves these figures out.
static pp_status read_scenario(pp_results_file *file, pp_figures *f, pp_error *error)
{
    char *text = NULL;
    PP_TRY(pp_results_text(file, "scenario", &text, error));
    pp_report ignored = {.path = ""};
    pp_node *root = pp_tree_parse(text, strlen(text), 0, &ignored);
    f->null_reward = f->null_true_reward = NAN;
    if (root && root->kind == PP_NODE_MAP) {
        f->score_is_true = strcmp(text_of(pp_node_get(root, "score")), "true") == 0;
        f->inflates = inflates(pp_node_get(root, "inflation"));
        add_null_firms(pp_node_get(root, "firms"), f);
    }
    pp_report_clear(&ignored);
    pp_node_destroy(root);
    free(text);
    return PP_OK;
}

pp_status pp_figures_money(pp_results_file *file, pp_figures *f, pp_error *error)
{
    double *values = NULL;
    size_t n = 0;
    f->is_null = calloc(f->n_firms, sizeof *f->is_null);
    f->cost_given_sale = calloc(f->n_firms, sizeof *f->cost_given_sale);
    if (!f->is_null || !f->cost_given_sale)
        return pp_error_memory(error, "the summary");
    PP_TRY(read_scenario(file, f, error));
    f->has_economics = pp_results_has(file, PP_VAR_expenses);
    if (pp_results_has(file, PP_VAR_cost_given_sale))
        PP_TRY(pp_results_read(file, PP_VAR_cost_given_sale, &values, &n, error));
    for (size_t i = 0; i < n; i++)
        f->cost_given_sale[i % f->n_firms] += values[i] / (double)f->n_trials;
    free(values);
    return PP_OK;
}

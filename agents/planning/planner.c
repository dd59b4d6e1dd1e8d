// A plan over one of the value functions: its checks, its memory and its calls.
#include "agents/planning/planner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/value.h"

const char *const pp_value_names[] = {"resolve", "linear", "network", "table", NULL};
static const pp_value_class *const classes[] = {&pp_value_shadow_price, &pp_value_linear,
                                                &pp_value_network, &pp_value_table};

struct pp_planner {
    pp_plan plan;
    const pp_value_class *class;
    void *state;
};

pp_status pp_value_check(const pp_value_config *config, const pp_agent_outline *outline,
                         pp_error *error)
{
    const pp_value_class *class = classes[config->method];
    if (config->grid == 0 && class->needs_table)
        return pp_error_set(
            error, PP_EINVAL,
            "grid: shadow prices need the curvature of a table, of 2 points or more");
    if (config->grid == 1)
        return pp_error_set(error, PP_EINVAL,
                            "grid: 1 point is no table; 2 or more, or 0 for exact sums");
    if (!class->check || outline->n_categories == 0 || outline->rounds == 0)
        return PP_OK;
    return class->check(outline->n_categories, outline->rounds, error);
}

pp_status pp_planner_create(const pp_value_config *config, const pp_agent_setup *setup,
                            const pp_gain *gain, pp_planner **planner, pp_error *error)
{
    const pp_portfolio *portfolio = setup->portfolio;
    pp_planner *p = *planner = calloc(1, sizeof *p);
    if (!p)
        return pp_error_memory(error, "a plan");
    size_t n = portfolio->n_categories;
    p->class = classes[config->method];
    p->plan = (pp_plan){.n_categories = n,
                        .loss_each = n ? portfolio->loss_scale / (double)n : 0,
                        .rounds = setup->rounds,
                        .gain = gain,
                        .learning = setup->learning,
                        .stop = setup->stop,
                        .stream = setup->stream,
                        .config = *config};
    memcpy(p->plan.target, portfolio->target, n * sizeof(double));
    memcpy(p->plan.average, setup->burn_in_average, n * sizeof(double));
    pp_status status = p->class->create(&p->plan, &p->state, error);
    p->plan.learning = NULL; // borrowed for the call
    p->plan.stop = NULL;
    if (status != PP_OK) {
        pp_planner_destroy(p);
        *planner = NULL;
    }
    return status;
}

void pp_planner_destroy(pp_planner *planner)
{
    if (!planner)
        return;
    planner->class->destroy(planner->state);
    free(planner);
}

double pp_planner_sale_value(pp_planner *planner, int64_t round, const double *held,
                             uint64_t categories)
{
    return planner->class->sale_value(planner->state, &planner->plan, round, held, categories);
}

double pp_planner_value(pp_planner *planner, int64_t t, const double *held)
{
    return planner->class->value(planner->state, &planner->plan, t, held);
}

size_t pp_value_updates(const pp_value_config *config)
{
    return classes[config->method]->updates(config);
}

double pp_planner_reach(const pp_agent_setup *setup)
{
    const pp_history *h = setup->history;
    double sum = 0, scale = setup->portfolio->loss_scale / 5;
    for (size_t i = 0; i < h->n; i++)
        sum += h->unit[i];
    double mean = sum / (double)h->n;
    return fmin(fmax(scale, mean / 4), 2 * mean);
}

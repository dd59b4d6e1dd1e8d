// Figures as JSON.
#include <math.h>

#include "experiments/cli/commands/figures.h"
#include "experiments/cli/common/cli.h"
#include "market/base/json.h"
#include "market/breakdown.h"

static const char *const phase_names[PP_PHASE_COUNT] = {"burn_in", "test"};

static void put_firm(pp_json *json, const char *key, const pp_firm_figures *firm)
{
    pp_json_open(json, key, '{');
    pp_json_number(json, "reward", firm->reward);
    pp_json_numbers(json, "reward_95", (double[]){firm->interval.low, firm->interval.high}, 2);
    pp_json_number(json, "true_reward", firm->true_reward);
    pp_json_numbers(json, "true_reward_95",
                    (double[]){firm->true_interval.low, firm->true_interval.high}, 2);
#define PUT(name, numerator, denominator) pp_json_number(json, #name, firm->name);
    PP_FIRM_FIGURES(PUT)
#undef PUT
    pp_json_close(json, '}');
}

static void put_phases(pp_json *json, const char *key, const double *values)
{
    pp_json_open(json, key, '{');
    for (int phase = 0; phase < PP_PHASE_COUNT; phase++)
        pp_json_number(json, phase_names[phase], values[phase]);
    pp_json_close(json, '}');
}

static void put_portfolio(pp_json *json, const pp_portfolio_figures *portfolio)
{
    if (!portfolio->n_categories) {
        pp_json_string(json, "portfolio", NULL);
        return;
    }
    pp_json_open(json, "portfolio", '{');
    pp_json_boolean(json, "same_in_all_trials", portfolio->same);
    put_phases(json, "miss", portfolio->miss);
    pp_json_open(json, "categories", '[');
    for (size_t k = 0; portfolio->same && k < portfolio->n_categories; k++) {
        const pp_category_figures *category = &portfolio->categories[k];
        pp_json_open(json, NULL, '{');
        pp_json_string(json, "description", category->description);
        pp_json_number(json, "burn_in_average", category->burn_in_average);
        pp_json_number(json, "target", category->target);
        pp_json_number(json, "achieved", category->achieved);
        put_phases(json, "miss", category->miss);
        pp_json_close(json, '}');
    }
    pp_json_close(json, ']');
    pp_json_close(json, '}');
}

static void put_band(pp_json *json, const char *key, const char *name, const pp_band_figures *band)
{
    pp_json_open(json, key, '{');
    if (name)
        pp_json_string(json, "name", name);
    pp_json_number(json, "quotes", band->quotes);
    pp_json_number(json, "policies", band->policies);
#define PUT(name, numerator, denominator) pp_json_number(json, #name, band->name);
    PP_BAND_FIGURES(PUT)
#undef PUT
    pp_json_close(json, '}');
}

/// Bands of one view, those without an end with null.
static void put_view(pp_json *json, const pp_figures *f, const pp_results_file *file, int64_t view,
                     const char *name)
{
    pp_json_open(json, name, '[');
    for (size_t i = 0; i < f->n_bands; i++) {
        if (f->bands[i].view != view)
            continue;
        pp_json_open(json, NULL, '{');
        pp_json_number(json, "low", f->bands[i].low);
        pp_json_number(json, "high", f->bands[i].high);
        pp_json_open(json, "firms", '[');
        for (size_t k = 0; k < f->n_firms; k++)
            put_band(json, NULL, pp_results_firm(file, k), &f->band_figures[k * f->n_bands + i]);
        pp_json_close(json, ']');
        put_band(json, "all_firms", NULL, &f->band_figures[f->n_firms * f->n_bands + i]);
        pp_json_close(json, '}');
    }
    pp_json_close(json, ']');
}

static void put_views(pp_json *json, const pp_figures *f, const pp_results_file *file)
{
    pp_json_open(json, "test_by", '{');
#define VIEW(name, description)                                                                    \
    if (f->n_bands > 0)                                                                            \
        put_view(json, f, file, PP_VIEW_##name, #name);
    PP_VIEWS(VIEW)
#undef VIEW
    pp_json_close(json, '}');
}

static void put_head(pp_json *json, const pp_figures *f, const char *path)
{
    pp_json_string(json, "file", path);
    pp_json_string(json, "title", f->title);
    pp_json_string(json, "source", f->source);
    pp_json_unsigned(json, "seed", f->seed);
    pp_json_integer(json, "trials", (int64_t)f->n_trials);
    pp_json_integer(json, "first_trial", f->first_trial);
    pp_json_integer(json, "last_trial", f->last_trial);
    pp_json_integer(json, "burn_in_epochs", (int64_t)f->n_epochs[PP_PHASE_BURN_IN]);
    pp_json_integer(json, "test_epochs", (int64_t)f->n_epochs[PP_PHASE_TEST]);
    pp_json_number(json, "customers_per_epoch", f->customers);
    put_phases(json, "walk_away_rate", f->walk_away_rate);
    pp_json_string(json, "score", f->score_is_true ? "true" : "booked");
    pp_json_open(json, "cost_given_sale", '[');
    for (size_t i = 0; i < f->n_firms; i++)
        pp_json_number(json, NULL, f->cost_given_sale[i] != 0 ? f->cost_given_sale[i] : NAN);
    pp_json_close(json, ']');
    pp_json_number(json, "constrained_refits", f->constrained_refits);
    pp_json_number(json, "refits", f->refits);
}

pp_status pp_figures_json(const pp_figures *figures, const pp_results_file *file, const char *path)
{
    pp_json json = {0};
    pp_json_open(&json, NULL, '{');
    put_head(&json, figures, path);
    pp_json_open(&json, "firms", '[');
    for (size_t i = 0; i < figures->n_firms; i++) {
        pp_json_open(&json, NULL, '{');
        pp_json_string(&json, "name", pp_results_firm(file, i));
        for (int phase = 0; phase < PP_PHASE_COUNT; phase++)
            put_firm(&json, phase_names[phase], &figures->firms[phase][i]);
        pp_json_number(&json, "reference_kl", figures->reference_kl[i]);
        put_portfolio(&json, &figures->portfolios[i]);
        pp_json_close(&json, '}');
    }
    pp_json_close(&json, ']');
    pp_json_open(&json, "all_firms", '{');
    for (int phase = 0; phase < PP_PHASE_COUNT; phase++)
        put_firm(&json, phase_names[phase], &figures->firms[phase][figures->n_firms]);
    pp_json_close(&json, '}');
    put_views(&json, figures, file);
    pp_json_close(&json, '}');
    return pp_cli_print_owned(pp_buffer_take(&json.out));
}

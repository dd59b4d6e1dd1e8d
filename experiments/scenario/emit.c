// The resolved scenario as YAML, every default spelled out.
#include <math.h>
#include <stdlib.h>

#include "agents/plugin/plugin.h"
#include "experiments/scenario/keys.h"
#include "market/base/buffer.h"

enum { STEP = 2 };

static void emit_reals(pp_buffer *out, const pp_reals *reals)
{
    char text[PP_NUMBER_MAX];
    pp_buffer_add(out, "[");
    for (size_t i = 0; i < reals->n; i++)
        pp_buffer_add(out, "%s%s", i ? ", " : "", pp_number_text(reals->value[i], text));
    pp_buffer_add(out, "]");
}

static void emit_value(pp_buffer *out, const pp_param *row, const void *field)
{
    char text[PP_NUMBER_MAX];
    switch (row->type) {
    case PP_PARAM_INTEGER:
        pp_buffer_add(out, "%lld", (long long)*(const int64_t *)field);
        break;
    case PP_PARAM_REAL:
        // Only an optional one can be NaN: not given.
        pp_buffer_add(out, "%s",
                      isnan(*(const double *)field) ? row->flags & PP_AUTO ? "auto" : "null"
                                                    : pp_number_text(*(const double *)field, text));
        break;
    case PP_PARAM_BOOLEAN:
        pp_buffer_add(out, "%s", *(const bool *)field ? "true" : "false");
        break;
    case PP_PARAM_ENUM:
        pp_buffer_quote(out, row->names[*(const int *)field]);
        break;
    case PP_PARAM_TEXT:
        pp_buffer_quote(out, ((const pp_text *)field)->text);
        break;
    case PP_PARAM_REALS:
        emit_reals(out, field);
        break;
    }
}

static void emit_rows(pp_buffer *out, size_t indent, const pp_param_table *table,
                      const void *config)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const pp_param *row = &table->rows[i];
        pp_buffer_indent(out, indent);
        pp_buffer_add(out, "%s: ", row->name);
        emit_value(out, row, (const char *)config + row->offset);
        pp_buffer_add(out, "\n");
    }
}

static void emit_text(pp_buffer *out, size_t indent, const char *key, const char *text)
{
    pp_buffer_indent(out, indent);
    pp_buffer_add(out, "%s: ", key);
    pp_buffer_quote(out, text);
    pp_buffer_add(out, "\n");
}

static void emit_features(pp_buffer *out, const pp_book_source *source)
{
    pp_buffer_indent(out, STEP);
    pp_buffer_add(out, "features:\n");
    for (size_t i = 0; i < source->n_features; i++) {
        const struct pp_book_column *column = &source->features[i];
        pp_buffer_indent(out, 2 * STEP);
        pp_buffer_add(out, "- {name: ");
        pp_buffer_quote(out, column->name);
        pp_buffer_add(out, ", kind: %s}\n",
                      column->kind == PP_CATEGORICAL ? "categorical" : "numeric");
    }
}

static void emit_population(pp_buffer *out, const pp_scenario *scenario)
{
    pp_buffer_add(out, "population:\n");
    emit_text(out, STEP, "kind", pp_population_names[scenario->population]);
    if (scenario->population == PP_POPULATION_BOOK) {
        emit_rows(out, STEP, &pp_source_table, &scenario->book_source);
        emit_rows(out, STEP, &pp_book_table, &scenario->book);
        emit_features(out, &scenario->book_source);
    } else {
        emit_rows(out, STEP, &pp_published_table, &scenario->published);
    }
}

static void emit_limit(pp_buffer *out, const char *key, double value)
{
    char text[PP_NUMBER_MAX];
    if (isfinite(value))
        pp_buffer_add(out, ", %s: %s", key, pp_number_text(value, text));
}

static void emit_category(pp_buffer *out, const pp_category_config *category)
{
    char text[PP_NUMBER_MAX];
    pp_buffer_indent(out, 4 * STEP);
    pp_buffer_add(out, "- name: ");
    pp_buffer_quote(out, category->name);
    if (!isnan(category->target))
        pp_buffer_add(out, "\n%*starget: %s", 5 * STEP, "", pp_number_text(category->target, text));
    if (!isnan(category->target_multiple))
        pp_buffer_add(out, "\n%*starget_multiple: %s", 5 * STEP, "",
                      pp_number_text(category->target_multiple, text));
    pp_buffer_add(out, "\n%*swhere:%s\n", 5 * STEP, "", category->n_bounds ? "" : " []");
    for (size_t i = 0; i < category->n_bounds; i++) {
        const pp_bound_config *bound = &category->bounds[i];
        pp_buffer_indent(out, 6 * STEP);
        pp_buffer_add(out, "- {feature: ");
        pp_buffer_quote(out, bound->feature);
        if (bound->level[0]) {
            pp_buffer_add(out, ", level: ");
            pp_buffer_quote(out, bound->level);
        }
        emit_limit(out, "lower", bound->lower);
        emit_limit(out, "upper", bound->upper);
        pp_buffer_add(out, "}\n");
    }
}

static void emit_portfolio(pp_buffer *out, const pp_firm_config *firm)
{
    pp_buffer_indent(out, 2 * STEP);
    if (firm->portfolio != PP_PORTFOLIO_NAMED) {
        pp_buffer_add(out, "portfolio: %s\n",
                      firm->portfolio == PP_PORTFOLIO_RANDOM ? "random" : "none");
        return;
    }
    pp_buffer_add(out, "portfolio:\n%*scategories:\n", 3 * STEP, "");
    for (size_t i = 0; i < firm->n_categories; i++)
        emit_category(out, &firm->categories[i]);
}

static void emit_firm(pp_buffer *out, const pp_firm_config *firm)
{
    // The name first, on the dash's line; a firm that was counted out stands alone.
    pp_firm_keys keys;
    pp_param_defaults(&pp_firm_table, &keys);
    keys.explore = firm->explore;
    keys.cost = firm->correction.kind == PP_CORRECTION_NONE ? PP_COST_BOOKED : PP_COST_GIVEN_SALE;
    pp_buffer_add(out, "%*s- name: ", STEP, "");
    pp_buffer_quote(out, firm->name);
    pp_buffer_add(out, "\n%*scount: %lld\n%*sexplore: ", 2 * STEP, "", (long long)keys.count,
                  2 * STEP, "");
    emit_value(out, pp_param_find(&pp_firm_table, "explore"), &keys.explore);
    pp_buffer_add(out, "\n%*scost: ", 2 * STEP, "");
    emit_value(out, pp_param_find(&pp_firm_table, "cost"), &keys.cost);
    pp_buffer_add(out, "\n%*scorrection:\n", 2 * STEP, "");
    emit_rows(out, 3 * STEP, &pp_correction_table, &firm->correction);
    pp_limits limits = pp_limits_given(&firm->limits);
    pp_buffer_add(out, "%*slimits:\n", 2 * STEP, "");
    emit_rows(out, 3 * STEP, &pp_limits_table, &limits);
    pp_buffer_add(out, "%*seconomics:\n", 2 * STEP, "");
    pp_economics_config economics = firm->economics;
    pp_economics_fill(&economics);
    emit_rows(out, 3 * STEP, &pp_economics_table, &economics);
    pp_buffer_add(out, "%*sagent:\n", 2 * STEP, "");
    if (firm->plugin) {
        emit_text(out, 3 * STEP, "plugin", firm->plugin->path);
        emit_text(out, 3 * STEP, "plugin_sha256", firm->plugin->sha256);
    } else {
        emit_text(out, 3 * STEP, "kind", firm->agent->name);
    }
    emit_rows(out, 3 * STEP, firm->agent->params, firm->agent_params);
    emit_portfolio(out, firm);
}

char *pp_scenario_yaml(const pp_scenario *scenario)
{
    pp_buffer out = {0};
    emit_rows(&out, 0, &pp_run_table, &scenario->run);
    emit_population(&out, scenario);
    for (size_t i = 0; i < pp_n_sections; i++) {
        pp_buffer_add(&out, "%s:\n", pp_sections[i].key);
        emit_rows(&out, STEP, pp_sections[i].table, (const char *)scenario + pp_sections[i].offset);
    }
    pp_buffer_add(&out, "firms:\n");
    for (size_t i = 0; i < scenario->n_firms; i++)
        emit_firm(&out, &scenario->firms[i]);
    return pp_buffer_take(&out);
}

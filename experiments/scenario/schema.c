// The JSON Schema of scenarios, from the parameter tables.
#include "experiments/scenario/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/scenario/keys.h"
#include "market/base/buffer.h"

static void type_or_null(pp_json *w, const char *type)
{
    pp_json_open(w, "type", '[');
    pp_json_string(w, NULL, type);
    pp_json_string(w, NULL, "null");
    pp_json_close(w, ']');
}

static void title_of(pp_json *w, const char *name)
{
    char title[128];
    snprintf(title, sizeof title, "%s", name);
    for (char *at = title; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    pp_json_string(w, "title", title);
}

static void put_range(pp_json *w, const pp_param *row)
{
    bool unbounded = row->min == 0 && row->max == 0;
    if (!unbounded && isfinite(row->min))
        pp_json_number(w, row->flags & PP_OPEN_MIN ? "exclusiveMinimum" : "minimum", row->min);
    if (!unbounded && isfinite(row->max))
        pp_json_number(w, row->flags & PP_OPEN_MAX ? "exclusiveMaximum" : "maximum", row->max);
}

static void put_choices(pp_json *w, const char *const *choices)
{
    pp_json_open(w, "enum", '[');
    for (size_t i = 0; choices[i]; i++)
        pp_json_string(w, NULL, choices[i]);
    pp_json_close(w, ']');
}

static void put_number_or_auto(pp_json *w, const pp_param *row)
{
    static const char *const words[] = {"auto", NULL};
    pp_json_open(w, "anyOf", '[');
    pp_json_open(w, NULL, '{');
    type_or_null(w, "number");
    put_range(w, row);
    pp_json_close(w, '}');
    pp_json_open(w, NULL, '{');
    put_choices(w, words);
    pp_json_close(w, '}');
    pp_json_close(w, ']');
}

static void put_type(pp_json *w, const pp_param *row)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
        pp_json_string(w, "type", "integer");
        put_range(w, row);
        break;
    case PP_PARAM_REAL:
        if (row->flags & PP_AUTO) {
            put_number_or_auto(w, row);
            break;
        }
        if (row->flags & PP_OPTIONAL)
            type_or_null(w, "number");
        else
            pp_json_string(w, "type", "number");
        put_range(w, row);
        break;
    case PP_PARAM_BOOLEAN:
        pp_json_string(w, "type", "boolean");
        break;
    case PP_PARAM_ENUM:
        put_choices(w, row->names);
        break;
    case PP_PARAM_TEXT:
        pp_json_string(w, "type", "string");
        pp_json_number(w, "maxLength", PP_TEXT_MAX - 1);
        if (row->flags & PP_REQUIRED)
            pp_json_number(w, "minLength", 1);
        break;
    case PP_PARAM_REALS:
        pp_json_string(w, "type", "array");
        pp_json_number(w, "maxItems", PP_REALS_MAX);
        pp_json_open(w, "items", '{');
        pp_json_string(w, "type", "number");
        put_range(w, row);
        pp_json_close(w, '}');
        break;
    }
}

void pp_param_put_default(pp_json *json, const pp_param *row)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
    case PP_PARAM_REAL:
        pp_json_number(json, "default", row->default_number);
        break;
    case PP_PARAM_BOOLEAN:
        pp_json_boolean(json, "default", row->default_number != 0);
        break;
    case PP_PARAM_ENUM:
        pp_json_string(json, "default", row->names[(size_t)row->default_number]);
        break;
    case PP_PARAM_TEXT:
        pp_json_string(json, "default", row->default_text ? row->default_text : "");
        break;
    case PP_PARAM_REALS:
        pp_json_numbers(json, "default", row->default_reals, row->n_default_reals);
        break;
    }
}

static void put_row(pp_json *w, const pp_param *row)
{
    pp_json_open(w, row->name, '{');
    title_of(w, row->name);
    pp_json_string(w, "description", row->doc);
    if (row->unit && row->unit[0])
        pp_json_string(w, "unit", row->unit);
    if (row->citation)
        pp_json_string(w, "source", row->citation);
    if (row->flags & PP_OPTIONAL && row->derived)
        pp_json_string(w, "derived", row->derived);
    put_type(w, row);
    if (!(row->flags & PP_REQUIRED))
        pp_param_put_default(w, row);
    pp_json_close(w, '}');
}

static void put_rows(pp_json *w, const pp_param_table *table)
{
    for (size_t i = 0; i < table->n_rows; i++)
        put_row(w, &table->rows[i]);
}

/// Open an object and its properties; close_object closes both.
static void open_object(pp_json *w, const char *key, const char *title, const char *doc,
                        bool may_be_null)
{
    pp_json_open(w, key, '{');
    title_of(w, title);
    pp_json_string(w, "description", doc);
    if (may_be_null)
        type_or_null(w, "object");
    else
        pp_json_string(w, "type", "object");
    pp_json_boolean(w, "additionalProperties", false);
    pp_json_open(w, "properties", '{');
}

static void close_object(pp_json *w, const char *const *required)
{
    pp_json_close(w, '}');
    if (required) {
        pp_json_open(w, "required", '[');
        for (size_t i = 0; required[i]; i++)
            pp_json_string(w, NULL, required[i]);
        pp_json_close(w, ']');
    }
    pp_json_close(w, '}');
}

static void put_const(pp_json *w, const char *key, const char *value)
{
    pp_json_open(w, key, '{');
    pp_json_string(w, "const", value);
    pp_json_close(w, '}');
}

static void put_features(pp_json *w)
{
    static const char *const required[] = {"name", NULL};
    pp_json_open(w, "features", '{');
    pp_json_string(w, "description", "the columns that firms see; a name alone is numeric");
    pp_json_string(w, "type", "array");
    pp_json_number(w, "minItems", 1);
    pp_json_number(w, "maxItems", PP_MAX_FEATURES);
    pp_json_open(w, "items", '{');
    pp_json_open(w, "oneOf", '[');
    pp_json_open(w, NULL, '{');
    pp_json_string(w, "type", "string");
    pp_json_number(w, "minLength", 1);
    pp_json_close(w, '}');
    open_object(w, NULL, pp_column_table.name, pp_column_table.doc, false);
    put_rows(w, &pp_column_table);
    close_object(w, required);
    pp_json_close(w, ']');
    pp_json_close(w, '}');
    pp_json_close(w, '}');
}

static void put_population(pp_json *w)
{
    static const char *const required[] = {"kind", "file", "pure_premium", "features", NULL};
    pp_json_open(w, "population", '{');
    title_of(w, "population");
    pp_json_string(w, "description", "where customers come from");
    pp_json_open(w, "oneOf", '[');
    open_object(w, NULL, pp_published_table.name, pp_published_table.doc, true);
    put_const(w, "kind", pp_population_names[PP_POPULATION_PUBLISHED]);
    put_rows(w, &pp_published_table);
    close_object(w, NULL);
    open_object(w, NULL, pp_book_table.name, pp_book_table.doc, false);
    put_const(w, "kind", pp_population_names[PP_POPULATION_BOOK]);
    put_rows(w, &pp_source_table);
    put_features(w);
    put_rows(w, &pp_book_table);
    close_object(w, required);
    pp_json_close(w, ']');
    pp_json_close(w, '}');
}

/// Unquoted, the agent `null` is YAML's null.
static void put_agent_names(pp_json *w, const char *key, const pp_agent_class *only)
{
    pp_json_open(w, key, '{');
    pp_json_open(w, "enum", '[');
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        const pp_agent_class *agent = pp_agent_classes[i];
        if (only && agent != only)
            continue;
        pp_json_string(w, NULL, agent->name);
        if (strcmp(agent->name, "null") == 0)
            pp_json_string(w, NULL, NULL);
    }
    pp_json_close(w, ']');
    pp_json_close(w, '}');
}

/// What parameters it has is known only once it is loaded.
static void put_plugin(pp_json *w)
{
    pp_json_open(w, NULL, '{');
    title_of(w, pp_plugin_table.name);
    pp_json_string(w, "description", pp_plugin_table.doc);
    pp_json_string(w, "type", "object");
    pp_json_open(w, "properties", '{');
    pp_json_boolean(w, "kind", false);
    put_rows(w, &pp_plugin_table);
    close_object(w, (const char *const[]){"plugin", NULL});
}

static void put_agent(pp_json *w)
{
    static const char *const required[] = {"kind", NULL};
    pp_json_open(w, "agent", '{');
    title_of(w, "agent");
    pp_json_string(w, "description",
                   "how the firm prices: a name, a kind with its parameters, or a plugin with its");
    pp_json_open(w, "oneOf", '[');
    put_agent_names(w, NULL, NULL);
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        const pp_agent_class *agent = pp_agent_classes[i];
        open_object(w, NULL, agent->name, agent->doc, false);
        put_agent_names(w, "kind", agent);
        put_rows(w, agent->params);
        close_object(w, required);
    }
    put_plugin(w);
    pp_json_close(w, ']');
    pp_json_close(w, '}');
}

static void put_where(pp_json *w)
{
    static const char *const required[] = {"feature", NULL};
    pp_json_open(w, "where", '{');
    pp_json_string(w, "description", "conditions that all hold; without any, every customer");
    type_or_null(w, "array");
    pp_json_number(w, "maxItems", PP_MAX_BOUNDS);
    open_object(w, "items", pp_bound_table.name, pp_bound_table.doc, false);
    put_rows(w, &pp_bound_table);
    close_object(w, required);
    pp_json_close(w, '}');
}

static void put_portfolio(pp_json *w)
{
    static const char *const required[] = {"name", NULL}, *const categories[] = {"categories",
                                                                                 NULL};
    static const char *const words[] = {"none", "random", NULL};
    pp_json_open(w, "portfolio", '{');
    title_of(w, "portfolio");
    pp_json_string(w, "description", "what the firm is scored on");
    pp_json_string(w, "default", "none");
    pp_json_open(w, "oneOf", '[');
    pp_json_open(w, NULL, '{');
    put_choices(w, words);
    pp_json_close(w, '}');
    open_object(w, NULL, "categories", "categories named outright", false);
    pp_json_open(w, "categories", '{');
    pp_json_string(w, "type", "array");
    pp_json_number(w, "minItems", 1);
    pp_json_number(w, "maxItems", PP_MAX_CATEGORIES);
    open_object(w, "items", pp_category_table.name, pp_category_table.doc, false);
    put_rows(w, &pp_category_table);
    put_where(w);
    close_object(w, required);
    pp_json_close(w, '}');
    close_object(w, categories);
    pp_json_close(w, ']');
    pp_json_close(w, '}');
}

static void put_economics(pp_json *w)
{
    pp_json_open(w, "economics", '{');
    title_of(w, pp_economics_table.name);
    pp_json_string(w, "description", pp_economics_table.doc);
    pp_json_open(w, "oneOf", '[');
    pp_json_open(w, NULL, '{');
    put_choices(w, pp_param_find(&pp_economics_table, "kind")->names);
    pp_json_close(w, '}');
    open_object(w, NULL, pp_economics_table.name, pp_economics_table.doc, true);
    put_rows(w, &pp_economics_table);
    close_object(w, NULL);
    pp_json_close(w, ']');
    pp_json_close(w, '}');
}

static void put_firms(pp_json *w)
{
    static const char *const required[] = {"agent", NULL};
    pp_json_open(w, "firms", '{');
    title_of(w, "firms");
    pp_json_string(w, "description", "the firms of the market");
    pp_json_string(w, "type", "array");
    pp_json_number(w, "minItems", 1);
    pp_json_number(w, "maxItems", PP_MAX_FIRMS);
    open_object(w, "items", pp_firm_table.name, pp_firm_table.doc, false);
    put_rows(w, &pp_firm_table);
    open_object(w, "correction", pp_correction_table.name, pp_correction_table.doc, false);
    put_rows(w, &pp_correction_table);
    close_object(w, NULL);
    open_object(w, "limits", pp_limits_table.name, pp_limits_table.doc, false);
    put_rows(w, &pp_limits_table);
    close_object(w, NULL);
    put_economics(w);
    put_agent(w);
    put_portfolio(w);
    close_object(w, required);
    pp_json_close(w, '}');
}

char *pp_scenario_json_schema(void)
{
    static const char *const required[] = {"firms", NULL};
    pp_json w = {0};
    pp_json_open(&w, NULL, '{');
    pp_json_string(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    title_of(&w, "pursuit scenario");
    pp_json_string(&w, "description", "a synthetic insurance market and what is run on it");
    pp_json_string(&w, "type", "object");
    pp_json_boolean(&w, "additionalProperties", false);
    pp_json_open(&w, "properties", '{');
    put_rows(&w, &pp_run_table);
    put_population(&w);
    for (size_t i = 0; i < pp_n_sections; i++) {
        open_object(&w, pp_sections[i].key, pp_sections[i].key, pp_sections[i].table->doc, true);
        put_rows(&w, pp_sections[i].table);
        close_object(&w, NULL);
    }
    put_firms(&w);
    close_object(&w, required);
    return pp_buffer_take(&w.out);
}

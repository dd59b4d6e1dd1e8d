#include "experiments/scenario/schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/scenario/keys.h"
#include "market/base/buffer.h"

/// Writes indented JSON; knows whether a comma is due.
typedef struct writer {
    pp_buffer out;
    size_t depth;
    bool first; ///< nothing yet in the innermost object or array
} writer;

static void next(writer *w)
{
    if (w->depth)
        pp_buffer_add(&w->out, w->first ? "\n" : ",\n");
    pp_buffer_indent(&w->out, 2 * w->depth);
    w->first = false;
}

/// Begin the next member (or, with NULL, element).
static void member(writer *w, const char *key)
{
    next(w);
    if (key) {
        pp_buffer_quote(&w->out, key);
        pp_buffer_add(&w->out, ": ");
    }
}

static void begin(writer *w, const char *key, char bracket)
{
    member(w, key);
    pp_buffer_add(&w->out, "%c", bracket);
    w->depth++;
    w->first = true;
}

static void end(writer *w, char bracket)
{
    w->depth--;
    pp_buffer_add(&w->out, "\n");
    pp_buffer_indent(&w->out, 2 * w->depth);
    pp_buffer_add(&w->out, "%c", bracket);
    w->first = false;
}

static void text(writer *w, const char *key, const char *value)
{
    member(w, key);
    pp_buffer_quote(&w->out, value);
}

static void number(writer *w, const char *key, double value)
{
    char digits[PP_NUMBER_MAX];
    member(w, key);
    pp_buffer_add(&w->out, "%s", pp_number_text(value, digits));
}

static void literal(writer *w, const char *key, const char *value)
{
    member(w, key);
    pp_buffer_add(&w->out, "%s", value);
}

static void type_or_null(writer *w, const char *type)
{
    begin(w, "type", '[');
    text(w, NULL, type);
    text(w, NULL, "null");
    end(w, ']');
}

static void title_of(writer *w, const char *name)
{
    char title[128];
    snprintf(title, sizeof title, "%s", name);
    for (char *at = title; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    text(w, "title", title);
}

static void put_range(writer *w, const pp_param *row)
{
    bool unbounded = row->min == 0 && row->max == 0;
    if (!unbounded && isfinite(row->min))
        number(w, row->flags & PP_OPEN_MIN ? "exclusiveMinimum" : "minimum", row->min);
    if (!unbounded && isfinite(row->max))
        number(w, row->flags & PP_OPEN_MAX ? "exclusiveMaximum" : "maximum", row->max);
}

static void put_choices(writer *w, const char *const *choices)
{
    begin(w, "enum", '[');
    for (size_t i = 0; choices[i]; i++)
        text(w, NULL, choices[i]);
    end(w, ']');
}

static void put_type(writer *w, const pp_param *row)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
        text(w, "type", "integer");
        put_range(w, row);
        break;
    case PP_PARAM_REAL:
        if (row->flags & PP_OPTIONAL)
            type_or_null(w, "number");
        else
            text(w, "type", "number");
        put_range(w, row);
        break;
    case PP_PARAM_BOOLEAN:
        text(w, "type", "boolean");
        break;
    case PP_PARAM_CHOICE:
        put_choices(w, row->choices);
        break;
    case PP_PARAM_TEXT:
        text(w, "type", "string");
        number(w, "maxLength", PP_TEXT_MAX - 1);
        if (row->flags & PP_REQUIRED)
            number(w, "minLength", 1);
        break;
    case PP_PARAM_REALS:
        text(w, "type", "array");
        number(w, "maxItems", PP_REALS_MAX);
        begin(w, "items", '{');
        text(w, "type", "number");
        put_range(w, row);
        end(w, '}');
        break;
    }
}

static void put_default(writer *w, const pp_param *row)
{
    switch (row->type) {
    case PP_PARAM_INTEGER:
    case PP_PARAM_REAL:
        if (isfinite(row->default_number))
            number(w, "default", row->default_number);
        else
            literal(w, "default", "null");
        break;
    case PP_PARAM_BOOLEAN:
        literal(w, "default", row->default_number != 0 ? "true" : "false");
        break;
    case PP_PARAM_CHOICE:
        text(w, "default", row->choices[(int)row->default_number]);
        break;
    case PP_PARAM_TEXT:
        text(w, "default", row->default_text ? row->default_text : "");
        break;
    case PP_PARAM_REALS:
        begin(w, "default", '[');
        for (size_t i = 0; i < row->n_default_reals; i++)
            number(w, NULL, row->default_reals[i]);
        end(w, ']');
        break;
    }
}

static void put_row(writer *w, const pp_param *row)
{
    begin(w, row->name, '{');
    title_of(w, row->name);
    text(w, "description", row->doc);
    if (row->unit && row->unit[0])
        text(w, "unit", row->unit);
    if (row->source)
        text(w, "source", row->source);
    if (row->flags & PP_OPTIONAL && row->derived)
        text(w, "derived", row->derived);
    put_type(w, row);
    if (!(row->flags & PP_REQUIRED))
        put_default(w, row);
    end(w, '}');
}

static void put_rows(writer *w, const pp_param_table *table)
{
    for (size_t i = 0; i < table->n_rows; i++)
        put_row(w, &table->rows[i]);
}

/// Open an object and its properties; close_object closes both.
static void open_object(writer *w, const char *key, const char *title, const char *doc,
                        bool may_be_null)
{
    begin(w, key, '{');
    title_of(w, title);
    text(w, "description", doc);
    if (may_be_null)
        type_or_null(w, "object");
    else
        text(w, "type", "object");
    literal(w, "additionalProperties", "false");
    begin(w, "properties", '{');
}

static void close_object(writer *w, const char *const *required)
{
    end(w, '}');
    if (required) {
        begin(w, "required", '[');
        for (size_t i = 0; required[i]; i++)
            text(w, NULL, required[i]);
        end(w, ']');
    }
    end(w, '}');
}

static void put_const(writer *w, const char *key, const char *value)
{
    begin(w, key, '{');
    text(w, "const", value);
    end(w, '}');
}

static void put_features(writer *w)
{
    static const char *const required[] = {"name", NULL};
    begin(w, "features", '{');
    text(w, "description", "the columns that firms see; a name alone is numeric");
    text(w, "type", "array");
    number(w, "minItems", 1);
    number(w, "maxItems", PP_MAX_FEATURES);
    begin(w, "items", '{');
    begin(w, "oneOf", '[');
    begin(w, NULL, '{');
    text(w, "type", "string");
    number(w, "minLength", 1);
    end(w, '}');
    open_object(w, NULL, pp_column_table.name, pp_column_table.doc, false);
    put_rows(w, &pp_column_table);
    close_object(w, required);
    end(w, ']');
    end(w, '}');
    end(w, '}');
}

static void put_population(writer *w)
{
    static const char *const required[] = {"kind", "file", "pure_premium", "features", NULL};
    begin(w, "population", '{');
    title_of(w, "population");
    text(w, "description", "where customers come from");
    begin(w, "oneOf", '[');
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
    end(w, ']');
    end(w, '}');
}

/// Unquoted, the agent `null` is YAML's null.
static void put_agent_names(writer *w, const char *key, const pp_agent_class *only)
{
    begin(w, key, '{');
    begin(w, "enum", '[');
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        const pp_agent_class *agent = pp_agent_classes[i];
        if (only && agent != only)
            continue;
        text(w, NULL, agent->name);
        if (strcmp(agent->name, "null") == 0)
            literal(w, NULL, "null");
    }
    end(w, ']');
    end(w, '}');
}

/// What parameters it has is known only once it is loaded.
static void put_plugin(writer *w)
{
    begin(w, NULL, '{');
    title_of(w, pp_plugin_table.name);
    text(w, "description", pp_plugin_table.doc);
    text(w, "type", "object");
    begin(w, "properties", '{');
    literal(w, "kind", "false");
    put_rows(w, &pp_plugin_table);
    close_object(w, (const char *const[]){"plugin", NULL});
}

static void put_agent(writer *w)
{
    static const char *const required[] = {"kind", NULL};
    begin(w, "agent", '{');
    title_of(w, "agent");
    text(w, "description",
         "how the firm prices: a name, a kind with its parameters, or a plugin with its");
    begin(w, "oneOf", '[');
    put_agent_names(w, NULL, NULL);
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        const pp_agent_class *agent = pp_agent_classes[i];
        open_object(w, NULL, agent->name, agent->doc, false);
        put_agent_names(w, "kind", agent);
        put_rows(w, agent->params);
        close_object(w, required);
    }
    put_plugin(w);
    end(w, ']');
    end(w, '}');
}

static void put_where(writer *w)
{
    static const char *const required[] = {"feature", NULL};
    begin(w, "where", '{');
    text(w, "description", "conditions that all hold; without any, every customer");
    type_or_null(w, "array");
    number(w, "maxItems", PP_MAX_BOUNDS);
    open_object(w, "items", pp_bound_table.name, pp_bound_table.doc, false);
    put_rows(w, &pp_bound_table);
    close_object(w, required);
    end(w, '}');
}

static void put_portfolio(writer *w)
{
    static const char *const required[] = {"name", NULL}, *const categories[] = {"categories",
                                                                                 NULL};
    static const char *const words[] = {"none", "random", NULL};
    begin(w, "portfolio", '{');
    title_of(w, "portfolio");
    text(w, "description", "what the firm is scored on");
    text(w, "default", "none");
    begin(w, "oneOf", '[');
    begin(w, NULL, '{');
    put_choices(w, words);
    end(w, '}');
    open_object(w, NULL, "categories", "categories named outright", false);
    begin(w, "categories", '{');
    text(w, "type", "array");
    number(w, "minItems", 1);
    number(w, "maxItems", PP_MAX_CATEGORIES);
    open_object(w, "items", pp_category_table.name, pp_category_table.doc, false);
    put_rows(w, &pp_category_table);
    put_where(w);
    close_object(w, required);
    end(w, '}');
    close_object(w, categories);
    end(w, ']');
    end(w, '}');
}

static void put_firms(writer *w)
{
    static const char *const required[] = {"agent", NULL};
    begin(w, "firms", '{');
    title_of(w, "firms");
    text(w, "description", "the firms of the market");
    text(w, "type", "array");
    number(w, "minItems", 1);
    number(w, "maxItems", PP_MAX_FIRMS);
    open_object(w, "items", pp_firm_table.name, pp_firm_table.doc, false);
    put_rows(w, &pp_firm_table);
    put_agent(w);
    put_portfolio(w);
    close_object(w, required);
    end(w, '}');
}

char *pp_scenario_json_schema(void)
{
    static const char *const required[] = {"firms", NULL};
    writer w = {.first = true};
    begin(&w, NULL, '{');
    text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    title_of(&w, "pursuit scenario");
    text(&w, "description", "a synthetic insurance market and what is run on it");
    text(&w, "type", "object");
    literal(&w, "additionalProperties", "false");
    begin(&w, "properties", '{');
    put_rows(&w, &pp_run_table);
    put_population(&w);
    for (size_t i = 0; i < pp_n_sections; i++) {
        open_object(&w, pp_sections[i].key, pp_sections[i].key, pp_sections[i].table->doc, true);
        put_rows(&w, pp_sections[i].table);
        close_object(&w, NULL);
    }
    put_firms(&w);
    close_object(&w, required);
    pp_buffer_add(&w.out, "\n");
    return pp_buffer_take(&w.out);
}

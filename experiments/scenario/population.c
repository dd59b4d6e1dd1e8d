// `population:` of a scenario.
#include "experiments/scenario/parts.h"

static const char WHERE[] = "population";
static const char FEATURES[] = "population.features";

/// A name alone is a numeric feature.
static void read_column(pp_report *report, const char *where, const pp_node *node,
                        struct pp_book_column *column)
{
    pp_column_keys keys;
    const char *name = node->text;
    if (node->kind != PP_NODE_SCALAR) {
        pp_bind(report, where, node->mark, node, &pp_column_table, NULL, &keys);
        column->kind = keys.kind ? PP_CATEGORICAL : PP_NUMERIC;
        name = keys.name.text;
    } else if (!name[0] || pp_node_is_null(node)) {
        pp_report_add(report, node->mark, where, "expected a feature, not nothing");
    }
    pp_name_copy(report, node->mark, where, name, column->name);
}

static void read_features(pp_report *report, pp_mark at, const pp_node *list,
                          pp_book_source *source)
{
    char text[PP_CLIP_MAX + 16], where[PP_WHERE_MAX];
    if (pp_node_is_absent(list))
        pp_bind_missing(report, at, WHERE, "features");
    else if (list->kind != PP_NODE_LIST)
        pp_report_add(report, list->mark, FEATURES, "expected a list, not %s",
                      pp_node_text(list, text));
    else
        source->n_features = list->n;
    for (size_t i = 0; i < source->n_features && source->n_features <= PP_MAX_FEATURES; i++)
        read_column(report, pp_where_index(FEATURES, i, where), list->entries[i].value,
                    &source->features[i]);
}

static void read_book(pp_report *report, pp_mark at, const pp_node *map, const char *folder,
                      pp_scenario *scenario)
{
    static const pp_param_table *const tables[] = {&pp_source_table, &pp_book_table, NULL};
    static const char *const others[] = {"kind", "features", NULL};
    pp_bind_keys(report, WHERE, map, tables, others);
    pp_bind_rows(report, WHERE, at, map, &pp_book_table, &scenario->book);
    pp_bind_rows(report, WHERE, at, map, &pp_source_table, &scenario->book_source);
    pp_resolve_file(report, WHERE, map, "file", folder, &scenario->book_source.file);
    read_features(report, at, pp_node_get(map, "features"), &scenario->book_source);
}

void pp_read_population(pp_report *report, const pp_node *node, const char *folder,
                        pp_scenario *scenario)
{
    static const char *const kind_key[] = {"kind", NULL};
    static const pp_param kind_row = {.name = "kind",
                                      .type = PP_PARAM_ENUM,
                                      .names = pp_population_names,
                                      .unit = "",
                                      .doc = "which population",
                                      .citation = "assumed"};
    static const pp_param_table kind_table = {"population", "", &kind_row, 1, sizeof(int)};
    pp_mark at = node ? node->mark : (pp_mark){0, 1, 1};
    pp_param_defaults(&pp_published_table, &scenario->published);
    pp_param_defaults(&pp_book_table, &scenario->book);
    // Of an unknown kind no key can be said to be wrong.
    if (!pp_bind_rows(report, WHERE, at, node, &kind_table, &scenario->population))
        return;
    if (scenario->population == PP_POPULATION_BOOK)
        read_book(report, at, node, folder, scenario);
    else
        pp_bind(report, WHERE, at, node, &pp_published_table, kind_key, &scenario->published);
}

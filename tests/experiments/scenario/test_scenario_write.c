/// @file
/// experiments/scenario/scenario.h, starter.h, schema_json.h: writing a scenario back, the starter
/// and the JSON Schema; and that no damage to a file brings the reader down.
#include "tests/support/problems.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "experiments/scenario/parts.h"
#include "experiments/scenario/schema.h"
#include "experiments/scenario/starter.h"
#include "market/base/buffer.h"

static pp_scenario *read_text(const char *text)
{
    pp_scenario *scenario;
    pp_problems problems;
    pp_scenario_read("/dir/s.yaml", text, strlen(text), NULL, 0, &scenario, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_non_null(scenario);
    return scenario;
}

static char *resolved(const char *text)
{
    pp_scenario *scenario = read_text(text);
    char *yaml = pp_scenario_yaml(scenario);
    assert_non_null(yaml);
    pp_scenario_destroy(scenario);
    return yaml;
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in\n%s", part, text);
}

static void assert_round_trip(const char *text)
{
    char *once = resolved(text), *twice = resolved(once);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
}

static const char awkward[] =
    "title: \"quote \\\" backslash \\\\ tab \\t line \\n nel \\x85 sep \\u2028 bom \\uFEFF \\uFFFE "
    "\\x7F \\U0001F600 \xC3\xA4 # : null\"\n"
    "seed: 9007199254740991\nfirst_trial: 1e9\n"
    "market: {observe: own_sale, estimate_variance: 0.1e-3}\n"
    "inflation: {mean_rate: 0.1, initial_rate: -0.3333333333333333}\n"
    "pricing: {exploration_factors: [], bid_max: 1.0000000000000002}\n"
    "population: {kind: book, file: a b.csv, pure_premium: \"no\", price_sensitivity: 1e5, "
    "features: [\"null\", {name: 'x: y', kind: categorical}]}\n"
    "results: {quotes_every: 7}\n"
    "firms:\n"
    "- {agent: {kind: baseline, b: 0.3}, explore: always, limits: {min_multiple: 1.05, "
    "max_multiple: 1.3, min_premium: 250.5, max_premium: 1e4, step: 0.01}, portfolio: {categories: "
    "[\n"
    "    {name: \"a \\\"b\\\"\", where: [{feature: 'x: y', level: \"75 kW\"}], target: 1e7},\n"
    "    {name: b, where: [{feature: age, lower: -1e20}, {feature: c, upper: 0.1}], "
    "target_multiple: 0},\n"
    "    {name: c, where: [{feature: age, lower: 1, upper: 2}]}, {name: all, target: 0.5}]}}\n"
    "- {agent: null, count: 3, portfolio: random}\n- {agent: null, name: \"12\"}\n";

static void test_scenario_yaml_round_trips(void **state)
{
    (void)state;
    assert_round_trip("firms: [{agent: null}]\n");
    assert_round_trip(awkward);
    assert_round_trip(pp_scenario_starter());
}

static void test_scenario_yaml_spells_out_every_parameter(void **state)
{
    (void)state;
    char *text = resolved("firms: [{agent: baseline, portfolio: random}]\n"), line[128];
    const pp_param_table *tables[] = {&pp_run_table, &pp_published_table,
                                      pp_agent_find("baseline")->params};
    for (size_t t = 0; t < PP_COUNT(tables); t++)
        for (size_t i = 0; i < tables[t]->n_rows; i++) {
            snprintf(line, sizeof line, "%s: ", tables[t]->rows[i].name);
            assert_contains(text, line);
        }
    for (size_t s = 0; s < pp_n_sections; s++)
        for (size_t i = 0; i < pp_sections[s].table->n_rows; i++) {
            snprintf(line, sizeof line, "\n  %s: ", pp_sections[s].table->rows[i].name);
            assert_contains(text, line);
        }
    free(text);
}

static void test_scenario_yaml_keeps_every_value(void **state)
{
    (void)state;
    pp_scenario *once = read_text(awkward);
    char *text = pp_scenario_yaml(once);
    pp_scenario *twice = read_text(text);
    assert_string_equal(once->run.title.text, twice->run.title.text);
    assert_contains(once->run.title.text, "\xEF\xBF\xBE");
    assert_int_equal(twice->run.seed, 9007199254740991);
    assert_memory_equal(&once->market, &twice->market, sizeof once->market);
    assert_memory_equal(&once->inflation, &twice->inflation, sizeof once->inflation);
    assert_memory_equal(&once->pricing, &twice->pricing, sizeof once->pricing);
    assert_string_equal(twice->book_source.file.text, "/dir/a b.csv");
    assert_memory_equal(&once->book_source, &twice->book_source, sizeof once->book_source);
    assert_int_equal(twice->n_firms, 5);
    assert_memory_equal(&once->firms[0].limits, &twice->firms[0].limits,
                        sizeof once->firms[0].limits);
    assert_true(twice->firms[0].limits.step == 0.01 && isnan(twice->firms[1].limits.step));
    assert_string_equal(twice->firms[1].name, "null-1");
    assert_string_equal(twice->firms[4].name, "12");
    const pp_category_config *b = &twice->firms[0].categories[1];
    assert_true(b->bounds[0].lower == -1e20 && b->bounds[0].upper == INFINITY);
    assert_true(b->bounds[1].lower == -INFINITY && b->bounds[1].upper == 0.1);
    assert_true(b->target_multiple == 0 && isnan(b->target));
    assert_true(twice->firms[0].categories[3].target == 0.5);
    pp_scenario_destroy(once);
    pp_scenario_destroy(twice);
    free(text);
}

/// What a file of the repository holds.
static char *repository_file(const char *name)
{
    char path[2048];
#ifdef PP_SOURCE_DIR
    snprintf(path, sizeof path, "%s/%s", PP_SOURCE_DIR, name);
#else
    const char *slash = strrchr(__FILE__, '/');
    snprintf(path, sizeof path, "%.*s../%s", slash ? (int)(slash - __FILE__) + 1 : 0, __FILE__,
             name);
#endif
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 16) - 1, file);
    assert_true(n > 0);
    fclose(file);
    return text;
}

static void test_starter_is_the_file_and_loads(void **state)
{
    (void)state;
    char *file = repository_file("scenarios/starter.yaml");
    assert_string_equal(file, pp_scenario_starter());
    free(file);
    pp_scenario *scenario = read_text(pp_scenario_starter());
    assert_int_equal(scenario->n_firms, 6);
    assert_string_equal(scenario->firms[0].name, "pursuer");
    assert_string_equal(scenario->firms[5].name, "null-5");
    pp_scenario_destroy(scenario);
}

/// But for the cost of a sale and the score: who starts anew is to be told the truth.
static void test_starter_shows_defaults(void **state)
{
    (void)state;
    char *plain = resolved(
        "title: Starter\nscore: true\nfirms:\n- {name: pursuer, agent: baseline, portfolio: "
        "random, cost: given_sale}\n- {agent: null, count: 5}\n");
    char *starter = resolved(pp_scenario_starter());
    assert_string_equal(starter, plain);
    free(plain);
    free(starter);
}

static void test_starter_comments_hold_valid_examples(void **state)
{
    (void)state;
    // Uncomment the book and the categories by hand: what a user copies must load.
    pp_scenario_destroy(read_text(
        "population:\n  kind: book\n  file: portfolio.csv           # relative to this file\n"
        "  pure_premium: technical_price # column with the expected claim cost, GBP\n"
        "  features:\n    - age\n    - {name: region, kind: categorical}\n"
        "firms:\n  - agent: null\n    portfolio:\n      categories:\n        - name: under 30\n"
        "          where: [{feature: age, upper: 29}]\n"
        "          target_multiple: 1.5   # of what it sells in burn-in; or target: 40 "
        "policies\n"));
    assert_contains(pp_scenario_starter(), "#     file: portfolio.csv           # relative");
    assert_contains(pp_scenario_starter(), "#         where: [{feature: age, upper: 29}]\n");
}

static void test_shipped_scenarios_load(void **state)
{
    (void)state;
    char *text = repository_file("scenarios/published.yaml");
    pp_scenario *scenario = read_text(text);
    assert_int_equal(scenario->n_firms, 6);
    assert_int_equal(scenario->run.trials, 24);
    assert_string_equal(scenario->firms[0].name, "pursuer");
    assert_string_equal(scenario->firms[0].agent->name, "baseline");
    assert_int_equal(scenario->firms[0].portfolio, PP_PORTFOLIO_RANDOM);
    pp_scenario_destroy(scenario);
    free(text);
    text = repository_file("scenarios/book.yaml");
    scenario = read_text(text);
    assert_int_equal(scenario->population, PP_POPULATION_BOOK);
    assert_string_equal(scenario->book_source.file.text, "/dir/eudirectlapse.csv");
    assert_int_equal(scenario->book_source.n_features, 6);
    assert_int_equal(scenario->firms[0].n_categories, 5);
    pp_scenario_destroy(scenario);
    free(text);
}

static const pp_node *at(const pp_node *node, const char *first, const char *second,
                         const char *third)
{
    const char *const path[] = {first, second, third};
    for (size_t i = 0; i < PP_COUNT(path) && path[i]; i++) {
        node = pp_node_get(node, path[i]);
        if (!node)
            fail_msg("no '%s' in the schema", path[i]);
    }
    return node;
}

/// JSON is YAML, but for its depth and its long keys.
static pp_node *schema_tree(void)
{
    char *json = pp_scenario_json_schema();
    assert_non_null(json);
    pp_report report = {.path = "schema.json"};
    pp_problems problems;
    pp_node *root = pp_tree_parse(json, strlen(json), 0, &report);
    pp_report_finish(&report, &problems);
    assert_problems(&problems, (const char *[]){NULL}, "schema");
    free(json);
    return root;
}

static void test_schema_describes_every_parameter(void **state)
{
    (void)state;
    pp_node *root = schema_tree();
    assert_string_equal(at(root, "$schema", NULL, NULL)->text,
                        "https://json-schema.org/draft/2020-12/schema");
    const pp_node *properties = at(root, "properties", NULL, NULL);
    for (size_t s = 0; s < pp_n_sections; s++)
        for (size_t i = 0; i < pp_sections[s].table->n_rows; i++) {
            const pp_param *row = &pp_sections[s].table->rows[i];
            const pp_node *found = at(properties, pp_sections[s].key, "properties", row->name);
            assert_string_equal(at(found, "description", NULL, NULL)->text, row->doc);
            at(found, "title", NULL, NULL);
            at(found, "default", NULL, NULL);
        }
    const pp_node *rate =
        at(at(properties, "choice", "properties", NULL), "success_rate", NULL, NULL);
    assert_string_equal(at(rate, "exclusiveMaximum", NULL, NULL)->text, "1");
    assert_string_equal(at(rate, "unit", NULL, NULL)->text, "1");
    assert_string_equal(at(rate, "source", NULL, NULL)->text, "arXiv 2408.00713");
    assert_int_equal(at(properties, "population", "oneOf", NULL)->n, 2);
    pp_node_destroy(root);
}

static void test_schema_has_an_alternative_for_every_agent(void **state)
{
    (void)state;
    pp_node *root = schema_tree();
    const pp_node *items = at(at(root, "properties", "firms", "items"), "properties", NULL, NULL);
    const pp_node *agents = at(items, "agent", "oneOf", NULL);
    const pp_node *names = at(agents->entries[0].value, "enum", NULL, NULL);
    size_t n = 0;
    for (; pp_agent_classes[n]; n++) {
        const pp_agent_class *agent = pp_agent_classes[n];
        assert_true(n + 1 < agents->n);
        const pp_node *object = agents->entries[n + 1].value;
        assert_string_equal(at(object, "description", NULL, NULL)->text, agent->doc);
        for (size_t i = 0; i < agent->params->n_rows; i++)
            at(object, "properties", agent->params->rows[i].name, NULL);
    }
    // Last, one from a plugin, whose parameters nobody knows.
    assert_int_equal(agents->n, n + 2);
    const pp_node *plugin = agents->entries[n + 1].value;
    for (size_t i = 0; i < pp_plugin_table.n_rows; i++)
        at(plugin, "properties", pp_plugin_table.rows[i].name, NULL);
    assert_string_equal(at(plugin, "properties", "kind", NULL)->text, "false");
    assert_string_equal(at(plugin, "required", NULL, NULL)->entries[0].value->text, "plugin");
    assert_null(pp_node_get(plugin, "additionalProperties"));
    // `null` is there twice: as a word and as YAML's null.
    assert_int_equal(names->n, n + 1);
    size_t nulls = 0;
    for (size_t i = 0; i < names->n; i++)
        nulls += pp_node_is_null(names->entries[i].value);
    assert_int_equal(nulls, 1);
    pp_node_destroy(root);
}

static uint32_t draw(uint64_t *bits)
{
    *bits = *bits * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*bits >> 33);
}

/// Whatever is read, the answer is a scenario or a list of problems.
static void read_damaged(const char *text, size_t n, const char *set)
{
    pp_scenario *scenario;
    pp_problems problems;
    pp_status status = pp_scenario_read("m.yaml", text, n, &set, set ? 1 : 0, &scenario, &problems);
    assert_int_equal(status == PP_OK, scenario != NULL);
    assert_int_equal(status == PP_ESCENARIO, problems.n > 0);
    if (scenario) {
        char *yaml = pp_scenario_yaml(scenario), *again = resolved(yaml);
        assert_string_equal(yaml, again);
        free(yaml);
        free(again);
    }
    pp_scenario_destroy(scenario);
    pp_problems_destroy(&problems);
}

static void mutate(const char *original, char *text, size_t *n, uint64_t *bits)
{
    static const char special[] = "\n\t :-[]{},&*#?|>'\"%@`!<~\\\xC3\xFF\x00\x01"
                                  "0.";
    *n = strlen(original);
    memcpy(text, original, *n);
    for (uint32_t edits = 1 + draw(bits) % 4; edits > 0; edits--) {
        size_t place = draw(bits) % *n;
        switch (draw(bits) % 4) {
        case 0:
            text[place] = (char)draw(bits);
            break;
        case 1:
            text[place] = special[draw(bits) % (sizeof special - 1)];
            break;
        case 2:
            memmove(text + place, text + place + 1, --*n - place);
            break;
        default: {
            size_t length = draw(bits) % 20, from = draw(bits) % *n;
            for (size_t i = 0; i < length && place + i < *n && from + i < *n; i++)
                text[place + i] = original[from + i];
        }
        }
    }
}

static void test_scenario_random_damage_never_brings_it_down(void **state)
{
    (void)state;
    const char *const originals[] = {pp_scenario_starter(), awkward};
    char text[8192];
    uint64_t bits = 20240800713;
    for (int i = 0; i < 3000; i++) {
        const char *original = originals[i % 3 == 2];
        size_t n;
        assert_true(strlen(original) < sizeof text);
        mutate(original, text, &n, &bits);
        read_damaged(text, n, NULL);
    }
}

static void test_scenario_every_truncation_is_answered(void **state)
{
    (void)state;
    for (size_t n = 0; n <= strlen(awkward); n++)
        read_damaged(awkward, n, NULL);
}

static void test_scenario_damaged_sets_never_bring_it_down(void **state)
{
    (void)state;
    static const char *const sets[] = {"firms.0.agent.b=0.5", "firms.1={agent: null, count: 2}",
                                       "market.rounds=1e3", "pricing.exploration_factors=[1, 2]"};
    char text[256];
    uint64_t bits = 1;
    for (int i = 0; i < 2000; i++) {
        size_t n;
        mutate(sets[i % 4], text, &n, &bits);
        text[n] = '\0';
        read_damaged(pp_scenario_starter(), strlen(pp_scenario_starter()), text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_yaml_round_trips),
        cmocka_unit_test(test_scenario_yaml_spells_out_every_parameter),
        cmocka_unit_test(test_scenario_yaml_keeps_every_value),
        cmocka_unit_test(test_starter_is_the_file_and_loads),
        cmocka_unit_test(test_starter_shows_defaults),
        cmocka_unit_test(test_starter_comments_hold_valid_examples),
        cmocka_unit_test(test_shipped_scenarios_load),
        cmocka_unit_test(test_schema_describes_every_parameter),
        cmocka_unit_test(test_schema_has_an_alternative_for_every_agent),
        cmocka_unit_test(test_scenario_random_damage_never_brings_it_down),
        cmocka_unit_test(test_scenario_every_truncation_is_answered),
        cmocka_unit_test(test_scenario_damaged_sets_never_bring_it_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

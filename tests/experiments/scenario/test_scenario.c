/// @file
/// experiments/scenario/scenario.h: reading scenarios; what they resolve to and every problem they
/// can have.
#include "tests/support/problems.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "experiments/scenario/check.h"
#include "experiments/scenario/parts.h"

#define FIRM             "firms: [{agent: null}]\n"
#define CATEGORIES(text) "firms: [{agent: null, portfolio: {categories: [" text "]}}]\n"

/// A real parameter of an agent.
static double real_at(const void *params, const pp_param *row)
{
    double value;
    memcpy(&value, (const char *)params + row->offset, sizeof value);
    return value;
}

static pp_scenario *read_with(const char *text, const char *const *sets, size_t n_sets)
{
    pp_scenario *scenario;
    pp_problems problems;
    pp_status status =
        pp_scenario_read("dir/s.yaml", text, strlen(text), sets, n_sets, &scenario, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_int_equal(status, PP_OK);
    assert_non_null(scenario);
    pp_problems_destroy(&problems);
    return scenario;
}

static pp_scenario *read_text(const char *text)
{
    return read_with(text, NULL, 0);
}

static void expect_with(const problem_case *c, const char *const *sets, size_t n_sets)
{
    pp_scenario *scenario;
    pp_problems problems;
    pp_status status =
        pp_scenario_read("s.yaml", c->text, strlen(c->text), sets, n_sets, &scenario, &problems);
    assert_problems(&problems, c->expected, c->text);
    assert_int_equal(status, PP_ESCENARIO);
    assert_null(scenario);
    pp_problems_destroy(&problems);
}

static const problem_case wrong[] = {
    {"[1]\n", {"s.yaml:1:1: expected a map of keys, not a list"}},
    {"word\n", {"s.yaml:1:1: expected a map of keys, not 'word'"}},
    {"", {"s.yaml:1:1: nothing in it"}},
    {"seed: 2\n", {"s.yaml:1:1: at least one firm is needed: give a list 'firms'"}},
    {"seed: 2\nfirms:\n", {"s.yaml:2:7: firms: at least one firm is needed: give a list 'firms'"}},
    {"firms: []\n", {"s.yaml:1:8: firms: at least one firm is needed: give a list 'firms'"}},
    {"firms: {agent: null}\n", {"s.yaml:1:8: firms: expected a list, not a map"}},
    {"firms: [null]\n", {"s.yaml:1:9: firms[0]: 'agent' is missing"}},
    {"firms: [klq]\n", {"s.yaml:1:9: firms[0]: expected a map, not 'klq'"}},
    {"firms: [{agent: [a]}]\n",
     {"s.yaml:1:17: firms[0].agent: expected an agent's name, not a list"}},
    {"firms: [{agent: {b: 1}}]\n", {"s.yaml:1:17: firms[0].agent: 'kind' or 'plugin' is missing"}},
    {"firms: [{agent: {kind: null, b: 1}}]\n", {"s.yaml:1:30: firms[0].agent: unknown key 'b'"}},
    {"firms: [{agent: {kind: baseline, b: x}, portfolio: random}]\n",
     {"s.yaml:1:37: firms[0].agent.b: expected a number, not 'x'"}},
    {"firms: [{agent: {kind: baseline, h: 0}, portfolio: random}]\n",
     {"s.yaml:1:37: firms[0].agent.h: 0 is out of range ((0, 100])"}},
    {"firms: [{agent: baseline}]\n",
     {"s.yaml:1:17: firms[0].agent: agent 'baseline' needs a portfolio: give the firm 'portfolio: "
      "random' or categories"}},
    {"firms: [{agent: null, count: 0}]\n",
     {"s.yaml:1:30: firms[0].count: 0 is out of range ([1, 1000])"}},
    {"choice: {success_rate: 1e-6}\nfirms: [{agent: null, count: 1000}, {agent: null}]\n",
     {"s.yaml:2:8: firms: more than 1000 firms"}},
    {"firms: [{agent: null, explore: allways}]\n",
     {"s.yaml:1:32: firms[0].explore: expected one of burn_in, always, not 'allways' (did you mean "
      "'always'?)"}},
    {"firms: [{agent: null, limits: {min_multiple: 0}}]\n",
     {"s.yaml:1:46: firms[0].limits.min_multiple: 0 is out of range ((0, 1000])"}},
    {"firms: [{agent: null, limits: {max_multiple: -1}}]\n",
     {"s.yaml:1:46: firms[0].limits.max_multiple: -1 is out of range ((0, 1000])"}},
    {"firms: [{agent: null, limits: {min_premium: much}}]\n",
     {"s.yaml:1:45: firms[0].limits.min_premium: expected a number, not 'much'"}},
    {"firms: [{agent: null, limits: {max_premium: 2e9}}]\n",
     {"s.yaml:1:45: firms[0].limits.max_premium: 2e9 is out of range ((0, 1000000000])"}},
    {"firms: [{agent: null, limits: {step: 2e6}}]\n",
     {"s.yaml:1:38: firms[0].limits.step: 2e6 is out of range ((0, 1000000])"}},
    {"firms: [{agent: null, limits: {steps: 5}}]\n",
     {"s.yaml:1:32: firms[0].limits: unknown key 'steps' (did you mean 'step'?)"}},
    {"firms: [{agent: null, limits: 5}]\n",
     {"s.yaml:1:31: firms[0].limits: expected a map, not '5'"}},
    {"firms: [{agent: null, limits: {max_multiple: 1.1, min_multiple: 1.2}}]\n",
     {"s.yaml:1:65: firms[0].limits: 'min_multiple' 1.2 is above 'max_multiple' 1.1"}},
    {"firms: [{agent: null, limits: {min_premium: 300, max_premium: 299.5}}]\n",
     {"s.yaml:1:45: firms[0].limits: 'min_premium' 300 is above 'max_premium' 299.5"}},
    {"firms: [{agent: {kind: klq, cap_min: 1.3}, portfolio: random, limits: {max_multiple: "
     "1.2}}]\n",
     {"s.yaml:1:38: firms[0].agent: cap_min: 1.3 is above the firm's limits.max_multiple, 1.2"}},
    {"firms: [{agent: {kind: ppo, cap_max: 1.1}, portfolio: random, limits: {min_multiple: "
     "1.2}}]\n",
     {"s.yaml:1:38: firms[0].agent: cap_max: 1.1 is below the firm's limits.min_multiple, 1.2"}},
    {"firms: [{agent: null, nam: x}]\n",
     {"s.yaml:1:23: firms[0]: unknown key 'nam' (did you mean 'name'?)"}},
    {"firms: [{agent: null, name: \"a\\nb\"}]\n",
     {"s.yaml:1:29: firms[0].name: a control character in a name"}},
    {"firms: [{agent: null, name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}]\n",
     {"s.yaml:1:29: firms[0].name: a name longer than 95 bytes"}},
    {"firms: [{agent: null, count: 2}, {agent: null, name: null-2}]\n",
     {"s.yaml:1:34: firms[1]: another firm is called 'null-2' too"}},
    {"choice: {success_rate: 0.5}\nfirms: [{agent: null, count: 6}]\n",
     {"s.yaml:1:24: choice: 6 firms need success_rate below 1/6; it is 0.5"}},
    {"firms: [{agent: null, count: 10}]\n",
     {"s.yaml:1:8: choice: 10 firms need success_rate below 1/10; it is 0.1"}},
    {"pricing: {bid_min: 2, bid_max: 1.5}\n" FIRM,
     {"s.yaml:1:20: pricing: bid_min 2 is above bid_max 1.5"}},
    {"pricing: {bid_max: 0.5}\n" FIRM, {"s.yaml:1:20: pricing: bid_min 1 is above bid_max 0.5"}},
    {"pricing: {first_min: 1.3}\n" FIRM,
     {"s.yaml:1:22: pricing: first_min 1.3 is above first_max 1.2"}},
    {"pricing: {exploration_rate: 0.2}\n" FIRM,
     {"s.yaml:1:29: pricing: exploration_rate 0.2 for each of 6 exploration_factors is more than 1 "
      "in all"}},
    {"pricing: {bid_min: 3, bid_maks: 4}\n" FIRM,
     {"s.yaml:1:23: pricing: unknown key 'bid_maks' (did you mean 'bid_max'?)"}},
    {"market: 3\n" FIRM, {"s.yaml:1:9: market: expected a map, not '3'"}},
    {"markt: {rounds: 3}\n" FIRM, {"s.yaml:1:1: unknown key 'markt' (did you mean 'market'?)"}},
    {"seed: -1\ntrials: 0\nfirst_trial: x\n" FIRM,
     {"s.yaml:1:7: seed: -1 is out of range ([0, 9007199254740992])",
      "s.yaml:2:9: trials: 0 is out of range ([1, 10000000])",
      "s.yaml:3:14: first_trial: expected a whole number, not 'x'"}},
    {"results: {quotes_every: -1}\n" FIRM,
     {"s.yaml:1:25: results.quotes_every: -1 is out of range ([0, 1000000000])"}},
    {"population: book\n" FIRM, {"s.yaml:1:13: population: expected a map, not 'book'"}},
    {"population: {kind: books}\n" FIRM,
     {"s.yaml:1:20: population.kind: expected one of published, book, not 'books' (did you mean "
      "'book'?)"}},
    {"population: {locations: 0, file: x}\n" FIRM,
     {"s.yaml:1:25: population.locations: 0 is out of range ([1, 32])",
      "s.yaml:1:28: population: unknown key 'file'"}},
    {"population: {kind: book, locations: 3}\n" FIRM,
     {"s.yaml:1:13: population: 'file' is missing",
      "s.yaml:1:13: population: 'pure_premium' is missing",
      "s.yaml:1:13: population: 'features' is missing",
      "s.yaml:1:26: population: unknown key 'locations'"}},
    {"population: {kind: book, file: /b, pure_premium: p, features: a}\n" FIRM,
     {"s.yaml:1:63: population.features: expected a list, not 'a'"}},
    {"population: {kind: book, file: /b, pure_premium: p, features: []}\n" FIRM,
     {"s.yaml:1:63: population.features: 0 features; from 1 to 256 are taken"}},
    {"population: {kind: book, file: /b, pure_premium: p, features: [a, '', {name: c, kind: num}, "
     "p, a, [x]]}\n" FIRM,
     {"s.yaml:1:67: population.features[1]: expected a feature, not nothing",
      "s.yaml:1:87: population.features[2].kind: expected one of numeric, categorical, not 'num'",
      "s.yaml:1:93: population.features[3]: 'p' is the pure premium, which firms do not see",
      "s.yaml:1:96: population.features[4]: feature 'a' is given twice",
      "s.yaml:1:99: population.features[5]: expected a map, not a list"}},
};

static const problem_case wrong_portfolios[] = {
    {"firms: [{agent: null, portfolio: }]\n",
     {"s.yaml:1:34: firms[0].portfolio: expected none, random or {categories: ...}, not nothing"}},
    {"firms: [{agent: null, portfolio: randm}]\n",
     {"s.yaml:1:34: firms[0].portfolio: expected none, random or {categories: ...}, not 'randm' "
      "(did you mean 'random'?)"}},
    {"firms: [{agent: null, portfolio: {catgories: []}}]\n",
     {"s.yaml:1:35: firms[0].portfolio: unknown key 'catgories' (did you mean 'categories'?)"}},
    {"firms: [{agent: null, portfolio: {categories: a}}]\n",
     {"s.yaml:1:47: firms[0].portfolio.categories: expected a list, not 'a'"}},
    {CATEGORIES(""),
     {"s.yaml:1:47: firms[0].portfolio.categories: 0 categories; from 1 to 64 are taken"}},
    {CATEGORIES("{where: []}"),
     {"s.yaml:1:48: firms[0].portfolio.categories[0]: 'name' is missing"}},
    {CATEGORIES("{name: a}, {name: a}"),
     {"s.yaml:1:66: firms[0].portfolio.categories[1]: another category is called 'a' too"}},
    {CATEGORIES("{name: a, target: 3, target_multiple: 2}"),
     {"s.yaml:1:86: firms[0].portfolio.categories[0]: give 'target' or 'target_multiple', not "
      "both"}},
    {CATEGORIES("{name: a, target: -3}"),
     {"s.yaml:1:66: firms[0].portfolio.categories[0].target: -3 is out of range ([0, "
      "1000000000000])"}},
    {CATEGORIES("{name: a, where: {feature: age}}"),
     {"s.yaml:1:65: firms[0].portfolio.categories[0].where: expected a list, not a map"}},
    {CATEGORIES("{name: a, where: [{lower: 1}]}"),
     {"s.yaml:1:66: firms[0].portfolio.categories[0].where[0]: 'feature' is missing"}},
    {CATEGORIES("{name: a, where: [{feature: age}]}"),
     {"s.yaml:1:66: firms[0].portfolio.categories[0].where[0]: give 'lower', 'upper' or 'level'"}},
    {CATEGORIES("{name: a, where: [{feature: age, lower: 3, upper: 2}]}"),
     {"s.yaml:1:88: firms[0].portfolio.categories[0].where[0]: 'lower' is above 'upper'"}},
    {CATEGORIES("{name: a, where: [{feature: age, lower: 3, level: b}]}"),
     {"s.yaml:1:98: firms[0].portfolio.categories[0].where[0]: 'level' together with 'lower' or "
      "'upper'"}},
    {CATEGORIES("{name: a, where: [{feature: age, lower: .inf}]}"),
     {"s.yaml:1:88: firms[0].portfolio.categories[0].where[0].lower: expected a number, not "
      "'.inf'"}},
    {CATEGORIES("{name: a, where: [{}, {}, {}, {}, {}, {}, {}, {}, {}]}"),
     {"s.yaml:1:65: firms[0].portfolio.categories[0].where: 9 conditions; at most 8 are taken"}},
};

/// A problem of the value at this path, found when the scenario has been read, begins with its
/// place.
static void assert_place(const pp_scenario *s, const char *path, const char *place)
{
    pp_error error = {0};
    pp_check check = {.scenario = s, .error = &error};
    pp_check_add(&check, path, path, "wrong");
    if (strncmp(error.message, place, strlen(place)) != 0)
        fail_msg("%s instead of %s", error.message, place);
}

static void test_scenario_problems_are_reported_at_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(wrong); i++)
        expect_with(&wrong[i], NULL, 0);
    for (size_t i = 0; i < PP_COUNT(wrong_portfolios); i++)
        expect_with(&wrong_portfolios[i], NULL, 0);
}

#define TWO                                                                                        \
    "{categories: [{name: a, where: [{feature: age, lower: 9}]}, {name: b, where: [{feature: "     \
    "age, lower: 9}]}]}"
#define TABLE_FIRM(rounds, agent, portfolio)                                                       \
    "market: {rounds: " rounds "}\nfirms: [{agent: {" agent                                        \
    ", value: table}, portfolio: " portfolio "}]\n"

/// What ties an agent to the market and the portfolio is found where the agent stands.
static void test_scenario_agent_that_does_not_fit_the_market_is_refused(void **state)
{
    (void)state;
    static const problem_case cases[] = {
        {"pricing: {bid_max: 1.4}\nfirms: [{portfolio: random,\n  agent: {kind: klq, cap_min: "
         "1.5}}]\n",
         {"s.yaml:3:31: firms[0].agent: cap_min: 1.5 is above the bid's range, which ends at 1.4"}},
        {"firms: [{agent: {kind: ppo, cap_max: 0.1}, portfolio: random}]\n"
         "pricing: {bid_min: 0.8}\n",
         {"s.yaml:1:38: firms[0].agent: cap_max: 0.1 is below the bid's range, which begins at "
          "0.8"}},
        // Where the bid's range is not known nothing is held against it.
        {"pricing: {bid_max: x}\nfirms: [{agent: {kind: klq, cap_min: 99}, portfolio: random}]\n",
         {"s.yaml:1:20: pricing.bid_max: expected a number, not 'x'"}},
        {TABLE_FIRM("256", "kind: bellman", TWO),
         {"s.yaml:2:40: firms[0].agent: value: a table over 2 categories and 256 rounds has more "
          "than 16777216 entries; 'resolve' has no such limit"}},
        {TABLE_FIRM("1000000000", "kind: oracle", TWO),
         {"s.yaml:2:39: firms[0].agent: value: a table over 2 categories and 1000000000 rounds has "
          "more than 16777216 entries; 'resolve' has no such limit"}},
        {TABLE_FIRM("256", "kind: bellman", "{categories: []}"),
         {"s.yaml:2:72: firms[0].portfolio.categories: 0 categories; from 1 to 64 are taken"}},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++)
        expect_with(&cases[i], NULL, 0);
    pp_scenario_destroy(read_text(TABLE_FIRM("255", "kind: bellman", TWO))); // just small enough
    pp_scenario_destroy(read_text(TABLE_FIRM("256", "kind: klq, method: model_free", TWO)));
}

static void test_scenario_unknown_agent_lists_those_there_are(void **state)
{
    (void)state;
    char known[512] = "", nothing[640], mistyped[640];
    for (size_t i = 0; pp_agent_classes[i]; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "",
                 pp_agent_classes[i]->name);
    snprintf(nothing, sizeof nothing,
             "s.yaml:1:17: firms[0].agent: expected an agent (%s), not nothing", known);
    snprintf(mistyped, sizeof mistyped,
             "s.yaml:1:24: firms[0].agent.kind: expected an agent (%s), not 'basline' (did you "
             "mean 'baseline'?)",
             known);
    expect_with(&(problem_case){"firms: [{agent: }]\n", {nothing}}, NULL, 0);
    expect_with(&(problem_case){"firms: [{agent: {kind: basline}}]\n", {mistyped}}, NULL, 0);
}

static void test_scenario_all_problems_are_reported_in_order(void **state)
{
    (void)state;
    static const char *const sets[] = {"firms.0.agent.q=1", "markt.x=1", "nonsense"};
    static const problem_case all = {
        "firms:\n  - agent: {kind: baseline, b: 2}\n    portfolio: none\nmarket: {rounds: x}\n"
        "seed: 1\nseed: 2\ntrails: 3\n",
        {"s.yaml:2:12: firms[0].agent: agent 'baseline' needs a portfolio: give "
         "the firm 'portfolio: random' or categories",
         "s.yaml:2:32: firms[0].agent.b: 2 is out of range ([0, 1))",
         "s.yaml:4:18: market.rounds: expected a whole number, not 'x'",
         "s.yaml:6:1: duplicate key 'seed', first given in line 5",
         "s.yaml:7:1: unknown key 'trails' (did you mean 'trials'?)",
         "--set firms.0.agent.q=1: firms[0].agent: unknown key 'q'",
         "--set markt.x=1: unknown key 'markt' (did you mean 'market'?)",
         "--set nonsense: write KEY.PATH=VALUE"}};
    expect_with(&all, sets, PP_COUNT(sets));
}

static void test_scenario_sections_may_be_empty_and_defaults_stand(void **state)
{
    (void)state;
    pp_scenario *s = read_text("market:\npopulation:\nchoice: {}\npricing: ~\n" FIRM);
    pp_market_config market;
    pp_param_defaults(&pp_market_table, &market);
    assert_memory_equal(&s->market, &market, sizeof market);
    assert_int_equal(s->run.seed, 1);
    assert_int_equal(s->run.trials, 24);
    assert_int_equal(s->run.first_trial, 0);
    assert_int_equal(s->population, PP_POPULATION_PUBLISHED);
    assert_int_equal(s->published.locations, 4);
    assert_int_equal(s->record.quotes_every, 0);
    assert_int_equal(s->n_firms, 1);
    assert_string_equal(s->firms[0].name, "null");
    assert_string_equal(s->firms[0].agent->name, "null");
    assert_null(s->firms[0].agent_params);
    assert_int_equal(s->firms[0].explore, PP_EXPLORE_BURN_IN);
    assert_int_equal(s->firms[0].portfolio, PP_PORTFOLIO_NONE);
    assert_string_equal(s->path, "dir/s.yaml");
    pp_scenario_destroy(s);
}

static void test_scenario_initial_rate_follows_the_mean_rate(void **state)
{
    (void)state;
    pp_scenario *s = read_text("inflation: {mean_rate: 0.03}\n" FIRM);
    assert_true(s->inflation.initial_rate == 0.03);
    pp_scenario_destroy(s);
    s = read_text("inflation: {mean_rate: 0.03, initial_rate: 0.05}\n" FIRM);
    assert_true(s->inflation.initial_rate == 0.05);
    pp_scenario_destroy(s);
}

static void test_scenario_names_are_made_unique(void **state)
{
    (void)state;
    static const char *const names[] = {"null-1", "null-2", "null-3", "mine", "a-1", "b", "a-2"};
    pp_scenario *s = read_text("firms:\n- {agent: null, count: 2}\n- agent: {kind: null}\n"
                               "- {agent: null, name: mine}\n- {agent: \"null\", name: a}\n"
                               "- {agent: null, name: b}\n- {agent: null, name: a}\n");
    assert_int_equal(s->n_firms, PP_COUNT(names));
    for (size_t i = 0; i < s->n_firms; i++)
        assert_string_equal(s->firms[i].name, names[i]);
    pp_scenario_destroy(s);
}

static void test_scenario_counted_firms_own_their_parameters(void **state)
{
    (void)state;
    pp_scenario *s = read_text("firms:\n- agent: {kind: baseline, b: 0.25}\n  count: 3\n  explore: "
                               "always\n  portfolio: {categories: [{name: all, target: 7}]}\n");
    assert_int_equal(s->n_firms, 3);
    assert_ptr_not_equal(s->firms[0].agent_params, s->firms[1].agent_params);
    assert_ptr_not_equal(s->firms[0].categories, s->firms[1].categories);
    for (size_t i = 0; i < 3; i++) {
        const pp_param *b = pp_param_find(s->firms[i].agent->params, "b");
        assert_non_null(b);
        assert_true(real_at(s->firms[i].agent_params, b) == 0.25);
        assert_int_equal(s->firms[i].explore, PP_EXPLORE_ALWAYS);
        assert_true(s->firms[i].categories[0].target == 7);
    }
    pp_scenario_destroy(s);
}

static void test_scenario_categories_are_kept_as_written(void **state)
{
    (void)state;
    pp_scenario *s = read_text("firms:\n- agent: null\n  portfolio:\n    categories:\n"
                               "    - name: young\n      target_multiple: 1.5\n      where:\n"
                               "      - {feature: age, upper: 29}\n"
                               "      - {level: Reg4, feature: region}\n    - name: any\n");
    const pp_firm_config *firm = &s->firms[0];
    assert_int_equal(firm->portfolio, PP_PORTFOLIO_NAMED);
    assert_int_equal(firm->n_categories, 2);
    const pp_category_config *young = &firm->categories[0];
    assert_string_equal(young->name, "young");
    assert_true(isnan(young->target));
    assert_true(young->target_multiple == 1.5);
    assert_int_equal(young->n_bounds, 2);
    assert_string_equal(young->bounds[0].feature, "age");
    assert_string_equal(young->bounds[0].level, "");
    assert_true(young->bounds[0].lower == -INFINITY);
    assert_true(young->bounds[0].upper == 29);
    assert_string_equal(young->bounds[1].level, "Reg4");
    assert_place(s, "firms[0].portfolio.categories[0].where[1].feature", "dir/s.yaml:9:32: ");
    assert_int_equal(firm->categories[1].n_bounds, 0);
    assert_true(isnan(firm->categories[1].target_multiple));
    pp_scenario_destroy(s);
}

static void test_scenario_aliases_share_an_agent(void **state)
{
    (void)state;
    static const char *const sets[] = {"firms.1.agent.b=0.5"};
    pp_scenario *s =
        read_with("firms:\n- {agent: &a {kind: baseline, b: 0.25}, portfolio: random}\n"
                  "- {agent: *a, portfolio: random}\n",
                  sets, 1);
    const pp_param *b = pp_param_find(s->firms[0].agent->params, "b");
    // The edit of one copy leaves the other alone.
    assert_true(real_at(s->firms[0].agent_params, b) == 0.25);
    assert_true(real_at(s->firms[1].agent_params, b) == 0.5);
    pp_scenario_destroy(s);
}

static void test_scenario_sets_override_the_file_in_order(void **state)
{
    (void)state;
    static const char named[] =
        "firms.0.portfolio={categories: [{name: x, where: [{feature: age, lower: 1}]}]}";
    static const char *const sets[] = {"seed=5", "seed=6", "market.rounds=50", "firms.0.agent=null",
                                       named};
    static const char *const list[] = {"pricing.exploration_factors=[0.5, 2]"};
    static const char *const colon[] = {"title=A: b"};
    pp_scenario *s = read_with("firms: [{agent: {kind: baseline, b: 0.1}, portfolio: random}]\n",
                               sets, PP_COUNT(sets));
    assert_int_equal(s->run.seed, 6);
    assert_int_equal(s->market.rounds, 50);
    assert_string_equal(s->firms[0].agent->name, "null");
    assert_int_equal(s->firms[0].n_categories, 1);
    assert_place(s, "firms[0].portfolio.categories[0].where[0].feature",
                 "--set firms.0.portfolio={categories: ");
    assert_place(s, "market.rounds", "--set market.rounds=50: ");
    assert_place(s, "firms[0].agent", "--set firms.0.agent=null: ");
    pp_scenario_destroy(s);
    s = read_with(FIRM, list, 1);
    assert_int_equal(s->pricing.exploration_factors.n, 2);
    pp_scenario_destroy(s);
    problem_case c = {FIRM, {"--set title=A: b: title: expected a text, not a map"}};
    expect_with(&c, colon, 1);
}

static const char book[] = "population: {kind: book, file: b.csv, pure_premium: p, features: [a, "
                           "{name: c, kind: categorical}]}\n" FIRM;

static void test_scenario_book_file_is_relative_to_who_names_it(void **state)
{
    (void)state;
    char current[PP_TEXT_MAX / 2], expected[PP_TEXT_MAX];
    static const char *const typed[] = {"population.file=x/y.csv", "population.file=/z.csv"};
    assert_non_null(getcwd(current, sizeof current));
    pp_scenario *s = read_text(book);
    snprintf(expected, sizeof expected, "%s/dir/b.csv", current);
    assert_string_equal(s->book_source.file.text, expected);
    assert_int_equal(s->book_source.n_features, 2);
    assert_int_equal(s->book_source.features[0].kind, PP_NUMERIC);
    assert_int_equal(s->book_source.features[1].kind, PP_CATEGORICAL);
    pp_scenario_destroy(s);
    s = read_with(book, &typed[0], 1);
    snprintf(expected, sizeof expected, "%s/x/y.csv", current);
    assert_string_equal(s->book_source.file.text, expected);
    pp_scenario_destroy(s);
    s = read_with(book, &typed[1], 1);
    assert_string_equal(s->book_source.file.text, "/z.csv");
    pp_scenario_destroy(s);
}

static void test_scenario_book_folder_that_cannot_be_written_down_is_refused(void **state)
{
    (void)state;
    char path[PP_TEXT_MAX + 16] = "/";
    pp_scenario *scenario;
    pp_problems problems;
    assert_int_equal(
        pp_scenario_read("/\xFF/s.yaml", book, strlen(book), NULL, 0, &scenario, &problems),
        PP_ESCENARIO);
    assert_problems(&problems,
                    (const char *[]){"/\xFF/s.yaml:1:32: population.file: the whole path is not "
                                     "UTF-8",
                                     NULL},
                    book);
    pp_problems_destroy(&problems);
    memset(path + 1, 'd', PP_TEXT_MAX - 10);
    strcpy(path + PP_TEXT_MAX - 9, "/s.yaml");
    static const char *const typed[] = {"population.file=/ok.csv"};
    assert_int_equal(pp_scenario_read(path, book, strlen(book), typed, 1, &scenario, &problems),
                     PP_OK);
    pp_scenario_destroy(scenario);
    path[PP_TEXT_MAX - 9] = 'd';
    strcpy(path + PP_TEXT_MAX - 8, "ddd/s.yaml");
    assert_int_equal(pp_scenario_read(path, book, strlen(book), NULL, 0, &scenario, &problems),
                     PP_ESCENARIO);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.text[0], "population.file: the whole path is too long"));
    pp_problems_destroy(&problems);
}

static void test_scenario_missing_files_are_io_errors(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    char folder[1024], path[1100];
    pp_scenario *scenario = (pp_scenario *)state;
    pp_problems problems;
    snprintf(folder, sizeof folder, "%s/pursuit-scenario-XXXXXX", parent ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/none.yaml", folder);
    assert_int_equal(pp_scenario_load(path, NULL, 0, &scenario, &problems), PP_EIO);
    assert_null(scenario);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.text[0], "none.yaml: cannot be read: No such file"));
    pp_problems_destroy(&problems);
    assert_int_equal(pp_scenario_load(folder, NULL, 0, &scenario, &problems), PP_EIO);
    assert_non_null(strstr(problems.text[0], ": cannot be read: Is a directory"));
    pp_problems_destroy(&problems);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i <= PP_TREE_BYTES_MAX; i++)
        putc('#', file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(pp_scenario_load(path, NULL, 0, &scenario, &problems), PP_ESCENARIO);
    assert_non_null(strstr(problems.text[0], "none.yaml: larger than 16777216 bytes"));
    pp_problems_destroy(&problems);
    unlink(path);
    rmdir(folder);
}

static void test_scenario_destroy_of_nothing_is_harmless(void **state)
{
    (void)state;
    pp_problems problems = {0};
    pp_scenario_destroy(NULL);
    pp_problems_destroy(&problems);
    pp_problems_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenario_problems_are_reported_at_their_place),
        cmocka_unit_test(test_scenario_agent_that_does_not_fit_the_market_is_refused),
        cmocka_unit_test(test_scenario_unknown_agent_lists_those_there_are),
        cmocka_unit_test(test_scenario_all_problems_are_reported_in_order),
        cmocka_unit_test(test_scenario_sections_may_be_empty_and_defaults_stand),
        cmocka_unit_test(test_scenario_initial_rate_follows_the_mean_rate),
        cmocka_unit_test(test_scenario_names_are_made_unique),
        cmocka_unit_test(test_scenario_counted_firms_own_their_parameters),
        cmocka_unit_test(test_scenario_categories_are_kept_as_written),
        cmocka_unit_test(test_scenario_aliases_share_an_agent),
        cmocka_unit_test(test_scenario_sets_override_the_file_in_order),
        cmocka_unit_test(test_scenario_book_file_is_relative_to_who_names_it),
        cmocka_unit_test(test_scenario_book_folder_that_cannot_be_written_down_is_refused),
        cmocka_unit_test(test_scenario_missing_files_are_io_errors),
        cmocka_unit_test(test_scenario_destroy_of_nothing_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

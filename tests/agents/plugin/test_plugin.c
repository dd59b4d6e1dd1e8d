/// @file
/// agents/plugin/plugin.h: agents from shared objects within a scenario's life: shared, written
/// back, told by checksum, edited by --set; and that built-in classes are what plugins must be.
#include "tests/support/problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agents/plugin/plugin.h"
#include "experiments/scenario/parts.h"
#include "tests/support/temp_directory.h"

enum { TEXT = 4096 };

static pp_scenario *read_scenario(const char *path, const char *text, const char *const *sets,
                                  size_t n_sets)
{
    pp_scenario *scenario;
    pp_problems problems;
    pp_scenario_read(path, text, strlen(text), sets, n_sets, &scenario, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_non_null(scenario);
    return scenario;
}

/// A scenario in the plugins' folder.
static pp_scenario *read_beside(const char *text)
{
    return read_scenario(PP_PLUGIN_DIR "/s.yaml", text, NULL, 0);
}

static void assert_refused(const char *text, const char *const *sets, size_t n_sets,
                           const char *expected)
{
    pp_scenario *scenario;
    pp_problems problems;
    assert_int_equal(
        pp_scenario_read("/s.yaml", text, strlen(text), sets, n_sets, &scenario, &problems),
        PP_ESCENARIO);
    assert_null(scenario);
    assert_problems(&problems, (const char *[]){expected, NULL}, text);
    pp_problems_destroy(&problems);
}

static void test_plugin_parameters_are_read_and_defaulted(void **state)
{
    (void)state;
    typedef struct good_config { // as in plugins/good.c
        double loading, cap;
        int64_t rounds;
        bool steep;
        int mode;
        pp_text note;
        pp_reals steps;
    } good_config;
    pp_scenario *s = read_beside("firms: [{agent: {plugin: good.so, loading: 0.25, mode: plain, "
                                 "steps: [1]}}]\n");
    const good_config *config = s->firms[0].agent_params;
    assert_int_equal(s->firms[0].agent->params->size, sizeof *config);
    assert_string_equal(s->firms[0].agent->name, "good");
    assert_string_equal(s->firms[0].name, "good");
    assert_true(config->loading == 0.25 && config->cap != config->cap && config->rounds == 3);
    assert_true(config->steep && config->mode == 0 && config->steps.n == 1);
    assert_string_equal(config->note.text, "a \"note\"");
    pp_scenario_destroy(s);
}

/// One file is loaded once, whatever the number of its firms; its class outlives every other
/// scenario's.
static void test_plugin_is_shared_by_firms_and_outlives_other_scenarios(void **state)
{
    (void)state;
    static const char text[] = "firms: [{agent: {plugin: good.so}, count: 2}, "
                               "{agent: {plugin: other.so}}, {agent: {plugin: good.so}}]\n";
    pp_scenario *first = read_beside(text), *second = read_beside(text);
    assert_ptr_equal(first->firms[0].plugin, first->firms[3].plugin);
    assert_ptr_equal(first->firms[0].agent, first->firms[1].agent);
    assert_ptr_not_equal(first->firms[0].agent, first->firms[2].agent);
    assert_string_equal(first->firms[2].agent->name, "other");
    assert_non_null(first->plugins->next);
    assert_null(first->plugins->next->next);
    pp_scenario_destroy(first);
    pp_error error = {0};
    assert_int_equal(pp_agent_check(second->firms[0].agent, &error), PP_OK);
    pp_scenario_destroy(second);
}

static void test_plugin_scenario_reads_back_from_elsewhere(void **state)
{
    (void)state;
    pp_scenario *s = read_beside(
        "firms: [{agent: {plugin: ./good.so, loading: 0.25, cap: 1.5}}, {agent: null}]\n");
    char *once = pp_scenario_yaml(s);
    pp_scenario_destroy(s);
    assert_non_null(strstr(once, "      plugin: \"" PP_PLUGIN_DIR "/./good.so\"\n"
                                 "      plugin_sha256: \""));
    assert_non_null(strstr(once, "      loading: 0.25\n      cap: 1.5\n      rounds: 3\n"));
    s = read_scenario("/elsewhere/s.yaml", once, NULL, 0);
    char *twice = pp_scenario_yaml(s);
    pp_scenario_destroy(s);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
}

static void test_plugin_of_another_checksum_is_refused(void **state)
{
    (void)state;
    char text[TEXT], expected[TEXT], hash[PP_SHA256_TEXT];
    pp_plugin *plugin;
    pp_error error = {0};
    assert_int_equal(pp_plugin_open(PP_PLUGIN_DIR "/good.so", &plugin, &error), PP_OK);
    memcpy(hash, plugin->sha256, sizeof hash);
    assert_null(plugin->handle); // nothing has run
    pp_plugins_destroy(plugin);
    snprintf(text, sizeof text, "firms: [{agent: {plugin: %s/good.so, plugin_sha256: %s}}]\n",
             PP_PLUGIN_DIR, hash);
    pp_scenario_destroy(read_scenario("/s.yaml", text, NULL, 0));
    char *digit = strstr(text, hash) + PP_SHA256_TEXT - 2;
    *digit = *digit == '0' ? '1' : '0';
    char clipped[PP_CLIP_MAX];
    snprintf(expected, sizeof expected,
             "/s.yaml:1:%zu: firms[0].agent.plugin_sha256: the plugin has changed: '%s' now has "
             "the checksum %s",
             (size_t)(digit - text) + 2 - (PP_SHA256_TEXT - 1),
             pp_clip(PP_PLUGIN_DIR "/good.so", clipped), hash);
    assert_refused(text, NULL, 0, expected);
}

static void test_plugin_from_set_is_relative_to_the_current_folder(void **state)
{
    (void)state;
    static const char text[] = "firms: [{agent: {kind: baseline, b: 0.5}, portfolio: random}]\n";
    static const char *const whole[] = {"firms.0.agent={plugin: good.so, loading: 0.5}"};
    static const char *const keys[] = {"firms.0.agent.plugin=./good.so",
                                       "firms.0.agent.loading=0.5"};
    char *folder = getcwd(NULL, 0);
    assert_non_null(folder);
    assert_int_equal(chdir(PP_PLUGIN_DIR), 0);
    pp_scenario *a = read_scenario("/elsewhere/s.yaml", text, whole, 1);
    pp_scenario *b = read_scenario("/elsewhere/s.yaml", text, keys, 2);
    assert_int_equal(chdir(folder), 0);
    free(folder);
    assert_string_equal(a->firms[0].plugin->path, PP_PLUGIN_DIR "/good.so");
    assert_true(*(double *)a->firms[0].agent_params == 0.5);
    assert_true(*(double *)b->firms[0].agent_params == 0.5);
    assert_string_equal(b->firms[0].agent->name, "good");
    pp_scenario_destroy(a);
    pp_scenario_destroy(b);
}

/// Another build of an agent keeps its parameters but not the checksum; another kind keeps neither.
static void test_plugin_and_kind_replace_each_other(void **state)
{
    (void)state;
    static const char text[] = "firms: [{agent: {plugin: /none.so, plugin_sha256: ab, loading: "
                               "0.5}, portfolio: random}]\n";
    static const char *const file[] = {"firms.0.agent.plugin=" PP_PLUGIN_DIR "/good.so"};
    static const char *const kind[] = {"firms.0.agent.kind=baseline", "firms.0.agent.b=0.5"};
    pp_scenario *s = read_scenario("/s.yaml", text, file, 1);
    assert_true(*(double *)s->firms[0].agent_params == 0.5);
    pp_scenario_destroy(s);
    s = read_scenario("/s.yaml", text, kind, 2);
    assert_string_equal(s->firms[0].agent->name, "baseline");
    assert_null(s->firms[0].plugin);
    pp_scenario_destroy(s);
}

static void test_plugin_problems_name_their_place(void **state)
{
    (void)state;
    static const char good[] = PP_PLUGIN_DIR "/good.so";
    static const struct {
        const char *agent, *expected; ///< expected without "/s.yaml:1:"
    } cases[] = {
        {"{plugin: }", "26: firms[0].agent.plugin: must not be empty"},
        {"{plugin: [a]}", "26: firms[0].agent.plugin: expected a text, not a list"},
        {"{kind: null, plugin: a.so}", "38: firms[0].agent: give 'kind' or 'plugin', not both"},
        {"{plugin: none.so}", "26: firms[0].agent.plugin: '/none.so': No such file or directory"},
        {"{plugin: /dev/null}", "26: firms[0].agent.plugin: '/dev/null' is no regular file"},
        {"{plugin: /}", "26: firms[0].agent.plugin: '/' is no regular file"},
    };
    char text[TEXT], expected[TEXT];
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        snprintf(text, sizeof text, "firms: [{agent: %s}]\n", cases[i].agent);
        snprintf(expected, sizeof expected, "/s.yaml:1:%s", cases[i].expected);
        assert_refused(text, NULL, 0, expected);
    }
    snprintf(text, sizeof text, "firms: [{agent: {\n  plugin: %s,\n  loadin: 1}}]\n", good);
    assert_refused(text, NULL, 0,
                   "/s.yaml:3:3: firms[0].agent: unknown key 'loadin' (did you mean 'loading'?)");
    snprintf(text, sizeof text, "firms: [{agent: {\n  plugin: %s,\n  loading: 2}}]\n", good);
    assert_refused(text, NULL, 0,
                   "/s.yaml:3:12: firms[0].agent.loading: 2 is out of range ([0, 1])");
}

/// Put a copy of one of the plugins in the place of what is at `path`.
static void copy_plugin(const char *name, const char *path)
{
    char from[TEXT];
    size_t n;
    snprintf(from, sizeof from, PP_PLUGIN_DIR "/%s", name);
    unsigned char *bytes = temp_read(from, &n);
    temp_write(temp_path("new"), bytes, n);
    assert_int_equal(rename(temp_path("new"), path), 0);
    free(bytes);
}

static pp_plugin *open_plugin(const char *path)
{
    pp_plugin *plugin;
    pp_error error = {0};
    if (pp_plugin_open(path, &plugin, &error) != PP_OK)
        fail_msg("%s", error.message);
    return plugin;
}

/// Load it, expecting this message after the path ("": none), and then that agent.
static void load_plugin(pp_plugin *plugin, const char *message, const char *agent)
{
    pp_error error = {0};
    char expected[TEXT] = "";
    if (message[0])
        snprintf(expected, sizeof expected, "'%s' %s", plugin->path, message);
    assert_int_equal(pp_plugin_load(plugin, &error), message[0] ? PP_EIO : PP_OK);
    assert_string_equal(error.message, expected);
    assert_true(plugin->fd < 0);
    if (agent)
        assert_string_equal(plugin->agent->name, agent);
    else
        assert_null(plugin->agent);
}

/// What is loaded is what was hashed.
static void test_plugin_that_changes_before_it_is_loaded_is_refused(void **state)
{
    (void)state;
    static const char changed[] = "has changed since its checksum was taken";
    char path[TEXT];
    snprintf(path, sizeof path, "%s", temp_path("changing.so"));
    enum { REPLACED, WRITTEN, REMOVED, WAYS };
    for (int way = 0; way < WAYS; way++) {
        copy_plugin("good.so", path);
        pp_plugin *plugin = open_plugin(path);
        if (way == REPLACED)
            copy_plugin("other.so", path);
        else
            assert_int_equal(way == WRITTEN ? truncate(path, 1 << 20) : remove(path), 0);
        load_plugin(plugin, changed, NULL);
        assert_null(plugin->handle); // nothing of it has run
        pp_plugins_destroy(plugin);
    }
}

/// The loader knows files by their paths, and would give the one that it has.
static void test_plugin_that_replaces_one_in_use_is_refused_until_that_is_unloaded(void **state)
{
    (void)state;
    char path[TEXT];
    snprintf(path, sizeof path, "%s", temp_path("replaced.so"));
    copy_plugin("good.so", path);
    pp_plugin *first = open_plugin(path), *same = open_plugin(path);
    load_plugin(first, "", "good");
    load_plugin(same, "", "good");
    pp_plugins_destroy(same);
    copy_plugin("other.so", path);
    pp_plugin *second = open_plugin(path);
    load_plugin(second, "was replaced: what is loaded from there is another file", NULL);
    pp_plugins_destroy(second);
    assert_string_equal(first->agent->name, "good");
    pp_plugins_destroy(first);
    second = open_plugin(path);
    load_plugin(second, "", "other");
    pp_plugins_destroy(second);
}

static void test_plugin_built_in_agents_are_what_plugins_must_be(void **state)
{
    (void)state;
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        pp_error error = {0};
        if (!pp_agent_classes[i]->quote_seeing &&
            pp_agent_check(pp_agent_classes[i], &error) != PP_OK)
            fail_msg("%s", error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plugin_parameters_are_read_and_defaulted),
        cmocka_unit_test(test_plugin_is_shared_by_firms_and_outlives_other_scenarios),
        cmocka_unit_test(test_plugin_scenario_reads_back_from_elsewhere),
        cmocka_unit_test(test_plugin_of_another_checksum_is_refused),
        cmocka_unit_test(test_plugin_from_set_is_relative_to_the_current_folder),
        cmocka_unit_test(test_plugin_and_kind_replace_each_other),
        cmocka_unit_test(test_plugin_problems_name_their_place),
        cmocka_unit_test(test_plugin_that_changes_before_it_is_loaded_is_refused),
        cmocka_unit_test(test_plugin_that_replaces_one_in_use_is_refused_until_that_is_unloaded),
        cmocka_unit_test(test_plugin_built_in_agents_are_what_plugins_must_be),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

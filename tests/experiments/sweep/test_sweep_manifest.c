// The manifest of a sweep: what is written is read back, and nothing else is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "experiments/sweep/directory/manifest.h"
#include "experiments/sweep/directory/names.h"
#include "tests/support/temp_directory.h"

enum { TEXT = 8192 };

static const char scenario[] =
    "trials: 1\nfirms: [{agent: baseline, portfolio: random}, {agent: null}]\n";

static const char first_ids[] = "0123456789abcdef\nfedcba9876543210\n00000000000000ff\n"
                                "ff00000000000000\n";

/// A manifest of a full grid of 2 x 2; SHA stands for its checksum.
static const char good[] =
    "{\"pursuit_sweep\": 1, \"name\": \"a name\", \"plan_sha256\": \"SHA\", \"source\": "
    "\"pursuit\", "
    "\"n_runs\": 4, \"parameters\": [{\"key\": \"a.b\", \"name\": \"b\", \"type\": \"real\"}, "
    "{\"key\": \"c\", \"name\": \"c\", \"type\": \"text\"}], \"grid\": [{\"key\": \"a.b\", "
    "\"values\": "
    "[0.5, 10]}, {\"key\": \"c\", \"values\": [\"x\", \"{y: 1}\"]}]}\n"
    "{\"run\": 0, \"id\": \"0123456789abcdef\", \"values\": {\"a.b\": 0.5, \"c\": \"x\"}}\n"
    "{\"run\": 1, \"id\": \"fedcba9876543210\", \"values\": {\"a.b\": 0.5, \"c\": \"{y: 1}\"}}\n"
    "{\"run\": 2, \"id\": \"00000000000000ff\", \"values\": {\"a.b\": 10, \"c\": \"x\"}}\n"
    "{\"run\": 3, \"id\": \"ff00000000000000\", \"values\": {\"a.b\": 10, \"c\": \"{y: 1}\"}}\n";

/// Put one text in the place of the first occurrence of another.
static void replace(char text[TEXT], const char *from, const char *to)
{
    char rest[TEXT];
    char *at = strstr(text, from);
    if (!at)
        fail_msg("no '%s' to replace", from);
    snprintf(rest, sizeof rest, "%s", at + strlen(from));
    snprintf(at, TEXT - (size_t)(at - text), "%s%s", to, rest);
}

static void make_good(char text[TEXT])
{
    char sha256[PP_SHA256_TEXT];
    snprintf(text, TEXT, "%s", good);
    pp_sha256(first_ids, strlen(first_ids), sha256);
    replace(text, "SHA", sha256);
}

static pp_status read_text(const char *text, pp_sweep_manifest *manifest, pp_error *error)
{
    *error = (pp_error){0};
    temp_write(temp_path(PP_SWEEP_MANIFEST), text, strlen(text));
    return pp_sweep_manifest_read(temp_directory, manifest, error);
}

static void test_manifest_as_described_is_read(void **state)
{
    (void)state;
    char text[TEXT];
    pp_sweep_manifest m;
    pp_error error;
    make_good(text);
    if (read_text(text, &m, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_string_equal(m.name, "a name");
    assert_string_equal(m.source, "pursuit");
    assert_int_equal(m.n_parameters, 2);
    assert_string_equal(m.parameters[0].key, "a.b");
    assert_string_equal(m.parameters[0].name, "b");
    assert_int_equal(m.parameters[1].type, PP_SWEEP_TEXT);
    assert_int_equal(m.n_axes, 2);
    assert_int_equal(m.axes[1].n_values, 2);
    assert_string_equal(m.axes[1].values[1], "{y: 1}");
    assert_int_equal(m.n_runs, 4);
    assert_string_equal(m.ids[2], "00000000000000ff");
    assert_string_equal(m.values[2 * 2 + 0], "10");
    pp_sweep_manifest_release(&m);
    assert_null(m.ids);
    // Its first line alone.
    assert_int_equal(pp_sweep_manifest_read_header(temp_directory, &m, &error), PP_OK);
    assert_int_equal(m.n_runs, 4);
    assert_null(m.values);
    pp_sweep_manifest_release(&m);
}

static void test_manifest_with_values_that_some_runs_lack_is_read(void **state)
{
    (void)state;
    char text[TEXT];
    pp_sweep_manifest m;
    pp_error error;
    make_good(text);
    char *grid = strstr(text, ", \"grid\""), *end = strstr(grid, "}]}\n");
    memmove(grid + strlen(", \"grid\": null"), end + 2, strlen(end + 2) + 1);
    memcpy(grid, ", \"grid\": null", strlen(", \"grid\": null"));
    replace(text, "{\"a.b\": 0.5, \"c\": \"x\"}", "{\"c\": \"x\"}");
    if (read_text(text, &m, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_int_equal(m.n_axes, 0);
    assert_null(m.values[0]);
    assert_string_equal(m.values[1], "x");
    pp_sweep_manifest_release(&m);
}

/// One change of the good one, and what is said of it.
typedef struct bad {
    const char *from, *to, *message;
} bad;

static const bad headers[] = {
    {"{\"pursuit_sweep\": 1, ", "{", ":1: \"pursuit_sweep\" is missing"},
    {"\"pursuit_sweep\": 1", "\"pursuit_sweep\": \"1\"", "\"pursuit_sweep\" is missing"},
    {"\"pursuit_sweep\": 1", "\"pursuit_sweep\": 0", "\"pursuit_sweep\" is missing"},
    {"\"pursuit_sweep\": 1", "\"pursuit_sweep\": 2", "version 2; this program reads up to 1"},
    {"\"name\": \"a name\", ", "", "other keys than a sweep's"},
    {"\"name\": \"a name\"", "\"name\": null", "\"name\", \"source\" or"},
    {"\"name\": \"a name\"", "\"name\": a name", "\"name\", \"source\" or"},
    {"\"name\": \"a name\"", "\"name\": \"a name\", \"more\": 1", "other keys than a sweep's"},
    {"\"name\": \"a name\"", "\"name\": \"a name\", \"name\": \"b\"", "a JSON object is expected"},
    {"\"plan_sha256\": \"", "\"plan_sha256\": \"0", "\"plan_sha256\" is not"},
    {"\"n_runs\": 4", "\"n_runs\": 0", "no number of runs"},
    {"\"n_runs\": 4", "\"n_runs\": -4", "no number of runs"},
    {"\"n_runs\": 4", "\"n_runs\": 4.0", "no number of runs"},
    {"\"n_runs\": 4", "\"n_runs\": 1000001", "no number of runs"},
    {"\"n_runs\": 4", "\"n_runs\": 99999999999999999999", "no number of runs"},
    {"\"n_runs\": 4", "\"n_runs\": 3", "more cells than there are runs"},
    {"\"n_runs\": 4", "\"n_runs\": 5", "fewer cells than there are runs"},
    {"\"parameters\": [", "\"parameters\": [1, ", "a parameter has a key, a name and a type"},
    {"\"type\": \"real\"", "\"type\": \"complex\"", "a parameter has a key, a name and a type"},
    {"\"key\": \"a.b\", ", "", "a parameter has a key, a name and a type"},
    {"\"key\": \"a.b\"", "\"key\": \"\"", "a parameter has a key, a name and a type"},
    {"\"key\": \"a.b\"", "\"key\": \"c\"", "two parameters have one name"},
    {"\"name\": \"c\"", "\"name\": \"b\"", "two parameters have one name"},
    {"\"grid\": [", "\"grid\": [{}, ", "not an axis for each parameter"},
    {"\"grid\": [{\"key\": \"a.b\"", "\"grid\": [{\"key\": \"c\"", "a parameter's key"},
    {"[0.5, 10]", "[]", "a parameter's key, in their order, and values"},
    {"[0.5, 10]", "[0.5, \"10\"]", "a value of another type"},
    {"[0.5, 10]", "[0.5, .inf]", "a value of another type"},
    {"[0.5, 10]", "[0.5, 1e999]", "a value of another type"},
    {"[0.5, 10]", "[0.5, 0x10]", "a value of another type"},
    {"[0.5, 10]", "[0.5, .5]", "a value of another type"},
    {"[0.5, 10]", "[0.5, 11]", ":4: the values are not those of the grid"},
};

static const bad runs[] = {
    {"\"run\": 0", "\"run\": 1", ":2: a run's line has its number"},
    {"\"run\": 3", "\"run\": 2", ":5: a run's line has its number"},
    {"\"0123456789abcdef\"", "\"0123456789abcde\"", ":2: a run's line has its number"},
    {"\"0123456789abcdef\"", "\"0123456789ABCDEF\"", ":2: a run's line has its number"},
    {"\"0123456789abcdef\"", "\"../3456789abcdef\"", ":2: a run's line has its number"},
    {"\"0123456789abcdef\"", "\"0123456789abcdee\"", "it was changed"},
    {"{\"a.b\": 0.5", "{\"a.b\": \"0.5\"", ":2: a value is of another type"},
    {"{\"a.b\": 0.5, ", "{", "not those of the grid"},
    {"{\"a.b\": 0.5", "{\"d\": 1, \"a.b\": 0.5", "a value is of no parameter"},
    {"\"values\": {\"a.b\": 0.5, \"c\": \"x\"}", "\"values\": [1]", ":2: a run's line"},
    {"{\"run\": 3", "3", ":5: a JSON object is expected"},
    {"{\"run\": 3", "\n{\"run\": 3", ":5: a JSON object is expected"},
    {"\"x\"}}\n", "\"x\"}} {}\n", ":2: a JSON object is expected"},
    {"\"x\"}}\n", "\"x\"}\n", ":2: a JSON object is expected"},
    {"\"x\"}}\n", "&x \"x\"}}\n*x\n", ":3: a JSON object is expected"},
};

static void check_bad(const bad *change)
{
    char text[TEXT];
    pp_sweep_manifest m;
    pp_error error;
    make_good(text);
    replace(text, change->from, change->to);
    if (read_text(text, &m, &error) != PP_EFORMAT)
        fail_msg("'%s' for '%s': %s", change->to, change->from, pp_status_text(error.status));
    if (!strstr(error.message, change->message))
        fail_msg("'%s' for '%s': '%s'", change->to, change->from, error.message);
    assert_null(m.parameters);
    assert_int_equal(m.n_runs, 0);
}

static void test_manifest_with_a_bad_header_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(headers); i++)
        check_bad(&headers[i]);
}

static void test_manifest_with_a_bad_run_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(runs); i++)
        check_bad(&runs[i]);
}

static void test_manifest_with_a_number_of_lines_that_is_not_its_own_is_refused(void **state)
{
    (void)state;
    char text[TEXT], line[] = "{\"run\": 4, \"id\": \"0123456789abcdef\", \"values\": {}}\n";
    pp_sweep_manifest m;
    pp_error error;
    make_good(text);
    *strstr(text, "{\"run\": 3") = '\0';
    assert_int_equal(read_text(text, &m, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "it has 3 of 4 runs"));
    make_good(text);
    snprintf(text + strlen(text), sizeof line, "%s", line);
    assert_int_equal(read_text(text, &m, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "more runs than \"n_runs\""));
}

/// Every cut, and every byte changed: an error or the same runs, never a crash.
static void test_manifest_cut_or_damaged_anywhere_is_survived(void **state)
{
    (void)state;
    char text[TEXT], changed[TEXT];
    pp_sweep_manifest m;
    pp_error error;
    make_good(text);
    size_t n = strlen(text);
    for (size_t cut = 0; cut < n; cut++) {
        memcpy(changed, text, cut);
        changed[cut] = '\0';
        assert_int_equal(read_text(changed, &m, &error), PP_EFORMAT);
    }
    for (size_t i = 0; i < n; i++) {
        memcpy(changed, text, n + 1);
        changed[i] = (char)(changed[i] ^ 0x15);
        pp_status status = read_text(changed, &m, &error);
        assert_true(status == PP_EFORMAT || (status == PP_OK && m.n_runs == 4));
        pp_sweep_manifest_release(&m);
    }
}

static void test_manifest_that_is_absent_or_no_file_is_an_io_error(void **state)
{
    (void)state;
    pp_sweep_manifest m;
    pp_error error = {0};
    unlink(temp_path(PP_SWEEP_MANIFEST));
    assert_int_equal(pp_sweep_manifest_read(temp_directory, &m, &error), PP_EIO);
    assert_non_null(strstr(error.message, "No such file"));
    error = (pp_error){0};
    assert_int_equal(pp_sweep_manifest_read("/dev/null", &m, &error), PP_EIO);
    temp_write(temp_path(PP_SWEEP_MANIFEST), "", 0);
    assert_int_equal(pp_sweep_manifest_read(temp_directory, &m, NULL), PP_EFORMAT);
}

// ---- writing ----

static pp_sweep_plan *plan_of(const char *text)
{
    pp_sweep_plan *plan;
    pp_problems problems = {0};
    temp_write(temp_path("scenario.yaml"), scenario, strlen(scenario));
    temp_write(temp_path("plan.yaml"), text, strlen(text));
    if (pp_sweep_plan_load(temp_path("plan.yaml"), NULL, 0, &plan, &problems) != PP_OK)
        fail_msg("%s", problems.n ? problems.text[0] : "no plan");
    pp_problems_destroy(&problems);
    return plan;
}

static void assert_same_text(const char *a, const char *b)
{
    if (!a || !b)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

/// What is read back is what the plan says.
static void check_round_trip(const char *text)
{
    pp_sweep_plan *plan = plan_of(text);
    pp_sweep_manifest m;
    pp_error error = {0};
    size_t axes = 0;
    unlink(temp_path(PP_SWEEP_MANIFEST));
    assert_int_equal(pp_sweep_manifest_write(temp_directory, plan, "a \"source\"", &error), PP_OK);
    if (pp_sweep_manifest_read(temp_directory, &m, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_string_equal(m.name, pp_sweep_plan_name(plan));
    assert_string_equal(m.source, "a \"source\"");
    assert_string_equal(m.plan_sha256, pp_sweep_plan_sha256(plan));
    assert_int_equal(m.n_runs, pp_sweep_plan_runs(plan));
    assert_int_equal(m.n_parameters, pp_sweep_plan_parameters(plan));
    pp_sweep_plan_grid(plan, &axes);
    assert_int_equal(m.n_axes, axes);
    for (size_t p = 0; p < m.n_parameters; p++) {
        assert_string_equal(m.parameters[p].key, pp_sweep_plan_key(plan, p));
        char *name = pp_sweep_short_name(plan, p);
        assert_string_equal(m.parameters[p].name, name);
        free(name);
        assert_int_equal(m.parameters[p].type, pp_sweep_plan_type(plan, p));
        for (size_t run = 0; run < m.n_runs; run++)
            assert_same_text(m.values[run * m.n_parameters + p], pp_sweep_plan_value(plan, run, p));
    }
    for (size_t run = 0; run < m.n_runs; run++)
        assert_string_equal(m.ids[run], pp_sweep_plan_id(plan, run));
    for (size_t a = 0; a < axes; a++) {
        assert_int_equal(m.axes[a].n_values, pp_sweep_plan_axis_length(plan, a));
        for (size_t i = 0; i < m.axes[a].n_values; i++)
            assert_string_equal(m.axes[a].values[i], pp_sweep_plan_axis_value(plan, a, i));
    }
    pp_sweep_manifest_release(&m);
    pp_sweep_plan_destroy(plan);
}

static void test_manifest_of_any_plan_is_read_back(void **state)
{
    (void)state;
    check_round_trip("scenario: scenario.yaml\ndesigns: {grid: {seed: [3]}}\n");
    check_round_trip("name: \"it's \\\"quoted\\\" \\\\ \\u00e4\\t\\U0001F600\"\n"
                     "scenario: scenario.yaml\n"
                     "designs: {grid: {market.estimate_variance: {from: 1.0e-5, to: 0.1, steps: 4, "
                     "scale: log}, seed: {from: 1, to: 3, steps: 3}}}\n");
    check_round_trip(
        "scenario: scenario.yaml\n"
        "designs: {grid: {title: ['', '10', 'null', \"a\\nb\\x85\\u2028c\", \"'{x: 1}\", "
        "\"\\\\\", '# no', '\xc3\xa4'], firms.0.agent: [baseline, {kind: baseline, b: "
        "0.05}]}}\n");
    check_round_trip("scenario: scenario.yaml\n"
                     "designs: [{list: [{seed: 1, trials: 2}]}, {grid: {market.rounds: [10, 20]}}, "
                     "{latin_hypercube: {runs: 7, over: {choice.success_rate: {from: 0.05, to: "
                     "0.15}}}}]\n");
}

static void test_manifest_that_exists_is_not_written_again(void **state)
{
    (void)state;
    pp_sweep_plan *plan = plan_of("scenario: scenario.yaml\ndesigns: {grid: {seed: [3]}}\n");
    size_t n;
    temp_write(temp_path(PP_SWEEP_MANIFEST), "old", 3);
    assert_int_equal(pp_sweep_manifest_write(temp_directory, plan, "", NULL), PP_EEXIST);
    unsigned char *bytes = temp_read(temp_path(PP_SWEEP_MANIFEST), &n);
    assert_int_equal(n, 3);
    free(bytes);
    assert_int_equal(pp_sweep_manifest_write("/nowhere", plan, "", NULL), PP_EIO);
    pp_sweep_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest_as_described_is_read),
        cmocka_unit_test(test_manifest_with_values_that_some_runs_lack_is_read),
        cmocka_unit_test(test_manifest_with_a_bad_header_is_refused),
        cmocka_unit_test(test_manifest_with_a_bad_run_is_refused),
        cmocka_unit_test(test_manifest_with_a_number_of_lines_that_is_not_its_own_is_refused),
        cmocka_unit_test(test_manifest_cut_or_damaged_anywhere_is_survived),
        cmocka_unit_test(test_manifest_that_is_absent_or_no_file_is_an_io_error),
        cmocka_unit_test(test_manifest_of_any_plan_is_read_back),
        cmocka_unit_test(test_manifest_that_exists_is_not_written_again),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

/// @file
/// experiments/scenario/bind.h: values of every type, their ranges, and what is said of wrong ones.
#include "tests/support/problems.h"

#include <math.h>
#include <stdlib.h>

#include "experiments/scenario/bind.h"
#include "market/base/buffer.h"
#include "market/base/nearest.h"
#include "market/base/param_rows.h"
#include "market/base/text.h"
#include "market/base/utf8.h"

typedef struct config {
    int64_t whole, seed, any;
    double real, optional, unit;
    bool flag;
    int choice;
    pp_text text, needed;
    pp_reals reals;
} config;

#define FIELD(type_, field) .name = #field, .offset = offsetof(config, field), .type = type_
static const char *const choices[] = {"all", "own_rank", "own_sale", NULL};
static const pp_param rows[] = {
    {FIELD(PP_PARAM_INTEGER, whole), .default_number = 5, .min = 1, .max = 1e6},
    {FIELD(PP_PARAM_INTEGER, seed), .default_number = 1, .min = 0, .max = 9007199254740992.0},
    {FIELD(PP_PARAM_INTEGER, any)},
    {FIELD(PP_PARAM_REAL, real), .default_number = 0.5},
    {FIELD(PP_PARAM_REAL, optional), .default_number = NAN, .min = 0, .max = 1,
     .flags = PP_OPTIONAL, .derived = "unit"},
    {FIELD(PP_PARAM_REAL, unit), .default_number = 0.1, .min = 0, .max = 1, .flags = PP_OPEN_MIN},
    {FIELD(PP_PARAM_BOOLEAN, flag), .default_number = 1},
    {FIELD(PP_PARAM_ENUM, choice), .default_number = 1, .names = choices},
    {FIELD(PP_PARAM_TEXT, text), .default_text = "word"},
    {FIELD(PP_PARAM_TEXT, needed), .flags = PP_REQUIRED},
    {FIELD(PP_PARAM_REALS, reals), DEFAULT_REALS(1, 2), .min = 0, .max = 10},
};
static const pp_param_table table = {"thing", "", rows, PP_COUNT(rows), sizeof(config)};
static const char *const others[] = {"kind", "lambda", NULL};

static bool bind(const char *text, config *c, pp_problems *problems)
{
    pp_report report = {.path = "b.yaml"};
    pp_node *root = pp_tree_parse(text, strlen(text), 0, &report);
    assert_non_null(root);
    bool ok = pp_bind(&report, "t", root->mark, root, &table, others, c);
    assert_int_equal(ok, pp_report_count(&report) == 0);
    pp_node_destroy(root);
    pp_report_finish(&report, problems);
    return ok;
}

static config bound(const char *values)
{
    config c;
    char text[4096];
    pp_problems problems;
    snprintf(text, sizeof text, "{needed: x, %s}", values);
    bind(text, &c, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    return c;
}

static void test_bind_defaults_stand_where_nothing_is_given(void **state)
{
    (void)state;
    config c = bound("kind: k");
    assert_int_equal(c.whole, 5);
    assert_float_equal(c.real, 0.5, 0);
    assert_true(isnan(c.optional));
    assert_true(c.flag);
    assert_int_equal(c.choice, 1);
    assert_string_equal(c.text.text, "word");
    assert_string_equal(c.needed.text, "x");
    assert_int_equal(c.reals.n, 2);
}

static void test_bind_numbers_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t whole;
    } cases[] = {{"1e3", 1000}, {"1000.0", 1000}, {"+7", 7},    {"1000000", 1000000},
                 {"2.5e1", 25}, {"1.", 1},        {"10e-1", 1}, {"100E2", 10000}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        char text[64];
        snprintf(text, sizeof text, "whole: %s", cases[i].text);
        assert_int_equal(bound(text).whole, cases[i].whole);
    }
    assert_int_equal(bound("seed: 9007199254740992").seed, 9007199254740992);
    assert_int_equal(bound("seed: 9007199254740991").seed, 9007199254740991);
    assert_int_equal(bound("any: -9007199254740991").any, -9007199254740991);
    assert_true(bound("real: -.5e-3").real == -0.0005);
    assert_true(bound("real: 0.1").real == 0.1);
    assert_true(bound("real: 1e308").real == 1e308);
    assert_true(signbit(bound("real: -0").real));
    assert_true(bound("optional: 1").optional == 1);
    assert_true(isnan(bound("optional: ~").optional));
    assert_true(isnan(bound("optional: null").optional));
    assert_true(isnan(bound("optional: ").optional));
}

static void test_bind_words_and_lists_are_read(void **state)
{
    (void)state;
    static const char *const yes[] = {"true", "yes", "on", "True", "YES"};
    static const char *const no[] = {"false", "no", "off", "FALSE"};
    char text[64];
    for (size_t i = 0; i < PP_COUNT(yes); i++) {
        snprintf(text, sizeof text, "flag: %s", yes[i]);
        assert_true(bound(text).flag);
    }
    for (size_t i = 0; i < PP_COUNT(no); i++) {
        snprintf(text, sizeof text, "flag: %s", no[i]);
        assert_false(bound(text).flag);
    }
    assert_int_equal(bound("choice: own_sale").choice, 2);
    assert_int_equal(bound("choice: \"all\"").choice, 0);
    assert_string_equal(bound("text: 12").text.text, "12");
    assert_string_equal(bound("text: \"null\"").text.text, "null");
    assert_string_equal(bound("text: null").text.text, "");
    config c = bound("reals: [3, 1e0, .5]");
    assert_int_equal(c.reals.n, 3);
    assert_true(c.reals.value[2] == 0.5);
    assert_int_equal(bound("reals: []").reals.n, 0);
}

#define NUMBERS_33      "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]"
#define NOT_WHOLE(text) "b.yaml:1:20: t.whole: expected a whole number, not " text
#define NOT_REAL(text)  "b.yaml:1:19: t.real: expected a number, not " text

static const problem_case wrong[] = {
    {"{needed: x, whole: abc}", {NOT_WHOLE("'abc'")}},
    {"{needed: x, whole: }", {"b.yaml:1:20: t.whole: expected a whole number, not nothing"}},
    {"{needed: x, whole: \"5\"}", {NOT_WHOLE("the text \"5\"")}},
    {"{needed: x, whole: !!str 5}", {NOT_WHOLE("the text \"5\"")}},
    {"{needed: x, whole: [5]}", {NOT_WHOLE("a list")}},
    {"{needed: x, whole: {a: 5}}", {NOT_WHOLE("a map")}},
    {"{needed: x, whole: 1.5}", {NOT_WHOLE("'1.5'")}},
    {"{needed: x, whole: 15e-1}", {NOT_WHOLE("'15e-1'")}},
    {"{needed: x, whole: 0x10}", {NOT_WHOLE("'0x10'")}},
    {"{needed: x, whole: 0o17}", {NOT_WHOLE("'0o17'")}},
    {"{needed: x, whole: 017}", {NOT_WHOLE("'017'")}},
    {"{needed: x, whole: 1_000}", {NOT_WHOLE("'1_000'")}},
    {"{needed: x, whole: 1:30}", {NOT_WHOLE("'1:30'")}},
    {"{needed: x, whole: 5 6}", {NOT_WHOLE("'5 6'")}},
    {"{needed: x, whole: +}", {NOT_WHOLE("'+'")}},
    {"{needed: x, whole: .}", {NOT_WHOLE("'.'")}},
    {"{needed: x, whole: 1e}", {NOT_WHOLE("'1e'")}},
    {"{needed: x, whole: true}", {NOT_WHOLE("'true'")}},
    {"{needed: x, whole: 0}", {"b.yaml:1:20: t.whole: 0 is out of range ([1, 1000000])"}},
    {"{needed: x, whole: 1e7}", {"b.yaml:1:20: t.whole: 1e7 is out of range ([1, 1000000])"}},
    {"{needed: x, seed: 9007199254740993}",
     {"b.yaml:1:19: t.seed: 9007199254740993 is out of range ([0, 9007199254740992])"}},
    {"{needed: x, any: 9007199254740993}", {"b.yaml:1:18: t.any: 9007199254740993 is too large"}},
    {"{needed: x, any: 99999999999999999999999}",
     {"b.yaml:1:18: t.any: 99999999999999999999999 is too large"}},
    {"{needed: x, real: .nan}", {NOT_REAL("'.nan'")}},
    {"{needed: x, real: nan}", {NOT_REAL("'nan'")}},
    {"{needed: x, real: -.inf}", {NOT_REAL("'-.inf'")}},
    {"{needed: x, real: inf}", {NOT_REAL("'inf'")}},
    {"{needed: x, real: 0x1p3}", {NOT_REAL("'0x1p3'")}},
    {"{needed: x, real: ~}", {NOT_REAL("'~'")}},
    {"{needed: x, real: 1e999}", {"b.yaml:1:19: t.real: 1e999 is too large"}},
    {"{needed: x, unit: 0}", {"b.yaml:1:19: t.unit: 0 is out of range ((0, 1])"}},
    {"{needed: x, optional: 2}", {"b.yaml:1:23: t.optional: 2 is out of range ([0, 1])"}},
    {"{needed: x, flag: 1}", {"b.yaml:1:19: t.flag: expected true or false, not '1'"}},
    {"{needed: x, flag: 'yes'}",
     {"b.yaml:1:19: t.flag: expected true or false, not the text \"yes\""}},
    {"{needed: x, choice: own_rnak}",
     {"b.yaml:1:21: t.choice: expected one of all, own_rank, own_sale, not 'own_rnak' (did you "
      "mean 'own_rank'?)"}},
    {"{needed: x, choice: 5}",
     {"b.yaml:1:21: t.choice: expected one of all, own_rank, own_sale, not '5'"}},
    {"{needed: x, choice: [all]}", {"b.yaml:1:21: t.choice: expected a word, not a list"}},
    {"{needed: x, text: {}}", {"b.yaml:1:19: t.text: expected a text, not a map"}},
    {"{needed: }", {"b.yaml:1:10: t.needed: must not be empty"}},
    {"{needed: ''}", {"b.yaml:1:10: t.needed: must not be empty"}},
    {"{whole: 2}", {"b.yaml:1:1: t: 'needed' is missing"}},
    {"~", {"b.yaml:1:1: t: 'needed' is missing"}},
    {"{needed: x, reals: 3}", {"b.yaml:1:20: t.reals: expected a list of numbers, not '3'"}},
    {"{needed: x, reals: [1, a, 11]}",
     {"b.yaml:1:24: t.reals[1]: expected a number, not 'a'",
      "b.yaml:1:27: t.reals[2]: 11 is out of range ([0, 10])"}},
    {"{needed: x, reals: " NUMBERS_33 "}",
     {"b.yaml:1:20: t.reals: 33 numbers; at most 32 are taken"}},
    {"{needed: x, lamda: 3}", {"b.yaml:1:13: t: unknown key 'lamda' (did you mean 'lambda'?)"}},
    {"{needed: x, Whole: 3}", {"b.yaml:1:13: t: unknown key 'Whole' (did you mean 'whole'?)"}},
    {"{needed: x, frobnicate: 3}", {"b.yaml:1:13: t: unknown key 'frobnicate'"}},
    {"[1]", {"b.yaml:1:1: t: expected a map, not a list"}},
    {"word", {"b.yaml:1:1: t: expected a map, not 'word'"}},
    {"flag: 2\nwhole: x\nneeded: y\nlamda: 1\n",
     {"b.yaml:1:7: t.flag: expected true or false, not '2'",
      "b.yaml:2:8: t.whole: expected a whole number, not 'x'",
      "b.yaml:4:1: t: unknown key 'lamda' (did you mean 'lambda'?)"}},
};

static void test_bind_wrong_values_are_reported_and_keep_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        config c;
        pp_problems problems;
        assert_false(bind(wrong[i].text, &c, &problems));
        assert_problems(&problems, wrong[i].expected, wrong[i].text);
        assert_true(c.whole == 5 || c.whole == 2);
        assert_true(c.real == 0.5 && c.unit == 0.1 && c.flag && c.choice == 1 && c.reals.n == 2);
        pp_problems_destroy(&problems);
    }
}

static void test_bind_long_text_is_refused(void **state)
{
    (void)state;
    char text[1200] = "{needed: ";
    memset(text + 9, 'x', PP_TEXT_MAX);
    strcpy(text + 9 + PP_TEXT_MAX, "}");
    config c;
    pp_problems problems;
    assert_false(bind(text, &c, &problems));
    assert_problems(&problems,
                    (const char *[]){"b.yaml:1:10: t.needed: longer than 1023 bytes", NULL}, text);
    pp_problems_destroy(&problems);
    strcpy(text + 9 + PP_TEXT_MAX - 1, "}");
    assert_true(bind(text, &c, &problems));
    assert_int_equal(strlen(c.needed.text), PP_TEXT_MAX - 1);
}

static void test_nearest_suggests_only_what_is_near(void **state)
{
    (void)state;
    static const struct {
        const char *word, *candidate;
        bool near;
    } cases[] = {{"lamda", "lambda", true},
                 {"temprature", "temperature", true},
                 {"roudns", "rounds", true},
                 {"seed", "trials", false},
                 {"b", "h", false},
                 {"x", "xy", false},
                 {"", "a", false},
                 {"TITLE", "title", true},
                 {"burnin", "burn_in_epochs", false}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        pp_nearest nearest;
        pp_nearest_start(&nearest, cases[i].word);
        pp_nearest_offer(&nearest, cases[i].candidate);
        if ((nearest.best != NULL) != cases[i].near)
            fail_msg("'%s' and '%s'", cases[i].word, cases[i].candidate);
    }
    char longer[200];
    pp_nearest nearest;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    pp_nearest_start(&nearest, longer);
    pp_nearest_offer(&nearest, longer);
    assert_null(nearest.best);
}

static void test_number_text_is_short_and_exact(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1000, "1000"},
                 {1e20, "1.0e+20"},
                 {1e-5, "1.0e-05"},
                 {1.5e-7, "1.5e-07"},
                 {1.0 / 3, "0.3333333333333333"},
                 {-0.0, "-0"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {9007199254740992.0, "9007199254740992"}};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        char text[PP_NUMBER_MAX];
        assert_string_equal(pp_number_text(cases[i].value, text), cases[i].text);
        assert_true(pp_parse_real(text, NULL) == cases[i].value);
    }
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        char text[PP_NUMBER_MAX];
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value) && pp_parse_real(pp_number_text(value, text), NULL) != value)
            fail_msg("%a became %s", value, text);
    }
}

static void test_utf8_valid_refuses_what_unicode_refuses(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xC3\xA4",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xED\x9F\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC3",
                                      "\xE2\x82",
                                      "\xE0\x80\x80",
                                      "\xED\xA0\x80",
                                      "\xF0\x80\x80\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xFF"};
    for (size_t i = 0; i < PP_COUNT(good); i++)
        assert_true(pp_utf8_valid(good[i]));
    for (size_t i = 0; i < PP_COUNT(bad); i++)
        assert_false(pp_utf8_valid(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bind_defaults_stand_where_nothing_is_given),
        cmocka_unit_test(test_bind_numbers_are_read_exactly),
        cmocka_unit_test(test_bind_words_and_lists_are_read),
        cmocka_unit_test(test_bind_wrong_values_are_reported_and_keep_defaults),
        cmocka_unit_test(test_bind_long_text_is_refused),
        cmocka_unit_test(test_nearest_suggests_only_what_is_near),
        cmocka_unit_test(test_number_text_is_short_and_exact),
        cmocka_unit_test(test_utf8_valid_refuses_what_unicode_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/// @file
/// experiments/scenario/tree.h and set.h: what is read, where things stand, what is refused, and
/// edits.
#include "tests/support/problems.h"

#include <stdlib.h>

#include "experiments/scenario/set.h"
#include "experiments/scenario/tree.h"

static pp_node *parse(const char *text, pp_report *report)
{
    *report = (pp_report){.path = "t.yaml"};
    return pp_tree_parse(text, strlen(text), 0, report);
}

static pp_node *parse_whole(const char *text)
{
    pp_report report;
    pp_problems problems;
    pp_node *root = parse(text, &report);
    pp_report_finish(&report, &problems);
    assert_problems(&problems, (const char *[]){NULL}, text);
    assert_non_null(root);
    pp_problems_destroy(&problems);
    return root;
}

static void expect(const problem_case *c)
{
    pp_report report;
    pp_problems problems;
    pp_node *root = parse(c->text, &report);
    pp_node_destroy(root);
    pp_report_finish(&report, &problems);
    assert_problems(&problems, c->expected, c->text);
    pp_problems_destroy(&problems);
}

static void test_tree_scalars_know_their_place_and_quotes(void **state)
{
    (void)state;
    pp_node *root = parse_whole("a: 1\nb:\n  - \"x\"\n  - {c: 'y', d: !!str 3}\n");
    const pp_entry *b = pp_node_entry(root, "b");
    assert_int_equal(b->key_mark.line, 2);
    assert_int_equal(b->key_mark.column, 1);
    assert_int_equal(b->value->kind, PP_NODE_LIST);
    assert_int_equal(b->value->n, 2);
    const pp_node *x = b->value->entries[0].value;
    assert_string_equal(x->text, "x");
    assert_true(x->quoted);
    assert_int_equal(x->mark.line, 3);
    assert_int_equal(x->mark.column, 5);
    const pp_node *map = b->value->entries[1].value;
    assert_true(pp_node_get(map, "d")->quoted);
    assert_int_equal(pp_node_get(map, "d")->mark.column, 17);
    assert_false(pp_node_get(root, "a")->quoted);
    assert_null(pp_node_get(root, "z"));
    assert_null(pp_node_get(x, "a"));
    pp_node_destroy(root);
}

static void test_tree_columns_count_characters_not_bytes(void **state)
{
    (void)state;
    pp_node *root = parse_whole("{\"\xC3\xA4\xE2\x82\xAC\": 1, b: 2}");
    assert_int_equal(pp_node_get(root, "b")->mark.column, 14);
    pp_node_destroy(root);
}

static void test_tree_nulls_are_told_from_texts(void **state)
{
    (void)state;
    static const bool expected[] = {true, true, true, true, false, false, false, false};
    pp_node *root = parse_whole("[~, null, Null, NULL, \"null\", '', nil, []]");
    assert_int_equal(root->n, PP_COUNT(expected));
    for (size_t i = 0; i < root->n; i++)
        assert_int_equal(pp_node_is_null(root->entries[i].value), expected[i]);
    pp_node_destroy(root);
    root = parse_whole("a:\nb: 1\n");
    assert_true(pp_node_is_null(pp_node_get(root, "a")));
    assert_true(pp_node_is_absent(pp_node_get(root, "a")));
    assert_true(pp_node_is_absent(NULL));
    assert_false(pp_node_is_absent(pp_node_get(root, "b")));
    pp_node_destroy(root);
}

static void test_tree_alias_is_a_copy(void **state)
{
    (void)state;
    pp_node *root = parse_whole("a: &x {k: 1, l: [2, 3]}\nb: *x\nc: &x 7\nd: *x\n");
    const pp_node *a = pp_node_get(root, "a"), *b = pp_node_get(root, "b");
    assert_ptr_not_equal(a, b);
    assert_string_equal(pp_node_get(b, "k")->text, "1");
    assert_string_equal(pp_node_get(b, "l")->entries[1].value->text, "3");
    assert_int_equal(pp_node_get(b, "k")->mark.line, 1);
    assert_string_equal(pp_node_get(root, "d")->text, "7");
    pp_node_destroy(root);
}

static const problem_case malformed[] = {
    {"", {"t.yaml:1:1: nothing in it"}},
    {"# only words\n", {"t.yaml:2:1: nothing in it"}},
    {"a: 1\n---\nb: 2\n", {"t.yaml:2:1: a second document begins here; only one is read"}},
    {"a: [1, 2\nb: 3\n",
     {"t.yaml:2:2: malformed YAML: did not find expected ',' or ']', while parsing a flow "
      "sequence"}},
    {"a: 1\n\tb: 2\n",
     {"t.yaml:2:1: malformed YAML: found a tab character that violates indentation, while scanning "
      "a plain scalar"}},
    {"a:\n  b: 1\n c: 2\n",
     {"t.yaml:3:2: malformed YAML: did not find expected key, while parsing a block mapping"}},
    {"a: \"x\n",
     {"t.yaml:2:1: malformed YAML: found unexpected end of stream, while scanning a quoted "
      "scalar"}},
    {"a: b: c\n", {"t.yaml:1:5: malformed YAML: mapping values are not allowed in this context"}},
    {"a: 1\nb: \x01\n", {"t.yaml:2:4: malformed YAML: control characters are not allowed"}},
    {"a: 1\nb: \xFF\n", {"t.yaml:2:4: malformed YAML: invalid leading UTF-8 octet"}},
    {"a: 1\nb: 2\na: 3\n", {"t.yaml:3:1: duplicate key 'a', first given in line 1"}},
    {"m: {a: 1, b: 2, a: 3}\nm: 1\n",
     {"t.yaml:1:17: duplicate key 'a', first given in line 1",
      "t.yaml:2:1: duplicate key 'm', first given in line 1"}},
    {"a: &x 1\n<<: *x\n", {"t.yaml:2:1: merge keys ('<<') are not supported"}},
    {"[a]: 1\n", {"t.yaml:1:1: a key must be a word"}},
    {"&x a: 1\n*x : 2\n", {"t.yaml:2:1: a key must be a word"}},
    {"a: *x\n", {"t.yaml:1:4: no anchor 'x' before this alias"}},
    {"a: &x [*x]\n", {"t.yaml:1:8: no anchor 'x' before this alias"}},
    {"a: !!int 3\n", {"t.yaml:1:4: tag 'tag:yaml.org,2002:int' is not supported"}},
    {"a: !thing {b: 1}\n", {"t.yaml:1:4: tag '!thing' is not supported"}},
    {"a: \"x\\0y\"\n", {"t.yaml:1:4: a text with a NUL character"}},
    {"\"x\\0y\": 1\n", {"t.yaml:1:1: a key with a NUL character"}},
};

static void test_tree_malformed_is_reported_at_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(malformed); i++)
        expect(&malformed[i]);
}

static void test_tree_deep_nesting_is_refused(void **state)
{
    (void)state;
    char text[2000];
    memset(text, '[', 1000);
    memset(text + 1000, ']', 999);
    text[1999] = '\0';
    problem_case flow = {text, {"t.yaml:1:41: maps and lists nested more than 40 deep"}};
    expect(&flow);
    memset(text + 40, ']', 40);
    text[80] = '\0';
    pp_node_destroy(parse_whole(text));
}

/// Every line nests the one before it, which no line shows.
static void test_tree_deep_aliases_are_refused(void **state)
{
    (void)state;
    char text[4000] = "- &a0 x\n";
    for (int i = 1; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "- &a%d [*a%d]\n", i, i - 1);
    problem_case c = {text, {"t.yaml:41:9: maps and lists nested more than 40 deep"}};
    expect(&c);
}

static void test_tree_billion_laughs_are_refused(void **state)
{
    (void)state;
    char text[4000] = "- &a0 x\n";
    for (int i = 1; i < 12; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "- &a%d [*a%d", i, i - 1);
        for (int j = 0; j < 9; j++)
            snprintf(text + strlen(text), sizeof text - strlen(text), ", *a%d", i - 1);
        snprintf(text + strlen(text), sizeof text - strlen(text), "]\n");
    }
    problem_case c = {text, {"t.yaml:7:43: more than 1000000 values"}};
    expect(&c);
}

static void test_tree_too_many_keys_are_refused(void **state)
{
    (void)state;
    char *text = calloc(1, 20000), *at = text;
    assert_non_null(text);
    for (int i = 0; i <= PP_TREE_KEYS_MAX; i++)
        at += sprintf(at, "k%d: 1\n", i);
    problem_case c = {text, {"t.yaml:1001:1: more than 1000 keys in one map"}};
    expect(&c);
    free(text);
}

/// Each alias is looked up among them all.
static void test_tree_too_many_anchors_are_refused(void **state)
{
    (void)state;
    char *text = calloc(1, 20000), *at = text;
    assert_non_null(text);
    for (int i = 0; i <= PP_TREE_ANCHORS_MAX; i++)
        at += sprintf(at, "- &a%d x\n", i);
    problem_case c = {text, {"t.yaml:1001:3: more than 1000 anchors"}};
    expect(&c);
    free(text);
}

static void test_tree_huge_scalar_is_kept_whole(void **state)
{
    (void)state;
    size_t size = 1 << 20;
    char *text = malloc(size + 8);
    assert_non_null(text);
    memcpy(text, "a: \"", 4);
    memset(text + 4, 'x', size);
    memcpy(text + 4 + size, "\"", 2);
    pp_node *root = parse_whole(text);
    assert_int_equal(strlen(pp_node_get(root, "a")->text), size);
    pp_node_destroy(root);
    free(text);
}

static void test_tree_many_problems_are_counted(void **state)
{
    (void)state;
    char *text = calloc(1, 200000), *at = text;
    assert_non_null(text);
    for (int i = 0; i < PP_REPORT_MAX + 5; i++)
        at += sprintf(at, "- {a: 1, a: 2}\n");
    pp_report report;
    pp_problems problems;
    pp_node_destroy(parse(text, &report));
    pp_report_finish(&report, &problems);
    assert_int_equal(problems.n, PP_REPORT_MAX + 1);
    assert_string_equal(problems.text[PP_REPORT_MAX - 1],
                        "t.yaml:1000:10: duplicate key 'a', first given in line 1000");
    assert_string_equal(problems.text[PP_REPORT_MAX], "t.yaml: and 5 more problems");
    pp_problems_destroy(&problems);
    free(text);
}

static void test_tree_long_text_in_a_message_is_clipped(void **state)
{
    (void)state;
    char clipped[PP_CLIP_MAX], text[200];
    assert_string_equal(pp_clip("a\tb\x7F", clipped), "a?b?");
    memset(text, 'x', sizeof text);
    memcpy(text + 75, "\xE2\x82\xAC", 3);
    text[199] = '\0';
    pp_clip(text, clipped);
    // Cut before the character that would not fit whole.
    assert_int_equal(strlen(clipped), 78);
    assert_string_equal(clipped + 74, "x...");
}

/// What a tree is after an edit: the texts of its scalars.
typedef struct set_case {
    const char *set, *problem; ///< problem: NULL if none
} set_case;

static const char set_text[] = "m: {a: 1}\nn:\ns: word\nl: [{agent: klq}, {agent: {kind: ppo, x: "
                               "1}}]\n";

static const set_case set_cases[] = {
    {"m.a=2", NULL},
    {"m.new.deep.er=[1, 2]", NULL},
    {"n.x=1", NULL},
    {"l.0.agent.x=3", NULL},
    {"l.1.agent=null", NULL},
    {"l.1={agent: a}", NULL},
    {"m=", NULL},
    {"m.a", "--set m.a: write KEY.PATH=VALUE"},
    {"=3", "--set =3: an empty key in the path"},
    {"m..a=3", "--set m..a=3: an empty key in the path"},
    {"m.=3", "--set m.=3: an empty key in the path"},
    {"l[0].agent=3", "--set l[0].agent=3: write firms.0, not firms[0]"},
    {"l.2.agent=3", "--set l.2.agent=3: index 2 is out of range: 'l' has 2 entries"},
    {"l.-1=3", "--set l.-1=3: 'l' is a list: '-1' is no index of it"},
    {"l.x=3", "--set l.x=3: 'l' is a list: 'x' is no index of it"},
    {"l.99999999999999999999999.x=3", "--set l.99999999999999999999999.x=3: index "
                                      "99999999999999999999999 is out of range: 'l' has 2 entries"},
    {"m.0=3", "--set m.0=3: 'm' is not a list"},
    {"s.x=3", "--set s.x=3: 's' has no keys of its own"},
    {"m.a.b.c=3", "--set m.a.b.c=3: 'm.a' has no keys of its own"},
    {"m.a=[1", "--set m.a=[1: malformed YAML: did not find expected ',' or ']', while parsing a "
               "flow sequence"},
    {"m.a={x: 1, x: 2}", "--set m.a={x: 1, x: 2}: duplicate key 'x', first given in line 1"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
     "--set aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1: a key of "
     "the path is too long"},
};

static pp_node *edited(const char *set, pp_problems *problems)
{
    pp_report report = {.path = "t.yaml", .sets = &set};
    pp_node *root = pp_tree_parse(set_text, strlen(set_text), 0, &report);
    assert_non_null(root);
    bool ok = pp_set_apply(root, 1, &report);
    assert_int_equal(ok, pp_report_count(&report) == 0);
    pp_report_finish(&report, problems);
    return root;
}

static void test_set_bad_edits_name_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < PP_COUNT(set_cases); i++) {
        pp_problems problems;
        pp_node_destroy(edited(set_cases[i].set, &problems));
        assert_problems(&problems, (const char *[]){set_cases[i].problem, NULL}, set_cases[i].set);
        pp_problems_destroy(&problems);
    }
}

static void test_set_value_replaces_and_maps_are_made(void **state)
{
    (void)state;
    pp_problems none;
    pp_node *root = edited("m.new.deep.er=[1, 2]", &none);
    const pp_node *made = pp_node_get(pp_node_get(pp_node_get(root, "m"), "new"), "deep");
    assert_int_equal(pp_node_get(made, "er")->n, 2);
    assert_int_equal(pp_node_get(made, "er")->mark.set, 1);
    pp_node_destroy(root);
    root = edited("n.x=1", &none);
    assert_string_equal(pp_node_get(pp_node_get(root, "n"), "x")->text, "1");
    pp_node_destroy(root);
    root = edited("m= ", &none);
    assert_true(pp_node_is_null(pp_node_get(root, "m")));
    pp_node_destroy(root);
}

static void test_set_agent_replaces_or_gains_parameters(void **state)
{
    (void)state;
    pp_problems none;
    pp_node *root = edited("l.0.agent.x=3", &none);
    const pp_node *agent = pp_node_get(pp_node_get(root, "l")->entries[0].value, "agent");
    assert_string_equal(pp_node_get(agent, "kind")->text, "klq");
    assert_string_equal(pp_node_get(agent, "x")->text, "3");
    pp_node_destroy(root);
    root = edited("l.1.agent=null", &none);
    agent = pp_node_get(pp_node_get(root, "l")->entries[1].value, "agent");
    assert_int_equal(agent->kind, PP_NODE_SCALAR);
    assert_string_equal(agent->text, "null");
    pp_node_destroy(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_scalars_know_their_place_and_quotes),
        cmocka_unit_test(test_tree_columns_count_characters_not_bytes),
        cmocka_unit_test(test_tree_nulls_are_told_from_texts),
        cmocka_unit_test(test_tree_alias_is_a_copy),
        cmocka_unit_test(test_tree_malformed_is_reported_at_its_place),
        cmocka_unit_test(test_tree_deep_nesting_is_refused),
        cmocka_unit_test(test_tree_deep_aliases_are_refused),
        cmocka_unit_test(test_tree_billion_laughs_are_refused),
        cmocka_unit_test(test_tree_too_many_keys_are_refused),
        cmocka_unit_test(test_tree_too_many_anchors_are_refused),
        cmocka_unit_test(test_tree_huge_scalar_is_kept_whole),
        cmocka_unit_test(test_tree_many_problems_are_counted),
        cmocka_unit_test(test_tree_long_text_in_a_message_is_clipped),
        cmocka_unit_test(test_set_bad_edits_name_themselves),
        cmocka_unit_test(test_set_value_replaces_and_maps_are_made),
        cmocka_unit_test(test_set_agent_replaces_or_gains_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

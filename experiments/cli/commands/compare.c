// pursuit compare: two runs, trial by trial.
#include "experiments/cli/commands/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/printable.h"
#include "experiments/cli/print/table.h"
#include "market/base/json.h"
#include "market/base/nearest.h"

typedef struct metric {
    const char *name, *words;
    bool ratio;                             ///< of the sum of parts to premium
    bool economics;                         ///< only where both files have them
    bool less;                              ///< the lesser of two is the better
    pp_variable_id parts[PP_PAIRING_PARTS]; ///< one alone if it is no ratio
} metric;

#define EXPENSES PP_VAR_handling, PP_VAR_expenses, PP_VAR_commission, PP_VAR_levies
static const metric metrics[] = {
    {"reward", "reward", false, false, false, {PP_VAR_reward}},
    {"true_reward", "true reward", false, false, false, {PP_VAR_true_reward}},
    {"booked_profit", "booked profit", false, false, false, {PP_VAR_booked_profit}},
    {"true_profit", "true profit", false, false, false, {PP_VAR_true_profit}},
    {"portfolio_loss", "portfolio loss", false, false, true, {PP_VAR_portfolio_loss}},
    {"true_loss_ratio", "true loss ratio", true, false, true, {PP_VAR_pure_premium, PP_VAR_COUNT}},
    {"expense_ratio", "expense ratio", true, true, true, {EXPENSES, PP_VAR_COUNT}},
    {"combined_ratio", "combined ratio", true, true, true, {PP_VAR_pure_premium, EXPENSES}},
};

typedef struct arguments {
    const char *base, *other, *firm;
    const metric *only; ///< NULL: all
    bool json, anyway;
} arguments;

/// What is shown: rows of metrics compared.
typedef struct report {
    size_t n;
    const metric *metric[PP_COUNT(metrics)];
    pp_comparison row[PP_COUNT(metrics)];
} report;

static const metric *find_metric(const pp_command *command, const char *name)
{
    pp_nearest nearest;
    char suggestion[PP_SUGGESTION_MAX];
    pp_nearest_start(&nearest, name);
    for (size_t i = 0; i < PP_COUNT(metrics); i++) {
        if (strcmp(metrics[i].name, name) == 0)
            return &metrics[i];
        pp_nearest_offer(&nearest, metrics[i].name);
    }
    pp_nearest_text(&nearest, suggestion, sizeof suggestion);
    pp_cli_message(command, "--metric: unknown metric '%s'%s", name, suggestion);
    pp_cli_usage(command);
    return NULL;
}

/// A probability as people write it: "0.023", "<0.0001".
static void probability_cell(pp_table *table, double p)
{
    if (p < 0.0001)
        pp_table_text(table, "<0.0001");
    else
        pp_table_number(table, p, 4);
}

static void money_row(pp_table *table, const metric *m, const pp_comparison *c)
{
    pp_table_text(table, m->words);
    pp_table_number(table, c->base, 1);
    pp_table_number(table, c->other, 1);
    pp_table_number(table, c->difference, 1);
    pp_table_number(table, c->interval.low, 1);
    pp_table_number(table, c->interval.high, 1);
    pp_table_percent(table, c->uplift);
}

static void ratio_row(pp_table *table, const metric *m, const pp_comparison *c)
{
    pp_table_text(table, m->words);
    pp_table_number(table, 100 * c->base, 2);
    pp_table_number(table, 100 * c->other, 2);
    pp_table_number(table, 100 * c->difference, 2);
    pp_table_number(table, 100 * c->interval.low, 2);
    pp_table_number(table, 100 * c->interval.high, 2);
}

static void effect_row(pp_table *table, const metric *m, const pp_comparison *c)
{
    pp_table_text(table, m->words);
    pp_table_number(table, c->d, 3);
    pp_table_number(table, c->d_z, 3);
    probability_cell(table, c->p);
    pp_table_number(table, c->base_iqm, 1);
    pp_table_number(table, c->other_iqm, 1);
}

static void improvement_row(pp_table *table, const metric *m, const pp_comparison *c)
{
    pp_table_text(table, m->words);
    pp_table_number(table, c->improvement, 3);
    pp_table_number(table, c->paired_improvement, 3);
    pp_table_number(table, c->paired_interval.low, 3);
    pp_table_number(table, c->paired_interval.high, 3);
}

/// A table of the metrics that are ratios, or of the others; nothing if there are none.
static pp_status print_table(const report *r, bool ratio, const char *columns,
                             const pp_table_heading *headings,
                             void (*row)(pp_table *, const metric *, const pp_comparison *))
{
    pp_table table = {.columns = columns};
    size_t rows = 0;
    pp_table_headings(&table, headings);
    for (size_t i = 0; i < r->n; i++)
        if (r->metric[i]->ratio == ratio) {
            row(&table, r->metric[i], &r->row[i]);
            rows++;
        }
    if (rows == 0)
        return PP_OK;
    pp_status status = pp_table_print(&table, stdout, pp_cli_colour(stdout));
    putchar('\n');
    return status;
}

static pp_status print_report(const report *r, const pp_pairing *pairing)
{
    static const pp_table_heading money[] = {
        {"", "GBP an epoch, test"},
        {"base", "mean"},
        {"other", "mean"},
        {"other", "- base"},
        {"95%", "low"},
        {"95%", "high"},
        {"", "uplift"},
    };
    static const pp_table_heading ratio[] = {
        {"", "% of premium, test"}, {"base", "mean"}, {"other", "mean"},
        {"other", "- base"},        {"95%", "low"},   {"95%", "high"},
    };
    static const pp_table_heading effect[] = {
        {"", ""},        {"Cohen's d,", "groups"}, {"d_z,", "paired"}, {"paired", "t-test p"},
        {"base", "IQM"}, {"other", "IQM"},
    };
    static const pp_table_heading improvement[] = {
        {"probability of", "improvement"},
        {"all", "pairs"},
        {"paired", "trials"},
        {"95%", "low"},
        {"95%", "high"},
    };
    const pp_side *base = &pairing->base, *other = &pairing->other;
    printf("base:  %s, firm %zu '%s'\nother: %s, firm %zu '%s'\n", base->path, base->firm,
           pp_results_firm(base->file, base->firm), other->path, other->firm,
           pp_results_firm(other->file, other->firm));
    printf("%zu trials paired by number, %zu test epochs each; seed %" PRIu64 "\n\n",
           pairing->n_pairs, base->n_test, pairing->seed);
    pp_status status = print_table(r, false, "lrrrrrr", money, money_row);
    if (status == PP_OK)
        status = print_table(r, true, "lrrrrr", ratio, ratio_row);
    if (status == PP_OK)
        status = print_table(r, false, "lrrrrr", effect, effect_row);
    if (status == PP_OK)
        status = print_table(r, false, "lrrrr", improvement, improvement_row);
    puts("  95% and p: Student's t of the paired differences. d: mean difference over the\n"
         "  groups' pooled s.d.; d_z: over the s.d. of the paired differences.\n"
         "  IQM: interquartile mean over trials. Improvement: share in which other is better\n"
         "  than base, ties half, of all pairs of trials and of trials paired by number, with\n"
         "  Wilson's interval. A greater portfolio loss is a worse one.");
    return status;
}

static void put_side(pp_json *json, const char *key, const pp_side *side)
{
    pp_json_open(json, key, '{');
    pp_json_string(json, "file", side->path);
    pp_json_integer(json, "firm", (int64_t)side->firm);
    pp_json_string(json, "name", pp_results_firm(side->file, side->firm));
    pp_json_close(json, '}');
}

static void put_comparison(pp_json *json, const char *key, const pp_comparison *c)
{
    pp_json_open(json, key, '{');
    pp_json_number(json, "base", c->base);
    pp_json_number(json, "other", c->other);
    pp_json_number(json, "difference", c->difference);
    pp_json_numbers(json, "difference_95", (double[]){c->interval.low, c->interval.high}, 2);
    pp_json_number(json, "uplift", c->uplift);
    pp_json_number(json, "d", c->d);
    pp_json_number(json, "d_z", c->d_z);
    pp_json_number(json, "t", c->t);
    pp_json_number(json, "p", c->p);
    pp_json_number(json, "base_iqm", c->base_iqm);
    pp_json_number(json, "other_iqm", c->other_iqm);
    pp_json_number(json, "probability_of_improvement", c->improvement);
    pp_json_number(json, "paired_improvement", c->paired_improvement);
    pp_json_numbers(json, "paired_improvement_95",
                    (double[]){c->paired_interval.low, c->paired_interval.high}, 2);
    pp_json_close(json, '}');
}

static pp_status print_json(const report *r, const pp_pairing *pairing)
{
    pp_json json = {0};
    pp_json_open(&json, NULL, '{');
    put_side(&json, "base", &pairing->base);
    put_side(&json, "other", &pairing->other);
    pp_json_integer(&json, "trials", (int64_t)pairing->n_pairs);
    pp_json_integer(&json, "test_epochs", (int64_t)pairing->base.n_test);
    pp_json_unsigned(&json, "seed", pairing->seed);
    pp_json_open(&json, "metrics", '{');
    for (size_t i = 0; i < r->n; i++)
        put_comparison(&json, r->metric[i]->name, &r->row[i]);
    pp_json_close(&json, '}');
    pp_json_close(&json, '}');
    return pp_cli_print_owned(pp_buffer_take(&json.out));
}

/// Say in which line the scenarios differ.
static void say_difference(const pp_command *command, const pp_pairing *pairing, bool anyway)
{
    char *base = pp_printable(pairing->difference.base, PP_DIFFERENCE_MAX);
    char *other = pp_printable(pairing->difference.other, PP_DIFFERENCE_MAX);
    if (!base || !other)
        pp_cli_no_memory(command);
    else
        pp_cli_message(command, "%sthe scenarios differ: %s has '%s', %s has '%s'%s",
                       anyway ? "warning: " : "", pairing->base.path, base, pairing->other.path,
                       other, anyway ? "" : " (--anyway compares them all the same)");
    free(base);
    free(other);
}

/// @return whether the runs may be compared; if not, or if it is doubtful, why has been said
static bool same_problem(const pp_command *command, const pp_pairing *pairing, bool anyway)
{
    if (!pairing->same_scenario) {
        say_difference(command, pairing, anyway);
        if (!anyway)
            return false;
    }
    if (!pairing->same_burn_in)
        pp_cli_message(command, "warning: the burn-in epochs differ, so the runs are not of the "
                                "same market");
    if (!pairing->same_targets)
        pp_cli_message(command, "warning: the firm's targets differ, so the runs are not of the "
                                "same problem");
    return true;
}

/// Make the shares in which other is greater those in which it is less. A tie stays a half.
static void count_less(pp_comparison *c)
{
    c->improvement = 1 - c->improvement;
    c->paired_improvement = 1 - c->paired_improvement;
    c->paired_interval = (pp_interval){1 - c->paired_interval.high, 1 - c->paired_interval.low};
}

static int compare(const pp_command *command, const arguments *a)
{
    pp_error error = {0};
    pp_pairing pairing;
    report r = {0};
    pp_status status = pp_pairing_create(a->base, a->other, a->firm, &pairing, &error);
    if (status == PP_OK && !same_problem(command, &pairing, a->anyway)) {
        pp_pairing_destroy(&pairing);
        return PP_EXIT_USAGE;
    }
    for (size_t i = 0; i < PP_COUNT(metrics) && status == PP_OK; i++) {
        const metric *m = &metrics[i];
        if ((a->only && a->only != m) || (m->economics && !pp_pairing_has_economics(&pairing)))
            continue;
        r.metric[r.n] = m;
        status = m->ratio ? pp_pairing_compare_ratio(&pairing, m->parts, &r.row[r.n], &error)
                          : pp_pairing_compare(&pairing, m->parts[0], &r.row[r.n], &error);
        if (m->ratio && status == PP_EINVAL) { // a trial without premium has none
            status = PP_OK;
            continue;
        }
        if (m->less)
            count_less(&r.row[r.n]);
        r.n++;
        if (status == PP_EINVAL) // values that are no numbers are the file's fault, not the user's
            status = PP_EFORMAT;
    }
    if (status == PP_OK && r.n == 0)
        status = pp_error_set(&error, PP_EINVAL,
                              a->only->economics && !pp_pairing_has_economics(&pairing)
                                  ? "--metric %s: not both runs have economics"
                                  : "--metric %s: a trial has no premium",
                              a->only->name);
    if (status == PP_OK && a->json)
        status = print_json(&r, &pairing);
    else if (status == PP_OK)
        status = print_report(&r, &pairing);
    pp_pairing_destroy(&pairing);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, &error);
}

static int run(const pp_command *command, int argc, char **argv)
{
    arguments a = {.firm = "0"};
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id == PP_OPT_FIRM)
            a.firm = optarg;
        else if (id == PP_OPT_JSON)
            a.json = true;
        else if (id == PP_OPT_ANYWAY)
            a.anyway = true;
        else if (id == PP_OPT_METRIC && !(a.only = find_metric(command, optarg)))
            return PP_EXIT_USAGE;
    }
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    a.base = argv[optind];
    a.other = argv[optind + 1];
    return compare(command, &a);
}

static const pp_cli_option options[] = {
    {PP_OPT_FIRM, "firm", "NAME|N", "which firm, by name or number from 0 (default 0)"},
    {PP_OPT_METRIC, "metric", "NAME",
     "only reward, true_reward, booked_profit, true_profit, portfolio_loss, "
     "true_loss_ratio, expense_ratio or combined_ratio"},
    {PP_OPT_ANYWAY, "anyway", NULL, "compare runs of different scenarios, with a warning"},
    {PP_OPT_JSON, "json", NULL, "the same figures as JSON, unrounded"},
};

static const pp_cli_example examples[] = {
    {"pursuit compare null.h5 baseline.h5", "is the baseline better than profit only, for firm 0?"},
    {"pursuit compare null.h5 baseline.h5 --firm pursuer --metric reward", "one firm, one metric"},
};

const pp_command pp_command_compare = {
    .name = "compare",
    .synopsis = "BASE.h5 OTHER.h5 [OPTION]...",
    .doc = "compare two runs trial by trial, with intervals",
    .details =
        "Pairs the trials of two results files by number and compares one firm's means over the "
        "test epochs. The same trial number gives the same target, customers, costs and choice "
        "draws whatever the agents do, so the files must have the same seed, number of firms and "
        "number of test epochs, and at least two trials in common.\n\n"
        "The scenarios must be the same too, but for title, trials, first_trial, score, "
        "results.quotes_every, the path of a book, and each firm's name, agent, exploration and "
        "costs of a sale. "
        "If they are not, compare names the first key that differs and stops; with --anyway it "
        "goes on.\n\n"
        "Ratios are of sums over a trial\'s test epochs, in % of premium: claims as they truly are "
        "expected, expenses with handling, commission and levies, and both. The last two are shown "
        "where both runs have economics.\n\n"
        "Shown are the means, their difference with a 95% interval over trials by Student's t, "
        "uplift, Cohen's d as for independent groups and of the paired differences (d_z), p of the "
        "paired t-test, and interquartile means. The interval leaves 0 out exactly where p is "
        "below 0.05. Neither is shown where all differences are equal, since their spread is "
        "unknown.\n\n"
        "The probability of improvement is the share in which OTHER is better than BASE, ties "
        "counted half: of all pairs of a trial of one and a trial of the other, and of the trials "
        "paired by number, with a 95% interval by Wilson's score. A greater value is the better "
        "one, but for the portfolio loss and ratios, where a smaller one is.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 2,
    .max_operands = 2,
    .run = run,
};

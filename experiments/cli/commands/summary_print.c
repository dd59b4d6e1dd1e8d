// Figures as tables.
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/figures.h"
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/printable.h"
#include "experiments/cli/print/table.h"

enum { FIRM_MAX = 20, TITLE_MAX = 200 };

/// How the parts are printed, and whether one of them failed.
typedef struct printer {
    const pp_figures *figures;
    const pp_results_file *file;
    bool colour, several_phases;
    pp_status status;
} printer;

static void heading(const printer *p, const char *text, const char *unit)
{
    printf("\n%s%s%s%s\n", p->colour ? "\033[1m" : "", text, p->colour ? "\033[0m" : "", unit);
}

static void firm_cell(const printer *p, pp_table *table, size_t firm)
{
    char *name = NULL;
    if (firm < p->figures->n_firms)
        name = pp_printable(pp_results_firm(p->file, firm), FIRM_MAX);
    else
        name = pp_printable("all firms", FIRM_MAX);
    pp_table_text(table, name ? name : "?");
    table->failed |= !name;
    free(name);
}

static void print_table(printer *p, pp_table *table)
{
    pp_status status = pp_table_print(table, stdout, p->colour);
    if (p->status == PP_OK)
        p->status = status;
}

static void print_text(printer *p, const char *text, size_t most)
{
    char *safe = pp_printable(text, most);
    if (safe)
        fputs(safe, stdout);
    else
        p->status = PP_ENOMEM;
    free(safe);
}

static void print_head(printer *p, const char *path)
{
    const pp_figures *f = p->figures;
    char customers[PP_TABLE_NUMBER_MAX];
    fputs(p->colour ? "\033[1m" : "", stdout);
    print_text(p, f->title && *f->title ? f->title : "Untitled", TITLE_MAX);
    puts(p->colour ? "\033[0m" : "");
    print_text(p, path, TITLE_MAX);
    fputs(", by ", stdout);
    print_text(p, f->source, TITLE_MAX);
    pp_format_number(f->customers, 0, customers);
    printf("\n%zu trial%s (%" PRId64 " to %" PRId64 ") of %zu burn-in and %zu test epochs, %s "
           "customers each; %zu firm%s; seed %" PRIu64 "\n",
           f->n_trials, f->n_trials == 1 ? "" : "s", f->first_trial, f->last_trial,
           f->n_epochs[PP_PHASE_BURN_IN], f->n_epochs[PP_PHASE_TEST], customers, f->n_firms,
           f->n_firms == 1 ? "" : "s", f->seed);
}

enum { PERCENT = -1, PHASE_OF_TABLE = PP_PHASE_COUNT };

/// A column of a table of firms: two rows of header, and the figure below them.
typedef struct column {
    pp_table_heading heading;
    int decimals;   ///< or PERCENT
    size_t figure;  ///< offset of a double in pp_firm_figures
    pp_phase phase; ///< PHASE_OF_TABLE: the one the table is of
} column;

#define COLUMN(top, bottom, decimals, figure)                                                      \
    {                                                                                              \
        {top, bottom}, decimals, offsetof(pp_firm_figures, figure), (pp_phase)PHASE_OF_TABLE       \
    }
#define COLUMN_IN(phase, top, bottom, decimals, figure)                                            \
    {                                                                                              \
        {top, bottom}, decimals, offsetof(pp_firm_figures, figure), phase                          \
    }

/// A row for each firm. @param n_rows n_firms, or 1 more for all firms together
static void print_firms(printer *p, pp_phase phase, size_t n_rows, const column *columns, size_t n)
{
    char letters[PP_TABLE_COLUMNS + 1] = "l";
    memset(letters + 1, 'r', n);
    pp_table table = {.columns = letters};
    pp_table_heading headings[PP_TABLE_COLUMNS] = {{"", "firm"}};
    for (size_t j = 0; j < n; j++)
        headings[1 + j] = columns[j].heading;
    pp_table_headings(&table, headings);
    for (size_t i = 0; i < n_rows; i++) {
        firm_cell(p, &table, i);
        for (size_t j = 0; j < n; j++) {
            const column *c = &columns[j];
            pp_phase of = (int)c->phase == PHASE_OF_TABLE ? phase : c->phase;
            double figure;
            memcpy(&figure, (const char *)&p->figures->firms[of][i] + c->figure, sizeof figure);
            if (c->decimals == PERCENT)
                pp_table_percent(&table, figure);
            else
                pp_table_number(&table, figure, c->decimals);
        }
    }
    print_table(p, &table);
}

#define REWARD                                                                                     \
    COLUMN("reward", "", 0, reward), COLUMN("95%", "low", 0, interval.low),                        \
        COLUMN("95%", "high", 0, interval.high)
#define TRUE_REWARD                                                                                \
    COLUMN("true", "reward", 0, true_reward), COLUMN("95%", "low", 0, true_interval.low),          \
        COLUMN("95%", "high", 0, true_interval.high)
#define LOSS COLUMN("portfolio", "loss", 0, portfolio_loss)

/// What the scenario is scored on comes first.
static void print_result(printer *p, pp_phase phase)
{
    static const column booked[] = {REWARD, TRUE_REWARD, LOSS},
                        truth[] = {TRUE_REWARD, REWARD, LOSS};
    heading(
        p, phase == PP_PHASE_TEST ? "Result of the test epochs" : "Result of the burn-in epochs",
        p->figures->inflates ? ", GBP an epoch at base prices: reward is profit less portfolio loss"
                             : ", GBP an epoch: reward is profit less portfolio loss");
    print_firms(p, phase, p->figures->n_firms, p->figures->score_is_true ? truth : booked,
                PP_COUNT(booked));
}

/// A line for each firm that corrects its costs.
static void print_costs(printer *p)
{
    size_t corrected = 0;
    for (size_t i = 0; i < p->figures->n_firms; i++) {
        double more = p->figures->cost_given_sale[i] - 1;
        char text[PP_TABLE_NUMBER_MAX];
        if (p->figures->cost_given_sale[i] == 0 || fabs(more) < 1e-9)
            continue;
        pp_format_number(100 * fabs(more), 1, text);
        fputs(corrected++ ? "" : "\n", stdout);
        print_text(p, pp_results_firm(p->file, i), FIRM_MAX);
        printf(" reckons that a policy, given that it sells, costs %s%% %s than estimated\n", text,
               more > 0 ? "more" : "less");
    }
    if (corrected == 0 && p->figures->cost_given_sale[0] != 0)
        puts("\nEvery firm takes its own estimate for the cost of a sale, as its books do: what it "
             "gains in\nreward it may lose in true reward (`cost: given_sale` corrects that)");
}

/// Where a firm is above those that price for profit only by one reward and below by the other.
static void print_ranking(printer *p)
{
    const pp_figures *f = p->figures;
    for (size_t i = 0; i < f->n_firms; i++) {
        const pp_firm_figures *firm = &f->firms[PP_PHASE_TEST][i];
        double booked = firm->reward - f->null_reward,
               truth = firm->true_reward - f->null_true_reward;
        char by_books[PP_TABLE_NUMBER_MAX], by_truth[PP_TABLE_NUMBER_MAX];
        if (f->is_null[i] || !(booked * truth < 0))
            continue;
        pp_format_number(fabs(booked), 0, by_books);
        pp_format_number(fabs(truth), 0, by_truth);
        fputs("Booked and true reward disagree on ", stdout);
        print_text(p, pp_results_firm(p->file, i), FIRM_MAX);
        printf(": %s GBP %s firms with agent null by the books, %s %s in truth\n", by_books,
               booked > 0 ? "above" : "below", by_truth, truth > 0 ? "above" : "below");
    }
}

static void print_profit(printer *p, pp_phase phase)
{
    static const column columns[] = {
        COLUMN("booked", "profit", 0, booked_profit),
        COLUMN("winner's", "curse", 0, winners_curse),
        COLUMN("curse", "% booked", PERCENT, winners_curse_share),
        COLUMN("true", "profit", 0, true_profit),
        COLUMN("true, GBP", "a policy", 1, true_profit_a_policy),
        COLUMN("true, %", "of premium", PERCENT, true_margin),
    };
    heading(p,
            phase == PP_PHASE_TEST ? "Profit in the test epochs" : "Profit in the burn-in epochs",
            p->figures->inflates ? ", GBP an epoch at base prices: the books, and the truth"
                                 : ", GBP an epoch: the books, and the truth");
    print_firms(p, phase, p->figures->n_firms + 1, columns, PP_COUNT(columns));
}

static void print_trading(printer *p, pp_phase phase)
{
    static const column columns[] = {
        COLUMN("policies", "an epoch", 1, policies),
        COLUMN("conver-", "sion", PERCENT, conversion),
        COLUMN("market", "share", PERCENT, market_share),
        COLUMN("GWP", "GBP", 0, gwp),
        COLUMN("loss ratio", "booked", PERCENT, booked_loss_ratio),
        COLUMN("loss ratio", "true", PERCENT, true_loss_ratio),
        COLUMN("mean", "price/C", 3, mean_multiplier),
        COLUMN("mean", "rank", 2, mean_rank),
        COLUMN("share", "cheapest", PERCENT, top1_share),
    };
    heading(p,
            phase == PP_PHASE_TEST ? "Trading in the test epochs" : "Trading in the burn-in epochs",
            "; C is the firm's own cost estimate");
    print_firms(p, phase, p->figures->n_firms + 1, columns, PP_COUNT(columns));
}

/// Shares of premium, of the claims as they truly are expected.
static void print_economics(printer *p, pp_phase phase)
{
    static const column columns[] = {
        COLUMN("loss", "ratio", PERCENT, true_loss_ratio),
        COLUMN("handling", "", PERCENT, handling_ratio),
        COLUMN("expenses", "", PERCENT, own_expense_ratio),
        COLUMN("commis-", "sion", PERCENT, commission_ratio),
        COLUMN("levies", "", PERCENT, levy_ratio),
        COLUMN("expense", "ratio", PERCENT, expense_ratio),
        COLUMN("combined", "ratio", PERCENT, combined_ratio),
        COLUMN("other", "income", PERCENT, other_income_ratio),
        COLUMN("true", "profit", PERCENT, true_margin),
    };
    if (!p->figures->has_economics)
        return;
    heading(p,
            phase == PP_PHASE_TEST ? "Economics of the test epochs"
                                   : "Economics of the burn-in epochs",
            ", % of premium: combined ratio is loss ratio and expense ratio");
    print_firms(p, phase, p->figures->n_firms + 1, columns, PP_COUNT(columns));
}

static void print_change(printer *p)
{
    static const column columns[] = {
        COLUMN_IN(PP_PHASE_BURN_IN, "profit", "burn-in", 0, booked_profit),
        COLUMN_IN(PP_PHASE_TEST, "profit", "test", 0, booked_profit),
        COLUMN_IN(PP_PHASE_BURN_IN, "conversion", "burn-in", PERCENT, conversion),
        COLUMN_IN(PP_PHASE_TEST, "conversion", "test", PERCENT, conversion),
        COLUMN_IN(PP_PHASE_BURN_IN, "loss ratio", "burn-in", PERCENT, true_loss_ratio),
        COLUMN_IN(PP_PHASE_TEST, "loss ratio", "test", PERCENT, true_loss_ratio),
        COLUMN_IN(PP_PHASE_BURN_IN, "price/C", "burn-in", 3, mean_multiplier),
        COLUMN_IN(PP_PHASE_TEST, "price/C", "test", 3, mean_multiplier),
    };
    heading(p, "From burn-in to test",
            ": booked profit in GBP an epoch, true loss ratio, mean price/C");
    print_firms(p, PP_PHASE_TEST, p->figures->n_firms + 1, columns, PP_COUNT(columns));
}

static void print_walk_away(const printer *p)
{
    const double *rate = p->figures->walk_away_rate;
    char before[PP_TABLE_NUMBER_MAX], after[PP_TABLE_NUMBER_MAX];
    pp_format_number(100 * rate[PP_PHASE_BURN_IN], 1, before);
    pp_format_number(100 * rate[PP_PHASE_TEST], 1, after);
    if (p->several_phases)
        printf("\nCustomers who bought from no firm: %s%% in test, %s%% in burn-in\n", after,
               before);
    else
        printf("\nCustomers who bought from no firm: %s%%\n",
               isfinite(rate[PP_PHASE_TEST]) ? after : before);
    if (p->figures->constrained_refits > 0)
        printf("Refits whose price slope had to be constrained: %.0f of %.0f\n",
               p->figures->constrained_refits, p->figures->refits);
}

/// A line for each agent that has a reference policy.
static void print_reference_kl(printer *p)
{
    for (size_t i = 0; i < p->figures->n_firms; i++) {
        double kl = p->figures->reference_kl[i];
        char text[PP_TABLE_NUMBER_MAX];
        if (!isfinite(kl))
            continue;
        pp_format_number(kl, fabs(kl) < 1 ? 4 : 2, text);
        fputs("KL of quotes from the reference policy of ", stdout);
        print_text(p, pp_results_firm(p->file, i), FIRM_MAX);
        printf(": %s nats an epoch in test\n", text);
    }
}

static void print_categories(printer *p, size_t firm)
{
    const pp_portfolio_figures *portfolio = &p->figures->portfolios[firm];
    static const pp_table_heading headings[] = {{"burn-in", "average"},  {"target", ""},
                                                {"achieved", "in test"}, {"miss in", "burn-in"},
                                                {"miss in", "test"},     {"", "category"}};
    pp_table table = {.columns = "rrrrrl"};
    pp_table_headings(&table, headings);
    for (size_t k = 0; k < portfolio->n_categories; k++) {
        const pp_category_figures *category = &portfolio->categories[k];
        pp_table_number(&table, category->burn_in_average, 1);
        pp_table_number(&table, category->target, 1);
        pp_table_number(&table, category->achieved, 1);
        pp_table_percent(&table, category->miss[PP_PHASE_BURN_IN]);
        pp_table_percent(&table, category->miss[PP_PHASE_TEST]);
        pp_table_text(&table, category->description);
    }
    print_table(p, &table);
}

static void print_miss(const pp_portfolio_figures *portfolio)
{
    char before[PP_TABLE_NUMBER_MAX], after[PP_TABLE_NUMBER_MAX];
    pp_format_number(100 * portfolio->miss[PP_PHASE_BURN_IN], 1, before);
    pp_format_number(100 * portfolio->miss[PP_PHASE_TEST], 1, after);
    printf("  %zu categor%s, %s in each trial: targets missed by %s%% in burn-in, %s%% in test\n",
           portfolio->n_categories, portfolio->n_categories == 1 ? "y" : "ies",
           portfolio->same ? "the same" : "others", before, after);
}

static void print_portfolios(printer *p)
{
    for (size_t i = 0; i < p->figures->n_firms; i++) {
        const pp_portfolio_figures *portfolio = &p->figures->portfolios[i];
        if (!portfolio->n_categories)
            continue;
        printf("\n%sPortfolio of ", p->colour ? "\033[1m" : "");
        print_text(p, pp_results_firm(p->file, i), FIRM_MAX);
        printf("%s, policies at an epoch's end; miss = mean of |held - target|/max(held, target)\n",
               p->colour ? "\033[0m" : "");
        print_miss(portfolio);
        if (portfolio->same)
            print_categories(p, i);
    }
}

pp_status pp_figures_print(const pp_figures *figures, const pp_results_file *file, const char *path)
{
    printer p = {.figures = figures, .file = file, .colour = pp_cli_colour(stdout)};
    p.several_phases = figures->n_epochs[PP_PHASE_BURN_IN] && figures->n_epochs[PP_PHASE_TEST];
    pp_phase phase = figures->n_epochs[PP_PHASE_TEST] ? PP_PHASE_TEST : PP_PHASE_BURN_IN;
    print_head(&p, path);
    print_result(&p, phase);
    print_profit(&p, phase);
    print_economics(&p, phase);
    print_trading(&p, phase);
    pp_status bands = pp_figures_print_bands(figures, file, p.colour);
    p.status = p.status == PP_OK ? bands : p.status;
    if (p.several_phases)
        print_change(&p);
    print_costs(&p);
    print_ranking(&p);
    print_walk_away(&p);
    print_reference_kl(&p);
    print_portfolios(&p);
    return p.status;
}

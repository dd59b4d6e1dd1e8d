// Figures by band as tables: where a firm sold more cheaply than it thought.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/figures.h"
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/printable.h"
#include "experiments/cli/print/table.h"
#include "market/breakdown.h"

enum { LABEL_MAX = 3 * PP_TABLE_NUMBER_MAX, FIRM_MAX = 20 };

/// What is printed: bands of one view.
typedef struct page {
    const pp_figures *figures;
    const char *lead; ///< its name, printable
    pp_view view;
    bool colour;
} page;

static const pp_band_figures *of_lead(const page *p, size_t band)
{
    return &p->figures->band_figures[p->figures->lead * p->figures->n_bands + band];
}

static const pp_band_figures *of_all(const page *p, size_t band)
{
    return &p->figures->band_figures[p->figures->n_firms * p->figures->n_bands + band];
}

/// Is the band of this view, with something in it?
static bool is_shown(const page *p, size_t band)
{
    const pp_band_figures *all = of_all(p, band);
    return p->figures->bands[band].view == (int64_t)p->view &&
           (all->policies > 0 || all->quotes > 0);
}

/// "2", "0.95 to 0.98", "below 1%".
static void label_of(const page *p, size_t band, char label[LABEL_MAX])
{
    double low = p->figures->bands[band].low, high = p->figures->bands[band].high;
    int decimals = p->view == PP_VIEW_price ? 2 : 0;
    double unit = p->view == PP_VIEW_conversion ? 100 : 1;
    const char *sign = p->view == PP_VIEW_conversion ? "%" : "";
    char from[PP_TABLE_NUMBER_MAX], to[PP_TABLE_NUMBER_MAX];
    bool rank = p->view == PP_VIEW_rank;
    low = rank && isinf(low) ? 1 : low;
    high = rank && isfinite(high) ? fmin(high, (double)p->figures->n_firms + 1) : high;
    pp_format_number(unit * low, decimals, from);
    pp_format_number(unit * high - rank, decimals, to);
    if (isinf(low))
        snprintf(label, LABEL_MAX, "below %s%s", to, sign);
    else if (isinf(high))
        snprintf(label, LABEL_MAX, "%s%s or more", from, sign);
    else if (rank && high - low <= 1)
        snprintf(label, LABEL_MAX, "%s", from);
    else
        snprintf(label, LABEL_MAX, "%s%s to %s%s", from, sign, to, sign);
}

/// Of what sold, true expected cost over own estimates, less 1: "+4.5%".
static void put_curse(pp_table *table, const pp_band_figures *f)
{
    char number[PP_TABLE_NUMBER_MAX], text[PP_TABLE_NUMBER_MAX + 2];
    double share = f->actual_over_estimate - 1;
    pp_format_number(100 * share, 1, number);
    snprintf(text, sizeof text, "%s%s%s", share >= 0 ? "+" : "", number,
             isfinite(share) ? "%" : "");
    pp_table_text(table, text);
}

static void put_sales(pp_table *table, const pp_band_figures *f)
{
    pp_table_percent(table, f->share_of_sales);
    put_curse(table, f);
    pp_table_percent(table, f->true_loss_ratio);
    pp_table_number(table, f->true_profit_a_policy, 1);
}

static void put_quotes(pp_table *table, const pp_band_figures *f)
{
    pp_table_percent(table, f->share_of_quotes);
    pp_table_percent(table, f->expected_conversion);
    pp_table_percent(table, f->conversion);
    put_curse(table, f);
    pp_table_number(table, f->true_profit_a_policy, 1);
}

/// How a view's table looks: headings and cells of one side.
typedef struct look {
    const char *both, *one; ///< letters of columns, if there are other firms, and if not
    pp_table_heading side[5];
    void (*put)(pp_table *table, const pp_band_figures *figures);
} look;

static const look sales = {.both = "lrrrrlrrrr",
                           .one = "lrrrr",
                           .side = {{"share", "of sales"},
                                    {"cost", "over C"},
                                    {"true loss", "ratio"},
                                    {"true, GBP", "a policy"}},
                           .put = put_sales};
static const look quotes = {.both = "lrrrrrlrrrrr",
                            .one = "lrrrrr",
                            .side = {{"share", "quotes"},
                                     {"sales", "exp."},
                                     {"sales", "made"},
                                     {"cost", "over C"},
                                     {"GBP a", "policy"}},
                            .put = put_quotes};

/// The lead firm to the left, all firms to the right. @param band heading of the bands
static pp_status print_bands(const page *p, const look *l, pp_table_heading band)
{
    bool several = p->figures->n_firms > 1;
    size_t side = strlen(l->one) - 1;
    pp_table_heading headings[PP_TABLE_COLUMNS] = {band};
    pp_table table = {.columns = several ? l->both : l->one};
    char label[LABEL_MAX];
    memcpy(headings + 1, l->side, side * sizeof *headings);
    headings[1 + side] = (pp_table_heading){"", ""};
    memcpy(headings + 2 + side, l->side, side * sizeof *headings);
    pp_table_headings(&table, headings);
    for (size_t i = 0; i < p->figures->n_bands; i++) {
        if (!is_shown(p, i))
            continue;
        label_of(p, i, label);
        pp_table_text(&table, label);
        l->put(&table, of_lead(p, i));
        if (several) {
            pp_table_text(&table, " ");
            l->put(&table, of_all(p, i));
        }
    }
    return pp_table_print(&table, stdout, p->colour);
}

/// The first and the last band in which the lead firm has at least 1% of its sales.
static bool find_ends(const page *p, size_t *first, size_t *last)
{
    bool found = false;
    for (size_t i = 0; i < p->figures->n_bands; i++)
        if (is_shown(p, i) && of_lead(p, i)->share_of_sales >= 0.01) {
            *first = found ? *first : i;
            *last = i;
            found = true;
        }
    return found && *first < *last;
}

/// "4.5% more", "3.2% less".
static void put_difference(double share)
{
    char text[PP_TABLE_NUMBER_MAX];
    pp_format_number(100 * fabs(share), 1, text);
    printf("%s%% %s", text, share < 0 ? "less" : "more");
}

static void heading(const page *p, const char *text)
{
    printf("\n%s%s%s in the test epochs: ", p->colour ? "\033[1m" : "", text,
           p->colour ? "\033[0m" : "");
    printf(p->figures->n_firms > 1 ? "left %s, right all firms\n" : "%s\n", p->lead);
}

/// The finding in a line. @param what "at rank", of which the band's label is said next
static void print_costs(const page *p, const char *what)
{
    size_t first, last;
    char low[LABEL_MAX], high[LABEL_MAX];
    if (!find_ends(p, &first, &last))
        return;
    label_of(p, first, low);
    label_of(p, last, high);
    printf("  A sale %s %s costs ", what, low);
    put_difference(of_lead(p, first)->actual_over_estimate - 1);
    printf(" than estimated, %s %s ", what, high);
    put_difference(of_lead(p, last)->actual_over_estimate - 1);
    putchar('\n');
}

static void print_profits(const page *p)
{
    size_t first, last;
    char low[LABEL_MAX], high[LABEL_MAX], least[PP_TABLE_NUMBER_MAX], most[PP_TABLE_NUMBER_MAX];
    if (!find_ends(p, &first, &last))
        return;
    label_of(p, first, low);
    label_of(p, last, high);
    pp_format_number(of_lead(p, first)->true_profit_a_policy, 1, least);
    pp_format_number(of_lead(p, last)->true_profit_a_policy, 1, most);
    printf("  A policy truly earns GBP %s where a sale was %s likely, GBP %s where %s\n", least,
           low, most, high);
}

static pp_status print_view(page *p, pp_view view)
{
    bool any = false;
    p->view = view;
    for (size_t i = 0; i < p->figures->n_bands; i++)
        any |= is_shown(p, i);
    if (!any)
        return PP_OK;
    switch (view) {
    case PP_VIEW_rank:
        heading(p, "Sales by rank of the price");
        print_costs(p, "at rank");
        return print_bands(p, &sales, (pp_table_heading){"", "rank"});
    case PP_VIEW_price:
        heading(p, "Sales by price over the mean of the rivals'");
        print_costs(p, "at");
        return print_bands(p, &sales, (pp_table_heading){"price over", "rivals'"});
    case PP_VIEW_conversion:
        heading(p, "Quotes by expected conversion");
        print_profits(p);
        return print_bands(p, &quotes, (pp_table_heading){"expected", "conversion"});
    case PP_VIEW_COUNT:
        break;
    }
    return PP_OK;
}

pp_status pp_figures_print_bands(const pp_figures *figures, const pp_results_file *file,
                                 bool colour)
{
    static const pp_view order[] = {PP_VIEW_rank, PP_VIEW_price, PP_VIEW_conversion};
    char *lead = pp_printable(pp_results_firm(file, figures->lead), FIRM_MAX);
    page p = {.figures = figures, .lead = lead, .colour = colour};
    pp_status status = lead ? PP_OK : PP_ENOMEM;
    for (size_t i = 0; i < sizeof order / sizeof *order && status == PP_OK; i++)
        status = print_view(&p, order[i]);
    free(lead);
    return status;
}

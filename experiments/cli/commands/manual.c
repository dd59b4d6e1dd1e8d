// The command `manual`: the manual page, from the tables of commands and parameters.
#include <string.h>

#include "agents/agent.h"
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/params.h"
#include "experiments/scenario/keys.h"
#include "pricing/break_even.h"
#include "pursuit_version.h"

/// Text as troff takes it: no character or line of it is a request or an escape.
static void put_part(const char *text, size_t length)
{
    bool line_start = true;
    for (const char *end = text + length; text < end; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\'')
            fputs("\\(aq", stdout);
        else if (*text == '^')
            fputs("\\(ha", stdout);
        else if (*text == '~')
            fputs("\\(ti", stdout);
        else
            putchar(*text);
    }
}

static void put(const char *text)
{
    put_part(text, strlen(text));
}

/// Paragraphs separated by an empty line.
static void put_paragraphs(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        puts(".PP");
        put_part(text, end ? (size_t)(end - text) : strlen(text));
        putchar('\n');
        text = end ? end + 2 : text + strlen(text);
    }
}

static void section(const char *title)
{
    printf(".SH %s\n", title);
}

static void put_synopsis(const pp_command *const *all)
{
    section("SYNOPSIS");
    for (size_t i = 0; all[i]; i++) {
        printf("%s.B pursuit ", i ? ".br\n" : "");
        put(all[i]->name);
        fputs("\n", stdout);
        if (*all[i]->synopsis) {
            put(all[i]->synopsis);
            putchar('\n');
        }
    }
}

static void put_option(const pp_cli_option *option)
{
    fputs(".TP\n", stdout);
    fputs("\\fB", stdout);
    if (option->id < PP_OPT_SET)
        printf("\\-%c\\fR, \\fB", option->id);
    fputs("\\-\\-", stdout);
    put(option->name);
    fputs("\\fR", stdout);
    if (option->argument) {
        fputs(" \\fI", stdout);
        put(option->argument);
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put(option->doc);
    puts(".");
}

static void put_command(const pp_command *command)
{
    fputs(".SS pursuit ", stdout);
    put(command->name);
    putchar(' ');
    put(command->synopsis);
    putchar('\n');
    put_paragraphs(command->details);
}

static void put_commands(const pp_command *const *all)
{
    section("COMMANDS");
    for (size_t i = 0; all[i]; i++)
        put_command(all[i]);
}

static void put_options(const pp_command *const *all)
{
    section("OPTIONS");
    puts("Every command has\n.B \\-\\-help\nand takes options before and after its operands; "
         "long options may be shortened.");
    for (size_t i = 0; all[i]; i++) {
        if (!all[i]->n_options)
            continue;
        fputs(".SS Options of pursuit ", stdout);
        put(all[i]->name);
        putchar('\n');
        for (size_t j = 0; j < all[i]->n_options; j++)
            put_option(&all[i]->options[j]);
    }
}

static void put_parameter(const pp_param *row)
{
    char values[PP_WORDS_MAX], standard[PP_WORDS_MAX], unit[PP_WORDS_MAX];
    pp_param_values_text(row, values);
    pp_param_default_text(row, standard);
    pp_param_unit_text(row, unit);
    fputs(".TP\n\\fB", stdout);
    put(row->name);
    fputs("\\fR (", stdout);
    put(values);
    fputs(row->flags & PP_REQUIRED ? "; " : "; default ", stdout);
    put(standard);
    put(unit);
    puts(")");
    put(row->doc);
    fputs(".\nSource: ", stdout);
    put(row->citation);
    puts(".");
}

static void put_rows(const pp_param_table *table)
{
    for (size_t i = 0; table && i < table->n_rows; i++)
        put_parameter(&table->rows[i]);
}

static void put_table(const char *title, const pp_param_table *table)
{
    fputs(".SS ", stdout);
    put(title);
    putchar('\n');
    put(table->doc);
    puts(".");
    put_rows(table);
}

static void put_scenario(void)
{
    section("SCENARIO FILE");
    puts("YAML. Keys that are left out have their defaults; unknown keys, duplicates and values "
         "out of range are errors.");
    put_table("Top level", &pp_run_table);
    for (size_t i = 0; i < pp_n_sections; i++)
        put_table(pp_sections[i].key, pp_sections[i].table);
    put_table("population, kind: published (the default)", &pp_published_table);
    put_table("population, kind: book", &pp_source_table);
    put_rows(&pp_book_table);
    put_table("population.features, of a book: a list of names, or of", &pp_column_table);
    put_table("firms: a list", &pp_firm_table);
    puts(".TP\n.B agent\nAn agent\\(aqs name, or a map of its \\fBkind\\fR and parameters; see "
         "AGENTS. Or a map of a \\fBplugin\\fR, a shared object that holds an agent, and that "
         "agent\\(aqs parameters.\n.TP\n.B portfolio\n\\fBnone\\fR (the default), \\fBrandom\\fR, "
         "or a map whose "
         "\\fBcategories\\fR is a list.");
    put_table("firms.correction: a map", &pp_correction_table);
    put_table("firms.limits: a map", &pp_limits_table);
    put_table("firms.economics: a kind, or a map", &pp_economics_table);
    put_table("firms.agent, of a plugin: beside its own parameters", &pp_plugin_table);
    put_table("firms.portfolio.categories: a list", &pp_category_table);
    put_table("firms.portfolio.categories.where: a list, all of which must hold", &pp_bound_table);
}

static void put_agents(void)
{
    section("AGENTS");
    for (size_t i = 0; pp_agent_classes[i]; i++) {
        fputs(".SS ", stdout);
        put(pp_agent_classes[i]->name);
        putchar('\n');
        put(pp_agent_classes[i]->doc);
        puts(pp_agent_classes[i]->needs_portfolio ? ".\nNeeds a portfolio." : ".");
        put_rows(pp_agent_classes[i]->params);
    }
}

static void put_examples(const pp_command *const *all)
{
    section("EXAMPLES");
    for (size_t i = 0; all[i]; i++)
        for (size_t j = 0; j < all[i]->n_examples; j++) {
            fputs(".TP\n.B ", stdout);
            put(all[i]->examples[j].line);
            putchar('\n');
            put(all[i]->examples[j].doc);
            putchar('\n');
        }
}

static void put_files(void)
{
    section("FILES");
    puts(".TP\n.I FILE.h5\nA results file: HDF5 in netCDF\\-4\\(aqs profile, which xarray, "
         "netCDF4, h5py and ncdump open as it is. A file that exists is whole. Beside the root "
         "group, /quotes is a sample of rounds and /learning what agents log as they learn, "
         "where there is any.\n"
         ".TP\n.I FILE.h5.partial\nA results file that is being written. It is renamed when "
         "whole and removed when the run fails.\n"
         ".TP\n.I FILE.h5.checkpoint\nFinished trials of a run that lasts longer than a second, "
         "from which the same command goes on after an interruption. It is removed when "
         "\\fIFILE.h5\\fR is whole.\n"
         ".TP\n.I DIR/manifest.jsonl\n.TQ\n.I DIR/runs/ID.h5\n.TQ\n.I DIR/runs/ID.failed\nOf a "
         "sweep: what its runs are, the results of each, and why a run failed.\n"
         ".TP\n.I DIR\n.TQ\n.I DIR.partial\nTables that \\fBpursuit export\\fR writes, the same "
         "way: dictionary.csv says what each column of the others is.");
    section("ENVIRONMENT");
    puts(".TP\n.B NO_COLOR\nIf not empty, nothing is coloured.\n"
         ".TP\n.B OMP_NUM_THREADS\nThreads of a run without \\fB\\-\\-threads\\fR.\n"
         ".TP\n.B SOURCE_DATE_EPOCH\nSeconds since 1970 that a results file is to have as the time "
         "of its creation, for files that are the same byte for byte.\n"
         ".TP\n.B PURSUIT_SIMD\nThe most vector instructions to use: baseline, avx2 or avx512. "
         "Without it, what the machine has. The numbers are the same, bit for bit.\n"
         ".TP\n.B HDF5_USE_FILE_LOCKING\nSet to FALSE where a file system refuses locks.");
}

static void put_exit_status(void)
{
    section("EXIT STATUS");
    puts(".TP\n.B 0\nok\n.TP\n.B 2\nwrong usage, an invalid scenario, or files that cannot be "
         "compared\n.TP\n.B 3\ninput or output failed: a file that is absent, malformed, or cannot "
         "be written; no memory\n.TP\n.B 4\nnumerical failure\n.TP\n.B 75\ninterrupted; the "
         "same command goes on or starts again");
}

static int run(const pp_command *command, const pp_command *const *all, int argc, char **argv)
{
    int id = pp_cli_parse(command, argc, argv, NULL, NULL);
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    // No date: the same source must give the same page.
    puts(".TH PURSUIT 1 \"\" \"pursuit " PURSUIT_VERSION "\" \"User Commands\"\n"
         ".SH NAME\npursuit \\- a synthetic insurance market on a price comparison website");
    put_synopsis(all);
    section("DESCRIPTION");
    puts("Firms quote for customers who compare prices, buy the offer they like, or walk away. "
         "Each firm prices through an agent; some pursue a target portfolio. A run simulates "
         "independent trials of burn\\-in and test epochs and writes one results file.");
    put_commands(all);
    put_options(all);
    put_scenario();
    put_agents();
    put_files();
    put_exit_status();
    put_examples(all);
    return PP_EXIT_OK;
}

static const pp_cli_example examples[] = {
    {"pursuit manual | man -l -", "read the manual page"},
};

const pp_command pp_command_manual = {
    .name = "manual",
    .synopsis = "",
    .doc = "print the manual page",
    .details = "Prints the manual page as troff, made from the same tables as everything else.",
    PP_CLI_EXAMPLES(examples),
    .run_with = run,
};

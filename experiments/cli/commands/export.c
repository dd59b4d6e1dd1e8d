// pursuit export: results as tables of CSV.
#include "data/export/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/table.h"

/// Rows of an Excel sheet, the header among them.
static const uint64_t sheet_rows = 1048576;

typedef struct arguments {
    const char *file, *directory;
    bool quotes, force;
} arguments;

static pp_status print_report(const pp_export_report *report)
{
    static const char *const header[] = {"table", "rows", "columns"};
    pp_table table = {.columns = "lrr"};
    for (size_t i = 0; i < PP_COUNT(header); i++)
        pp_table_text(&table, header[i]);
    pp_table_header(&table);
    for (size_t i = 0; i < report->n_tables; i++) {
        pp_table_text(&table, report->tables[i].file);
        pp_table_number(&table, (double)report->tables[i].rows, 0);
        pp_table_number(&table, (double)report->tables[i].columns, 0);
    }
    return pp_table_print(&table, stdout, pp_cli_colour(stdout));
}

/// What one should know before opening the tables.
static void say_remarks(const pp_command *command, const arguments *a, uint64_t rounds,
                        const pp_export_report *report)
{
    for (size_t i = 0; i < report->n_tables; i++)
        if (report->tables[i].rows >= sheet_rows)
            pp_cli_message(command, "%s has more rows than a sheet of Excel, %" PRIu64,
                           report->tables[i].file, sheet_rows);
    if (report->formulae > 0)
        pp_cli_message(command,
                       "warning: texts that start with =, +, - or @ are in %" PRIu64
                       " fields; a spreadsheet may take them for formulas",
                       report->formulae);
    if (rounds > 0 && !a->quotes)
        pp_cli_message(command, "%" PRIu64 " recorded rounds are left out (--quotes has them too)",
                       rounds);
}

static int fail(const pp_command *command, const arguments *a, pp_status status,
                const pp_error *error)
{
    if (status == PP_EINTERRUPTED) {
        pp_cli_message(command, "interrupted; nothing was written");
        return PP_EXIT_INTERRUPTED;
    }
    // Another export may be writing instead; --force is no help against that.
    if (status == PP_EEXIST && !a->force && access(a->directory, F_OK) == 0) {
        pp_cli_message(command, "%s (--force replaces an export)", error->message);
        return PP_EXIT_IO;
    }
    return pp_cli_fail(command, status, error);
}

static int export(const pp_command *command, const arguments *a)
{
    pp_error error = {0};
    pp_results_file *file = NULL;
    pp_export_report report;
    const pp_export_options how = {.force = a->force, .quotes = a->quotes, .stop = &pp_cli_stopped};
    pp_cli_catch_signals(NULL);
    pp_status status = pp_results_open(a->file, &file, &error);
    uint64_t rounds = pp_results_length(file, PP_DIM_QUOTE);
    if (status == PP_OK)
        status = pp_export_csv(file, a->directory, &how, &report, &error);
    pp_results_close(file);
    if (status != PP_OK)
        return fail(command, a, status, &error);
    say_remarks(command, a, rounds, &report);
    status = print_report(&report);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, NULL);
}

static int run(const pp_command *command, int argc, char **argv)
{
    arguments a = {0};
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        if (id == PP_OPT_CSV)
            a.directory = optarg;
        else if (id == PP_OPT_QUOTES)
            a.quotes = true;
        else if (id == PP_OPT_FORCE)
            a.force = true;
    }
    if (id != PP_CLI_END)
        return pp_cli_stop(id);
    a.file = argv[optind];
    if (a.directory)
        return export(command, &a);
    pp_cli_message(command, "say where the tables go: --csv DIR");
    return pp_cli_usage(command);
}

static const pp_cli_option options[] = {
    {PP_OPT_CSV, "csv", "DIR", "directory to write, of CSV files"},
    {PP_OPT_QUOTES, "quotes", NULL, "the recorded rounds too, which may be many"},
    {PP_OPT_FORCE, "force", NULL, "replace a directory that an export has written"},
};

static const pp_cli_example examples[] = {
    {"pursuit export run.h5 --csv tables", "tables for Excel and R, with a dictionary"},
    {"pursuit export run.h5 --csv tables --quotes --force", "again, with the recorded rounds"},
};

const pp_command pp_command_export = {
    .name = "export",
    .synopsis = "FILE.h5 --csv DIR [--quotes] [--force]",
    .doc = "write the results as tables of CSV",
    .details =
        "Writes a long table for each set of dimensions, such as epochs.csv with a row for each "
        "trial, epoch and firm, and dictionary.csv, which tells of every column its type, unit, "
        "meaning and when it is empty. Rows of which nothing is known are left out.\n\n"
        "Numbers have as many digits as it takes to read back the same number. Undefined is an "
        "empty field. Text is UTF-8 and stands as it is in the results file; one that starts with "
        "=, +, - or @ a spreadsheet may take for a formula, and is warned of.\n\n"
        "The directory appears whole or not at all. SIGINT, SIGTERM, SIGHUP, SIGXCPU and SIGUSR1 "
        "stop the export with exit code 75 and leave nothing.",
    PP_CLI_EXAMPLES(examples),
    PP_CLI_OPTIONS(options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

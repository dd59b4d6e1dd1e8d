// Help: what a command is and takes, filled to a width.
#include <string.h>

#include "experiments/cli/common/cli.h"
#include "market/base/nearest.h"

enum { WIDTH = 88, INDENT = 2, DOC_COLUMN = 26 };

void pp_cli_print_filled(FILE *out, const char *text, int indent, int width)
{
    int column = 0;
    while (*text) {
        int length = (int)strcspn(text, " \n");
        if (length) {
            if (column && column + 1 + length > width) {
                fputc('\n', out);
                column = 0;
            }
            fprintf(out, "%*s%.*s", column ? 1 : indent, "", length, text);
            column += (column ? 1 : indent) + length;
        }
        text += length;
        bool paragraph = strncmp(text, "\n\n", 2) == 0;
        if (paragraph) {
            fputs("\n\n", out);
            column = 0;
        }
        text += paragraph ? 2 : *text != '\0';
    }
    if (column)
        fputc('\n', out);
}

/// A term and, from DOC_COLUMN on, what it means.
static void print_term(FILE *out, const char *term, const char *doc)
{
    int used = fprintf(out, "%*s%s", INDENT, "", term);
    fprintf(out, "%*s%s\n", used < DOC_COLUMN ? DOC_COLUMN - used : 1, "", doc);
}

static void print_option(FILE *out, const pp_cli_option *option)
{
    char term[96], letter[8] = "";
    if (option->id < PP_OPT_SET)
        snprintf(letter, sizeof letter, "-%c, ", option->id);
    snprintf(term, sizeof term, "%s--%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    print_term(out, term, option->doc);
}

static void print_examples(FILE *out, const pp_command *command)
{
    fputs("Examples:\n", out);
    for (size_t i = 0; i < command->n_examples; i++)
        fprintf(out, "  # %s\n  %s\n", command->examples[i].doc, command->examples[i].line);
}

void pp_cli_print_help(const pp_command *command, FILE *out)
{
    static const pp_cli_option help = {'h', "help", NULL, "show this"};
    print_examples(out, command);
    fprintf(out, "\nUsage: pursuit %s %s\n\n", command->name, command->synopsis);
    pp_cli_print_filled(out, command->details, 0, WIDTH);
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < command->n_options; i++)
        print_option(out, &command->options[i]);
    print_option(out, &help);
}

void pp_cli_print_overview(const pp_command *const *all, FILE *out)
{
    fputs("Examples:\n"
          "  pursuit init scenario.yaml                  # a scenario to start from\n"
          "  pursuit run scenario.yaml -o run.h5         # simulate it\n"
          "  pursuit summary run.h5                      # what came of it\n\n"
          "Usage: pursuit COMMAND [ARGUMENT]...\n\n"
          "A synthetic insurance market on a price comparison website.\n\nCommands:\n",
          out);
    for (size_t i = 0; all[i]; i++)
        print_term(out, all[i]->name, all[i]->doc);
    fputs("\n'pursuit COMMAND --help' says more of each; 'man pursuit' has every parameter.\n"
          "Exit codes: 0 ok, 2 usage or scenario, 3 input/output, 4 numerical failure, 75 "
          "interrupted.\n",
          out);
}

const pp_command *pp_command_find(const pp_command *const *all, const char *name)
{
    for (size_t i = 0; all[i]; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

void pp_command_suggest(const pp_command *const *all, const char *typed, char *text, size_t size)
{
    pp_nearest nearest;
    pp_nearest_start(&nearest, typed);
    for (size_t i = 0; all[i]; i++)
        pp_nearest_offer(&nearest, all[i]->name);
    pp_nearest_text(&nearest, text, size);
}

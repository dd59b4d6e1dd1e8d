// Parsing the options of a command.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/common/cli.h"
#include "market/base/nearest.h"

enum { ID_HELP = 'h' };

void pp_cli_parser_init(pp_cli_parser *parser, const pp_command *command, int argc, char **argv)
{
    *parser = (pp_cli_parser){.command = command, .argc = argc, .argv = argv};
    char *letter = parser->letters;
    *letter++ = ':'; // tell a missing argument from an unknown option
    size_t n = 0;
    for (; n < command->n_options && n < PP_CLI_MAX_OPTIONS; n++) {
        const pp_cli_option *option = &command->options[n];
        int has_argument = option->argument ? required_argument : no_argument;
        parser->names[n] = (struct option){option->name, has_argument, NULL, option->id};
        if (option->id < PP_OPT_SET) {
            *letter++ = (char)option->id;
            if (option->argument)
                *letter++ = ':';
        }
    }
    parser->names[n] = (struct option){"help", no_argument, NULL, ID_HELP};
    *letter = ID_HELP;
    opterr = 0;
    optind = 1;
}

static void suggest_option(const pp_cli_parser *parser, const char *typed)
{
    char names[PP_CLI_MAX_OPTIONS + 1][64], word[64], suggestion[PP_SUGGESTION_MAX];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(typed, "="), typed);
    pp_nearest nearest;
    pp_nearest_start(&nearest, word);
    for (size_t n = 0; parser->names[n].name; n++) {
        snprintf(names[n], sizeof names[n], "--%s", parser->names[n].name);
        pp_nearest_offer(&nearest, names[n]);
    }
    pp_nearest_text(&nearest, suggestion, sizeof suggestion);
    pp_cli_message(parser->command, "unknown option '%s'%s", word, suggestion);
}

static void explain_unknown(const pp_cli_parser *parser)
{
    const char *typed = parser->argv[optind - 1];
    if (optopt == 0 && strncmp(typed, "--", 2) == 0)
        suggest_option(parser, typed); // unknown, or short for more than one
    else if (optopt >= PP_OPT_SET || strncmp(typed, "--", 2) == 0)
        pp_cli_message(parser->command, "option '%s': takes no argument", typed);
    else
        pp_cli_message(parser->command, "unknown option '-%c'", optopt);
}

static int check_operands(const pp_cli_parser *parser)
{
    const pp_command *command = parser->command;
    int n = parser->argc - optind;
    if (n >= command->min_operands && n <= command->max_operands)
        return PP_CLI_END;
    if (n < command->min_operands)
        pp_cli_message(command, n ? "another operand is missing" : "an operand is missing");
    else
        pp_cli_message(command, "unexpected operand '%s'",
                       parser->argv[optind + command->max_operands]);
    pp_cli_usage(command);
    return PP_CLI_ERROR;
}

int pp_cli_next(pp_cli_parser *parser)
{
    int id = getopt_long(parser->argc, parser->argv, parser->letters, parser->names, NULL);
    if (id == -1)
        return check_operands(parser);
    if (id == ID_HELP) {
        pp_cli_print_help(parser->command, stdout);
        return PP_CLI_HELP;
    }
    if (id != '?' && id != ':')
        return id;
    if (id == ':')
        pp_cli_message(parser->command, "option '%s' needs an argument", parser->argv[optind - 1]);
    else
        explain_unknown(parser);
    pp_cli_usage(parser->command);
    return PP_CLI_ERROR;
}

int pp_cli_stop(int id)
{
    return id == PP_CLI_HELP ? PP_EXIT_OK : PP_EXIT_USAGE;
}

bool pp_cli_integer(const pp_command *command, const char *what, const char *text, int64_t min,
                    int64_t max, int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end != text && !*end && !errno && number >= min && number <= max) {
        *value = number;
        return true;
    }
    pp_cli_message(command, "%s: '%s' is not a whole number from %" PRId64 " to %" PRId64, what,
                   text, min, max);
    pp_cli_usage(command);
    return false;
}

/// Append "key=value", or `value` itself if key is NULL.
/// @return false if out of memory, after reporting it
static bool add_set(pp_cli_sets *sets, const char *key, const char *value)
{
    size_t size = strlen(value) + (key ? strlen(key) : 0) + 2;
    char *text = malloc(size);
    char **grown = realloc(sets->text, (sets->n + 1) * sizeof *grown);
    if (grown)
        sets->text = grown;
    if (!text || !grown) {
        free(text);
        pp_cli_no_memory(NULL);
        return false;
    }
    snprintf(text, size, "%s%s%s", key ? key : "", key ? "=" : "", value);
    sets->text[sets->n++] = text;
    return true;
}

void pp_cli_sets_destroy(pp_cli_sets *sets)
{
    for (size_t i = 0; i < sets->n; i++)
        free(sets->text[i]);
    free(sets->text);
    *sets = (pp_cli_sets){0};
}

int pp_cli_sets_option(pp_cli_sets *sets, int id)
{
    static const struct {
        int id;
        const char *key;
    } shorthands[] = {
        {PP_OPT_SET, NULL},
        {PP_OPT_SEED, "seed"},
        {PP_OPT_TRIALS, "trials"},
        {PP_OPT_FIRST_TRIAL, "first_trial"},
    };
    for (size_t i = 0; i < PP_COUNT(shorthands); i++)
        if (shorthands[i].id == id)
            return add_set(sets, shorthands[i].key, optarg) ? 1 : -1;
    return 0;
}

int pp_cli_parse(const pp_command *command, int argc, char **argv, pp_cli_sets *sets, bool *flag)
{
    pp_cli_parser parser;
    int id;
    pp_cli_parser_init(&parser, command, argc, argv);
    while ((id = pp_cli_next(&parser)) >= 0) {
        int set = sets ? pp_cli_sets_option(sets, id) : 0;
        if (set < 0)
            return PP_CLI_ERROR;
        if (set == 0 && flag)
            *flag = true;
    }
    return id;
}

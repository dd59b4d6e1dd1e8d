// Messages to standard error, and exit codes.
#include "experiments/cli/common/cli.h"
#include "experiments/cli/print/printable.h"
#include "market/base/simd.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int pp_cli_exit_code(pp_status status)
{
    switch (status) {
    case PP_OK:
        return PP_EXIT_OK;
    case PP_EINVAL:
    case PP_ESCENARIO:
        return PP_EXIT_USAGE;
    case PP_ENOMEM: // the machine's failure, not the scenario's: the same command may work
                    // elsewhere
    case PP_EIO:
    case PP_EEXIST:
    case PP_EFORMAT:
        return PP_EXIT_IO;
    case PP_ENUMERIC:
        return PP_EXIT_NUMERIC;
    case PP_EINTERRUPTED:
        return PP_EXIT_INTERRUPTED;
    }
    return PP_EXIT_IO;
}

bool pp_cli_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

/// @param text may come from a file, and must not drive the terminal
static void put_message(FILE *out, const pp_command *command, const char *text)
{
    const bool colour = pp_cli_colour(stderr);
    char *safe = pp_printable(text, SIZE_MAX);
    fprintf(out, "%spursuit%s%s:%s %s\n", colour ? "\033[1m" : "", command ? " " : "",
            command ? command->name : "", colour ? "\033[0m" : "", safe ? safe : "out of memory");
    free(safe);
}

void pp_cli_message(const pp_command *command, const char *format, ...)
{
    // All at once: several processes may share the terminal.
    char *text = NULL, *line = NULL;
    size_t size;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    FILE *out = open_memstream(&line, &size);
    put_message(out ? out : stderr, command, length < 0 ? "out of memory" : text);
    if (out && fclose(out) == 0)
        fputs(line, stderr);
    free(line);
    if (length >= 0)
        free(text);
}

int pp_cli_fail(const pp_command *command, pp_status status, const pp_error *error)
{
    const char *detail = error && error->message[0] ? error->message : pp_status_text(status);
    pp_cli_message(command, "%s", detail);
    return pp_cli_exit_code(status);
}

int pp_cli_no_memory(const pp_command *command)
{
    return pp_cli_fail(command, PP_ENOMEM, NULL);
}

int pp_cli_usage(const pp_command *command)
{
    if (command)
        fprintf(stderr, "usage: pursuit %s %s\n'pursuit %s --help' says more\n", command->name,
                command->synopsis, command->name);
    else
        fprintf(stderr, "'pursuit --help' lists the commands\n");
    return PP_EXIT_USAGE;
}

void pp_cli_print_problems(const pp_command *command, const char *path, pp_status status,
                           const pp_problems *problems, const pp_error *error)
{
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "%s\n", problems->text[i]);
    if (status == PP_OK)
        return;
    if (error && error->message[0])
        pp_cli_message(command, "%s", error->message);
    else if (status == PP_ESCENARIO)
        pp_cli_message(command, "%zu problem%s in %s", problems->n, problems->n == 1 ? "" : "s",
                       path);
    else if (!problems->n)
        pp_cli_message(command, "%s: %s", path, pp_status_text(status));
}

int pp_cli_load(const pp_command *command, const char *path, const pp_cli_sets *sets,
                pp_scenario **scenario, pp_experiment **experiment)
{
    pp_problems problems = {0};
    pp_error error = {0};
    pp_status status = pp_simd_check(&error); // of no weight to what computes nothing
    if (status != PP_OK)
        return pp_cli_fail(command, status, &error);
    status = pp_experiment_load(path, (const char *const *)sets->text, sets->n, scenario,
                                experiment, &problems, &error);
    pp_cli_print_problems(command, path, status, &problems, &error);
    pp_problems_destroy(&problems);
    return pp_cli_exit_code(status);
}

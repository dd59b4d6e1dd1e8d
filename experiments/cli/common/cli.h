/// @file
/// @internal
/// What the commands of `pursuit` share: the table they are described by, option parsing, messages
/// and exit codes. Data goes to stdout, messages to stderr; commands return an exit code and never
/// exit.
#ifndef PURSUIT_EXPERIMENTS_CLI_COMMON_CLI_H
#define PURSUIT_EXPERIMENTS_CLI_COMMON_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "experiments/setup/experiment.h"
#include "market/base/error.h"
#include "market/base/stop.h"

enum {
    PP_EXIT_OK = 0,
    PP_EXIT_USAGE = 2,
    PP_EXIT_IO = 3,
    PP_EXIT_NUMERIC = 4,
    PP_EXIT_INTERRUPTED = 75,
};

typedef struct pp_cli_option {
    int id;               ///< the short letter, or one of PP_OPT_...
    const char *name;     ///< long name
    const char *argument; ///< what its argument is called; NULL for a flag
    const char *doc;      ///< one sentence, no final full stop
} pp_cli_option;

/// Long options without a letter.
enum {
    PP_OPT_SET = 256,
    PP_OPT_SEED,
    PP_OPT_TRIALS,
    PP_OPT_FIRST_TRIAL,
    PP_OPT_THREADS,
    PP_OPT_FORCE,
    PP_OPT_DRY_RUN,
    PP_OPT_QUIET,
    PP_OPT_JSON,
    PP_OPT_FIRM,
    PP_OPT_METRIC,
    PP_OPT_ANYWAY,
    PP_OPT_CSV,
    PP_OPT_QUOTES,
    PP_OPT_COPY,
    PP_OPT_VIRTUAL,
    PP_OPT_DIR,
    PP_OPT_TASK,
    PP_OPT_KEEP_GOING,
    PP_OPT_FAIL_FAST,
    PP_OPT_RERUN,
    PP_OPT_SLURM,
};

typedef struct pp_cli_example {
    const char *line, *doc;
} pp_cli_example;

/// One command. The same table gives --help, did-you-mean, and the manual page.
typedef struct pp_command {
    const char *name;
    const char *synopsis; ///< what follows the name
    const char *doc;      ///< one line, no final full stop
    const char *details;  ///< paragraphs separated by an empty line
    const pp_cli_example *examples;
    size_t n_examples;
    const pp_cli_option *options; ///< --help is in all and not listed
    size_t n_options;
    int min_operands, max_operands;
    /// @param argv [argc] argv[0] is the command's name
    /// @return an exit code
    int (*run)(const struct pp_command *command, int argc, char **argv);
    /// Instead of `run`: of a command that describes others.
    /// @param all NULL-terminated, in the order in which they are shown
    int (*run_with)(const struct pp_command *command, const struct pp_command *const *all, int argc,
                    char **argv);
} pp_command;
#define PP_CLI_OPTIONS(array)  .options = array, .n_options = PP_COUNT(array)
#define PP_CLI_EXAMPLES(array) .examples = array, .n_examples = PP_COUNT(array)

extern const pp_command pp_command_run, pp_command_summary, pp_command_compare, pp_command_export,
    pp_command_sweep, pp_command_merge, pp_command_init, pp_command_check, pp_command_agents,
    pp_command_schema, pp_command_sample, pp_command_manual, pp_command_version, pp_command_help;

/// "pursuit 0.1.0 (commit)", as --version prints it and results files have it.
const char *pp_cli_version(void);

enum { PP_SUGGESTION_MAX = 128 };

// options.c

/// What pp_cli_next returns besides an option's id.
enum { PP_CLI_END = -1, PP_CLI_ERROR = -2, PP_CLI_HELP = -3 };

enum { PP_CLI_MAX_OPTIONS = 16 };

typedef struct pp_cli_parser {
    const pp_command *command;
    int argc;
    char **argv;
    char letters[3 * PP_CLI_MAX_OPTIONS + 2];
    struct option names[PP_CLI_MAX_OPTIONS + 2];
} pp_cli_parser;

void pp_cli_parser_init(pp_cli_parser *parser, const pp_command *command, int argc, char **argv);
/// Next option's id, its argument in `optarg`. At PP_CLI_END `optind` is the first operand and
/// their number has been checked. PP_CLI_ERROR: said what is wrong. PP_CLI_HELP: the help has been
/// printed.
int pp_cli_next(pp_cli_parser *parser);
/// Exit code to return when pp_cli_next gave PP_CLI_ERROR or PP_CLI_HELP.
int pp_cli_stop(int id);

/// A whole number in [min, max], or a message that names the option.
bool pp_cli_integer(const pp_command *command, const char *what, const char *text, int64_t min,
                    int64_t max, int64_t *value);

/// Edits of a scenario in the order given; each string is owned.
typedef struct pp_cli_sets {
    size_t n;
    char **text;
} pp_cli_sets;
void pp_cli_sets_destroy(pp_cli_sets *sets);

/// If the option is --set or one of its shorthands, append it.
/// @return 1 if it was, 0 if not, -1 if out of memory
int pp_cli_sets_option(pp_cli_sets *sets, int id);

/// All options of a command that takes, beside --set and its short forms, at most one flag.
/// @param sets NULL if the command has no --set
/// @param flag NULL if it has no flag; else left alone unless the flag is given
/// @return PP_CLI_END, or what pp_cli_stop makes an exit code of
int pp_cli_parse(const pp_command *command, int argc, char **argv, pp_cli_sets *sets, bool *flag);

// messages.c

/// Exit code of a status.
int pp_cli_exit_code(pp_status status);
/// "pursuit run: ..." on stderr. @param command NULL for "pursuit: ..."
void pp_cli_message(const pp_command *command, const char *format, ...) PP_PRINTF(2, 3);
/// Say what failed. @return its exit code
int pp_cli_fail(const pp_command *command, pp_status status, const pp_error *error);
/// Out of memory. @return its exit code
int pp_cli_no_memory(const pp_command *command);
/// Say how to use the command. @return PP_EXIT_USAGE
int pp_cli_usage(const pp_command *command);
/// Load a scenario and make it ready; on failure every problem is printed.
/// @return PP_EXIT_OK, *scenario and *experiment, or an exit code
int pp_cli_load(const pp_command *command, const char *path, const pp_cli_sets *sets,
                pp_scenario **scenario, pp_experiment **experiment);
/// Take the argument of -o. @return false after saying what is wrong with it
bool pp_cli_take_output(const pp_command *command, const char **output);
/// Is there a regular file of that name?
bool pp_cli_is_file(const char *path);
/// Print every problem of a scenario, or the error that it ended in; nothing if the status is
/// PP_OK.
void pp_cli_print_problems(const pp_command *command, const char *path, pp_status status,
                           const pp_problems *problems, const pp_error *error);
/// May this stream be coloured? Not if it is no terminal or NO_COLOR is set.
bool pp_cli_colour(FILE *stream);

// signals.c

/// Becomes nonzero when a signal has asked for a stop.
extern pp_stop_flag pp_cli_stopped;
/// Becomes nonzero as well when it is not to wait for what is in hand: at a second signal, or so
/// long after the first, if that was not SIGUSR1, that a scheduler will soon kill the process.
extern pp_stop_flag pp_cli_dropped;
/// For pp_cli_catch_signals, where trials in hand are finished.
#define PP_CLI_FINISHING "\nfinishing the trials in hand; once more drops them\n"
/// From now on SIGINT, SIGTERM, SIGHUP, SIGXCPU and SIGUSR1 only set them.
/// @param said_at_terminal written to stderr at the first SIGINT if that is a terminal; NULL: none
void pp_cli_catch_signals(const char *said_at_terminal);

// running.c

enum { PP_CLI_THREADS_MAX = 1024 };

/// A word as a shell takes it, quoted if need be.
void pp_cli_put_word(FILE *out, const char *word);
/// The command line as one would type it; malloc'd, NULL if out of memory.
char *pp_cli_command_line(int argc, char **argv);
/// What OpenMP will use if nobody says: OMP_NUM_THREADS, or the processors this process may run on.
int pp_cli_default_threads(void);
/// "PREFIXmemory: 1.2 GB REMARK".
void pp_cli_print_bytes(FILE *out, const char *prefix, const char *what, double bytes,
                        const char *remark);

/// Print a text and free it. @return PP_OK; PP_ENOMEM if it is NULL
pp_status pp_cli_print_owned(char *text);

// help.c

void pp_cli_print_help(const pp_command *command, FILE *out);
/// @param all NULL-terminated
void pp_cli_print_overview(const pp_command *const *all, FILE *out);
/// Command of that name, or NULL. @param all NULL-terminated
const pp_command *pp_command_find(const pp_command *const *all, const char *name);
/// " (did you mean 'run'?)", or "" if no command is near what was typed.
void pp_command_suggest(const pp_command *const *all, const char *typed, char *text, size_t size);
/// Text filled to a width, each line indented.
void pp_cli_print_filled(FILE *out, const char *text, int indent, int width);

#endif

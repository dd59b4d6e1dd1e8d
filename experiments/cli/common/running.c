// The command line of this process, for files that it writes.
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/common/cli.h"

static bool is_plain(const char *word)
{
    const char *safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    return *word && word[strspn(word, safe)] == '\0';
}

void pp_cli_put_word(FILE *out, const char *word)
{
    if (is_plain(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
    fputc('\'', out);
}

char *pp_cli_command_line(int argc, char **argv)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fputs("pursuit", out);
    for (int i = 0; i < argc; i++) {
        fputc(' ', out);
        pp_cli_put_word(out, argv[i]);
    }
    bool failed = ferror(out);
    failed |= fclose(out) != 0;
    if (!failed)
        return text;
    free(text);
    return NULL;
}

int pp_cli_default_threads(void)
{
    const char *text = getenv("OMP_NUM_THREADS");
    long n = text ? strtol(text, NULL, 10) : 0;
    if (n >= 1 && n <= PP_CLI_THREADS_MAX)
        return (int)n;
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void pp_cli_print_bytes(FILE *out, const char *prefix, const char *what, double bytes,
                        const char *remark)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < PP_COUNT(units); unit++)
        bytes /= 1000;
    fprintf(out, "%s%s: %.*f %s%s\n", prefix, what, bytes < 10 && unit ? 1 : 0, bytes, units[unit],
            remark);
}

pp_status pp_cli_print_owned(char *text)
{
    if (!text)
        return PP_ENOMEM;
    fputs(text, stdout);
    free(text);
    return PP_OK;
}

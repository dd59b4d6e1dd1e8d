#include <stdlib.h>
#include <string.h>

#include "experiments/cli/cli.h"

static bool plain(const char *word)
{
    const char *safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    return *word && word[strspn(word, safe)] == '\0';
}

static void put_quoted(FILE *out, const char *word)
{
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
        if (plain(argv[i]))
            fputs(argv[i], out);
        else
            put_quoted(out, argv[i]);
    }
    bool failed = ferror(out);
    failed |= fclose(out) != 0;
    if (!failed)
        return text;
    free(text);
    return NULL;
}

// A YAML file read into a tree.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/file/transfer.h"
#include "experiments/scenario/tree.h"

/// Read up to one byte more than a file may have. A NUL follows.
static char *read_file(const char *path, size_t *length, int *reason)
{
    FILE *file = pp_open_to_read(path);
    *reason = errno;
    if (!file)
        return NULL;
    char *text = malloc(PP_TREE_BYTES_MAX + 2);
    *reason = ENOMEM;
    if (text) {
        *length = fread(text, 1, PP_TREE_BYTES_MAX + 1, file);
        *reason = errno;
        text[*length] = '\0';
        if (ferror(file)) {
            free(text);
            text = NULL;
        }
    }
    fclose(file);
    return text;
}

pp_status pp_tree_load(const char *path, size_t set, pp_report *report, pp_node **root, char **text,
                       size_t *length)
{
    size_t n = 0;
    int reason = 0;
    pp_status status = PP_ESCENARIO;
    pp_mark whole = {set, 0, 0};
    char *read = read_file(path, &n, &reason);
    *root = NULL;
    if (text)
        *text = NULL;
    if (!read) {
        status = reason == ENOMEM ? PP_ENOMEM : PP_EIO;
        pp_report_add(report, whole, "", "cannot be read: %s", strerror(reason));
    } else if (n > PP_TREE_BYTES_MAX) {
        pp_report_add(report, whole, "", "larger than %d bytes", PP_TREE_BYTES_MAX);
    } else {
        *root = pp_tree_parse(read, n, set, report);
        status = *root ? PP_OK : report->out_of_memory ? PP_ENOMEM : PP_ESCENARIO;
    }
    if (length)
        *length = n;
    // A copy: most of what was asked for was to have room for the largest file.
    if (text && read && (*text = malloc(n + 1)))
        memcpy(*text, read, n + 1);
    report->out_of_memory |= text && read && !*text;
    free(read);
    return status;
}

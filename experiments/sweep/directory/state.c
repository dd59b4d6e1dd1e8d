// States of the runs in a directory, and records of failures.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "data/file/transfer.h"
#include "data/results/state.h"
#include "experiments/scenario/json_read.h"
#include "experiments/sweep/directory/directory.h"
#include "market/base/buffer.h"

/// What there is of a run, by the names of its files.
enum { HAS_RESULTS = 1, HAS_PARTIAL = 2, HAS_CHECKPOINT = 4, HAS_FAILURE = 8 };

enum { ID_DIGITS = PP_SWEEP_ID - 1, FAILURE_BYTES = 16384 };

typedef struct named {
    const char *id;
    size_t run;
} named;

static int by_id(const void *a, const void *b)
{
    return strncmp(((const named *)a)->id, ((const named *)b)->id, ID_DIGITS);
}

static unsigned kind_of(const char *suffix)
{
    static const struct {
        const char *suffix;
        unsigned kind;
    } kinds[] = {{".h5", HAS_RESULTS},
                 {".h5.partial", HAS_PARTIAL},
                 {".h5.checkpoint", HAS_CHECKPOINT},
                 {".failed", HAS_FAILURE}};
    for (size_t i = 0; i < PP_COUNT(kinds); i++)
        if (strcmp(suffix, kinds[i].suffix) == 0)
            return kinds[i].kind;
    return 0;
}

/// Names of the directory's files, read once: a question for each run and kind would take long on
/// a network.
static pp_status list(const char *directory, const named *sorted, size_t n, unsigned *has,
                      pp_error *error)
{
    char *path = pp_output_suffixed(directory, "/runs");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = PP_OK;
    DIR *entries = opendir(path);
    if (!entries && errno != ENOENT) // the manifest comes first
        status = pp_output_failed(error, "open", path);
    errno = 0;
    for (struct dirent *entry; entries && (entry = readdir(entries)); errno = 0) {
        const named key = {entry->d_name, 0};
        const named *found = strlen(entry->d_name) > ID_DIGITS
                                 ? bsearch(&key, sorted, n, sizeof *sorted, by_id)
                                 : NULL;
        if (found)
            has[found->run] |= kind_of(entry->d_name + ID_DIGITS);
    }
    if (entries && errno)
        status = pp_output_failed(error, "read", path);
    if (entries)
        closedir(entries);
    free(path);
    return status;
}

/// Damaged files and those of others count as begun: what runs the sweep looks closer.
static pp_status state_of(const char *directory, const char *id, unsigned has, pp_run_state *state,
                          pp_error *error)
{
    pp_results_state results = PP_RESULTS_ABSENT;
    pp_writer writer = PP_WRITER_NONE;
    pp_status status = PP_OK;
    char *path = pp_sweep_directory_path(directory, id, ".h5");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    if (has & HAS_RESULTS)
        status = pp_results_look(path, false, &results, error);
    if (status == PP_OK && results != PP_RESULTS_WHOLE && has & HAS_PARTIAL)
        status = pp_output_writer(path, &writer, error);
    // It may have got its name since the directory was read.
    if (status == PP_OK && writer == PP_WRITER_NONE && has & HAS_PARTIAL)
        status = pp_results_look(path, false, &results, error);
    free(path);
    if (results == PP_RESULTS_WHOLE)
        *state = PP_RUN_COMPLETE;
    else if (writer == PP_WRITER_LIVE)
        *state = PP_RUN_RUNNING;
    else if (has & HAS_FAILURE)
        *state = PP_RUN_FAILED;
    else
        *state = has ? PP_RUN_PARTIAL : PP_RUN_PENDING;
    return status;
}

pp_status pp_sweep_directory_states(const char *directory, char (*ids)[PP_SWEEP_ID], size_t n,
                                    pp_run_state *states, pp_error *error)
{
    named *sorted = calloc(n, sizeof *sorted);
    unsigned *has = calloc(n, sizeof *has);
    pp_status status = sorted && has ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t run = 0; run < n && status == PP_OK; run++)
        sorted[run] = (named){ids[run], run};
    if (status == PP_OK) {
        qsort(sorted, n, sizeof *sorted, by_id);
        status = list(directory, sorted, n, has, error);
    }
    for (size_t run = 0; run < n && status == PP_OK; run++)
        status = state_of(directory, ids[run], has[run], &states[run], error);
    free(sorted);
    free(has);
    return status;
}

// ---- failures ----

pp_status pp_sweep_failure_write(const char *directory, const char *id, const pp_error *failure,
                                 pp_error *error)
{
    pp_buffer text = {0};
    pp_buffer_add(&text, "{\"status\": ");
    pp_buffer_quote(&text, pp_status_text(failure->status));
    pp_buffer_add(&text, ", \"message\": ");
    pp_buffer_quote(&text, failure->message);
    pp_buffer_add(&text, "}\n");
    size_t length = text.n;
    char *whole = pp_buffer_take(&text);
    char *path = pp_sweep_directory_path(directory, id, ".failed");
    pp_status status = whole && path ? pp_output_write(path, true, whole, length, error)
                                     : pp_error_set(error, PP_ENOMEM, "out of memory");
    free(whole);
    free(path);
    return status;
}

/// A record that makes no sense, because somebody has changed it, is still one.
static void understand(const char *text, size_t length, pp_error *failure)
{
    static const char *const keys[] = {"status", "message"};
    pp_node *record = NULL;
    *failure = (pp_error){.status = PP_EFORMAT, .message = "unknown: the record is malformed"};
    if (pp_json_object(text, length, &record) != PP_OK)
        return;
    const char *word = pp_json_text(pp_node_get(record, "status"));
    const char *message = pp_json_text(pp_node_get(record, "message"));
    for (int s = PP_EINVAL; word && message && s <= PP_EINTERRUPTED; s++)
        if (pp_json_has(record, keys, PP_COUNT(keys)) &&
            strcmp(word, pp_status_text((pp_status)s)) == 0) {
            failure->status = (pp_status)s;
            snprintf(failure->message, sizeof failure->message, "%s", message);
        }
    pp_node_destroy(record);
}

pp_status pp_sweep_failure_read(const char *directory, const char *id, bool *found,
                                pp_error *failure, pp_error *error)
{
    char text[FAILURE_BYTES];
    pp_status status = PP_OK;
    *found = false;
    char *path = pp_sweep_directory_path(directory, id, ".failed");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    FILE *file = pp_open_to_read(path);
    if (!file && errno != ENOENT)
        status = pp_output_failed(error, "open", path);
    if (file) {
        *found = true;
        understand(text, fread(text, 1, sizeof text, file), failure);
        fclose(file);
    }
    free(path);
    return status;
}

pp_status pp_sweep_failure_remove(const char *directory, const char *id, pp_error *error)
{
    pp_status status = PP_OK;
    char *path = pp_sweep_directory_path(directory, id, ".failed");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    // To remove nothing is an error where nothing can be written.
    if (access(path, F_OK) == 0 && unlink(path) != 0 && errno != ENOENT)
        status = pp_output_failed(error, "remove", path);
    free(path);
    return status;
}

#include "data/output_batch.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"

typedef struct waiting {
    pp_output output;
    pp_status status;
    pp_error error;
    pthread_t thread;
    bool started;
} waiting;

struct pp_output_batch {
    size_t n, most;
    waiting *waiting; ///< [most]
};

pp_status pp_output_batch_create(size_t most, pp_output_batch **batch, pp_error *error)
{
    if (!batch)
        return pp_error_set(error, PP_EINVAL, "no place for the batch");
    *batch = NULL;
    if (most < 1 || most > PP_BATCH_MOST)
        return pp_error_set(error, PP_EINVAL, "a batch of %zu files; 1 to %d are possible", most,
                            (int)PP_BATCH_MOST);
    pp_output_batch *made = calloc(1, sizeof *made);
    if (made)
        made->waiting = calloc(most, sizeof *made->waiting);
    if (!made || !made->waiting) {
        free(made);
        return pp_error_set(error, PP_ENOMEM, "no memory for a batch of files");
    }
    made->most = most;
    *batch = made;
    return PP_OK;
}

void pp_output_batch_destroy(pp_output_batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->n; i++)
        pp_output_abandon(&batch->waiting[i].output);
    free(batch->waiting);
    free(batch);
}

size_t pp_output_batch_waiting(const pp_output_batch *batch)
{
    return batch->n;
}

bool pp_output_batch_is_full(const pp_output_batch *batch)
{
    return batch->n == batch->most;
}

void pp_output_batch_add(pp_output_batch *batch, pp_output *output)
{
    assert(!pp_output_batch_is_full(batch));
    batch->waiting[batch->n++] = (waiting){.output = *output};
    *output = (pp_output){.fd = -1};
}

static void *flush(void *context)
{
    waiting *w = context;
    w->status = pp_output_flush(&w->output, &w->error);
    return NULL;
}

/// All at once, each in a thread that does nothing but wait for the disk: file systems merge what
/// is asked for at the same time. Not OpenMP's threads, which would use the processor as they wait.
static void flush_all(pp_output_batch *batch)
{
    sigset_t all, before;
    sigfillset(&all);
    bool masked = pthread_sigmask(SIG_SETMASK, &all, &before) == 0; // signals are the caller's
    for (size_t i = 1; i < batch->n; i++) {
        waiting *w = &batch->waiting[i];
        w->started = pthread_create(&w->thread, NULL, flush, w) == 0;
    }
    if (masked)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < batch->n; i++)
        if (batch->waiting[i].started)
            pthread_join(batch->waiting[i].thread, NULL);
        else
            flush(&batch->waiting[i]);
}

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool same_folder(const char *a, const char *b)
{
    size_t n = folder_length(a);
    return n == folder_length(b) && memcmp(a, b, n) == 0;
}

/// Every folder once, if its files are neighbours.
static void sync_folders(const pp_output_batch *batch)
{
    const char *last = NULL;
    for (size_t i = 0; i < batch->n; i++) {
        const waiting *w = &batch->waiting[i];
        if (w->status != PP_OK || (last && same_folder(last, w->output.path)))
            continue;
        last = w->output.path;
        pp_output_sync_folder(last);
    }
}

pp_status pp_output_batch_commit(pp_output_batch *batch, pp_output_told told, void *context,
                                 pp_error *error)
{
    pp_status first = PP_OK;
    flush_all(batch);
    for (size_t i = 0; i < batch->n; i++) {
        waiting *w = &batch->waiting[i];
        if (w->status == PP_OK)
            w->status = pp_output_publish(&w->output, &w->error);
    }
    sync_folders(batch);
    for (size_t i = 0; i < batch->n; i++) {
        waiting *w = &batch->waiting[i];
        char *path = w->output.path;
        w->output.path = NULL;
        pp_output_close(&w->output, w->status);
        if (told)
            told(context, path, w->status, &w->error);
        free(path);
        if (first == PP_OK && w->status != PP_OK)
            first = pp_error_set(error, w->status, "%s", w->error.message);
    }
    batch->n = 0;
    return first;
}

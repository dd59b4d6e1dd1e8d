// When, where and how a file was made.
#include "data/results/provenance.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const pp_slurm_id pp_slurm_ids[PP_SLURM_IDS] = {
    {"slurm_job_id", "SLURM_JOB_ID"},
    {"slurm_array_job_id", "SLURM_ARRAY_JOB_ID"},
    {"slurm_array_task_id", "SLURM_ARRAY_TASK_ID"},
};

/// SOURCE_DATE_EPOCH if it is a time, else the clock's.
static time_t creation_time(void)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;
    if (text && text[0] >= '0' && text[0] <= '9') {
        errno = 0;
        long long seconds = strtoll(text, &end, 10);
        if (errno == 0 && *end == '\0')
            return (time_t)seconds;
    }
    return time(NULL);
}

static void format_time(time_t when, char text[PP_CREATED])
{
    struct tm utc;
    if (when == (time_t)-1 || !gmtime_r(&when, &utc) ||
        strftime(text, PP_CREATED, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        text[0] = '\0';
}

pp_status pp_provenance_now(const char *history, int threads, pp_provenance *provenance,
                            pp_error *error)
{
    *provenance = (pp_provenance){.history = strdup(history), .threads = threads};
    if (!provenance->history)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    format_time(creation_time(), provenance->created);
    if (gethostname(provenance->host, PP_HOST - 1) != 0)
        provenance->host[0] = '\0';
    for (size_t i = 0; i < PP_SLURM_IDS; i++) {
        const char *id = getenv(pp_slurm_ids[i].variable);
        snprintf(provenance->slurm[i], PP_SLURM_ID, "%s", id ? id : "");
    }
    return PP_OK;
}

void pp_provenance_release(pp_provenance *provenance)
{
    free(provenance->history);
    provenance->history = NULL;
}

/// @file
/// @internal
/// Progress of a run or a sweep on stderr: a bar on a terminal, a line for each tenth elsewhere.
#ifndef PURSUIT_EXPERIMENTS_CLI_PRINT_PROGRESS_H
#define PURSUIT_EXPERIMENTS_CLI_PRINT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pp_progress {
    bool quiet;    ///< only count
    bool bar;      ///< stderr is a terminal
    bool drawn;    ///< a bar is on the line
    double start;  ///< seconds, monotonic clock
    double last;   ///< when the bar was last drawn
    int64_t tenth; ///< tenths reported
    int64_t done;  ///< of what is counted

    const char *what; ///< is counted: "trials", unless set after the start
    int64_t skipped;  ///< of `done`: cost no time, and tell nothing of what is left
    double part;      ///< of the next one that is done
} pp_progress;

void pp_progress_start(pp_progress *progress, bool quiet);
/// For pp_run_options.resumed. @param context pp_progress
void pp_progress_resume(void *context, int64_t done, int64_t total);
/// For pp_run_options.progress. @param context pp_progress
void pp_progress_report(void *context, int64_t done, int64_t total);
/// Leave the bar's line, if there is one.
void pp_progress_finish(pp_progress *progress);

#endif

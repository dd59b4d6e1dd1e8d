#include "experiments/cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, TENTHS = 10 };
static const double redraw_seconds = 0.1;

static double now(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void pp_duration_text(double seconds, char text[32])
{
    if (seconds < 10) {
        snprintf(text, 32, "%.1f s", seconds);
        return;
    }
    int64_t whole = (int64_t)(seconds + 0.5), hours = whole / 3600;
    int minutes = (int)(whole / 60 % 60), rest = (int)(whole % 60);
    if (hours)
        snprintf(text, 32, "%" PRId64 ":%02d:%02d", hours, minutes, rest);
    else
        snprintf(text, 32, "%d:%02d", minutes, rest);
}

void pp_progress_start(pp_progress *progress, bool quiet)
{
    *progress = (pp_progress){.quiet = quiet, .bar = isatty(STDERR_FILENO), .start = now()};
}

double pp_progress_elapsed(const pp_progress *progress)
{
    return now() - progress->start;
}

static void draw_bar(int64_t done, int64_t trials, const char *clock)
{
    char bar[BAR_WIDTH + 1];
    int filled = (int)(BAR_WIDTH * (double)done / (double)trials);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %" PRId64 "/%" PRId64 " trials %3.0f%% %s\033[K", bar, done, trials,
            100 * (double)done / (double)trials, clock);
}

static void report_tenth(pp_progress *progress, int64_t done, int64_t trials, const char *clock)
{
    int64_t tenth = (int64_t)(TENTHS * (double)done / (double)trials);
    if (tenth <= progress->tenth)
        return;
    progress->tenth = tenth;
    fprintf(stderr, "%" PRId64 "/%" PRId64 " trials, %3.0f%%, %s\n", done, trials,
            100 * (double)done / (double)trials, clock);
}

void pp_progress_resume(void *context, int64_t done, int64_t trials)
{
    pp_progress *progress = context;
    progress->first = progress->done = done;
    progress->start = now(); // reading them in is not what the others will take
    progress->tenth = (int64_t)(TENTHS * (double)done / (double)trials);
    if (!progress->quiet)
        fprintf(stderr, "%" PRId64 "/%" PRId64 " trials were finished before\n", done, trials);
}

void pp_progress_report(void *context, int64_t done, int64_t trials)
{
    pp_progress *progress = context;
    progress->done = done;
    if (progress->quiet || trials < 1 || done > trials)
        return;
    double elapsed = pp_progress_elapsed(progress);
    if (progress->bar && done < trials && progress->drawn &&
        elapsed - progress->last < redraw_seconds)
        return;
    char clock[64], text[32];
    bool over = done == trials;
    int64_t since = done - progress->first;
    double left = since ? elapsed * (double)(trials - done) / (double)since : 0;
    pp_duration_text(over ? elapsed : left, text);
    snprintf(clock, sizeof clock, "%s %s", over ? "in" : "ETA", since ? text : "unknown");
    if (progress->bar) {
        draw_bar(done, trials, clock);
        progress->drawn = true;
        progress->last = elapsed;
    } else {
        report_tenth(progress, done, trials, clock);
    }
}

void pp_progress_finish(pp_progress *progress)
{
    if (progress->drawn)
        fputc('\n', stderr);
    progress->drawn = false;
}

// Progress on stderr.
#include "experiments/cli/print/progress.h"
#include "market/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_WIDTH = 30, TENTHS = 10 };
static const double redraw_seconds = 0.1;

/// "0.8 s", "1:05", "2:03:04"; for people.
static void duration_text(double seconds, char text[32])
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
    *progress = (pp_progress){.quiet = quiet,
                              .bar = isatty(STDERR_FILENO),
                              .start = pp_clock_seconds(),
                              .what = "trials"};
}

static double share_of(const pp_progress *progress, int64_t total)
{
    return ((double)progress->done + progress->part) / (double)total;
}

static void draw_bar(const pp_progress *progress, int64_t total, const char *clock)
{
    char bar[BAR_WIDTH + 1];
    double share = share_of(progress, total);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)(BAR_WIDTH * share));
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %" PRId64 "/%" PRId64 " %s %3.0f%% %s\033[K", bar, progress->done,
            total, progress->what, 100 * share, clock);
}

static void report_tenth(pp_progress *progress, int64_t total, const char *clock)
{
    double share = share_of(progress, total);
    int64_t tenth = (int64_t)(TENTHS * share);
    if (tenth <= progress->tenth)
        return;
    progress->tenth = tenth;
    fprintf(stderr, "%" PRId64 "/%" PRId64 " %s, %3.0f%%, %s\n", progress->done, total,
            progress->what, 100 * share, clock);
}

void pp_progress_resume(void *context, int64_t done, int64_t total)
{
    pp_progress *progress = context;
    progress->skipped = progress->done = done;
    progress->start = pp_clock_seconds(); // reading them in is not what the others will take
    progress->tenth = (int64_t)(TENTHS * share_of(progress, total));
    if (!progress->quiet)
        fprintf(stderr, "%" PRId64 "/%" PRId64 " %s were finished before\n", done, total,
                progress->what);
}

void pp_progress_report(void *context, int64_t done, int64_t total)
{
    pp_progress *progress = context;
    progress->done = done;
    if (progress->quiet || total < 1 || done > total)
        return;
    double elapsed = pp_clock_seconds() - progress->start;
    if (progress->bar && done < total && progress->drawn &&
        elapsed - progress->last < redraw_seconds)
        return;
    char clock[64], text[32];
    bool over = done == total;
    double worked = (double)(done - progress->skipped) + progress->part;
    if (!over && !(worked > 0))
        return; // nothing is known yet of what is left
    double left = over ? 0 : elapsed * ((double)(total - done) - progress->part) / worked;
    duration_text(over ? elapsed : left, text);
    snprintf(clock, sizeof clock, "%s %s", over ? "in" : "ETA", text);
    if (progress->bar) {
        draw_bar(progress, total, clock);
        progress->drawn = true;
        progress->last = elapsed;
    } else {
        report_tenth(progress, total, clock);
    }
}

void pp_progress_finish(pp_progress *progress)
{
    if (progress->drawn)
        fputc('\n', stderr);
    progress->drawn = false;
}

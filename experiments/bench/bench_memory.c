// Peak resident memory, each point in a process of its own: the peak is the greatest that a process
// has ever had, and a fork starts with its parent's.
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/bench/bench.h"

/// Of this process since it was executed; getrusage's would be the parent's if that had more.
static double peak_megabytes(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    if (kilobytes <= 0)
        bench_die("/proc/self/status", &(pp_error){.message = "does not tell of VmHWM"});
    return (double)kilobytes / 1024;
}

void bench_memory_point(const char *firms, const char *rounds, const char *trials)
{
    bench_market m;
    bench_market_build(&m, (size_t)strtoull(firms, NULL, 10), "null");
    m.scenario.run.trials = strtoll(trials, NULL, 10);
    m.scenario.market.rounds = strtoll(rounds, NULL, 10);
    m.scenario.market.burn_in_epochs = m.scenario.market.test_epochs = 1;
    bench_whole_run(&m, 1);
    printf("%.6f\n", peak_megabytes());
    bench_market_finish(&m);
}

/// In the child: this program again, its output into the pipe.
static void execute_point(int to, int64_t firms, int64_t rounds, int64_t trials)
{
    char text[3][32], self[] = "/proc/self/exe", name[] = "pursuit-bench", option[] = "--memory-of";
    snprintf(text[0], sizeof text[0], "%lld", (long long)firms);
    snprintf(text[1], sizeof text[1], "%lld", (long long)rounds);
    snprintf(text[2], sizeof text[2], "%lld", (long long)trials);
    char *const arguments[] = {name, option, text[0], text[1], text[2], NULL};
    if (dup2(to, STDOUT_FILENO) >= 0)
        execv(self, arguments);
    _exit(127);
}

static double megabytes(int64_t firms, int64_t rounds, int64_t trials)
{
    int ends[2], status = -1;
    char answer[64] = "";
    fflush(NULL);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child < 0)
        bench_die("memory", &(pp_error){.message = "no process for a point"});
    if (child == 0)
        execute_point(ends[1], firms, rounds, trials);
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    if (!from || !fgets(answer, sizeof answer, from))
        answer[0] = '\0';
    if (from)
        fclose(from);
    if (waitpid(child, &status, 0) != child || status != 0)
        bench_die("memory", &(pp_error){.message = "the process of a point failed"});
    return strtod(answer, NULL);
}

/// Points of ever more rounds. @return the last over the first, and the greatest
static double grow(const bench *b, int64_t firms, const int64_t *rounds, size_t n, double *greatest)
{
    double first = 0, last = 0;
    *greatest = 0;
    for (size_t i = 0; i < n; i++) {
        last = megabytes(firms, rounds[i], 1);
        bench_tell(b, last, "MB", "peak of %lld firms, epochs of %lld rounds", (long long)firms,
                   (long long)rounds[i]);
        *greatest = last > *greatest ? last : *greatest;
        first = i == 0 ? last : first;
    }
    return last / first;
}

/// Tiny trials, ever more of them.
static void grow_trials(const bench *b)
{
    static const int64_t trials[] = {100, 10000, 40000}, few[] = {1, 2, 3};
    const int64_t *points = b->quick ? few : trials;
    for (size_t i = 0; i < PP_COUNT(trials); i++)
        bench_tell(b, megabytes(6, 20, points[i]), "MB", "peak of 6 firms, %lld trials",
                   (long long)points[i]);
}

void bench_memory(const bench *b)
{
    static const int64_t six[] = {10000, 1000000, 10000000, 100000000};
    static const int64_t hundred[] = {10000, 100000, 1000000}, few[] = {10, 20, 30};
    double greatest;
    size_t n = b->lengthy ? 4 : 3;
    double flat = grow(b, 6, b->quick ? few : six, b->quick ? 3 : n, &greatest);
    // The flatness asked for has no number; a tenth is the allocator's and the writer's.
    bench_judge(b, flat, "x", BENCH_AT_MOST, 1.1, "peak of 6 firms, most rounds over fewest");
    flat = grow(b, 100, b->quick ? few : hundred, 3, &greatest);
    bench_judge(b, flat, "x", BENCH_AT_MOST, 1.1, "peak of 100 firms, most rounds over fewest");
    bench_judge(b, greatest, "MB", BENCH_BELOW, 200, "greatest peak of 100 firms");
    grow_trials(b);
}

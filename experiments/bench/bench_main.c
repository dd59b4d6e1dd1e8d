// Benchmarks. Each number is one JSON object a line on stdout; --table writes them as Markdown,
// too.
//   pursuit-bench [--quick | --long] [--table FILE] [NAME ...]    all, or those named
//   pursuit-bench --workloads                                     what scripts/bench-gate runs
//   pursuit-bench --workload NAME                                 run one of these
// Nothing here is a test: times differ between machines.
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/bench/bench.h"
#include "market/base/simd.h"

// Threads come last: those of OpenMP's that wait use processor time for a while.
static const struct {
    const char *name, *doc;
    void (*run)(const bench *b);
} benches[] = {
    {"machine", "what it runs on", bench_machine},
    {"floor", "a round against its random variates and exponentials", bench_floor},
    {"firms", "a quote among 6 to 100 null firms", bench_firms},
    {"rounds", "a round of epochs of 10^3 to 10^6 rounds", bench_rounds},
    {"refits", "the refits of a burn-in epoch", bench_refits},
    {"network", "a pass of a value function's network over its multiply-adds", bench_network},
    {"writing", "the share of a run that writes its results", bench_writing},
    {"sweep", "a tiny run among many, its simulation apart", bench_sweep},
    {"trial", "a whole published trial, refits included, of several agents", bench_trials},
    {"setup", "tabulating the laws, buffers", bench_setup},
    {"ratios", "whole trials, agents' quotes and set-up, over rounds", bench_ratios},
    {"memory", "peak memory against rounds, firms and trials; --long: 10^8 rounds", bench_memory},
    {"threads", "efficiency of all cores; --long: more repeats", bench_threads},
    {"cores", "a slow core among others: beside a spinner, and 64 simulated", bench_cores},
};

static int usage(const char *what, const char *argument)
{
    fprintf(stderr,
            "pursuit-bench: %s '%s'\n"
            "usage: pursuit-bench [--quick | --long] [--table FILE] [NAME ...]\n"
            "       pursuit-bench --workloads\n"
            "       pursuit-bench --workload NAME\n"
            "where NAME is of\n",
            what, argument);
    for (size_t i = 0; i < PP_COUNT(benches); i++)
        fprintf(stderr, "  %-8s %s\n", benches[i].name, benches[i].doc);
    return 2;
}

static bool known(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < PP_COUNT(benches); i++)
        found |= strcmp(benches[i].name, name) == 0;
    return found;
}

static bool wanted(int argc, char *const *argv, const char *name)
{
    bool found = argc == 0;
    for (int i = 0; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

/// @return the exit code of failed input or output
static int told(const char *what, const char *sentence)
{
    fprintf(stderr, "pursuit-bench: %s: %s\n", what, sentence);
    return 3;
}

static int flushed(void)
{
    return ferror(stdout) || fflush(stdout) != 0 ? told("stdout", "cannot be written") : 0;
}

/// @param argv [argc] names, known ones; none for all
static int run(bench *b, int argc, char *const *argv)
{
    for (size_t i = 0; i < PP_COUNT(benches); i++) {
        b->name = benches[i].name;
        // A table begins with its machine.
        if (wanted(argc, argv, b->name) || (i == 0 && b->table))
            benches[i].run(b);
    }
    if (b->table && fclose(b->table) != 0)
        return told("table", "cannot be written");
    return flushed();
}

/// What other programs ask for: one thing done, no table. @return the exit code, -1 if it is not
/// one of these
static int serve(int argc, char *const *argv)
{
    if (argc == 5 && strcmp(argv[1], "--memory-of") == 0)
        bench_memory_point(argv[2], argv[3], argv[4]);
    else if (argc == 2 && strcmp(argv[1], "--workloads") == 0)
        bench_workload_names(stdout);
    else if (argc != 3 || strcmp(argv[1], "--workload") != 0)
        return -1;
    else if (!bench_workload(argv[2]))
        return usage("no workload", argv[2]);
    return flushed();
}

/// @return where the names start, or minus the exit code after telling what is wrong
static int read_options(int argc, char *const *argv, bench *b)
{
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        bool quick = strcmp(argv[at], "--quick") == 0, lengthy = strcmp(argv[at], "--long") == 0;
        b->quick |= quick;
        b->lengthy |= lengthy;
        if (quick || lengthy)
            continue;
        if (strcmp(argv[at], "--table") != 0 || b->table)
            return usage("what to do with", argv[at]), -2;
        if (++at == argc)
            return usage("a file is wanted after", "--table"), -2;
        b->table = fopen(argv[at], "w");
        if (!b->table)
            return told(argv[at], "cannot be written"), -3;
    }
    if (b->quick && b->lengthy)
        return usage("not both", "--quick --long"), -2;
    for (int i = at; i < argc; i++)
        if (!known(argv[i]))
            return usage("no benchmark", argv[i]), -2;
    return at;
}

int main(int argc, char **argv)
{
    pp_error error = {0};
    bench b = {0};
    if (pp_simd_check(&error) != PP_OK)
        return fprintf(stderr, "pursuit-bench: %s\n", error.message), 2;
    omp_set_num_threads(1); // what wants more says so
    int code = serve(argc, argv);
    if (code >= 0)
        return code;
    int at = read_options(argc, argv, &b);
    return at > 0 ? run(&b, argc - at, argv + at) : -at;
}

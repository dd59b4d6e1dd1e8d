/// @file
/// @internal
/// What the files of pursuit-bench share: what is asked for, markets, clocks, and how numbers are
/// told. Programs of measurement only: they end themselves on any failure.
#ifndef PURSUIT_EXPERIMENTS_BENCH_BENCH_H
#define PURSUIT_EXPERIMENTS_BENCH_BENCH_H

#include <stdio.h>

#include "experiments/engine/run.h"
#include "experiments/engine/workspace.h"
#include "experiments/setup/experiment.h"

/// What is measured, and where numbers go.
typedef struct bench {
    const char *name; ///< of the benchmark at work
    bool quick;       ///< tiny sizes, to see that everything runs
    bool lengthy;     ///< what takes minutes as well
    FILE *table;      ///< Markdown; NULL if not wanted
} bench;

/// Exit with 4 and a sentence.
__attribute__((noreturn)) void bench_die(const char *what, const pp_error *error);
/// `full`, or `quick` if that is asked for.
int64_t bench_size(const bench *b, int64_t full, int64_t quick);

// Telling numbers: a JSON object a line on stdout, and a row of the table.

typedef enum bench_aim { BENCH_NONE, BENCH_AT_MOST, BENCH_AT_LEAST, BENCH_BELOW } bench_aim;

/// @param unit "x" for ratios
__attribute__((format(printf, 4, 5))) void bench_tell(const bench *b, double value,
                                                      const char *unit, const char *what, ...);
/// A number that has a target.
__attribute__((format(printf, 6, 7))) void bench_judge(const bench *b, double value,
                                                       const char *unit, bench_aim aim,
                                                       double target, const char *what, ...);
/// Tell of the machine, the compiler and the level of vectors.
void bench_machine(const bench *b);

// Clocks, in seconds.

double bench_processor(void); ///< of all threads of the process: what else runs counts for less
double bench_wall(void);
/// Middle of n numbers, which are sorted.
double bench_median(double *values, size_t n);

// Markets.

/// A market of n firms, firm 0 of the agent named, the rest `null`, everything else by default.
typedef struct bench_market {
    pp_scenario scenario;
    pp_agent_class watched; ///< of firm 0 once it is watched
    void *params;
    pp_experiment *experiment;
    pp_workspace *workspace;
    pp_record *record;
} bench_market;

/// The scenario alone, to be changed before the market starts.
void bench_market_build(bench_market *m, size_t n_firms, const char *agent);
/// Read a clock when firm 0 is trained and after each test epoch; one market at a time runs so.
void bench_market_watch(bench_market *m);
void bench_market_start(bench_market *m);
void bench_market_finish(bench_market *m);

/// Run trial 0.
void bench_trial(bench_market *m);
/// Run trial 0 of a market that is watched. @return seconds of its test epochs
double bench_test_epochs(bench_market *m, double (*clock)(void));
/// Write the market's whole run to a file that is then removed. @return seconds of wall clock
double bench_whole_run(bench_market *m, int threads);
/// Seconds between the last training and the last end of a test epoch of a watched market.
double bench_watched(void);
/// Start watching by this clock.
void bench_watch_by(double (*clock)(void));

/// A watched market of null firms with one burn-in epoch.
void bench_null_market(bench_market *m, size_t n_firms, int64_t rounds, int64_t epochs);
/// Nanoseconds of a round of its test epochs, by processor time.
double bench_round_time(bench_market *m);

/// A new empty file. @param path [PP_TEXT_MAX]
void bench_temporary(char *path);

// The benchmarks.

void bench_floor(const bench *b);
void bench_firms(const bench *b);
void bench_rounds(const bench *b);
void bench_threads(const bench *b);
void bench_memory(const bench *b);
void bench_refits(const bench *b);
void bench_network(const bench *b);
void bench_writing(const bench *b);
void bench_sweep(const bench *b);
void bench_trials(const bench *b);
void bench_setup(const bench *b);
void bench_ratios(const bench *b);
void bench_cores(const bench *b);

/// One point of bench_memory in a process of its own: megabytes at most on stdout.
void bench_memory_point(const char *firms, const char *rounds, const char *trials);
/// Run a workload whose instructions scripts/bench-gate counts. @return is there such a one?
bool bench_workload(const char *name);
void bench_workload_names(FILE *to); ///< one a line

#endif

// A slow core among others: measured beside a program that spins, and simulated at 64 cores.
#include <math.h>
#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "experiments/bench/bench.h"
#include "experiments/engine/hand_in.h"

enum { MOST = 8, CORES = 64, TRIALS = CORES * 100 };

// ---- the simulation: trials take turns as experiments/engine/hand_in.c has it

typedef enum doing { RUNNING, TURN, WAITING } doing;

typedef struct simulation {
    double trial, turn;         ///< seconds of a trial, and of its turn
    int64_t records, next, due; ///< as in pp_hand_in
    bool done[TRIALS], taking;
    doing doing[CORES];
    double until[CORES];
    int64_t at[CORES]; ///< trial in hand
    uint64_t random;
} simulation;

/// Uniform within 15% of 1.
static double spread(simulation *s)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return 0.85 + 0.3 * (double)(s->random >> 11) * 0x1p-53;
}

/// A core takes the next trial, if there is a record for it. Core 0 has half the speed.
static void take(simulation *s, int core, double now)
{
    bool room = s->next < TRIALS && s->next < s->due + s->records;
    s->doing[core] = room ? RUNNING : WAITING;
    s->until[core] = room ? now + s->trial * spread(s) * (core == 0 ? 2 : 1) : INFINITY;
    if (room)
        s->at[core] = s->next++;
}

/// A core takes the turn that is due, if there is one and nobody is at it.
static bool take_turn(simulation *s, int core, double now)
{
    if (s->taking || s->due == TRIALS || !s->done[s->due])
        return false;
    s->taking = true;
    s->doing[core] = TURN;
    s->until[core] = now + s->turn * (core == 0 ? 2 : 1);
    return true;
}

static int first_to_end(const simulation *s)
{
    int first = 0;
    for (int core = 1; core < CORES; core++)
        if (s->until[core] < s->until[first])
            first = core;
    return first;
}

/// Work that the cores could do in the time over the work that there is.
static double simulated_efficiency(double trial, double turn, int64_t records)
{
    static simulation s;
    double now = 0;
    memset(&s, 0, sizeof s);
    s.trial = trial;
    s.turn = turn;
    s.records = records;
    for (int core = 0; core < CORES; core++)
        take(&s, core, 0);
    while (s.due < TRIALS) {
        int core = first_to_end(&s);
        now = s.until[core];
        if (s.doing[core] == TURN) {
            s.due++;
            s.taking = false;
        } else {
            s.done[s.at[core]] = true;
        }
        if (!take_turn(&s, core, now))
            take(&s, core, now);
        for (int other = 0; other < CORES; other++)
            if (s.doing[other] == WAITING && s.next < TRIALS)
                take(&s, other, now);
    }
    return TRIALS * (trial + turn) / ((CORES - 0.5) * now);
}

// ---- two pinned threads beside a program that spins

static bool pin(int core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

static pid_t spin_on(int core)
{
    pid_t child = fork();
    if (child == 0) {
        pin(core);
        for (volatile unsigned long i = 0;; i++)
            ;
    }
    return child;
}

/// Wall clock of one thread alone over that of two, one of which shares its core.
static double beside_a_spinner(bench_market *m, const int *core)
{
    pin(core[0]);
    double alone = bench_whole_run(m, 1);
    pid_t spinner = spin_on(core[1]);
    // The threads of the run's team are those of this one.
#pragma omp parallel num_threads(2)
    pin(core[omp_get_thread_num()]);
    double beside = bench_whole_run(m, 2);
    if (spinner > 0) {
        kill(spinner, SIGKILL);
        waitpid(spinner, NULL, 0);
    }
    return alone / beside;
}

static bool two_cores(const cpu_set_t *set, int *core)
{
    int n = 0;
    for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
        if (CPU_ISSET(i, set))
            core[n++] = i;
    return n == 2;
}

/// Seconds of one trial and of handing it in.
static void time_trials(bench_market *m, double *trial, double *turn)
{
    char path[PP_TEXT_MAX];
    pp_error error = {0};
    pp_results *results;
    pp_results_layout layout = pp_experiment_layout(m->experiment);
    layout.command_line = layout.program = layout.scenario = "pursuit-bench";
    bench_temporary(path);
    pp_status status = pp_results_create(path, true, &layout, &results, &error);
    *trial = *turn = 0;
    for (int64_t i = 0; i < layout.n_trials && status == PP_OK; i++) {
        double from = bench_processor();
        status = pp_trial_run(m->workspace, i, NULL, m->record, &error);
        double between = bench_processor();
        if (status == PP_OK)
            status = pp_results_append(results, m->record, &error);
        *trial += (between - from) / (double)layout.n_trials;
        *turn += (bench_processor() - between) / (double)layout.n_trials;
    }
    if (status != PP_OK)
        bench_die("trials", &error);
    pp_results_abandon(results);
    unlink(path);
}

void bench_cores(const bench *b)
{
    bench_market m;
    cpu_set_t before;
    int core[2];
    double trial, turn, ratio[MOST];
    size_t n = (size_t)bench_size(b, 5, 1);
    bench_market_build(&m, 6, "null");
    m.scenario.market.rounds = bench_size(b, m.scenario.market.rounds, 50);
    m.scenario.run.trials = bench_size(b, 200, 4);
    bench_market_start(&m);
    time_trials(&m, &trial, &turn);
    pp_results_layout layout = pp_experiment_layout(m.experiment);
    size_t records = pp_hand_in_records(pp_record_bytes(&layout), CORES);
    bench_judge(
        b, simulated_efficiency(trial, turn, (int64_t)records), "", BENCH_AT_LEAST, 0.95,
        "efficiency of 64 cores on null trials, simulated: times within 15%%, one core slow");
    bench_tell(b, 1e3 * turn, "ms", "of these trials' turns in the file, one after the other");
    if (sched_getaffinity(0, sizeof before, &before) == 0 && two_cores(&before, core)) {
        for (size_t i = 0; i < n; i++)
            ratio[i] = beside_a_spinner(&m, core);
        sched_setaffinity(0, sizeof before, &before);
#pragma omp parallel num_threads(2)
        sched_setaffinity(0, sizeof before, &before);
        bench_judge(b, bench_median(ratio, n), "x", BENCH_AT_LEAST, 1.35,
                    "two pinned threads, a program spinning on one core, over one thread alone");
    }
    bench_market_finish(&m);
}

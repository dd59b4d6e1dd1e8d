// What more cores are worth. Wall clock, so whatever else the machine does counts.
#include <omp.h>
#include <stdlib.h>

#include "experiments/bench/bench.h"
#include "market/base/maths.h"

enum { MOST = 8 };

/// Seconds in which each of n threads does the same work by itself, in registers.
static double arithmetic(const bench *b, int threads)
{
    int64_t steps = bench_size(b, 20000000, 1000);
    double from = bench_wall(), sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    for (int64_t i = 0; i < steps; i++)
        sum += pp_exp(-1e-6 * (double)(i & 1023));
    return sum > 0 ? bench_wall() - from : 0;
}

/// Cores that are shared, or that slow down together, give less than n times one of them.
static void bench_arithmetic(const bench *b, int cores)
{
    double efficiency[MOST];
    size_t n = (size_t)bench_size(b, 5, 1);
    for (size_t i = 0; i < n; i++)
        efficiency[i] = arithmetic(b, 1) / arithmetic(b, cores);
    bench_tell(b, bench_median(efficiency, n), "",
               "efficiency of %d cores on arithmetic without memory: what the machine gives",
               cores);
}

static void bench_independent(const bench *b, int cores)
{
    bench_market m;
    double efficiency[MOST];
    size_t n = (size_t)bench_size(b, 7, 1);
    int64_t trials = bench_size(b, cores > 5 ? 8 * cores : 40, 2);
    bench_market_build(&m, 6, "baseline");
    m.scenario.run.trials = trials;
    m.scenario.market.rounds = bench_size(b, 1000, 20);
    for (size_t i = 0; i < n; i++) {
        double one = bench_whole_run(&m, 1);
        efficiency[i] = one / (cores * bench_whole_run(&m, cores));
    }
    bench_judge(b, bench_median(efficiency, n), "", BENCH_AT_LEAST, 0.9,
                "efficiency of %d cores on %lld published trials, file and all", cores,
                (long long)trials);
    bench_market_finish(&m);
}

/// Seconds of the test epoch of one trial.
static double large_epoch(bench_market *m, int threads)
{
    bench_watch_by(bench_wall);
    bench_whole_run(m, threads);
    return bench_watched();
}

static void bench_large(const bench *b, int cores)
{
    bench_market m;
    double efficiency[MOST], one[MOST];
    size_t n = (size_t)bench_size(b, b->lengthy ? 5 : 2, 1);
    int64_t rounds = bench_size(b, 1000000, 100);
    bench_market_build(&m, 100, "null");
    m.scenario.run.trials = 1;
    m.scenario.market.rounds = rounds;
    m.scenario.market.burn_in_epochs = m.scenario.market.test_epochs = 1;
    bench_market_watch(&m);
    for (size_t i = 0; i < n; i++) {
        one[i] = large_epoch(&m, 1);
        efficiency[i] = one[i] / (cores * large_epoch(&m, cores));
    }
    bench_judge(b, bench_median(efficiency, n), "", BENCH_AT_LEAST, 0.8,
                "efficiency of %d cores within an epoch of %lld customers and 100 null firms",
                cores, (long long)rounds);
    bench_tell(b, bench_median(one, n), "s", "that epoch on one core");
    bench_market_finish(&m);
}

void bench_threads(const bench *b)
{
    int cores = omp_get_num_procs();
    bench_arithmetic(b, cores);
    bench_independent(b, cores);
    bench_large(b, cores);
}

// Cost of a pass of a network over that of its multiply-adds alone, in processor time of one core.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "agents/planning/network.h"
#include "experiments/bench/bench.h"

// The network of `bellman` with value=network in a published trial. Its inputs are five categories
// and time; 144 portfolios are kept of each of 1,000 rounds.
enum { INPUTS = 6, LAYERS = 2, WIDTH = 32, ROWS = 144000, MOST = 16 };

typedef struct lesson {
    pp_gsl_random random;
    pp_network *network;
    pp_network_data data;
    double *x, *y;
} lesson;

static void start(lesson *l, size_t rows)
{
    pp_error error = {.message = "no memory"};
    *l = (lesson){0};
    pp_gsl_random_init(&l->random, &(pp_stream){.seed = 1}, PP_DRAW_AGENT, 0);
    l->x = calloc(rows * INPUTS, sizeof(double));
    l->y = calloc(rows, sizeof(double));
    l->data = (pp_network_data){rows, l->x, l->y, calloc(rows, sizeof *l->data.order)};
    if (!l->x || !l->y || !l->data.order ||
        pp_network_create(INPUTS, LAYERS, WIDTH, &l->random.rng, &l->network, &error) != PP_OK)
        bench_die("network", &error);
    for (size_t i = 0; i < rows; i++) {
        l->data.order[i] = i;
        for (size_t j = 0; j < INPUTS; j++) {
            l->x[i * INPUTS + j] = gsl_rng_uniform(&l->random.rng);
            l->y[i] -= fabs(l->x[i * INPUTS + j] - 0.5);
        }
    }
}

static void finish(lesson *l)
{
    pp_network_destroy(l->network);
    free(l->data.order);
    free(l->x);
    free(l->y);
}

/// Nanoseconds of a row of a pass: forwards, backwards, its share of Adam's step and of shuffling.
static double pass_time(lesson *l)
{
    pp_error error = {0};
    double square, clock = bench_processor();
    if (pp_network_pass(l->network, &l->data, 1e-3, &l->random.rng, NULL, &square, &error) != PP_OK)
        bench_die("network", &error);
    return 1e9 * (bench_processor() - clock) / (double)l->data.n;
}

/// Nanoseconds of a cycle. Assumed: a processor does one addition of registers a cycle where each
/// needs the one before it. Eight multiply-adds a cycle are then what two AVX-512 units do without
/// fused instructions; two AVX2 units do four.
static double cycle_time(int64_t cycles)
{
    uint64_t sum = 0, more = 3;
    __asm__ volatile("" : "+r"(more));
    double clock = bench_processor();
    for (int64_t i = 0; i < cycles; i += 16)
        for (int k = 0; k < 16; k++) {
            sum += more;
            __asm__ volatile("" : "+r"(sum)); // no addition may be left out
        }
    return 1e9 * (bench_processor() - clock) / (double)cycles;
}

/// Of a row: each weight forwards and in its gradient, those above the first layer backwards, too.
static double multiply_adds(void)
{
    double first = INPUTS * WIDTH, others = (LAYERS - 1) * WIDTH * WIDTH + WIDTH;
    return 2 * first + 3 * others;
}

void bench_network(const bench *b)
{
    lesson l;
    double pass[MOST], least[MOST], ratio[MOST];
    size_t n = (size_t)bench_size(b, 11, 1);
    start(&l, (size_t)bench_size(b, ROWS, 256));
    for (size_t i = 0; i < n; i++) {
        pass[i] = pass_time(&l);
        least[i] = multiply_adds() / 8 * cycle_time(bench_size(b, 100000000, 1600));
        ratio[i] = pass[i] / least[i];
    }
    bench_judge(b, bench_median(ratio, n), "x", BENCH_AT_MOST, 3,
                "a network's pass over its multiply-adds at eight a cycle");
    bench_tell(b, bench_median(pass, n), "ns", "a row of the pass, network of 2 x 32");
    bench_tell(b, bench_median(least, n), "ns", "its multiply-adds at eight a cycle");
    finish(&l);
}

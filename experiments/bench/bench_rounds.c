// What a round costs: against its floor, and as firms and rounds grow. Processor time of one core.
#include <math.h>
#include <stdlib.h>

#include "experiments/bench/bench.h"
#include "market/market_kernels.h"

enum { ROUNDS = 1000, MOST = 16 };

void bench_null_market(bench_market *m, size_t n_firms, int64_t rounds, int64_t epochs)
{
    bench_market_build(m, n_firms, "null");
    m->scenario.market.rounds = rounds;
    m->scenario.market.burn_in_epochs = 1;
    m->scenario.market.test_epochs = epochs;
    bench_market_watch(m);
    bench_market_start(m);
}

double bench_round_time(bench_market *m)
{
    const pp_market_config *market = &m->scenario.market;
    return 1e9 * bench_test_epochs(m, bench_processor) /
           (double)(market->rounds * market->test_epochs);
}

// The floor: what no way to run a market can be without.

enum { CUSTOMERS, CHOICE, ESTIMATES, EXPONENTIALS, PARTS };
static const char *const part_names[] = {"customers", "loyalty and choice", "estimates",
                                         "exponentials"};

typedef struct floor_buffers {
    pp_customers customers;
    double *index;               ///< [PP_BLOCK] price indices
    double *estimates;           ///< [n_firms][PP_BLOCK]
    double *exponents, *weights; ///< [n_firms + 1][PP_BLOCK]
} floor_buffers;

static void create_floor(const pp_experiment *e, floor_buffers *at)
{
    pp_error error = {.message = "no memory"};
    size_t n = e->n_firms + 1;
    at->index = calloc(PP_BLOCK, sizeof(double));
    at->estimates = calloc(n * PP_BLOCK, sizeof(double));
    at->exponents = calloc(n * PP_BLOCK, sizeof(double));
    at->weights = calloc(n * PP_BLOCK, sizeof(double));
    if (!at->index || !at->estimates || !at->exponents || !at->weights ||
        pp_customers_create(PP_BLOCK, e->schema->n_columns, &at->customers, &error) != PP_OK)
        bench_die("floor", &error);
    for (size_t i = 0; i < PP_BLOCK; i++)
        at->index[i] = 1;
    // As of offers felt: from the best one's 0 to those that nobody takes.
    for (size_t i = 0; i < n * PP_BLOCK; i++)
        at->exponents[i] = -20 * (double)(i * 37 % 1009) / 1009;
}

static void destroy_floor(floor_buffers *at)
{
    pp_customers_destroy(&at->customers);
    free(at->index);
    free(at->estimates);
    free(at->exponents);
    free(at->weights);
}

/// The customers in hand. @param seconds [PARTS] what each part took is added
static void floor_block(const pp_experiment *e, const pp_stream *stream, floor_buffers *at,
                        double *seconds)
{
    pp_customers *c = &at->customers;
    uint32_t first = (uint32_t)c->first_round;
    double clock[PARTS + 1] = {bench_processor()};
    pp_population_draw(e->population, stream, c, NULL);
    clock[1] = bench_processor();
    pp_choice_prepare(&e->scenario->choice, e->n_firms, stream, at->index, c);
    clock[2] = bench_processor();
    pp_estimates_draw(e->gamma, stream, first, c->n, c->pure_premium, at->index, e->n_firms,
                      PP_BLOCK, at->estimates);
    clock[3] = bench_processor();
    pp_market_kernels_now()->exp(at->exponents, (e->n_firms + 1) * c->n, at->weights);
    clock[4] = bench_processor();
    for (int p = 0; p < PARTS; p++)
        seconds[p] += clock[p + 1] - clock[p];
}

/// Nanoseconds of a round's floor. @param parts [PARTS] of them
static double floor_time(const pp_experiment *e, floor_buffers *at, int64_t epochs, double *parts)
{
    int64_t rounds = e->scenario->market.rounds;
    double sum = 0;
    for (int p = 0; p < PARTS; p++)
        parts[p] = 0;
    for (int64_t epoch = 0; epoch < epochs; epoch++) {
        pp_stream stream = {.seed = 1, .epoch = (uint32_t)epoch};
        for (int64_t first = 0; first < rounds; first += PP_BLOCK) {
            at->customers.first_round = first;
            at->customers.n = (size_t)(rounds - first < PP_BLOCK ? rounds - first : PP_BLOCK);
            floor_block(e, &stream, at, parts);
        }
    }
    for (int p = 0; p < PARTS; p++) {
        parts[p] *= 1e9 / (double)(rounds * epochs);
        sum += parts[p];
    }
    return sum;
}

void bench_floor(const bench *b)
{
    bench_market m;
    floor_buffers at = {0};
    double whole[MOST], floors[MOST], ratio[MOST], parts[PARTS][MOST], part[PARTS];
    size_t n = (size_t)bench_size(b, 15, 1);
    bench_null_market(&m, 6, ROUNDS, bench_size(b, 100, 2));
    create_floor(m.experiment, &at);
    for (size_t i = 0; i < n; i++) {
        floors[i] = floor_time(m.experiment, &at, m.scenario.market.test_epochs, part);
        whole[i] = bench_round_time(&m);
        ratio[i] = whole[i] / floors[i];
        for (int p = 0; p < PARTS; p++)
            parts[p][i] = part[p] / floors[i];
    }
    bench_judge(b, bench_median(ratio, n), "x", BENCH_AT_MOST, 2,
                "a round of six null firms over its random variates and exponentials");
    double round = bench_median(whole, n);
    bench_tell(b, round, "ns", "the round");
    bench_tell(b, 1e3 / round, "million", "rounds a second on one core");
    bench_tell(b, bench_median(floors, n), "ns", "its random variates and exponentials");
    for (int p = 0; p < PARTS; p++)
        bench_tell(b, 100 * bench_median(parts[p], n), "%", "of these, %s", part_names[p]);
    destroy_floor(&at);
    bench_market_finish(&m);
}

void bench_firms(const bench *b)
{
    static const size_t firms[] = {6, 12, 25, 50, 100};
    enum { SIZES = PP_COUNT(firms) };
    bench_market m[SIZES];
    double quote[SIZES][MOST], ratio[MOST];
    size_t n = (size_t)bench_size(b, 9, 1);
    for (size_t f = 0; f < SIZES; f++)
        bench_null_market(&m[f], firms[f], bench_size(b, ROUNDS, 50),
                          bench_size(b, 600 / (int64_t)firms[f], 1));
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < SIZES; f++)
            quote[f][i] = bench_round_time(&m[f]) / (double)firms[f];
        ratio[i] = quote[SIZES - 1][i] / quote[0][i];
    }
    bench_judge(b, bench_median(ratio, n), "x", BENCH_AT_MOST, 1.2,
                "a quote among 100 firms over one among six");
    for (size_t f = 0; f < SIZES; f++) {
        bench_tell(b, bench_median(quote[f], n), "ns", "a quote among %zu firms", firms[f]);
        bench_market_finish(&m[f]);
    }
}

void bench_rounds(const bench *b)
{
    enum { SIZES = 4 };
    bench_market m[SIZES];
    double time[SIZES][MOST], ratio[MOST];
    int64_t rounds[SIZES], most = bench_size(b, 100000, 100);
    size_t n = (size_t)bench_size(b, 5, 1);
    for (int s = 0; s < SIZES; s++) {
        rounds[s] = (int64_t)lround(pow(10, s)) * bench_size(b, 1000, 1);
        bench_null_market(&m[s], 6, rounds[s], rounds[s] < most ? most / rounds[s] : 1);
    }
    for (size_t i = 0; i < n; i++) {
        for (int s = 0; s < SIZES; s++)
            time[s][i] = bench_round_time(&m[s]);
        ratio[i] = time[SIZES - 1][i] / time[0][i];
    }
    bench_judge(b, bench_median(ratio, n), "x", BENCH_AT_MOST, 1.1,
                "a round of an epoch of %lld over one of an epoch of %lld",
                (long long)rounds[SIZES - 1], (long long)rounds[0]);
    for (int s = 0; s < SIZES; s++) {
        bench_tell(b, bench_median(time[s], n), "ns", "a round of an epoch of %lld, six firms",
                   (long long)rounds[s]);
        bench_market_finish(&m[s]);
    }
}

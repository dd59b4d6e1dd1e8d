/// @file
/// Write a results file with known contents, for tests/python/open_results.py, and say what it
/// cost. Usage: make_results PATH [TRIALS [QUOTE_ROWS]]

#include <stdlib.h>
#include <time.h>

#include "tests/support/results_fixture.h"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s PATH [TRIALS [QUOTE_ROWS]]\n", argv[0]);
        return 2;
    }
    int64_t trials = argc > 2 ? atoll(argv[2]) : 24;
    pp_results_layout layout = fixture_layout(trials, 7, argc > 3 ? atoll(argv[3]) : 10);
    pp_record *record;
    pp_results *results;
    pp_error error = {0};
    double start = seconds(), fill = 0;
    if (pp_record_create(&layout, &record, &error) != PP_OK ||
        pp_results_create(argv[1], true, &layout, &results, &error) != PP_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 3;
    }
    double created = seconds();
    pp_status status = PP_OK;
    for (int64_t t = 0; t < trials && status == PP_OK; t++) {
        double before = seconds();
        fixture_fill(record, &layout, layout.first_trial + t);
        fill += seconds() - before;
        status = pp_results_append(results, record, &error);
    }
    double appended = seconds();
    pp_record_destroy(record);
    if (status == PP_OK)
        status = pp_results_commit(results, &error);
    else
        pp_results_abandon(results);
    if (status != PP_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 3;
    }
    printf("create %.2f ms, append %.2f ms, commit %.2f ms; %.3f ms a trial; at most %.1f MB\n",
           1e3 * (created - start), 1e3 * (appended - created - fill), 1e3 * (seconds() - appended),
           1e3 * (seconds() - start - fill) / (double)trials, 1e-6 * pp_results_bytes(&layout));
    return 0;
}

// Small runs one after the other, which keep a template of their files: each is as if it were
// alone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/market_fixture.h"
#include "tests/support/temp_directory.h"

static void run_to(const market_fixture *m, const char *path, pp_results_template **kept)
{
    pp_error error = {0};
    const pp_run_options options = {.output = path,
                                    .force = true,
                                    .threads = 1,
                                    .keep = PP_KEEP_ANEW,
                                    .unsynced = true,
                                    .command_line = "test",
                                    .program = "test",
                                    .kept = kept};
    if (pp_experiment_run(m->experiment, &options, &error) != PP_OK)
        fail_msg("%s", error.message);
}

/// A run of one kind, with what is kept of the run before and without.
static void check_run(const char *agent, int64_t seed, int64_t quotes_every,
                      pp_results_template **kept)
{
    market_fixture m;
    size_t n, n_alone;
    fixture_defaults(&m, 3, agent);
    m.scenario.run.seed = seed;
    m.scenario.run.trials = 1;
    m.scenario.market.rounds = 40;
    m.scenario.market.burn_in_epochs = m.scenario.market.test_epochs = 1;
    m.scenario.record.quotes_every = quotes_every;
    fixture_start(&m);
    run_to(&m, temp_path("kept.h5"), kept);
    run_to(&m, temp_path("alone.h5"), NULL);
    unsigned char *bytes = temp_read(temp_path("kept.h5"), &n);
    unsigned char *alone = temp_read(temp_path("alone.h5"), &n_alone);
    assert_int_equal(n, n_alone);
    assert_memory_equal(bytes, alone, n);
    free(bytes);
    free(alone);
    fixture_finish(&m);
}

static void test_run_series_has_the_files_of_runs_alone(void **state)
{
    (void)state;
    // Texts of portfolios and seeds are of other lengths from run to run.
    static const int64_t seeds[] = {1, 22, 333, 4444444, 5};
    static const char *const agents[] = {"null", "baseline", "klq"};
    pp_results_template *kept = NULL;
    for (size_t agent = 0; agent < PP_COUNT(agents); agent++)
        for (size_t i = 0; i < PP_COUNT(seeds); i++)
            check_run(agents[agent], seeds[i], 0, &kept);
    for (size_t i = 0; i < PP_COUNT(seeds); i++) {
        check_run("klq", seeds[i], 0, &kept); // another shape each time
        check_run("baseline", seeds[i], i % 2 == 0 ? 10 : 20, &kept);
    }
    assert_non_null(kept);
    pp_results_template_destroy(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_series_has_the_files_of_runs_alone),
    };
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

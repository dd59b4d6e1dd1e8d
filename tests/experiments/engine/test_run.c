// Whole runs: the file does not depend on how many threads made it.
#include <hdf5.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/results/read.h"
#include "tests/support/market_fixture.h"
#include "tests/support/oracle_fixture.h"
#include "tests/support/temp_directory.h"

static void path_of(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", temp_directory, name);
}

static pp_status run_to(const market_fixture *m, const char *path, int threads, bool force,
                        const pp_stop_flag *stop, pp_error *error)
{
    pp_run_options options = {.output = path,
                              .force = force,
                              .threads = threads,
                              .command_line = "test",
                              .program = "test",
                              .stop = stop};
    return pp_experiment_run(m->experiment, &options, error);
}

static void small(market_fixture *m, int64_t first, int64_t trials)
{
    fixture_defaults(m, 6, "baseline");
    m->scenario.run.trials = trials;
    m->scenario.run.first_trial = first;
    m->scenario.market.rounds = 120;
    m->scenario.market.burn_in_epochs = 2;
    m->scenario.market.test_epochs = 2;
    m->scenario.record.quotes_every = 7;
    fixture_start(m);
}

/// All bytes of a dataset of numbers; NULL if it holds text.
static unsigned char *bytes_of(hid_t file, const char *name, size_t *size)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(dataset);
    hid_t space = H5Dget_space(dataset);
    unsigned char *bytes = NULL;
    *size = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
    if (H5Tget_class(type) != H5T_STRING) {
        bytes = malloc(*size + 1);
        assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
    return bytes;
}

typedef struct comparison {
    hid_t other;
    int datasets;
} comparison;

static herr_t compare_dataset(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
    comparison *c = context;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    size_t n, m;
    unsigned char *a = bytes_of(file, name, &n), *b = bytes_of(c->other, name, &m);
    assert_int_equal(n, m);
    if (a && memcmp(a, b, n) != 0)
        fail_msg("dataset %s differs", name);
    c->datasets += a != NULL;
    free(a);
    free(b);
    return 0;
}

static void assert_same_datasets(const char *path, const char *other)
{
    hid_t a = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    comparison c = {.other = H5Fopen(other, H5F_ACC_RDONLY, H5P_DEFAULT)};
    assert_true(a >= 0 && c.other >= 0);
    assert_true(H5Ovisit(a, H5_INDEX_NAME, H5_ITER_INC, compare_dataset, &c) >= 0);
    assert_true(c.datasets > 30);
    H5Fclose(a);
    H5Fclose(c.other);
}

static void test_run_on_any_number_of_threads_writes_the_same_datasets(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 3, 8};
    char first[512], path[512], name[16];
    market_fixture m;
    small(&m, 0, 11);
    for (size_t i = 0; i < PP_COUNT(threads); i++) {
        pp_error error = {0};
        snprintf(name, sizeof name, "run-%d.h5", threads[i]);
        path_of(name, path, sizeof path);
        if (run_to(&m, path, threads[i], false, NULL, &error) != PP_OK)
            fail_msg("%s", error.message);
        if (i == 0)
            path_of(name, first, sizeof first);
        else
            assert_same_datasets(first, path);
    }
    fixture_finish(&m);
}

static int32_t threads_of(const char *path)
{
    int32_t threads = 0;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "threads", H5P_DEFAULT);
    assert_true(H5Aread(attribute, H5T_NATIVE_INT32, &threads) >= 0);
    H5Aclose(attribute);
    H5Fclose(file);
    return threads;
}

/// Epochs of two blocks and a bit, and six firms to refit: work for six threads of a trial, three
/// of them with customers.
enum { LONG = 2 * PP_BLOCK + 77, LONG_LANES = 6 };
typedef enum market_kind { NO_ROUNDS, PURSUING, SEEING, BOOK, KINDS } market_kind;

static void use_book(pp_scenario *s)
{
    const char *path = temp_path("book.csv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("age,premium\n", file);
    for (int age = 18; age < 90; age++)
        fprintf(file, "%d,%d\n", age, 200 + (age < 26 ? 400 : 3 * age));
    assert_int_equal(fclose(file), 0);
    s->population = PP_POPULATION_BOOK;
    snprintf(s->book_source.file.text, PP_TEXT_MAX, "%s", path);
    snprintf(s->book_source.pure_premium.text, PP_TEXT_MAX, "premium");
    s->book_source.n_features = 1;
    snprintf(s->book_source.features[0].name, PP_NAME_MAX, "age");
    s->portfolio.random_categories = 1;
}

/// @param oracle what its firm, number 2, is to have as parameters
static void long_epochs(market_fixture *m, market_kind kind, int64_t trials, void *oracle)
{
    fixture_defaults(m, 6, kind == NO_ROUNDS ? "baseline" : "bellman");
    m->scenario.run.trials = trials;
    m->scenario.market.rounds = LONG;
    m->scenario.market.burn_in_epochs = 2;
    m->scenario.market.test_epochs = 1;
    m->scenario.market.history_rounds = 500;
    m->scenario.inflation.mean_rate = 0.08;
    m->scenario.inflation.index_volatility = 0.1;
    m->scenario.record.quotes_every = 7;
    m->scenario.firms[4].explore = PP_EXPLORE_ALWAYS;
    if (kind == SEEING) {
        m->scenario.firms[2].agent = &pp_agent_oracle;
        m->scenario.firms[2].agent_params = oracle;
    }
    if (kind == BOOK)
        use_book(&m->scenario);
    fixture_start(m);
}

static void compare_thread_counts(market_kind kind, int64_t trials)
{
    static const int threads[] = {1, 2, 3, 8};
    market_fixture m;
    pp_error error = {0};
    char first[512], path[512];
    void *oracle = oracle_params(SEES_BOTH);
    path_of("long-first.h5", first, sizeof first);
    path_of("long.h5", path, sizeof path);
    long_epochs(&m, kind, trials, oracle);
    for (size_t i = 0; i < PP_COUNT(threads); i++) {
        const char *to = i ? path : first;
        int64_t lanes = threads[i] / trials < LONG_LANES ? threads[i] / trials : LONG_LANES;
        if (run_to(&m, to, threads[i], true, NULL, &error) != PP_OK)
            fail_msg("%s", error.message);
        assert_int_equal(threads_of(to), threads[i] < trials ? 1 : lanes * trials);
        if (i)
            assert_same_datasets(first, to);
    }
    free(oracle);
    fixture_finish(&m);
}

/// More threads than trials, so that they meet inside a trial: in every kind of market.
static void test_run_with_threads_inside_a_trial_writes_the_same_datasets(void **state)
{
    (void)state;
    for (market_kind kind = 0; kind < KINDS; kind++)
        compare_thread_counts(kind, 1);
    compare_thread_counts(PURSUING, 2);
}

/// Threads that find no block add nothing to what a run is said to take.
static void test_run_memory_grows_with_the_threads_that_have_work(void **state)
{
    (void)state;
    market_fixture m;
    long_epochs(&m, NO_ROUNDS, 1, NULL);
    double one = pp_experiment_memory(m.experiment, 1), two = pp_experiment_memory(m.experiment, 2);
    double three = pp_experiment_memory(m.experiment, 3);
    assert_true(two - one > 6.0 * PP_BLOCK * 8 * sizeof(double));
    assert_true(fabs(three - 2 * two + one) < 1); // a lane each
    assert_true(pp_experiment_memory(m.experiment, 8) == pp_experiment_memory(m.experiment, 6));
    assert_true(pp_experiment_memory(m.experiment, 0) == one);
    assert_int_equal(pp_experiment_threads(m.experiment, 8), 6);
    assert_int_equal(pp_experiment_threads(m.experiment, -1), 1);
    fixture_finish(&m);
}

/// With one epoch of burn-in the test epochs follow those of the first bids, whose propensities
/// must not stay; nor may another trial's.
static void test_run_with_one_epoch_of_burn_in_writes_the_same_datasets(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    char one[512], two[512];
    size_t n;
    small(&m, 0, 2);
    m.scenario.market.burn_in_epochs = 1;
    pp_experiment_destroy(m.experiment);
    fixture_start(&m);
    path_of("one-thread.h5", one, sizeof one);
    path_of("two-threads.h5", two, sizeof two);
    assert_int_equal(run_to(&m, one, 1, false, NULL, &error), PP_OK);
    assert_int_equal(run_to(&m, two, 2, false, NULL, &error), PP_OK);
    assert_same_datasets(one, two);
    hid_t file = H5Fopen(one, H5F_ACC_RDONLY, H5P_DEFAULT);
    double *propensity = (double *)(void *)bytes_of(file, "quotes/propensity", &n);
    int drawn = 0, certain = 0;
    for (size_t i = 0; i < n / sizeof *propensity; i++) {
        drawn += propensity[i] != 1;
        certain += propensity[i] == 1;
    }
    assert_int_equal(certain, 2 * drawn); // one epoch of three explores
    free(propensity);
    H5Fclose(file);
    fixture_finish(&m);
}

static double *read_all(const char *path, pp_variable_id id, size_t *n)
{
    pp_results_file *file;
    pp_error error = {0};
    double *values = NULL;
    if (pp_results_open(path, &file, &error) != PP_OK ||
        pp_results_read(file, id, &values, n, &error) != PP_OK)
        fail_msg("%s", error.message);
    pp_results_close(file);
    return values;
}

static void test_run_of_trial_seven_alone_equals_trial_seven_of_many(void **state)
{
    (void)state;
    char many[512], alone[512];
    pp_error error = {0};
    path_of("many.h5", many, sizeof many);
    path_of("alone.h5", alone, sizeof alone);
    market_fixture a, b;
    small(&a, 0, 24);
    small(&b, 7, 1);
    assert_int_equal(run_to(&a, many, 2, false, NULL, &error), PP_OK);
    assert_int_equal(run_to(&b, alone, 1, false, NULL, &error), PP_OK);
    for (int id = 0; id < PP_VAR_COUNT; id++) {
        size_t n, m;
        if (pp_variables[id].type == PP_STRING || pp_variables[id].economics ||
            pp_variables[id].group != PP_GROUP_ROOT)
            continue; // nobody logs here; test_learning has those who do
        double *x = read_all(many, (pp_variable_id)id, &n),
               *y = read_all(alone, (pp_variable_id)id, &m);
        assert_int_equal(n, 24 * m);
        if (memcmp(x + 7 * m, y, m * sizeof *y) != 0)
            fail_msg("%s differs", pp_variables[id].name);
        free(x);
        free(y);
    }
    fixture_finish(&a);
    fixture_finish(&b);
}

static void test_run_onto_an_existing_file_is_refused_and_force_replaces_it(void **state)
{
    (void)state;
    char path[512], text[8] = "";
    path_of("taken.h5", path, sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("mine", file);
    fclose(file);
    market_fixture m;
    pp_error error = {0};
    small(&m, 0, 2);
    assert_int_equal(run_to(&m, path, 1, false, NULL, &error), PP_EEXIST);
    assert_non_null(strstr(error.message, "taken.h5"));
    file = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "mine");
    error = (pp_error){0};
    assert_int_equal(run_to(&m, path, 1, true, NULL, &error), PP_OK);
    size_t n;
    free(read_all(path, PP_VAR_reward, &n));
    assert_int_equal(n, 2 * 4 * 6);
    fixture_finish(&m);
}

static void test_run_interrupted_leaves_no_file(void **state)
{
    (void)state;
    static pp_stop_flag stop = 1;
    char path[512], partial[520];
    path_of("stopped.h5", path, sizeof path);
    snprintf(partial, sizeof partial, "%s.partial", path);
    market_fixture m;
    pp_error error = {0};
    small(&m, 0, 4);
    assert_int_equal(run_to(&m, path, 2, false, &stop, &error), PP_EINTERRUPTED);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_not_equal(access(partial, F_OK), 0);
    fixture_finish(&m);
}

static pp_status fail_in_some_trials(void *s, const void *params, const pp_agent_setup *setup,
                                     pp_error *error)
{
    (void)s, (void)params;
    uint32_t trial = setup->stream.trial;
    return trial < 3 ? PP_OK : pp_error_set(error, PP_ENUMERIC, "no plan for trial %u", trial);
}

static void quote_null(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    memcpy(multiplier, batch->null_bid, batch->n * sizeof *multiplier);
}

/// The failure reported is that of the first trial to fail, on any number of threads.
static void test_run_that_fails_names_the_first_trial_and_leaves_no_file(void **state)
{
    (void)state;
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "failing",
                            .params = &no_parameters,
                            .train = fail_in_some_trials,
                            .quote_batch = quote_null};
    for (int threads = 1; threads <= 4; threads += 3) {
        char path[512];
        pp_error error = {0};
        market_fixture m;
        path_of("failed.h5", path, sizeof path);
        small(&m, 0, 12);
        m.scenario.firms[1].agent = &class;
        assert_int_equal(run_to(&m, path, threads, false, NULL, &error), PP_ENUMERIC);
        assert_non_null(strstr(error.message, "no plan for trial 3"));
        assert_int_not_equal(access(path, F_OK), 0);
        fixture_finish(&m);
    }
}

/// A host program may run from one thread of a parallel region of its own.
static void test_run_from_one_thread_of_a_host_region_ends(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        market_fixture m;
        pp_error error = {0};
        pp_status status = PP_EINVAL;
        char path[512];
        small(&m, 0, threads); // one trial asks for one thread whatever it is given
        path_of("hosted.h5", path, sizeof path);
#pragma omp parallel num_threads(2)
        if (omp_get_thread_num() == 0)
            status = run_to(&m, path, threads, true, NULL, &error);
        assert_int_equal(status, PP_OK);
        remove(path);
        fixture_finish(&m);
    }
}

/// The scenario is not taken for what a killed run has left in the output's way.
static void test_run_leaves_an_input_named_like_the_partial_file(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    char path[512], partial[600];
    small(&m, 0, 1);
    path_of("own.h5", path, sizeof path);
    snprintf(partial, sizeof partial, "%s.partial", path);
    FILE *file = fopen(partial, "w");
    assert_non_null(file);
    fclose(file);
    snprintf(m.scenario.path, sizeof m.scenario.path, "%s", partial);
    assert_int_equal(run_to(&m, path, 1, true, NULL, &error), PP_EINVAL);
    assert_int_equal(access(partial, F_OK), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    remove(partial);
    m.scenario.path[0] = 0;
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_from_one_thread_of_a_host_region_ends),
        cmocka_unit_test(test_run_leaves_an_input_named_like_the_partial_file),
        cmocka_unit_test(test_run_on_any_number_of_threads_writes_the_same_datasets),
        cmocka_unit_test(test_run_with_threads_inside_a_trial_writes_the_same_datasets),
        cmocka_unit_test(test_run_memory_grows_with_the_threads_that_have_work),
        cmocka_unit_test(test_run_with_one_epoch_of_burn_in_writes_the_same_datasets),
        cmocka_unit_test(test_run_of_trial_seven_alone_equals_trial_seven_of_many),
        cmocka_unit_test(test_run_onto_an_existing_file_is_refused_and_force_replaces_it),
        cmocka_unit_test(test_run_interrupted_leaves_no_file),
        cmocka_unit_test(test_run_that_fails_names_the_first_trial_and_leaves_no_file),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

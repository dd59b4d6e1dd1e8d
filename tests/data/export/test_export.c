#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "data/export/export.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

static pp_error error;
static pp_export_report report;

/// Write a results file of two trials and open it.
static pp_results_file *fixture(const char *path)
{
    pp_results_layout layout = fixture_layout(2, 7, 3);
    pp_results_file *file = NULL;
    error = (pp_error){0};
    if (fixture_write(path, true, &layout, &error) != PP_OK ||
        pp_results_open(path, &file, &error) != PP_OK)
        fail_msg("%s", error.message);
    return file;
}

static pp_status export_with(const char *path, const char *to, pp_export_options options)
{
    pp_results_file *file;
    error = (pp_error){0};
    pp_status status = pp_results_open(path, &file, &error);
    if (status == PP_OK)
        status = pp_export_csv(file, to, &options, &report, &error);
    pp_results_close(file);
    return status;
}

static void exports(const char *to, pp_export_options options)
{
    const char *path = temp_path("export.h5");
    pp_results_close(fixture(path));
    if (export_with(path, to, options) != PP_OK)
        fail_msg("%s", error.message);
}

static void refuses(const char *to, pp_export_options options, pp_status expected,
                    const char *message)
{
    const char *path = temp_path("export.h5");
    pp_results_close(fixture(path));
    pp_status status = export_with(path, to, options);
    if (status != expected || !strstr(error.message, message))
        fail_msg("%s: '%s' instead of %s: '%s'", pp_status_text(status), error.message,
                 pp_status_text(expected), message);
}

static bool there(const char *folder, const char *name)
{
    char path[2048];
    struct stat about;
    snprintf(path, sizeof path, "%s%s%s", folder, *name == '.' ? "" : "/", name);
    return lstat(path, &about) == 0;
}

/// Remove a folder of files; not there is fine.
static void clear(const char *folder)
{
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[2048];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (directory)
        closedir(directory);
    rmdir(folder);
}

static const char *contents(const char *folder, const char *name)
{
    static char *last;
    char path[2048];
    size_t n;
    free(last);
    last = NULL;
    if (!folder)
        return NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    last = (char *)temp_read(path, &n);
    last[n] = '\0';
    return last;
}

static void put_file(const char *folder, const char *name, const char *words)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    temp_write(path, words, strlen(words));
}

/// A folder name in the temporary directory that is free, as is its partial name.
static const char *fresh(void)
{
    static char path[1024], partial[1040];
    snprintf(path, sizeof path, "%s", temp_path("tables"));
    snprintf(partial, sizeof partial, "%s.partial", path);
    clear(path);
    clear(partial);
    return path;
}

static const char *partial_of(const char *path)
{
    static char partial[1040];
    snprintf(partial, sizeof partial, "%s.partial", path);
    return partial;
}

/// Does a table have the line? Numbers of the fixture depend on where a variable stands in its
/// table.
__attribute__((format(printf, 3, 4))) static bool has(const char *to, const char *table,
                                                      const char *format, ...)
{
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return strstr(contents(to, table), line) != NULL;
}

static void test_export_tables_have_labels_and_numbers(void **state)
{
    (void)state;
    const char *to = fresh();
    exports(to, (pp_export_options){.quotes = true});
    assert_int_equal(report.n_tables, PP_EXPORT_TABLES);
    assert_string_equal(report.tables[1].file, "market.csv");
    assert_int_equal(report.tables[1].rows, 2 * 14);
    assert_int_equal(report.tables[2].rows, 2 * 14 * 6);
    assert_int_equal(report.tables[3].rows, 2 * 14 * 6 * 6);
    assert_true(has(to, "market.csv", "trial,epoch,phase,walk_away\n7,0,burn_in,%.0f\n",
                    fixture_value(7, PP_VAR_walk_away, 0)));
    assert_true(
        has(to, "market.csv", "\n8,13,test,%.0f\n", fixture_value(8, PP_VAR_walk_away, 13)));
    assert_true(has(to, "firms.csv", "\n8,2,Société Générale,%.0f,",
                    fixture_value(8, PP_VAR_constrained_refits, 2)));
    assert_true(has(to, "epochs.csv", "\n7,0,burn_in,3,b-3,,")); // index 3 of seven reals is NaN
    assert_true(has(to, "epochs.csv", ",,%.0f,", fixture_value(7, PP_VAR_quote_count, 3)));
    assert_true(has(to, "targets.csv",
                    "\n7,0,null-1,1,\"trial 7: âge in [1, 29]\",%.0f.25,%.0f.25\n",
                    floor(fixture_value(7, PP_VAR_target, 1)),
                    floor(fixture_value(7, PP_VAR_burn_in_average, 1))));
    assert_true(strstr(contents(to, "rounds.csv"), "\n2,7,2,7.002,2,sg\n") != NULL);
    assert_true(strstr(contents(to, "quotes.csv"), "\n5,5,b-5,8.017,17\n") != NULL);
    assert_null(strchr(contents(to, "epochs.csv"), '\r'));
    assert_false(there(to, ".partial"));
}

static void test_export_every_variable_is_in_the_dictionary(void **state)
{
    (void)state;
    const char *to = fresh();
    exports(to, (pp_export_options){0});
    const char *dictionary = contents(to, "dictionary.csv");
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        char line[512];
        snprintf(line, sizeof line, ".csv,%s,", pp_variables[id].name);
        const char *row = strstr(dictionary, line);
        if (!row || !strstr(row, pp_variables[id].long_name))
            fail_msg("%s is in no table", pp_variables[id].name);
    }
    assert_true(strstr(dictionary, "epochs.csv,gwp,number,GBP,empty if undefined,gross") != NULL);
    assert_true(strstr(dictionary, "learning.csv,kl,number,nats,") != NULL);
    assert_null(strstr(dictionary, "quotes.csv")); // was not asked for
    assert_false(there(to, "rounds.csv"));
}

static void test_export_row_of_nothing_known_is_left_out(void **state)
{
    (void)state;
    const char *to = fresh();
    exports(to, (pp_export_options){0});
    // The fixture's index 3 of seven: no update 3 of the first firm.
    assert_true(strstr(contents(to, "learning.csv"), "\n7,0,null-1,2,") != NULL);
    assert_null(strstr(contents(to, "learning.csv"), "\n7,0,null-1,3,"));
    // Index 24: neither numbers nor a description; index 3 has a description.
    assert_null(strstr(contents(to, "targets.csv"), "\n7,4,b-4,4,"));
    assert_true(strstr(contents(to, "targets.csv"),
                       "\n7,0,null-1,3,\"trial 7: âge in [3, 29]\",,\n") != NULL);
}

/// Change one value of a finished file, which loses its checksum with that.
static void poke(const char *path, const char *name, const hsize_t *at, hid_t type,
                 const void *value)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t space = H5Dget_space(dataset), memory = H5Screate(H5S_SCALAR);
    assert_true(H5Sselect_elements(space, H5S_SELECT_SET, 1, at) >= 0);
    assert_true(H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, value) >= 0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
    H5Fclose(file);
}

static void test_export_numbers_are_exact(void **state)
{
    (void)state;
    const char *path = temp_path("exact.h5"), *to = fresh();
    const hsize_t at[] = {0, 0, 0};
    const int64_t large = 9007199254740993;
    const double third = 1.0 / 3;
    pp_results_close(fixture(path));
    poke(path, "quote_count", at, H5T_NATIVE_INT64, &large);
    poke(path, "reward", at, H5T_NATIVE_DOUBLE, &third);
    assert_int_equal(export_with(path, to, (pp_export_options){0}), PP_OK);
    assert_true(strstr(contents(to, "epochs.csv"), "\n7,0,burn_in,0,null-1,0.3333333333333333,") !=
                NULL);
    assert_true(strstr(contents(to, "epochs.csv"), ",9007199254740993,") != NULL);
}

static void test_export_file_that_lacks_a_variable_leaves_nothing(void **state)
{
    (void)state;
    const char *path = temp_path("lacking.h5"), *to = fresh();
    pp_results_close(fixture(path));
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "target", H5P_DEFAULT);
    H5Fclose(file);
    assert_int_equal(export_with(path, to, (pp_export_options){0}), PP_EFORMAT);
    assert_true(strstr(error.message, "there is no 'target'") != NULL);
    assert_false(there(to, "") || there(to, ".partial"));
}

/// What version 0.1 did not write yet is left out of tables, and made of what it did write.
static void test_export_file_of_an_earlier_version_is_read(void **state)
{
    (void)state;
    char path[512];
    const char *to = fresh();
    double *made, *profit, *loss;
    size_t n;
    snprintf(path, sizeof path, "%s", temp_path("earlier.h5"));
    pp_results_close(fixture(path));
    hid_t changed = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Ldelete(changed, "true_reward", H5P_DEFAULT) >= 0);
    assert_true(H5Ldelete(changed, "cost_given_sale", H5P_DEFAULT) >= 0);
    assert_true(H5Fclose(changed) >= 0);
    if (export_with(path, to, (pp_export_options){0}) != PP_OK)
        fail_msg("%s", error.message);
    assert_true(has(to, "firms.csv", "trial,firm_index,firm,constrained_refits\n"));
    pp_results_file *file;
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    assert_int_equal(pp_results_read(file, PP_VAR_true_reward, &made, &n, &error), PP_OK);
    assert_int_equal(pp_results_read(file, PP_VAR_true_profit, &profit, &n, &error), PP_OK);
    assert_int_equal(pp_results_read(file, PP_VAR_portfolio_loss, &loss, &n, &error), PP_OK);
    for (size_t i = 0; i < n; i++)
        assert_true(made[i] == profit[i] - loss[i] || (isnan(profit[i]) && isnan(made[i])));
    free(made);
    free(profit);
    free(loss);
    pp_results_close(file);
}

static void test_export_bad_arguments_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("arguments.h5"), *to = fresh();
    const pp_export_options options = {0}, quotes = {.quotes = true};
    pp_results_file *file = fixture(path);
    assert_int_equal(pp_export_csv(NULL, to, &options, &report, NULL), PP_EINVAL);
    assert_int_equal(pp_export_csv(file, NULL, &options, &report, NULL), PP_EINVAL);
    assert_int_equal(pp_export_csv(file, to, NULL, &report, NULL), PP_EINVAL);
    assert_int_equal(pp_export_csv(file, to, &options, NULL, NULL), PP_EINVAL);
    assert_int_equal(pp_export_csv(file, "", &options, &report, NULL), PP_EINVAL);
    pp_results_close(file);
    pp_results_layout layout = fixture_layout(1, 0, 0);
    assert_int_equal(fixture_write(path, true, &layout, &error), PP_OK);
    assert_int_equal(export_with(path, to, quotes), PP_EINVAL);
    assert_true(strstr(error.message, "no recorded rounds") != NULL);
    assert_false(there(to, ""));
}

// --------------------------------------------------------------------------------- directory

static void test_export_existing_directory_is_left_alone(void **state)
{
    (void)state;
    const pp_export_options plain = {0}, force = {.force = true};
    const char *to = fresh();
    assert_int_equal(mkdir(to, 0777), 0);
    refuses(to, plain, PP_EEXIST, "already exists");
    exports(to, force); // empty: nothing is lost
    refuses(to, plain, PP_EEXIST, "already exists");
    put_file(to, "notes.txt", "mine");
    refuses(to, force, PP_EIO, "'notes.txt', which no export writes");
    assert_string_equal(contents(to, "notes.txt"), "mine");
    assert_true(there(to, "epochs.csv"));
    to = fresh();
    assert_int_equal(mkdir(to, 0777), 0);
    put_file(to, "epochs.csv", "mine");
    refuses(to, force, PP_EIO, "has not the 'dictionary.csv' of an export");
    put_file(to, "dictionary.csv", "word,meaning\n");
    refuses(to, force, PP_EIO, "has not the 'dictionary.csv' of an export");
    assert_string_equal(contents(to, "epochs.csv"), "mine");
    assert_false(there(to, ".partial"));
}

static void test_export_force_replaces_an_export(void **state)
{
    (void)state;
    char slashed[1100];
    const char *to = fresh();
    exports(to, (pp_export_options){.quotes = true});
    put_file(to, "epochs.csv", "edited");
    snprintf(slashed, sizeof slashed, "%s//", to);
    exports(slashed, (pp_export_options){.force = true});
    assert_true(strstr(contents(to, "epochs.csv"), "reward") != NULL);
    assert_false(there(to, "rounds.csv")); // of the old one
    assert_false(there(to, ".partial") || there(to, ".replaced"));
}

static void test_export_what_is_no_directory_is_not_replaced(void **state)
{
    (void)state;
    const pp_export_options force = {.force = true};
    const char *to = fresh();
    temp_write(to, "mine", 4);
    refuses(to, force, PP_EIO, "it is not a directory");
    unlink(to);
    assert_int_equal(symlink(temp_directory, to), 0);
    refuses(to, force, PP_EIO, "it is not a directory");
    unlink(to);
    assert_int_equal(mkdir(to, 0777), 0);
    char inner[1100];
    snprintf(inner, sizeof inner, "%s/epochs.csv", to);
    assert_int_equal(mkdir(inner, 0777), 0); // a folder of a known name
    refuses(to, force, PP_EIO, "'epochs.csv', which no export writes");
    rmdir(inner);
    refuses(temp_path("nowhere/tables"), force, PP_EIO, "No such file");
    refuses(".", force, PP_EIO, "is in the way");
}

static void test_export_partial_of_a_dead_writer_is_replaced(void **state)
{
    (void)state;
    const char *to = fresh(), *partial = partial_of(to);
    assert_int_equal(mkdir(partial, 0777), 0);
    put_file(partial, "dictionary.csv", "table,column,type,unit,missing,meaning\nand so");
    put_file(partial, "quotes.csv", "half");
    exports(to, (pp_export_options){0});
    assert_false(there(to, "quotes.csv") || there(to, ".partial"));
}

static void test_export_partial_of_others_is_left_alone(void **state)
{
    (void)state;
    const pp_export_options plain = {0};
    const char *to = fresh(), *partial = partial_of(to);
    assert_int_equal(mkdir(partial, 0777), 0);
    put_file(partial, "thesis.txt", "mine");
    refuses(to, plain, PP_EIO, "'thesis.txt', which no export writes");
    assert_string_equal(contents(partial, "thesis.txt"), "mine");
    clear(partial);
    assert_int_equal(mkdir(partial, 0777), 0);
    int writer = open(partial, O_RDONLY | O_DIRECTORY);
    assert_true(writer >= 0 && flock(writer, LOCK_EX) == 0);
    refuses(to, plain, PP_EEXIST, "another export is writing");
    assert_true(there(to, ".partial"));
    close(writer);
    exports(to, plain);
}

static void test_export_interrupted_leaves_nothing(void **state)
{
    (void)state;
    const pp_stop_flag stop = 1;
    const char *to = fresh();
    refuses(to, (pp_export_options){.stop = &stop}, PP_EINTERRUPTED, "interrupted");
    assert_false(there(to, "") || there(to, ".partial"));
    exports(to, (pp_export_options){0});
    refuses(to, (pp_export_options){.stop = &stop, .force = true}, PP_EINTERRUPTED, "");
    assert_true(there(to, "quotes.csv") || there(to, "epochs.csv")); // the old one
    assert_false(there(to, ".partial"));
}

/// A full disk, played by a limit on the size of files.
static void test_export_full_disk_leaves_nothing(void **state)
{
    (void)state;
    const char *path = temp_path("full.h5"), *to = fresh();
    pp_results_close(fixture(path));
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    static const rlim_t limits[] = {0, 100, 4096, 20000};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        small = (struct rlimit){limits[i], before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        pp_status status = export_with(path, to, (pp_export_options){0});
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(status, PP_EIO);
        if (!strstr(error.message, "File too large"))
            fail_msg("%s", error.message);
        assert_false(there(to, "") || there(to, ".partial"));
    }
}

static int teardown(void **state)
{
    fresh();
    contents(NULL, NULL);
    return temp_directory_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_export_tables_have_labels_and_numbers),
        cmocka_unit_test(test_export_every_variable_is_in_the_dictionary),
        cmocka_unit_test(test_export_row_of_nothing_known_is_left_out),
        cmocka_unit_test(test_export_numbers_are_exact),
        cmocka_unit_test(test_export_file_that_lacks_a_variable_leaves_nothing),
        cmocka_unit_test(test_export_file_of_an_earlier_version_is_read),
        cmocka_unit_test(test_export_bad_arguments_are_refused),
        cmocka_unit_test(test_export_existing_directory_is_left_alone),
        cmocka_unit_test(test_export_force_replaces_an_export),
        cmocka_unit_test(test_export_what_is_no_directory_is_not_replaced),
        cmocka_unit_test(test_export_partial_of_a_dead_writer_is_replaced),
        cmocka_unit_test(test_export_partial_of_others_is_left_alone),
        cmocka_unit_test(test_export_interrupted_leaves_nothing),
        cmocka_unit_test(test_export_full_disk_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, teardown);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <time.h>

#include "data/results/read.h"
#include "tests/support/results_fixture.h"
#include "tests/support/temp_directory.h"

/// Bytes of the checksum at the end of a file.
enum { SEAL = 16 };

static pp_error error;

static void write_good(const char *path)
{
    pp_results_layout layout = fixture_layout(2, 0, 3);
    error = (pp_error){0};
    if (fixture_write(path, true, &layout, &error) != PP_OK)
        fail_msg("%s", error.message);
}

static void refuse_open(const char *path, pp_status expected, const char *message)
{
    pp_results_file *file = (pp_results_file *)1;
    error = (pp_error){0};
    pp_status status = pp_results_open(path, &file, &error);
    if (status != expected || !strstr(error.message, message))
        fail_msg("%s: '%s' instead of %s: '%s'", pp_status_text(status), error.message,
                 pp_status_text(expected), message);
    assert_null(file);
}

static void read_everything(pp_results_file *file)
{
    static const char *const names[] = {"Conventions", "title", "source", "history", "rng",
                                        "created",     "host",  "status", "scenario"};
    char *text;
    double *values;
    size_t n;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(pp_results_text(file, names[i], &text, &error), PP_OK);
        free(text);
    }
    for (size_t id = 0; id < PP_VAR_COUNT; id++)
        if (pp_variables[id].type != PP_STRING) {
            assert_int_equal(pp_results_read(file, (pp_variable_id)id, &values, &n, &error), PP_OK);
            free(values);
        }
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(pp_results_description(file, i, &text, &error), PP_OK);
        free(text);
    }
}

static void test_results_read_absent_or_irregular_file_is_an_io_error(void **state)
{
    (void)state;
    refuse_open(temp_path("absent.h5"), PP_EIO, "No such file");
    refuse_open(temp_directory, PP_EIO, "not a regular file");
    assert_int_equal(mkfifo(temp_path("pipe.h5"), 0600), 0);
    refuse_open(temp_path("pipe.h5"), PP_EIO, "not a regular file");
    pp_results_file *file;
    assert_int_equal(pp_results_open(NULL, &file, NULL), PP_EINVAL);
    assert_int_equal(pp_results_open("x", NULL, NULL), PP_EINVAL);
    pp_results_close(NULL);
}

static void test_results_read_other_formats_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("other.h5");
    temp_write(path, "", 0);
    refuse_open(path, PP_EFORMAT, "not an HDF5 file");
    temp_write(path, "\x89HDF", 4);
    refuse_open(path, PP_EFORMAT, "not an HDF5 file");
    static const char classic[] = "CDF\x01 and so on, a classic netCDF file";
    temp_write(path, classic, sizeof classic);
    refuse_open(path, PP_EFORMAT, "not an HDF5 file");
    static const char signed_garbage[] = "\x89HDF\r\n\x1a\n and then nothing sensible at all";
    temp_write(path, signed_garbage, sizeof signed_garbage);
    refuse_open(path, PP_EFORMAT, "damaged");
}

static void test_results_read_truncated_file_is_refused(void **state)
{
    (void)state;
    size_t n;
    write_good(temp_path("whole.h5"));
    unsigned char *bytes = temp_read(temp_path("whole.h5"), &n);
    temp_write(temp_path("cut.h5"), bytes, n - SEAL - 1);
    refuse_open(temp_path("cut.h5"), PP_EFORMAT, "truncated");
    for (size_t length = 0; length < n - SEAL; length += 1 + n / 200) {
        temp_write(temp_path("cut.h5"), bytes, length);
        refuse_open(temp_path("cut.h5"), PP_EFORMAT, "cut.h5: ");
    }
    free(bytes);
}

static hid_t open_to_change(const char *path)
{
    write_good(path);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void set_version(hid_t file, int version)
{
    hid_t attribute = H5Aopen(file, "schema_version", H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_INT, &version) >= 0);
    H5Aclose(attribute);
}

static void test_results_read_file_that_is_not_ours_is_refused(void **state)
{
    (void)state;
    const char *path = temp_path("foreign.h5");
    hid_t file = open_to_change(path);
    H5Adelete(file, "schema_version");
    H5Fclose(file);
    refuse_open(path, PP_EFORMAT, "not a results file of pursuit");
    file = open_to_change(path);
    set_version(file, 3);
    H5Fclose(file);
    refuse_open(path, PP_EFORMAT, "schema_version 3");
    file = open_to_change(path);
    set_version(file, -1);
    H5Fclose(file);
    refuse_open(path, PP_EFORMAT, "schema_version -1");
    file = open_to_change(path);
    H5Ldelete(file, "category", H5P_DEFAULT);
    H5Fclose(file);
    refuse_open(path, PP_EFORMAT, "dimension 'category' is missing");
    file = open_to_change(path);
    H5Ldelete(file, "rank", H5P_DEFAULT);
    H5Lcreate_hard(file, "reward", file, "rank", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    refuse_open(path, PP_EFORMAT, "'rank' is not a dimension");
}

/// Replace a variable by an empty one of that shape and type.
static void replace(hid_t file, const char *name, int rank, const hsize_t *lengths, hid_t type)
{
    assert_true(H5Ldelete(file, name, H5P_DEFAULT) >= 0);
    hid_t space = H5Screate_simple(rank, lengths, NULL);
    hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

static void refuse_read(pp_results_file *file, pp_variable_id id, const char *message)
{
    double *values = (double *)1;
    size_t n;
    error = (pp_error){0};
    assert_int_equal(pp_results_read(file, id, &values, &n, &error), PP_EFORMAT);
    assert_null(values);
    if (!strstr(error.message, message))
        fail_msg("'%s' does not contain '%s'", error.message, message);
}

static void test_results_read_variables_of_the_wrong_shape_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("shapes.h5");
    const hsize_t right[] = {2, 14, 6}, turned[] = {14, 2, 6}, deep[] = {2, 14, 6, 1, 1};
    hid_t changed = open_to_change(path);
    replace(changed, "reward", 2, right, H5T_IEEE_F64LE);
    replace(changed, "gwp", 3, turned, H5T_IEEE_F64LE);
    replace(changed, "true_profit", 5, deep, H5T_IEEE_F64LE);
    replace(changed, "quote_count", 3, right, H5T_C_S1);
    H5Ldelete(changed, "policies", H5P_DEFAULT);
    H5Lcreate_external("/etc/passwd", "policies", changed, "policies", H5P_DEFAULT, H5P_DEFAULT);
    H5Ldelete(changed, "walk_away", H5P_DEFAULT);
    H5Fclose(changed);
    pp_results_file *file;
    double *values;
    size_t n;
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    refuse_read(file, PP_VAR_reward, "'reward' has the wrong shape");
    refuse_read(file, PP_VAR_gwp, "'gwp' has the wrong shape");
    refuse_read(file, PP_VAR_true_profit, "'true_profit'");
    refuse_read(file, PP_VAR_quote_count, "'quote_count' has values of the wrong type");
    refuse_read(file, PP_VAR_policies, "there is no 'policies'");
    refuse_read(file, PP_VAR_walk_away, "there is no 'walk_away'");
    assert_int_equal(pp_results_read(file, PP_VAR_category_description, &values, &n, NULL),
                     PP_EINVAL);
    assert_int_equal(pp_results_read(file, PP_VAR_COUNT, &values, &n, NULL), PP_EINVAL);
    assert_int_equal(pp_results_read(NULL, PP_VAR_reward, &values, &n, NULL), PP_EINVAL);
    assert_int_equal(pp_results_read(file, PP_VAR_portfolio, &values, &n, &error), PP_OK);
    free(values);
    pp_results_close(file);
}

static void test_results_read_learning_that_is_not_ours_is_refused(void **state)
{
    (void)state;
    const char *path = temp_path("learning.h5");
    const hsize_t short_by_one[] = {2, 6, 3};
    pp_results_file *file;
    hid_t changed = open_to_change(path);
    replace(changed, "learning/value", 3, short_by_one, H5T_IEEE_F64LE);
    H5Ldelete(changed, "learning/kl", H5P_DEFAULT);
    H5Lcreate_soft("/reward", changed, "learning/kl", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(changed);
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    refuse_read(file, PP_VAR_learning_value, "'learning/value' has the wrong shape");
    refuse_read(file, PP_VAR_learning_kl, "there is no 'learning/kl'");
    pp_results_close(file);
    // The last part of a path is ours, but the group leads out of the file.
    write_good(temp_path("other.h5"));
    changed = open_to_change(path);
    H5Ldelete(changed, "learning", H5P_DEFAULT);
    H5Lcreate_external(temp_path("other.h5"), "learning", changed, "learning", H5P_DEFAULT,
                       H5P_DEFAULT);
    H5Fclose(changed);
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    assert_int_equal(pp_results_length(file, PP_DIM_UPDATE), 0);
    assert_false(pp_results_has(file, PP_VAR_learning_reference_kl));
    refuse_read(file, PP_VAR_learning_reference_kl, "there is no 'learning/reference_kl'");
    pp_results_close(file);
    changed = open_to_change(path);
    H5Ldelete(changed, "learning/update", H5P_DEFAULT);
    H5Lcreate_hard(changed, "reward", changed, "learning/update", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(changed);
    refuse_open(path, PP_EFORMAT, "'learning/update' is not a dimension");
}

/// Make a bare dimension of that length in place of the old one.
static void make_dimension(hid_t file, const char *name, hsize_t length)
{
    replace(file, name, 1, &length, H5T_IEEE_F32BE);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, sizeof "DIMENSION_SCALE");
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t class = H5Acreate2(dataset, "CLASS", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(class, type, "DIMENSION_SCALE") >= 0);
    H5Aclose(class);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void test_results_read_claimed_sizes_are_not_believed(void **state)
{
    (void)state;
    const char *path = temp_path("huge.h5");
    const hsize_t huge = (hsize_t)1 << 50;
    hid_t changed = open_to_change(path);
    make_dimension(changed, "trial", huge);
    replace(changed, "walk_away", 2, (const hsize_t[]){huge, 14}, H5T_STD_I8LE);
    H5Fclose(changed);
    pp_results_file *file;
    int64_t *trials;
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    assert_int_equal(pp_results_trials(file, &trials, &error), PP_EFORMAT);
    assert_non_null(strstr(error.message, "more than the file can hold"));
    refuse_read(file, PP_VAR_walk_away, "more than the file can hold");
    pp_results_close(file);
}

static void test_results_read_unknown_phase_is_refused(void **state)
{
    (void)state;
    const char *path = temp_path("phase.h5");
    const signed char phases[14] = {0, 1, 2};
    int8_t *read;
    pp_results_file *file;
    hid_t changed = open_to_change(path);
    hid_t dataset = H5Dopen2(changed, "phase", H5P_DEFAULT);
    H5Dwrite(dataset, H5T_NATIVE_SCHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, phases);
    H5Dclose(dataset);
    H5Fclose(changed);
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    assert_int_equal(pp_results_phases(file, &read, &error), PP_EFORMAT);
    assert_null(read);
    pp_results_close(file);
}

static void test_results_read_values_changed_on_disk_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("rot.h5");
    hid_t changed = open_to_change(path);
    hid_t dataset = H5Dopen2(changed, "reward", H5P_DEFAULT);
    hsize_t bytes_stored, offset[] = {0, 0, 0};
    uint32_t mask = 0;
    unsigned char bytes[4096];
    assert_true(H5Dget_chunk_storage_size(dataset, offset, &bytes_stored) >= 0);
    assert_true(bytes_stored <= sizeof bytes);
    assert_true(H5Dread_chunk(dataset, H5P_DEFAULT, offset, &mask, bytes) >= 0);
    bytes[bytes_stored / 2] ^= 1;
    assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, (size_t)bytes_stored, bytes) >= 0);
    H5Dclose(dataset);
    H5Fclose(changed);
    pp_results_file *file;
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    refuse_read(file, PP_VAR_reward, "cannot read 'reward'");
    pp_results_close(file);
}

static void test_results_read_missing_chunk_is_not_filled_in(void **state)
{
    (void)state;
    const char *path = temp_path("hole.h5");
    hid_t changed = open_to_change(path);
    hsize_t lengths[] = {2, 14, 6}, chunk[] = {1, 14, 6};
    H5Ldelete(changed, "reward", H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, lengths, NULL);
    H5Pset_chunk(creation, 3, chunk);
    hid_t dataset =
        H5Dcreate2(changed, "reward", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    const double values[14 * 6] = {0};
    hid_t memory = H5Screate_simple(3, chunk, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, (const hsize_t[]){0, 0, 0}, NULL, chunk, NULL);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, values) >= 0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Pclose(creation);
    H5Dclose(dataset);
    H5Fclose(changed);
    pp_results_file *file;
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    refuse_read(file, PP_VAR_reward, "'reward' is damaged");
    pp_results_close(file);
}

/// HDF5's own check of a dimension would write all of the attribute into 16 bytes.
static void test_results_read_attribute_class_is_not_trusted(void **state)
{
    (void)state;
    enum { N = 1000, SIZE = 16 };
    static char values[N][SIZE];
    const char *path = temp_path("class.h5");
    const hsize_t n = N;
    hid_t changed = open_to_change(path), trial = H5Dopen2(changed, "trial", H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
    for (size_t i = 0; i < N; i++)
        memcpy(values[i], "DIMENSION_SCALE", SIZE);
    H5Tset_size(type, SIZE);
    H5Adelete(trial, "CLASS");
    hid_t class = H5Acreate2(trial, "CLASS", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(class, type, values) >= 0);
    H5Aclose(class);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(trial);
    H5Fclose(changed);
    pp_results_file *file;
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    read_everything(file);
    pp_results_close(file);
}

static const hsize_t reward_lengths[] = {2, 14, 6};

/// `reward` anew, as the creation list has it, which is closed.
static hid_t make_reward(hid_t file, hid_t creation)
{
    H5Ldelete(file, "reward", H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, reward_lengths, NULL);
    hid_t dataset =
        H5Dcreate2(file, "reward", H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Sclose(space);
    H5Pclose(creation);
    return dataset;
}

static void refuse_reward(const char *path, const char *message)
{
    pp_results_file *file;
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    refuse_read(file, PP_VAR_reward, message);
    pp_results_close(file);
}

static void test_results_read_values_in_other_files_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("outside.h5");
    hid_t changed = open_to_change(path), list = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(list, "/etc/passwd", 0, H5F_UNLIMITED) >= 0);
    H5Dclose(make_reward(changed, list));
    H5Fclose(changed);
    refuse_reward(path, "'reward' is damaged: its values are in other files");
    // Its own source: HDF5 would recurse until the stack ends.
    changed = open_to_change(path);
    list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(3, reward_lengths, NULL);
    assert_true(H5Pset_virtual(list, space, ".", "reward", space) >= 0);
    H5Sclose(space);
    H5Dclose(make_reward(changed, list));
    H5Fclose(changed);
    refuse_reward(path, "'reward' is damaged: its values are in other files");
}

static void test_results_read_short_chunks_and_other_filters_are_refused(void **state)
{
    (void)state;
    const char *path = temp_path("short.h5");
    const hsize_t start[] = {0, 0, 0};
    for (int filters = 0; filters < 2; filters++) {
        hid_t changed = open_to_change(path), list = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(list, 3, reward_lengths);
        if (filters)
            H5Pset_shuffle(list);
        hid_t dataset = make_reward(changed, list);
        assert_true(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, start, 8, "8 bytes") >= 0);
        H5Dclose(dataset);
        H5Fclose(changed);
        refuse_reward(path, "'reward' is damaged");
    }
    hid_t changed = open_to_change(path), list = H5Pcreate(H5P_DATASET_CREATE);
    const double values[2 * 14 * 6] = {0};
    H5Pset_chunk(list, 3, reward_lengths);
    H5Pset_nbit(list);
    hid_t dataset = make_reward(changed, list);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Fclose(changed);
    refuse_reward(path, "'reward' is packed by other filters than shuffle, deflate and");
}

/// As other programs may leave it.
static void test_results_read_texts_in_chunks_are_read(void **state)
{
    (void)state;
    const char *path = temp_path("texts.h5");
    const hsize_t lengths[] = {2, 6, 5}, chunk[] = {1, 4, 5};
    const char *values[2 * 6 * 5];
    for (size_t i = 0; i < 2 * 6 * 5; i++)
        values[i] = i % 2 ? "naïve" : "b";
    for (int deflated = 0; deflated < 2; deflated++) {
        hid_t changed = open_to_change(path), list = H5Pcreate(H5P_DATASET_CREATE);
        hid_t space = H5Screate_simple(3, lengths, NULL), type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, H5T_VARIABLE);
        H5Tset_cset(type, H5T_CSET_UTF8);
        H5Pset_chunk(list, 3, chunk);
        if (deflated)
            H5Pset_deflate(list, 1);
        H5Ldelete(changed, "category_description", H5P_DEFAULT);
        hid_t dataset = H5Dcreate2(changed, "category_description", type, space, H5P_DEFAULT, list,
                                   H5P_DEFAULT);
        assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        H5Dclose(dataset);
        H5Pclose(list);
        H5Tclose(type);
        H5Sclose(space);
        H5Fclose(changed);
        pp_results_file *file;
        error = (pp_error){0};
        assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
        read_everything(file);
        pp_results_close(file);
    }
}

/// Processor time of reading `walk_away` in chunks of one value.
static double seconds_of_chunks(int64_t trials)
{
    const char *path = temp_path("chunks.h5");
    const hsize_t lengths[] = {(hsize_t)trials, 14}, chunk[] = {1, 1};
    pp_results_layout layout = fixture_layout(trials, 0, 0);
    double *values;
    size_t n;
    assert_int_equal(fixture_write(path, true, &layout, &error), PP_OK);
    hid_t changed = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(changed, "walk_away", H5P_DEFAULT);
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, lengths, NULL);
    H5Pset_chunk(creation, 2, chunk);
    H5Pset_deflate(creation, 1);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    hid_t dataset =
        H5Dcreate2(changed, "walk_away", H5T_STD_I64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
    assert_true(H5Fclose(changed) >= 0);
    pp_results_file *file;
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    clock_t start = clock();
    assert_int_equal(pp_results_read(file, PP_VAR_walk_away, &values, &n, &error), PP_OK);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    free(values);
    pp_results_close(file);
    return seconds;
}

static void test_results_read_time_is_proportional_to_the_chunks(void **state)
{
    (void)state;
    double few = 0, many = INFINITY;
    // Whoever shares caches and memory slows the larger one more: one quiet try is enough.
    for (int tries = 0; tries < 4 && many > 20 * few + 0.1; tries++) {
        few = seconds_of_chunks(250);
        many = seconds_of_chunks(2500);
    }
    if (many > 20 * few + 0.1)
        fail_msg("%g s for 3,500 chunks, %g s for 35,000", few, many);
}

/// A linear congruential generator, for the fuzz below only.
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void test_results_read_flipped_bytes_are_refused(void **state)
{
    (void)state;
    enum { ROUNDS = 300, FLIPS = 3 };
    size_t n, at[FLIPS];
    uint32_t seed = 1;
    write_good(temp_path("whole.h5"));
    unsigned char *bytes = temp_read(temp_path("whole.h5"), &n);
    for (int round = 0; round < ROUNDS; round++) {
        unsigned char flip[FLIPS];
        // In a few bytes anywhere, or in one only: no damage is too small.
        for (size_t i = 0; i < (round % 2 ? 1 : FLIPS); i++) {
            at[i] = 8 + next_random(&seed) % (n - SEAL - 8);
            flip[i] = (unsigned char)(1 + next_random(&seed) % 255);
            bytes[at[i]] ^= flip[i];
        }
        temp_write(temp_path("flip.h5"), bytes, n);
        for (size_t i = 0; i < (round % 2 ? 1 : FLIPS); i++)
            bytes[at[i]] ^= flip[i];
        refuse_open(temp_path("flip.h5"), PP_EFORMAT, "damaged (its checksum does not hold)");
    }
    free(bytes);
}

static void test_results_read_file_without_seal_is_read(void **state)
{
    (void)state;
    size_t n;
    write_good(temp_path("whole.h5"));
    unsigned char *bytes = temp_read(temp_path("whole.h5"), &n);
    for (size_t cut = 1; cut < SEAL; cut++) { // part of a seal is damage
        temp_write(temp_path("cut.h5"), bytes, n - cut);
        refuse_open(temp_path("cut.h5"), PP_EFORMAT, "behind its end");
    }
    for (size_t cut = 0; cut <= SEAL; cut += SEAL) {
        pp_results_file *file;
        temp_write(temp_path("unsealed.h5"), bytes, n - cut);
        error = (pp_error){0};
        assert_int_equal(pp_results_open(temp_path("unsealed.h5"), &file, &error), PP_OK);
        read_everything(file);
        pp_results_close(file);
    }
    free(bytes);
}

static uint64_t old_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    return hash ^ (hash >> 32);
}

/// Put the seal of version 0.1 in place of today's; little-endian machines only.
static void seal_as_before(unsigned char *bytes, size_t n)
{
    size_t size = n - SEAL;
    uint64_t hash = old_mix(UINT64_C(0xcbf29ce484222325), size);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + at, size - at < 8 ? size - at : 8);
        hash = old_mix(hash, word);
    }
    memcpy(bytes + size, "PPSEAL\r\n", 8);
    memcpy(bytes + size + 8, &hash, 8);
}

static void test_results_read_old_seal_is_verified(void **state)
{
    (void)state;
    const char *path = temp_path("old.h5");
    pp_results_file *file;
    size_t n;
    write_good(path);
    unsigned char *bytes = temp_read(path, &n);
    assert_memory_equal(bytes + n - SEAL, "PPXXH3\r\n", 8);
    seal_as_before(bytes, n);
    temp_write(path, bytes, n);
    error = (pp_error){0};
    assert_int_equal(pp_results_open(path, &file, &error), PP_OK);
    read_everything(file);
    pp_results_close(file);
    const size_t at[] = {n / 2, n - SEAL - 1, n - 1, n - SEAL};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        bytes[at[i]] ^= 1;
        temp_write(path, bytes, n);
        refuse_open(path, PP_EFORMAT, "damaged");
        bytes[at[i]] ^= 1;
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_read_absent_or_irregular_file_is_an_io_error),
        cmocka_unit_test(test_results_read_other_formats_are_refused),
        cmocka_unit_test(test_results_read_truncated_file_is_refused),
        cmocka_unit_test(test_results_read_file_that_is_not_ours_is_refused),
        cmocka_unit_test(test_results_read_variables_of_the_wrong_shape_are_refused),
        cmocka_unit_test(test_results_read_learning_that_is_not_ours_is_refused),
        cmocka_unit_test(test_results_read_claimed_sizes_are_not_believed),
        cmocka_unit_test(test_results_read_unknown_phase_is_refused),
        cmocka_unit_test(test_results_read_values_changed_on_disk_are_refused),
        cmocka_unit_test(test_results_read_missing_chunk_is_not_filled_in),
        cmocka_unit_test(test_results_read_attribute_class_is_not_trusted),
        cmocka_unit_test(test_results_read_values_in_other_files_are_refused),
        cmocka_unit_test(test_results_read_short_chunks_and_other_filters_are_refused),
        cmocka_unit_test(test_results_read_texts_in_chunks_are_read),
        cmocka_unit_test(test_results_read_time_is_proportional_to_the_chunks),
        cmocka_unit_test(test_results_read_flipped_bytes_are_refused),
        cmocka_unit_test(test_results_read_file_without_seal_is_read),
        cmocka_unit_test(test_results_read_old_seal_is_verified),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

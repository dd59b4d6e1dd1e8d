// What stands on which dimension scale: the same as HDF5's own functions write and read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/netcdf.h"
#include "tests/support/temp_directory.h"

enum { LONG = 7, SHORT = 3, VARIABLES = 200 };

static hid_t create(const char *name)
{
    hid_t file = H5I_INVALID_HID, access = H5Pcreate(H5P_FILE_ACCESS);
    assert_int_equal(pp_netcdf_create(temp_path(name), access, UINT64_MAX, &file, NULL), PP_OK);
    H5Pclose(access);
    return file;
}

static hid_t dimension(hid_t file, const char *name, uint64_t length)
{
    hid_t scale = H5I_INVALID_HID;
    assert_int_equal(pp_netcdf_dimension(file, name, length, &scale, NULL), PP_OK);
    return scale;
}

/// As HDF5 itself does it.
static hid_t h5ds_variable(hid_t file, const char *name, int rank, const hid_t *axes)
{
    hsize_t lengths[H5S_MAX_RANK] = {0};
    for (int d = 0; d < rank; d++) {
        hid_t space = H5Dget_space(axes[d]);
        H5Sget_simple_extent_dims(space, &lengths[d], NULL);
        H5Sclose(space);
    }
    hid_t space = H5Screate_simple(rank, lengths, NULL);
    hid_t dataset =
        H5Dcreate2(file, name, H5T_NATIVE_INT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Sclose(space);
    for (int d = 0; d < rank; d++)
        assert_true(H5DSattach_scale(dataset, axes[d], (unsigned)d) >= 0);
    return dataset;
}

/// Variables on the scales given, in a new file: with `attached` by pp_scales, else by H5DS.
static hid_t variable(hid_t file, const char *name, int rank, const hid_t *axes,
                      pp_scales *attached)
{
    hid_t dataset = H5I_INVALID_HID;
    pp_error error = {0};
    if (!attached)
        return h5ds_variable(file, name, rank, axes);
    pp_netcdf_variable about = {.name = name,
                                .units = "1",
                                .long_name = name,
                                .type = PP_I32,
                                .rank = rank,
                                .attached = attached};
    memcpy(about.scales, axes, (size_t)rank * sizeof *axes);
    if (pp_netcdf_variable_create(file, &about, &dataset, &error) != PP_OK)
        fail_msg("%s", error.message);
    return dataset;
}

/// Two scales and, on them, variables of one and two axes, the same scale twice among them.
static void build(const char *name, bool by_us)
{
    hid_t file = create(name), group = H5I_INVALID_HID;
    assert_int_equal(pp_netcdf_group(file, "group", &group, NULL), PP_OK);
    const hid_t l = dimension(file, "l", LONG), s = dimension(group, "s", SHORT);
    dimension(file, "unused", 2);
    pp_scales scales = {0}, *attached = by_us ? &scales : NULL;
    variable(file, "a", 1, (const hid_t[]){l}, attached);
    variable(file, "b", 2, (const hid_t[]){l, s}, attached);
    variable(group, "c", 3, (const hid_t[]){s, l, s}, attached);
    for (int i = 0; i < VARIABLES; i++) {
        char text[16];
        snprintf(text, sizeof text, "v%d", i);
        variable(file, text, 1, (const hid_t[]){s}, attached);
    }
    if (by_us)
        assert_int_equal(pp_scales_write(&scales, NULL), PP_OK);
    pp_scales_release(&scales);
    assert_true(H5Fclose(file) >= 0);
}

static hid_t reopen(const char *name)
{
    hid_t file = H5Fopen(temp_path(name), H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static hid_t open_dataset(hid_t file, const char *name)
{
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    assert_true(dataset >= 0);
    return dataset;
}

static herr_t note(hid_t dataset, unsigned axis, hid_t scale, void *context)
{
    char name[64] = "";
    (void)dataset, (void)axis;
    H5Iget_name(scale, name, sizeof name);
    strcat(context, name);
    strcat(context, " ");
    return 0;
}

static void expect_scales(hid_t file, const char *name, unsigned axis, const char *expected)
{
    char names[256] = "";
    hid_t dataset = open_dataset(file, name);
    assert_int_equal(H5DSiterate_scales(dataset, axis, NULL, note, names), 0);
    assert_string_equal(names, expected);
    assert_int_equal(H5DSget_num_scales(dataset, axis), 1);
    H5Dclose(dataset);
}

static void test_scales_are_what_h5ds_finds(void **state)
{
    (void)state;
    build("ours.h5", true);
    hid_t file = reopen("ours.h5");
    expect_scales(file, "a", 0, "/l ");
    expect_scales(file, "b", 0, "/l ");
    expect_scales(file, "b", 1, "/group/s ");
    expect_scales(file, "group/c", 0, "/group/s ");
    expect_scales(file, "group/c", 1, "/l ");
    expect_scales(file, "group/c", 2, "/group/s ");
    hid_t l = open_dataset(file, "l"), s = open_dataset(file, "group/s");
    hid_t b = open_dataset(file, "b"), c = open_dataset(file, "group/c");
    assert_true(H5DSis_attached(b, l, 0) > 0 && H5DSis_attached(b, s, 1) > 0);
    assert_int_equal(H5DSis_attached(b, s, 0), 0);
    assert_int_equal(H5DSis_attached(b, l, 1), 0);
    assert_true(H5DSis_attached(c, s, 0) > 0 && H5DSis_attached(c, s, 2) > 0);
    // HDF5 can go on from there.
    assert_true(H5DSdetach_scale(c, s, 2) >= 0);
    assert_int_equal(H5DSis_attached(c, s, 2), 0);
    assert_true(H5DSis_attached(c, s, 0) > 0);
    assert_true(H5DSattach_scale(c, s, 2) >= 0);
    assert_true(H5DSis_attached(c, s, 2) > 0);
    H5Dclose(c);
    H5Dclose(b);
    H5Dclose(s);
    H5Dclose(l);
    H5Fclose(file);
}

/// All elements of an attribute as they are in memory, references named. @return elements
static size_t read_list(hid_t file, const char *dataset, const char *name, hid_t *type, char *text,
                        size_t size)
{
    hid_t object = open_dataset(file, dataset), attribute = H5Aopen(object, name, H5P_DEFAULT);
    assert_true(attribute >= 0);
    *type = H5Aget_type(attribute);
    hid_t space = H5Aget_space(attribute);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space), each = H5Tget_size(*type), at = 0;
    unsigned char *bytes = calloc(n, each);
    assert_non_null(bytes);
    assert_true(H5Aread(attribute, *type, bytes) >= 0);
    for (size_t i = 0; i < n; i++) {
        hobj_ref_t reference;
        int dimension = -1;
        char target[64] = "";
        if (strcmp(name, DIMENSION_LIST) == 0) {
            const hvl_t *element = (const hvl_t *)(void *)(bytes + i * each);
            assert_int_equal(element->len, 1);
            memcpy(&reference, element->p, sizeof reference);
        } else {
            memcpy(&reference, bytes + i * each, sizeof reference);
            memcpy(&dimension, bytes + i * each + H5Tget_member_offset(*type, 1), sizeof dimension);
        }
        assert_true(H5Rget_name(file, H5R_OBJECT, &reference, target, sizeof target) > 0);
        int more = snprintf(text + at, size - at, "%s:%d ", target, dimension);
        assert_true(more > 0 && (size_t)more < size - at);
        at += (size_t)more;
    }
    if (strcmp(name, DIMENSION_LIST) == 0)
        H5Dvlen_reclaim(*type, space, H5P_DEFAULT, bytes);
    free(bytes);
    H5Sclose(space);
    H5Aclose(attribute);
    H5Dclose(object);
    return n;
}

static void compare_lists(hid_t ours, hid_t theirs, const char *dataset, const char *name)
{
    static char a[8192], b[8192];
    hid_t type, other;
    size_t n = read_list(ours, dataset, name, &type, a, sizeof a);
    assert_int_equal(n, read_list(theirs, dataset, name, &other, b, sizeof b));
    assert_string_equal(a, b);
    assert_true(H5Tequal(type, other) > 0);
    H5Tclose(type);
    H5Tclose(other);
}

static void test_scales_lists_are_those_that_h5ds_writes(void **state)
{
    (void)state;
    build("ours.h5", true);
    build("theirs.h5", false);
    hid_t ours = reopen("ours.h5"), theirs = reopen("theirs.h5");
    compare_lists(ours, theirs, "l", REFERENCE_LIST);
    compare_lists(ours, theirs, "group/s", REFERENCE_LIST);
    compare_lists(ours, theirs, "a", DIMENSION_LIST);
    compare_lists(ours, theirs, "b", DIMENSION_LIST);
    compare_lists(ours, theirs, "group/c", DIMENSION_LIST);
    compare_lists(ours, theirs, "v199", DIMENSION_LIST);
    assert_int_equal(H5Aexists_by_name(ours, "unused", REFERENCE_LIST, H5P_DEFAULT), 0);
    assert_int_equal(H5Aexists_by_name(theirs, "unused", REFERENCE_LIST, H5P_DEFAULT), 0);
    H5Fclose(ours);
    H5Fclose(theirs);
}

/// A list too long for an object's header.
static void test_scales_of_very_many_variables_are_kept(void **state)
{
    (void)state;
    enum { MANY = (1 << 16) / 16 + 10 };
    char name[16] = "";
    hid_t file = create("many.h5"), s = dimension(file, "s", SHORT);
    pp_scales scales = {0};
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "v%d", i);
        H5Dclose(variable(file, name, 1, &s, &scales));
    }
    assert_int_equal(pp_scales_write(&scales, NULL), PP_OK);
    pp_scales_release(&scales);
    H5Fclose(file);
    file = reopen("many.h5");
    s = open_dataset(file, "s");
    hid_t list = H5Aopen(s, REFERENCE_LIST, H5P_DEFAULT), space = H5Aget_space(list);
    assert_int_equal(H5Sget_simple_extent_npoints(space), MANY);
    hid_t last = open_dataset(file, name);
    assert_true(H5DSis_attached(last, s, 0) > 0);
    H5Fclose(file);
}

static void test_scales_that_are_none_are_refused(void **state)
{
    (void)state;
    hid_t file = create("none.h5"), l = dimension(file, "l", LONG);
    pp_scales scales = {0};
    pp_error error = {0};
    hid_t plain = variable(file, "plain", 1, &l, &scales);
    hid_t dataset = H5I_INVALID_HID;
    pp_netcdf_variable about = {.name = "bad",
                                .units = "1",
                                .long_name = "bad",
                                .type = PP_F64,
                                .rank = 2,
                                .scales = {l, plain},
                                .attached = &scales};
    assert_int_equal(pp_netcdf_variable_create(file, &about, &dataset, &error), PP_EINVAL);
    assert_string_equal(error.message, "axis 1 of 'bad' has no dimension");
    hid_t axes[] = {l, plain};
    assert_int_equal(pp_scales_attach(&scales, plain, 2, axes, &error), PP_EINVAL);
    assert_int_equal(pp_scales_attach(&scales, plain, 0, axes, &error), PP_EINVAL);
    assert_int_equal(pp_scales_attach(&scales, plain, H5S_MAX_RANK + 1, axes, &error), PP_EINVAL);
    pp_scales_release(&scales);
    H5Fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales_are_what_h5ds_finds),
        cmocka_unit_test(test_scales_lists_are_those_that_h5ds_writes),
        cmocka_unit_test(test_scales_of_very_many_variables_are_kept),
        cmocka_unit_test(test_scales_that_are_none_are_refused),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

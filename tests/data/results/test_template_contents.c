// What is in a file out of a template: what was put in, and the same as HDF5 itself writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <stdlib.h>

#include "data/hdf5/netcdf.h"
#include "data/hdf5/seal.h"
#include "data/results/define.h"
#include "data/results/record.h"
#include "data/results/template_parts.h"
#include "tests/support/temp_directory.h"
#include "tests/support/template_fixture.h"

/// Does a file of those contents pass for one of these?
static void check_is_refused(const unsigned char *bytes, size_t n, const pp_contents *contents,
                             const char *what)
{
    error = (pp_error){0};
    assert_int_equal(pp_template_check(contents, bytes, n, &error), PP_EFORMAT);
    if (!strstr(error.message, what))
        fail_msg("'%s' instead of %s", error.message, what);
}

/// Whatever is not in its place is found when a file is read back.
static void test_template_file_with_anything_amiss_is_refused(void **state)
{
    (void)state;
    static const char *const labels[] = {"null-1", "klq", "another", "b-3", "b-4", "b-5"};
    pp_results_layout layout = fixture_layout(1, 7, 0), other;
    pp_provenance started, elsewhere;
    pp_results_template *template;
    pp_record *record;
    unsigned char *bytes;
    size_t n;
    must(pp_provenance_now(layout.command_line, layout.threads, &started, &error));
    must(pp_record_create(&layout, &record, &error));
    fixture_fill(record, &layout, layout.first_trial);
    const pp_contents contents = {&layout, &started, pp_record_slabs(record),
                                  pp_record_data(record)};
    must(pp_template_take(&layout, &started, &template, &error));
    must(pp_template_fill(template, &contents, &bytes, &n, &error));
    must(pp_template_check(&contents, bytes, n - PP_SEAL, &error));
    pp_contents changed = contents;
    changed.layout = &other;
    other = layout;
    other.seed++;
    check_is_refused(bytes, n - PP_SEAL, &changed, "'seed'");
    other = layout;
    other.first_trial++;
    check_is_refused(bytes, n - PP_SEAL, &changed, "'/trial'");
    other = layout;
    other.firm_labels = labels;
    check_is_refused(bytes, n - PP_SEAL, &changed, "'/firm'");
    other = layout;
    other.scenario = "another";
    check_is_refused(bytes, n - PP_SEAL, &changed, "'/scenario'");
    changed = contents;
    changed.started = &elsewhere;
    elsewhere = started;
    elsewhere.threads++;
    check_is_refused(bytes, n - PP_SEAL, &changed, "'threads'");
    elsewhere = started;
    elsewhere.host[0]++;
    check_is_refused(bytes, n - PP_SEAL, &changed, "'host'");
    pp_record_f64(record, PP_VAR_learning_kl)[1] += 1;
    check_is_refused(bytes, n - PP_SEAL, &contents, "'/learning/kl'");
    pp_record_set_string(record, PP_VAR_category_description, 29, "another");
    check_is_refused(bytes, n - PP_SEAL, &contents, "'/category_description'");
    check_is_refused(bytes, 4000, &contents, "opening");
    free(bytes);
    pp_template_give_back(template, &layout);
    pp_record_destroy(record);
    pp_provenance_release(&started);
}

// What HDF5 writes itself, and what it reads of a file out of a template.

/// The file of a layout of one trial by HDF5 alone, chunks, filters and all.
static void write_by_hdf5(const char *path, const pp_results_layout *layout)
{
    pp_provenance started;
    pp_record *record;
    hid_t file, access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t *datasets = calloc(pp_layout_datasets(layout), sizeof *datasets);
    assert_non_null(datasets);
    must(pp_provenance_now(layout->command_line, layout->threads, &started, &error));
    must(pp_record_create(layout, &record, &error));
    fixture_fill(record, layout, layout->first_trial);
    must(pp_netcdf_create(path, access, 1, &file, &error));
    must(pp_results_define(file, layout, &started, false, datasets, &error));
    const pp_slabs *slabs = pp_record_slabs(record);
    for (size_t i = 0; i < slabs->n; i++) {
        const pp_slab *slab = &slabs->slab[i];
        const unsigned char *values = pp_record_data(record) + slab->offset;
        const char *texts[64];
        if (slab->count == 0)
            continue;
        assert_true(slab->type != PP_STRING || slab->count <= 64);
        for (size_t j = 0; slab->type == PP_STRING && j < slab->count; j++)
            texts[j] = (const char *)values + j * PP_RECORD_TEXT;
        must(pp_netcdf_write(datasets[i], slab->type, 0, 0,
                             slab->type == PP_STRING ? (const void *)texts : values, &error));
    }
    must(pp_netcdf_attribute_text(file, "status", "complete", &error));
    H5Fclose(file);
    H5Pclose(access);
    free(datasets);
    pp_record_destroy(record);
    pp_provenance_release(&started);
}

/// Compare n values of one type: texts of any length, or anything without references.
static void check_values(const char *name, hid_t type, size_t n, void *a, void *b)
{
    size_t size = H5Tget_size(type);
    char **texts = a, **others = b;
    if (H5Tis_variable_str(type) <= 0) {
        if (memcmp(a, b, n * size) != 0)
            fail_msg("%s differs", name);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!texts[i] || !others[i])
            assert_ptr_equal(texts[i], others[i]);
        else
            assert_string_equal(texts[i], others[i]);
        H5free_memory(texts[i]);
        H5free_memory(others[i]);
    }
}

static size_t check_shape(const char *name, hid_t type, hid_t other_type, hid_t space, hid_t other)
{
    if (H5Tequal(type, other_type) <= 0 || H5Sextent_equal(space, other) <= 0)
        fail_msg("%s is of another type or shape", name);
    return (size_t)H5Sget_simple_extent_npoints(space);
}

static herr_t check_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    hid_t a = H5Aopen(object, name, H5P_DEFAULT), b = H5Aopen(*(hid_t *)context, name, H5P_DEFAULT);
    hid_t type = H5Aget_type(a), type_b = H5Aget_type(b), space = H5Aget_space(a),
          space_b = H5Aget_space(b);
    size_t n = check_shape(name, type, type_b, space, space_b);
    // Lists of references have addresses in them, which are each file's own.
    if (H5Tdetect_class(type, H5T_REFERENCE) <= 0) {
        void *values = calloc(n, H5Tget_size(type)), *others = calloc(n, H5Tget_size(type));
        assert_true(values && others && H5Aread(a, type, values) >= 0);
        assert_true(H5Aread(b, type, others) >= 0);
        check_values(name, type, n, values, others);
        free(values);
        free(others);
    }
    H5Sclose(space);
    H5Sclose(space_b);
    H5Tclose(type);
    H5Tclose(type_b);
    H5Aclose(a);
    H5Aclose(b);
    return 0;
}

static herr_t check_object(hid_t file, const char *name, const H5O_info_t *info, void *context)
{
    hid_t a = H5Oopen(file, name, H5P_DEFAULT), b = H5Oopen(*(hid_t *)context, name, H5P_DEFAULT);
    H5O_info_t other;
    assert_true(H5Oget_info(b, &other) >= 0);
    assert_int_equal(info->type, other.type);
    assert_int_equal(info->num_attrs, other.num_attrs);
    hsize_t at = 0;
    assert_true(H5Aiterate2(a, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, check_attribute, &b) >= 0);
    if (info->type == H5O_TYPE_DATASET) {
        hid_t type = H5Dget_type(a), type_b = H5Dget_type(b), space = H5Dget_space(a),
              space_b = H5Dget_space(b);
        size_t n = check_shape(name, type, type_b, space, space_b);
        void *values = calloc(n, H5Tget_size(type)), *others = calloc(n, H5Tget_size(type));
        assert_true(values && others);
        assert_true(H5Dread(a, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
        assert_true(H5Dread(b, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, others) >= 0);
        check_values(name, type, n, values, others);
        free(values);
        free(others);
        H5Sclose(space);
        H5Sclose(space_b);
        H5Tclose(type);
        H5Tclose(type_b);
    }
    H5Oclose(a);
    H5Oclose(b);
    return 0;
}

static void test_template_contents_are_those_that_hdf5_writes(void **state)
{
    (void)state;
    pp_results_layout layout = fixture_layout(1, 7, 4);
    layout.command_line = "pursuit run caf\xE9.yaml";
    write_by_hdf5(temp_path("hdf5.h5"), &layout);
    write_file(temp_path("small.h5"), &layout);
    assert_false(is_contiguous(temp_path("hdf5.h5")));
    assert_true(is_contiguous(temp_path("small.h5")));
    hid_t a = H5Fopen(temp_path("hdf5.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t b = H5Fopen(temp_path("small.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(a >= 0 && b >= 0);
    assert_true(H5Ovisit(a, H5_INDEX_CRT_ORDER, H5_ITER_INC, check_object, &b) >= 0);
    H5Fclose(a);
    H5Fclose(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_file_with_anything_amiss_is_refused),
        cmocka_unit_test(test_template_contents_are_those_that_hdf5_writes),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    setenv("SOURCE_DATE_EPOCH", "0", 1);
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

// HDF5's own structures, as they are found and written in a file's bytes: the same as HDF5's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/bytes.h"
#include "data/hdf5/heap.h"
#include "data/hdf5/image.h"
#include "data/hdf5/lookup3.h"
#include "data/hdf5/netcdf.h"

static pp_error error;

static void must(pp_status status)
{
    if (status != PP_OK)
        fail_msg("%s: %s", pp_status_text(status), error.message);
}

static hid_t create(void)
{
    hid_t file = H5I_INVALID_HID, access = pp_image_access(NULL, 0);
    must(pp_netcdf_create(PP_IMAGE_NAME, access, UINT64_MAX, &file, &error));
    H5Pclose(access);
    return file;
}

static hid_t reopen(const unsigned char *bytes, size_t n)
{
    hid_t access = pp_image_access(bytes, n);
    hid_t file = H5Fopen(PP_IMAGE_NAME, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

/// The values that come with the algorithm.
static void test_lookup3_gives_the_known_answers(void **state)
{
    (void)state;
    const unsigned char *text = (const unsigned char *)"Four score and seven years ago";
    assert_int_equal(pp_lookup3(text, 0), 0xdeadbeef);
    assert_int_equal(pp_lookup3(text, 30), 0x17770551);
}

/// A dataset of n texts by HDF5, in a file of nothing else. @param at place of its elements
static void write_texts(const char *const *texts, size_t n, pp_image *image, size_t *at)
{
    hid_t file = create(), type = pp_netcdf_string_type();
    hsize_t length = n;
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t dataset = H5Dcreate2(file, "texts", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (size_t i = 0; i < n; i++) // HDF5 writes the last of several first
        must(pp_netcdf_write(dataset, PP_STRING, i, 1, texts + i, &error));
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
    must(pp_image_take(file, image, &error));
    *at = pp_image_dataset(file, image, "texts", n * PP_HEAP_REFERENCE);
    assert_true(*at > 0);
    assert_int_equal(pp_image_dataset(file, image, "texts", n * PP_HEAP_REFERENCE + 1), 0);
    assert_int_equal(pp_image_dataset(file, image, "nothing", 8), 0);
    H5Fclose(file);
}

/// Write the heap of a file that HDF5 has made once more: nothing changes.
static void compare_heaps(const char *const *texts, size_t n)
{
    pp_image image;
    size_t at;
    write_texts(texts, n, &image, &at);
    const unsigned char *heap = NULL;
    for (size_t i = 0; i + 4 <= image.n; i++)
        if (memcmp(image.bytes + i, "GCOL", 4) == 0) {
            assert_null(heap);
            heap = image.bytes + i;
        }
    assert_non_null(heap);
    pp_heap_text *ours = calloc(n, sizeof *ours);
    unsigned char *copy = malloc(image.n);
    assert_true(ours && copy);
    for (size_t i = 0; i < n; i++)
        ours[i] = (pp_heap_text){texts[i], strlen(texts[i]), at + i * PP_HEAP_REFERENCE};
    size_t address = (size_t)(heap - image.bytes), bytes = pp_heap_bytes(ours, n);
    assert_int_equal(bytes, pp_bytes_get(heap + 8, 8));
    memcpy(copy, image.bytes, image.n);
    memset(copy + address, 0, bytes);
    memset(copy + at, 0xFF, n * PP_HEAP_REFERENCE);
    pp_heap_write(ours, n, copy, address);
    assert_memory_equal(copy, image.bytes, image.n);
    free(copy);
    free(ours);
    pp_image_release(&image);
}

static void test_heap_is_the_one_that_hdf5_writes(void **state)
{
    (void)state;
    enum { HEAD = 16 };
    static const char *const several[] = {"a", "", "eight by", "nine byte", "Société", ""};
    compare_heaps(several, 6);
    // Sizes around that of the smallest collection, which has 4,096 bytes.
    for (size_t length = 4096 - 4 * HEAD; length <= 4096 + 2 * HEAD; length++) {
        char *text = calloc(length + 1, 1);
        assert_non_null(text);
        memset(text, 'x', length);
        compare_heaps((const char *const[]){text}, 1);
        free(text);
    }
}

static void put_attribute(hid_t file, const char *name, uint64_t value)
{
    must(pp_netcdf_attribute_numbers(file, name, H5T_NATIVE_UINT64, 0, &value, &error));
}

/// Attributes are found in every chunk of a header, changed, and read by HDF5.
static void test_image_attributes_are_where_hdf5_reads_them(void **state)
{
    (void)state;
    enum { ATTRIBUTES = 32 };
    static const char long_name[] =
        "an attribute whose name is long, so that the header is, number %d";
    char name[96];
    pp_image image;
    hid_t file = create();
    for (uint64_t i = 0; i < ATTRIBUTES; i++) {
        snprintf(name, sizeof name, long_name, (int)i);
        put_attribute(file, name, i);
        hid_t group = H5I_INVALID_HID; // in the way of a header that grows
        if (i % 8 == 0)
            must(pp_netcdf_group(file, name, &group, &error));
        if (i % 8 == 0)
            H5Gclose(group);
    }
    must(pp_image_take(file, &image, &error));
    H5Fclose(file);
    assert_true(image.n_chunks > 1);
    assert_int_equal(pp_image_attribute(&image, "attribute", 8), 0);
    assert_int_equal(pp_image_attribute(&image, name, 4), 0);
    for (uint64_t i = 0; i < ATTRIBUTES; i++) {
        snprintf(name, sizeof name, long_name, (int)i);
        size_t place = pp_image_attribute(&image, name, sizeof i);
        assert_true(place > 0 && memcmp(image.bytes + place, &i, sizeof i) == 0);
        uint64_t other = 1000 + i;
        memcpy(image.bytes + place, &other, sizeof other);
    }
    pp_image_finish(&image, image.bytes, image.n);
    file = reopen(image.bytes, image.n);
    for (uint64_t i = 0; i < ATTRIBUTES; i++) {
        uint64_t value;
        snprintf(name, sizeof name, long_name, (int)i);
        hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
        assert_true(H5Aread(attribute, H5T_NATIVE_UINT64, &value) >= 0);
        assert_int_equal(value, 1000 + i);
        H5Aclose(attribute);
    }
    H5Fclose(file);
    pp_image_release(&image);
}

/// A file of HDF5's oldest format has another superblock; more attributes than a header takes lie
/// elsewhere.
static void test_image_of_another_kind_is_refused(void **state)
{
    (void)state;
    pp_image image;
    hid_t access = pp_image_access(NULL, 0);
    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
    hid_t file = H5Fcreate(PP_IMAGE_NAME, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    assert_int_equal(pp_image_take(file, &image, &error), PP_EFORMAT);
    assert_null(image.bytes);
    H5Fclose(file);
    H5Pclose(access);
    file = create();
    for (uint64_t i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%d", (int)i);
        put_attribute(file, name, i);
    }
    must(pp_image_take(file, &image, &error));
    H5Fclose(file);
    assert_int_equal(pp_image_attribute(&image, "a1", 8), 0);
    pp_image_release(&image);
    pp_image_release(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lookup3_gives_the_known_answers),
        cmocka_unit_test(test_heap_is_the_one_that_hdf5_writes),
        cmocka_unit_test(test_image_attributes_are_where_hdf5_reads_them),
        cmocka_unit_test(test_image_of_another_kind_is_refused),
    };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

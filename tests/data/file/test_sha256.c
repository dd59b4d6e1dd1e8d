/// @file
/// data/file/sha256.h: the known answers of FIPS 180-4 and of NIST's test vectors.
#include "tests/support/problems.h"

#include <fcntl.h>
#include <stdlib.h>

#include "data/file/sha256.h"
#include "tests/support/temp_directory.h"

static void test_sha256_known_answers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hash;
    } known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    char text[PP_SHA256_TEXT];
    for (size_t i = 0; i < PP_COUNT(known); i++) {
        pp_sha256(known[i].text, strlen(known[i].text), text);
        assert_string_equal(text, known[i].hash);
    }
}

/// A million times 'a', which no buffer holds at once.
static void test_sha256_file_is_hashed_whole(void **state)
{
    (void)state;
    enum { N = 1000000 };
    char text[PP_SHA256_TEXT], *bytes = malloc(N);
    pp_error error = {0};
    assert_non_null(bytes);
    memset(bytes, 'a', N);
    const char *path = temp_path("million");
    temp_write(path, bytes, N);
    free(bytes);
    int fd = open(path, O_RDONLY);
    assert_int_equal(pp_sha256_file(fd, text, &error), PP_OK);
    close(fd);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_sha256_unreadable_file_is_an_error(void **state)
{
    (void)state;
    char text[PP_SHA256_TEXT];
    pp_error error = {0};
    int fd = open(temp_directory, O_RDONLY | O_DIRECTORY);
    assert_int_equal(pp_sha256_file(fd, text, &error), PP_EIO);
    close(fd);
    assert_string_equal(error.message, "Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256_known_answers),
        cmocka_unit_test(test_sha256_file_is_hashed_whole),
        cmocka_unit_test(test_sha256_unreadable_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

/// @file
/// agents/plugin/elf_file.h: what is refused before the loader sees it, and what is left to it.
#include "tests/support/problems.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>

#include "agents/plugin/elf_file.h"
#include "market/base/param.h"
#include "tests/support/temp_directory.h"

/// A shared object as far as its headers go.
typedef struct image {
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[3];
    char rest[1000];
} image;

static image sound(void)
{
    // The machine is this test's own.
    ElfW(Ehdr) header;
    size_t n;
    unsigned char *bytes = temp_read("/proc/self/exe", &n);
    memcpy(&header, bytes, sizeof header);
    free(bytes);
    image made = {.header = header,
                  .segments = {{.p_type = PT_LOAD, .p_filesz = sizeof(image)},
                               {.p_type = PT_DYNAMIC, .p_offset = 400, .p_filesz = 100},
                               {.p_type = PT_NOTE, .p_offset = 100000, .p_filesz = 1}}};
    made.header.e_type = ET_DYN;
    made.header.e_phoff = offsetof(image, segments);
    made.header.e_phnum = PP_COUNT(made.segments);
    made.header.e_shoff = 100000; // beyond the end: nothing of it is loaded
    made.header.e_shnum = 10;
    return made;
}

static void assert_check(const void *bytes, size_t n, pp_status expected, const char *part)
{
    pp_error error = {0};
    const char *path = temp_path("x.so");
    temp_write(path, bytes, n);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    pp_status status = pp_elf_check(fd, "x.so", &error);
    close(fd);
    if (status != expected || !strstr(error.message, part))
        fail_msg("status %d, \"%s\" without \"%s\"", (int)status, error.message, part);
}

static void test_elf_whole_file_and_no_elf_file_pass(void **state)
{
    (void)state;
    static const char words[2000] = "\177ELk";
    image file = sound();
    assert_check(&file, sizeof file, PP_OK, "");
    assert_check(words, sizeof words, PP_OK, "");
    assert_check(words, 3, PP_OK, "");
    assert_check(words, 0, PP_OK, "");
}

static void test_elf_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    image file = sound();
    for (size_t n = SELFMAG; n < sizeof file; n += n < 400 ? 1 : 37)
        assert_check(&file, n, PP_EFORMAT, "'x.so' is cut short: it has ");
    assert_check(&file, sizeof file - 1, PP_EFORMAT, " from byte 0 on");
}

/// Sums that wrap round are beyond the end like all others.
static void test_elf_segment_beyond_the_end_is_refused(void **state)
{
    (void)state;
    static const struct {
        ElfW(Off) offset;
        ElfW(Xword) size;
    } cases[] = {
        {sizeof(image), 1},   {sizeof(image) + 1, 0}, {1, sizeof(image)},
        {(ElfW(Off)) - 1, 2}, {2, (ElfW(Xword)) - 1}, {(ElfW(Off)) - 1, (ElfW(Xword)) - 1},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++)
        for (size_t segment = 0; segment < 2; segment++) {
            image file = sound();
            file.segments[segment].p_offset = cases[i].offset;
            file.segments[segment].p_filesz = cases[i].size;
            assert_check(&file, sizeof file, PP_EFORMAT, "is cut short");
        }
    image file = sound();
    file.segments[1].p_offset = sizeof file; // nothing, at the very end
    file.segments[1].p_filesz = 0;
    assert_check(&file, sizeof file, PP_OK, "");
    file.header.e_phoff = (ElfW(Off)) - 8;
    assert_check(&file, sizeof file, PP_EFORMAT, "is cut short");
    file = sound();
    file.header.e_phnum = 65535;
    assert_check(&file, sizeof file, PP_EFORMAT, "is cut short");
}

static void test_elf_file_for_other_uses_is_refused(void **state)
{
    (void)state;
    image file = sound();
    file.header.e_type = ET_REL;
    assert_check(&file, sizeof file, PP_EFORMAT, "'x.so' is an ELF file but no shared object");
    file = sound();
    file.header.e_phentsize++;
    assert_check(&file, sizeof file, PP_EFORMAT, "'x.so' is damaged: a program header of ");
    static const char foreign[] = "'x.so' is for another kind of machine";
    file = sound();
    file.header.e_machine ^= 1;
    assert_check(&file, sizeof file, PP_EFORMAT, foreign);
    file = sound();
    file.header.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
    assert_check(&file, sizeof file, PP_EFORMAT, foreign);
    file = sound();
    file.header.e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
    assert_check(&file, sizeof file, PP_EFORMAT, foreign);
}

static void test_elf_file_that_cannot_be_read_is_reported(void **state)
{
    (void)state;
    pp_error error = {0};
    assert_int_equal(pp_elf_check(-1, "x.so", &error), PP_EIO);
    assert_string_equal(error.message, "'x.so': Bad file descriptor");
    image file = sound();
    const char *path = temp_path("x.so");
    temp_write(path, &file, sizeof file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pp_elf_check(fd, "x.so", &error), PP_EIO);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_whole_file_and_no_elf_file_pass),
        cmocka_unit_test(test_elf_file_cut_anywhere_is_refused),
        cmocka_unit_test(test_elf_segment_beyond_the_end_is_refused),
        cmocka_unit_test(test_elf_file_for_other_uses_is_refused),
        cmocka_unit_test(test_elf_file_that_cannot_be_read_is_reported),
    };
    return cmocka_run_group_tests(tests, temp_directory_make, temp_directory_remove);
}

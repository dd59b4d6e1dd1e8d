// A shared object looked at before the loader maps it: is it whole, and for this machine?
#include "agents/plugin/elf_file.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct elf_file {
    int fd;
    const char *path;
    uint64_t size; ///< bytes
} elf_file;

/// Are n bytes from `offset` within the file? Either may be any number.
static bool holds(const elf_file *file, uint64_t offset, uint64_t n)
{
    return offset <= file->size && n <= file->size - offset;
}

static pp_status cut_short(const elf_file *file, uint64_t offset, uint64_t n, pp_error *error)
{
    return pp_error_set(error, PP_EFORMAT,
                        "'%s' is cut short: it has %llu bytes, and its headers speak of %llu from "
                        "byte %llu on",
                        file->path, (unsigned long long)file->size, (unsigned long long)n,
                        (unsigned long long)offset);
}

/// Read n bytes, all or none.
static pp_status read_at(const elf_file *file, uint64_t offset, void *bytes, size_t n,
                         pp_error *error)
{
    if (!holds(file, offset, n))
        return cut_short(file, offset, n, error);
    ssize_t got;
    do
        got = pread(file->fd, bytes, n, (off_t)offset);
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)n)
        return PP_OK;
    return pp_error_set(error, PP_EIO, "'%s': %s", file->path,
                        got < 0 ? strerror(errno) : "it became shorter as it was read");
}

/// Is the file for the machine that this program is for? The loader's own words for one that is not
/// are "No such file or directory".
static bool is_for_this_machine(const ElfW(Ehdr) * header)
{
    static const char here = 0;
    Dl_info about;
    ElfW(Ehdr) own;
    if (header->e_ident[EI_CLASS] != (__ELF_NATIVE_CLASS == 64 ? ELFCLASS64 : ELFCLASS32))
        return false; // the rest of the header is laid out otherwise
    if (!dladdr(&here, &about))
        return true; // for the loader to say
    memcpy(&own, about.dli_fbase, sizeof own);
    return header->e_ident[EI_DATA] == own.e_ident[EI_DATA] && header->e_machine == own.e_machine;
}

static pp_status check_header(const elf_file *file, const ElfW(Ehdr) * header, pp_error *error)
{
    if (!is_for_this_machine(header))
        return pp_error_set(error, PP_EFORMAT, "'%s' is for another kind of machine", file->path);
    if (header->e_type != ET_DYN)
        return pp_error_set(error, PP_EFORMAT, "'%s' is an ELF file but no shared object",
                            file->path);
    if (header->e_phentsize != sizeof(ElfW(Phdr)))
        return pp_error_set(error, PP_EFORMAT,
                            "'%s' is damaged: a program header of %u bytes instead of %zu",
                            file->path, (unsigned)header->e_phentsize, sizeof(ElfW(Phdr)));
    return PP_OK;
}

/// What is mapped must be there; what is not, as the section headers, may have been cut off.
static pp_status check_segments(const elf_file *file, const ElfW(Ehdr) * header, pp_error *error)
{
    const uint64_t each = sizeof(ElfW(Phdr)), all = header->e_phnum * each;
    if (!holds(file, header->e_phoff, all)) // so that no offset below wraps round
        return cut_short(file, header->e_phoff, all, error);
    for (uint64_t i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        pp_status status =
            read_at(file, header->e_phoff + i * each, &segment, sizeof segment, error);
        if (status != PP_OK)
            return status;
        if ((segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) &&
            !holds(file, segment.p_offset, segment.p_filesz))
            return cut_short(file, segment.p_offset, segment.p_filesz, error);
    }
    return PP_OK;
}

pp_status pp_elf_check(int fd, const char *path, pp_error *error)
{
    struct stat about;
    ElfW(Ehdr) header;
    if (fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "'%s': %s", path, strerror(errno));
    elf_file file = {fd, path, (uint64_t)about.st_size};
    if (file.size < SELFMAG)
        return PP_OK;
    pp_status status = read_at(&file, 0, header.e_ident, SELFMAG, error);
    if (status != PP_OK || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return status;
    status = read_at(&file, 0, &header, sizeof header, error);
    if (status == PP_OK)
        status = check_header(&file, &header, error);
    return status == PP_OK ? check_segments(&file, &header, error) : status;
}

#include "experiments/engine/build_id.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct search {
    uintptr_t here; ///< an address within the object looked for
    unsigned char *id;
    size_t n;
} search;

static bool holds(const struct dl_phdr_info *object, uintptr_t address)
{
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && address - start < segment->p_memsz)
            return true;
    }
    return false;
}

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/// Look through a segment of notes, each a header, a name and a description.
static void read_notes(const unsigned char *at, size_t size, search *s)
{
    ElfW(Nhdr) note;
    while (size >= sizeof note) {
        memcpy(&note, at, sizeof note);
        size_t name = padded(note.n_namesz), text = padded(note.n_descsz);
        size -= sizeof note;
        at += sizeof note;
        if (name > size || text > size - name)
            return;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(at, "GNU", 4) == 0 &&
            note.n_descsz <= PP_BUILD_ID) {
            s->n = note.n_descsz;
            memcpy(s->id, at + name, s->n);
        }
        at += name + text;
        size -= name + text;
    }
}

static int visit(struct dl_phdr_info *object, size_t size, void *context)
{
    search *s = context;
    (void)size;
    if (!holds(object, s->here))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        const char *start = (const char *)(object->dlpi_addr + segment->p_vaddr);
        if (segment->p_type == PT_NOTE)
            read_notes((const unsigned char *)start, segment->p_memsz, s);
    }
    return 1;
}

size_t pp_build_id(unsigned char id[PP_BUILD_ID])
{
    search s = {.here = (uintptr_t)&pp_build_id};
    s.id = id;
    dl_iterate_phdr(visit, &s);
    return s.n;
}

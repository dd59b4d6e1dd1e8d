// Which file a loaded object was mapped from.
#include "agents/plugin/mapped_file.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/// Device and inode of a mapping, as the kernel writes them.
typedef struct origin {
    char device[32], inode[32];
} origin;

static bool find_origin(const void *address, origin *found)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char *line = NULL;
    size_t size = 0;
    bool ok = false;
    if (!maps)
        return false;
    while (!ok && getline(&line, &size, maps) > 0) {
        uintptr_t from, to;
        ok = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*s %*s %31s %31s", &from, &to, found->device,
                    found->inode) == 4 &&
             (uintptr_t)address >= from && (uintptr_t)address < to;
    }
    free(line);
    fclose(maps);
    return ok;
}

// The file is mapped once more and both mappings compared: on file systems in layers the numbers of
// fstat are not those of mappings.
bool pp_mapped_elsewhere(const void *address, int fd)
{
    origin own, other;
    void *bytes = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    bool known = find_origin(bytes, &own) && find_origin(address, &other);
    munmap(bytes, 1);
    return known && (strcmp(own.device, other.device) != 0 || strcmp(own.inode, other.inode) != 0);
}

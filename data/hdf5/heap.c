// Global heap collections: a head, then objects, each with a head of its own, then free space.
#include "data/hdf5/heap.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "data/hdf5/bytes.h"

/// HDF5 reads 4096 bytes of any collection before it knows its size.
enum { HEAD = 16, OBJECT = 16, SMALLEST = 4096, ALIGNMENT = 8 };

static size_t object_bytes(size_t length)
{
    return OBJECT + (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

size_t pp_heap_bytes(const pp_heap_text *texts, size_t n)
{
    size_t bytes = HEAD;
    for (size_t i = 0; i < n; i++)
        bytes += object_bytes(texts[i].length);
    return bytes > SMALLEST ? bytes : SMALLEST;
}

/// The head of an object. HDF5 does not count what refers to texts, each of which has one element.
static void write_object(unsigned char *at, uint64_t number, uint64_t bytes)
{
    pp_bytes_put(at, 2, number);
    pp_bytes_put(at + 8, 8, bytes);
}

void pp_heap_write(const pp_heap_text *texts, size_t n, unsigned char *image, size_t address)
{
    unsigned char *at = image + address, *end = at + pp_heap_bytes(texts, n);
    assert(n <= PP_HEAP_TEXTS);
    memcpy(at, "GCOL\1\0\0", 8);
    pp_bytes_put(at + 8, 8, (uint64_t)(end - at));
    at += HEAD;
    for (size_t i = 0; i < n; i++) {
        unsigned char *element = image + texts[i].place;
        assert(texts[i].length <= UINT32_MAX);
        write_object(at, i + 1, texts[i].length);
        memcpy(at + OBJECT, texts[i].text, texts[i].length);
        at += object_bytes(texts[i].length);
        pp_bytes_put(element, 4, texts[i].length);
        pp_bytes_put(element + 4, 8, address);
        pp_bytes_put(element + 12, 4, i + 1);
    }
    if (end - at >= OBJECT) // less is free without saying so
        write_object(at, 0, (uint64_t)(end - at));
}

/// @file
/// A directory of its own for each test program that writes files.
#ifndef PURSUIT_TESTS_SUPPORT_TEMP_DIRECTORY_H
#define PURSUIT_TESTS_SUPPORT_TEMP_DIRECTORY_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char temp_directory[256];

/// cmocka group setup.
static int temp_directory_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(temp_directory, sizeof temp_directory, "%s/pursuit-test-XXXXXX",
             base && base[0] ? base : "/tmp");
    return mkdtemp(temp_directory) ? 0 : -1;
}

/// cmocka group teardown: the files in it, then itself.
static int temp_directory_remove(void **state)
{
    (void)state;
    DIR *directory = opendir(temp_directory);
    if (!directory)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", temp_directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove(path);
    }
    closedir(directory);
    return rmdir(temp_directory);
}

/// Path of a file in it; one of four static buffers.
static inline const char *temp_path(const char *name)
{
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", temp_directory, name);
    return path;
}

static inline void temp_write(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
        abort();
}

/// A whole file; malloc'd.
static inline unsigned char *temp_read(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        abort();
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc((size_t)size + 1);
    if (size < 0 || !bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size)
        abort();
    fclose(file);
    *n = (size_t)size;
    return bytes;
}

#endif

// What a run is known by: its resolved scenario, and the book it reads.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "experiments/sweep/plan/parts.h"
#include "market/base/array.h"

struct pp_sweep_book {
    char *path;
    char sha256[PP_SHA256_TEXT];
};

static pp_status hash_open_file(int fd, const char *path, char sha256[PP_SHA256_TEXT],
                                pp_error *error)
{
    struct stat about;
    pp_error detail = {0};
    if (fstat(fd, &about) != 0)
        return pp_error_set(error, PP_EIO, "'%s' cannot be read: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return pp_error_set(error, PP_EIO, "'%s' is no regular file", path);
    if (pp_sha256_file(fd, sha256, &detail) != PP_OK)
        return pp_error_set(error, PP_EIO, "'%s' cannot be read: %s", path, detail.message);
    return PP_OK;
}

static pp_status hash_file(const char *path, char sha256[PP_SHA256_TEXT], pp_error *error)
{
    // Without O_NONBLOCK a FIFO would wait for somebody to write to it.
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return pp_error_set(error, PP_EIO, "'%s' cannot be read: %s", path, strerror(errno));
    pp_status status = hash_open_file(fd, path, sha256, error);
    close(fd);
    return status;
}

static bool keep(pp_sweep_books *books, const char *path, const char *sha256)
{
    void *grown = pp_array_grow(books->books, books->n, &books->capacity, sizeof *books->books);
    if (!grown)
        return false;
    books->books = grown;
    struct pp_sweep_book *book = &books->books[books->n];
    book->path = strdup(path);
    if (!book->path)
        return false;
    memcpy(book->sha256, sha256, PP_SHA256_TEXT);
    books->n++;
    return true;
}

static pp_status hash_book(const char *path, pp_sweep_books *books, char sha256[PP_SHA256_TEXT],
                           pp_error *error)
{
    for (size_t i = 0; books && i < books->n; i++)
        if (strcmp(books->books[i].path, path) == 0) {
            memcpy(sha256, books->books[i].sha256, PP_SHA256_TEXT);
            return PP_OK;
        }
    pp_status status = hash_file(path, sha256, error);
    if (status == PP_OK && books && !keep(books, path, sha256))
        return pp_error_set(error, PP_ENOMEM, "no memory for a book's checksum");
    return status;
}

void pp_sweep_books_destroy(pp_sweep_books *books)
{
    for (size_t i = 0; i < books->n; i++)
        free(books->books[i].path);
    free(books->books);
    *books = (pp_sweep_books){0};
}

pp_status pp_sweep_identify(const pp_scenario *scenario, pp_sweep_books *books,
                            char id[PP_SWEEP_ID], pp_error *error)
{
    char book[PP_SHA256_TEXT] = "", sha256[PP_SHA256_TEXT];
    pp_status status = PP_OK;
    if (scenario->population == PP_POPULATION_BOOK)
        status = hash_book(scenario->book_source.file.text, books, book, error);
    if (status != PP_OK)
        return status;
    char *yaml = pp_scenario_yaml(scenario);
    size_t n = yaml ? strlen(yaml) : 0;
    char *text = yaml ? realloc(yaml, n + sizeof book) : NULL;
    if (!text) {
        free(yaml);
        return pp_error_set(error, PP_ENOMEM, "no memory for a run's scenario");
    }
    memcpy(text + n, book, sizeof book);
    pp_sha256(text, n + strlen(book), sha256);
    free(text);
    snprintf(id, PP_SWEEP_ID, "%.16s", sha256);
    return PP_OK;
}

// Finished trials of an interrupted run, in an append-only file of checksummed records.
#include "data/results/checkpoint.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/checksum.h"
#include "data/file/output_steps.h"
#include "data/file/transfer.h"
#include "market/base/clock.h"

enum { VERSION = 2, HISTORY_MAX = 16 << 20, SYNC_SECONDS = 30 };

static const unsigned char magic[8] = "PPTRIAL\n";

/// As in the file, of the machine's own byte order: a build of another order is another kind. The
/// history follows, then a checksum of both.
typedef struct head {
    unsigned char magic[sizeof magic];
    uint32_t version;
    int32_t threads;
    char key[PP_SHA256_TEXT - 1];
    uint64_t record_bytes, history_bytes;
    char created[PP_CREATED], host[PP_HOST], slurm[PP_SLURM_IDS][PP_SLURM_ID];
} head;
static_assert(sizeof(head) == 8 + 4 + 4 + 64 + 8 + 8 + 32 + 256 + 192, "without padding");

/// A record in the file, checksum and all.
typedef struct frame {
    uint64_t checksum, number;
    unsigned char record[];
} frame;

struct pp_checkpoint {
    char *path;
    int fd;
    size_t record_bytes;
    uint64_t n; ///< records
    off_t end;  ///< of the last one
    frame *frame;
    double synced; ///< when the disk was last known to have all
};

static uint64_t checksum_of(const frame *f, size_t record_bytes)
{
    return pp_checksum(f->record, record_bytes, f->number);
}

static void release(pp_checkpoint *checkpoint)
{
    if (checkpoint->fd >= 0)
        close(checkpoint->fd);
    free(checkpoint->path);
    free(checkpoint->frame);
    free(checkpoint);
}

/// Takes the descriptor over, whatever happens.
static pp_status make(const char *path, int fd, size_t record_bytes, pp_checkpoint **checkpoint,
                      pp_error *error)
{
    pp_checkpoint *made = calloc(1, sizeof *made);
    if (made) {
        made->fd = fd;
        made->path = strdup(path);
        made->record_bytes = record_bytes;
        made->frame = malloc(sizeof *made->frame + record_bytes);
        made->synced = pp_clock_seconds();
    } else {
        close(fd);
    }
    if (made && made->path && made->frame) {
        *checkpoint = made;
        return PP_OK;
    }
    if (made)
        release(made);
    return pp_error_set(error, PP_ENOMEM, "no memory for a checkpoint, %zu bytes", record_bytes);
}

typedef enum finding {
    ABSENT,
    BEGUN,  ///< ours, but its head is cut or damaged: nothing in it can be used
    WHOLE,  ///< and of this kind
    FOREIGN ///< of another kind
} finding;

/// Is the start of the file that of a checkpoint, as far as it goes? A power cut can leave a file
/// empty, or zeros in it.
static bool is_ours(const unsigned char *start, size_t n)
{
    static const unsigned char zeros[sizeof magic];
    n = n < sizeof magic ? n : sizeof magic;
    return memcmp(start, magic, n) == 0 || memcmp(start, zeros, n) == 0;
}

bool pp_checkpoint_exists(const char *path)
{
    unsigned char start[sizeof magic];
    FILE *file = pp_open_to_read(path);
    bool whole = file && fread(start, 1, sizeof start, file) == sizeof start;
    if (file)
        fclose(file);
    return whole && memcmp(start, magic, sizeof start) == 0;
}

/// @param first   its texts are not ended yet
/// @param history malloc'd if WHOLE
static pp_status read_head(int fd, off_t size, const pp_checkpoint_kind *kind, head *first,
                           char **history, finding *found, pp_error *error)
{
    size_t n = size < (off_t)sizeof *first ? (size_t)size : sizeof *first;
    uint64_t checksum;
    memset(first, 0, sizeof *first);
    if (!pp_read_exactly(fd, 0, n, first))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    if (!is_ours(first->magic, n))
        return pp_error_set(error, PP_EIO, "it is in the way and no checkpoint of a run");
    *found = BEGUN;
    if (n < sizeof *first || first->magic[0] == 0)
        return PP_OK;
    *found = FOREIGN;
    if (first->version != VERSION)
        return PP_OK;
    *found = BEGUN;
    uint64_t length = first->history_bytes;
    if (length > HISTORY_MAX || size - (off_t)n < (off_t)(length + sizeof checksum))
        return PP_OK;
    *history = malloc(length + 1);
    if (!*history)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    (*history)[length] = '\0';
    if (!pp_read_exactly(fd, (off_t)n, length, *history) ||
        !pp_read_exactly(fd, (off_t)(n + length), sizeof checksum, &checksum))
        return pp_error_set(error, PP_EIO, "%s", strerror(errno));
    if (checksum != pp_checksum(*history, length, pp_checksum(first, sizeof *first, 0)))
        return PP_OK;
    bool same = memcmp(first->key, kind->key, sizeof first->key) == 0 &&
                first->record_bytes == kind->record_bytes;
    *found = same ? WHOLE : FOREIGN;
    return PP_OK;
}

static void copy_text(char *to, const char *from, size_t size)
{
    memcpy(to, from, size);
    to[size - 1] = '\0';
}

/// Without the history.
static pp_provenance provenance_of(const head *h)
{
    pp_provenance p = {.threads = h->threads};
    copy_text(p.created, h->created, sizeof p.created);
    copy_text(p.host, h->host, sizeof p.host);
    for (size_t i = 0; i < PP_SLURM_IDS; i++)
        copy_text(p.slurm[i], h->slurm[i], sizeof p.slurm[i]);
    return p;
}

/// Look at what is there; *fd is -1 if nothing is.
static pp_status look(const char *path, const pp_checkpoint_kind *kind, int *fd, head *first,
                      char **history, finding *found, pp_error *error)
{
    struct stat about;
    *found = ABSENT;
    *fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0)
        return errno == ENOENT ? PP_OK : pp_output_failed(error, "open", path);
    if (fstat(*fd, &about) != 0)
        return pp_output_failed(error, "read", path);
    if (!S_ISREG(about.st_mode))
        return pp_error_set(error, PP_EIO, "'%s' is in the way and no regular file", path);
    pp_error cause = {0};
    pp_status status = read_head(*fd, about.st_size, kind, first, history, found, &cause);
    return status == PP_OK
               ? PP_OK
               : pp_error_set(error, status, "cannot use '%s': %s", path, cause.message);
}

pp_status pp_checkpoint_open(const char *path, const pp_checkpoint_kind *kind, bool replace,
                             pp_provenance *first, pp_checkpoint **checkpoint, pp_error *error)
{
    int fd;
    head h;
    char *history = NULL;
    finding found;
    *checkpoint = NULL;
    pp_status status = look(path, kind, &fd, &h, &history, &found, error);
    if (status == PP_OK && found == FOREIGN && !replace)
        status = pp_error_set(error, PP_EFORMAT, "'%s' is of another scenario or build", path);
    else if (status == PP_OK && (found == BEGUN || found == FOREIGN) && unlink(path) != 0)
        status = pp_output_failed(error, "remove", path);
    if (status != PP_OK || found != WHOLE) {
        if (fd >= 0)
            close(fd);
        free(history);
        return status;
    }
    status = make(path, fd, kind->record_bytes, checkpoint, error);
    if (status != PP_OK) {
        free(history);
        return status;
    }
    (*checkpoint)->end = (off_t)(sizeof h + h.history_bytes + sizeof(uint64_t));
    *first = provenance_of(&h);
    first->history = history;
    return PP_OK;
}

unsigned char *pp_checkpoint_read(pp_checkpoint *c)
{
    frame *f = c->frame;
    size_t size = sizeof *f + c->record_bytes;
    if (pp_read_exactly(c->fd, c->end, size, f) && f->number == c->n &&
        f->checksum == checksum_of(f, c->record_bytes)) {
        c->end += (off_t)size;
        c->n++;
        return f->record;
    }
    // What is left of a longer file, should this fail, are records of the same trials.
    int ignored = ftruncate(c->fd, c->end);
    (void)ignored;
    return NULL;
}

static bool write_head(pp_checkpoint *c, const pp_checkpoint_kind *kind, const pp_provenance *first)
{
    size_t length = strlen(first->history), n = sizeof(head) + length + sizeof(uint64_t);
    unsigned char *bytes = length <= HISTORY_MAX ? malloc(n) : NULL;
    if (!bytes) {
        errno = ENOMEM;
        return false;
    }
    head h = {.version = VERSION,
              .threads = first->threads,
              .record_bytes = kind->record_bytes,
              .history_bytes = length};
    memcpy(h.magic, magic, sizeof h.magic);
    memcpy(h.key, kind->key, sizeof h.key);
    memcpy(h.created, first->created, sizeof h.created);
    memcpy(h.host, first->host, sizeof h.host);
    memcpy(h.slurm, first->slurm, sizeof h.slurm);
    uint64_t checksum = pp_checksum(first->history, length, pp_checksum(&h, sizeof h, 0));
    memcpy(bytes, &h, sizeof h);
    memcpy(bytes + sizeof h, first->history, length);
    memcpy(bytes + sizeof h + length, &checksum, sizeof checksum);
    bool written = pp_write_exactly(c->fd, 0, n, bytes);
    free(bytes);
    c->end = (off_t)n;
    return written;
}

pp_status pp_checkpoint_create(const char *path, const pp_checkpoint_kind *kind,
                               const pp_provenance *first, pp_checkpoint **checkpoint,
                               pp_error *error)
{
    *checkpoint = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return pp_output_failed(error, "create", path);
    pp_checkpoint *made = NULL;
    pp_status status = make(path, fd, kind->record_bytes, &made, error);
    if (status == PP_OK && !write_head(made, kind, first))
        status = pp_output_failed(error, "write", path);
    if (status == PP_OK)
        *checkpoint = made;
    else if (made)
        pp_checkpoint_remove(made);
    else
        unlink(path);
    return status;
}

bool pp_checkpoint_append(pp_checkpoint *c, const unsigned char *record)
{
    frame *f = c->frame;
    size_t size = sizeof *f + c->record_bytes;
    f->number = c->n;
    memcpy(f->record, record, c->record_bytes);
    f->checksum = checksum_of(f, c->record_bytes);
    if (!pp_write_exactly(c->fd, c->end, size, f))
        return false;
    c->end += (off_t)size;
    c->n++;
    double time = pp_clock_seconds();
    if (time - c->synced < SYNC_SECONDS)
        return true;
    c->synced = time;
    return fdatasync(c->fd) == 0;
}

size_t pp_checkpoint_records(const pp_checkpoint *checkpoint)
{
    return checkpoint->n;
}

void pp_checkpoint_close(pp_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    // If that fails, the checksums tell what of it is whole.
    if (fsync(checkpoint->fd) == 0)
        pp_output_sync_folder(checkpoint->path);
    release(checkpoint);
}

void pp_checkpoint_remove(pp_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    if (pp_output_names(checkpoint->path, checkpoint->fd))
        unlink(checkpoint->path);
    release(checkpoint);
}

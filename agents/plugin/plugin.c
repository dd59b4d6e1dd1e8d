// Agents from shared objects: read, hashed, loaded, checked, unloaded.
#include "agents/plugin/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/plugin/elf_file.h"
#include "agents/plugin/mapped_file.h"

static const char SYMBOL[] = "pp_agent_plugin";

static pp_status hash_file(pp_plugin *plugin, pp_error *error)
{
    // Without O_NONBLOCK a FIFO would wait for somebody to write to it.
    plugin->fd = open(plugin->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (plugin->fd < 0 || fstat(plugin->fd, &plugin->about) != 0)
        return pp_error_set(error, PP_EIO, "'%s': %s", plugin->path, strerror(errno));
    if (!S_ISREG(plugin->about.st_mode))
        return pp_error_set(error, PP_EIO, "'%s' is no regular file", plugin->path);
    pp_error detail = {0};
    if (pp_sha256_file(plugin->fd, plugin->sha256, &detail) != PP_OK)
        return pp_error_set(error, PP_EIO, "'%s': %s", plugin->path, detail.message);
    return PP_OK;
}

pp_status pp_plugin_open(const char *path, pp_plugin **plugin, pp_error *error)
{
    *plugin = NULL;
    pp_plugin *made = calloc(1, sizeof *made);
    if (!made)
        return pp_error_set(error, PP_ENOMEM, "no memory for a plugin");
    strncpy(made->path, path, sizeof made->path - 1);
    pp_status status = hash_file(made, error);
    if (status != PP_OK) {
        pp_plugins_destroy(made);
        return status;
    }
    *plugin = made;
    return PP_OK;
}

static void close_file(pp_plugin *plugin)
{
    if (plugin->fd >= 0)
        close(plugin->fd);
    plugin->fd = -1;
}

static pp_status check_sizes(const pp_plugin *plugin, const pp_agent_export *export,
                             pp_error *error)
{
    static const struct {
        const char *type;
        size_t size;
    } own[] = {
#define X(type_) {#type_, sizeof(type_)},
        PP_AGENT_TYPES(X)
#undef X
    };
    if (export->n_types != PP_COUNT(own))
        return pp_error_set(error, PP_EINVAL,
                            "'%s' was built with another agents/agent.h: it has %lu types, this "
                            "program's has %zu",
                            plugin->path, (unsigned long)export->n_types, PP_COUNT(own));
    for (size_t i = 0; i < PP_COUNT(own); i++)
        if (export->sizes[i] != own[i].size)
            return pp_error_set(error, PP_EINVAL,
                                "'%s' was built with other headers: its %s has %lu bytes, this "
                                "program's has %zu",
                                plugin->path, own[i].type, (unsigned long)export->sizes[i],
                                own[i].size);
    return PP_OK;
}

/// In this order: what comes first says whether what follows can be read.
static pp_status check_export(pp_plugin *plugin, const pp_agent_export *export, pp_error *error)
{
    pp_error detail = {0};
    if (!export)
        return pp_error_set(error, PP_EINVAL,
                            "'%s' is no agent: it lacks the symbol '%s', which PP_AGENT_PLUGIN of "
                            "agents/agent.h defines",
                            plugin->path, SYMBOL);
    if (export->abi != PP_AGENT_ABI)
        return pp_error_set(error, PP_EINVAL,
                            "'%s' was built for version %lu of the agents' interface, this program "
                            "has version %d",
                            plugin->path, (unsigned long)export->abi, (int)PP_AGENT_ABI);
    pp_status status = check_sizes(plugin, export, error);
    if (status != PP_OK)
        return status;
    status = pp_agent_check(export->agent, &detail);
    if (status != PP_OK)
        return pp_error_set(error, status, "'%s': %s", plugin->path, detail.message);
    plugin->agent = export->agent;
    return PP_OK;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/// Whatever is done to a file's bytes, its place or its times changes the last of these.
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           is_same_time(&a->st_mtim, &b->st_mtim) && is_same_time(&a->st_ctim, &b->st_ctim);
}

/// Is the file at the path still the one whose checksum was taken, with the same bytes?
static pp_status check_unchanged(const pp_plugin *plugin, pp_error *error)
{
    struct stat now, there;
    if (fstat(plugin->fd, &now) == 0 && is_same_file(&now, &plugin->about) &&
        stat(plugin->path, &there) == 0 && is_same_file(&there, &plugin->about))
        return PP_OK;
    return pp_error_set(error, PP_EIO, "'%s' has changed since its checksum was taken",
                        plugin->path);
}

/// By its path the loader gives what it has loaded from there already, whatever is there now.
static pp_status check_loaded(const pp_plugin *plugin, pp_error *error)
{
    struct link_map *map;
    if (dlinfo(plugin->handle, RTLD_DI_LINKMAP, &map) != 0 ||
        !pp_mapped_elsewhere(map->l_ld, plugin->fd))
        return PP_OK;
    return pp_error_set(error, PP_EIO,
                        "'%s' was replaced: what is loaded from there is another file",
                        plugin->path);
}

// The loader is given the path and not "/proc/self/fd/N" of what was hashed, in whose folder it
// would look for what a plugin has at its $ORIGIN, and which it would name in its messages. So the
// path is opened twice, and what came of it is held against the first.
static pp_status load_file(pp_plugin *plugin, pp_error *error)
{
    pp_status status = pp_elf_check(plugin->fd, plugin->path, error);
    if (status == PP_OK)
        status = check_unchanged(plugin, error);
    if (status != PP_OK)
        return status;
    // All symbols now: one that is missing is an error here, not the end of a run. None for others:
    // plugins may call their functions what they like.
    plugin->handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (!plugin->handle)
        return pp_error_set(error, PP_EFORMAT, "cannot be loaded: %s", dlerror());
    status = check_loaded(plugin, error);
    return status == PP_OK ? check_unchanged(plugin, error) : status;
}

pp_status pp_plugin_load(pp_plugin *plugin, pp_error *error)
{
    pp_status status = load_file(plugin, error);
    close_file(plugin);
    if (status != PP_OK)
        return status;
    return check_export(plugin, dlsym(plugin->handle, SYMBOL), error);
}

void pp_plugins_destroy(pp_plugin *plugins)
{
    while (plugins) {
        pp_plugin *next = plugins->next;
        if (plugins->handle)
            dlclose(plugins->handle);
        close_file(plugins);
        free(plugins);
        plugins = next;
    }
}

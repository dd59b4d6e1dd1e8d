/// @file
/// @internal
/// Agents from shared objects. Nothing of an object is trusted: its symbol, version, sizes, class
/// and table of parameters are checked before anything of it can be part of a scenario.
/// Threads: a plugin is loaded and unloaded by one thread; its class is const.
#ifndef PURSUIT_AGENTS_PLUGIN_PLUGIN_H
#define PURSUIT_AGENTS_PLUGIN_PLUGIN_H

#include <sys/stat.h>

#include "agents/agent.h"
#include "data/file/sha256.h"

typedef struct pp_plugin pp_plugin;
struct pp_plugin {
    pp_plugin *next; ///< of a list
    char path[PP_TEXT_MAX];
    char sha256[PP_SHA256_TEXT]; ///< of the file
    int fd;                      ///< the file, until it is loaded; then -1
    struct stat about;           ///< the file, before its checksum was taken
    void *handle;                ///< NULL until loaded
    const pp_agent_class *agent; ///< valid while the plugin is loaded
};

/// Read a plugin's file without running anything in it.
/// @param path absolute: the loader would search for a bare name elsewhere
/// @return PP_OK; PP_EIO if it is no regular file or cannot be read; PP_ENOMEM
pp_status pp_plugin_open(const char *path, pp_plugin **plugin, pp_error *error);

/// Load it and check its agent.
/// @return PP_OK; PP_EIO if the file is no longer the one that was read; PP_EFORMAT if it is no
/// whole shared object; PP_EINVAL if it holds no agent for this program; PP_ENOMEM
pp_status pp_plugin_load(pp_plugin *plugin, pp_error *error);

/// Unload a list of plugins; NULL-safe. No class of theirs may be in use.
void pp_plugins_destroy(pp_plugin *plugins);

/// Is the class all that agents/agent.h asks of one that is not built in?
/// @return PP_OK; PP_EINVAL naming the agent and what is wrong; PP_ENOMEM
pp_status pp_agent_check(const pp_agent_class *agent, pp_error *error);

#endif

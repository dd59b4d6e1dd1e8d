// The directory of a sweep: making it, joining it, and its manifest waited for.
#include "experiments/sweep/directory/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "experiments/sweep/directory/manifest.h"
#include "market/base/clock.h"

/// How long to wait for another process's manifest, and for that of one that may be dead.
enum {
    NAP = 20, ///< milliseconds
    PATIENCE = 60 * 1000 / NAP,
    DOUBT = 5 * 1000 / NAP
};

static const char runs_folder[] = "/runs";

char *pp_sweep_directory_path(const char *directory, const char *id, const char *suffix)
{
    size_t size = strlen(directory) + sizeof runs_folder + strlen(id) + strlen(suffix) + 1;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s%s/%s%s", directory, runs_folder, id, suffix);
    return path;
}

static pp_status make_folder(const char *path, pp_error *error)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return PP_OK;
    return pp_output_failed(error, "create", path);
}

/// A directory without a manifest may hold one that is being written, and nothing else.
static pp_status check_empty(const char *directory, pp_error *error)
{
    pp_status status = PP_OK;
    DIR *entries = opendir(directory);
    if (!entries)
        return pp_output_failed(error, "open", directory);
    for (struct dirent *entry; status == PP_OK && (entry = readdir(entries));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            strncmp(entry->d_name, PP_SWEEP_MANIFEST, strlen(PP_SWEEP_MANIFEST)) != 0)
            status = pp_error_set(error, PP_EEXIST,
                                  "'%s' is the directory of no sweep: it holds '%s' and no " //
                                  PP_SWEEP_MANIFEST,
                                  directory, entry->d_name);
    closedir(entries);
    return status;
}

static const char *title_of(const char *name)
{
    return *name ? name : "without a name";
}

static pp_status check_plan(const char *directory, const pp_sweep_plan *plan, pp_error *error)
{
    pp_sweep_manifest found;
    const char *sha256 = pp_sweep_plan_sha256(plan);
    pp_status status = pp_sweep_manifest_read_header(directory, &found, error);
    if (status == PP_OK && strcmp(found.plan_sha256, sha256) != 0)
        status =
            pp_error_set(error, PP_EEXIST,
                         "'%s' is the directory of another plan: sweep '%s', %zu runs, plan "
                         "%.16s; this is sweep '%s', %zu runs, plan %.16s. Give it a directory "
                         "of its own",
                         directory, title_of(found.name), found.n_runs, found.plan_sha256,
                         title_of(pp_sweep_plan_name(plan)), pp_sweep_plan_runs(plan), sha256);
    pp_sweep_manifest_release(&found);
    if (status != PP_OK)
        return status;
    // All of it: what merges the sweep will need it.
    status = pp_sweep_manifest_read(directory, &found, error);
    pp_sweep_manifest_release(&found);
    return status;
}

static int patience(const char *manifest)
{
    pp_writer writer;
    pp_status status = pp_output_writer(manifest, &writer, NULL);
    return status == PP_OK && writer == PP_WRITER_UNKNOWN ? DOUBT : PATIENCE;
}

/// The manifest is there, by whoever's hand, and it is this plan's.
static pp_status have_manifest(const char *directory, const char *path, const pp_sweep_plan *plan,
                               const char *source, const pp_stop_flag *stop, pp_error *error)
{
    for (int naps = 0;; naps++) {
        pp_error cause = {0};
        if (access(path, F_OK) == 0)
            return check_plan(directory, plan, error);
        pp_status status = check_empty(directory, &cause);
        bool empty = status == PP_OK;
        if (empty)
            status = pp_sweep_manifest_write(directory, plan, source, &cause);
        if (status == PP_OK)
            return PP_OK;
        if (access(path, F_OK) == 0) // it has appeared meanwhile
            continue;
        PP_TRY(pp_stop_check(stop, error));
        bool again = empty && status == PP_EEXIST; // another process is writing it
        if (!again || naps >= patience(path))
            return pp_error_set(error, status, "%s", cause.message);
        pp_clock_nap(NAP);
    }
}

/// A copy of the plan, unless there is one.
static pp_status keep_plan(const char *directory, const pp_sweep_plan *plan, pp_error *error)
{
    pp_error cause = {0};
    size_t length;
    const char *text = pp_sweep_plan_text(plan, &length);
    char *path = pp_output_suffixed(directory, "/plan.yaml");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status =
        access(path, F_OK) == 0 ? PP_OK : pp_output_write(path, false, text, length, &cause);
    free(path);
    if (status == PP_OK || status == PP_EEXIST) // another process keeps it
        return PP_OK;
    return pp_error_set(error, status, "%s", cause.message);
}

static pp_status join(const char *directory, const char *manifest, const char *runs,
                      const pp_sweep_plan *plan, const char *source, const pp_stop_flag *stop,
                      pp_error *error)
{
    if (!manifest || !runs)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    PP_TRY(make_folder(directory, error));
    PP_TRY(have_manifest(directory, manifest, plan, source, stop, error));
    PP_TRY(make_folder(runs, error));
    return keep_plan(directory, plan, error);
}

pp_status pp_sweep_directory_join(const char *directory, const pp_sweep_plan *plan,
                                  const char *source, const pp_stop_flag *stop, pp_error *error)
{
    char *manifest = pp_output_suffixed(directory, "/" PP_SWEEP_MANIFEST);
    char *runs = pp_output_suffixed(directory, runs_folder);
    pp_status status = join(directory, manifest, runs, plan, source, stop, error);
    free(manifest);
    free(runs);
    return status;
}

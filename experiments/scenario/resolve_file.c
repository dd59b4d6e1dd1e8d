// Paths in a scenario made absolute.
#include <stdlib.h>

#include "experiments/scenario/parts.h"
#include "market/base/path.h"

/// A path typed on the command line is relative to the current folder, one of a sweep's plan to the
/// plan, one of a file to the file.
static pp_status make_absolute(const pp_report *report, pp_mark mark, const char *folder,
                               pp_text *path, pp_error *error)
{
    if (mark.set != PP_MARK_PLAN)
        return pp_path_absolute(mark.set ? "" : folder, path, error);
    char *plan = pp_path_folder(report->plan);
    if (!plan)
        return pp_error_set(error, PP_ENOMEM, "no memory for a path");
    pp_status status = pp_path_absolute(plan, path, error);
    free(plan);
    return status;
}

bool pp_resolve_file(pp_report *report, const char *where, const pp_node *map, const char *key,
                     const char *folder, pp_text *path)
{
    char at[PP_WHERE_MAX];
    pp_error error = {0};
    const pp_node *node = pp_node_get(map, key);
    if (!node || !path->text[0])
        return true;
    pp_status status = make_absolute(report, node->mark, folder, path, &error);
    if (status == PP_OK)
        return true;
    report->out_of_memory |= status == PP_ENOMEM;
    pp_report_add(report, node->mark, pp_where_key(where, key, at), "%s", error.message);
    return false;
}

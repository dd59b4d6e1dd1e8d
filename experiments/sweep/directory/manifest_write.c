// Writing a manifest.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "experiments/sweep/directory/manifest.h"
#include "experiments/sweep/directory/names.h"
#include "market/base/buffer.h"

enum { VALUES_MAX = 100000 }; ///< of all axes

/// Canonical numbers are JSON's as they stand.
static void put_value(pp_buffer *to, pp_sweep_type type, const char *value)
{
    if (type == PP_SWEEP_TEXT)
        pp_buffer_quote(to, value);
    else
        pp_buffer_add(to, "%s", value);
}

/// Axes of a full grid; 0 also if they are too long for a line that can be read back.
static size_t axes_of(const pp_sweep_plan *plan)
{
    size_t n_axes = 0, n = 0;
    if (!pp_sweep_plan_grid(plan, &n_axes))
        return 0;
    for (size_t a = 0; a < n_axes; a++)
        n += pp_sweep_plan_axis_length(plan, a);
    return n <= VALUES_MAX ? n_axes : 0;
}

static void put_grid(pp_buffer *to, const pp_sweep_plan *plan)
{
    size_t n_axes = axes_of(plan);
    pp_buffer_add(to, ", \"grid\": %s", n_axes ? "[" : "null");
    for (size_t a = 0; a < n_axes; a++) {
        pp_buffer_add(to, "%s{\"key\": ", a ? ", " : "");
        pp_buffer_quote(to, pp_sweep_plan_key(plan, a));
        pp_buffer_add(to, ", \"values\": [");
        for (size_t i = 0; i < pp_sweep_plan_axis_length(plan, a); i++) {
            pp_buffer_add(to, "%s", i ? ", " : "");
            put_value(to, pp_sweep_plan_type(plan, a), pp_sweep_plan_axis_value(plan, a, i));
        }
        pp_buffer_add(to, "]}");
    }
    pp_buffer_add(to, "%s", n_axes ? "]" : "");
}

static void put_header(pp_buffer *to, const pp_sweep_plan *plan, const char *source)
{
    pp_buffer_add(to, "{\"pursuit_sweep\": %d, \"name\": ", (int)PP_SWEEP_MANIFEST_VERSION);
    pp_buffer_quote(to, pp_sweep_plan_name(plan));
    pp_buffer_add(to, ", \"plan_sha256\": \"%s\", \"source\": ", pp_sweep_plan_sha256(plan));
    pp_buffer_quote(to, source ? source : "");
    pp_buffer_add(to, ", \"n_runs\": %zu, \"parameters\": [", pp_sweep_plan_runs(plan));
    for (size_t p = 0; p < pp_sweep_plan_parameters(plan); p++) {
        pp_buffer_add(to, "%s{\"key\": ", p ? ", " : "");
        pp_buffer_quote(to, pp_sweep_plan_key(plan, p));
        pp_buffer_add(to, ", \"name\": ");
        char *name = pp_sweep_short_name(plan, p);
        to->failed |= !name;
        pp_buffer_quote(to, name ? name : "");
        free(name);
        pp_buffer_add(to, ", \"type\": \"%s\"}", pp_sweep_type_names[pp_sweep_plan_type(plan, p)]);
    }
    pp_buffer_add(to, "]");
    put_grid(to, plan);
    pp_buffer_add(to, "}\n");
}

static void put_run(pp_buffer *to, const pp_sweep_plan *plan, size_t run)
{
    const char *separator = "";
    pp_buffer_add(to, "{\"run\": %zu, \"id\": \"%s\", \"values\": {", run,
                  pp_sweep_plan_id(plan, run));
    for (size_t p = 0; p < pp_sweep_plan_parameters(plan); p++) {
        const char *value = pp_sweep_plan_value(plan, run, p);
        if (!value)
            continue;
        pp_buffer_add(to, "%s", separator);
        pp_buffer_quote(to, pp_sweep_plan_key(plan, p));
        pp_buffer_add(to, ": ");
        put_value(to, pp_sweep_plan_type(plan, p), value);
        separator = ", ";
    }
    pp_buffer_add(to, "}}\n");
}

pp_status pp_sweep_manifest_write(const char *directory, const pp_sweep_plan *plan,
                                  const char *source, pp_error *error)
{
    pp_buffer text = {0};
    put_header(&text, plan, source);
    for (size_t run = 0; run < pp_sweep_plan_runs(plan); run++)
        put_run(&text, plan, run);
    size_t length = text.n;
    char *whole = pp_buffer_take(&text),
         *path = pp_output_suffixed(directory, "/" PP_SWEEP_MANIFEST);
    pp_status status = whole && path ? pp_output_write(path, false, whole, length, error)
                                     : pp_error_set(error, PP_ENOMEM, "no memory for the manifest");
    free(path);
    free(whole);
    return status;
}

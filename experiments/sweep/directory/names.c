// Names of swept keys: short, and none that a merged file uses for something else.
#include "experiments/sweep/directory/names.h"

#include <ctype.h>
#include <string.h>

#include "data/results/results.h"
#include "market/base/buffer.h"

bool pp_sweep_name_is_taken(const char *name)
{
    static const char *const names[] = {"trial",        "epoch",        "firm",       "category",
                                        "rank",         "update",       "quote",      "phase",
                                        "scenario",     "learning",     "run",        "run_id",
                                        "run_status",   "run_seed",     "run_source", "run_created",
                                        "run_scenario", "trial_number", "firm_name"};
    for (size_t i = 0; i < PP_COUNT(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    for (size_t i = 0; i < PP_VAR_COUNT; i++)
        if (strcmp(pp_variables[i].name, name) == 0)
            return true;
    return false;
}

static bool ends_in(const char *key, const char *ending)
{
    size_t n = strlen(key), m = strlen(ending);
    return n >= m && strcmp(key + n - m, ending) == 0 && (n == m || key[n - m - 1] == '.');
}

static bool is_free(const pp_sweep_plan *plan, size_t parameter, const char *name)
{
    if (isdigit((unsigned char)name[0]) || pp_sweep_name_is_taken(name))
        return false;
    for (size_t i = 0; i < pp_sweep_plan_parameters(plan); i++)
        if (i != parameter && ends_in(pp_sweep_plan_key(plan, i), name))
            return false;
    return true;
}

char *pp_sweep_short_name(const pp_sweep_plan *plan, size_t parameter)
{
    const char *key = pp_sweep_plan_key(plan, parameter);
    pp_buffer name = {0};
    for (const char *at = key + strlen(key); at > key; at--)
        if (at[-1] == '.' && is_free(plan, parameter, at))
            return strdup(at);
    pp_buffer_add(&name, "%s%s", key, is_free(plan, parameter, key) ? "" : "_parameter");
    return pp_buffer_take(&name);
}

// Reading a manifest, line by line, trusting none of it.
#include "experiments/sweep/directory/manifest.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/file/output_steps.h"
#include "data/file/transfer.h"
#include "experiments/scenario/json_read.h"

enum { LINE_ROOM = PP_TREE_BYTES_MAX + 2 };

typedef struct reader {
    char *path;
    FILE *file;
    char *line;    ///< [LINE_ROOM] of which no more is touched than the longest line has
    size_t number; ///< the line's, counted from 1
    pp_sweep_manifest *to;
    pp_error *error;
} reader;

static pp_status malformed(const reader *r, const char *what)
{
    return pp_error_set(r->error, PP_EFORMAT, "%s:%zu: %s; this is no manifest of a sweep", r->path,
                        r->number, what);
}

static pp_status no_memory(const reader *r)
{
    return pp_error_set(r->error, PP_ENOMEM, "no memory for '%s'", r->path);
}

/// The next line as a map; *line NULL at the end of the file.
static pp_status next_line(reader *r, pp_node **line)
{
    *line = NULL;
    r->number++;
    errno = 0;
    if (!fgets(r->line, LINE_ROOM, r->file))
        return ferror(r->file) ? pp_output_failed(r->error, "read", r->path) : PP_OK;
    size_t n = strlen(r->line);
    if (n == 0 || r->line[n - 1] != '\n')
        return malformed(r, "the line is cut short or too long");
    pp_status status = pp_json_object(r->line, n, line);
    if (status == PP_EFORMAT)
        return malformed(r, "a JSON object is expected");
    return status == PP_OK ? PP_OK : no_memory(r);
}

/// Digits in lower case.
static bool is_hex(const char *text, size_t n)
{
    return text && strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

static bool is_value(const pp_node *node, pp_sweep_type type)
{
    return type == PP_SWEEP_TEXT ? pp_json_text(node) != NULL
                                 : pp_json_is_number(node, type == PP_SWEEP_INTEGER);
}

static pp_status read_parameter(const reader *r, const pp_node *node, pp_sweep_parameter *to)
{
    static const char *const keys[] = {"key", "name", "type"};
    if (!pp_json_has(node, keys, PP_COUNT(keys)))
        return malformed(r, "a parameter has a key, a name and a type");
    const char *key = pp_json_text(pp_node_get(node, "key"));
    const char *name = pp_json_text(pp_node_get(node, "name"));
    const char *type = pp_json_text(pp_node_get(node, "type"));
    size_t t = 0;
    while (type && t < PP_COUNT(pp_sweep_type_names) && strcmp(type, pp_sweep_type_names[t]) != 0)
        t++;
    if (!key || !*key || !name || !*name || !type || t == PP_COUNT(pp_sweep_type_names))
        return malformed(r, "a parameter has a key, a name and a type");
    to->type = (pp_sweep_type)t;
    to->key = strdup(key);
    to->name = strdup(name);
    return to->key && to->name ? PP_OK : no_memory(r);
}

static pp_status read_parameters(const reader *r, const pp_node *list)
{
    pp_sweep_manifest *m = r->to;
    if (!list || list->kind != PP_NODE_LIST || list->n < 1 || list->n > PP_TREE_KEYS_MAX)
        return malformed(r, "a list of parameters is missing");
    m->parameters = calloc(list->n, sizeof *m->parameters);
    if (!m->parameters)
        return no_memory(r);
    m->n_parameters = list->n;
    for (size_t p = 0; p < list->n; p++) {
        PP_TRY(read_parameter(r, list->entries[p].value, &m->parameters[p]));
        for (size_t q = 0; q < p; q++)
            if (strcmp(m->parameters[p].key, m->parameters[q].key) == 0 ||
                strcmp(m->parameters[p].name, m->parameters[q].name) == 0)
                return malformed(r, "two parameters have one name");
    }
    return PP_OK;
}

static pp_status read_axis(const reader *r, const pp_node *node, size_t a)
{
    static const char *const keys[] = {"key", "values"};
    const pp_sweep_parameter *parameter = &r->to->parameters[a];
    pp_sweep_axis *to = &r->to->axes[a];
    const char *key = NULL;
    const pp_node *values = NULL;
    if (pp_json_has(node, keys, PP_COUNT(keys))) {
        key = pp_json_text(pp_node_get(node, "key"));
        values = pp_node_get(node, "values");
    }
    if (!key || strcmp(key, parameter->key) != 0 || values->kind != PP_NODE_LIST || values->n < 1)
        return malformed(r,
                         "an axis of the grid has a parameter's key, in their order, and values");
    to->values = calloc(values->n, sizeof *to->values);
    if (!to->values)
        return no_memory(r);
    to->n_values = values->n;
    for (size_t i = 0; i < values->n; i++) {
        if (!is_value(values->entries[i].value, parameter->type))
            return malformed(r, "an axis of the grid has a value of another type");
        to->values[i] = strdup(values->entries[i].value->text);
        if (!to->values[i])
            return no_memory(r);
    }
    return PP_OK;
}

static pp_status read_grid(const reader *r, const pp_node *list)
{
    pp_sweep_manifest *m = r->to;
    size_t cells = 1;
    if (pp_node_is_absent(list))
        return PP_OK;
    if (list->kind != PP_NODE_LIST || list->n != m->n_parameters)
        return malformed(r, "the grid has not an axis for each parameter");
    m->axes = calloc(list->n, sizeof *m->axes);
    if (!m->axes)
        return no_memory(r);
    m->n_axes = list->n;
    for (size_t a = 0; a < list->n; a++) {
        PP_TRY(read_axis(r, list->entries[a].value, a));
        if (m->axes[a].n_values > m->n_runs / cells)
            return malformed(r, "the grid has more cells than there are runs");
        cells *= m->axes[a].n_values;
    }
    return cells == m->n_runs ? PP_OK
                              : malformed(r, "the grid has fewer cells than there are runs");
}

static pp_status read_header(const reader *r, const pp_node *line)
{
    static const char *const keys[] = {"pursuit_sweep", "name",       "plan_sha256", "source",
                                       "n_runs",        "parameters", "grid"};
    pp_sweep_manifest *m = r->to;
    size_t version;
    if (!line || !pp_json_count(pp_node_get(line, "pursuit_sweep"), INT_MAX, &version) ||
        version < 1)
        return malformed(r, "\"pursuit_sweep\" is missing");
    if (version > PP_SWEEP_MANIFEST_VERSION)
        return pp_error_set(r->error, PP_EFORMAT,
                            "%s: version %zu; this program reads up to %d: use a newer pursuit",
                            r->path, version, (int)PP_SWEEP_MANIFEST_VERSION);
    if (!pp_json_has(line, keys, PP_COUNT(keys)))
        return malformed(r, "the first line has other keys than a sweep's");
    const char *name = pp_json_text(pp_node_get(line, "name"));
    const char *source = pp_json_text(pp_node_get(line, "source"));
    const char *sha256 = pp_json_text(pp_node_get(line, "plan_sha256"));
    if (!name || !source || !is_hex(sha256, PP_SHA256_TEXT - 1))
        return malformed(r, "\"name\", \"source\" or \"plan_sha256\" is not as it should be");
    if (!pp_json_count(pp_node_get(line, "n_runs"), PP_SWEEP_RUNS_MAX, &m->n_runs) || m->n_runs < 1)
        return malformed(r, "\"n_runs\" is no number of runs");
    memcpy(m->plan_sha256, sha256, PP_SHA256_TEXT);
    m->name = strdup(name);
    m->source = strdup(source);
    if (!m->name || !m->source)
        return no_memory(r);
    PP_TRY(read_parameters(r, pp_node_get(line, "parameters")));
    return read_grid(r, pp_node_get(line, "grid"));
}

/// Values of one run, in the order of the parameters.
static pp_status read_values(const reader *r, const pp_node *map, char **values)
{
    const pp_sweep_manifest *m = r->to;
    size_t found = 0;
    for (size_t p = 0; p < m->n_parameters; p++) {
        const pp_node *value = pp_node_get(map, m->parameters[p].key);
        if (!value)
            continue;
        if (!is_value(value, m->parameters[p].type))
            return malformed(r, "a value is of another type than its parameter");
        values[p] = strdup(value->text);
        if (!values[p])
            return no_memory(r);
        found++;
    }
    return found == map->n ? PP_OK : malformed(r, "a value is of no parameter");
}

/// In a full grid a run's number says what its values are.
static bool is_in_place(const pp_sweep_manifest *m, size_t run)
{
    size_t rest = run;
    for (size_t a = m->n_axes; a-- > 0;) {
        const pp_sweep_axis *axis = &m->axes[a];
        const char *value = m->values[run * m->n_parameters + a];
        if (!value || strcmp(value, axis->values[rest % axis->n_values]) != 0)
            return false;
        rest /= axis->n_values;
    }
    return true;
}

static pp_status read_run(const reader *r, const pp_node *line, size_t run)
{
    static const char *const keys[] = {"run", "id", "values"};
    pp_sweep_manifest *m = r->to;
    size_t number;
    if (!pp_json_has(line, keys, PP_COUNT(keys)) ||
        !pp_json_count(pp_node_get(line, "run"), run, &number) || number != run)
        return malformed(r, "a run's line has its number, its id and its values");
    const char *id = pp_json_text(pp_node_get(line, "id"));
    const pp_node *values = pp_node_get(line, "values");
    if (!is_hex(id, PP_SWEEP_ID - 1) || values->kind != PP_NODE_MAP)
        return malformed(r, "a run's line has its number, its id and its values");
    memcpy(m->ids[run], id, PP_SWEEP_ID);
    PP_TRY(read_values(r, values, m->values + run * m->n_parameters));
    return is_in_place(m, run) ? PP_OK : malformed(r, "the values are not those of the grid");
}

/// Room for one run more: what the header says of their number is not trusted.
static pp_status reserve(const reader *r, size_t run, size_t *capacity)
{
    pp_sweep_manifest *m = r->to;
    if (run < *capacity)
        return PP_OK;
    size_t grown = *capacity ? 2 * *capacity : 64, row = m->n_parameters;
    void *ids = realloc(m->ids, grown * sizeof *m->ids);
    if (ids)
        m->ids = ids;
    char **values = realloc(m->values, grown * row * sizeof *values);
    if (values)
        m->values = values;
    if (!ids || !values)
        return no_memory(r);
    memset(values + *capacity * row, 0, (grown - *capacity) * row * sizeof *values);
    *capacity = grown;
    return PP_OK;
}

/// The ids are those that the plan's checksum was taken of.
static pp_status check_ids(const reader *r)
{
    const pp_sweep_manifest *m = r->to;
    char text[PP_SHA256_TEXT];
    char *ids = malloc(m->n_runs * PP_SWEEP_ID + 1);
    if (!ids)
        return no_memory(r);
    for (size_t run = 0; run < m->n_runs; run++) {
        memcpy(ids + run * PP_SWEEP_ID, m->ids[run], PP_SWEEP_ID);
        ids[run * PP_SWEEP_ID + PP_SWEEP_ID - 1] = '\n';
    }
    pp_sha256(ids, m->n_runs * PP_SWEEP_ID, text);
    free(ids);
    if (strcmp(text, m->plan_sha256) == 0)
        return PP_OK;
    return pp_error_set(r->error, PP_EFORMAT,
                        "%s: the runs are not those of its \"plan_sha256\": it was changed",
                        r->path);
}

static pp_status read_runs(reader *r)
{
    pp_sweep_manifest *m = r->to;
    pp_node *line;
    size_t expected = m->n_runs, capacity = 0;
    pp_status status;
    for (m->n_runs = 0; (status = next_line(r, &line)) == PP_OK && line;) {
        if (m->n_runs == expected)
            status = malformed(r, "there are more runs than \"n_runs\"");
        else if ((status = reserve(r, m->n_runs, &capacity)) == PP_OK) {
            m->n_runs++; // so that its values are released
            status = read_run(r, line, m->n_runs - 1);
        }
        pp_node_destroy(line);
        if (status != PP_OK)
            return status;
    }
    if (status == PP_OK && m->n_runs != expected)
        status = pp_error_set(r->error, PP_EFORMAT, "%s: it has %zu of %zu runs", r->path,
                              m->n_runs, expected);
    return status == PP_OK ? check_ids(r) : status;
}

static pp_status read_file(reader *r, const char *directory, bool all)
{
    pp_node *line;
    r->path = pp_output_suffixed(directory, "/" PP_SWEEP_MANIFEST);
    r->line = malloc(LINE_ROOM);
    if (!r->path || !r->line)
        return pp_error_set(r->error, PP_ENOMEM, "out of memory");
    r->file = pp_open_to_read(r->path);
    if (!r->file)
        return pp_output_failed(r->error, "open", r->path);
    PP_TRY(next_line(r, &line));
    pp_status status = read_header(r, line);
    pp_node_destroy(line);
    return status == PP_OK && all ? read_runs(r) : status;
}

static pp_status read_manifest(const char *directory, bool all, pp_sweep_manifest *manifest,
                               pp_error *error)
{
    reader r = {.to = manifest, .error = error};
    *manifest = (pp_sweep_manifest){0};
    pp_status status = read_file(&r, directory, all);
    if (r.file)
        fclose(r.file);
    free(r.line);
    free(r.path);
    if (status != PP_OK)
        pp_sweep_manifest_release(manifest);
    return status;
}

pp_status pp_sweep_manifest_read(const char *directory, pp_sweep_manifest *manifest,
                                 pp_error *error)
{
    return read_manifest(directory, true, manifest, error);
}

pp_status pp_sweep_manifest_read_header(const char *directory, pp_sweep_manifest *manifest,
                                        pp_error *error)
{
    return read_manifest(directory, false, manifest, error);
}

void pp_sweep_manifest_release(pp_sweep_manifest *m)
{
    for (size_t p = 0; m->parameters && p < m->n_parameters; p++) {
        free(m->parameters[p].key);
        free(m->parameters[p].name);
    }
    for (size_t a = 0; m->axes && a < m->n_axes; a++) {
        for (size_t i = 0; m->axes[a].values && i < m->axes[a].n_values; i++)
            free(m->axes[a].values[i]);
        free(m->axes[a].values);
    }
    for (size_t i = 0; m->values && i < m->n_runs * m->n_parameters; i++)
        free(m->values[i]);
    free(m->name);
    free(m->source);
    free(m->parameters);
    free(m->axes);
    free(m->ids);
    free(m->values);
    *m = (pp_sweep_manifest){0};
}

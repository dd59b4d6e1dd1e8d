// Templates of small results files: made by HDF5, kept, and recognised.
#include "data/results/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/hdf5/heap.h"
#include "data/hdf5/netcdf.h"
#include "data/results/define.h"
#include "data/results/template_parts.h"

/// Most bytes of all trials' records: larger files gain by filters, and do not wait for HDF5.
enum { MOST_BYTES = 64 << 10 };

bool pp_template_serves(const pp_results_layout *layout, const pp_slabs *slabs)
{
    // A firm has more bytes of numbers than one text, so that all texts fit into one heap.
    return (uint64_t)layout->n_trials <= MOST_BYTES / slabs->bytes;
}

/// What tells layouts of different files apart, but for texts and numbers that a file is filled
/// with.
typedef struct key {
    unsigned char *bytes;
    size_t n, capacity;
    bool failed;
} key;

static void add(key *k, const void *bytes, size_t n)
{
    if (k->n + n > k->capacity) {
        size_t more = 2 * (k->n + n);
        unsigned char *grown = realloc(k->bytes, more);
        k->failed |= !grown;
        if (!grown)
            return;
        k->bytes = grown;
        k->capacity = more;
    }
    memcpy(k->bytes + k->n, bytes, n);
    k->n += n;
}

static void add_number(key *k, int64_t number)
{
    add(k, &number, sizeof number);
}

static void add_text(key *k, const char *text)
{
    add(k, text, strlen(text) + 1);
}

static key key_of(const pp_results_layout *layout, const pp_provenance *started)
{
    key k = {0};
    const int64_t numbers[] = {layout->n_trials, layout->n_burn_in,    layout->n_test,
                               layout->n_firms,  layout->n_categories, layout->n_quote_rows,
                               layout->learning, layout->n_updates,    layout->economics,
                               layout->n_bands};
    add(&k, numbers, sizeof numbers);
    for (int64_t i = 0; i < layout->n_bands; i++) {
        add_number(&k, layout->bands[i].view);
        add(&k, &layout->bands[i].low, sizeof(double));
        add(&k, &layout->bands[i].high, sizeof(double));
    }
    if (layout->n_bands > 0)
        add_text(&k, layout->view_names);
    for (size_t i = 0; i < PP_SLURM_IDS; i++)
        add_number(&k, started->slurm[i][0] != '\0');
    for (size_t i = 0; i < pp_layout_quote_columns(layout); i++) {
        const pp_quote_column *column = &layout->quote_columns[i];
        add_text(&k, column->name);
        add_text(&k, column->units);
        add_text(&k, column->long_name);
        add_number(&k, column->type);
        add_number(&k, column->per_firm);
        add_number(&k, column->flag_meanings != NULL);
        if (column->flag_meanings)
            add_text(&k, column->flag_meanings);
    }
    return k;
}

/// Is this the template of such a layout?
static bool fits(const pp_results_template *template, const pp_results_layout *layout,
                 const pp_provenance *started)
{
    key k = key_of(layout, started);
    bool same = !k.failed && k.n == template->key_bytes && memcmp(k.bytes, template->key, k.n) == 0;
    free(k.bytes);
    return same;
}

void pp_template_texts(const pp_results_layout *layout, const pp_provenance *started,
                       pp_template_text texts[PP_TEMPLATE_TEXTS])
{
    const pp_template_text known[] = {{"title", layout->title},      {"source", layout->program},
                                      {"history", started->history}, {"rng", layout->rng},
                                      {"created", started->created}, {"host", started->host}};
    memcpy(texts, known, sizeof known);
    for (size_t i = 0; i < PP_SLURM_IDS; i++)
        texts[sizeof known / sizeof *known + i] =
            (pp_template_text){.name = pp_slurm_ids[i].attribute,
                               .text = started->slurm[i][0] ? started->slurm[i] : NULL};
}

void pp_template_path(const pp_results_layout *layout, size_t dataset, char path[PP_TEMPLATE_PATH])
{
    bool is_column = dataset >= PP_VAR_COUNT;
    const char *group = is_column ? "quotes" : pp_group_names[pp_variables[dataset].group];
    const char *name =
        is_column ? layout->quote_columns[dataset - PP_VAR_COUNT].name : pp_variables[dataset].name;
    snprintf(path, PP_TEMPLATE_PATH, "/%s%s%s", group, group[0] ? "/" : "", name);
}

static size_t attribute_place(const pp_results_template *t, const char *name, size_t size,
                              bool *found)
{
    size_t place = pp_image_attribute(&t->image, name, size);
    *found &= place != 0;
    return place;
}

static size_t dataset_place(hid_t file, const pp_results_template *t, const char *path, size_t n,
                            pp_value_type type, bool *found)
{
    size_t element = type == PP_STRING ? PP_HEAP_REFERENCE : pp_value_size(type);
    size_t place = pp_image_dataset(file, &t->image, path, n * element);
    *found &= place != 0;
    return place;
}

/// Elements of a dataset; 0 if the layout is without it.
static size_t count_elements(const pp_results_layout *layout, size_t dataset)
{
    pp_shape shape = pp_layout_shape(layout, dataset);
    size_t n = shape.rank > 0;
    for (int d = 0; d < shape.rank; d++)
        n *= (size_t)shape.lengths[d];
    return n;
}

static pp_status find_places(hid_t file, const pp_results_layout *layout,
                             const pp_provenance *started, pp_results_template *t, pp_error *error)
{
    bool found = true;
    pp_template_text texts[PP_TEMPLATE_TEXTS];
    char path[PP_TEMPLATE_PATH];
    pp_template_texts(layout, started, texts);
    for (size_t i = 0; i < PP_TEMPLATE_TEXTS; i++)
        if (texts[i].text)
            t->texts[i] = attribute_place(t, texts[i].name, PP_HEAP_REFERENCE, &found);
    t->seed = attribute_place(t, "seed", sizeof layout->seed, &found);
    t->threads = attribute_place(t, "threads", sizeof started->threads, &found);
    t->trial = dataset_place(file, t, "trial", (size_t)layout->n_trials, PP_I64, &found);
    t->firm = dataset_place(file, t, "firm", (size_t)layout->n_firms, PP_STRING, &found);
    t->scenario = dataset_place(file, t, "scenario", 1, PP_STRING, &found);
    for (size_t i = 0; i < pp_layout_datasets(layout); i++) {
        size_t n = count_elements(layout, i);
        pp_template_path(layout, i, path);
        if (n > 0)
            t->datasets[i] =
                dataset_place(file, t, path, n, pp_layout_shape(layout, i).type, &found);
    }
    return found ? PP_OK : pp_error_set(error, PP_EFORMAT, "values have no place of their own");
}

/// Make the file in memory, and find everything in it.
static pp_status make_image(const pp_results_layout *layout, const pp_provenance *started,
                            pp_results_template *t, hid_t *datasets, pp_error *error)
{
    hid_t file = H5I_INVALID_HID, access = pp_image_access(NULL, 0);
    if (access < 0)
        return pp_hdf5_fail(error, PP_EIO, "creating", "a file in memory");
    // There are no chunks: an index as wide as usual says nothing of its width.
    pp_status status = pp_netcdf_create(PP_IMAGE_NAME, access, UINT64_MAX, &file, error);
    if (status == PP_OK)
        status = pp_results_define(file, layout, started, true, datasets, error);
    if (status == PP_OK)
        status = pp_netcdf_attribute_text(file, "status", "complete", error);
    if (status == PP_OK)
        status = pp_image_take(file, &t->image, error);
    if (status == PP_OK)
        status = find_places(file, layout, started, t, error);
    if (file >= 0)
        H5Fclose(file);
    H5Pclose(access);
    return status;
}

/// The layout that stands for all of its kind, so that a template depends on nothing else.
/// @param labels [n_firms] none
static pp_status make_bare(const pp_results_layout *layout, const pp_provenance *started,
                           pp_results_template *t, const char *const *labels, pp_error *error)
{
    static char nothing[] = "";
    pp_results_layout bare = *layout;
    pp_provenance nobody = {.history = nothing};
    hid_t *datasets = malloc(pp_layout_datasets(layout) * sizeof *datasets);
    if (!datasets)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    for (size_t i = 0; i < PP_SLURM_IDS; i++)
        nobody.slurm[i][0] = started->slurm[i][0] ? '-' : '\0';
    bare.first_trial = 0;
    bare.firm_labels = labels;
    bare.title = bare.program = bare.scenario = bare.rng = nothing;
    bare.seed = 0;
    pp_status status = make_image(&bare, &nobody, t, datasets, error);
    free(datasets);
    return status;
}

static pp_status make(const pp_results_layout *layout, const pp_provenance *started,
                      pp_results_template **template, pp_error *error)
{
    pp_status status = PP_OK;
    pp_results_template *made = calloc(1, sizeof *made);
    const char **labels = calloc((size_t)layout->n_firms, sizeof *labels);
    key k = key_of(layout, started);
    if (made) {
        made->key = k.bytes;
        made->key_bytes = k.n;
        made->datasets = calloc(pp_layout_datasets(layout), sizeof *made->datasets);
    } else {
        free(k.bytes);
    }
    if (!made || !labels || k.failed || !made->datasets)
        status = pp_error_set(error, PP_ENOMEM, "out of memory");
    else
        status = make_bare(layout, started, made, labels, error);
    free(labels);
    if (status == PP_OK)
        *template = made;
    else
        pp_results_template_destroy(made);
    return status;
}

pp_status pp_template_take(const pp_results_layout *layout, const pp_provenance *started,
                           pp_results_template **template, pp_error *error)
{
    pp_results_template **kept = layout->kept;
    *template = NULL;
    if (!kept || !*kept || !fits(*kept, layout, started))
        return make(layout, started, template, error);
    *template = *kept; // no other writer's while this one is at work
    *kept = NULL;
    return PP_OK;
}

void pp_template_give_back(pp_results_template *template, const pp_results_layout *layout)
{
    pp_results_template **kept = layout->kept;
    if (kept && template) {
        pp_results_template_destroy(*kept);
        *kept = template;
    } else {
        pp_results_template_destroy(template);
    }
}

void pp_results_template_destroy(pp_results_template *template)
{
    if (!template)
        return;
    pp_image_release(&template->image);
    free(template->key);
    free(template->datasets);
    free(template);
}

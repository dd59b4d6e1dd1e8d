// A file made of a template, read back through HDF5.
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/error.h"
#include "data/hdf5/netcdf.h"
#include "data/results/template_parts.h"
#include "market/base/utf8.h"

static pp_status differs(pp_error *error, const char *name)
{
    return pp_error_set(error, PP_EFORMAT, "'%s' is not what was put into its place", name);
}

static pp_status no_memory(pp_error *error)
{
    return pp_error_set(error, PP_ENOMEM, "out of memory");
}

/// What the file should have of a text.
static bool same_text(const char *found, const char *text, bool blank)
{
    text = blank && !text[0] ? " " : text;
    if (!pp_utf8_valid(text)) {
        char *repaired = pp_utf8_duplicate(text);
        bool same = repaired && found && strcmp(found, repaired) == 0;
        free(repaired);
        return same;
    }
    return strcmp(found ? found : "", text) == 0;
}

static bool read_attribute(hid_t file, const char *name, hid_t type, void *value)
{
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    bool read = attribute >= 0 && H5Aread(attribute, type, value) >= 0;
    pp_hdf5_close(attribute);
    return read;
}

static bool read_dataset(hid_t file, const char *path, hid_t type, void *values)
{
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT);
    bool read = dataset >= 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    pp_hdf5_close(dataset);
    return read;
}

static pp_status check_attributes(hid_t file, hid_t string, const pp_contents *c, pp_error *error)
{
    pp_template_text texts[PP_TEMPLATE_TEXTS];
    pp_template_texts(c->layout, c->started, texts);
    for (size_t i = 0; i < PP_TEMPLATE_TEXTS; i++) {
        char *found = NULL;
        if (!texts[i].text)
            continue;
        bool same = read_attribute(file, texts[i].name, string, &found) &&
                    same_text(found, texts[i].text, true);
        H5free_memory(found);
        if (!same)
            return differs(error, texts[i].name);
    }
    uint64_t seed;
    int32_t threads;
    if (!read_attribute(file, "seed", H5T_NATIVE_UINT64, &seed) || seed != c->layout->seed)
        return differs(error, "seed");
    if (!read_attribute(file, "threads", H5T_NATIVE_INT32, &threads) ||
        threads != c->started->threads)
        return differs(error, "threads");
    return PP_OK;
}

/// @param blank an empty text is a blank in the file
static pp_status check_texts(hid_t file, hid_t string, const char *path, size_t n,
                             const char *const *texts, bool blank, pp_error *error)
{
    char **found = calloc(n, sizeof *found);
    if (!found)
        return no_memory(error);
    bool same = read_dataset(file, path, string, found);
    for (size_t i = 0; i < n; i++) {
        same = same && same_text(found[i], texts[i], blank);
        H5free_memory(found[i]);
    }
    free(found);
    return same ? PP_OK : differs(error, path);
}

static pp_status check_numbers(hid_t file, const char *path, pp_value_type type, size_t n,
                               const void *values, pp_error *error)
{
    size_t bytes = n * pp_value_size(type);
    void *found = malloc(bytes);
    hid_t memory = pp_netcdf_memory_type(type);
    if (!found) {
        pp_hdf5_close(memory);
        return no_memory(error);
    }
    bool same =
        memory >= 0 && read_dataset(file, path, memory, found) && memcmp(found, values, bytes) == 0;
    pp_hdf5_close(memory);
    free(found);
    return same ? PP_OK : differs(error, path);
}

static pp_status check_trials(hid_t file, const pp_results_layout *layout, pp_error *error)
{
    int64_t *trials = calloc((size_t)layout->n_trials, sizeof *trials);
    if (!trials)
        return no_memory(error);
    for (int64_t i = 0; i < layout->n_trials; i++)
        trials[i] = layout->first_trial + i;
    pp_status status =
        check_numbers(file, "/trial", PP_I64, (size_t)layout->n_trials, trials, error);
    free(trials);
    return status;
}

static pp_status check_values(hid_t file, hid_t string, const pp_contents *c, size_t i,
                              pp_error *error)
{
    char path[PP_TEMPLATE_PATH];
    const pp_slab *slab = &c->slabs->slab[i];
    const unsigned char *values = c->values + slab->offset * (size_t)c->layout->n_trials;
    size_t n = slab->count * (size_t)c->layout->n_trials;
    pp_template_path(c->layout, i, path);
    if (slab->type != PP_STRING)
        return check_numbers(file, path, slab->type, n, values, error);
    const char **texts = malloc(n * sizeof *texts);
    if (!texts)
        return no_memory(error);
    for (size_t j = 0; j < n; j++)
        texts[j] = (const char *)values + j * PP_RECORD_TEXT;
    pp_status status = check_texts(file, string, path, n, texts, false, error);
    free(texts);
    return status;
}

static pp_status check_all(hid_t file, hid_t string, const pp_contents *c, pp_error *error)
{
    const pp_results_layout *layout = c->layout;
    PP_TRY(check_attributes(file, string, c, error));
    PP_TRY(check_trials(file, layout, error));
    PP_TRY(check_texts(file, string, "/firm", (size_t)layout->n_firms, layout->firm_labels, false,
                       error));
    PP_TRY(check_texts(file, string, "/scenario", 1, &layout->scenario, true, error));
    for (size_t i = 0; i < c->slabs->n; i++)
        if (c->slabs->slab[i].count > 0)
            PP_TRY(check_values(file, string, c, i, error));
    return PP_OK;
}

pp_status pp_template_check(const pp_contents *contents, const unsigned char *bytes, size_t n,
                            pp_error *error)
{
    pp_status status;
    hid_t access = pp_image_access(bytes, n), string = pp_netcdf_string_type();
    hid_t file = access < 0 ? H5I_INVALID_HID : H5Fopen(PP_IMAGE_NAME, H5F_ACC_RDONLY, access);
    if (file < 0 || string < 0)
        status = pp_hdf5_fail(error, PP_EFORMAT, "opening", "a file made of a template");
    else
        status = check_all(file, string, contents, error);
    if (file >= 0)
        H5Fclose(file);
    pp_hdf5_close(string);
    pp_hdf5_close(access);
    return status;
}

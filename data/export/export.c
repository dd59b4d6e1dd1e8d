// A results file as a folder of CSV tables with a data dictionary.
#include "data/export/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv/write.h"
#include "data/export/table.h"
#include "data/file/output_directory.h"
#include "data/hdf5/error.h"
#include "data/results/layout.h"

enum { DICTIONARY, RUN, TABLES };

/// All files that an export may have: the dictionary, by which one is known, first.
static const char *const names[TABLES + PP_EXPORT_TABLES + 1] = {
    [DICTIONARY] = "dictionary.csv",
    [RUN] = "run.csv",
    "firms.csv",
    "market.csv",
    "epochs.csv",
    "ranks.csv",
    "portfolio.csv",
    "targets.csv",
    "bands.csv",
    "learning.csv",
    "rounds.csv",
    "quotes.csv",
};

/// Of names[TABLES], ...
static const pp_dim table_dims[PP_EXPORT_TABLES][PP_FILE_RANK + 1] = {
    {PP_DIM_TRIAL, PP_DIM_FIRM},
    {PP_DIM_TRIAL, PP_DIM_EPOCH},
    {PP_DIM_TRIAL, PP_DIM_EPOCH, PP_DIM_FIRM},
    {PP_DIM_TRIAL, PP_DIM_EPOCH, PP_DIM_FIRM, PP_DIM_RANK},
    {PP_DIM_TRIAL, PP_DIM_EPOCH, PP_DIM_FIRM, PP_DIM_CATEGORY},
    {PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_CATEGORY},
    {PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_BAND},
    {PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_UPDATE},
    {PP_DIM_QUOTE},
    {PP_DIM_QUOTE, PP_DIM_FIRM},
};

static const pp_directory_kind kind = {"export", names, pp_export_dictionary_header};

typedef struct export
{
    pp_results_file *file;
    const pp_export_options *options;
    pp_export_report *report;
    pp_output_directory directory;
    FILE *dictionary;
}
export;

static bool same_dims(const pp_dim *a, const pp_dim *b)
{
    size_t d = 0;
    while (a[d] == b[d] && a[d] != PP_DIM_NONE)
        d++;
    return a[d] == b[d];
}

/// The variables of the root and of /learning that are on the table's dimensions.
static pp_status add_variables(const export *e, pp_export_table *table, pp_error *error)
{
    pp_status status = PP_OK;
    for (size_t id = 0; id < PP_VAR_COUNT && status == PP_OK; id++) {
        const pp_variable *variable = &pp_variables[id];
        char path[PP_FILE_PATH];
        if (variable->type == PP_STRING || !same_dims(variable->dims, table->dims))
            continue;
        pp_file_variable_path(id, path);
        if (pp_file_expects(e->file, id))
            status = pp_export_table_add(table, path, variable->name, error);
    }
    return status;
}

/// A column of /quotes, if it has as many axes as the table.
static pp_status add_quote_column(const export *e, const char *name, pp_export_table *table,
                                  pp_error *error)
{
    char path[PP_FILE_PATH];
    int rank = 0;
    hsize_t lengths[PP_FILE_RANK];
    hid_t dataset;
    if (strcmp(name, "quote") == 0)
        return PP_OK;
    if ((size_t)snprintf(path, sizeof path, "quotes/%s", name) >= sizeof path)
        return pp_error_set(error, PP_EFORMAT, "%s: a column of quotes has too long a name",
                            e->file->path);
    pp_status status = pp_file_open_dataset(e->file, path, &dataset, error);
    if (status != PP_OK)
        return status;
    if (!pp_file_lengths(dataset, &rank, lengths))
        status = pp_file_malformed(e->file, "cannot read the shape of", path, error);
    H5Dclose(dataset);
    if (status == PP_OK && (rank > 1) == (table->dims[1] != PP_DIM_NONE))
        status = pp_export_table_add(table, path, name, error);
    return status;
}

/// Name of a link in a group, in the order of their creation if it is kept; malloc'd.
static pp_status link_name(const export *e, hid_t group, hsize_t i, char **name, pp_error *error)
{
    H5_index_t order = H5_INDEX_CRT_ORDER;
    ssize_t n = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
    if (n < 0) {
        order = H5_INDEX_NAME;
        n = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, NULL, 0, H5P_DEFAULT);
    }
    if (n < 0)
        return pp_error_set(error, PP_EFORMAT, "%s: cannot read the names in 'quotes'",
                            e->file->path);
    if (!(*name = calloc(1, (size_t)n + 1)))
        return pp_error_set(error, PP_ENOMEM, "%s: out of memory", e->file->path);
    H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, i, *name, (size_t)n + 1, H5P_DEFAULT);
    return PP_OK;
}

static pp_status add_quotes(const export *e, pp_export_table *table, pp_error *error)
{
    H5G_info_t about;
    if (!e->options->quotes)
        return PP_OK;
    hid_t group = H5Gopen2(e->file->file, "quotes", H5P_DEFAULT);
    if (group < 0)
        return pp_file_malformed(e->file, "cannot open", "quotes", error);
    pp_status status = PP_OK;
    if (H5Gget_info(group, &about) < 0)
        status = pp_file_malformed(e->file, "cannot read", "quotes", error);
    for (hsize_t i = 0; status == PP_OK && i < about.nlinks; i++) {
        char *name = NULL;
        status = link_name(e, group, i, &name, error);
        if (status == PP_OK)
            status = add_quote_column(e, name, table, error);
        free(name);
    }
    H5Gclose(group);
    return status;
}

static pp_status write_table(export *e, const char *name, pp_export_table *table, pp_error *error)
{
    FILE *out;
    int cause = 0;
    PP_TRY(pp_output_directory_file(&e->directory, name, &out, error));
    pp_status status = pp_export_table_write(table, out, e->options->stop, &cause, error);
    pp_status closed = pp_output_directory_close(&e->directory, name, out, cause, error);
    if (status == PP_OK)
        status = closed;
    if (status == PP_OK) {
        pp_export_table_describe(table, name, e->dictionary);
        e->report->tables[e->report->n_tables++] =
            (pp_export_written){name, table->rows, table->n_columns};
        e->report->formulae += table->formulae;
    }
    return status;
}

/// A table, unless the file has nothing to fill it with.
static pp_status export_table(export *e, size_t i, pp_error *error)
{
    pp_export_table table;
    for (size_t d = 0; table_dims[i][d] != PP_DIM_NONE; d++)
        if (e->file->length[table_dims[i][d]] == 0)
            return PP_OK;
    pp_status status = pp_export_table_create(e->file, table_dims[i], &table, error);
    if (status == PP_OK)
        status = table_dims[i][0] == PP_DIM_QUOTE ? add_quotes(e, &table, error)
                                                  : add_variables(e, &table, error);
    if (status == PP_OK && table.n_variables > 0)
        status = write_table(e, names[TABLES + i], &table, error);
    pp_export_table_destroy(&table);
    return status;
}

/// What run this is: the file's own words.
static pp_status put_run(export *e, FILE *out, pp_error *error)
{
    static const char *const texts[] = {"title", "source", "history", "rng", "created", "status"};
    uint64_t seed;
    fputs("name,value\n", out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *text;
        pp_status status = pp_results_text(e->file, texts[i], &text, error);
        if (status != PP_OK)
            return status;
        fprintf(out, "%s,", texts[i]);
        pp_csv_put_text(out, text);
        putc('\n', out);
        e->report->formulae += pp_csv_is_formula(text);
        free(text);
    }
    pp_status status = pp_results_seed(e->file, &seed, error);
    if (status == PP_OK)
        fprintf(out, "seed,%" PRIu64 "\n", seed);
    return status;
}

static pp_status export_run(export *e, pp_error *error)
{
    FILE *out;
    PP_TRY(pp_output_directory_file(&e->directory, names[RUN], &out, error));
    pp_status status = put_run(e, out, error);
    pp_status closed = pp_output_directory_close(&e->directory, names[RUN], out, 0, error);
    if (status == PP_OK)
        status = closed;
    if (status == PP_OK)
        fprintf(e->dictionary,
                "%s,name,text,1,never,what is told about the run\n"
                "%s,value,text,1,never,\"what the results file says of it, as text\"\n",
                names[RUN], names[RUN]);
    return status;
}

static pp_status export_all(export *e, pp_error *error)
{
    pp_status status =
        pp_output_directory_file(&e->directory, names[DICTIONARY], &e->dictionary, error);
    if (status != PP_OK)
        return status;
    fputs(pp_export_dictionary_header, e->dictionary);
    fflush(e->dictionary); // from now on it is known for an export's, should this program be killed
    status = export_run(e, error);
    for (size_t i = 0; i < PP_EXPORT_TABLES && status == PP_OK; i++)
        status = export_table(e, i, error);
    pp_status closed =
        pp_output_directory_close(&e->directory, names[DICTIONARY], e->dictionary, 0, error);
    return status == PP_OK ? closed : status;
}

static pp_status export_to(export *e, const char *directory, pp_error *error)
{
    pp_status status =
        pp_output_directory_open(directory, e->options->force, &kind, &e->directory, error);
    if (status != PP_OK)
        return status;
    status = export_all(e, error);
    if (status == PP_OK)
        return pp_output_directory_commit(&e->directory, error);
    pp_output_directory_abandon(&e->directory);
    return status;
}

pp_status pp_export_csv(pp_results_file *file, const char *directory,
                        const pp_export_options *options, pp_export_report *report, pp_error *error)
{
    if (!file || !directory || !options || !report)
        return pp_error_set(error, PP_EINVAL,
                            "a file, a directory, options and a report are needed");
    *report = (pp_export_report){0};
    if (options->quotes && file->length[PP_DIM_QUOTE] == 0)
        return pp_error_set(error, PP_EINVAL, "%s: there are no recorded rounds to export",
                            file->path);
    pp_hdf5_quiet quiet = pp_hdf5_silence();
    export e = {.file = file, .options = options, .report = report};
    pp_status status = export_to(&e, directory, error);
    pp_hdf5_restore(quiet);
    return status;
}

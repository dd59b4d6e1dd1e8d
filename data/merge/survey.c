// What merging has to know of every run before it writes anything.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/hdf5/seal.h"
#include "data/merge/parts.h"
#include "data/results/layout.h"
#include "data/results/variable_reader.h"

/// What there is to know of one run while its file is open.
typedef struct visit {
    const pp_merge_sweep *sweep;
    pp_merge_survey *survey;
    pp_merge_report *report;
    size_t run;
    pp_results_file *file;
} visit;

static bool is_truncated(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool truncated = fd >= 0 && pp_seal_truncated(fd);
    if (fd >= 0)
        close(fd);
    return truncated;
}

/// The file to be written must not be one of those that are read.
static pp_status check_target(const char *target, const char *path, pp_error *error)
{
    if (pp_output_same_file(target, path))
        return pp_error_set(error, PP_EEXIST, "'%s' is the file of a run; it is left as it is",
                            target);
    return PP_OK;
}

static pp_status check_scenario(const visit *v, pp_error *error)
{
    char *scenario;
    pp_error cause = {0};
    pp_status status = pp_results_text(v->file, "scenario", &scenario, error);
    if (status != PP_OK || !v->sweep->check) {
        free(scenario);
        return status;
    }
    status = v->sweep->check(v->sweep->context, v->run, scenario, &cause);
    free(scenario);
    return status == PP_OK ? PP_OK
                           : pp_error_set(error, status, "%s: %s", v->file->path, cause.message);
}

static pp_status compare_source(const visit *v, pp_error *error)
{
    char *source;
    PP_TRY(pp_results_text(v->file, "source", &source, error));
    if (!v->survey->source) {
        v->survey->source = source;
        return PP_OK;
    }
    v->report->sources += strcmp(source, v->survey->source) != 0;
    free(source);
    return PP_OK;
}

/// Compare with the longest so far, and take the longer one's place; or free the values.
static void agree(pp_merge_agreement *known, void *values, size_t n, size_t size)
{
    size_t both = n < known->n ? n : known->n;
    known->agreed &= both == 0 || memcmp(values, known->values, both * size) == 0;
    void *shorter = values;
    if (n > known->n) {
        shorter = known->values;
        known->values = values;
        known->n = n;
    }
    free(shorter);
}

static pp_status agree_numbers(const visit *v, pp_error *error)
{
    int64_t *trials;
    int8_t *phases;
    PP_TRY(pp_results_trials(v->file, &trials, error));
    agree(&v->survey->trials, trials, (size_t)v->file->length[PP_DIM_TRIAL], sizeof *trials);
    PP_TRY(pp_results_phases(v->file, &phases, error));
    agree(&v->survey->phases, phases, (size_t)v->file->length[PP_DIM_EPOCH], sizeof *phases);
    return PP_OK;
}

/// Bands agree with their views' names, of which longer runs may have more.
static pp_status agree_bands(const visit *v, pp_error *error)
{
    pp_merge_survey *survey = v->survey;
    pp_results_band *bands;
    char *names;
    PP_TRY(pp_results_bands(v->file, &bands, &names, error));
    if (!bands)
        return PP_OK;
    size_t n = (size_t)v->file->length[PP_DIM_BAND];
    bool longest = n > survey->bands.n;
    if (survey->view_names) {
        size_t a = strlen(survey->view_names), b = strlen(names);
        survey->bands.agreed &= strncmp(survey->view_names, names, a < b ? a : b) == 0;
    }
    agree(&survey->bands, bands, n, sizeof *bands);
    free(longest ? survey->view_names : names);
    if (longest)
        survey->view_names = names;
    return PP_OK;
}

static void free_texts(pp_merge_agreement *texts)
{
    char **text = texts->values;
    for (size_t i = 0; text && i < texts->n; i++)
        free(text[i]);
    free(text);
}

/// Of names likewise, which the file gives away.
static void agree_firms(const visit *v)
{
    pp_merge_agreement *known = &v->survey->firms;
    pp_merge_agreement found = {true, (size_t)v->file->length[PP_DIM_FIRM], v->file->firms};
    char **names = known->values;
    bool agreed = known->agreed;
    v->file->firms = NULL;
    for (size_t i = 0; i < found.n && i < known->n; i++)
        agreed &= strcmp(names[i], ((char **)found.values)[i]) == 0;
    free_texts(found.n > known->n ? known : &found);
    if (found.n > known->n)
        *known = found;
    known->agreed = agreed;
}

/// Is the variable of the right shape, and can the file hold it?
static pp_status check_variable(const visit *v, size_t id, pp_error *error)
{
    const pp_variable *variable = &pp_variables[id];
    char path[PP_FILE_PATH];
    pp_variable_reader reader;
    pp_file_variable_path(id, path);
    PP_TRY(pp_variable_reader_open(v->file, path, variable->dims, variable->type == PP_STRING,
                                   &reader, error));
    pp_variable_reader_close(&reader);
    return PP_OK;
}

/// A length counts only if variables of that shape are there: a few bytes could claim any.
static pp_status take_shape(const visit *v, pp_error *error)
{
    pp_merge_survey *survey = v->survey;
    pp_merge_shape *shape = &survey->shapes[v->run];
    const uint64_t *length = v->file->length;
    bool learning = pp_file_has(v->file, pp_group_names[PP_GROUP_LEARNING]);
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        bool has =
            pp_variables[id].group == PP_GROUP_ROOT ? pp_file_expects(v->file, id) : learning;
        for (size_t d = 0; pp_variables[id].dims[d] != PP_DIM_NONE; d++)
            has &= length[pp_variables[id].dims[d]] > 0;
        if (has)
            PP_TRY(check_variable(v, id, error));
        shape->has[id] = has;
        survey->has[id] |= has;
    }
    for (size_t d = 0; d < PP_DIM_COUNT; d++)
        if (length[d] > survey->length[d])
            survey->length[d] = length[d];
    v->report->rounds += length[PP_DIM_QUOTE] > 0;
    survey->learning |= learning;
    return PP_OK;
}

static pp_status look(const visit *v, pp_error *error)
{
    PP_TRY(check_scenario(v, error));
    PP_TRY(compare_source(v, error));
    PP_TRY(take_shape(v, error));
    PP_TRY(agree_numbers(v, error));
    PP_TRY(agree_bands(v, error));
    agree_firms(v);
    return PP_OK;
}

static pp_status visit_run(visit *v, const char *target, pp_error *error)
{
    const char *path = v->sweep->runs[v->run].path;
    pp_error cause = {0};
    PP_TRY(check_target(target, path, error));
    pp_status status = pp_file_open(path, &v->survey->shapes[v->run].stamp, &v->file, &cause);
    if (status == PP_EFORMAT && is_truncated(path)) {
        v->survey->states[v->run] = PP_MERGE_PARTIAL;
        if (v->report->cut++ == 0)
            snprintf(v->report->first_cut, PP_MERGE_ID_MAX, "%s", v->sweep->runs[v->run].id);
        return PP_OK;
    }
    if (status != PP_OK)
        return pp_error_set(error, status, "%s", cause.message);
    status = look(v, error);
    pp_results_close(v->file);
    return status;
}

static pp_status allocate(const pp_merge_sweep *sweep, pp_merge_survey *survey, pp_error *error)
{
    survey->states = calloc(sweep->n_runs, sizeof *survey->states);
    survey->shapes = calloc(sweep->n_runs, sizeof *survey->shapes);
    if (!survey->states || !survey->shapes)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    return PP_OK;
}

size_t pp_merge_lengths(const pp_merge_survey *survey, const pp_dim *dims, uint64_t *lengths)
{
    size_t rank = 0;
    for (; dims[rank] != PP_DIM_NONE; rank++)
        lengths[rank] = survey->length[dims[rank]];
    return rank;
}

uint64_t pp_merge_variable_bytes(const pp_merge_survey *survey, size_t id)
{
    uint64_t lengths[PP_FILE_RANK], bytes = pp_value_size(pp_variables[id].type);
    size_t rank = pp_merge_lengths(survey, pp_variables[id].dims, lengths);
    for (size_t d = 0; d < rank; d++)
        if (__builtin_mul_overflow(bytes, lengths[d], &bytes))
            return UINT64_MAX / 2;
    return bytes;
}

uint64_t pp_merge_run_bytes(const pp_merge_survey *survey)
{
    uint64_t bytes = 0;
    for (size_t id = 0; id < PP_VAR_COUNT; id++) {
        uint64_t more = survey->has[id] ? pp_merge_variable_bytes(survey, id) : 0;
        bytes = more < UINT64_MAX / 2 - bytes ? bytes + more : UINT64_MAX / 2;
    }
    return bytes;
}

/// Numbers of all kinds must stay within what is added and multiplied later.
static pp_status check_size(const pp_merge_sweep *sweep, const pp_merge_survey *survey,
                            const pp_merge_report *report, pp_error *error)
{
    uint64_t bytes = pp_merge_run_bytes(survey);
    if (report->runs[PP_MERGE_COMPLETE] == 0)
        return pp_error_set(error, PP_EIO, "no run is complete: there is nothing to merge");
    if (bytes >= UINT64_MAX / 2 || bytes > INT64_MAX / sweep->n_runs)
        return pp_error_set(error, PP_EINVAL,
                            "the longest run of each dimension together make an impossibly large "
                            "file");
    return PP_OK;
}

pp_status pp_merge_survey_make(const pp_merge_sweep *sweep, const pp_merge_options *options,
                               const char *target, pp_merge_survey *survey, pp_merge_report *report,
                               pp_error *error)
{
    *survey = (pp_merge_survey){
        .trials.agreed = true, .firms.agreed = true, .phases.agreed = true, .bands.agreed = true};
    pp_status status = allocate(sweep, survey, error);
    for (size_t run = 0; run < sweep->n_runs && status == PP_OK; run++) {
        visit v = {.sweep = sweep, .survey = survey, .report = report, .run = run};
        survey->states[run] = sweep->runs[run].state;
        status = pp_stop_check(options->stop, error);
        if (status == PP_OK && survey->states[run] == PP_MERGE_COMPLETE)
            status = visit_run(&v, target, error);
        report->runs[survey->states[run]]++;
    }
    return status == PP_OK ? check_size(sweep, survey, report, error) : status;
}

void pp_merge_survey_release(pp_merge_survey *survey)
{
    free_texts(&survey->firms);
    free(survey->trials.values);
    free(survey->phases.values);
    free(survey->bands.values);
    free(survey->view_names);
    free(survey->source);
    free(survey->states);
    free(survey->shapes);
    *survey = (pp_merge_survey){0};
}

// Swept keys as coordinates of a merged file.
#include "experiments/sweep/coordinates.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/sweep/directory/names.h"
#include "market/base/param.h"
#include "market/base/text.h"

/// The short name, or the key if that is taken; no key is, since keys are dotted or those of a
/// scenario's top, and the short names of a manifest differ.
static const char *name_of(const pp_sweep_parameter *parameter)
{
    return pp_sweep_name_is_taken(parameter->name) ? parameter->key : parameter->name;
}

/// @return false if the number is beyond 64 bits
static bool integer_of(const char *text, int64_t *value)
{
    errno = 0;
    *value = text ? strtoll(text, NULL, 10) : pp_merge_no_integer;
    return errno == 0;
}

/// The type of n texts, of which every step-th counts. Whole numbers beyond 64 bits stay text.
static pp_value_type type_of(pp_sweep_type type, char *const *texts, size_t n, size_t step)
{
    int64_t value;
    bool fits = true;
    for (size_t i = 0; i < n && fits && type == PP_SWEEP_INTEGER; i++)
        fits = integer_of(texts[i * step], &value);
    if (type == PP_SWEEP_REAL)
        return PP_F64;
    return type == PP_SWEEP_INTEGER && fits ? PP_I64 : PP_STRING;
}

/// n texts, every step-th, as values; malloc'd, NULL if out of memory. Strings are borrowed.
static void *values_of(pp_value_type type, char *const *texts, size_t n, size_t step)
{
    void *values = calloc(n, sizeof(uint64_t)); // a real, an integer or a pointer
    double *reals = values;
    int64_t *integers = values;
    const char **strings = values;
    for (size_t i = 0; i < n && values; i++) {
        const char *text = texts[i * step];
        if (type == PP_F64)
            reals[i] = text ? pp_parse_real(text, NULL) : NAN;
        else if (type == PP_I64)
            integer_of(text, &integers[i]);
        else
            strings[i] = text ? text : "";
    }
    return values;
}

static pp_status make_values(const pp_sweep_parameter *parameter, char *const *texts, size_t n,
                             size_t step, pp_merge_coordinate *to, pp_error *error)
{
    *to = (pp_merge_coordinate){.name = name_of(parameter),
                                .long_name = parameter->key,
                                .parameter = parameter->key,
                                .type = type_of(parameter->type, texts, n, step),
                                .n = n};
    for (size_t i = 0; i < n; i++)
        to->missing |= !texts[i * step];
    to->values = values_of(to->type, texts, n, step);
    return to->values ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
}

static pp_status number_runs(size_t n, pp_merge_coordinate *to, pp_error *error)
{
    int64_t *numbers = calloc(n, sizeof *numbers);
    *to = (pp_merge_coordinate){
        .name = "run", .long_name = "number of the run", .type = PP_I64, .n = n};
    to->values = numbers;
    for (size_t run = 0; numbers && run < n; run++)
        numbers[run] = (int64_t)run;
    return numbers ? PP_OK : pp_error_set(error, PP_ENOMEM, "out of memory");
}

static pp_status make(const pp_sweep_manifest *m, pp_sweep_coordinates *to, pp_error *error)
{
    to->dimensions = calloc(to->n_dimensions, sizeof *to->dimensions);
    to->parameters = calloc(to->n_parameters + 1, sizeof *to->parameters); // never of 0 bytes
    if (!to->dimensions || !to->parameters)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    if (m->n_axes == 0)
        PP_TRY(number_runs(m->n_runs, &to->dimensions[0], error));
    for (size_t a = 0; a < m->n_axes; a++)
        PP_TRY(make_values(&m->parameters[a], m->axes[a].values, m->axes[a].n_values, 1,
                           &to->dimensions[a], error));
    for (size_t p = 0; p < to->n_parameters; p++)
        PP_TRY(make_values(&m->parameters[p], m->values + p, m->n_runs, m->n_parameters,
                           &to->parameters[p], error));
    return PP_OK;
}

pp_status pp_sweep_coordinates_make(const pp_sweep_manifest *m, pp_sweep_coordinates *coordinates,
                                    pp_error *error)
{
    const bool is_grid = m->n_axes > 0;
    *coordinates = (pp_sweep_coordinates){.n_dimensions = is_grid ? m->n_axes : 1,
                                          .n_parameters = is_grid ? 0 : m->n_parameters};
    pp_status status = make(m, coordinates, error);
    if (status != PP_OK)
        pp_sweep_coordinates_release(coordinates);
    return status;
}

/// Values are const to those who read them, but for the list they are the owner's.
static void free_values(const pp_merge_coordinate *coordinate)
{
    union {
        const void *read;
        void *owned;
    } values = {.read = coordinate->values};
    free(values.owned);
}

void pp_sweep_coordinates_release(pp_sweep_coordinates *coordinates)
{
    for (size_t d = 0; coordinates->dimensions && d < coordinates->n_dimensions; d++)
        free_values(&coordinates->dimensions[d]);
    for (size_t p = 0; coordinates->parameters && p < coordinates->n_parameters; p++)
        free_values(&coordinates->parameters[p]);
    free(coordinates->dimensions);
    free(coordinates->parameters);
    *coordinates = (pp_sweep_coordinates){0};
}

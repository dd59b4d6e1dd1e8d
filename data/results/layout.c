// The table of result variables, and the shapes that a layout gives them.
#include "data/results/layout.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_BYTES = 32 << 20, CHUNK_BYTES = 256 << 10, COLUMNS_MAX = 100000 };

#define LIST(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define VARIABLE(group_, economics_, name_, type_, dims_, units_, text_)                           \
    {.group = group_,                                                                              \
     .economics = economics_,                                                                      \
     .name = #name_,                                                                               \
     .type = type_,                                                                                \
     .dims = LIST dims_,                                                                           \
     .units = units_,                                                                              \
     .long_name = text_},
const pp_variable pp_variables[] = {
#define ROOT(...) VARIABLE(PP_GROUP_ROOT, false, __VA_ARGS__)
    PP_RESULT_VARIABLES(ROOT)
#undef ROOT
#define ECONOMICS(...) VARIABLE(PP_GROUP_ROOT, true, __VA_ARGS__)
        PP_ECONOMICS_VARIABLES(ECONOMICS)
#undef ECONOMICS
#define LEARNING(...) VARIABLE(PP_GROUP_LEARNING, false, __VA_ARGS__)
            PP_LEARNING_VARIABLES(LEARNING)
#undef LEARNING
};
#undef VARIABLE

const char *const pp_group_names[PP_GROUP_COUNT] = {
    [PP_GROUP_ROOT] = "",
    [PP_GROUP_LEARNING] = "learning",
};

size_t pp_value_size(pp_value_type type)
{
    switch (type) {
    case PP_F64:
    case PP_I64:
        return 8;
    case PP_I32:
        return 4;
    case PP_I8:
        return 1;
    case PP_STRING:
        return PP_RECORD_TEXT;
    }
    return 0;
}

uint64_t pp_layout_length(const pp_results_layout *layout, pp_dim dim)
{
    switch (dim) {
    case PP_DIM_TRIAL:
        return (uint64_t)layout->n_trials;
    case PP_DIM_EPOCH:
        return (uint64_t)(layout->n_burn_in + layout->n_test);
    case PP_DIM_FIRM:
    case PP_DIM_RANK:
        return (uint64_t)layout->n_firms;
    case PP_DIM_CATEGORY:
        return (uint64_t)layout->n_categories;
    case PP_DIM_UPDATE:
        return (uint64_t)layout->n_updates;
    case PP_DIM_BAND:
        return (uint64_t)layout->n_bands;
    case PP_DIM_QUOTE:
        return (uint64_t)layout->n_trials * (uint64_t)layout->n_quote_rows;
    case PP_DIM_NONE:
    case PP_DIM_COUNT:
        break;
    }
    return 0;
}

bool pp_layout_has(const pp_results_layout *layout, const pp_variable *variable)
{
    bool has = (variable->group != PP_GROUP_LEARNING || layout->learning) &&
               (!variable->economics || layout->economics);
    for (size_t d = 0; variable->dims[d] != PP_DIM_NONE; d++)
        has &= pp_layout_length(layout, variable->dims[d]) > 0;
    return has;
}

size_t pp_layout_quote_columns(const pp_results_layout *layout)
{
    return layout->n_quote_rows > 0 ? layout->n_quote_columns : 0;
}

static pp_status check_sizes(const pp_results_layout *layout, pp_error *error)
{
    int64_t epochs, end, rows;
    if (layout->n_trials < 1 || layout->first_trial < 0 ||
        __builtin_add_overflow(layout->first_trial, layout->n_trials, &end))
        return pp_error_set(error, PP_EINVAL, "impossible trials: %lld from %lld on",
                            (long long)layout->n_trials, (long long)layout->first_trial);
    if (layout->n_burn_in < 0 || layout->n_test < 0 ||
        __builtin_add_overflow(layout->n_burn_in, layout->n_test, &epochs) || epochs < 1)
        return pp_error_set(error, PP_EINVAL, "impossible epochs: %lld burn-in and %lld test",
                            (long long)layout->n_burn_in, (long long)layout->n_test);
    if (layout->n_firms < 1 || layout->n_categories < 1)
        return pp_error_set(error, PP_EINVAL, "impossible layout: %lld firms, %lld categories",
                            (long long)layout->n_firms, (long long)layout->n_categories);
    if (layout->n_quote_rows < 0 ||
        __builtin_mul_overflow(layout->n_trials, layout->n_quote_rows, &rows))
        return pp_error_set(error, PP_EINVAL, "impossible rows of quotes: %lld a trial",
                            (long long)layout->n_quote_rows);
    if (layout->n_updates < 0 || (layout->n_updates > 0 && !layout->learning))
        return pp_error_set(error, PP_EINVAL, "impossible updates: %lld %s /learning",
                            (long long)layout->n_updates, layout->learning ? "in" : "without");
    if (layout->n_bands < 0 || (layout->n_bands > 0 && (!layout->bands || !layout->view_names)))
        return pp_error_set(error, PP_EINVAL, "impossible bands: %lld", (long long)layout->n_bands);
    return PP_OK;
}

static pp_status check_texts(const pp_results_layout *layout, pp_error *error)
{
    if (!layout->title || !layout->command_line || !layout->program || !layout->scenario ||
        !layout->rng)
        return pp_error_set(error, PP_EINVAL,
                            "title, history, source, scenario and rng must be given");
    for (int64_t i = 0; i < layout->n_firms; i++)
        if (!layout->firm_labels || !layout->firm_labels[i] || !layout->firm_labels[i][0])
            return pp_error_set(error, PP_EINVAL, "firm %lld has no label", (long long)i);
    return PP_OK;
}

/// Names that HDF5 and netCDF both take.
static bool column_name_is_legal(const char *name, size_t size)
{
    size_t length = strnlen(name, size);
    if (length == 0 || length == size || strcmp(name, ".") == 0 || name[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '/' || (unsigned char)name[i] < ' ' || name[i] == 0x7F)
            return false;
    return strcmp(name, "quote") != 0;
}

static pp_status check_columns(const pp_results_layout *layout, pp_error *error)
{
    size_t n = pp_layout_quote_columns(layout);
    if (n > COLUMNS_MAX || (n > 0 && !layout->quote_columns))
        return pp_error_set(error, PP_EINVAL, "impossible columns of quotes: %zu", n);
    for (size_t i = 0; i < n; i++) {
        const pp_quote_column *column = &layout->quote_columns[i];
        if (!column_name_is_legal(column->name, sizeof column->name) ||
            strnlen(column->units, sizeof column->units) == sizeof column->units ||
            strnlen(column->long_name, sizeof column->long_name) == sizeof column->long_name)
            return pp_error_set(error, PP_EINVAL, "column %zu of quotes has an unusable name", i);
        if (column->type != PP_F64 && column->type != PP_I32)
            return pp_error_set(error, PP_EINVAL, "column '%s' of quotes is neither real nor int32",
                                column->name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(column->name, layout->quote_columns[j].name) == 0)
                return pp_error_set(error, PP_EINVAL, "two columns of quotes are named '%s'",
                                    column->name);
    }
    return PP_OK;
}

pp_status pp_layout_check(const pp_results_layout *layout, pp_error *error)
{
    if (!layout)
        return pp_error_set(error, PP_EINVAL, "no layout");
    PP_TRY(check_sizes(layout, error));
    PP_TRY(check_texts(layout, error));
    return check_columns(layout, error);
}

size_t pp_layout_datasets(const pp_results_layout *layout)
{
    return PP_VAR_COUNT + pp_layout_quote_columns(layout);
}

pp_shape pp_layout_shape(const pp_results_layout *layout, size_t i)
{
    uint64_t rows = (uint64_t)layout->n_quote_rows;
    if (i >= PP_VAR_COUNT) {
        const pp_quote_column *column = &layout->quote_columns[i - PP_VAR_COUNT];
        return (pp_shape){.type = column->type,
                          .rank = column->per_firm ? 2 : 1,
                          .lengths = {(uint64_t)layout->n_trials * rows, (uint64_t)layout->n_firms},
                          .unit = rows};
    }
    const pp_variable *variable = &pp_variables[i];
    pp_shape shape = {.type = variable->type, .unit = 1};
    if (pp_layout_has(layout, variable))
        for (; variable->dims[shape.rank] != PP_DIM_NONE; shape.rank++)
            shape.lengths[shape.rank] = pp_layout_length(layout, variable->dims[shape.rank]);
    return shape;
}

/// Elements of one trial, 0 if the layout is without the dataset; false if that overflows.
static bool count_trial(const pp_shape *shape, size_t *count)
{
    *count = shape->rank ? shape->unit : 0;
    for (int d = 1; d < shape->rank; d++)
        if (__builtin_mul_overflow(*count, shape->lengths[d], count))
            return false;
    return true;
}

/// Append a slab; false if sizes overflow. A quarter of the address space is left for sums.
static bool add_slab(pp_slabs *slabs, pp_value_type type, size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, pp_value_size(type), &bytes) || bytes > SIZE_MAX / 4 ||
        slabs->bytes > SIZE_MAX / 4)
        return false;
    bytes = (bytes + 7) & ~(size_t)7;
    slabs->slab[slabs->n++] = (pp_slab){type, count, slabs->bytes, bytes};
    slabs->bytes += bytes;
    return true;
}

pp_status pp_slabs_create(const pp_results_layout *layout, pp_slabs *slabs, pp_error *error)
{
    size_t n = pp_layout_datasets(layout), count;
    *slabs = (pp_slabs){.slab = calloc(n, sizeof *slabs->slab)};
    if (!slabs->slab)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    bool fits = true;
    for (size_t i = 0; i < n && fits; i++) {
        pp_shape shape = pp_layout_shape(layout, i);
        fits = count_trial(&shape, &count) && add_slab(slabs, shape.type, count);
    }
    if (fits && slabs->bytes <= SIZE_MAX / 4)
        return PP_OK;
    pp_slabs_destroy(slabs);
    return pp_error_set(error, PP_EINVAL, "one trial's results do not fit into memory");
}

void pp_slabs_destroy(pp_slabs *slabs)
{
    free(slabs->slab);
    *slabs = (pp_slabs){0};
}

uint64_t pp_layout_power_of_two(uint64_t limit)
{
    uint64_t power = 1;
    while (power <= limit / 2)
        power *= 2;
    return power;
}

// Powers of two on both sides, so that what is written at once is a whole number of chunks.
size_t pp_layout_buffered(const pp_results_layout *layout, const pp_slabs *slabs)
{
    uint64_t trials = pp_layout_power_of_two(BUFFER_BYTES / slabs->bytes);
    return trials < (uint64_t)layout->n_trials ? (size_t)trials : (size_t)layout->n_trials;
}

void pp_layout_chunk(int rank, const uint64_t *dims, size_t size, uint64_t unit, uint64_t *chunk)
{
    uint64_t rest = size; // bytes of one step along dimension d
    bool whole = false;   // several steps of an outer dimension fit: then inner ones are whole
    for (int d = 1; d < rank; d++)
        rest *= dims[d];
    for (int d = 0; d < rank; d++) {
        uint64_t fit = rest < CHUNK_BYTES ? CHUNK_BYTES / rest : 1;
        if (d == 0 && fit >= unit)
            fit = unit * pp_layout_power_of_two(fit / unit);
        chunk[d] = whole || fit > dims[d] ? dims[d] : fit;
        whole |= chunk[d] > 1;
        if (d + 1 < rank)
            rest /= dims[d + 1];
    }
}

uint64_t pp_layout_most_chunks(const pp_results_layout *layout)
{
    uint64_t most = 1, chunk[PP_SHAPE_RANK];
    for (size_t i = 0; i < pp_layout_datasets(layout); i++) {
        pp_shape shape = pp_layout_shape(layout, i);
        uint64_t n = 1;
        pp_layout_chunk(shape.rank, shape.lengths, pp_value_size(shape.type), shape.unit, chunk);
        for (int d = 0; d < shape.rank; d++)
            if (__builtin_mul_overflow(n, (shape.lengths[d] - 1) / chunk[d] + 1, &n))
                n = UINT64_MAX;
        most = n > most ? n : most;
    }
    return most;
}

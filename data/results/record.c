// One trial's results in memory.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/results/layout.h"
#include "data/results/record.h"
#include "market/base/utf8.h"

struct pp_record {
    pp_slabs slabs;
    unsigned char *bytes; ///< [slabs.bytes]
};

pp_status pp_record_create(const pp_results_layout *layout, pp_record **record, pp_error *error)
{
    if (!record)
        return pp_error_set(error, PP_EINVAL, "no place for the record");
    *record = NULL;
    PP_TRY(pp_layout_check(layout, error));
    pp_record *made = calloc(1, sizeof *made);
    if (!made)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = pp_slabs_create(layout, &made->slabs, error);
    if (status == PP_OK && !(made->bytes = malloc(made->slabs.bytes)))
        status = pp_error_set(error, PP_ENOMEM, "no memory for a trial's results, %zu bytes",
                              made->slabs.bytes);
    if (status != PP_OK) {
        pp_record_destroy(made);
        return status;
    }
    pp_record_clear(made);
    *record = made;
    return PP_OK;
}

void pp_record_destroy(pp_record *record)
{
    if (!record)
        return;
    pp_slabs_destroy(&record->slabs);
    free(record->bytes);
    free(record);
}

void pp_record_clear(pp_record *record)
{
    // Padding and the tails of strings too, so that a record's bytes depend on its values only.
    memset(record->bytes, 0, record->slabs.bytes);
    for (size_t i = 0; i < record->slabs.n; i++) {
        const pp_slab *slab = &record->slabs.slab[i];
        if (slab->type != PP_F64)
            continue;
        double *values = (double *)(void *)(record->bytes + slab->offset);
        for (size_t j = 0; j < slab->count; j++)
            values[j] = NAN;
    }
}

/// Start of slab i if it exists, has that type and is not empty, else NULL.
static void *slab_values(pp_record *record, size_t i, pp_value_type type)
{
    if (i >= record->slabs.n || record->slabs.slab[i].type != type || !record->slabs.slab[i].count)
        return NULL;
    return record->bytes + record->slabs.slab[i].offset;
}

static void *variable_values(pp_record *record, pp_variable_id id, pp_value_type type)
{
    return (size_t)id < PP_VAR_COUNT ? slab_values(record, (size_t)id, type) : NULL;
}

static void *column_values(pp_record *record, size_t column, pp_value_type type)
{
    if (column >= record->slabs.n - PP_VAR_COUNT)
        return NULL;
    return slab_values(record, PP_VAR_COUNT + column, type);
}

double *pp_record_f64(pp_record *record, pp_variable_id id)
{
    return variable_values(record, id, PP_F64);
}

int64_t *pp_record_i64(pp_record *record, pp_variable_id id)
{
    return variable_values(record, id, PP_I64);
}

int32_t *pp_record_i32(pp_record *record, pp_variable_id id)
{
    return variable_values(record, id, PP_I32);
}

void pp_record_set_string(pp_record *record, pp_variable_id id, size_t index, const char *text)
{
    char *texts = variable_values(record, id, PP_STRING);
    if (!texts || !text || index >= record->slabs.slab[id].count)
        return;
    texts += index * PP_RECORD_TEXT;
    memset(texts, 0, PP_RECORD_TEXT);
    pp_utf8_copy(texts, PP_RECORD_TEXT, text);
}

double *pp_record_quotes_f64(pp_record *record, size_t column)
{
    return column_values(record, column, PP_F64);
}

int32_t *pp_record_quotes_i32(pp_record *record, size_t column)
{
    return column_values(record, column, PP_I32);
}

size_t pp_record_bytes(const pp_results_layout *layout)
{
    pp_slabs slabs;
    if (pp_layout_check(layout, NULL) != PP_OK || pp_slabs_create(layout, &slabs, NULL) != PP_OK)
        return 0;
    size_t bytes = slabs.bytes + slabs.n * sizeof *slabs.slab + sizeof(pp_record);
    pp_slabs_destroy(&slabs);
    return bytes;
}

const pp_slabs *pp_record_slabs(const pp_record *record)
{
    return &record->slabs;
}

const unsigned char *pp_record_data(const pp_record *record)
{
    return record->bytes;
}

enum { PER_TEXT = 64 }; ///< bytes that a text takes beside itself

/// Bytes of a dataset once its last chunks are padded.
static double dataset_bytes(const pp_shape *shape)
{
    size_t size = pp_value_size(shape->type) + (shape->type == PP_STRING ? PER_TEXT : 0);
    uint64_t chunk[PP_SHAPE_RANK];
    double bytes = shape->rank ? (double)size : 0;
    pp_layout_chunk(shape->rank, shape->lengths, size, shape->unit, chunk);
    for (int d = 0; d < shape->rank; d++) {
        uint64_t chunks = (shape->lengths[d] - 1) / chunk[d] + 1;
        bytes *= (double)(chunks * chunk[d]);
    }
    return bytes;
}

double pp_results_bytes(const pp_results_layout *layout)
{
    enum { FIXED = 1 << 16, PER_DATASET = 1 << 13 };
    if (pp_record_bytes(layout) == 0)
        return 0; // impossible, or beyond what the sums below could hold
    size_t n = pp_layout_datasets(layout);
    double bytes = FIXED + (double)PER_DATASET * (double)n + (double)strlen(layout->scenario) +
                   (double)strlen(layout->command_line) +
                   (double)(PP_RECORD_TEXT + PER_TEXT) * (double)layout->n_firms;
    for (pp_dim dim = PP_DIM_TRIAL; dim <= PP_DIM_UPDATE; dim++) // quotes have no coordinate
        bytes += 8.0 * (double)pp_layout_length(layout, dim);
    for (size_t i = 0; i < n; i++) {
        pp_shape shape = pp_layout_shape(layout, i);
        bytes += dataset_bytes(&shape);
    }
    return bytes;
}

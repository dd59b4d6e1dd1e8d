/// @file
/// @internal
/// A column of an export: where its values come from, and a block of them.
#ifndef PURSUIT_DATA_EXPORT_COLUMN_H
#define PURSUIT_DATA_EXPORT_COLUMN_H

#include "data/results/variable_reader.h"

typedef enum pp_export_source {
    PP_EXPORT_INDEX,      ///< number along a dimension, from 0
    PP_EXPORT_COORDINATE, ///< value along a dimension
    PP_EXPORT_END,        ///< the same of a real number; empty where it is not finite
    PP_EXPORT_VIEW,       ///< name of the band's view
    PP_EXPORT_PHASE,      ///< name of the epoch's phase
    PP_EXPORT_FIRM,       ///< name of the firm
    PP_EXPORT_CATEGORY,   ///< category_description of (trial, firm, category)
    PP_EXPORT_VARIABLE,   ///< a number
    PP_EXPORT_LABEL,      ///< name of the number in the column before it
} pp_export_source;

struct pp_export_column {
    pp_export_source source;
    pp_dim dim; ///< of what comes from one dimension
    char *name, *units, *long_name;
    pp_variable_reader reader; ///< of what comes from a variable
    union {
        void *any;
        double *reals;
        int64_t *integers; ///< a block's, or the whole coordinate's
        char **texts;
    } values;
    size_t n_texts;                   ///< that are set, of a block
    size_t n_labels, labels_capacity; ///< of a column before its labels
    char **labels;                    ///< names of 0, 1, 2, ...
};

typedef struct pp_export_column pp_export_column;

/// The row that is written: where it is along each dimension, and its place in the block.
typedef struct pp_export_place {
    size_t at[PP_DIM_COUNT];
    size_t first; ///< step of the first axis that the block starts with
    size_t row;   ///< in the block
} pp_export_place;

/// A column with its texts and, if `path` is not NULL, its variable open. To be destroyed in any
/// case.
/// @param long_name NULL: the variable's own
pp_status pp_export_column_create(const pp_results_file *file, pp_export_source source, pp_dim dim,
                                  const char *path, const pp_dim *dims, const char *name,
                                  const char *long_name, pp_export_column *column, pp_error *error);
void pp_export_column_destroy(pp_export_column *column); ///< safe on a zeroed one

/// Names of its numbers, from the variable's flag_meanings; none if it has none.
pp_status pp_export_column_read_labels(pp_export_column *column, pp_error *error);

/// Bytes of memory that a step of a block takes.
double pp_export_column_bytes(const pp_export_column *column);
pp_status pp_export_column_allocate(pp_export_column *column, size_t steps, pp_error *error);
pp_status pp_export_column_load(pp_export_column *column, uint64_t first, size_t steps,
                                pp_error *error);

/// The text of column i at a place, or NULL if it is one of numbers.
const char *pp_export_column_text(const pp_export_column *columns, size_t i,
                                  const pp_export_place *place);
/// Is anything known here? Always so of what only says which row it is.
bool pp_export_column_known(const pp_export_column *column, const pp_export_place *place);

#endif

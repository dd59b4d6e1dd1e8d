/// @file
/// How a results layout becomes bytes: which slabs a trial consists of, how many trials are
/// buffered, how datasets are chunked. Sizes are overflow-checked once, here.
#ifndef PURSUIT_DATA_RESULTS_LAYOUT_H
#define PURSUIT_DATA_RESULTS_LAYOUT_H

#include "data/results/results.h"

/// [PP_GROUP_COUNT] names of groups; the root's is empty
extern const char *const pp_group_names[];

enum { PP_RECORD_TEXT = 256 }; ///< bytes of a string in a record, its NUL included

/// One variable or one column of quotes, of one trial.
typedef struct pp_slab {
    pp_value_type type;
    size_t count;  ///< elements
    size_t offset; ///< bytes into the record; a multiple of 8
    size_t bytes;  ///< a multiple of 8
} pp_slab;

/// A trial's slabs: PP_VAR_COUNT variables, then the columns of quotes. What the layout is without
/// is empty.
typedef struct pp_slabs {
    size_t n, bytes;
    pp_slab *slab;
} pp_slabs;

/// @return PP_OK or PP_EINVAL, naming what is impossible
pp_status pp_layout_check(const pp_results_layout *layout, pp_error *error);

/// Length of a dimension.
uint64_t pp_layout_length(const pp_results_layout *layout, pp_dim dim);

/// Is the variable in a file of this layout?
bool pp_layout_has(const pp_results_layout *layout, const pp_variable *variable);

/// Columns of /quotes; 0 if there is no such group.
size_t pp_layout_quote_columns(const pp_results_layout *layout);

/// Bytes of one element in a record.
size_t pp_value_size(pp_value_type type);

/// Datasets of a layout, there or not: PP_VAR_COUNT variables, then the columns of /quotes.
size_t pp_layout_datasets(const pp_results_layout *layout);

enum { PP_SHAPE_RANK = 5 };
typedef struct pp_shape {
    pp_value_type type;
    int rank;                        ///< 0: the layout is without it
    uint64_t lengths[PP_SHAPE_RANK]; ///< [rank]
    uint64_t unit;                   ///< how much of the first axis is one trial
} pp_shape;
/// Shape of a dataset. The layout must have passed pp_layout_check.
pp_shape pp_layout_shape(const pp_results_layout *layout, size_t i);

/// The layout must have passed pp_layout_check.
/// @return PP_OK; PP_EINVAL if a trial does not fit into memory's addresses; PP_ENOMEM
pp_status pp_slabs_create(const pp_results_layout *layout, pp_slabs *slabs, pp_error *error);
void pp_slabs_destroy(pp_slabs *slabs); ///< safe on a zeroed one

/// Trials to buffer before writing: at most 32 MB of them, but at least one.
size_t pp_layout_buffered(const pp_results_layout *layout, const pp_slabs *slabs);

/// Chunk of a dataset: about 256 kB, whole trials where they fit.
/// @param dims  [rank] of the dataset; @param unit  how much of dims[0] is one trial
/// @param chunk [rank]
void pp_layout_chunk(int rank, const uint64_t *dims, size_t size, uint64_t unit, uint64_t *chunk);

/// The greatest power of two up to a limit, at least 1.
uint64_t pp_layout_power_of_two(uint64_t limit);

/// The most chunks that any dataset of the layout has, at least 1. The layout must have passed
/// pp_layout_check.
uint64_t pp_layout_most_chunks(const pp_results_layout *layout);

#endif

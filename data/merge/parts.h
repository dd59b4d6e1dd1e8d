/// @file
/// @internal
/// What the steps of merging share: the survey of all runs, then the file that is written. Callers
/// have silenced HDF5's error printing.
#ifndef PURSUIT_DATA_MERGE_PARTS_H
#define PURSUIT_DATA_MERGE_PARTS_H

#include "data/hdf5/container.h"
#include "data/hdf5/netcdf.h"
#include "data/merge/merge.h"
#include "data/results/file.h"

/// A run's shape, as it was when it was looked at first.
typedef struct pp_merge_shape {
    pp_file_stamp stamp;
    bool has[PP_VAR_COUNT];
} pp_merge_shape;

/// A coordinate that runs may agree on: of two runs, the shorter one's is the start of the longer
/// one's.
typedef struct pp_merge_agreement {
    bool agreed;
    size_t n;     ///< of the longest run so far
    void *values; ///< [n] int64_t of trials, char * of firms, int8_t of phases,
                  ///< pp_results_band of bands
} pp_merge_agreement;

typedef struct pp_merge_survey {
    pp_merge_state *states;        ///< [n_runs] a complete run's file may turn out to be cut off
    pp_merge_shape *shapes;        ///< [n_runs] of complete runs
    uint64_t length[PP_DIM_COUNT]; ///< the greatest of all
    bool has[PP_VAR_COUNT];        ///< some run has it
    bool learning;                 ///< some run has the group /learning
    pp_merge_agreement trials, firms, phases, bands;
    char *view_names; ///< of the longest run's bands
    char *source;     ///< of the first complete run
} pp_merge_survey;

/// Look at every run. To be released in any case.
pp_status pp_merge_survey_make(const pp_merge_sweep *sweep, const pp_merge_options *options,
                               const char *target, pp_merge_survey *survey, pp_merge_report *report,
                               pp_error *error);
void pp_merge_survey_release(pp_merge_survey *survey);

/// Variables of one value for each run, besides those swept.
typedef enum pp_merge_about {
    PP_MERGE_ID,
    PP_MERGE_STATUS,
    PP_MERGE_SEED,
    PP_MERGE_SOURCE,
    PP_MERGE_CREATED,
    PP_MERGE_SCENARIO,
    PP_MERGE_TRIAL_NUMBER, ///< only where runs do not agree, as the next ones
    PP_MERGE_FIRM_NAME,
    PP_MERGE_PHASE,
    PP_MERGE_ABOUT_COUNT
} pp_merge_about;

/// Name and dimension of its own, PP_DIM_NONE if there is none.
typedef struct pp_merge_about_variable {
    const char *name;
    pp_value_type type;
    pp_dim dim;
    const char *flag_meanings, *long_name;
} pp_merge_about_variable;
extern const pp_merge_about_variable pp_merge_about_variables[PP_MERGE_ABOUT_COUNT];

/// The file that is written.
typedef struct pp_merge_file {
    const pp_merge_sweep *sweep;
    const pp_merge_options *options;
    const pp_merge_survey *survey;
    hid_t file;
    const pp_container *container;     ///< of the file
    size_t rank;                       ///< dimensions of the sweep
    uint64_t dims[PP_NETCDF_RANK];     ///< [rank]
    uint64_t block[PP_NETCDF_RANK];    ///< [rank] runs that are written at once
    uint64_t buffer_bytes;             ///< of numbers that are in memory at once
    hid_t datasets[PP_VAR_COUNT];      ///< H5I_INVALID_HID: no run has it
    hid_t about[PP_MERGE_ABOUT_COUNT]; ///< H5I_INVALID_HID: told by a coordinate
} pp_merge_file;

/// Axes of a variable's own and their lengths in the merged file.
/// @param lengths [PP_FILE_RANK]
/// @return how many
size_t pp_merge_lengths(const pp_merge_survey *survey, const pp_dim *dims, uint64_t *lengths);
/// Bytes that a run takes of all numeric variables, at most UINT64_MAX/2; or of one.
uint64_t pp_merge_run_bytes(const pp_merge_survey *survey);
uint64_t pp_merge_variable_bytes(const pp_merge_survey *survey, size_t id);

/// Define everything, and write what is known without the runs.
pp_status pp_merge_define(pp_merge_file *file, pp_error *error);
/// Copy what the runs hold.
pp_status pp_merge_copy(const pp_merge_file *file, pp_error *error);

/// Where something stands: along the dimensions of the sweep, then along a run's own.
typedef struct pp_merge_place {
    hsize_t start[PP_NETCDF_RANK], count[PP_NETCDF_RANK];
} pp_merge_place;
/// Of a single run, along the dimensions of the sweep.
pp_merge_place pp_merge_place_of(const pp_merge_file *file, size_t run);

/// Numbers on their way: those of a block of runs, or, if a run is too large for that, of some
/// trials of one variable.
typedef struct pp_merge_numbers {
    const pp_merge_file *file;
    bool whole;                          ///< whole runs are in memory
    uint64_t places;                     ///< runs that there is room for
    unsigned char *buffer[PP_VAR_COUNT]; ///< if whole: [places][trial][...]
    unsigned char *piece;                ///< if not
} pp_merge_numbers;

/// Bytes of numbers that are in memory at once, unless a single trial of a variable has more.
enum { PP_MERGE_BUFFER_BYTES = 32 << 20 };

pp_status pp_merge_numbers_create(const pp_merge_file *file, pp_merge_numbers *numbers,
                                  pp_error *error);
void pp_merge_numbers_destroy(pp_merge_numbers *numbers); ///< safe on a zeroed one
/// Take in what a run has, and put it into the file if it is not held back.
/// @param place in its block
pp_status pp_merge_numbers_add(pp_merge_numbers *numbers, const pp_results_file *run, size_t i,
                               size_t place, pp_error *error);
/// Put a block into the file, and make all missing again. @param block along the sweep's dimensions
pp_status pp_merge_numbers_flush(pp_merge_numbers *numbers, const pp_merge_place *block,
                                 pp_error *error);

#endif

/// @file
/// The results file: HDF5 in netCDF-4's profile, so that xarray, netCDF4, h5py and ncdump open it
/// with no argument. This file writes; read.h reads. Nothing here knows an agent or a
/// scenario's keys: it is given shapes, names, columns of numbers, and text.
///
/// A results file is written as NAME.partial and appears under NAME whole (closed, fsynced,
/// renamed) or not at all. While a call into this library is at work, HDF5's error printing and, as
/// a file is created, whether HDF5 tracks the times of new groups are switched off for the process;
/// each call restores both. Threads: one writer belongs to one thread at a time; records are plain
/// memory.
#ifndef PURSUIT_DATA_RESULTS_RESULTS_H
#define PURSUIT_DATA_RESULTS_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/hdf5/value_type.h"
#include "market/base/error.h"

/// What an epoch is for: the values of the variable `phase`.
typedef enum pp_phase {
    PP_PHASE_BURN_IN, ///< firms learn their market and trade for profit only
    PP_PHASE_TEST,    ///< models frozen, agents at work: what results compare
    PP_PHASE_COUNT
} pp_phase;

/// Groups of variables. /quotes is another, of the layout's own columns.
typedef enum pp_group { PP_GROUP_ROOT, PP_GROUP_LEARNING, PP_GROUP_COUNT } pp_group;

/// Dimensions, of the root group unless said otherwise; 0 ends a list of dimensions.
typedef enum pp_dim {
    PP_DIM_NONE,
    PP_DIM_TRIAL,
    PP_DIM_EPOCH,
    PP_DIM_FIRM,
    PP_DIM_CATEGORY,
    PP_DIM_RANK,
    PP_DIM_UPDATE, ///< of /learning
    PP_DIM_QUOTE,  ///< of /quotes
    PP_DIM_BAND,   ///< files of 0.1 are without it
    PP_DIM_COUNT
} pp_dim;

/// X(name, type, dimensions, units, long_name). All are per trial. Ratios keep their numerators and
/// denominators beside them, so that they aggregate: conversion = policies/quote_count,
/// market_share = policies/sum over firms of policies, mean_multiplier =
/// multiplier_sum/quote_count, mean_rank = rank_sum/quote_count, top1_share =
/// top1_quotes/quote_count. A ratio over nothing is NaN. Money is at base prices.
#define PP_TEF PP_DIM_TRIAL, PP_DIM_EPOCH, PP_DIM_FIRM
#define PP_TFK PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_CATEGORY
#define PP_TFB PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_BAND
#define PP_RESULT_VARIABLES(X)                                                                     \
    X(reward, PP_F64, (PP_TEF), "GBP", "booked profit less portfolio loss")                        \
    X(true_reward, PP_F64, (PP_TEF), "GBP", "true profit less portfolio loss")                     \
    X(booked_profit, PP_F64, (PP_TEF), "GBP",                                                      \
      "sum over sales of price less the firm's own cost estimate")                                 \
    X(true_profit, PP_F64, (PP_TEF), "GBP", "sum over sales of price less pure premium")           \
    X(winners_curse, PP_F64, (PP_TEF), "GBP",                                                      \
      "sum over sales of pure premium less own cost estimate")                                     \
    X(portfolio_loss, PP_F64, (PP_TEF), "GBP",                                                     \
      "distance of the terminal portfolio from the target")                                        \
    X(quote_count, PP_I64, (PP_TEF), "quotes", "quotes made")                                      \
    X(policies, PP_I64, (PP_TEF), "policies", "policies sold")                                     \
    X(gwp, PP_F64, (PP_TEF), "GBP", "gross written premium")                                       \
    X(expected_claims, PP_F64, (PP_TEF), "GBP", "sum over sales of the firm's own cost estimate")  \
    X(pure_premium, PP_F64, (PP_TEF), "GBP", "sum over sales of the true expected cost")           \
    X(conversion, PP_F64, (PP_TEF), "1", "policies per quote")                                     \
    X(market_share, PP_F64, (PP_TEF), "1", "share of all policies sold")                           \
    X(mean_multiplier, PP_F64, (PP_TEF), "1", "mean of price over the firm's own cost estimate")   \
    X(mean_rank, PP_F64, (PP_TEF), "1", "mean rank of the offer, 1 is cheapest")                   \
    X(top1_share, PP_F64, (PP_TEF), "1", "share of quotes that were the cheapest")                 \
    X(top5_share, PP_F64, (PP_TEF), "1", "share of quotes among the five cheapest")                \
    X(multiplier_sum, PP_F64, (PP_TEF), "1", "sum over quotes of price over own cost estimate")    \
    X(rank_sum, PP_I64, (PP_TEF), "1", "sum over quotes of the offer's rank")                      \
    X(top1_quotes, PP_I64, (PP_TEF), "quotes", "quotes that were the cheapest")                    \
    X(top5_quotes, PP_I64, (PP_TEF), "quotes", "quotes among the five cheapest")                   \
    X(rank_histogram, PP_I64, (PP_TEF, PP_DIM_RANK), "quotes", "quotes by rank of the offer")      \
    X(sales_by_rank, PP_I64, (PP_TEF, PP_DIM_RANK), "policies", "policies by rank of the offer")   \
    X(walk_away, PP_I64, (PP_DIM_TRIAL, PP_DIM_EPOCH), "customers",                                \
      "customers who bought from no firm")                                                         \
    X(portfolio, PP_F64, (PP_TEF, PP_DIM_CATEGORY), "policies", "terminal portfolio by category")  \
    X(target, PP_F64, (PP_TFK), "policies", "target of the terminal portfolio")                    \
    X(burn_in_average, PP_F64, (PP_TFK), "policies",                                               \
      "mean terminal portfolio over the burn-in epochs")                                           \
    X(constrained_refits, PP_I32, (PP_DIM_TRIAL, PP_DIM_FIRM), "1",                                \
      "refits whose price slope had to be constrained")                                            \
    X(cost_given_sale, PP_F64, (PP_DIM_TRIAL, PP_DIM_FIRM), "1",                                   \
      "expected cost of a policy given that it sells over the firm's estimate, as the firm "       \
      "reckons in test epochs")                                                                    \
    X(category_description, PP_STRING, (PP_TFK), "", "what each category asks of a policy")        \
    X(band_quotes, PP_F64, (PP_TFB), "quotes", "quotes in the test epochs by band")                \
    X(band_policies, PP_I64, (PP_TFB), "policies", "policies sold in the test epochs by band")     \
    X(band_expected_policies, PP_F64, (PP_TFB), "policies",                                        \
      "sum over quotes of the probability of a sale by the firm's own conversion model")           \
    X(band_gwp, PP_F64, (PP_TFB), "GBP", "gross written premium in the test epochs by band")       \
    X(band_expected_claims, PP_F64, (PP_TFB), "GBP",                                               \
      "sum over sales of the firm's own cost estimate in the test epochs by band")                 \
    X(band_pure_premium, PP_F64, (PP_TFB), "GBP",                                                  \
      "sum over sales of the true expected cost in the test epochs by band")                       \
    X(band_true_profit, PP_F64, (PP_TFB), "GBP", "true profit of the test epochs by band")

/// What a sale pays and costs besides the price and the claims; also per trial, and there only
/// where a firm of the run has economics.
#define PP_ECONOMICS_VARIABLES(X)                                                                  \
    X(expenses, PP_F64, (PP_TEF), "GBP", "variable and fixed expenses of policies sold")           \
    X(commission, PP_F64, (PP_TEF), "GBP", "what the website takes for policies sold")             \
    X(levies, PP_F64, (PP_TEF), "GBP", "levies on the premium")                                    \
    X(handling, PP_F64, (PP_TEF), "GBP", "expected cost of handling claims")                       \
    X(finance, PP_F64, (PP_TEF), "GBP", "net income from instalments")                             \
    X(add_ons, PP_F64, (PP_TEF), "GBP", "net income from what is sold with policies")              \
    X(premium_tax, PP_F64, (PP_TEF), "GBP", "tax that customers pay on top of the premium")

/// The same for the group /learning: what agents log as they learn. NaN where nothing is logged.
#define PP_TFU PP_DIM_TRIAL, PP_DIM_FIRM, PP_DIM_UPDATE
#define PP_LEARNING_VARIABLES(X)                                                                   \
    X(value, PP_F64, (PP_TFU), "GBP",                                                              \
      "expected reward of an epoch from its start, by the agent's reckoning")                      \
    X(return, PP_F64, (PP_TFU), "GBP", "mean reward of the update's rollouts")                     \
    X(td_error, PP_F64, (PP_TFU), "GBP",                                                           \
      "root mean square of what is left unexplained at this update")                               \
    X(kl, PP_F64, (PP_TFU), "nats", "KL of the policy from its reference, per epoch")              \
    X(reference_kl, PP_F64, (PP_TEF), "nats",                                                      \
      "KL of the policy in use from its reference, summed over the epoch's quotes")

/// PP_VAR_reward, ..., PP_VAR_learning_value, ...
typedef enum pp_variable_id {
#define PP_VARIABLE_ENUM(name, type, dims, units, text) PP_VAR_##name,
    PP_RESULT_VARIABLES(PP_VARIABLE_ENUM) PP_ECONOMICS_VARIABLES(PP_VARIABLE_ENUM)
#undef PP_VARIABLE_ENUM
#define PP_VARIABLE_ENUM(name, type, dims, units, text) PP_VAR_learning_##name,
        PP_LEARNING_VARIABLES(PP_VARIABLE_ENUM)
#undef PP_VARIABLE_ENUM
            PP_VAR_COUNT
} pp_variable_id;

typedef struct pp_variable {
    pp_group group;
    bool economics;   ///< of PP_ECONOMICS_VARIABLES
    const char *name; ///< within the group
    pp_value_type type;
    pp_dim dims[5]; ///< first is PP_DIM_TRIAL; ended by PP_DIM_NONE
    const char *units, *long_name;
} pp_variable;

/// [PP_VAR_COUNT]
extern PP_API const pp_variable pp_variables[];

/// A column of /quotes. Real columns are NaN where undefined.
typedef struct pp_quote_column {
    char name[64], units[32], long_name[160];
    pp_value_type type;        ///< PP_F64 or PP_I32
    bool per_firm;             ///< [quote][firm] rather than [quote]
    const char *flag_meanings; ///< space-separated names of 0, 1, 2, ... or NULL; borrowed
} pp_quote_column;

/// Quotes with low <= v < high, where v is their number in one of several views.
typedef struct pp_results_band {
    int64_t view; ///< one of the layout's `view_names`, from 0
    double low, high;
} pp_results_band;

/// What the file of a small run has in common with the next one's, if that is of the same shape:
/// who writes many keeps it from one to the next. The bytes of a file do not depend on it.
typedef struct pp_results_template pp_results_template;
PP_API void pp_results_template_destroy(pp_results_template *template); ///< NULL-safe

/// Everything whose size or text is known before the first trial. All pointers are borrowed for the
/// life of the writer.
typedef struct pp_results_layout {
    int64_t n_trials, first_trial;
    int64_t n_burn_in, n_test;      ///< epochs
    int64_t n_firms, n_categories;  ///< n_categories at least 1
    const char *const *firm_labels; ///< [n_firms]
    int64_t n_quote_rows;           ///< rows of /quotes per trial; 0: no such group
    const pp_quote_column *quote_columns;
    size_t n_quote_columns;
    bool economics;               ///< there are PP_ECONOMICS_VARIABLES
    bool learning;                ///< there is a group /learning
    int64_t n_updates;            ///< of /learning; 0: what depends on them is not there
    int64_t n_bands;              ///< 0: likewise
    const pp_results_band *bands; ///< [n_bands]
    const char *view_names;       ///< space-separated names of views 0, 1, 2, ...
    const char *title, *command_line, *program, *scenario; ///< scenario: the resolved YAML
    uint64_t seed;
    const char *rng; ///< e.g. "Philox4x32-10"
    int threads;
    pp_results_template **kept; ///< of the file before, or of none (NULL): taken while the writer
                                ///< is at work, then replaced by this file's, if it is a small one.
                                ///< The caller's to destroy. May be NULL
} pp_results_layout;

/// One trial's results. Created once per thread and reused; zero or NaN means "not yet set".
typedef struct pp_record pp_record;

PP_API pp_status pp_record_create(const pp_results_layout *layout, pp_record **record,
                                  pp_error *error);
PP_API void pp_record_destroy(pp_record *record); ///< NULL-safe
/// Numbers to NaN (real) or 0 (integer), strings to "".
PP_API void pp_record_clear(pp_record *record);
/// The trial's slab, shaped as pp_variables[id].dims without the first; row-major. NULL if the
/// variable is of another type or the layout is without it.
PP_API double *pp_record_f64(pp_record *record, pp_variable_id id);
PP_API int64_t *pp_record_i64(pp_record *record, pp_variable_id id);
PP_API int32_t *pp_record_i32(pp_record *record, pp_variable_id id);
/// Set element `index` of a string variable; the text is copied. One of more than 255 bytes is
/// cut at a UTF-8 character's boundary and ends in "...".
PP_API void pp_record_set_string(pp_record *record, pp_variable_id id, size_t index,
                                 const char *text);
/// Column c of the trial's quotes: [n_quote_rows] or [n_quote_rows][n_firms]; double or int32_t by
/// type.
PP_API double *pp_record_quotes_f64(pp_record *record, size_t column);
PP_API int32_t *pp_record_quotes_i32(pp_record *record, size_t column);
/// Bytes of one record, for --dry-run.
PP_API size_t pp_record_bytes(const pp_results_layout *layout);
/// Upper bound in bytes of the file before compression, for --dry-run.
PP_API double pp_results_bytes(const pp_results_layout *layout);

typedef struct pp_results pp_results;

/// Open PATH.partial for writing. An existing PATH is an error unless `force`; it is not touched
/// until pp_results_commit replaces it in one rename.
/// @return PP_OK; PP_EEXIST; PP_EIO (unwritable directory, full disk); PP_EINVAL (impossible
/// layout)
PP_API pp_status pp_results_create(const char *path, bool force, const pp_results_layout *layout,
                                   pp_results **results, pp_error *error);
/// Does PATH.checkpoint keep finished trials of a run that was interrupted?
PP_API bool pp_results_has_checkpoint(const char *path);

/// How to keep finished trials on disk, in PATH.checkpoint, lest the run is interrupted.
typedef struct pp_results_checkpoint {
    const char *key;     ///< 64 hexadecimal digits: SHA-256 of all that trials depend on; copied
    bool replace;        ///< one with another key is removed, not an error
    double hold_seconds; ///< from when on they are kept: what is sooner over needs no checkpoint
    bool unsynced;       ///< what is sooner over is not waited for until the disk has it, either
} pp_results_checkpoint;

/// As pp_results_create, but the trials that an interrupted writer has kept are in already, and the
/// file's provenance (created, host, history, threads, Slurm's numbers) is that of its start. The
/// whole file is the same, byte for byte, as if the writer had never been interrupted. Should it
/// not be possible to keep trials, because the disk is full, say, then they are not; that is no
/// failure.
/// @return as pp_results_create; PP_EFORMAT (a checkpoint with another key, and not `replace`)
PP_API pp_status pp_results_resume(const char *path, bool force, const pp_results_layout *layout,
                                   const pp_results_checkpoint *checkpoint, pp_results **results,
                                   pp_error *error);
/// Trials that are in.
PP_API int64_t pp_results_appended(const pp_results *results);

/// Append the next trial. Buffers a chunk of trials, so the record may be reused at once. Bytes in
/// the file do not depend on which thread made the record.
PP_API pp_status pp_results_append(pp_results *results, const pp_record *record, pp_error *error);
/// All trials are in: flush, close, fsync, rename, fsync the directory, remove the checkpoint. A
/// short run's file is renamed only, if its checkpoint is `unsynced`. The writer is destroyed
/// whatever happens; on failure no file appears under PATH, the partial file is removed, and trials
/// that were kept stay.
PP_API pp_status pp_results_commit(pp_results *results, pp_error *error);
/// Give up for now: close and remove the partial file, but keep the trials that are in.
/// NULL-safe. Without a checkpoint it is the same as pp_results_abandon.
PP_API void pp_results_suspend(pp_results *results);
/// Give up for good: close and remove the partial file and the checkpoint. NULL-safe.
PP_API void pp_results_abandon(pp_results *results);

#endif

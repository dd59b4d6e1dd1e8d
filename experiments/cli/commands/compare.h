/// @file
/// @internal
/// Two results files compared, trial by trial.
#ifndef PURSUIT_EXPERIMENTS_CLI_COMMANDS_COMPARE_H
#define PURSUIT_EXPERIMENTS_CLI_COMMANDS_COMPARE_H

#include <stdbool.h>

#include "data/results/read.h"
#include "experiments/scenario/difference.h"
#include "experiments/stats/stats.h"

/// A file and what of it is paired.
typedef struct pp_side {
    const char *path;
    pp_results_file *file;
    int64_t *trials; ///< [n_trials] numbers
    int8_t *phases;  ///< [epochs]
    size_t n_trials, n_test;
    size_t *paired; ///< [n_pairs] index of a trial that both files have, in the order of its number
    size_t firm;
} pp_side;

typedef struct pp_pairing {
    pp_side base, other;
    size_t n_pairs;
    uint64_t seed;
    bool same_scenario; ///< but for what pp_scenario_difference_find lets differ
    pp_scenario_difference difference;
    bool same_burn_in; ///< policies of all firms, in every pair of trials
    bool same_targets; ///< of the firm, in every pair of trials; none in both is the same
} pp_pairing;

/// Open both files and pair their trials by number. Whether they are of the same problem is found
/// out, not required.
/// @param firm name, or number from 0; looked up in the base file first
/// @return PP_OK; PP_EINVAL if they cannot be compared (seeds, firms or test epochs differ, fewer
/// than 2 common trials, no such firm); PP_EIO, PP_EFORMAT, PP_ENOMEM. Call pp_pairing_destroy in
/// any case
pp_status pp_pairing_create(const char *base, const char *other, const char *firm,
                            pp_pairing *pairing, pp_error *error);
void pp_pairing_destroy(pp_pairing *pairing);

/// Compare one (trial, epoch, firm) variable over the test epochs.
pp_status pp_pairing_compare(pp_pairing *pairing, pp_variable_id id, pp_comparison *comparison,
                             pp_error *error);

enum { PP_PAIRING_PARTS = 5 };
/// Compare sums of (trial, epoch, firm) variables over premium: one ratio of sums a trial.
/// @param parts ended by PP_VAR_COUNT where there are fewer; those that a file lacks are 0
/// @return as pp_pairing_compare; PP_EINVAL too if a trial has no premium
pp_status pp_pairing_compare_ratio(pp_pairing *pairing,
                                   const pp_variable_id parts[PP_PAIRING_PARTS],
                                   pp_comparison *comparison, pp_error *error);
/// Have both files what sales pay and cost besides premium and claims?
bool pp_pairing_has_economics(const pp_pairing *pairing);

#endif

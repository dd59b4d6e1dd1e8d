/// @file
/// @internal
/// The plan of a sweep: a YAML file that names a base scenario and says which of its keys take
/// which values, and the runs that come of it. Every run's scenario is resolved and checked when
/// the plan is read, so that nothing is found wrong after the first hour.
///
///     name: temperature             # of the sweep; may be left out
///     scenario: published.yaml      # base scenario, relative to the plan
///     set: {trials: 8}              # edits of every run; keys and values as of --set
///     designs:                      # a list, whose runs are all wanted; or one map
///       - grid:                     # every combination, the last key fastest
///           firms.0.agent.temperature: [10, 25, 100]
///           seed: {from: 1, to: 5, steps: 5}   # both ends included; `scale: log` spaces evenly in
///                                              # the logarithm
///       - list:                     # runs spelled out; every item sets the same keys
///           - {firms.0.agent: baseline, seed: 1}
///       - zip: {market.rounds: [500, 1000], trials: [48, 24]}   # taken together
///       - latin_hypercube:          # one run in each of `runs` equal slices of every range
///           runs: 64
///           seed: 1                 # of the design, not of the runs; 1 if left out
///           over: {choice.success_rate: {from: 0.05, to: 0.15, scale: linear}}
///       - sobol: {runs: 64, skip: 0, over: {...}}   # GSL's, of at most 40 keys
///
/// Parts of one element of `designs` (`grid` and `latin_hypercube` together, say) are crossed, the
/// last part fastest. A run that comes up again, in the same element or another, counts once: runs
/// are the same if their resolved scenarios are, however they came about.
///
/// Of keys one within the other (`firms.0.agent`, `firms.0.agent.temperature`) the shorter is
/// applied first. `set` comes before what is swept, and edits from the command line between the
/// two, as if `set` were a part of the base scenario. A key that is swept can be neither in `set`
/// nor on the command line, nor can one below it: the swept value would undo the edit.
///
/// A file named in a plan (`population.file`) is relative to the plan.
///
/// Integer parameters over a range of latin_hypercube and sobol: with `from` and `to` written as
/// whole numbers, each whole number from `from` to `to` has an equal share of the range (with
/// `scale: log`, k has a share in proportion to log((k + 1)/k)).
///
/// Threads: a plan does not change once it is loaded; any number of threads may read it.
#ifndef PURSUIT_EXPERIMENTS_SWEEP_PLAN_PLAN_H
#define PURSUIT_EXPERIMENTS_SWEEP_PLAN_PLAN_H

#include "data/file/sha256.h"
#include "experiments/scenario/scenario.h"

enum {
    PP_SWEEP_RUNS_MAX = 1000000, ///< of a plan, before runs that come up again are left out
    PP_SWEEP_ID = 17,            ///< 16 hexadecimal digits and a NUL
};

typedef struct pp_sweep_plan pp_sweep_plan;

/// What the values of a parameter are, over all runs that set it.
typedef enum pp_sweep_type {
    PP_SWEEP_REAL,    ///< every value is a finite number
    PP_SWEEP_INTEGER, ///< the parameter takes whole numbers only: every value is one, in digits
    PP_SWEEP_TEXT,    ///< names, true and false, maps, lists, or a mixture
} pp_sweep_type;
/// "real", "integer", "text".
extern const char *const pp_sweep_type_names[3];

/// Read a plan, make its runs and check the scenario of each.
/// @param sets     [n_sets] "key.path=value", further edits of every run, in order; may be NULL;
/// borrowed for the call
/// @param problems every problem, in the order of the plan; a problem that several runs share is
/// told once, with the values of the first of them. The caller's to destroy, whatever is returned
/// @return PP_OK; PP_ESCENARIO; PP_EIO if the plan, its scenario or a book cannot be read;
/// PP_ENOMEM
pp_status pp_sweep_plan_load(const char *path, const char *const *sets, size_t n_sets,
                             pp_sweep_plan **plan, pp_problems *problems);
void pp_sweep_plan_destroy(pp_sweep_plan *plan); ///< NULL-safe

/// The plan's `name`; "" if it has none.
const char *pp_sweep_plan_name(const pp_sweep_plan *plan);
/// The plan's file as it was read, to be kept for people.
const char *pp_sweep_plan_text(const pp_sweep_plan *plan, size_t *length);
/// Of the runs' ids in order, each followed by a newline: plans with the same runs have the same.
const char *pp_sweep_plan_sha256(const pp_sweep_plan *plan);
/// At least 1.
size_t pp_sweep_plan_runs(const pp_sweep_plan *plan);

/// Keys that are swept, in the order in which the plan first names them; at least 1.
size_t pp_sweep_plan_parameters(const pp_sweep_plan *plan);
/// The key as in the plan and for --set: "firms.0.agent.temperature".
const char *pp_sweep_plan_key(const pp_sweep_plan *plan, size_t parameter);
pp_sweep_type pp_sweep_plan_type(const pp_sweep_plan *plan, size_t parameter);

/// What a run sets a parameter to, in canonical text: a number in the fewest digits that read back
/// as the same (10 for 10.0; whole numbers up to 2^53 in digits alone), null, true and other words
/// and texts as they are, without quotes; a map or a list in YAML's flow style.
/// @return NULL if the run does not set it; lives as long as the plan
const char *pp_sweep_plan_value(const pp_sweep_plan *plan, size_t run, size_t parameter);

/// Are the runs one full grid: a single element of `designs`, made of `grid` alone or crossed with
/// `list` and `zip` of one key, no run twice? Run numbers are then row-major in the axes, the last
/// one fastest.
/// @param n_axes how many axes; may be NULL. Axis a is parameter a; 0 if the answer is no
bool pp_sweep_plan_grid(const pp_sweep_plan *plan, size_t *n_axes);
/// How many values an axis of a full grid has.
size_t pp_sweep_plan_axis_length(const pp_sweep_plan *plan, size_t axis);
/// Value i of an axis, in canonical text. @param i below its length
const char *pp_sweep_plan_axis_value(const pp_sweep_plan *plan, size_t axis, size_t i);

/// The first 16 hexadecimal digits of SHA-256 over pp_scenario_yaml of the run's scenario,
/// followed, if its population is a book, by the 64 digits of the book file's SHA-256. Unique in a
/// plan.
const char *pp_sweep_plan_id(const pp_sweep_plan *plan, size_t run);

/// The resolved scenario of a run, made anew.
/// @return PP_OK; PP_EIO if it is no longer the one of that id because a file it reads (a book, a
/// plugin) has changed or is gone; PP_ENOMEM. On failure *scenario is NULL
pp_status pp_sweep_plan_scenario(const pp_sweep_plan *plan, size_t run, pp_scenario **scenario,
                                 pp_error *error);

#endif

// Two results files paired by trial, and whether they are of the same problem.
#include <gsl/gsl_heapsort.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/compare.h"
#include "experiments/cli/commands/figures.h"

static pp_status open_side(const char *path, pp_side *side, pp_error *error)
{
    side->path = path;
    pp_status status = pp_results_open(path, &side->file, error);
    if (status == PP_OK)
        status = pp_results_trials(side->file, &side->trials, error);
    if (status == PP_OK)
        status = pp_results_phases(side->file, &side->phases, error);
    if (status != PP_OK)
        return status;
    side->n_trials = pp_results_length(side->file, PP_DIM_TRIAL);
    for (size_t e = 0; e < pp_results_length(side->file, PP_DIM_EPOCH); e++)
        side->n_test += side->phases[e] == PP_PHASE_TEST;
    return PP_OK;
}

static pp_status check_design(pp_pairing *pairing, pp_error *error)
{
    const pp_side *base = &pairing->base, *other = &pairing->other;
    uint64_t other_seed;
    pp_status status = pp_results_seed(base->file, &pairing->seed, error);
    if (status == PP_OK)
        status = pp_results_seed(other->file, &other_seed, error);
    if (status != PP_OK)
        return status;
    if (pairing->seed != other_seed)
        return pp_error_set(error, PP_EINVAL,
                            "the seeds differ (%" PRIu64 " and %" PRIu64
                            "), so trials cannot be paired",
                            pairing->seed, other_seed);
    size_t base_firms = pp_results_length(base->file, PP_DIM_FIRM);
    size_t other_firms = pp_results_length(other->file, PP_DIM_FIRM);
    if (base_firms != other_firms)
        return pp_error_set(error, PP_EINVAL, "the numbers of firms differ (%zu and %zu)",
                            base_firms, other_firms);
    if (base->n_test != other->n_test)
        return pp_error_set(error, PP_EINVAL, "the numbers of test epochs differ (%zu and %zu)",
                            base->n_test, other->n_test);
    if (!base->n_test)
        return pp_error_set(error, PP_EINVAL, "there are no test epochs to compare");
    return PP_OK;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/// Order of the trials by number. @return malloc'd [n_trials], or NULL after setting the error
static size_t *order_of(const pp_side *side, pp_error *error)
{
    size_t *order = calloc(side->n_trials + 1, sizeof *order);
    if (!order) {
        pp_error_memory(error, "the comparison");
        return NULL;
    }
    gsl_heapsort_index(order, side->trials, side->n_trials, sizeof *side->trials, compare_numbers);
    for (size_t i = 1; i < side->n_trials; i++)
        if (side->trials[order[i]] == side->trials[order[i - 1]]) {
            pp_error_set(error, PP_EFORMAT, "%s: trial %" PRId64 " occurs twice", side->path,
                         side->trials[order[i]]);
            free(order);
            return NULL;
        }
    return order;
}

static pp_status pair_trials(pp_pairing *pairing, pp_error *error)
{
    pp_side *base = &pairing->base, *other = &pairing->other;
    base->paired = order_of(base, error);
    other->paired = base->paired ? order_of(other, error) : NULL;
    if (!base->paired || !other->paired)
        return error->status;
    size_t n = 0;
    for (size_t i = 0, j = 0; i < base->n_trials && j < other->n_trials;) {
        int64_t x = base->trials[base->paired[i]], y = other->trials[other->paired[j]];
        if (x == y) { // n never overtakes i or j
            base->paired[n] = base->paired[i];
            other->paired[n++] = other->paired[j];
        }
        i += x <= y;
        j += y <= x;
    }
    pairing->n_pairs = n;
    if (n < 2)
        return pp_error_set(error, PP_EINVAL,
                            "the files have %zu trial%s in common; a comparison needs at least 2",
                            n, n == 1 ? "" : "s");
    return PP_OK;
}

/// Number of the firm of that name; the number of firms if there is none.
static size_t firm_named(const pp_side *side, const char *name)
{
    size_t n = pp_results_length(side->file, PP_DIM_FIRM), firm = 0;
    while (firm < n && strcmp(pp_results_firm(side->file, firm), name) != 0)
        firm++;
    return firm;
}

/// A firm is a position: the same position has the same draws in both files, whatever its name.
static pp_status find_firm(pp_pairing *pairing, const char *text, pp_error *error)
{
    size_t n = pp_results_length(pairing->base.file, PP_DIM_FIRM);
    size_t in_base = firm_named(&pairing->base, text), in_other = firm_named(&pairing->other, text);
    size_t firm = in_base < n ? in_base : in_other;
    if (in_base < n && in_other < n && in_base != in_other)
        return pp_error_set(error, PP_EINVAL,
                            "firm '%s' is number %zu in one file and %zu in the other; give the "
                            "number",
                            text, in_base, in_other);
    if (firm == n) {
        char *end;
        unsigned long number = strtoul(text, &end, 10);
        if (end == text || *end || text[0] == '-' || number >= n)
            return pp_error_set(error, PP_EINVAL,
                                "no firm '%s': give a name or a number from 0 to %zu", text, n - 1);
        firm = number;
    }
    pairing->base.firm = pairing->other.firm = firm;
    return PP_OK;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static pp_status compare_scenarios(pp_pairing *pairing, pp_error *error)
{
    char *base = NULL, *other = NULL;
    pp_status status = pp_results_text(pairing->base.file, "scenario", &base, error);
    if (status == PP_OK)
        status = pp_results_text(pairing->other.file, "scenario", &other, error);
    if (status == PP_OK)
        pairing->same_scenario = !pp_scenario_difference_find(base, other, &pairing->difference);
    free(base);
    free(other);
    return status;
}

/// A variable of both files. @param values [2] malloc'd, the caller's also on failure
static pp_status read_both(const pp_pairing *pairing, pp_variable_id id, double *values[2],
                           pp_error *error)
{
    size_t n;
    PP_TRY(pp_results_read(pairing->base.file, id, &values[0], &n, error));
    return pp_results_read(pairing->other.file, id, &values[1], &n, error);
}

/// Targets come from burn-in, which is the same whatever the agents do if the scenarios are the
/// same.
static pp_status compare_targets(pp_pairing *pairing, pp_error *error)
{
    const pp_side *base = &pairing->base, *other = &pairing->other;
    const size_t n_firms = pp_results_length(base->file, PP_DIM_FIRM);
    const size_t n_base = pp_results_length(base->file, PP_DIM_CATEGORY);
    const size_t n_other = pp_results_length(other->file, PP_DIM_CATEGORY);
    double *targets[2] = {NULL, NULL};
    pp_status status = read_both(pairing, PP_VAR_target, targets, error);
    for (size_t i = 0; status == PP_OK && i < pairing->n_pairs; i++) {
        const double *x = targets[0] + (base->paired[i] * n_firms + base->firm) * n_base;
        const double *y = targets[1] + (other->paired[i] * n_firms + other->firm) * n_other;
        // A firm's categories come first; where it has none there is NaN.
        for (size_t k = 0; k < n_base || k < n_other; k++)
            pairing->same_targets &= same_number(k < n_base ? x[k] : NAN, k < n_other ? y[k] : NAN);
    }
    free(targets[0]);
    free(targets[1]);
    return status;
}

static bool same_phases(const pp_side *base, const pp_side *other, size_t n_epochs)
{
    return n_epochs == pp_results_length(other->file, PP_DIM_EPOCH) &&
           memcmp(base->phases, other->phases, n_epochs) == 0;
}

/// What a firm without a target has in common with its pair: every agent trades for profit only in
/// burn-in, so the same market sells the same policies there.
static pp_status compare_burn_in(pp_pairing *pairing, pp_error *error)
{
    const pp_side *base = &pairing->base, *other = &pairing->other;
    const size_t n_firms = pp_results_length(base->file, PP_DIM_FIRM);
    const size_t n_epochs = pp_results_length(base->file, PP_DIM_EPOCH);
    double *policies[2] = {NULL, NULL};
    pairing->same_burn_in = same_phases(base, other, n_epochs);
    if (!pairing->same_burn_in)
        return PP_OK;
    pp_status status = read_both(pairing, PP_VAR_policies, policies, error);
    for (size_t i = 0; status == PP_OK && i < pairing->n_pairs; i++)
        for (size_t e = 0; e < n_epochs; e++) {
            const double *x = policies[0] + (base->paired[i] * n_epochs + e) * n_firms;
            const double *y = policies[1] + (other->paired[i] * n_epochs + e) * n_firms;
            for (size_t f = 0; f < n_firms && base->phases[e] == PP_PHASE_BURN_IN; f++)
                pairing->same_burn_in &= same_number(x[f], y[f]);
        }
    free(policies[0]);
    free(policies[1]);
    return status;
}

pp_status pp_pairing_create(const char *base, const char *other, const char *firm,
                            pp_pairing *pairing, pp_error *error)
{
    *pairing = (pp_pairing){.same_targets = true};
    PP_TRY(open_side(base, &pairing->base, error));
    PP_TRY(open_side(other, &pairing->other, error));
    PP_TRY(check_design(pairing, error));
    PP_TRY(find_firm(pairing, firm, error));
    PP_TRY(pair_trials(pairing, error));
    PP_TRY(compare_scenarios(pairing, error));
    PP_TRY(compare_burn_in(pairing, error));
    return compare_targets(pairing, error);
}

static void close_side(pp_side *side)
{
    pp_results_close(side->file);
    free(side->trials);
    free(side->phases);
    free(side->paired);
}

void pp_pairing_destroy(pp_pairing *pairing)
{
    close_side(&pairing->base);
    close_side(&pairing->other);
    *pairing = (pp_pairing){0};
}

/// The paired trials' observations; malloc'd, or NULL after setting the error.
static double *observations(const pp_side *side, size_t n_pairs, pp_variable_id id, pp_error *error)
{
    double *means = calloc(side->n_trials, sizeof *means);
    double *paired = calloc(n_pairs, sizeof *paired);
    if (!means || !paired) {
        pp_error_memory(error, "the comparison");
    } else if (pp_trial_means(side->file, id, side->firm, side->phases, means, error) == PP_OK) {
        for (size_t i = 0; i < n_pairs; i++)
            paired[i] = means[side->paired[i]];
        free(means);
        return paired;
    }
    free(means);
    free(paired);
    return NULL;
}

/// Compare observations of both sides, which are freed.
static pp_status compare_owned(const pp_pairing *pairing, double *base, double *other,
                               pp_comparison *comparison, pp_error *error)
{
    pp_status status = base && other ? pp_compare(base, other, pairing->n_pairs, comparison, error)
                                     : error->status;
    free(base);
    free(other);
    return status;
}

pp_status pp_pairing_compare(pp_pairing *pairing, pp_variable_id id, pp_comparison *comparison,
                             pp_error *error)
{
    double *base = observations(&pairing->base, pairing->n_pairs, id, error);
    double *other = base ? observations(&pairing->other, pairing->n_pairs, id, error) : NULL;
    return compare_owned(pairing, base, other, comparison, error);
}

/// The paired trials' ratios of sums; malloc'd, or NULL after setting the error.
static double *ratios(const pp_side *side, size_t n_pairs, const pp_variable_id *parts,
                      pp_error *error)
{
    double *premium = observations(side, n_pairs, PP_VAR_gwp, error);
    double *sum = premium ? calloc(n_pairs, sizeof *sum) : NULL;
    if (premium && !sum)
        pp_error_memory(error, "the comparison");
    for (size_t p = 0; sum && p < PP_PAIRING_PARTS && parts[p] != PP_VAR_COUNT; p++) {
        if (!pp_results_has(side->file, parts[p]))
            continue;
        double *part = observations(side, n_pairs, parts[p], error);
        for (size_t i = 0; part && i < n_pairs; i++)
            sum[i] += part[i] / premium[i];
        if (!part) {
            free(sum);
            sum = NULL;
        }
        free(part);
    }
    free(premium);
    return sum;
}

pp_status pp_pairing_compare_ratio(pp_pairing *pairing,
                                   const pp_variable_id parts[PP_PAIRING_PARTS],
                                   pp_comparison *comparison, pp_error *error)
{
    double *base = ratios(&pairing->base, pairing->n_pairs, parts, error);
    double *other = base ? ratios(&pairing->other, pairing->n_pairs, parts, error) : NULL;
    return compare_owned(pairing, base, other, comparison, error);
}

bool pp_pairing_has_economics(const pp_pairing *pairing)
{
    return pp_results_has(pairing->base.file, PP_VAR_expenses) &&
           pp_results_has(pairing->other.file, PP_VAR_expenses);
}

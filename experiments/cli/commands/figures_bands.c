// Figures by band of a view: sums over trials of what a file has by firm and band.
#include <math.h>
#include <stdlib.h>

#include "experiments/cli/commands/figures.h"
#include "market/breakdown.h"

/// Sums of one firm in one band.
typedef pp_band_account sums;

static double ratio(double numerator, double denominator)
{
    return denominator != 0 ? numerator / denominator : NAN;
}

/// Add up every (trial, firm, band) variable; the last row is all firms.
static pp_status read_sums(pp_results_file *file, const pp_figures *f, sums *rows, pp_error *error)
{
    double *values;
    size_t n, row = f->n_firms * f->n_bands;
#define ADD(name, description)                                                                     \
    PP_TRY(pp_results_read(file, PP_VAR_band_##name, &values, &n, error));                         \
    for (size_t i = 0; i < n; i++) {                                                               \
        rows[i % row].name += values[i];                                                           \
        rows[row + i % f->n_bands].name += values[i];                                              \
    }                                                                                              \
    free(values);
    PP_BAND_SUMS(ADD)
#undef ADD
    return PP_OK;
}

static void derive(const sums *sum, const sums *view, pp_band_figures *band)
{
    band->quotes = sum->quotes;
    band->policies = sum->policies;
#define S(variable)                          sum->variable
#define VIEW(variable)                       view->variable
#define DERIVE(name, numerator, denominator) band->name = ratio(numerator, denominator);
    PP_BAND_FIGURES(DERIVE)
#undef S
#undef VIEW
#undef DERIVE
}

/// Turn sums of one firm into figures.
static void derive_firm(const pp_figures *f, const sums *rows, pp_band_figures *figures)
{
    for (size_t i = 0; i < f->n_bands; i++) {
        sums view = {0};
        for (size_t j = 0; j < f->n_bands; j++)
            if (f->bands[j].view == f->bands[i].view) {
                view.quotes += rows[j].quotes;
                view.policies += rows[j].policies;
            }
        derive(&rows[i], &view, &figures[i]);
    }
}

pp_status pp_figures_bands(pp_results_file *file, pp_figures *f, pp_error *error)
{
    char *names;
    for (f->lead = 0; f->lead < f->n_firms && !f->portfolios[f->lead].n_categories; f->lead++)
        ;
    f->lead = f->lead < f->n_firms ? f->lead : 0;
    PP_TRY(pp_results_bands(file, &f->bands, &names, error));
    free(names);
    f->n_bands = f->bands ? pp_results_length(file, PP_DIM_BAND) : 0;
    if (f->n_bands == 0)
        return PP_OK;
    sums *rows = calloc((f->n_firms + 1) * f->n_bands, sizeof *rows);
    f->band_figures = calloc((f->n_firms + 1) * f->n_bands, sizeof *f->band_figures);
    pp_status status = rows && f->band_figures ? read_sums(file, f, rows, error)
                                               : pp_error_memory(error, "the summary");
    for (size_t i = 0; i <= f->n_firms && status == PP_OK; i++)
        derive_firm(f, rows + i * f->n_bands, f->band_figures + i * f->n_bands);
    free(rows);
    return status;
}

#include "pricing/linear.h"

#include <gsl/gsl_linalg.h>

pp_status pp_solve_positive(double *a, size_t n, double *b, size_t columns, pp_error *error)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            if (!isfinite(a[i * n + j]))
                return pp_error_set(error, PP_ENUMERIC, "a fit met numbers that are not finite");
    gsl_matrix_view m = gsl_matrix_view_array(a, n, n);
    if (gsl_linalg_cholesky_decomp1(&m.matrix) != 0)
        return pp_error_set(error, PP_ENUMERIC, "a fit has no unique solution");
    for (size_t c = 0; c < columns; c++) {
        gsl_vector_view x = gsl_vector_view_array(b + c * n, n);
        gsl_linalg_cholesky_svx(&m.matrix, &x.vector);
    }
    return PP_OK;
}

void pp_standardise(const double *x, size_t n, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    *mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - *mean) * (x[i] - *mean);
    *deviation = n ? sqrt(squares / (double)n) : 0;
    if (!(*deviation > 1e-12 * (1 + fabs(*mean))))
        *deviation = 1;
}

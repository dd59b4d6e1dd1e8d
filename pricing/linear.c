// Cholesky factorisation of small systems, and the standardisation of columns.
#include "pricing/linear.h"

#include <stdbool.h>

#include "pricing/fit_kernels.h"

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

/// Cholesky's A = L L', L over the lower triangle of A. Not GSL's, which ends the program unless
/// the error handler of the whole process is off.
/// @return false if A is not positive definite
static bool factorise(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        const double *row = a + j * n;
        double square = row[j] - pp_dot(row, row, j);
        if (!(square > 0))
            return false;
        a[j * n + j] = sqrt(square);
        for (size_t i = j + 1; i < n; i++)
            a[i * n + j] = (a[i * n + j] - pp_dot(a + i * n, row, j)) / row[j];
    }
    return true;
}

/// Solve L L' x = b in place.
static void substitute(const double *l, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] - pp_dot(l + i * n, b, i)) / l[i * n + i];
    for (size_t i = n; i-- > 0;) {
        b[i] /= l[i * n + i];
        for (size_t k = 0; k < i; k++)
            b[k] -= l[i * n + k] * b[i];
    }
}

pp_status pp_solve_positive(double *a, size_t n, double *b, size_t columns, pp_error *error)
{
    bool finite = all_finite(b, n * columns);
    for (size_t i = 0; i < n; i++)
        finite &= all_finite(a + i * n, i + 1);
    if (!finite)
        return pp_error_set(error, PP_ENUMERIC, "a fit met numbers that are not finite");
    if (!factorise(a, n))
        return pp_error_set(error, PP_ENUMERIC, "a fit has no unique solution");
    for (size_t c = 0; c < columns; c++)
        substitute(a, n, b + c * n);
    return PP_OK;
}

double pp_deviation(double squares, double n, double mean)
{
    double deviation = n > 0 ? sqrt(squares / n) : 0;
    return deviation > 1e-12 * (1 + fabs(mean)) ? deviation : 1;
}

void pp_standardise(const double *x, size_t n, double *mean, double *deviation)
{
    const pp_fit_kernels *kernels = pp_fit_kernels_now();
    *mean = kernels->centre(x, n, NULL);
    *deviation = pp_deviation(kernels->squares(x, n, *mean), (double)n, *mean);
}

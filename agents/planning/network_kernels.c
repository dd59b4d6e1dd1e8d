// A network's activations and Adam's step.
#include "agents/planning/network_kernels.h"

#include <math.h>

#include "pricing/matrix_kernels.h"

static void rectify(double *x, size_t units, size_t rows)
{
    for (size_t u = 0; u < units; u++, x += PP_MATRIX_ROWS)
        for (size_t r = 0; r < rows; r++)
            x[r] = x[r] > 0 ? x[r] : 0;
}

static void mask(double *restrict slope, const double *restrict x, size_t units, size_t rows)
{
    for (size_t u = 0; u < units; u++, x += PP_MATRIX_ROWS, slope += PP_MATRIX_ROWS)
        for (size_t r = 0; r < rows; r++)
            slope[r] = x[r] > 0 ? slope[r] : 0;
}

static void adam(const pp_adam_step *step, double *restrict weight,
                 const double *restrict gradients, double *restrict first, double *restrict second,
                 size_t n)
{
    const pp_adam_step s = *step;
    for (size_t i = 0; i < n; i++) {
        double g = gradients[i];
        double m = s.first_decay * first[i] + (1 - s.first_decay) * g;
        double v = s.second_decay * second[i] + (1 - s.second_decay) * g * g;
        first[i] = fabs(m) < 1e-290 ? 0 : m; // decay alone would end in slow subnormal numbers
        second[i] = v;
        weight[i] -= s.rate * m / (sqrt(v) * s.scale + s.small);
    }
}

const pp_network_kernels PP_SIMD_TABLE(pp_network_kernels) = {
    .rectify = rectify, .mask = mask, .adam = adam};

// Matrix products over a batch of rows, in tiles that fit the registers.
#include "pricing/matrix_kernels.h"

#include "market/base/lanes.h"

#ifdef __clang__
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (pp_mask){__VA_ARGS__})
#endif
#define TILE_CODE static inline __attribute__((always_inline))

// Tiles have as many sums as the registers of a level hold.
enum {
    ROWS = PP_MATRIX_ROWS,
    STRIP = PP_VECTORS == 1 ? 4 * PP_LANES : PP_LANES, ///< rows of a product's tile
    UNITS = PP_VECTORS == 4 ? 2 : 4,                   ///< units of it
    SIDE = PP_VECTORS == 1   ? 4
           : PP_VECTORS == 2 ? 1
                             : 2,   ///< inputs of a gradient's tile
    FOUR = 4,                       ///< outputs of it
    PASS = PP_VECTORS == 2 ? 2 : 1, ///< vectors of eight rows in a pass over it
    DEPTH = 128,                    ///< inputs that stay in the nearest cache
};

TILE_CODE pp_vector load(const double *x)
{
    pp_vector v;
    memcpy(&v, x, sizeof v);
    return v;
}

TILE_CODE void store(double *x, pp_vector v)
{
    memcpy(x, &v, sizeof v);
}

/// Units from p on, rows from r on, inputs [first, end). The numbers of units and of vectors are
/// constants.
TILE_CODE void product_tile(const pp_matrix_product *of, size_t p, size_t r, size_t first,
                            size_t end, const int units, const int vectors)
{
    pp_vector sum[8][4];
    double *out = of->out + p * ROWS + r;
    const double *weight = of->weight + p * of->along_out + first * of->along_in;
    const double *in = of->in + first * ROWS + r;
    for (int u = 0; u < units; u++) {
        pp_vector start = {0};
        if (of->start)
            start = of->start[p + (size_t)u] - start;
        for (int v = 0; v < vectors; v++)
            sum[u][v] = first ? load(out + u * ROWS + v * PP_VECTOR) : start;
    }
    for (size_t q = first; q < end; q++, weight += of->along_in, in += ROWS) {
        pp_vector x[4];
        for (int v = 0; v < vectors; v++)
            x[v] = load(in + v * PP_VECTOR);
        for (int u = 0; u < units; u++) {
            pp_vector w = weight[(size_t)u * of->along_out] - (pp_vector){0};
            for (int v = 0; v < vectors; v++)
                sum[u][v] += w * x[v];
        }
    }
    for (int u = 0; u < units; u++)
        for (int v = 0; v < vectors; v++)
            store(out + u * ROWS + v * PP_VECTOR, sum[u][v]);
}

TILE_CODE void product_strip(const pp_matrix_product *of, size_t r, size_t first, size_t end,
                             const int units, const int vectors)
{
    size_t p = 0;
    for (; p + (size_t)units <= of->outputs; p += (size_t)units)
        product_tile(of, p, r, first, end, units, vectors);
    for (; p < of->outputs; p++)
        product_tile(of, p, r, first, end, 1, vectors);
}

static void product(const pp_matrix_product *of)
{
    size_t first = 0;
    do {
        size_t end = of->inputs - first < DEPTH ? of->inputs : first + DEPTH, r = 0;
        for (; r + STRIP <= of->rows; r += STRIP)
            product_strip(of, r, first, end, UNITS, STRIP / PP_VECTOR);
        for (; r < of->rows; r += PP_LANES)
            product_strip(of, r, first, end, PP_VECTORS == 1 ? 8 : UNITS, PP_VECTORS);
        first = end;
    } while (first < of->inputs);
}

/// pp_lanes_total of each of four. @param total [4]
TILE_CODE void four_totals(const pp_lanes *a, double *total)
{
#if PP_VECTOR_BYTES == 64
    pp_vector t = SHUFFLE(a[0].v[0], a[1].v[0], 0, 1, 2, 3, 8, 9, 10, 11) +
                  SHUFFLE(a[0].v[0], a[1].v[0], 4, 5, 6, 7, 12, 13, 14, 15);
    pp_vector s = SHUFFLE(a[2].v[0], a[3].v[0], 0, 1, 2, 3, 8, 9, 10, 11) +
                  SHUFFLE(a[2].v[0], a[3].v[0], 4, 5, 6, 7, 12, 13, 14, 15);
    pp_vector u =
        SHUFFLE(t, s, 0, 1, 4, 5, 8, 9, 12, 13) + SHUFFLE(t, s, 2, 3, 6, 7, 10, 11, 14, 15);
    pp_vector sum = SHUFFLE(u, u, 0, 2, 4, 6, 0, 2, 4, 6) + SHUFFLE(u, u, 1, 3, 5, 7, 1, 3, 5, 7);
    memcpy(total, &sum, FOUR * sizeof(double));
#elif PP_VECTOR_BYTES == 32
    pp_vector t[FOUR];
    for (int i = 0; i < FOUR; i++)
        t[i] = a[i].v[0] + a[i].v[PP_VECTORS - 1];
    pp_vector u = SHUFFLE(t[0], t[1], 0, 1, 4, 5) + SHUFFLE(t[0], t[1], 2, 3, 6, 7);
    pp_vector s = SHUFFLE(t[2], t[3], 0, 1, 4, 5) + SHUFFLE(t[2], t[3], 2, 3, 6, 7);
    pp_vector sum = SHUFFLE(u, s, 0, 2, 4, 6) + SHUFFLE(u, s, 1, 3, 5, 7);
    memcpy(total, &sum, FOUR * sizeof(double));
#else
    pp_vector u[FOUR];
    for (int i = 0; i < FOUR; i++)
        u[i] = (a[i].v[0] + a[i].v[2]) + (a[i].v[1] + a[i].v[3]);
    for (int i = 0; i < FOUR; i += 2) {
        pp_vector sum = SHUFFLE(u[i], u[i + 1], 0, 2) + SHUFFLE(u[i], u[i + 1], 1, 3);
        memcpy(total + i, &sum, sizeof sum);
    }
#endif
}

/// `side` inputs by `across` outputs, both constants; their product is a multiple of four, or 1.
/// @param to the first element's
TILE_CODE void gradient_tile(const double *in, const double *slope, size_t rows, size_t outputs,
                             const int side, const int across, double *to)
{
    pp_lanes part[16] = {0};
    double total[16];
    for (int first = 0; first < PP_VECTORS; first += PASS) {
        pp_vector sum[16][PASS], s[FOUR][PASS];
        for (int k = 0; k < side * across; k++)
            for (int v = 0; v < PASS; v++)
                sum[k][v] = (pp_vector){0};
        for (size_t r = (size_t)first * PP_VECTOR; r < rows; r += PP_LANES) {
            for (int j = 0; j < across; j++)
                for (int v = 0; v < PASS; v++)
                    s[j][v] = load(slope + (size_t)j * ROWS + r + v * PP_VECTOR);
            for (int i = 0; i < side; i++)
                for (int v = 0; v < PASS; v++) {
                    pp_vector x = load(in + (size_t)i * ROWS + r + v * PP_VECTOR);
                    for (int j = 0; j < across; j++)
                        sum[i * across + j][v] += x * s[j][v];
                }
        }
        for (int k = 0; k < side * across; k++)
            for (int v = 0; v < PASS; v++)
                part[k].v[first + v] = sum[k][v];
    }
    for (int k = 0; k < side * across; k += FOUR)
        four_totals(part + k, total + k);
    for (int i = 0; i < side; i++)
        for (int j = 0; j < across; j++)
            to[(size_t)i * outputs + (size_t)j] =
                total[i * across + j]; // cppcheck-suppress uninitvar
}

static void gradient(const double *in, size_t inputs, const double *slope, size_t outputs,
                     size_t rows, double *gradients)
{
    size_t whole = outputs / FOUR * FOUR, i = 0;
    for (; i + SIDE <= inputs; i += SIDE)
        for (size_t j = 0; j < whole; j += FOUR)
            gradient_tile(in + i * ROWS, slope + j * ROWS, rows, outputs, SIDE, FOUR,
                          gradients + i * outputs + j);
    for (; i < inputs; i++)
        for (size_t j = 0; j < whole; j += FOUR)
            gradient_tile(in + i * ROWS, slope + j * ROWS, rows, outputs, 1, FOUR,
                          gradients + i * outputs + j);
    for (size_t j = whole; j < outputs; j++) {
        for (i = 0; i + FOUR <= inputs; i += FOUR)
            gradient_tile(in + i * ROWS, slope + j * ROWS, rows, outputs, FOUR, 1,
                          gradients + i * outputs + j);
        for (; i < inputs; i++)
            gradient_tile(in + i * ROWS, slope + j * ROWS, rows, outputs, 1, 1,
                          gradients + i * outputs + j);
    }
}

const pp_matrix_kernels PP_SIMD_TABLE(pp_matrix_kernels) = {.product = product,
                                                            .gradient = gradient};

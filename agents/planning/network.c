// A dense network in one block of memory, trained by back-propagation and Adam, a batch at a time.
#include "agents/planning/network.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agents/planning/network_kernels.h"
#include "market/base/stop.h"
#include "pricing/matrix_kernels.h"

enum { BATCH = PP_MATRIX_ROWS, ALIGNED = 64 / sizeof(double) };

/// y = x W + b, for BATCH rows at most; x and y are [units][BATCH], a row in each column.
typedef struct layer {
    size_t inputs, outputs;
    double *weight;                    ///< [inputs + 1][outputs], the bias last
    double *gradient, *first, *second; ///< the same shape: gradient, Adam's two moments
    double *in;                        ///< [inputs + 1][BATCH] what came in; the last are ones
    double *slope;                     ///< [inputs][BATCH] dE/d in
} layer;

struct pp_network {
    const pp_matrix_kernels *matrices;
    const pp_network_kernels *kernels;
    size_t n_layers;
    layer *layers;
    double *output; ///< [BATCH] and then dE/d output
    double steps;   ///< of Adam
    double *storage;
};

/// Numbers of one of a layer's arrays of weights, so that the next begins a cache line.
static size_t weights_room(size_t inputs, size_t outputs)
{
    return ((inputs + 1) * outputs + ALIGNED - 1) / ALIGNED * ALIGNED;
}

static size_t layer_size(size_t inputs, size_t outputs)
{
    return 4 * weights_room(inputs, outputs) + (2 * inputs + 1) * BATCH;
}

static void layer_place(layer *l, size_t inputs, size_t outputs, gsl_rng *rng, double **at)
{
    size_t room = weights_room(inputs, outputs);
    *l = (layer){inputs, outputs, *at, *at + room, *at + 2 * room, *at + 3 * room, NULL, NULL};
    l->in = *at + 4 * room;
    l->slope = l->in + (inputs + 1) * BATCH;
    for (size_t i = 0; i < inputs * outputs; i++)
        l->weight[i] = gsl_ran_gaussian(rng, sqrt(2 / (double)inputs));
    for (size_t r = 0; r < BATCH; r++)
        l->in[inputs * BATCH + r] = 1;
    *at += layer_size(inputs, outputs);
}

pp_status pp_network_create(size_t inputs, size_t layers, size_t width, gsl_rng *rng,
                            pp_network **network, pp_error *error)
{
    size_t size = layer_size(inputs, width) + (layers - 1) * layer_size(width, width) +
                  layer_size(width, 1) + BATCH;
    pp_network *n = *network = calloc(1, sizeof *n);
    if (n) {
        n->n_layers = layers + 1;
        n->layers = calloc(n->n_layers, sizeof *n->layers);
        n->storage = calloc(size + ALIGNED, sizeof(double));
    }
    if (!n || !n->layers || !n->storage) {
        pp_network_destroy(n);
        *network = NULL;
        return pp_error_memory(error, "a network of %zu by %zu units", layers, width);
    }
    n->matrices = pp_matrix_kernels_now();
    n->kernels = pp_network_kernels_now();
    double *at = n->storage + (-(uintptr_t)n->storage / sizeof(double)) % ALIGNED;
    for (size_t i = 0; i < n->n_layers; i++)
        layer_place(&n->layers[i], i ? width : inputs, i < layers ? width : 1, rng, &at);
    n->output = at;
    return PP_OK;
}

void pp_network_destroy(pp_network *network)
{
    if (!network)
        return;
    free(network->layers);
    free(network->storage);
    free(network);
}

/// A row into the first layer's columns.
static void load_row(const pp_network *n, size_t r, const double *x)
{
    const layer *bottom = &n->layers[0];
    for (size_t i = 0; i < bottom->inputs; i++)
        bottom->in[i * BATCH + r] = x[i];
}

/// Rows of padding after the first n are zeros.
static void load_padding(const pp_network *n, size_t first)
{
    for (size_t i = 0; i < n->layers[0].inputs; i++)
        for (size_t r = first; r < pp_matrix_padded(first); r++)
            n->layers[0].in[i * BATCH + r] = 0;
}

/// From the first layer's `in` to the output.
static void forward(const pp_network *n, size_t rows)
{
    for (size_t i = 0; i < n->n_layers; i++) {
        const layer *l = &n->layers[i];
        bool last = i + 1 == n->n_layers;
        double *out = last ? n->output : n->layers[i + 1].in;
        n->matrices->product(&(pp_matrix_product){rows, l->outputs, l->inputs, l->weight, 1,
                                                  l->outputs, l->weight + l->inputs * l->outputs,
                                                  l->in, out});
        if (!last)
            n->kernels->rectify(out, l->outputs, rows);
    }
}

/// Every layer's gradient, from dE/d output in `output`.
static void backward(const pp_network *n, size_t rows)
{
    const double *slope = n->output; // [outputs][BATCH] dE/d out
    for (size_t i = n->n_layers; i-- > 0;) {
        const layer *l = &n->layers[i];
        n->matrices->gradient(l->in, l->inputs + 1, slope, l->outputs, rows, l->gradient);
        if (i == 0)
            break;
        n->matrices->product(&(pp_matrix_product){rows, l->inputs, l->outputs, l->weight,
                                                  l->outputs, 1, NULL, slope, l->slope});
        n->kernels->mask(l->slope, l->in, l->inputs, rows); // in is a rectified output
        slope = l->slope;
    }
}

void pp_adam(double *weight, const double *gradient, double *first, double *second, size_t n,
             double rate, double steps)
{
    const double b1 = 0.9, b2 = 0.999, small = 1e-8;
    pp_adam_step step = {b1, b2, rate / (1 - pow(b1, steps)), 1 / sqrt(1 - pow(b2, steps)), small};
    pp_network_kernels_now()->adam(&step, weight, gradient, first, second, n);
}

/// One step on rows order[first ..], BATCH at most. @return sum of squared errors
static double train_batch(pp_network *network, const pp_network_data *data, size_t first,
                          double rate)
{
    const size_t *order = data->order + first, inputs = network->layers[0].inputs;
    size_t n = data->n - first < BATCH ? data->n - first : BATCH;
    double sum = 0, *output = network->output;
    for (size_t r = 0; r < n; r++)
        load_row(network, r, data->x + order[r] * inputs);
    load_padding(network, n);
    forward(network, pp_matrix_padded(n));
    for (size_t r = 0; r < n; r++) {
        double error = output[r] - data->y[order[r]];
        sum += error * error;
        output[r] = 2 * error / (double)n;
    }
    for (size_t r = n; r < pp_matrix_padded(n); r++)
        output[r] = 0;
    backward(network, pp_matrix_padded(n));
    network->steps++;
    for (size_t i = 0; i < network->n_layers; i++) {
        const layer *l = &network->layers[i];
        pp_adam(l->weight, l->gradient, l->first, l->second, (l->inputs + 1) * l->outputs, rate,
                network->steps);
    }
    return sum;
}

pp_status pp_network_pass(pp_network *network, const pp_network_data *data, double learning_rate,
                          gsl_rng *rng, const pp_stop_flag *stop, double *square, pp_error *error)
{
    double sum = 0;
    if (data->n > 0) // GSL cannot shuffle nothing
        gsl_ran_shuffle(rng, data->order, data->n, sizeof *data->order);
    for (size_t first = 0; first < data->n; first += BATCH) {
        PP_TRY(pp_stop_check(stop, error));
        sum += train_batch(network, data, first, learning_rate);
    }
    if (!isfinite(sum))
        return pp_error_set(error, PP_ENUMERIC,
                            "the network's fit diverged: try a smaller learning_rate");
    *square = data->n > 0 ? sum / (double)data->n : 0;
    return PP_OK;
}

void pp_network_predict(pp_network *network, const double *x, size_t n, double *y)
{
    size_t inputs = network->layers[0].inputs;
    for (size_t first = 0; first < n; first += BATCH) {
        size_t m = n - first < BATCH ? n - first : BATCH;
        for (size_t r = 0; r < m; r++)
            load_row(network, r, x + (first + r) * inputs);
        load_padding(network, m);
        forward(network, pp_matrix_padded(m));
        memcpy(y + first, network->output, m * sizeof(double));
    }
}

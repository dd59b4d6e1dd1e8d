// A dense network in one block of memory, trained by back-propagation and Adam.
#include "agents/planning/network.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/stop.h"
#include "pricing/linear.h"

enum { BATCH = 64 };

/// y = x W + b, for BATCH rows at most.
typedef struct layer {
    size_t inputs, outputs;
    double *weight;                    ///< [inputs + 1][outputs], the bias last
    double *gradient, *first, *second; ///< the same shape: gradient, Adam's two moments
    double *in;                        ///< [BATCH][inputs] what came in
    double *slope;                     ///< [BATCH][inputs] dE/d in
} layer;

struct pp_network {
    size_t n_layers;
    layer *layers;
    double output[BATCH];
    double steps; ///< of Adam
    double *storage;
};

static size_t layer_size(size_t inputs, size_t outputs)
{
    return 4 * (inputs + 1) * outputs + 2 * BATCH * inputs;
}

static void layer_place(layer *l, size_t inputs, size_t outputs, gsl_rng *rng, double **at)
{
    size_t weights = (inputs + 1) * outputs;
    *l = (layer){inputs, outputs, *at, *at + weights, *at + 2 * weights, *at + 3 * weights,
                 NULL,   NULL};
    l->in = *at + 4 * weights;
    l->slope = l->in + BATCH * inputs;
    for (size_t i = 0; i < inputs * outputs; i++)
        l->weight[i] = gsl_ran_gaussian(rng, sqrt(2 / (double)inputs));
    *at += layer_size(inputs, outputs);
}

pp_status pp_network_create(size_t inputs, size_t layers, size_t width, gsl_rng *rng,
                            pp_network **network, pp_error *error)
{
    size_t size =
        layer_size(inputs, width) + (layers - 1) * layer_size(width, width) + layer_size(width, 1);
    pp_network *n = *network = calloc(1, sizeof *n);
    if (n) {
        n->n_layers = layers + 1;
        n->layers = calloc(n->n_layers, sizeof *n->layers);
        n->storage = calloc(size, sizeof(double));
    }
    if (!n || !n->layers || !n->storage) {
        pp_network_destroy(n);
        *network = NULL;
        return pp_error_memory(error, "a network of %zu by %zu units", layers, width);
    }
    double *at = n->storage;
    for (size_t i = 0; i < n->n_layers; i++)
        layer_place(&n->layers[i], i ? width : inputs, i < layers ? width : 1, rng, &at);
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

/// One row through one layer. @param out [outputs]
static void layer_forward(const layer *l, const double *in, bool rectify, double *out)
{
    size_t m = l->outputs;
    memcpy(out, l->weight + l->inputs * m, m * sizeof(double));
    for (size_t i = 0; i < l->inputs; i++) {
        const double *w = l->weight + i * m;
        for (size_t j = 0; j < m && in[i] != 0; j++)
            out[j] += in[i] * w[j];
    }
    for (size_t j = 0; j < m && rectify; j++)
        out[j] = fmax(out[j], 0);
}

/// Row b from the first layer's `in` to the output.
static void forward(pp_network *n, size_t b)
{
    for (size_t i = 0; i < n->n_layers; i++) {
        const layer *l = &n->layers[i];
        bool last = i + 1 == n->n_layers;
        double *out = last ? &n->output[b] : n->layers[i + 1].in + b * l->outputs;
        layer_forward(l, l->in + b * l->inputs, !last, out);
    }
}

/// Add row b's part of a layer's gradient. @param slope [outputs] dE/d out
static void layer_backward(const layer *l, size_t b, const double *slope, bool first)
{
    size_t m = l->outputs;
    const double *in = l->in + b * l->inputs;
    double *back = l->slope + b * l->inputs;
    for (size_t i = 0; i <= l->inputs; i++) {
        double x = i < l->inputs ? in[i] : 1, *g = l->gradient + i * m;
        for (size_t j = 0; j < m && x != 0; j++)
            g[j] += x * slope[j];
    }
    for (size_t i = 0; i < l->inputs && !first; i++)
        back[i] = in[i] > 0 ? pp_dot(l->weight + i * m, slope, m) : 0; // in is a rectified output
}

void pp_adam(double *weight, const double *gradient, double *first, double *second, size_t n,
             double rate, double steps)
{
    const double b1 = 0.9, b2 = 0.999, small = 1e-8;
    double c1 = 1 - pow(b1, steps), c2 = 1 - pow(b2, steps);
    for (size_t i = 0; i < n; i++) {
        double g = gradient[i];
        first[i] = b1 * first[i] + (1 - b1) * g;
        second[i] = b2 * second[i] + (1 - b2) * g * g;
        weight[i] -= rate * (first[i] / c1) / (sqrt(second[i] / c2) + small);
    }
}

static void layer_step(layer *l, double rate, double steps)
{
    size_t n = (l->inputs + 1) * l->outputs;
    pp_adam(l->weight, l->gradient, l->first, l->second, n, rate, steps);
    memset(l->gradient, 0, n * sizeof(double));
}

/// One step on rows order[first ..], BATCH at most. @return sum of squared errors
static double train_batch(pp_network *network, const pp_network_data *data, size_t first,
                          double rate)
{
    const size_t *order = data->order + first;
    size_t n = data->n - first < BATCH ? data->n - first : BATCH;
    layer *bottom = &network->layers[0];
    double sum = 0;
    for (size_t b = 0; b < n; b++) {
        memcpy(bottom->in + b * bottom->inputs, data->x + order[b] * bottom->inputs,
               bottom->inputs * sizeof(double));
        forward(network, b);
        double error = network->output[b] - data->y[order[b]], slope = 2 * error / (double)n;
        const double *above = &slope;
        sum += error * error;
        for (size_t i = network->n_layers; i-- > 0;) {
            layer_backward(&network->layers[i], b, above, i == 0);
            above = network->layers[i].slope + b * network->layers[i].inputs;
        }
    }
    network->steps++;
    for (size_t i = 0; i < network->n_layers; i++)
        layer_step(&network->layers[i], rate, network->steps);
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

double pp_network_predict(pp_network *network, const double *x)
{
    memcpy(network->layers[0].in, x, network->layers[0].inputs * sizeof(double));
    forward(network, 0);
    return network->output[0];
}

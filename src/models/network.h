/* A network's parameters, and the layers that use them.
 *
 * All trained parameters of a network lie in one flat array, their gradients and Adam's moments in
 * others of the same layout, running statistics in a further one. A model is described ONCE, by
 * building it: the first building (layers_register) enters each parameter into the network's list,
 * later ones find it there by name. */
#ifndef SAAE_MODELS_NETWORK_H
#define SAAE_MODELS_NETWORK_H

#include "graph/build.h"
#include "graph/executor.h"

/* What the numbers are, which decides the layout on disk (PyTorch's) and the initial values. */
enum parameter_kind {
    PARAMETER_CONVOLUTION, /* {R, S, C, K}; on disk [K][C][R][S] */
    PARAMETER_LINEAR,      /* {1, 1, in, out}; on disk [out][in], both flattened as NCHW */
    PARAMETER_LINEAR_BIAS, /* {1, 1, 1, out}; on disk [out], flattened as NCHW */
    PARAMETER_BIAS,        /* {1, 1, 1, C} */
    PARAMETER_SCALE,       /* batch-norm's gamma, {1, 1, 1, C}; starts at 1 */
    PARAMETER_SHIFT,       /* batch-norm's beta; starts at 0 */
    PARAMETER_MEAN,        /* running mean; starts at 0; not trained */
    PARAMETER_VARIANCE,    /* running variance; starts at 1; not trained */
};

struct parameter {
    char name[96]; /* as PyTorch's state_dict has it */
    enum parameter_kind kind;
    struct shape shape;
    struct shape in_rows, out_rows; /* linear: {0, H, W, C} behind the flattened indices */
    int fan_in;                     /* initial values: uniform in +-1/sqrt(fan_in) */
    size_t offset;                  /* elements from the start of values or of statistics */
};

struct network {
    const char *name; /* "generator" */
    struct parameter *parameters;
    size_t count, capacity;
    size_t values, statistics; /* elements, each parameter padded to BUFFER_ALIGNMENT bytes */
    struct device *device;
    struct storage *value, *gradient, *moment1, *moment2; /* [values] */
    struct storage *statistic;                            /* [statistics] */
};

void network_free(struct network *network); /* leaves it empty */

/* The storages; trained: gradients and moments too. Call once all parameters are registered. */
int network_allocate(struct network *network, struct device *device, bool trained);

/* Initial values by (seed, the parameter's number, index), drawn on the host. PyTorch's defaults:
 * weights and biases uniform in +-1/sqrt(fan_in). */
int network_initialise(struct network *network, uint64_t seed, uint32_t salt);

bool parameter_trained(const struct parameter *parameter);

/* An external tensor of a graph and the storage behind it, kept until an executor wants it. */
struct link {
    int tensor;
    struct storage *const *storage; /* read when bound, so it may be made later */
    size_t offset;
};
struct links {
    struct link *list;
    size_t count, capacity;
};
void links_free(struct links *links);
int links_bind(const struct links *links, struct executor *executor);

/* An external tensor at `offset` of *storage. */
int links_external(struct links *links, struct graph *graph, const char *name,
                   struct tensor_type type, struct storage *const *storage, size_t offset);

/* Building one network into one graph. The same `layers` serves several passes through the network
 * (own and cross content), which then share their parameters' tensors and gradients. */
struct layers {
    struct graph *graph;
    struct network *network;
    struct links *links;
    enum batch_norm_mode mode;
    bool registers; /* enter unknown parameters instead of refusing them */
    double slope, eps, momentum;
    const struct graph_repeats *repeats; /* of the pictures in the layers added next; NULL: none */
    bool adds;    /* layers_backward adds to the gradients: layers_clear was there */
    int *tensors; /* [network->count] external tensor of each parameter; -1: none yet */
    size_t tensor_count;
};
int layers_begin(struct layers *layers);
void layers_end(struct layers *layers); /* frees what layers_begin took */

/* Layers; `name` is the prefix of the parameters' names ("generator.decoder.0"). Return a tensor.
 */
int layer_convolution(struct layers *layers, const char *name, int x, int outputs, int filter);
int layer_convolution_bias(struct layers *layers, const char *name, int x, int outputs, int filter);
/* The part of a block's convolution of `inputs` channels that x is the channels from `offset` on
 * of. All parts added up are the convolution; with the running statistics (BATCH_NORM_INFER) they
 * are that and batch-norm. layer_sum_end ends the block behind the sum; layer_block_part, with the
 * last part, `others` being the sum of the rest: the two are one node with the running statistics.
 */
struct layer_part {
    int inputs, offset;
    bool last; /* the one that batch-norm's shift is added to */
};
int layer_convolution_part(struct layers *layers, const char *name, int x,
                           const struct layer_part *part, int outputs, int filter);
int layer_block_part(struct layers *layers, const char *name, int x, const struct layer_part *part,
                     int outputs, int filter, int others);
int layer_sum_end(struct layers *layers, const char *name, int sum);
int layer_batch_norm(struct layers *layers, const char *name, int x);
/* convolution, batch-norm, leaky ReLU; one node with the running statistics */
int layer_block_end(struct layers *layers, const char *name, int x); /* without its convolution */
int layer_block(struct layers *layers, const char *name, int x, int outputs, int filter);
/* rows: {0, height, width, channels} of the output */
int layer_linear(struct layers *layers, const char *name, int x, struct shape rows);
int layer_linear_leaky(struct layers *layers, const char *name, int x, struct shape rows);

/* Sets all gradients to 0. From here on layers_backward adds to them. */
void layers_clear(struct layers *layers);
/* Gradients of `loss` with respect to all trained parameters, into the network's gradient array; 0
 * for those that `layers` has not used. */
int layers_backward(struct layers *layers, int loss);
/* One Adam update of the whole network. */
void layers_adam(struct layers *layers, int scalars, double beta1, double beta2, double eps);

#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "models/network.h"

int layers_begin(struct layers *layers)
{
    enum { REGISTERING_ROOM = 256 }; /* more parameters than any network here has */
    size_t count = layers->registers ? REGISTERING_ROOM : layers->network->count;
    int status = memory_allocate(&layers->tensors, count, sizeof *layers->tensors);
    if (status != SAAE_OK) return status;
    layers->tensor_count = count;
    for (size_t i = 0; i < count; i++) layers->tensors[i] = -1;
    return SAAE_OK;
}

void layers_end(struct layers *layers)
{
    free(layers->tensors);
    layers->tensors = NULL;
    layers->tensor_count = 0;
}

static int fault(struct layers *layers, int status)
{
    if (layers->graph->fault == SAAE_OK) layers->graph->fault = status;
    return -1;
}

/* The number of the parameter in the network's list; -1 after a fault. */
static int find_parameter(struct layers *layers, const struct parameter *wanted)
{
    struct network *network = layers->network;
    for (size_t i = 0; i < network->count; i++) {
        if (strcmp(network->parameters[i].name, wanted->name) != 0) continue;
        if (shape_equal(network->parameters[i].shape, wanted->shape)) return (int)i;
        return fault(layers, status_set(SAAE_USAGE, "parameter '%s' has two shapes", wanted->name));
    }
    if (!layers->registers || network->count == layers->tensor_count) {
        return fault(layers, status_set(SAAE_USAGE, "network '%s' has no parameter '%s'",
                                        network->name, wanted->name));
    }
    int status = memory_grow(&network->parameters, network->count, &network->capacity,
                             sizeof *network->parameters);
    if (status != SAAE_OK) return fault(layers, status);
    struct parameter *entry = &network->parameters[network->count];
    size_t *end = parameter_trained(wanted) ? &network->values : &network->statistics;
    *entry = *wanted;
    entry->offset = *end;
    *end += size_round_up(shape_count(wanted->shape), BUFFER_ALIGNMENT / sizeof(float));
    return (int)network->count++;
}

/* The external tensor of a parameter. `suffix` completes its name ("conv.weight"). */
static int parameter(struct layers *layers, const char *name, const char *suffix,
                     struct parameter wanted)
{
    if (graph_status(layers->graph)) return -1;
    snprintf(wanted.name, sizeof wanted.name, "%s.%s", name, suffix);
    int number = find_parameter(layers, &wanted);
    if (number < 0) return -1;
    if (layers->tensors[number] >= 0) return layers->tensors[number];
    struct network *network = layers->network;
    const struct parameter *entry = &network->parameters[number];
    struct tensor_type type = {entry->shape, DTYPE_F32};
    layers->tensors[number] = links_external(
        layers->links, layers->graph, entry->name, type,
        parameter_trained(entry) ? &network->value : &network->statistic, entry->offset);
    graph_hold_constant(layers->graph, layers->tensors[number]);
    return layers->tensors[number];
}

static struct shape shape_of(const struct layers *layers, int tensor)
{
    return tensor < 0 ? (struct shape){1, 1, 1, 1} : layers->graph->tensors[tensor].type.shape;
}

static struct parameter vector(enum parameter_kind kind, int length, int fan_in)
{
    return (struct parameter){.kind = kind, .shape = {1, 1, 1, length}, .fan_in = fan_in};
}

/* The weights of a convolution of so many input channels. */
static int convolution_weight(struct layers *layers, const char *name, int inputs, int outputs,
                              int filter)
{
    struct parameter weight = {.kind = PARAMETER_CONVOLUTION,
                               .shape = {filter, filter, inputs, outputs},
                               .fan_in = filter * filter * inputs};
    return parameter(layers, name, "conv.weight", weight);
}

static struct graph_batch_norm batch_norm_of(struct layers *layers, const char *name, int channels,
                                             double slope)
{
    return (struct graph_batch_norm){
        .gamma = parameter(layers, name, "bn.weight", vector(PARAMETER_SCALE, channels, 1)),
        .beta = parameter(layers, name, "bn.bias", vector(PARAMETER_SHIFT, channels, 1)),
        .running_mean =
            parameter(layers, name, "bn.running_mean", vector(PARAMETER_MEAN, channels, 1)),
        .running_variance =
            parameter(layers, name, "bn.running_var", vector(PARAMETER_VARIANCE, channels, 1)),
        .eps = layers->eps,
        .momentum = layers->momentum,
        .slope = slope,
        .mode = layers->mode,
        .repeats = layers->repeats,
    };
}

/* The weights of a block's convolution; with the running statistics batch-norm is folded into them
 * and *bias. */
static int block_weight(struct layers *layers, const char *name, int inputs, int outputs,
                        int filter, int *bias)
{
    int weight = convolution_weight(layers, name, inputs, outputs, filter);
    graph_scope(layers->graph, "%s", name);
    *bias = -1;
    if (layers->mode != BATCH_NORM_INFER) return weight;
    struct graph_batch_norm norm = batch_norm_of(layers, name, outputs, layers->slope);
    return graph_batch_norm_fold(layers->graph, weight, &norm, bias);
}

int layer_convolution(struct layers *layers, const char *name, int x, int outputs, int filter)
{
    int weight = convolution_weight(layers, name, shape_of(layers, x).c, outputs, filter);
    graph_scope(layers->graph, "%s", name);
    return graph_conv2d(layers->graph, x, weight, 1);
}

static int part_weight(struct layers *layers, const char *name, int x,
                       const struct layer_part *part, int outputs, int filter, int *bias)
{
    int weight = block_weight(layers, name, part->inputs, outputs, filter, bias);
    return graph_slice(layers->graph, weight, part->offset, shape_of(layers, x).c);
}

int layer_convolution_part(struct layers *layers, const char *name, int x,
                           const struct layer_part *part, int outputs, int filter)
{
    int bias, weight = part_weight(layers, name, x, part, outputs, filter, &bias);
    if (bias < 0 || !part->last) return graph_conv2d(layers->graph, x, weight, 1);
    return graph_conv2d_infer(layers->graph, x, weight, 1, &(struct graph_finish){bias, -1, 1.0});
}

int layer_sum_end(struct layers *layers, const char *name, int sum)
{
    if (layers->mode != BATCH_NORM_INFER) return layer_block_end(layers, name, sum);
    graph_scope(layers->graph, "%s", name);
    return graph_leaky_relu(layers->graph, sum, layers->slope);
}

int layer_block_part(struct layers *layers, const char *name, int x, const struct layer_part *part,
                     int outputs, int filter, int others)
{
    if (layers->mode != BATCH_NORM_INFER) {
        int own = layer_convolution_part(layers, name, x, part, outputs, filter);
        return layer_sum_end(layers, name, graph_add_scaled(layers->graph, others, 1.0, own, 1.0));
    }
    int bias, weight = part_weight(layers, name, x, part, outputs, filter, &bias);
    if (others < 0) return -1;
    return graph_conv2d_infer(layers->graph, x, weight, 1,
                              &(struct graph_finish){bias, others, layers->slope});
}

int layer_convolution_bias(struct layers *layers, const char *name, int x, int outputs, int filter)
{
    int fan_in = filter * filter * shape_of(layers, x).c;
    int y = layer_convolution(layers, name, x, outputs, filter);
    int b = parameter(layers, name, "conv.bias", vector(PARAMETER_BIAS, outputs, fan_in));
    return graph_bias(layers->graph, y, b, 1.0);
}

/* With a leaky ReLU of this slope behind it; 1: none. */
static int batch_norm(struct layers *layers, const char *name, int x, double slope)
{
    graph_scope(layers->graph, "%s", name);
    struct graph_batch_norm norm = batch_norm_of(layers, name, shape_of(layers, x).c, slope);
    return graph_batch_norm(layers->graph, x, &norm);
}

int layer_batch_norm(struct layers *layers, const char *name, int x)
{
    return batch_norm(layers, name, x, 1.0);
}

int layer_block_end(struct layers *layers, const char *name, int x)
{
    return batch_norm(layers, name, x, layers->slope);
}

int layer_block(struct layers *layers, const char *name, int x, int outputs, int filter)
{
    if (layers->mode == BATCH_NORM_INFER) {
        int bias,
            weight = block_weight(layers, name, shape_of(layers, x).c, outputs, filter, &bias);
        return graph_conv2d_infer(layers->graph, x, weight, 1,
                                  &(struct graph_finish){bias, -1, layers->slope});
    }
    return layer_block_end(layers, name, layer_convolution(layers, name, x, outputs, filter));
}

/* With a leaky ReLU of this slope behind it; 1: none. */
static int linear(struct layers *layers, const char *name, int x, struct shape rows, double slope)
{
    struct shape in = shape_of(layers, x);
    int inputs = (int)shape_row(in), outputs = (int)shape_row(rows);
    struct parameter weight = {.kind = PARAMETER_LINEAR,
                               .shape = {1, 1, inputs, outputs},
                               .in_rows = in,
                               .out_rows = rows,
                               .fan_in = inputs};
    struct parameter bias = {.kind = PARAMETER_LINEAR_BIAS,
                             .shape = {1, 1, 1, outputs},
                             .out_rows = rows,
                             .fan_in = inputs};
    graph_scope(layers->graph, "%s", name);
    int y =
        graph_fully_connected(layers->graph, x, parameter(layers, name, "weight", weight), rows);
    return graph_bias(layers->graph, y, parameter(layers, name, "bias", bias), slope);
}

int layer_linear(struct layers *layers, const char *name, int x, struct shape rows)
{
    return linear(layers, name, x, rows, 1.0);
}

int layer_linear_leaky(struct layers *layers, const char *name, int x, struct shape rows)
{
    return linear(layers, name, x, rows, layers->slope);
}

/* The whole flat array as one tensor. */
static int flat(struct layers *layers, const char *what, struct storage *const *storage)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", layers->network->name, what);
    return links_external(layers->links, layers->graph, name,
                          tensor_f32(1, 1, 1, (int)layers->network->values), storage, 0);
}

void layers_clear(struct layers *layers)
{
    graph_scope(layers->graph, "%s", layers->network->name);
    graph_fill(layers->graph, flat(layers, "gradient", &layers->network->gradient), 0.0);
    layers->adds = true;
}

int layers_backward(struct layers *layers, int loss)
{
    struct network *network = layers->network;
    int status = SAAE_OK, used = 0;
    struct graph_wanted *wanted = NULL;
    TRY(graph_status(layers->graph));
    TRY(memory_allocate(&wanted, network->count, sizeof *wanted));
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *entry = &network->parameters[p];
        char name[128];
        if (!parameter_trained(entry)) continue;
        snprintf(name, sizeof name, "d%s", entry->name);
        int gradient = links_external(layers->links, layers->graph, name,
                                      (struct tensor_type){entry->shape, DTYPE_F32},
                                      &network->gradient, entry->offset);
        if (layers->tensors[p] >= 0)
            wanted[used++] = (struct graph_wanted){layers->tensors[p], gradient, layers->adds};
        else if (!layers->adds)
            graph_fill(layers->graph, gradient, 0.0);
    }
    TRY(graph_status(layers->graph));
    TRY(graph_backward(layers->graph, loss, wanted, used));
done:
    free(wanted);
    return status;
}

void layers_adam(struct layers *layers, int scalars, double beta1, double beta2, double eps)
{
    struct network *network = layers->network;
    int gradient = flat(layers, "gradient", &network->gradient);
    int value = flat(layers, "value", &network->value);
    int moment1 = flat(layers, "moment1", &network->moment1);
    int moment2 = flat(layers, "moment2", &network->moment2);
    graph_scope(layers->graph, "%s", network->name);
    graph_adam(layers->graph, gradient, scalars, value, moment1, moment2, beta1, beta2, eps);
}

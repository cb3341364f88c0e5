#include "graph/build.h"

/* Adds a node that makes one new tensor. */
static int one(struct graph *graph, enum op_kind kind, struct op_attributes attributes,
               const int *inputs, int count)
{
    int outputs[OP_MAX_OUTPUTS] = {-1, -1, -1, -1};
    return graph_add(graph, kind, &attributes, inputs, count, outputs, 0) < 0 ? -1 : outputs[0];
}

#define INPUTS(...) (const int[]){__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int))

int graph_conv2d(struct graph *graph, int x, int w, int stride)
{
    return one(graph, OP_conv2d_forward, (struct op_attributes){.stride = stride}, INPUTS(x, w));
}

int graph_conv2d_infer(struct graph *graph, int x, int w, int stride,
                       const struct graph_finish *finish)
{
    const int inputs[] = {x, w, finish->bias, finish->addend};
    return one(graph, OP_conv2d_infer,
               (struct op_attributes){.stride = stride, .slope = finish->slope}, inputs,
               finish->addend < 0 ? 3 : 4);
}

int graph_conv2d_transposed(struct graph *graph, int x, int w, int stride, int height, int width)
{
    struct op_attributes attributes = {.stride = stride, .height = height, .width = width};
    return one(graph, OP_conv2d_backward_data, attributes, INPUTS(x, w));
}

int graph_bias(struct graph *graph, int x, int b, double slope)
{
    return one(graph, OP_bias_forward, (struct op_attributes){.slope = slope}, INPUTS(x, b));
}

int graph_leaky_relu(struct graph *graph, int x, double slope)
{
    return one(graph, OP_leaky_relu_forward, (struct op_attributes){.slope = slope}, INPUTS(x));
}

int graph_sigmoid(struct graph *graph, int x)
{
    return one(graph, OP_sigmoid_forward, (struct op_attributes){0}, INPUTS(x));
}

int graph_tanh(struct graph *graph, int x)
{
    return one(graph, OP_tanh_forward, (struct op_attributes){0}, INPUTS(x));
}

int graph_max_pool(struct graph *graph, int x)
{
    return one(graph, OP_max_pool_forward, (struct op_attributes){0}, INPUTS(x));
}

int graph_concat(struct graph *graph, int a, int b)
{
    return one(graph, OP_concat_forward, (struct op_attributes){0}, INPUTS(a, b));
}

int graph_fully_connected(struct graph *graph, int x, int w, struct shape rows)
{
    struct op_attributes attributes = {.height = rows.h, .width = rows.w, .channels = rows.c};
    return one(graph, OP_fully_connected_forward, attributes, INPUTS(x, w));
}

int graph_add_scaled(struct graph *graph, int a, double scale_a, int b, double scale_b)
{
    struct op_attributes attributes = {.scale = scale_a, .scale_b = scale_b};
    if (b < 0) return one(graph, OP_add_forward, attributes, INPUTS(a));
    return one(graph, OP_add_forward, attributes, INPUTS(a, b));
}

void graph_add_to(struct graph *graph, int tensor, int sum)
{
    int outputs[OP_MAX_OUTPUTS] = {sum, -1, -1, -1};
    if (sum < 0) return;
    graph_add(graph, OP_add_forward, &(struct op_attributes){.scale = 1.0}, &tensor, 1, outputs, 1);
}

int graph_constant(struct graph *graph, int elements, double value)
{
    struct op_attributes attributes = {.scale = value, .channels = elements};
    return one(graph, OP_fill_forward, attributes, NULL, 0);
}

void graph_fill(struct graph *graph, int tensor, double value)
{
    if (tensor < 0) return;
    struct op_attributes attributes = {
        .scale = value, .channels = (int)shape_count(graph->tensors[tensor].type.shape)};
    int outputs[OP_MAX_OUTPUTS] = {tensor, -1, -1, -1};
    graph_add(graph, OP_fill_forward, &attributes, NULL, 0, outputs, 0);
}

int graph_squared_error(struct graph *graph, int x, int target, double scale)
{
    return one(graph, OP_squared_error_forward, (struct op_attributes){.scale = scale},
               INPUTS(x, target));
}

int graph_binary_cross_entropy(struct graph *graph, int logits, int labels, double scale)
{
    return one(graph, OP_binary_cross_entropy_forward, (struct op_attributes){.scale = scale},
               INPUTS(logits, labels));
}

int graph_softmax_cross_entropy(struct graph *graph, int logits, int labels, double scale)
{
    return one(graph, OP_softmax_cross_entropy_forward, (struct op_attributes){.scale = scale},
               INPUTS(logits, labels));
}

int graph_accuracy(struct graph *graph, int logits, int labels, int candidates, double scale)
{
    return one(graph, OP_accuracy_forward,
               (struct op_attributes){.scale = scale, .channels = candidates},
               INPUTS(logits, labels));
}

int graph_gather(struct graph *graph, int bytes, int index)
{
    return one(graph, OP_gather_forward, (struct op_attributes){0}, INPUTS(bytes, index));
}

int graph_select(struct graph *graph, int x, int index, int added)
{
    const int inputs[] = {x, index, added};
    return one(graph, OP_select_forward, (struct op_attributes){0}, inputs, added < 0 ? 2 : 3);
}

int graph_slice(struct graph *graph, int x, int offset, int width)
{
    return one(graph, OP_slice_forward, (struct op_attributes){.offset = offset, .width = width},
               INPUTS(x));
}

int graph_batch_norm(struct graph *graph, int x, const struct graph_batch_norm *norm)
{
    const struct graph_repeats *repeats = norm->repeats;
    int mean = norm->running_mean, variance = norm->running_variance, weights = -1;
    if (x < 0) return -1;
    if (repeats) weights = repeats->weights;
    if (norm->mode != BATCH_NORM_INFER) {
        int statistics[OP_MAX_OUTPUTS] = {-1, -1, -1, -1};
        graph_add(graph, OP_batch_norm_statistics, NULL, (const int[]){x, weights}, repeats ? 2 : 1,
                  statistics, 0);
        mean = statistics[0];
        variance = statistics[1];
    }
    if (norm->mode == BATCH_NORM_TRAIN && mean >= 0) {
        struct shape s = graph->tensors[x].type.shape;
        struct op_attributes update = {.momentum = norm->momentum};
        update.count = (repeats ? repeats->pictures : s.n) * s.h * s.w;
        int running[OP_MAX_OUTPUTS] = {norm->running_mean, norm->running_variance, -1, -1};
        graph_add(graph, OP_batch_norm_update, &update, INPUTS(mean, variance), running, 0);
    }
    struct op_attributes apply = {
        .eps = norm->eps, .slope = norm->slope, .training = norm->mode != BATCH_NORM_INFER};
    const int inputs[] = {x, mean, variance, norm->gamma, norm->beta, weights};
    return one(graph, OP_batch_norm_apply, apply, inputs, repeats ? 6 : 5);
}

int graph_batch_norm_fold(struct graph *graph, int w, const struct graph_batch_norm *norm,
                          int *bias)
{
    int outputs[OP_MAX_OUTPUTS] = {-1, -1, -1, -1};
    graph_add(graph, OP_batch_norm_fold, &(struct op_attributes){.eps = norm->eps},
              INPUTS(w, norm->running_mean, norm->running_variance, norm->gamma, norm->beta),
              outputs, 0);
    *bias = outputs[1];
    return outputs[0];
}

void graph_adam(struct graph *graph, int gradient, int scalars, int p, int m, int v, double beta1,
                double beta2, double eps)
{
    struct op_attributes attributes = {.beta1 = beta1, .beta2 = beta2, .eps = eps};
    int outputs[OP_MAX_OUTPUTS] = {p, m, v, -1};
    graph_add(graph, OP_adam_forward, &attributes, INPUTS(gradient, scalars), outputs, 0);
}

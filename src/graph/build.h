/* Builders: one line of a model each. Shapes and attributes: src/ops/op.h. */
#ifndef SAAE_GRAPH_BUILD_H
#define SAAE_GRAPH_BUILD_H

#include "graph/graph.h"

int graph_conv2d(struct graph *graph, int x, int w, int stride);
/* leaky(conv(x, w) + bias + addend) of inference, addend -1: none; see ops/conv2d_finish.h. */
struct graph_finish {
    int bias, addend;
    double slope; /* of the leaky ReLU; 1: none */
};
int graph_conv2d_infer(struct graph *graph, int x, int w, int stride,
                       const struct graph_finish *finish);
/* y [N][height][width][C]: the transposed convolution of x [N][P][Q][K] with w {R, S, C, K}. */
int graph_conv2d_transposed(struct graph *graph, int x, int w, int stride, int height, int width);
/* slope: of the leaky ReLU behind it; 1: none. */
int graph_bias(struct graph *graph, int x, int b, double slope);
int graph_leaky_relu(struct graph *graph, int x, double slope);
int graph_sigmoid(struct graph *graph, int x);
int graph_tanh(struct graph *graph, int x);
int graph_max_pool(struct graph *graph, int x);
int graph_concat(struct graph *graph, int a, int b);
/* rows: shape of one row of y, {0, height, width, channels}; zeros: {1, 1, outputs}. */
int graph_fully_connected(struct graph *graph, int x, int w, struct shape rows);
/* scale_a * a + scale_b * b; b may be -1 with scale_b 0. */
int graph_add_scaled(struct graph *graph, int a, double scale_a, int b, double scale_b);
/* Adds a tensor to another of its size. */
void graph_add_to(struct graph *graph, int tensor, int sum);
/* A new tensor of so many elements. */
int graph_constant(struct graph *graph, int elements, double value);
/* Sets every element of an external tensor. */
void graph_fill(struct graph *graph, int tensor, double value);
int graph_squared_error(struct graph *graph, int x, int target, double scale);
int graph_binary_cross_entropy(struct graph *graph, int logits, int labels, double scale);
int graph_softmax_cross_entropy(struct graph *graph, int logits, int labels, double scale);
/* candidates: the prediction is the largest of so many first logits (0: of all). */
int graph_accuracy(struct graph *graph, int logits, int labels, int candidates, double scale);
int graph_gather(struct graph *graph, int bytes, int index);
/* y[n] = x[index[n]] + added[n], rows of floats; added -1: y[n] = x[index[n]]. */
int graph_select(struct graph *graph, int x, int index, int added);
/* y[n][h][j][c] = x[n][h][offset + j][c], j = 0 .. width-1. */
int graph_slice(struct graph *graph, int x, int offset, int width);

enum batch_norm_mode {
    BATCH_NORM_TRAIN,  /* statistics of the batch; running statistics move */
    BATCH_NORM_FROZEN, /* statistics of the batch; running statistics stay */
    BATCH_NORM_INFER,  /* running statistics */
};
/* Pictures that occur several times in a batch and are computed once (src/reference/batch_norm.h).
 */
struct graph_repeats {
    int weights;  /* tensor [N]: how often each picture of x occurs; 0: it only fills a place */
    int pictures; /* the whole batch: the sum of the weights */
};
struct graph_batch_norm {
    int gamma, beta;
    int running_mean, running_variance;
    double eps, momentum;
    double slope; /* of the leaky ReLU behind it; 1: none */
    enum batch_norm_mode mode;
    const struct graph_repeats *repeats; /* NULL: each picture of x occurs once */
};
/* Normalised x, after the leaky ReLU: one pass over x, and one node in each direction. */
int graph_batch_norm(struct graph *graph, int x, const struct graph_batch_norm *norm);

/* Weights and *bias of the convolution that is the one with w followed by this batch-norm, which
 * works with its running statistics, without the leaky ReLU. */
int graph_batch_norm_fold(struct graph *graph, int w, const struct graph_batch_norm *norm,
                          int *bias);

/* One Adam update of the external parameters p with moments m and v; scalars as in adam.forward. */
void graph_adam(struct graph *graph, int gradient, int scalars, int p, int m, int v, double beta1,
                double beta2, double eps);

#endif

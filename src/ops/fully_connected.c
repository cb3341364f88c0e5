/* Fully connected layer: shapes, gradients, reference. Formulas: reference/fully_connected.h;
 * algorithms: fully_connected_tiled.h, conv2d_gemm.h. */
#include <limits.h>

#include "ops/conv2d_gemm.h"
#include "ops/elementwise.h"
#include "ops/fully_connected_tiled.h"
#include "ops/infer.h"
#include "ops/op.h"

/* ---- Shapes ---- */

/* Input `i` must be a weight matrix {1, 1, I, O} with this many elements in a row of x (I) and of
 * y (O); -1: any. */
static int check_weights(const struct op_call *call, int rows, int columns)
{
    const struct shape w = call->in[1].shape;
    if (w.n != 1 || w.h != 1) return infer_refuse(call, "the weights must have the shape 1x1xIxO");
    if (rows >= 0 && w.w != rows)
        return infer_refuse(call, "x has rows of %d elements, the weights are for %d", rows, w.w);
    if (columns >= 0 && w.c != columns)
        return infer_refuse(call, "dy has rows of %d elements, the weights give %d", columns, w.c);
    return SAAE_OK;
}

/* The output's rows get the shape that the attributes say, which must hold `elements`. */
static int set_rows(struct op_call *call, int elements)
{
    const struct op_attributes *a = &call->attributes;
    const bool given = a->height || a->width || a->channels;
    const int h = given ? a->height : 1, w = given ? a->width : 1;
    const int c = given ? a->channels : elements;
    if (h < 1 || w < 1 || c < 1 || (double)h * w * c != (double)elements)
        return infer_refuse(call, "a row of %d elements cannot be %dx%dx%d", elements, h, w, c);
    return infer_outputs(call, 1, tensor_f32(call->in[0].shape.n, h, w, c));
}

/* Kernels count the elements of a tensor in int. */
static int check_counts(const struct op_call *call)
{
    if (shape_count(call->in[0].shape) <= INT_MAX && shape_count(call->in[1].shape) <= INT_MAX &&
        shape_count(call->out[0].shape) <= INT_MAX)
        return SAAE_OK;
    return infer_refuse(call, "a tensor would have more than 2^31 - 1 elements");
}

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(check_weights(call, (int)shape_row(call->in[0].shape), -1));
    TRY(set_rows(call, call->in[1].shape.c));
    TRY(check_counts(call));
done:
    return status;
}

static int infer_backward_data(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(check_weights(call, -1, (int)shape_row(call->in[0].shape)));
    TRY(set_rows(call, call->in[1].shape.w));
    TRY(check_counts(call));
done:
    return status;
}

static int infer_backward_weights(struct op_call *call)
{
    const struct shape x = call->in[0].shape, dy = call->in[1].shape;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    if (x.n != dy.n) return infer_refuse(call, "x and dy must have the same number of rows");
    TRY(infer_outputs(call, 1, tensor_f32(1, 1, (int)shape_row(x), (int)shape_row(dy))));
    TRY(check_counts(call));
done:
    return status;
}

/* ---- Gradient ---- */

static int gradient_forward(struct gradient *g)
{
    const struct shape x = g->call->in[0].shape;
    const struct op_attributes row = {.height = x.h, .width = x.w, .channels = x.c}, none = {0};
    const int dy = g->output_gradient[0];
    int status = SAAE_OK;
    if (g->wanted[0])
        TRY(g->emit(g, OP_fully_connected_backward_data, &row, (int[]){dy, g->in[1]}, 2,
                    (int[]){0}));
    if (g->wanted[1])
        TRY(g->emit(g, OP_fully_connected_backward_weights, &none, (int[]){g->in[0], dy}, 2,
                    (int[]){1}));
done:
    return status;
}

/* ---- Reference and costs ---- */

struct reference_fully_connected fully_connected_dimensions(const struct op_call *call)
{
    const struct shape a = call->in[0].shape, b = call->in[1].shape;
    if (call->kind == OP_fully_connected_backward_weights)
        return (struct reference_fully_connected){
            .N = a.n, .I = (int)shape_row(a), .O = (int)shape_row(b)};
    return (struct reference_fully_connected){.N = a.n, .I = b.w, .O = b.c};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    reference_fully_connected_forward(&d, in[0], in[1], out[0]);
}

static void run_backward_data(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    reference_fully_connected_backward_data(&d, in[0], in[1], out[0]);
}

static void run_backward_weights(const struct op_call *call, const void *const *in,
                                 void *const *out)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    reference_fully_connected_backward_weights(&d, in[0], in[1], out[0]);
}

static double reduction(const struct op_call *call)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    if (call->kind == OP_fully_connected_forward) return d.I;
    return call->kind == OP_fully_connected_backward_data ? d.O : d.N;
}

static void fill_cost(const struct op_call *call, struct op_cost *cost)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    elementwise_cost(call, cost, 0);
    cost->flops = 2.0 * d.N * d.I * d.O;
}

/* ---- Table ---- */

/* clang-format off */
#define ALGORITHMS                                                                                 \
    {{.name = "direct",                                                                            \
      .workspace = fully_connected_tiled_workspace,                                                \
      .launch = fully_connected_tiled_launch},                                                     \
     {.name = "clblast",                                                                           \
      .supports = fully_connected_clblast_supports,                                                \
      .launch = fully_connected_clblast_launch},                                                   \
     {.name = "blocked",                                                                           \
      .supports = fully_connected_blocked_supports,                                                \
      .workspace = fully_connected_blocked_workspace,                                              \
      .launch = fully_connected_blocked_launch,                                                    \
      .preferred = fully_connected_blocked_preferred,                                              \
      .tunables = fully_connected_blocked_tunables,                                                \
      .tune = fully_connected_blocked_tune},                                                       \
     {.name = "gemm",                                                                              \
      .supports = conv2d_gemm_supports,                                                            \
      .workspace = conv2d_gemm_workspace,                                                          \
      .launch = conv2d_gemm_launch,                                                                \
      .preferred = conv2d_gemm_preferred,                                                          \
      .tunables = conv2d_gemm_tunables,                                                            \
      .tune = conv2d_gemm_tune}}
/* clang-format on */

const struct op op_fully_connected_forward = {
    .stem = "fully_connected",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_forward,
    .gradient = gradient_forward,
    .reference = run_forward,
    .reduction = reduction,
    .cost = fill_cost,
    .algorithms = ALGORITHMS,
};

const struct op op_fully_connected_backward_data = {
    .stem = "fully_connected",
    .pass = "backward_data",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_backward_data,
    .reference = run_backward_data,
    .reduction = reduction,
    .cost = fill_cost,
    .algorithms = ALGORITHMS,
};

const struct op op_fully_connected_backward_weights = {
    .stem = "fully_connected",
    .pass = "backward_weights",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_backward_weights,
    .reference = run_backward_weights,
    .reduction = reduction,
    .cost = fill_cost,
    .algorithms = ALGORITHMS,
};

/* Convolution: shapes, gradients, reference. Formulas: reference/conv2d.h; algorithms:
 * conv2d_direct.h, conv2d_winograd.h, conv2d_winograd_staged.h, conv2d_fft.h, conv2d_gemm.h. */
#include <limits.h>

#include "ops/conv2d_direct.h"
#include "ops/conv2d_fft.h"
#include "ops/conv2d_finish.h"
#include "ops/conv2d_gemm.h"
#include "ops/conv2d_winograd.h"
#include "ops/conv2d_winograd_staged.h"
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "reference/conv2d.h"

/* ---- Shapes ---- */

static int check_common(const struct op_call *call)
{
    const int stride = call->attributes.stride;
    if (stride != 1 && stride != 2)
        return infer_refuse(call, "the stride must be 1 or 2, it is %d", stride);
    return infer_check_types(call, "ffff");
}

static int check_filter(const struct op_call *call, int R, int S)
{
    if (R > 0 && S > 0 && R % 2 == 1 && S % 2 == 1) return SAAE_OK;
    return infer_refuse(call, "a filter must have odd numbers of rows and columns, not %dx%d", R,
                        S);
}

/* Kernels count the elements of a tensor in int, and those of a row of the input with zeros around
 * it: S columns for the border, and some so that tiles end within the row. */
static int set_output(struct op_call *call, const struct shape out, const struct shape input, int S)
{
    const double most = INT_MAX, spare = 32;
    if ((double)shape_count(call->in[0].shape) > most ||
        (double)shape_count(call->in[1].shape) > most || (double)shape_count(out) > most)
        return infer_refuse(call, "a tensor would have more than 2^31 - 1 elements");
    if ((input.w * 2.0 + S + spare) * input.c > most)
        return infer_refuse(
            call, "a row of an image with its border would have more than 2^31 - 1 elements");
    return infer_outputs(call, 1, (struct tensor_type){out, DTYPE_F32});
}

/* Rows or columns of the output of a forward pass. */
static int output_size(int input, int stride)
{
    return (input - 1) / stride + 1;
}

static int infer_forward(struct op_call *call)
{
    const struct shape x = call->in[0].shape, w = call->in[1].shape;
    const int stride = call->attributes.stride;
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(check_filter(call, w.n, w.h));
    if (x.c != w.w) return infer_refuse(call, "the filter's third size must be the channels of x");
    const struct shape y = {x.n, output_size(x.h, stride), output_size(x.w, stride), w.c};
    TRY(set_output(call, y, x, w.h));
done:
    return status;
}

static int infer_infer(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_forward(call));
    TRY(conv2d_finish_check(call));
done:
    return status;
}

static int infer_backward_data(struct op_call *call)
{
    const struct shape dy = call->in[0].shape, w = call->in[1].shape;
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(check_filter(call, w.n, w.h));
    if (dy.c != w.c) return infer_refuse(call, "the filter's last size must be the channels of dy");
    if (a->height < 1 || a->width < 1 || output_size(a->height, a->stride) != dy.h ||
        output_size(a->width, a->stride) != dy.w)
        return infer_refuse(call, "dx of height %d and width %d does not give dy with stride %d",
                            a->height, a->width, a->stride);
    TRY(set_output(call, (struct shape){dy.n, a->height, a->width, w.w}, dy, w.h));
done:
    return status;
}

static int infer_backward_weights(struct op_call *call)
{
    const struct shape x = call->in[0].shape, dy = call->in[1].shape;
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(check_filter(call, a->filter_h, a->filter_w));
    if (x.n != dy.n || output_size(x.h, a->stride) != dy.h || output_size(x.w, a->stride) != dy.w)
        return infer_refuse(call, "dy is not the output of x with stride %d", a->stride);
    TRY(set_output(call, (struct shape){a->filter_h, a->filter_w, x.c, dy.c}, x, a->filter_w));
done:
    return status;
}

/* ---- Gradients ---- */

/* Of backward_weights for the call's filter: input `x` of the graph slid over, `dy` the output.
 */
static int emit_weights(struct gradient *g, int x, int dy)
{
    const struct shape w = g->call->in[1].shape;
    const struct op_attributes a = {
        .stride = g->call->attributes.stride, .filter_h = w.n, .filter_w = w.h};
    return g->emit(g, OP_conv2d_backward_weights, &a, (int[]){x, dy}, 2, (int[]){1});
}

static int gradient_forward(struct gradient *g)
{
    const struct shape x = g->call->in[0].shape;
    const struct op_attributes a = {
        .stride = g->call->attributes.stride, .height = x.h, .width = x.w};
    const int dy = g->output_gradient[0];
    int status = SAAE_OK;
    if (g->wanted[0])
        TRY(g->emit(g, OP_conv2d_backward_data, &a, (int[]){dy, g->in[1]}, 2, (int[]){0}));
    if (g->wanted[1]) TRY(emit_weights(g, g->in[0], dy));
done:
    return status;
}

/* backward_data is linear in dy and w as forward is in x and w, and each is the other's adjoint;
 * so this is the gradient of a transposed convolution. */
static int gradient_backward_data(struct gradient *g)
{
    const struct op_attributes a = {.stride = g->call->attributes.stride};
    const int ddx = g->output_gradient[0];
    int status = SAAE_OK;
    if (g->wanted[0]) TRY(g->emit(g, OP_conv2d_forward, &a, (int[]){ddx, g->in[1]}, 2, (int[]){0}));
    if (g->wanted[1]) TRY(emit_weights(g, ddx, g->in[0]));
done:
    return status;
}

/* ---- Reference and costs ---- */

/* Dimensions by the forward pass's names. */
static struct reference_conv2d dimensions(const struct op_call *call)
{
    struct shape x = call->in[0].shape, w = call->in[1].shape, y = call->out[0].shape;
    if (call->kind == OP_conv2d_backward_data) {
        x = call->out[0].shape;
        y = call->in[0].shape;
    } else if (call->kind == OP_conv2d_backward_weights) {
        y = call->in[1].shape;
        w = call->out[0].shape;
    }
    return (struct reference_conv2d){.N = x.n,
                                     .H = x.h,
                                     .W = x.w,
                                     .C = x.c,
                                     .P = y.h,
                                     .Q = y.w,
                                     .K = y.c,
                                     .R = w.n,
                                     .S = w.h,
                                     .stride = call->attributes.stride};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct reference_conv2d d = dimensions(call);
    reference_conv2d_forward(&d, in[0], in[1], out[0]);
}

static void run_infer(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct reference_conv2d d = dimensions(call);
    run_forward(call, in, out);
    reference_conv2d_finish(&d, in[CONV2D_BIAS],
                            call->inputs > CONV2D_ADDEND ? in[CONV2D_ADDEND] : NULL,
                            call->attributes.slope, out[0]);
}

static void run_backward_data(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct reference_conv2d d = dimensions(call);
    reference_conv2d_backward_data(&d, in[0], in[1], out[0]);
}

static void run_backward_weights(const struct op_call *call, const void *const *in,
                                 void *const *out)
{
    const struct reference_conv2d d = dimensions(call);
    reference_conv2d_backward_weights(&d, in[0], in[1], out[0]);
}

static double reduction_forward(const struct op_call *call)
{
    const struct reference_conv2d d = dimensions(call);
    return (double)d.R * d.S * d.C;
}

static double reduction_infer(const struct op_call *call)
{
    return reduction_forward(call) + conv2d_finish_parts(call);
}

static double reduction_backward_data(const struct op_call *call)
{
    const struct reference_conv2d d = dimensions(call);
    /* With stride 2 every second tap meets an inserted zero. */
    const int rows = (d.R - 1) / d.stride + 1, columns = (d.S - 1) / d.stride + 1;
    return (double)rows * columns * d.K;
}

static double reduction_backward_weights(const struct op_call *call)
{
    const struct reference_conv2d d = dimensions(call);
    return (double)d.N * d.P * d.Q;
}

/* All passes multiply each output pixel of the forward pass with the whole filter. */
static void fill_cost(const struct op_call *call, struct op_cost *cost)
{
    const struct reference_conv2d d = dimensions(call);
    elementwise_cost(call, cost, 0);
    cost->flops = 2.0 * d.N * d.P * d.Q * d.K * d.R * d.S * d.C;
}

/* ---- Table ---- */

#define GEMM                                                                                       \
    {                                                                                              \
        .name = "gemm", .supports = conv2d_gemm_supports, .workspace = conv2d_gemm_workspace,      \
        .launch = conv2d_gemm_launch, .preferred = conv2d_gemm_preferred,                          \
        .tunables = conv2d_gemm_tunables, .tune = conv2d_gemm_tune                                 \
    }

#define WINOGRAD_STAGED(its_tunables)                                                              \
    {                                                                                              \
        .name = "winograd_staged", .supports = conv2d_winograd_staged_supports,                    \
        .workspace = conv2d_winograd_staged_workspace, .launch = conv2d_winograd_staged_launch,    \
        .bound = conv2d_winograd_bound, .flops = conv2d_winograd_flops,                            \
        .preferred = conv2d_winograd_staged_preferred, .tunables = (its_tunables),                 \
        .tune = conv2d_winograd_staged_tune, .form = conv2d_winograd_staged_form                   \
    }

/* clang-format off */
/* Of forward, of infer and of backward_data, which is a convolution too. */
#define ALGORITHMS                                                                                 \
    {.name = "direct",                                                                             \
     .workspace = conv2d_direct_workspace,                                                         \
     .launch = conv2d_direct_launch,                                                               \
     .tunables = conv2d_direct_tunables,                                                           \
     .tune = conv2d_direct_tune,                                                                   \
     .form = conv2d_direct_form},                                                                  \
    {.name = "winograd",                                                                           \
     .supports = conv2d_winograd_supports,                                                         \
     .workspace = conv2d_winograd_workspace,                                                       \
     .launch = conv2d_winograd_launch,                                                             \
     .bound = conv2d_winograd_bound,                                                               \
     .flops = conv2d_winograd_flops,                                                               \
     .preferred = conv2d_winograd_preferred,                                                       \
     .tunables = conv2d_winograd_tunables,                                                         \
     .tune = conv2d_winograd_tune,                                                                 \
     .form = conv2d_winograd_form},                                                                \
    {.name = "fft",                                                                                \
     .supports = conv2d_fft_supports,                                                              \
     .workspace = conv2d_fft_workspace,                                                            \
     .launch = conv2d_fft_launch,                                                                  \
     .bound = conv2d_fft_bound,                                                                    \
     .flops = conv2d_fft_flops,                                                                    \
     .preferred = conv2d_fft_preferred,                                                            \
     .form = conv2d_fft_form,                                                                      \
     .leaves = conv2d_fft_leaves},                                                                 \
    GEMM,                                                                                          \
    WINOGRAD_STAGED(conv2d_winograd_staged_tunables)
/* clang-format on */

const struct op op_conv2d_forward = {
    .stem = "conv2d",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_forward,
    .gradient = gradient_forward,
    .reference = run_forward,
    .reduction = reduction_forward,
    .cost = fill_cost,
    .algorithms = {ALGORITHMS},
};

const struct op op_conv2d_infer = {
    .stem = "conv2d",
    .pass = "infer",
    .min_inputs = 3,
    .max_inputs = 4,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_infer,
    .reference = run_infer,
    .reduction = reduction_infer,
    .cost = fill_cost,
    .algorithms = {ALGORITHMS},
};

const struct op op_conv2d_backward_data = {
    .stem = "conv2d",
    .pass = "backward_data",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_backward_data,
    .gradient = gradient_backward_data,
    .reference = run_backward_data,
    .reduction = reduction_backward_data,
    .cost = fill_cost,
    .algorithms = {ALGORITHMS},
};

const struct op op_conv2d_backward_weights = {
    .stem = "conv2d",
    .pass = "backward_weights",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_backward_weights,
    .reference = run_backward_weights,
    .reduction = reduction_backward_weights,
    .cost = fill_cost,
    .algorithms = {{.name = "direct",
                    .workspace = conv2d_direct_weights_workspace,
                    .launch = conv2d_direct_weights_launch,
                    .tunables = conv2d_direct_weights_tunables,
                    .tune = conv2d_direct_weights_tune},
                   {.name = "winograd",
                    .supports = conv2d_winograd_supports,
                    .workspace = conv2d_winograd_weights_workspace,
                    .launch = conv2d_winograd_weights_launch,
                    .bound = conv2d_winograd_bound,
                    .flops = conv2d_winograd_flops,
                    .preferred = conv2d_winograd_preferred,
                    .tunables = conv2d_winograd_weights_tunables,
                    .tune = conv2d_winograd_weights_tune},
                   {.name = "fft",
                    .supports = conv2d_fft_supports,
                    .workspace = conv2d_fft_weights_workspace,
                    .launch = conv2d_fft_weights_launch,
                    .bound = conv2d_fft_bound,
                    .flops = conv2d_fft_flops,
                    .preferred = conv2d_fft_preferred,
                    .form = conv2d_fft_form},
                   GEMM,
                   WINOGRAD_STAGED(conv2d_winograd_staged_weights_tunables)},
};

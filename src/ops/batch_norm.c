/* batch_norm: cl/batch_norm.cl, src/reference/batch_norm.c.
 *
 * statistics  x [, weights] -> mean, var
 * apply       x, mean, var, gamma, beta [, weights] -> y
 * update      mean, var -> running_mean, running_var
 * backward    x, mean, var, gamma, beta, dy [, weights] -> dx, dgamma, dbeta
 * fold        w, mean, var, gamma, beta -> w', b' */
#include "ops/batch_norm.h"

#include "ops/elementwise.h"
#include "ops/infer.h"

size_t batch_norm_rows(const struct op_call *call)
{
    return elementwise_input_count(call, 0) / (size_t)call->in[0].shape.c;
}

int batch_norm_weights(const struct op_call *call)
{
    int others = op_get(call->kind)->min_inputs;
    return call->inputs > others ? others : -1;
}

/* Inputs that are all floats; the weights, where given, one for each picture. */
static int check_floats(const struct op_call *call)
{
    int weights = batch_norm_weights(call);
    int status = infer_check_types(call, "fffffff");
    if (status != SAAE_OK || weights < 0) return status;
    int pictures = call->in[0].shape.n;
    if (shape_equal(call->in[weights].shape, (struct shape){pictures, 1, 1, 1})) return SAAE_OK;
    return infer_refuse(call, "weights must be %dx1x1x1, one for each picture", pictures);
}

static int infer_statistics(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_floats(call));
    TRY(infer_outputs(call, 2, tensor_f32(1, 1, 1, call->in[0].shape.c)));
done:
    return status;
}

/* x, mean, var, gamma, beta, and in backward dy. */
static int check_common(const struct op_call *call)
{
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(check_floats(call));
    for (int i = 1; i < 5; i++) TRY(infer_check_vector(call, i, call->in[0].shape.c));
    if (!(a->eps > 0.0)) return infer_refuse(call, "eps is %g, it must be above 0", a->eps);
    if (!(a->slope >= 0.0)) {
        return infer_refuse(call, "slope is %g, it must be at least 0", a->slope);
    }
done:
    return status;
}

static int infer_apply(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(infer_check_same_shape(call, 0, 5));
    TRY(infer_outputs(call, 3, call->in[3]));
    call->out[0] = call->in[0];
done:
    return status;
}

static int infer_update(struct op_call *call)
{
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_vector(call, 0, call->in[0].shape.c));
    TRY(infer_check_same_shape(call, 0, 1));
    if (a->count < 1) return infer_refuse(call, "count is %d, it must be at least 1", a->count);
    if (!(a->momentum >= 0.0 && a->momentum <= 1.0)) {
        return infer_refuse(call, "momentum is %g, it must be between 0 and 1", a->momentum);
    }
    TRY(infer_outputs(call, 2, call->in[0]));
done:
    return status;
}

static int infer_fold(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fffff"));
    for (int i = 1; i < 5; i++) TRY(infer_check_vector(call, i, call->in[0].shape.c));
    if (!(call->attributes.eps > 0.0)) {
        return infer_refuse(call, "eps is %g, it must be above 0", call->attributes.eps);
    }
    TRY(infer_outputs(call, 2, call->in[1]));
    call->out[0] = call->in[0];
done:
    return status;
}

/* One node gives all three: dx needs the sums that dgamma and dbeta are. Nothing goes to mean and
 * var: with `training` dx contains the way through them, else they are constants. The weights are
 * among apply's inputs only to be handed on here. */
static int emit_gradients(struct gradient *gradient)
{
    int in[OP_MAX_INPUTS] = {gradient->in[0], gradient->in[1], gradient->in[2],
                             gradient->in[3], gradient->in[4], gradient->output_gradient[0]};
    const int targets[] = {gradient->wanted[0] ? 0 : -1, gradient->wanted[3] ? 3 : -1,
                           gradient->wanted[4] ? 4 : -1};
    int weights = batch_norm_weights(gradient->call), inputs = 6;
    if (targets[0] < 0 && targets[1] < 0 && targets[2] < 0) return SAAE_OK;
    if (weights >= 0) in[inputs++] = gradient->in[weights];
    return gradient->emit(gradient, OP_batch_norm_backward, &gradient->call->attributes, in, inputs,
                          targets);
}

struct reference_batch_norm batch_norm_sizes(const struct op_call *call, const void *const *in)
{
    struct shape x = call->in[0].shape;
    int weights = batch_norm_weights(call);
    return (struct reference_batch_norm){.rows = batch_norm_rows(call),
                                         .channels = (size_t)x.c,
                                         .eps = call->attributes.eps,
                                         .slope = call->attributes.slope,
                                         .weights = weights < 0 ? NULL : in[weights],
                                         .area = (size_t)x.h * (size_t)x.w};
}

static void run_statistics(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    reference_batch_norm_statistics(&s, in[0], out[0], out[1]);
}

static void run_apply(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    reference_batch_norm_apply(&s, in[0], in[1], in[2], in[3], in[4], out[0]);
}

static void run_update(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = {.rows = (size_t)call->attributes.count,
                                     .channels = (size_t)call->in[0].shape.c};
    reference_batch_norm_update(&s, call->attributes.momentum, in[0], in[1], out[0], out[1]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    reference_batch_norm_backward(&s, call->attributes.training, in[0], in[1], in[2], in[3], in[4],
                                  in[5], out[0], out[1], out[2]);
}

static void run_fold(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    reference_batch_norm_fold(&s, in[0], in[1], in[2], in[3], in[4], out[0], out[1]);
}

static double terms(const struct op_call *call)
{
    return (double)batch_norm_rows(call);
}

/* Operations for each element of output 0: channels for the statistics, else all. */
static void cost_statistics(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 4.0 * (double)batch_norm_rows(call));
}

static void cost_apply(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 3.0);
}

static void cost_update(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 7.0);
    for (int o = 0; o < 2; o++) cost->bytes += (double)tensor_bytes(call->out[o]);
}

static void cost_fold(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 1.0);
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 10.0);
}

const struct op op_batch_norm_statistics = {
    .stem = "batch_norm",
    .pass = "statistics",
    .min_inputs = 1,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_statistics,
    .reference = run_statistics,
    .scale = batch_norm_scale_statistics,
    .reduction = terms,
    .cost = cost_statistics,
    .algorithms = {{.name = "direct",
                    .launch = batch_norm_launch_statistics,
                    .form = batch_norm_form_statistics}},
};

const struct op op_batch_norm_apply = {
    .stem = "batch_norm",
    .pass = "apply",
    .min_inputs = 5,
    .max_inputs = 6,
    .bound = BOUND_SCALE,
    .infer = infer_apply,
    .gradient = emit_gradients,
    .reference = run_apply,
    .scale = batch_norm_scale_apply,
    .cost = cost_apply,
    .algorithms = {[BATCH_NORM_DIRECT] = {.name = "direct",
                                          .workspace = batch_norm_workspace_apply,
                                          .launch = batch_norm_launch_apply,
                                          .load = batch_norm_load_apply},
                   [BATCH_NORM_STREAMED] = {.name = "streamed",
                                            .supports = batch_norm_supports_streamed,
                                            .workspace = batch_norm_workspace_apply,
                                            .launch = batch_norm_launch_apply,
                                            .load = batch_norm_load_apply}},
};

const struct op op_batch_norm_update = {
    .stem = "batch_norm",
    .pass = "update",
    .min_inputs = 2,
    .max_inputs = 2,
    .updates = 3,
    .bound = BOUND_SCALE,
    .infer = infer_update,
    .reference = run_update,
    .scale = batch_norm_scale_update,
    .cost = cost_update,
    .algorithms = {{.name = "direct", .launch = batch_norm_launch_update}},
};

const struct op op_batch_norm_backward = {
    .stem = "batch_norm",
    .pass = "backward",
    .min_inputs = 6,
    .max_inputs = 7,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = batch_norm_scale_backward,
    .reduction = terms,
    .cost = cost_backward,
    .algorithms = {[BATCH_NORM_DIRECT] = {.name = "direct",
                                          .workspace = batch_norm_workspace_backward,
                                          .launch = batch_norm_launch_backward,
                                          .load = batch_norm_load_backward},
                   [BATCH_NORM_STREAMED] = {.name = "streamed",
                                            .supports = batch_norm_supports_streamed,
                                            .workspace = batch_norm_workspace_backward,
                                            .launch = batch_norm_launch_backward,
                                            .load = batch_norm_load_backward}},
};

const struct op op_batch_norm_fold = {
    .stem = "batch_norm",
    .pass = "fold",
    .min_inputs = 5,
    .max_inputs = 5,
    .bound = BOUND_SCALE,
    .infer = infer_fold,
    .reference = run_fold,
    .scale = batch_norm_scale_fold,
    .cost = cost_fold,
    .algorithms = {{.name = "direct", .launch = batch_norm_launch_fold}},
};

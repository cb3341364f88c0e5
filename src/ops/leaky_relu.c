/* leaky_relu: cl/leaky_relu.cl, src/reference/leaky_relu.c. */
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/leaky_relu.h"

static int check_slope(const struct op_call *call)
{
    if (call->attributes.slope >= 0.0) return SAAE_OK;
    return infer_refuse(call, "slope is %g, it must be at least 0", call->attributes.slope);
}

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_slope(call));
    TRY(infer_unary(call));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_slope(call));
    TRY(infer_binary(call));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->out[0], gradient->output_gradient[0]};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_leaky_relu_backward, &gradient->call->attributes, in, 2,
                          (int[]){0});
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_leaky_relu_forward(elementwise_output_count(call), call->attributes.slope, in[0],
                                 out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_leaky_relu_backward(elementwise_output_count(call), call->attributes.slope, in[0],
                                  in[1], out[0]);
}

/* One product, whose factor is rounded too: the size of the result. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_forward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_backward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static void cost(const struct op_call *call, struct op_cost *result)
{
    elementwise_cost(call, result, 1.0);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "leaky_relu", plan.options, "leaky_relu_forward", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG((float)call->attributes.slope), ARG(elementwise_accumulate(call, 0)));
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "leaky_relu", plan.options, "leaky_relu_backward", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.count),
                  ARG(plan.chunk), ARG((float)call->attributes.slope),
                  ARG(elementwise_accumulate(call, 0)));
}

const struct op op_leaky_relu_forward = {
    .stem = "leaky_relu",
    .pass = "forward",
    .min_inputs = 1,
    .max_inputs = 1,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_leaky_relu_backward = {
    .stem = "leaky_relu",
    .pass = "backward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = scale_backward,
    .cost = cost,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

/* tanh: cl/tanh.cl, src/reference/tanh.c. */
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/tanh.h"

static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->out[0], gradient->output_gradient[0]};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_tanh_backward, &gradient->call->attributes, in, 2,
                          (int[]){0});
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_tanh_forward(elementwise_output_count(call), in[0], out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_tanh_backward(elementwise_output_count(call), in[0], in[1], out[0]);
}

/* The error of tanh is in proportion to its result. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_forward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

/* Three products and two sums of exact numbers: in proportion to the result. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_backward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 10.0);
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 4.0);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "tanh", plan.options, "tanh_forward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG(elementwise_accumulate(call, 0)));
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "tanh", plan.options, "tanh_backward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG(elementwise_accumulate(call, 0)));
}

const struct op op_tanh_forward = {
    .stem = "tanh",
    .pass = "forward",
    .min_inputs = 1,
    .max_inputs = 1,
    .bound = BOUND_SCALE,
    .infer = infer_unary,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_tanh_backward = {
    .stem = "tanh",
    .pass = "backward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_binary,
    .reference = run_backward,
    .scale = scale_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

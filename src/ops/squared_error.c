/* squared_error: cl/squared_error.cl, cl/reduce.cl, src/reference/squared_error.c. */
#include <math.h>

#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/squared_error.h"

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_same_shape(call, 0, 1));
    TRY(infer_outputs(call, 1, tensor_f32(1, 1, 1, 1)));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fff"));
    TRY(infer_check_same_shape(call, 0, 1));
    TRY(infer_check_vector(call, 2, 1));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

/* The target has no gradient: it is data. */
static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->in[0], gradient->in[1], gradient->output_gradient[0]};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_squared_error_backward, &gradient->call->attributes, in, 3,
                          (int[]){0});
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_squared_error_forward(elementwise_input_count(call, 0), call->attributes.scale, in[0],
                                    in[1], out[0]);
}

/* A sum of squares d^2 of rounded differences: eps sqrt(terms) sqrt(sum of d^4). */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const double *x = in[0], *t = in[1];
    double fourths = 0.0, *loss = out[0];
    for (size_t i = 0; i < elementwise_input_count(call, 0); i++) fourths += pow(x[i] - t[i], 4);
    *loss = fabs(call->attributes.scale) * sqrt(fourths);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    const double *dloss = in[2];
    reference_squared_error_backward(elementwise_input_count(call, 0), call->attributes.scale,
                                     in[0], in[1], *dloss, out[0]);
}

/* One difference of exact numbers and three products: in proportion to the result. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_backward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static double terms(const struct op_call *call)
{
    return (double)elementwise_input_count(call, 0);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 3.0 * terms(call));
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 2.0);
}

static struct elementwise_plan plan_forward(const struct op_call *call,
                                            const struct device_traits *traits)
{
    return elementwise_plan_make(traits, elementwise_input_count(call, 0), 0, ELEMENTWISE_SUM);
}

static size_t workspace_forward(const struct op_call *call, const struct device_traits *traits)
{
    return plan_forward(call, traits).groups * sizeof(float);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = plan_forward(call, elementwise_traits(list));
    int status = SAAE_OK;
    TRY(LAUNCH(list, "squared_error", plan.options, "squared_error_partials", plan.grid,
               ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->workspace), ARG(plan.count),
               ARG(plan.chunk)));
    TRY(reduce_launch_partials(list, plan.groups, 1, buffers->workspace, buffers->out[0],
                               call->attributes.scale, elementwise_accumulate(call, 0)));
done:
    return status;
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "squared_error", plan.options, "squared_error_backward", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG((float)call->attributes.scale), ARG(elementwise_accumulate(call, 0)));
}

const struct op op_squared_error_forward = {
    .stem = "squared_error",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .reduction = terms,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .workspace = workspace_forward, .launch = launch_forward}},
};

const struct op op_squared_error_backward = {
    .stem = "squared_error",
    .pass = "backward",
    .min_inputs = 3,
    .max_inputs = 3,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = scale_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

/* fill: cl/fill.cl, src/reference/fill.c. */
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/fill.h"

static int infer_forward(struct op_call *call)
{
    int channels = call->attributes.channels;
    if (channels < 1) return infer_refuse(call, "channels is %d, it must be at least 1", channels);
    return infer_outputs(call, 1, tensor_f32(1, 1, 1, channels));
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    (void)in;
    reference_fill_forward(elementwise_output_count(call), call->attributes.scale, out[0]);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 0.0);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    return LAUNCH(list, "fill", plan.options, "fill_forward", plan.grid, ARG(buffers->out[0]),
                  ARG(plan.count), ARG(plan.chunk), ARG((float)call->attributes.scale),
                  ARG(elementwise_accumulate(call, 0)));
}

const struct op op_fill_forward = {
    .stem = "fill",
    .pass = "forward",
    .bound = BOUND_EQUAL,
    .infer = infer_forward,
    .reference = run_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

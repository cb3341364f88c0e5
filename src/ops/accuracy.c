/* accuracy: cl/accuracy.cl, cl/reduce.cl, src/reference/accuracy.c. */
#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/accuracy.h"

/* Logits among which the prediction is the largest. */
static int candidates(const struct op_call *call)
{
    return call->attributes.channels ? call->attributes.channels : call->in[0].shape.c;
}

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fi"));
    TRY(infer_check_logits(call));
    if (call->attributes.channels < 0 || call->attributes.channels > call->in[0].shape.c) {
        TRY(infer_refuse(call, "channels %d are not among the logits", call->attributes.channels));
    }
    TRY(infer_outputs(call, 1, tensor_f32(1, 1, 1, 1)));
done:
    return status;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct shape z = call->in[0].shape;
    reference_accuracy_forward(z.n, z.c, candidates(call), call->attributes.scale, in[0], in[1],
                               out[0]);
}

/* The count is exact; its product with the rounded scale is not. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_forward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, (double)elementwise_input_count(call, 0));
}

/* One item takes whole rows: a flat loop over N. */
static struct elementwise_plan make_plan(const struct op_call *call,
                                         const struct device_traits *traits)
{
    return elementwise_plan_make(traits, (size_t)call->in[0].shape.n, 1, ELEMENTWISE_ROWS);
}

static size_t workspace_forward(const struct op_call *call, const struct device_traits *traits)
{
    return make_plan(call, traits).groups * sizeof(float);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = make_plan(call, elementwise_traits(list));
    int status = SAAE_OK;
    TRY(LAUNCH(list, "accuracy", plan.options, "accuracy_partials", plan.grid, ARG(buffers->in[0]),
               ARG(buffers->in[1]), ARG(buffers->workspace), ARG(plan.count), ARG(plan.chunk),
               ARG(call->in[0].shape.c), ARG(candidates(call))));
    TRY(reduce_launch_partials(list, plan.groups, 1, buffers->workspace, buffers->out[0],
                               call->attributes.scale, elementwise_accumulate(call, 0)));
done:
    return status;
}

const struct op op_accuracy_forward = {
    .stem = "accuracy",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .workspace = workspace_forward, .launch = launch_forward}},
};

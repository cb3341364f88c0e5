/* add: cl/add.cl, src/reference/add.c. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/add.h"

static int infer_forward(struct op_call *call)
{
    return call->inputs == 1 ? infer_unary(call) : infer_binary(call);
}

static int emit_gradients(struct gradient *gradient)
{
    const struct op_attributes *a = &gradient->call->attributes;
    int status = SAAE_OK;
    for (int i = 0; i < gradient->call->inputs; i++) {
        if (!gradient->wanted[i]) continue;
        struct op_attributes factor = {.scale = i ? a->scale_b : a->scale};
        if (!(factor.scale < 1.0) && !(factor.scale > 1.0)) {
            TRY(gradient->pass_on(gradient, i));
            continue;
        }
        TRY(gradient->emit(gradient, OP_add_forward, &factor, gradient->output_gradient, 1,
                           (int[]){i}));
    }
done:
    return status;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct op_attributes *a = &call->attributes;
    reference_add_forward(elementwise_output_count(call), a->scale, a->scale_b, in[0],
                          call->inputs > 1 ? in[1] : NULL, out[0]);
}

/* Each product is rounded at its own size, whatever they cancel to. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct op_attributes *attributes = &call->attributes;
    const double *a = in[0], *b = call->inputs > 1 ? in[1] : NULL;
    double *y = out[0];
    for (size_t i = 0; i < elementwise_output_count(call); i++) {
        y[i] = fabs(attributes->scale * a[i]) + elementwise_flush_scale;
        if (b) y[i] += fabs(attributes->scale_b * b[i]);
    }
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, call->inputs > 1 ? 3.0 : 1.0);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    float scale = (float)call->attributes.scale, scale_b = (float)call->attributes.scale_b;
    if (call->inputs == 1) {
        return LAUNCH(list, "add", plan.options, "add_one", plan.grid, ARG(buffers->in[0]),
                      ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk), ARG(scale),
                      ARG(elementwise_accumulate(call, 0)));
    }
    return LAUNCH(list, "add", plan.options, "add_two", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG(scale), ARG(scale_b), ARG(elementwise_accumulate(call, 0)));
}

const struct op op_add_forward = {
    .stem = "add",
    .pass = "forward",
    .min_inputs = 1,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

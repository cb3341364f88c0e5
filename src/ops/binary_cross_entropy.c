/* binary_cross_entropy: cl/binary_cross_entropy.cl, cl/reduce.cl,
 * src/reference/binary_cross_entropy.c. */
#include <math.h>

#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/binary_cross_entropy.h"

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fi"));
    TRY(infer_check_logits(call));
    TRY(infer_outputs(call, 1, tensor_f32(1, 1, 1, 1)));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fif"));
    TRY(infer_check_logits(call));
    TRY(infer_check_vector(call, 2, 1));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->in[0], gradient->in[1], gradient->output_gradient[0]};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_binary_cross_entropy_backward, &gradient->call->attributes,
                          in, 3, (int[]){0});
}

static struct reference_binary_cross_entropy reference_sizes(const struct op_call *call)
{
    struct shape z = call->in[0].shape;
    return (struct reference_binary_cross_entropy){z.n, z.c, call->attributes.scale};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_binary_cross_entropy s = reference_sizes(call);
    reference_binary_cross_entropy_forward(&s, in[0], in[1], out[0]);
}

/* A sum of terms, each with an error in proportion to it: for a label, max(z, 0) - z is max(-z, 0)
 * without rounding. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const double *logits = in[0];
    const int32_t *labels = in[1];
    size_t classes = (size_t)call->in[0].shape.c;
    double squares = 0.0, *loss = out[0];
    for (size_t i = 0; i < elementwise_input_count(call, 0); i++) {
        int is_label = labels[i / classes] == (int32_t)(i % classes);
        double term = reference_binary_cross_entropy_term(logits[i], is_label);
        squares += term * term;
    }
    *loss = fabs(call->attributes.scale) * sqrt(squares) + elementwise_flush_scale;
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_binary_cross_entropy s = reference_sizes(call);
    const double *dloss = in[2];
    reference_binary_cross_entropy_backward(&s, in[0], in[1], *dloss, out[0]);
}

/* exp, one addition, one quotient, one product: in proportion to the result. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_backward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static double terms(const struct op_call *call)
{
    return (double)elementwise_input_count(call, 0);
}

/* exp and log count as ten operations each. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 24.0 * terms(call));
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 13.0);
}

/* A few floats for each row, with a division in their index: VW = 1. */
static struct elementwise_plan make_plan(const struct op_call *call,
                                         const struct device_traits *traits)
{
    return elementwise_plan_make(traits, elementwise_input_count(call, 0), 1, ELEMENTWISE_SUM);
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
    TRY(LAUNCH(list, "binary_cross_entropy", plan.options, "binary_cross_entropy_partials",
               plan.grid, ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->workspace),
               ARG(plan.count), ARG(plan.chunk), ARG(call->in[0].shape.c)));
    TRY(reduce_launch_partials(list, plan.groups, 1, buffers->workspace, buffers->out[0],
                               call->attributes.scale, elementwise_accumulate(call, 0)));
done:
    return status;
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct elementwise_plan plan = make_plan(call, elementwise_traits(list));
    return LAUNCH(list, "binary_cross_entropy", plan.options, "binary_cross_entropy_backward",
                  plan.grid, ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk), ARG(call->in[0].shape.c),
                  ARG((float)call->attributes.scale), ARG(elementwise_accumulate(call, 0)));
}

const struct op op_binary_cross_entropy_forward = {
    .stem = "binary_cross_entropy",
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

const struct op op_binary_cross_entropy_backward = {
    .stem = "binary_cross_entropy",
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

/* softmax_cross_entropy: cl/softmax_cross_entropy.cl, cl/reduce.cl,
 * src/reference/softmax_cross_entropy.c. */
#include <math.h>

#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/softmax_cross_entropy.h"

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
    return gradient->emit(gradient, OP_softmax_cross_entropy_backward, &gradient->call->attributes,
                          in, 3, (int[]){0});
}

static struct reference_softmax_cross_entropy reference_sizes(const struct op_call *call)
{
    struct shape z = call->in[0].shape;
    return (struct reference_softmax_cross_entropy){z.n, z.c, call->attributes.scale};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_softmax_cross_entropy s = reference_sizes(call);
    reference_softmax_cross_entropy_forward(&s, in[0], in[1], out[0]);
}

/* The weight of each class in the errors: rounding the argument d = z - max of exp changes exp(d)
 * by eps |d| exp(d), its own error and those of sums are eps exp(d). */
static double weight(const double *z, int k, double maximum)
{
    return exp(z[k] - maximum) * (1.0 + fabs(z[k] - maximum));
}

/* One row's loss is log1p(S) + (max - z_label), S the sum of exp(z_k - max) over the others: an
 * error dS moves the log by dS / (1 + S), and log1p, difference and sum are rounded in proportion
 * to themselves. The rows add up like a sum. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    const int32_t *labels = in[1];
    int classes = call->in[0].shape.c;
    double squares = 0.0, *loss = out[0];
    for (int n = 0; n < call->in[0].shape.n; n++) {
        const double *z = (const double *)in[0] + (size_t)n * (size_t)classes;
        if (labels[n] < 0 || labels[n] >= classes) continue;
        int best = reference_softmax_cross_entropy_argmax(z, classes);
        double sum = 0.0, errors = 0.0;
        for (int k = 0; k < classes; k++) {
            if (k == best) continue;
            sum += exp(z[k] - z[best]);
            errors += weight(z, k, z[best]);
        }
        double row = log1p(sum) + errors / (1.0 + sum) + (z[best] - z[labels[n]]);
        squares += row * row;
    }
    *loss = fabs(call->attributes.scale) * sqrt(squares) + elementwise_flush_scale;
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_softmax_cross_entropy s = reference_sizes(call);
    const double *dloss = in[2];
    reference_softmax_cross_entropy_backward(&s, in[0], in[1], *dloss, out[0]);
}

/* |factor| (E_k + p_k E) / S with S the sum of all exp(z_k - max), E that of their weights and E_k
 * class k's own; for the label, which is minus the other shares, those of the other classes. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    const int32_t *labels = in[1];
    const double *dloss = in[2];
    double factor = fabs(call->attributes.scale * *dloss);
    int classes = call->in[0].shape.c;
    for (int n = 0; n < call->in[0].shape.n; n++) {
        const double *z = (const double *)in[0] + (size_t)n * (size_t)classes;
        double *dz = (double *)out[0] + (size_t)n * (size_t)classes;
        double maximum = z[reference_softmax_cross_entropy_argmax(z, classes)];
        double sum = 0.0, errors = 0.0;
        for (int k = 0; k < classes; k++) {
            sum += exp(z[k] - maximum);
            errors += weight(z, k, maximum);
        }
        for (int k = 0; k < classes; k++) {
            double share = exp(z[k] - maximum), own = weight(z, k, maximum);
            if (k == labels[n]) {
                share = own = 0.0;
                for (int j = 0; j < classes; j++) {
                    if (j != k) share += exp(z[j] - maximum);
                    if (j != k) own += weight(z, j, maximum);
                }
            }
            dz[k] = factor * (own + share / sum * errors) / sum + elementwise_flush_scale;
        }
    }
}

/* Rows are summed, and classes before them. */
static double terms_forward(const struct op_call *call)
{
    return (double)call->in[0].shape.n + (double)call->in[0].shape.c;
}

static double terms_backward(const struct op_call *call)
{
    return (double)call->in[0].shape.c;
}

/* exp counts as ten operations. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 13.0 * (double)elementwise_input_count(call, 0));
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 26.0);
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
    TRY(LAUNCH(list, "softmax_cross_entropy", plan.options, "softmax_cross_entropy_partials",
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
    return LAUNCH(list, "softmax_cross_entropy", plan.options, "softmax_cross_entropy_backward",
                  plan.grid, ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk), ARG(call->in[0].shape.c),
                  ARG((float)call->attributes.scale), ARG(elementwise_accumulate(call, 0)));
}

const struct op op_softmax_cross_entropy_forward = {
    .stem = "softmax_cross_entropy",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .reduction = terms_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .workspace = workspace_forward, .launch = launch_forward}},
};

const struct op op_softmax_cross_entropy_backward = {
    .stem = "softmax_cross_entropy",
    .pass = "backward",
    .min_inputs = 3,
    .max_inputs = 3,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = scale_backward,
    .reduction = terms_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

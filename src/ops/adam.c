/* adam: cl/adam.cl, src/reference/adam.c. */
#include <math.h>

#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/adam.h"

static int infer_forward(struct op_call *call)
{
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_vector(call, 0, call->in[0].shape.c));
    TRY(infer_check_vector(call, 1, 2));
    if (!(a->beta1 >= 0.0 && a->beta1 < 1.0 && a->beta2 >= 0.0 && a->beta2 < 1.0)) {
        return infer_refuse(call, "betas are %g and %g, they must be at least 0 and below 1",
                            a->beta1, a->beta2);
    }
    if (!(a->eps > 0.0)) return infer_refuse(call, "eps is %g, it must be above 0", a->eps);
    TRY(infer_outputs(call, 3, call->in[0]));
done:
    return status;
}

static struct reference_adam reference_sizes(const struct op_call *call, const double *scalars)
{
    const struct op_attributes *a = &call->attributes;
    return (struct reference_adam){
        elementwise_input_count(call, 0), a->beta1, a->beta2, a->eps, scalars[0], scalars[1]};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_adam s = reference_sizes(call, in[1]);
    reference_adam_forward(&s, in[0], out[0], out[1], out[2]);
}

/* m and v: the magnitudes of their two terms. p: its own, and the step that |m| would make; the
 * error of the root of v is in proportion to it. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_adam s = reference_sizes(call, in[1]);
    const double *g = in[0];
    double *p = out[0], *m = out[1], *v = out[2];
    for (size_t i = 0; i < s.count; i++) {
        m[i] = fabs(s.beta1 * m[i]) + fabs((1.0 - s.beta1) * g[i]);
        v[i] = fabs(s.beta2 * v[i]) + (1.0 - s.beta2) * g[i] * g[i] + elementwise_flush_scale;
        p[i] = fabs(p[i]) + fabs(s.step) * m[i] / (sqrt(v[i]) * s.root + s.eps);
        m[i] += elementwise_flush_scale;
    }
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 12.0);
    for (int o = 0; o < call->outputs; o++) cost->bytes += (double)tensor_bytes(call->out[o]);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    const struct op_attributes *a = &call->attributes;
    return LAUNCH(list, "adam", plan.options, "adam_forward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(buffers->out[1]),
                  ARG(buffers->out[2]), ARG(plan.count), ARG(plan.chunk), ARG((float)a->beta1),
                  ARG((float)(1.0 - a->beta1)), ARG((float)a->beta2), ARG((float)(1.0 - a->beta2)),
                  ARG((float)a->eps));
}

const struct op op_adam_forward = {
    .stem = "adam",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .updates = 7,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

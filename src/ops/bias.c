/* bias: cl/bias.cl, cl/reduce.cl, src/reference/bias.c. */
#include <assert.h>
#include <math.h>

#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/bias.h"

static int check_length(const struct op_call *call, int length)
{
    struct shape x = call->in[0].shape;
    size_t row = shape_row(x);
    if (length > 0 && row % (size_t)length == 0 && length % x.c == 0) return SAAE_OK;
    return infer_refuse(call,
                        "a bias of %d elements; it takes the channels (%d), the row (%zu) or "
                        "a multiple of the channels that divides the row",
                        length, x.c, row);
}

static int check_slope(const struct op_call *call)
{
    if (call->attributes.slope >= 0.0) return SAAE_OK;
    return infer_refuse(call, "slope is %g, it must be at least 0 (1: no leaky ReLU)",
                        call->attributes.slope);
}

static bool is_leaky(const struct op_call *call)
{
    return call->attributes.slope < 1.0 || call->attributes.slope > 1.0;
}

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_slope(call));
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_vector(call, 1, call->in[1].shape.c));
    TRY(check_length(call, call->in[1].shape.c));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

/* dy alone gives db; with y, whose leaky ReLU it goes back through, it gives db and dx. */
static int infer_backward(struct op_call *call)
{
    const struct tensor_type db = tensor_f32(1, 1, 1, call->attributes.channels);
    int status = SAAE_OK;
    TRY(check_slope(call));
    if (is_leaky(call) && call->inputs == 1) {
        return infer_refuse(call, "a slope of %g needs y as well", call->attributes.slope);
    }
    TRY(infer_check_types(call, call->inputs == 1 ? "f" : "ff"));
    TRY(check_length(call, call->attributes.channels));
    TRY(infer_outputs(call, 1, db));
    if (call->inputs == 1) goto done;
    if (!shape_equal(call->in[0].shape, call->in[1].shape)) {
        return infer_refuse(call, "dy and y must have one shape");
    }
    call->outputs = 2;
    call->out[1] = call->in[0];
done:
    return status;
}

/* Without a leaky ReLU dx is dy, and db its column sums. */
static int emit_gradients(struct gradient *gradient)
{
    int status = SAAE_OK;
    const struct op_attributes backward = {.slope = gradient->call->attributes.slope,
                                           .channels = gradient->call->in[1].shape.c};
    const int dy = gradient->output_gradient[0], y = gradient->out[0];
    if (!is_leaky(gradient->call)) {
        if (gradient->wanted[0]) TRY(gradient->pass_on(gradient, 0));
        if (gradient->wanted[1])
            TRY(gradient->emit(gradient, OP_bias_backward, &backward, &dy, 1, (int[]){1}));
    } else if (gradient->wanted[1]) {
        TRY(gradient->emit(gradient, OP_bias_backward, &backward, (int[]){dy, y}, 2,
                           (int[]){1, 0}));
    } else {
        TRY(gradient->emit(gradient, OP_leaky_relu_backward, &backward, (int[]){y, dy}, 2,
                           (int[]){0}));
    }
done:
    return status;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_bias_forward(elementwise_input_count(call, 0), elementwise_input_count(call, 1),
                           call->attributes.slope, in[0], in[1], out[0]);
}

/* One addition of exact numbers and a product: in proportion to the result, cancelled or not. */
static void scale_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    run_forward(call, in, out);
    elementwise_scale_magnitude(call, out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    const bool leaky = call->inputs > 1;
    reference_bias_backward(elementwise_input_count(call, 0), elementwise_output_count(call),
                            call->attributes.slope, in[0], leaky ? in[1] : NULL, out[0],
                            leaky ? out[1] : NULL);
}

/* A sum's error is that of a walk whose steps are rounded: eps sqrt(terms) sqrt(sum of squares).
 * dx is one product; the bound's sqrt(terms) is not its. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    size_t count = elementwise_input_count(call, 0), length = elementwise_output_count(call);
    const bool leaky = call->inputs > 1;
    const double *dy = in[0], *y = leaky ? in[1] : NULL;
    double *db = out[0], *dx = leaky ? out[1] : NULL;
    const double walk = sqrt((double)count / (double)length);
    assert(length > 0);
    for (size_t l = 0; l < length; l++) db[l] = 0.0;
    for (size_t i = 0; i < count; i++) {
        const double d = y && !(y[i] > 0.0) ? call->attributes.slope * dy[i] : dy[i];
        db[i % length] += d * d;
        if (dx) dx[i] = (fabs(d) + elementwise_flush_scale) / walk;
    }
    for (size_t l = 0; l < length; l++) db[l] = sqrt(db[l]);
}

static size_t rows_of(const struct op_call *call)
{
    return elementwise_input_count(call, 0) / (size_t)call->attributes.channels;
}

static double terms_backward(const struct op_call *call)
{
    return (double)rows_of(call);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 1.0);
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, (double)rows_of(call));
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    int length = call->in[1].shape.c;
    struct elementwise_plan plan = elementwise_plan_make(
        elementwise_traits(list), elementwise_output_count(call), (size_t)length, ELEMENTWISE_MAP);
    return LAUNCH(list, "bias", plan.options, "bias_forward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.count), ARG(plan.chunk),
                  ARG(length), ARG((float)call->attributes.slope),
                  ARG(elementwise_accumulate(call, 0)));
}

static size_t workspace_backward(const struct op_call *call, const struct device_traits *traits)
{
    return reduce_columns_bytes(traits, rows_of(call), call->attributes.channels);
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    const int length = call->attributes.channels;
    struct column_plan plan;
    int status = SAAE_OK;
    if (call->inputs == 1) {
        return reduce_launch_columns(list, rows_of(call), length, buffers->in[0],
                                     buffers->workspace, buffers->out[0], 1.0,
                                     elementwise_accumulate(call, 0));
    }
    column_plan_make_folded(&plan, elementwise_traits(list), rows_of(call), length);
    TRY(LAUNCH(list, "bias", plan.options, "bias_backward", plan.grid, ARG(buffers->in[0]),
               ARG(buffers->in[1]), ARG(buffers->out[1]), ARG(buffers->workspace),
               ARG((long)plan.rows), ARG(plan.columns), ARG(plan.blocks), ARG(plan.rows_per_group),
               ARG(plan.groups), ARG((float)call->attributes.slope),
               ARG(elementwise_accumulate(call, 1))));
    const size_t side_by_side = (size_t)(plan.columns / length);
    TRY(reduce_launch_partials(list, (size_t)plan.groups * side_by_side, length, buffers->workspace,
                               buffers->out[0], 1.0, elementwise_accumulate(call, 0)));
done:
    return status;
}

const struct op op_bias_forward = {
    .stem = "bias",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SCALE,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .scale = scale_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_bias_backward = {
    .stem = "bias",
    .pass = "backward",
    .min_inputs = 1,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = scale_backward,
    .reduction = terms_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .workspace = workspace_backward, .launch = launch_backward}},
};

/* select: cl/select.cl, src/reference/select.c. */
#include <limits.h>

#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/select.h"

enum { BACKWARD_VECTORS = 4 }; /* NC on a CPU: sums that stay in registers */

/* x or dy, the index, and what is added. */
static int check_inputs(const struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, call->inputs > 2 ? "fif" : "fi"));
    if (shape_row(call->in[1].shape) != 1) return infer_refuse(call, "the index must be Nx1x1x1");
    if (shape_row(call->in[0].shape) > INT_MAX) {
        return infer_refuse(call, "a row has more than %d elements", INT_MAX);
    }
done:
    return status;
}

static int infer_forward(struct op_call *call)
{
    struct shape x = call->in[0].shape;
    int status = SAAE_OK;
    TRY(check_inputs(call));
    TRY(infer_outputs(call, 1, tensor_f32(call->in[1].shape.n, x.h, x.w, x.c)));
    if (call->inputs > 2 && !shape_equal(call->in[2].shape, call->out[0].shape)) {
        return infer_refuse(call, "what is added must be %dx%dx%dx%d", call->in[1].shape.n, x.h,
                            x.w, x.c);
    }
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    struct shape dy = call->in[0].shape;
    int status = SAAE_OK, rows = call->attributes.count;
    TRY(check_inputs(call));
    if (call->in[1].shape.n != dy.n) {
        return infer_refuse(call, "the index must be %dx1x1x1, one for each row", dy.n);
    }
    if (rows < 1) return infer_refuse(call, "count is %d, it must be at least 1", rows);
    TRY(infer_outputs(call, 1, tensor_f32(rows, dy.h, dy.w, dy.c)));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->output_gradient[0], gradient->in[1]};
    const struct op_attributes attributes = {.count = gradient->call->in[0].shape.n};
    int status = SAAE_OK;
    if (gradient->wanted[0])
        TRY(gradient->emit(gradient, OP_select_backward, &attributes, in, 2, (int[]){0}));
    if (gradient->wanted[2]) TRY(gradient->pass_on(gradient, 2));
done:
    return status;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_select s = {call->in[0].shape.n, call->in[1].shape.n,
                                 shape_row(call->in[0].shape)};
    reference_select_forward(&s, in[0], in[1], call->inputs > 2 ? in[2] : NULL, out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_select s = {call->out[0].shape.n, call->in[1].shape.n,
                                 shape_row(call->in[0].shape)};
    reference_select_backward(&s, in[0], in[1], out[0]);
}

/* All rows may belong to one. */
static double terms(const struct op_call *call)
{
    return (double)call->in[0].shape.n;
}

/* Of x, what is selected is read, repetitions too. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    const bool adds = call->inputs > 2;
    *cost = (struct op_cost){adds ? (double)elementwise_output_count(call) : 0.0,
                             (adds ? 3.0 : 2.0) * (double)tensor_bytes(call->out[0]) +
                                 (double)tensor_bytes(call->in[1])};
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 0.0);
    cost->flops = (double)elementwise_input_count(call, 0);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    const int adds = call->inputs > 2;
    size_t row = shape_row(call->in[0].shape);
    struct elementwise_rows plan =
        elementwise_rows_make(elementwise_traits(list), (size_t)call->in[1].shape.n, row, row);
    return LAUNCH(list, "select", plan.options, "select_forward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->in[adds ? 2 : 0]), ARG(buffers->out[0]),
                  ARG(plan.items), ARG(plan.pieces), ARG(plan.chunk), ARG((int)row),
                  ARG(call->in[0].shape.n), ARG(adds), ARG(elementwise_accumulate(call, 0)));
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    const struct device_traits *traits = elementwise_traits(list);
    int row = (int)shape_row(call->in[0].shape), rows = call->out[0].shape.n;
    int width = elementwise_width(traits, (size_t)row);
    int vectors = elementwise_is_cpu(traits) ? BACKWARD_VECTORS : 1;
    while ((row / width) % vectors != 0) vectors--;
    int blocks = row / (width * vectors);
    char options[48];
    elementwise_options(options, sizeof options, traits, width, vectors);
    return LAUNCH(list, "select", options, "select_backward",
                  elementwise_grid(traits, (size_t)blocks * (size_t)rows), ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(row), ARG(blocks), ARG(rows),
                  ARG(call->in[0].shape.n), ARG(elementwise_accumulate(call, 0)));
}

const struct op op_select_forward = {
    .stem = "select",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 3,
    .exact = true,
    .bound = BOUND_EQUAL,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_select_backward = {
    .stem = "select",
    .pass = "backward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_SQUARES,
    .infer = infer_backward,
    .reference = run_backward,
    .reduction = terms,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

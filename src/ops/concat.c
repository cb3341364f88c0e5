/* concat: cl/concat.cl, src/reference/concat.c. */
#include <limits.h>

#include "ops/infer.h"
#include "ops/reduce.h"
#include "reference/concat.h"

static int infer_forward(struct op_call *call)
{
    struct shape a = call->in[0].shape, b = call->in[1].shape;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    if (a.n != b.n || a.h != b.h || a.w != b.w) {
        return infer_refuse(call, "both inputs must have the same n, h and w");
    }
    if (shape_row(a) + shape_row(b) > INT_MAX) {
        return infer_refuse(call, "the output has more than %d elements in a row", INT_MAX);
    }
    TRY(infer_outputs(call, 1, tensor_f32(a.n, a.h, a.w, a.c + b.c)));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    const struct op_attributes *a = &call->attributes;
    struct shape y = call->in[0].shape;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "f"));
    if (a->offset < 0 || a->channels < 1 || a->channels > y.c || a->offset > y.c - a->channels) {
        return infer_refuse(call, "channels %d from %d on are not within 0 .. %d", a->channels,
                            a->offset, y.c - 1);
    }
    TRY(infer_outputs(call, 1, tensor_f32(y.n, y.h, y.w, a->channels)));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const struct op_call *call = gradient->call;
    int status = SAAE_OK;
    for (int i = 0; i < 2; i++) {
        if (!gradient->wanted[i]) continue;
        struct op_attributes slice = {.offset = i ? call->in[0].shape.c : 0,
                                      .channels = call->in[i].shape.c};
        TRY(gradient->emit(gradient, OP_concat_backward, &slice, gradient->output_gradient, 1,
                           (int[]){i}));
    }
done:
    return status;
}

static size_t rows_of(const struct op_call *call)
{
    return elementwise_input_count(call, 0) / (size_t)call->in[0].shape.c;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    reference_concat_forward(rows_of(call), (size_t)call->in[0].shape.c,
                             (size_t)call->in[1].shape.c, in[0], in[1], out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    const struct op_attributes *a = &call->attributes;
    reference_concat_backward(rows_of(call), (size_t)call->in[0].shape.c, (size_t)a->offset,
                              (size_t)a->channels, in[0], out[0]);
}

static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 0.0);
}

/* Only the slice is read. */
static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    *cost = (struct op_cost){0.0, 2.0 * (double)tensor_bytes(call->out[0])};
}

/* Columns of a tensor on the device: `pitch` channels, of which some begin at `offset`. */
struct columns {
    struct buffer *buffer;
    int pitch, offset;
};

static int launch_copy(struct launch_list *list, size_t rows, int channels, struct columns from,
                       struct columns to, int accumulate)
{
    struct column_plan plan;
    /* a number with the common powers of two of all pitches and offsets */
    int divisor = from.pitch | from.offset | to.pitch | to.offset;
    column_plan_make(&plan, elementwise_traits(list), rows, channels, divisor, COLUMN_MAP);
    return LAUNCH(list, "concat", plan.options, "concat_copy", plan.grid, ARG(from.buffer),
                  ARG(to.buffer), ARG((long)rows), ARG(channels), ARG(plan.blocks),
                  ARG(plan.rows_per_group), ARG(plan.groups), ARG(from.pitch), ARG(from.offset),
                  ARG(to.pitch), ARG(to.offset), ARG(accumulate));
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    int status = SAAE_OK, accumulate = elementwise_accumulate(call, 0),
        pitch = call->out[0].shape.c;
    for (int i = 0; i < 2; i++) {
        int channels = call->in[i].shape.c;
        struct columns from = {buffers->in[i], channels, 0};
        struct columns to = {buffers->out[0], pitch, i ? pitch - channels : 0};
        TRY(launch_copy(list, rows_of(call), channels, from, to, accumulate));
    }
done:
    return status;
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    int channels = call->attributes.channels;
    struct columns from = {buffers->in[0], call->in[0].shape.c, call->attributes.offset};
    struct columns to = {buffers->out[0], channels, 0};
    return launch_copy(list, rows_of(call), channels, from, to, elementwise_accumulate(call, 0));
}

const struct op op_concat_forward = {
    .stem = "concat",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_EQUAL,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_concat_backward = {
    .stem = "concat",
    .pass = "backward",
    .min_inputs = 1,
    .max_inputs = 1,
    .exact = true,
    .bound = BOUND_EQUAL,
    .infer = infer_backward,
    .reference = run_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

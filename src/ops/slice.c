/* slice: cl/slice.cl, src/reference/slice.c. A part of a tensor's w: of convolution weights
 * {R, S, C, K} some of the C channels that they are applied to. */
#include <limits.h>

#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/slice.h"

/* whole, part: the w of both sides. */
static int check_slice(const struct op_call *call, int whole, int part)
{
    int offset = call->attributes.offset, status = SAAE_OK;
    struct shape s = call->in[0].shape;
    TRY(infer_check_types(call, "f"));
    if (offset < 0 || part < 1 || part > whole || offset > whole - part) {
        return infer_refuse(call, "a slice of %d from %d on is not within 0 .. %d", part, offset,
                            whole - 1);
    }
    if ((size_t)whole * (size_t)s.c > INT_MAX) {
        return infer_refuse(call, "a row has more than %d elements", INT_MAX);
    }
done:
    return status;
}

static int infer_forward(struct op_call *call)
{
    struct shape x = call->in[0].shape;
    int status = SAAE_OK, width = call->attributes.width;
    TRY(check_slice(call, x.w, width));
    TRY(infer_outputs(call, 1, tensor_f32(x.n, x.h, width, x.c)));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    struct shape dy = call->in[0].shape;
    int status = SAAE_OK, width = call->attributes.width;
    TRY(check_slice(call, width, dy.w));
    TRY(infer_outputs(call, 1, tensor_f32(dy.n, dy.h, width, dy.c)));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const struct op_attributes attributes = {.offset = gradient->call->attributes.offset,
                                             .width = gradient->call->in[0].shape.w};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_slice_backward, &attributes, gradient->output_gradient, 1,
                          (int[]){0});
}

/* whole: x or dx, part: y or dy. */
static struct reference_slice sizes(const struct op_call *call, struct shape whole,
                                    struct shape part)
{
    size_t c = (size_t)whole.c;
    return (struct reference_slice){(size_t)whole.n * (size_t)whole.h, (size_t)whole.w * c,
                                    (size_t)call->attributes.offset * c, (size_t)part.w * c};
}

static struct reference_slice forward_sizes(const struct op_call *call)
{
    return sizes(call, call->in[0].shape, call->out[0].shape);
}

static struct reference_slice backward_sizes(const struct op_call *call)
{
    return sizes(call, call->out[0].shape, call->in[0].shape);
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_slice s = forward_sizes(call);
    reference_slice_forward(&s, in[0], out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_slice s = backward_sizes(call);
    reference_slice_backward(&s, in[0], out[0]);
}

/* Of x only the slice is read. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    *cost = (struct op_cost){0.0, 2.0 * (double)tensor_bytes(call->out[0])};
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 0.0);
}

/* row: elements of a row of the result. */
static int launch(const struct op_call *call, const struct op_buffers *buffers,
                  struct launch_list *list, const char *kernel, const struct reference_slice *s,
                  size_t row)
{
    /* a number with the common powers of two of all three */
    size_t divisor = s->pitch | s->offset | s->length;
    struct elementwise_rows plan =
        elementwise_rows_make(elementwise_traits(list), s->rows, row, divisor);
    return LAUNCH(list, "slice", plan.options, kernel, plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->out[0]), ARG(plan.items), ARG(plan.pieces), ARG(plan.chunk),
                  ARG((int)s->pitch), ARG((int)s->offset), ARG((int)s->length),
                  ARG(elementwise_accumulate(call, 0)));
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct reference_slice s = forward_sizes(call);
    return launch(call, buffers, list, "slice_forward", &s, s.length);
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct reference_slice s = backward_sizes(call);
    return launch(call, buffers, list, "slice_backward", &s, s.pitch);
}

const struct op op_slice_forward = {
    .stem = "slice",
    .pass = "forward",
    .min_inputs = 1,
    .max_inputs = 1,
    .exact = true,
    .bound = BOUND_EQUAL,
    .infer = infer_forward,
    .gradient = emit_gradients,
    .reference = run_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

const struct op op_slice_backward = {
    .stem = "slice",
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

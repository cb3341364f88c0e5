/* max_pool: cl/max_pool.cl, src/reference/max_pool.c. */
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/max_pool.h"

static int check_size(const struct op_call *call)
{
    struct shape x = call->in[0].shape;
    if (x.h >= 2 && x.w >= 2) return SAAE_OK;
    return infer_refuse(call, "a %dx%d image holds no 2x2 window", x.h, x.w);
}

static struct tensor_type pooled(const struct op_call *call)
{
    struct shape x = call->in[0].shape;
    return tensor_f32(x.n, x.h / 2, x.w / 2, x.c);
}

static int infer_forward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "f"));
    TRY(check_size(call));
    TRY(infer_outputs(call, 1, pooled(call)));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(check_size(call));
    if (!shape_equal(call->in[1].shape, pooled(call).shape)) {
        struct shape y = pooled(call).shape;
        return infer_refuse(call, "dy must be %dx%dx%dx%d", y.n, y.h, y.w, y.c);
    }
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->in[0], gradient->output_gradient[0]};
    if (!gradient->wanted[0]) return SAAE_OK;
    return gradient->emit(gradient, OP_max_pool_backward, &gradient->call->attributes, in, 2,
                          (int[]){0});
}

static struct reference_max_pool reference_sizes(const struct op_call *call)
{
    struct shape x = call->in[0].shape;
    return (struct reference_max_pool){x.n, x.h, x.w, x.c};
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_max_pool s = reference_sizes(call);
    reference_max_pool_forward(&s, in[0], out[0]);
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_max_pool s = reference_sizes(call);
    reference_max_pool_backward(&s, in[0], in[1], out[0]);
}

/* Comparisons count as operations: three for each window. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 3.0);
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 0.75);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    struct shape x = call->in[0].shape, y = call->out[0].shape;
    struct elementwise_rows plan =
        elementwise_rows_make(elementwise_traits(list), (size_t)y.n * (size_t)y.h,
                              (size_t)y.w * (size_t)y.c, (size_t)x.c);
    return LAUNCH(list, "max_pool", plan.options, "max_pool_forward", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->out[0]), ARG(plan.items), ARG(plan.pieces),
                  ARG(plan.chunk), ARG(x.h), ARG(x.w), ARG(x.c),
                  ARG(elementwise_accumulate(call, 0)));
}

static int launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    struct shape x = call->in[0].shape;
    size_t rows = (size_t)x.n * (((size_t)x.h + 1) / 2), columns = ((size_t)x.w + 1) / 2;
    struct elementwise_rows plan =
        elementwise_rows_make(elementwise_traits(list), rows, columns * (size_t)x.c, (size_t)x.c);
    return LAUNCH(list, "max_pool", plan.options, "max_pool_backward", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.items),
                  ARG(plan.pieces), ARG(plan.chunk), ARG(x.h), ARG(x.w), ARG(x.c),
                  ARG(elementwise_accumulate(call, 0)));
}

const struct op op_max_pool_forward = {
    .stem = "max_pool",
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

const struct op op_max_pool_backward = {
    .stem = "max_pool",
    .pass = "backward",
    .min_inputs = 2,
    .max_inputs = 2,
    .exact = true,
    .bound = BOUND_EQUAL,
    .infer = infer_backward,
    .reference = run_backward,
    .cost = cost_backward,
    .algorithms = {{.name = "direct", .launch = launch_backward}},
};

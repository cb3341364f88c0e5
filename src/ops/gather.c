/* gather: cl/gather.cl, src/reference/gather.c. */
#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/gather.h"

static int infer_forward(struct op_call *call)
{
    struct shape bytes = call->in[0].shape, index = call->in[1].shape;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ui"));
    if (shape_row(index) != 1) return infer_refuse(call, "the index must be Nx1x1x1");
    TRY(infer_outputs(call, 1, tensor_f32(index.n, bytes.h, bytes.w, bytes.c)));
done:
    return status;
}

static void run_forward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct shape bytes = call->in[0].shape;
    struct reference_gather s = {bytes.n, call->in[1].shape.n, shape_row(bytes)};
    reference_gather_forward(&s, in[0], in[1], out[0]);
}

/* Of the data set, the images of the batch are read. */
static void cost_forward(const struct op_call *call, struct op_cost *cost)
{
    double count = (double)elementwise_output_count(call);
    cost->flops = count;
    cost->bytes = 5.0 * count + (double)tensor_bytes(call->in[1]);
}

static int launch_forward(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    size_t row = shape_row(call->in[0].shape);
    struct elementwise_rows plan =
        elementwise_rows_make(elementwise_traits(list), (size_t)call->in[1].shape.n, row, row);
    return LAUNCH(list, "gather", plan.options, "gather_forward", plan.grid, ARG(buffers->in[0]),
                  ARG(buffers->in[1]), ARG(buffers->out[0]), ARG(plan.items), ARG(plan.pieces),
                  ARG(plan.chunk), ARG((int)row), ARG(call->in[0].shape.n),
                  ARG(elementwise_accumulate(call, 0)));
}

const struct op op_gather_forward = {
    .stem = "gather",
    .pass = "forward",
    .min_inputs = 2,
    .max_inputs = 2,
    .bound = BOUND_EQUAL,
    .infer = infer_forward,
    .reference = run_forward,
    .cost = cost_forward,
    .algorithms = {{.name = "direct", .launch = launch_forward}},
};

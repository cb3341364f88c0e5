#include "ops/conv2d_gemm.h"

#include "ops/conv2d_direct.h"
#include "ops/conv2d_finish.h"
#include "ops/conv2d_gemm_tile.h"

/* The last tunable. */
enum { SPLITS = GEMM_TUNABLES };

static const int splits_tried[] = {1, 2, 4, 8, 16, 32, 64, 0};

const struct op_tunable conv2d_gemm_tunables[] = {
    GEMM_TUNABLE_ROWS,
    GEMM_TUNABLE_VECTORS,
    GEMM_TUNABLE_ITEMS,
    GEMM_TUNABLE_DEPTH,
    {"splits", "partial sums over the depth",
     "work-items for 65536, of 256 depths and within 64 MiB of sums", 1, 4096, splits_tried},
    {0},
};

/* A call as a product. */
struct gemm_plan {
    struct conv2d_shape d; /* weights: of the forward pass */
    bool weights;
    struct gemm_product product; /* of the largest phase */
    struct gemm_tile tile;
    int splits, pitch; /* pitch: floats in a row of the partial sums */
};

/* ---- The plan ---- */

/* Of fully_connected: images, inputs and outputs are those of the layer. */
static struct conv2d_shape layer_shape(const struct op_call *call)
{
    const struct shape first = call->in[0].shape, second = call->in[1].shape;
    const bool flip = call->kind == OP_fully_connected_backward_data;
    const bool weights = call->kind == OP_fully_connected_backward_weights;
    const int inputs = weights ? (int)shape_row(first) : second.w;
    const int outputs = weights ? (int)shape_row(second) : second.c;
    return (struct conv2d_shape){.N = first.n,
                                 .H = 1,
                                 .W = 1,
                                 .C = flip ? outputs : inputs,
                                 .P = 1,
                                 .Q = 1,
                                 .K = flip ? inputs : outputs,
                                 .R = 1,
                                 .S = 1,
                                 .stride = 1,
                                 .every = 1,
                                 .flip = flip};
}

static struct gemm_plan problem_of(const struct op_call *call)
{
    struct gemm_plan plan = {0};
    switch (call->kind) {
    case OP_conv2d_backward_weights:
        plan.weights = true;
        plan.d = conv2d_weights_shape(call);
        break;
    case OP_conv2d_forward:
    case OP_conv2d_infer:
    case OP_conv2d_backward_data:
        plan.d = conv2d_direct_shape(call);
        break;
    default:
        plan.weights = call->kind == OP_fully_connected_backward_weights;
        plan.d = layer_shape(call);
        break;
    }
    const struct conv2d_shape *d = &plan.d;
    const int pixels = d->N * tile_divide_up(d->P, d->every) * tile_divide_up(d->Q, d->every);
    const int taps = tile_divide_up(d->R, d->every) * tile_divide_up(d->S, d->every);
    plan.product = (struct gemm_product){.rows = plan.weights ? taps * d->C : pixels,
                                         .columns = d->K,
                                         .depth = plan.weights ? pixels : taps * d->C,
                                         .left = d->C,
                                         .right = d->K};
    return plan;
}

/* Floats of a split's sums. */
static size_t split_size(const struct gemm_plan *plan)
{
    const struct conv2d_shape *d = &plan->d;
    const int rows = plan->weights ? plan->product.rows : d->N * d->P * d->Q;
    return (size_t)rows * (size_t)plan->pitch;
}

static void plan_splits(struct gemm_plan *plan, int asked, const struct device_traits *traits)
{
    const struct gemm_product *product = &plan->product;
    plan->splits = gemm_tile_splits(&plan->tile,
                                    gemm_tile_groups(&plan->tile, product->rows, product->columns),
                                    product->depth, split_size(plan), asked, traits);
}

static struct gemm_plan plan_make(const struct op_call *call, const struct device_traits *traits)
{
    struct gemm_plan plan = problem_of(call);
    plan.tile = gemm_tile_make(&plan.product, call, traits);
    plan.pitch = tile_divide_up(plan.product.columns, plan.tile.VW) * plan.tile.VW;
    plan_splits(&plan, call->tuning[SPLITS], traits);
    return plan;
}

/* ---- What the tables ask ---- */

bool conv2d_gemm_supports(const struct op_call *call, const struct device_traits *traits)
{
    const int most = 1 << 30; /* so that the last block's end is still an int */
    if (!gemm_tile_supports(traits)) return false;
    const struct gemm_plan plan = plan_make(call, traits);
    const struct gemm_product *product = &plan.product;
    return product->rows <= most && product->columns <= most && product->depth <= most &&
           gemm_tile_bytes(&plan.tile) <= traits->local_bytes;
}

bool conv2d_gemm_preferred(const struct op_call *call, const struct device_traits *traits)
{
    const struct gemm_product product = problem_of(call).product;
    (void)traits;
    return product.rows >= 16 && product.columns >= 16 && product.depth >= 16;
}

void conv2d_gemm_tune(const struct op_call *call, const struct device_traits *traits,
                      int values[OP_MAX_TUNABLES])
{
    const struct gemm_plan plan = plan_make(call, traits);
    gemm_tile_tuning(&plan.tile, values);
    values[SPLITS] = plan.splits;
}

size_t conv2d_gemm_workspace(const struct op_call *call, const struct device_traits *traits)
{
    const struct gemm_plan plan = plan_make(call, traits);
    return plan.splits == 1 ? 0 : tile_piece((size_t)plan.splits * split_size(&plan));
}

/* ---- Launches ---- */

/* Where the sums of all splits go: to the output itself if there is one split. */
struct target {
    struct buffer *buffer;
    int pitch, split_size, accumulate;
    struct conv2d_finish finish;
};

static const char *more_options(const struct gemm_plan *plan)
{
    return plan->d.flip ? "-DW_TURNED=1" : "";
}

static struct launch_grid grid_of(const struct gemm_plan *plan, int rows)
{
    return gemm_tile_grid(
        &plan->tile, plan->splits * gemm_tile_groups(&plan->tile, rows, plan->product.columns));
}

static int launch_weights(struct launch_list *list, const struct gemm_plan *plan, struct buffer *x,
                          struct buffer *dy, const struct target *target)
{
    const struct conv2d_shape *d = &plan->d;
    const int depth = plan->product.depth;
    char options[GEMM_OPTIONS];
    gemm_tile_options(options, &plan->tile, more_options(plan));
    return LAUNCH(list, "conv2d_gemm", options, "conv2d_gemm_weights",
                  grid_of(plan, plan->product.rows), ARG(x), ARG(dy), ARG(target->buffer),
                  ARG(plan->product.rows), ARG(d->H), ARG(d->W), ARG(d->C), ARG(d->P), ARG(d->Q),
                  ARG(d->stride), ARG(d->K), ARG(d->R), ARG(d->S), ARG(depth),
                  ARG(gemm_tile_chunk(&plan->tile, depth, plan->splits)), ARG(target->pitch),
                  ARG(target->split_size), ARG(target->accumulate));
}

/* The outputs from row p and column q on, `every` apart. A phase without taps writes zeros. */
static int launch_phase(struct launch_list *list, const struct gemm_plan *plan, int p, int q,
                        struct buffer *x, struct buffer *w, const struct target *target)
{
    const struct conv2d_shape *d = &plan->d;
    const struct conv2d_phase row = conv2d_phase_make(d->R, p, d->every);
    const struct conv2d_phase column = conv2d_phase_make(d->S, q, d->every);
    const int rows = tile_divide_up(d->P - p, d->every);
    const int columns = tile_divide_up(d->Q - q, d->every);
    const int pixels = d->N * rows * columns, depth = row.count * column.count * d->C;
    /* Flipped, the taps of a phase run backwards from the last one. */
    const int direction = d->flip ? -d->every : d->every;
    const int first = row.tap * d->S + column.tap;
    const int tap = d->flip ? d->R * d->S - 1 - first : first;
    char options[GEMM_OPTIONS];
    gemm_tile_options(options, &plan->tile, more_options(plan));
    return LAUNCH(list, "conv2d_gemm", options, "conv2d_gemm", grid_of(plan, pixels), ARG(x),
                  ARG(w), ARG(target->buffer), ARG(pixels), ARG(d->H), ARG(d->W), ARG(d->C),
                  ARG(rows), ARG(columns), ARG(d->stride), ARG(row.start), ARG(column.start),
                  ARG(d->K), ARG(tile_max(1, column.count)), ARG(tap), ARG(direction * d->S),
                  ARG(direction), ARG(depth),
                  ARG(gemm_tile_chunk(&plan->tile, depth, plan->splits)), ARG(d->P), ARG(d->Q),
                  ARG(d->every), ARG(p), ARG(q), ARG(target->pitch), ARG(target->split_size),
                  ARG(target->accumulate), ARG(target->finish.parts), ARG(target->finish.bias),
                  ARG(target->finish.addend), ARG(target->finish.slope));
}

static int launch_sums(struct launch_list *list, const struct gemm_plan *plan,
                       struct buffer *partial, const struct target *target)
{
    const int rows = (int)(split_size(plan) / (size_t)plan->pitch);
    const struct conv2d_finish *finish = &target->finish;
    char options[GEMM_OPTIONS];
    gemm_tile_options(options, &plan->tile, more_options(plan));
    return LAUNCH(
        list, "conv2d_gemm", options, "conv2d_gemm_sums",
        tile_grid(rows * (plan->pitch / plan->tile.VW), 1, device_traits(launch_list_device(list))),
        ARG(partial), ARG(target->buffer), ARG(plan->splits), ARG(rows), ARG(plan->pitch),
        ARG(plan->product.columns), ARG(target->accumulate), ARG(finish->parts), ARG(finish->bias),
        ARG(finish->addend), ARG(finish->slope));
}

int conv2d_gemm_launch(const struct op_call *call, const struct op_buffers *buffers,
                       struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    struct gemm_plan plan = plan_make(call, traits);
    const struct conv2d_shape *d = &plan.d;
    const struct target output = {.buffer = buffers->out[0],
                                  .pitch = plan.product.columns,
                                  .accumulate = (int)(call->accumulate & 1u),
                                  .finish = conv2d_finish_of(call, buffers)};
    TRY(gemm_tile_fit(&plan.tile, &plan.product, call, list, "conv2d_gemm",
                      plan.weights ? "conv2d_gemm_weights" : "conv2d_gemm", more_options(&plan)));
    plan_splits(&plan, plan.splits, traits); /* as the workspace is made for */
    struct target target = output;
    if (plan.splits > 1)
        target = (struct target){.buffer = buffers->workspace,
                                 .pitch = plan.pitch,
                                 .split_size = (int)split_size(&plan)};
    if (plan.weights) {
        TRY(launch_weights(list, &plan, buffers->in[0], buffers->in[1], &target));
    } else {
        for (int p = 0; p < tile_min(d->every, d->P); p++)
            for (int q = 0; q < tile_min(d->every, d->Q); q++)
                TRY(launch_phase(list, &plan, p, q, buffers->in[0], buffers->in[1], &target));
    }
    if (plan.splits > 1) TRY(launch_sums(list, &plan, target.buffer, &output));
done:
    return status;
}

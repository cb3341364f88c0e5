#include "ops/conv2d_gemm.h"

#include <stdio.h>
#include <string.h>

#include "ops/conv2d_direct.h"
#include "ops/elementwise.h"
#include "ops/tile.h"

/* Tunables behind those of the tile. */
enum { ITEMS = TILE_TUNABLES, DEPTH, SPLITS };

static const int rows_tried[] = {2, 4, 8, 16, 0}, items_tried[] = {32, 64, 128, 256, 0};
static const int depth_tried[] = {4, 8, 16, 32, 0}, splits_tried[] = {1, 2, 4, 8, 16, 32, 64, 0};

const struct op_tunable conv2d_gemm_tunables[] = {
    {"rows", "rows of a work-item", "8; 4 on GPUs of other makers than NVIDIA, AMD and Intel", 1,
     16, rows_tried},
    {"vectors", "vectors in a row of a work-item", "2 on NVIDIA and AMD, else 1", 1, 4,
     tile_vectors_tried},
    {"items", "work-items in a group", "128 on NVIDIA and AMD, else 64", 32, 256, items_tried},
    {"depth", "depths of a slab in local memory", "8", 4, 32, depth_tried},
    {"splits", "partial sums over the depth",
     "work-items for 65536, of 256 depths and within 64 MiB of sums", 1, 4096, splits_tried},
    {0},
};

enum {
    MOST_VECTOR = 4,        /* floats: a load of 16 bytes */
    LEAST_ITEMS = 32,       /* of a group, which one slab's depths must not outnumber */
    MOST_ITEMS = 256,       /* AMD's and Intel's limit */
    MOST_SUMS = 128,        /* floats of an item in registers */
    LOCAL_BYTES = 16 << 10, /* for two groups in the least that a device may have */
    SLAB_SPARE = 4,         /* A_PITCH - BM */
    USUAL_DEPTH = 8,        /* 32 bytes of a row; more take registers that more groups could have */
    WANTED_ITEMS = 65536,   /* enough to fill a large GPU */
    LEAST_DEPTH = 256,      /* of a split, beside whose sums its operands are the most to read */
    MOST_PARTIALS = 16 << 20, /* floats */
    OPTIONS = TILE_OPTIONS + 80,
};

/* What suits a maker's GPUs, by their registers and the width of their groups; not measured. The
 * first whose word is in the names of device and platform. */
static const struct preset {
    const char *word;
    int rows, vectors, items;
} presets[] = {
    {"NVIDIA", 8, 2, 128}, {"AMD", 8, 2, 128}, {"Radeon", 8, 2, 128},
    {"Intel", 8, 1, 64},   {"", 4, 1, 64},
};

static const struct preset *preset_of(const struct device_traits *traits)
{
    const struct preset *preset = presets;
    while (!strstr(traits->platform, preset->word) && !strstr(traits->name, preset->word)) preset++;
    return preset;
}

/* A call as the product [rows][depth] [depth][columns]. */
struct gemm_plan {
    struct conv2d_shape d; /* weights: of the forward pass */
    bool weights;
    int rows, columns, depth; /* of the largest phase */
    int VW, LW, MR, NV, BK;   /* as in the kernels */
    int items, across;        /* LS, LX */
    int splits, pitch;        /* pitch: floats in a row of the partial sums */
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
    plan.rows = plan.weights ? taps * d->C : pixels;
    plan.depth = plan.weights ? pixels : taps * d->C;
    plan.columns = d->K;
    return plan;
}

/* The largest power of two up to `most`. */
static int power_below(int most)
{
    int power = 1;
    while (power <= most / 2) power *= 2;
    return power;
}

static int power_above(int least)
{
    int power = 1;
    while (power < least) power *= 2;
    return power;
}

static int block_rows(const struct gemm_plan *plan)
{
    return plan->items / plan->across * plan->MR;
}

static int block_columns(const struct gemm_plan *plan)
{
    return plan->across * plan->NV * plan->VW;
}

/* Local memory: two slabs, and three numbers for each depth. */
static int slab_bytes(const struct gemm_plan *plan)
{
    const int floats = block_rows(plan) + block_columns(plan) + 2 * SLAB_SPARE + 3;
    return plan->BK * floats * (int)sizeof(float);
}

/* Brings the sizes to what the kernels take; a plan made from its own sizes is the same. */
static void plan_tile(struct gemm_plan *plan, const struct op_call *call,
                      const struct device_traits *traits)
{
    const struct preset *usual = preset_of(traits);
    const int limit = (int)(traits->local_bytes < LOCAL_BYTES ? traits->local_bytes : LOCAL_BYTES);
    const int most_items = tile_min(MOST_ITEMS, (int)traits->largest_group);
    plan->VW = tile_min(MOST_VECTOR, tile_vector(plan->columns, traits));
    plan->LW = plan->VW;
    while (plan->d.C % plan->LW != 0 || plan->d.K % plan->LW != 0) plan->LW /= 2;
    plan->items = power_below(tile_min(tuning_value(call, ITEMS, usual->items), most_items));
    plan->BK = power_below(tuning_value(call, DEPTH, USUAL_DEPTH));
    plan->NV = power_below(tuning_value(call, TILE_VECTORS, usual->vectors));
    while (plan->NV > 1 && plan->NV * plan->VW >= 2 * plan->columns) plan->NV /= 2;

    /* As many side by side as there are columns for, but not many more than one below the other;
     * and all items together load a row of each slab at once. */
    const int lanes = plan->NV * plan->VW;
    int widest = 1;
    while (2 * widest * widest <= plan->items) widest *= 2;
    widest = tile_min(widest, plan->items * plan->LW / lanes);
    plan->across = tile_min(power_above(tile_divide_up(plan->columns, lanes)), widest);
    plan->MR = power_below(tuning_value(call, TILE_ROWS, usual->rows));
    plan->MR = tile_min(plan->MR, tile_min(MOST_SUMS / lanes, plan->across * plan->LW));
    while (plan->MR > 1 && block_rows(plan) >= 2 * plan->rows) plan->MR /= 2;
    while (plan->BK > 4 && slab_bytes(plan) > limit) plan->BK /= 2;
    while (plan->MR > 1 && slab_bytes(plan) > limit) plan->MR /= 2;
    plan->pitch = tile_divide_up(plan->columns, plan->VW) * plan->VW;
}

static int count_blocks(const struct gemm_plan *plan, int rows)
{
    return tile_divide_up(rows, block_rows(plan)) *
           tile_divide_up(plan->columns, block_columns(plan));
}

/* Floats of a split's sums. */
static size_t split_size(const struct gemm_plan *plan)
{
    const struct conv2d_shape *d = &plan->d;
    const size_t rows = plan->weights ? (size_t)plan->rows : (size_t)d->N * (size_t)(d->P * d->Q);
    return rows * (size_t)plan->pitch;
}

/* Loop iterations of an item for one slab, should the compiler unroll nothing. */
static int slab_iterations(const struct gemm_plan *plan)
{
    const struct tile tile = {plan->VW, plan->MR, plan->NV};
    const int loaded = plan->BK * (block_rows(plan) + block_columns(plan)) / plan->items;
    return plan->BK * (tile_iterations(tile) + plan->MR + plan->NV) + 4 * (loaded + 2);
}

/* Depths of a split of a phase with `depth` of them. */
static int chunk_of(const struct gemm_plan *plan, int depth)
{
    return tile_divide_up(tile_divide_up(depth, plan->splits), plan->BK) * plan->BK;
}

static void plan_splits(struct gemm_plan *plan, const struct op_call *call,
                        const struct device_traits *traits)
{
    const int most = tile_most_steps(slab_iterations(plan), traits);
    const size_t room = (size_t)MOST_PARTIALS / split_size(plan);
    int splits = tile_divide_up(WANTED_ITEMS, plan->items) / count_blocks(plan, plan->rows);
    splits = tile_min(splits, plan->depth / LEAST_DEPTH);
    splits = tuning_value(call, SPLITS, tile_max(1, splits));
    if ((size_t)splits > room) splits = tile_max(1, (int)room);
    plan->splits = tile_max(splits, tile_divide_up(tile_divide_up(plan->depth, plan->BK), most));
    plan->splits = tile_divide_up(plan->depth, chunk_of(plan, plan->depth));
}

static struct gemm_plan plan_make(const struct op_call *call, const struct device_traits *traits)
{
    struct gemm_plan plan = problem_of(call);
    plan_tile(&plan, call, traits);
    plan_splits(&plan, call, traits);
    return plan;
}

/* ---- What the tables ask ---- */

bool conv2d_gemm_supports(const struct op_call *call, const struct device_traits *traits)
{
    const int most = 1 << 30; /* so that the last block's end is still an int */
    if (elementwise_is_cpu(traits) || traits->largest_group < LEAST_ITEMS) return false;
    const struct gemm_plan plan = plan_make(call, traits);
    return plan.rows <= most && plan.columns <= most && plan.depth <= most &&
           (size_t)slab_bytes(&plan) <= traits->local_bytes;
}

bool conv2d_gemm_preferred(const struct op_call *call, const struct device_traits *traits)
{
    const struct gemm_plan plan = problem_of(call);
    (void)traits;
    return plan.rows >= 16 && plan.columns >= 16 && plan.depth >= 16;
}

void conv2d_gemm_tune(const struct op_call *call, const struct device_traits *traits,
                      int values[OP_MAX_TUNABLES])
{
    const struct gemm_plan plan = plan_make(call, traits);
    values[TILE_ROWS] = plan.MR;
    values[TILE_VECTORS] = plan.NV;
    values[ITEMS] = plan.items;
    values[DEPTH] = plan.BK;
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
};

static void set_options(char text[OPTIONS], const struct gemm_plan *plan)
{
    char tile[TILE_OPTIONS];
    tile_options(tile, (struct tile){plan->VW, plan->MR, plan->NV});
    snprintf(text, OPTIONS, "%s -DLS=%d -DLX=%d -DBK=%d -DLW=%d -DW_TURNED=%d", tile, plan->items,
             plan->across, plan->BK, plan->LW, (int)plan->d.flip);
}

static struct launch_grid grid_of(const struct gemm_plan *plan, int rows)
{
    const size_t items = (size_t)plan->items;
    const size_t groups = (size_t)plan->splits * (size_t)count_blocks(plan, rows);
    return (struct launch_grid){.global = {groups * items, 1, 1}, .local = {items, 1, 1}};
}

static int launch_weights(struct launch_list *list, const struct gemm_plan *plan, struct buffer *x,
                          struct buffer *dy, const struct target *target)
{
    const struct conv2d_shape *d = &plan->d;
    char options[OPTIONS];
    set_options(options, plan);
    return LAUNCH(list, "conv2d_gemm", options, "conv2d_gemm_weights", grid_of(plan, plan->rows),
                  ARG(x), ARG(dy), ARG(target->buffer), ARG(plan->rows), ARG(d->H), ARG(d->W),
                  ARG(d->C), ARG(d->P), ARG(d->Q), ARG(d->stride), ARG(d->K), ARG(d->R), ARG(d->S),
                  ARG(plan->depth), ARG(chunk_of(plan, plan->depth)), ARG(target->pitch),
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
    char options[OPTIONS];
    set_options(options, plan);
    return LAUNCH(list, "conv2d_gemm", options, "conv2d_gemm", grid_of(plan, pixels), ARG(x),
                  ARG(w), ARG(target->buffer), ARG(pixels), ARG(d->H), ARG(d->W), ARG(d->C),
                  ARG(rows), ARG(columns), ARG(d->stride), ARG(row.start), ARG(column.start),
                  ARG(d->K), ARG(tile_max(1, column.count)), ARG(tap), ARG(direction * d->S),
                  ARG(direction), ARG(depth), ARG(chunk_of(plan, depth)), ARG(d->P), ARG(d->Q),
                  ARG(d->every), ARG(p), ARG(q), ARG(target->pitch), ARG(target->split_size),
                  ARG(target->accumulate));
}

static int launch_reduce(struct launch_list *list, const struct gemm_plan *plan,
                         struct buffer *partial, struct buffer *output, int accumulate)
{
    const int vectors = plan->pitch / plan->VW, rows = (int)split_size(plan) / plan->pitch;
    char options[TILE_OPTIONS];
    tile_options(options, (struct tile){plan->VW, 1, 1});
    return LAUNCH(list, "conv2d", options, "conv2d_weights_reduce",
                  tile_grid(rows * vectors, 1, device_traits(launch_list_device(list))),
                  ARG(partial), ARG(output), ARG(plan->splits), ARG(vectors), ARG(1), ARG(1),
                  ARG(rows), ARG(plan->columns), ARG(plan->columns), ARG(1), ARG(0),
                  ARG(accumulate));
}

/* Halves the group until the driver takes it. The splits stay, as the workspace is made for them.
 */
static int fit_group(struct launch_list *list, const struct op_call *call, struct gemm_plan *plan)
{
    int status = SAAE_OK;
    const char *kernel = plan->weights ? "conv2d_gemm_weights" : "conv2d_gemm";
    struct op_call smaller = *call;
    size_t limit = 0;
    char options[OPTIONS];
    for (;;) {
        set_options(options, plan);
        TRY(launch_group_limit(list, "conv2d_gemm", options, kernel, &limit));
        if (limit >= (size_t)plan->items || plan->items <= LEAST_ITEMS) break;
        smaller.tuning[ITEMS] = plan->items / 2;
        smaller.tuning[SPLITS] = plan->splits;
        *plan = plan_make(&smaller, device_traits(launch_list_device(list)));
    }
done:
    return status;
}

int conv2d_gemm_launch(const struct op_call *call, const struct op_buffers *buffers,
                       struct launch_list *list)
{
    int status = SAAE_OK;
    struct gemm_plan plan = plan_make(call, device_traits(launch_list_device(list)));
    const struct conv2d_shape *d = &plan.d;
    const int accumulate = (int)(call->accumulate & 1u);
    TRY(fit_group(list, call, &plan));
    struct target target = {buffers->out[0], plan.columns, 0, accumulate};
    if (plan.splits > 1)
        target = (struct target){buffers->workspace, plan.pitch, (int)split_size(&plan), 0};
    if (plan.weights) {
        TRY(launch_weights(list, &plan, buffers->in[0], buffers->in[1], &target));
    } else {
        for (int p = 0; p < tile_min(d->every, d->P); p++)
            for (int q = 0; q < tile_min(d->every, d->Q); q++)
                TRY(launch_phase(list, &plan, p, q, buffers->in[0], buffers->in[1], &target));
    }
    if (plan.splits > 1)
        TRY(launch_reduce(list, &plan, target.buffer, buffers->out[0], accumulate));
done:
    return status;
}

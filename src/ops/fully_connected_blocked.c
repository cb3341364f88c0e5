/* The three fully_connected passes in blocks that the caches of a CPU's cores hold:
 * cl/fully_connected_blocked.cl. */
#include <stdio.h>

#include "ops/elementwise.h"
#include "ops/fully_connected_tiled.h"
#include "ops/tile.h"

enum {
    LEAST_FLOPS = 1 << 14,     /* smaller products are not worth a panel */
    PREFERRED_FLOPS = 1 << 18, /* smaller ones were not measured */
    STEPS = 128,               /* depths in a panel: a tile's parts fit the first-level cache */
    MOST_STEPS = 256,          /* the same, of a depth that is done at once so */
    BLOCK_ROWS = 128,          /* of C: while they take their turns, B is copied once */
    BLOCK_VECTORS = 32,        /* of columns of C: while they take theirs, A is copied once */
    ITEMS = 48,                /* of a short C, whose depth is split: enough for many cores */
    LEAST_DEPTHS = 512,        /* of a split: it reads more than the sums that it writes */
    STREAMED_BYTES = 4 << 20,  /* a larger C has left the caches when it is read */
};

/* C [M][columns] = A B as the kernel file describes it. */
struct block_plan {
    int M, columns, depth;
    int a_row, a_step, b_row, b_step;
    struct tile tile;
    int block_rows, block_columns, steps, chunk, splits;
    int left_row, left_step; /* of the panel of A */
};

enum { STEPS_TUNABLE = TILE_TUNABLES, DEPTHS_TUNABLE };

static const int steps_tried[] = {64, 128, 192, 256, 384, 512, 0};
static const int depths_tried[] = {512, 1024, 2048, 4096, 0};

const struct op_tunable fully_connected_blocked_tunables[] = {
    TILE_TUNABLE_ROWS("the tile with the least work that fits the registers, at most 8"),
    TILE_TUNABLE_VECTORS("as rows"),
    {"steps", "depths of the sums copied at a time, a multiple of the vector",
     "128; 256 where the depth is no more", 16, 1024, steps_tried},
    {"depths", "depths of a partial sum, a multiple of steps",
     "all; as many as make 48 work-items, at least 512, where C has fewer blocks", 16, 65536,
     depths_tried},
    {0},
};

/* ---- Plan ---- */

static struct block_plan plan_product(const struct op_call *call)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    struct block_plan plan = {.M = d.N, .a_step = 1, .b_step = 1};
    switch (call->kind) {
    case OP_fully_connected_forward:
        plan.columns = d.O, plan.depth = d.I;
        plan.a_row = d.I, plan.b_row = d.O;
        break;
    case OP_fully_connected_backward_data:
        plan.columns = d.I, plan.depth = d.O;
        plan.a_row = d.O, plan.b_row = 1, plan.b_step = d.O;
        break;
    default:
        plan.M = d.I, plan.columns = d.O, plan.depth = d.N;
        plan.a_row = 1, plan.a_step = d.I, plan.b_row = d.O;
        break;
    }
    return plan;
}

/* A's pitch is a vector more than its rows, lest it be a power of two. Both do not depend on a
 * layer's size, so that layers share their programs. */
static void plan_panels(struct block_plan *plan, size_t bytes[2])
{
    const int VW = plan->tile.VW;
    const bool rows = plan->a_step == 1;
    plan->left_row = rows ? tile_max(plan->steps, MOST_STEPS) + VW : 1;
    plan->left_step = rows ? 1 : plan->block_rows + VW;
    bytes[0] = tile_piece((size_t)(rows ? plan->block_rows : plan->steps) *
                          (size_t)(rows ? plan->left_row : plan->left_step));
    bytes[1] = tile_piece((size_t)plan->steps * (size_t)(plan->tile.NV * VW));
}

static void plan_splits(struct block_plan *plan, const struct op_call *call)
{
    const int blocks = tile_divide_up(plan->M, plan->block_rows) *
                       tile_divide_up(plan->columns, plan->block_columns);
    int usual = plan->depth;
    if (blocks < ITEMS) usual = tile_max(LEAST_DEPTHS, tile_divide_up(plan->depth, ITEMS / blocks));
    const int chunk = tuning_value(call, DEPTHS_TUNABLE, usual);
    plan->chunk = tile_divide_up(chunk, plan->steps) * plan->steps;
    plan->splits = tile_divide_up(plan->depth, plan->chunk);
}

static struct block_plan plan_make(const struct op_call *call, const struct device_traits *traits,
                                   size_t panels[2])
{
    struct block_plan plan = plan_product(call);
    const int VW = tile_vector(plan.columns, traits);
    plan.tile = tile_tuned(tile_choose(plan.M, plan.columns, VW, 8, false, traits), call, 0, 0);
    plan.block_columns = tile_divide_up(BLOCK_VECTORS, plan.tile.NV) * plan.tile.NV * VW;
    const int steps = plan.depth > STEPS && plan.depth <= MOST_STEPS ? MOST_STEPS : STEPS;
    plan.steps = tile_max(tuning_value(call, STEPS_TUNABLE, steps) / VW * VW, VW);
    plan.block_rows = tile_divide_up(BLOCK_ROWS, plan.tile.MR) * plan.tile.MR;
    plan_panels(&plan, panels);
    while (panels[0] + panels[1] > traits->local_bytes && plan.block_rows > plan.tile.MR) {
        plan.block_rows -= plan.tile.MR;
        plan_panels(&plan, panels);
    }
    plan_splits(&plan, call);
    return plan;
}

void fully_connected_blocked_tune(const struct op_call *call, const struct device_traits *traits,
                                  int values[OP_MAX_TUNABLES])
{
    size_t panels[2];
    const struct block_plan plan = plan_make(call, traits, panels);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
    values[STEPS_TUNABLE] = plan.steps;
    values[DEPTHS_TUNABLE] = plan.chunk;
}

bool fully_connected_blocked_supports(const struct op_call *call,
                                      const struct device_traits *traits)
{
    size_t panels[2];
    if (!elementwise_is_cpu(traits) || op_cost_of(call).flops < LEAST_FLOPS) return false;
    plan_make(call, traits, panels);
    return panels[0] + panels[1] <= traits->local_bytes;
}

bool fully_connected_blocked_preferred(const struct op_call *call,
                                       const struct device_traits *traits)
{
    (void)traits;
    return op_cost_of(call).flops >= PREFERRED_FLOPS;
}

/* ---- Launch ---- */

static int count_vectors(const struct block_plan *plan)
{
    return tile_divide_up(plan->columns, plan->tile.VW);
}

/* The partial sums. */
size_t fully_connected_blocked_workspace(const struct op_call *call,
                                         const struct device_traits *traits)
{
    size_t panels[2];
    const struct block_plan plan = plan_make(call, traits, panels);
    if (plan.splits == 1) return 0;
    return tile_piece((size_t)plan.splits * (size_t)plan.M *
                      (size_t)(count_vectors(&plan) * plan.tile.VW));
}

int fully_connected_blocked_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    size_t panels[2];
    const struct block_plan plan = plan_make(call, traits, panels);
    const int accumulate = (int)(call->accumulate & 1u);
    const int streamed = plan.splits == 1 && plan.depth <= plan.steps && !accumulate &&
                         tensor_bytes(call->out[0]) >= STREAMED_BYTES;
    const int items = tile_divide_up(plan.M, plan.block_rows) *
                      tile_divide_up(plan.columns, plan.block_columns) * plan.splits;
    struct buffer *c = plan.splits > 1 ? buffers->workspace : buffers->out[0];
    char tile[TILE_OPTIONS], options[TILE_OPTIONS + 64];

    tile_options(tile, plan.tile);
    snprintf(options, sizeof options, "%s -DLEFT_ROW=%d -DLEFT_STEP=%d", tile, plan.left_row,
             plan.left_step);
    TRY(LAUNCH(list, "fully_connected_blocked", options, "fully_connected_block",
               tile_grid(items, 1, traits), ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(c),
               ARG(plan.M), ARG(plan.columns), ARG(plan.depth), ARG(plan.a_row), ARG(plan.a_step),
               ARG(plan.b_row), ARG(plan.b_step), ARG(plan.block_rows), ARG(plan.block_columns),
               ARG(plan.steps), ARG(plan.splits), ARG(plan.chunk), ARG(accumulate), ARG(streamed),
               launch_local(panels[0]), launch_local(panels[1])));
    if (plan.splits > 1) {
        const struct fully_connected_sums sums = {plan.M, plan.columns, count_vectors(&plan),
                                                  plan.splits, false};
        TRY(fully_connected_reduce(list, tile, &sums, buffers->workspace, buffers->out[0],
                                   accumulate));
    }
done:
    return status;
}

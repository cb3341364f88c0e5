#include "ops/conv2d_direct.h"
#include "ops/elementwise.h"
#include "ops/tile.h"

/* Tunables behind those of the tile. */
enum { GROUPS = TILE_TUNABLES, LINES };

static const int groups_tried[] = {2, 4, 8, 16, 32, 0}, lines_tried[] = {1, 2, 4, 7, 14, 28, 0};

const struct op_tunable conv2d_direct_weights_tunables[] = {
    TILE_TUNABLE_ROWS("the tile with the least work that fits the registers, at most 8"),
    TILE_TUNABLE_VECTORS("as rows"),
    {"groups", "partial sums over the lines of the maps",
     "CPU: 8; GPU: work-items for 65536, within 64 MiB of sums", 2, 4096, groups_tried},
    {"lines", "lines of the maps that all tiles take before the next ones",
     "CPU: as many as stay in the first-level cache; GPU: all", 1, 65536, lines_tried},
    {0},
};

enum {
    /* Of x and dy that a block of rows may take on a CPU: the first-level cache, 48 KiB. */
    BLOCK_FLOATS = 12288,
    /* More groups mean more partial sums to write and read, fewer mean longer sums. Not a function
     * of the cores, so that the result is not either. */
    CPU_GROUPS = 8,
    GPU_ITEMS = 65536,       /* enough to fill a large GPU */
    GPU_PARTIALS = 16 << 20, /* floats that the partial sums may take there */
};

struct weights_plan {
    struct conv2d_shape d; /* K is the lanes' side; with flip, x and dy have changed places */
    struct tile tile;
    int lanes;                /* K rounded up to whole vectors */
    struct conv2d_padding x;  /* the side that is broadcast */
    struct conv2d_padding dy; /* the lanes' side, used if lanes != K */
    int rows, depth;          /* N*P; S*C */
    int tiles, column_tiles;  /* of a filter row; of those, side by side */
    int parts, part_tiles, groups, group_rows, block_rows; /* as in conv2d_weights_tile */
};

struct conv2d_shape conv2d_weights_shape(const struct op_call *call)
{
    const struct shape x = call->in[0].shape, dy = call->in[1].shape;
    return (struct conv2d_shape){.N = x.n,
                                 .H = x.h,
                                 .W = x.w,
                                 .C = x.c,
                                 .P = dy.h,
                                 .Q = dy.w,
                                 .K = dy.c,
                                 .R = call->attributes.filter_h,
                                 .S = call->attributes.filter_w,
                                 .stride = call->attributes.stride,
                                 .every = 1};
}

/* With stride 1 the sum over pixels can be read the other way round: dw of the tap at (r, s) is
 * also the sum over the pixels of x, with dy shifted by the opposite tap. The channels of x then
 * are the lanes, which pays when dy has too few. */
static struct conv2d_shape weights_shape(const struct op_call *call,
                                         const struct device_traits *traits)
{
    const struct shape x = call->in[0].shape, dy = call->in[1].shape;
    struct conv2d_shape d = conv2d_weights_shape(call);
    if (d.stride == 1 && d.K < traits->vector_width && d.C > d.K) {
        d.flip = true;
        d.C = dy.c;
        d.K = x.c;
    }
    return d;
}

/* A CPU gets few groups, each with every tile; a GPU one item for each tile of many groups. */
static void plan_groups(struct weights_plan *plan, const struct op_call *call,
                        const struct device_traits *traits)
{
    const bool cpu = elementwise_is_cpu(traits);
    const struct conv2d_shape *d = &plan->d;
    const size_t partial = (size_t)d->R * (size_t)plan->depth * (size_t)plan->lanes;
    const int most = tile_most_steps(tile_iterations(plan->tile), traits) / d->Q;
    int groups = CPU_GROUPS;
    if (!cpu) {
        groups = tile_divide_up(GPU_ITEMS, tile_min(GPU_ITEMS, d->R * plan->tiles));
        groups = tile_min(groups, tile_max(1, (int)(GPU_PARTIALS / partial)));
    }
    groups = tile_min(tuning_value(call, GROUPS, groups), plan->rows);
    plan->group_rows = tile_divide_up(plan->rows, groups);
    plan->group_rows = tile_max(1, tile_min(plan->group_rows, most));
    plan->groups = tile_divide_up(plan->rows, plan->group_rows);
    plan->part_tiles = 1;
    plan->block_rows = plan->rows;
    if (cpu) { /* parts for every core: the result does not depend on them */
        const int parts = tile_divide_up(4 * traits->compute_units, plan->groups);
        plan->part_tiles = tile_divide_up(d->R * plan->tiles, tile_min(parts, d->R * plan->tiles));
        plan->block_rows = tile_max(1, BLOCK_FLOATS / (plan->x.pitch + d->Q * plan->lanes));
    }
    plan->block_rows = tile_min(tuning_value(call, LINES, plan->block_rows), plan->group_rows);
    plan->parts = tile_divide_up(d->R * plan->tiles, plan->part_tiles);
}

static struct weights_plan plan_weights(const struct op_call *call,
                                        const struct device_traits *traits)
{
    struct weights_plan plan = {.d = weights_shape(call, traits)};
    const struct conv2d_shape *d = &plan.d;
    const int VW = tile_vector(d->K, traits);
    plan.rows = d->N * d->P;
    plan.depth = d->S * d->C;
    plan.lanes = tile_divide_up(d->K, VW) * VW;
    plan.tile =
        tile_tuned(tile_choose(plan.depth, d->K, VW, 8, true, traits), call, plan.lanes / VW, 0);
    plan.column_tiles = plan.lanes / (VW * plan.tile.NV);
    const int row_tiles = tile_divide_up(plan.depth, plan.tile.MR);
    plan.tiles = row_tiles * plan.column_tiles;
    /* Columns behind the last pixel, for the depths that the last tile reads too. */
    const int extra = tile_divide_up(row_tiles * plan.tile.MR - plan.depth, d->C);
    plan.x = conv2d_pad_input(d, (d->Q - 1) * d->stride + d->S + extra);
    plan.dy = (struct conv2d_padding){.rows = plan.rows,
                                      .pitch = d->Q * plan.lanes,
                                      .pixels = d->Q,
                                      .channels = d->K,
                                      .step = plan.lanes};
    plan_groups(&plan, call, traits);
    return plan;
}

static size_t weights_pieces(const struct weights_plan *plan, size_t pieces[3])
{
    pieces[0] = tile_piece(conv2d_padding_floats(&plan->x));
    pieces[1] = plan->lanes == plan->d.K ? 0 : tile_piece(conv2d_padding_floats(&plan->dy));
    pieces[2] = tile_piece((size_t)plan->groups * (size_t)plan->d.R * (size_t)plan->depth *
                           (size_t)plan->lanes);
    return pieces[0] + pieces[1] + pieces[2];
}

void conv2d_direct_weights_tune(const struct op_call *call, const struct device_traits *traits,
                                int values[OP_MAX_TUNABLES])
{
    const struct weights_plan plan = plan_weights(call, traits);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
    values[GROUPS] = plan.groups;
    values[LINES] = plan.block_rows;
}

size_t conv2d_direct_weights_workspace(const struct op_call *call,
                                       const struct device_traits *traits)
{
    size_t pieces[3];
    struct weights_plan plan = plan_weights(call, traits);
    return weights_pieces(&plan, pieces);
}

static int launch_weights(struct launch_list *list, const char *options,
                          const struct weights_plan *plan, struct buffer *x, struct buffer *dy,
                          struct buffer *partial)
{
    const struct conv2d_shape *d = &plan->d;
    const int vectors = plan->lanes / plan->tile.VW, step = d->stride * d->C;
    return LAUNCH(list, "conv2d", options, "conv2d_weights_tile",
                  tile_grid(plan->groups * plan->parts, 1, device_traits(launch_list_device(list))),
                  ARG(x), ARG(dy), ARG(partial), ARG(plan->rows), ARG(plan->groups),
                  ARG(plan->group_rows), ARG(plan->block_rows), ARG(plan->parts),
                  ARG(plan->part_tiles), ARG(plan->tiles), ARG(plan->column_tiles), ARG(vectors),
                  ARG(d->P), ARG(d->Q), ARG(d->H), ARG(d->R), ARG(d->stride), ARG(plan->x.pitch),
                  ARG(step), ARG(plan->depth));
}

static int launch_reduce(struct launch_list *list, const char *options,
                         const struct weights_plan *plan, struct buffer *partial, struct buffer *dw,
                         int accumulate)
{
    const struct conv2d_shape *d = &plan->d;
    const int vectors = plan->lanes / plan->tile.VW;
    const int in_stride = d->flip ? 1 : d->K, out_stride = d->flip ? d->C : 1;
    return LAUNCH(
        list, "conv2d", options, "conv2d_weights_reduce",
        tile_grid(d->R * plan->depth * vectors, 1, device_traits(launch_list_device(list))),
        ARG(partial), ARG(dw), ARG(plan->groups), ARG(vectors), ARG(d->R), ARG(d->S), ARG(d->C),
        ARG(d->K), ARG(in_stride), ARG(out_stride), ARG((int)d->flip), ARG(accumulate));
}

int conv2d_direct_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    struct weights_plan plan = plan_weights(call, traits);
    size_t pieces[3];
    char options[TILE_OPTIONS];
    struct buffer *x = NULL, *partial = NULL;
    struct buffer *source = buffers->in[plan.d.flip ? 1 : 0];
    struct buffer *lanes = buffers->in[plan.d.flip ? 0 : 1];

    weights_pieces(&plan, pieces);
    tile_options(options, plan.tile);
    TRY(launch_view(list, buffers->workspace, 0, pieces[0], &x));
    TRY(launch_view(list, buffers->workspace, pieces[0] + pieces[1], pieces[2], &partial));
    TRY(conv2d_launch_pad(list, options, &plan.x, source, x));
    if (pieces[1]) {
        struct buffer *padded = NULL;
        TRY(launch_view(list, buffers->workspace, pieces[0], pieces[1], &padded));
        TRY(conv2d_launch_pad(list, options, &plan.dy, lanes, padded));
        lanes = padded;
    }
    TRY(launch_weights(list, options, &plan, x, lanes, partial));
    TRY(launch_reduce(list, options, &plan, partial, buffers->out[0],
                      (int)(call->accumulate & 1u)));
done:
    return status;
}

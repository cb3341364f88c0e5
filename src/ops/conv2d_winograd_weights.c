#include "ops/conv2d_winograd.h"
#include "ops/elementwise.h"
#include "reference/winograd.h"

/* Tunables behind those of the tile. */
enum { GROUPS = TILE_TUNABLES, TILES };

static const int groups_tried[] = {4, 8, 16, 0}, tiles_tried[] = {14, 28, 56, 0};

const struct op_tunable conv2d_winograd_weights_tunables[] = {
    TILE_TUNABLE_ROWS("16 / vectors; 4 where a vector has fewer than 16 floats"),
    TILE_TUNABLE_VECTORS("2, or 1 for an odd number of vectors of output channels"),
    {"groups", "partial sums over the tiles", "8; 4 below 2048 tiles", 2, 64, groups_tried},
    {"tiles", "tiles transformed at a time, whole rows of them",
     "at most 28; fewer where that leaves the second-level cache", 1, 256, tiles_tried},
    {0},
};

enum {
    /* Partial sums: more of them cost memory traffic, fewer make longer sums. Not a function of the
     * cores, so that the result is not either. */
    MOST_GROUPS = 8,
    FEW_GROUPS = 4,
    MANY_TILES = 2048, /* enough for MOST_GROUPS */
    /* Columns of x and dy of a block: a second-level cache of 1 MiB. */
    BLOCK_FLOATS = 262144,
    USUAL_TILES = 28, /* for which the sums are read and written once */
};

struct weights_plan {
    int N, H, W, C, K, filter;
    struct winograd_grid grid;
    struct tile tile;
    int in_channels;                             /* C with its padding */
    int out_channels;                            /* K with its padding */
    int vectors;                                 /* of output channels */
    int groups, group_rows, parts, part_vectors; /* as in the kernel */
    struct winograd_block block;
    int pitch_t, pitch_s, pitch, pitch_z, item_scratch; /* vectors, as in the kernel */
    struct conv2d_padding x, dy;                        /* used if padding changes the channels */
    size_t pieces[4]; /* bytes: padded x, padded dy, partial sums, scratch */
};

/* Sums of 16 vectors of 16 floats, or at most 8 of fewer; MR divides a vector. */
static struct tile choose_tile(int vectors, const struct device_traits *traits)
{
    const int VW = traits->vector_width, NV = vectors % 2 == 0 ? 2 : 1;
    return (struct tile){VW, VW == 16 ? 16 / NV : tile_min(VW, 4), NV};
}

/* Groups of tiles are for the first cores; more of them share the output channels of a group. */
static void plan_groups(struct weights_plan *plan, const struct op_call *call,
                        const struct device_traits *traits)
{
    const int rows = plan->grid.rows, columns = plan->vectors / plan->tile.NV;
    const int usual = plan->grid.tiles < MANY_TILES ? FEW_GROUPS : MOST_GROUPS;
    plan->group_rows = tile_divide_up(rows, tuning_value(call, GROUPS, usual));
    plan->groups = tile_divide_up(rows, plan->group_rows);
    const int parts = tile_min(columns, tile_divide_up(traits->compute_units, plan->groups));
    plan->part_vectors = tile_divide_up(columns, parts) * plan->tile.NV;
    plan->parts = tile_divide_up(plan->vectors, plan->part_vectors);
}

/* No function of the cores: in a row of several blocks it is the order of the sums. */
static void plan_block(struct weights_plan *plan, const struct op_call *call)
{
    const int filter = plan->filter, VW = plan->tile.VW, vectors = plan->in_channels / VW;
    const int tile =
        winograd_side(filter) * WINOGRAD_TILE * (plan->in_channels + plan->out_channels);
    const int usual = tile_max(1, tile_min(USUAL_TILES, BLOCK_FLOATS / tile));
    plan->block = winograd_block_make(&plan->grid, tuning_value(call, TILES, usual));
    plan->block.rows = tile_min(plan->block.rows, plan->group_rows);
    const int tiles = plan->block.rows * plan->block.across;
    plan->pitch_t = winograd_plane(&plan->block, filter - 1, vectors);
    plan->pitch_s = winograd_plane(&plan->block, 0, plan->part_vectors);
    plan->pitch = (tiles * vectors) | 1;
    plan->pitch_z = (tiles * plan->part_vectors) | 1;
    plan->item_scratch =
        winograd_side(filter) * (plan->pitch_t + plan->pitch_s + plan->pitch + plan->pitch_z);
}

static struct weights_plan plan_weights(const struct op_call *call,
                                        const struct device_traits *traits)
{
    const struct shape x = call->in[0].shape, dy = call->in[1].shape;
    struct weights_plan plan = {
        .N = x.n, .H = x.h, .W = x.w, .C = x.c, .K = dy.c, .filter = call->attributes.filter_h};
    const int VW = traits->vector_width;
    plan.grid = winograd_grid_make(x.n, x.h, x.w);
    plan.in_channels = winograd_channels(x.c, traits);
    plan.out_channels = winograd_channels(dy.c, traits);
    plan.vectors = plan.out_channels / VW;
    plan.tile = tile_tuned(choose_tile(plan.vectors, traits), call, plan.vectors, VW);
    plan.x = winograd_padding(x.n * x.h, x.w, x.c, traits);
    plan.dy = winograd_padding(dy.n * dy.h, dy.w, dy.c, traits);
    plan_groups(&plan, call, traits);
    plan_block(&plan, call);
    if (plan.in_channels != x.c) plan.pieces[0] = tile_piece(conv2d_padding_floats(&plan.x));
    if (plan.out_channels != dy.c) plan.pieces[1] = tile_piece(conv2d_padding_floats(&plan.dy));
    plan.pieces[2] = tile_piece((size_t)plan.groups * (size_t)winograd_points(plan.filter) *
                                (size_t)plan.in_channels * (size_t)plan.out_channels);
    plan.pieces[3] =
        (size_t)(plan.groups * plan.parts) * (size_t)plan.item_scratch * (size_t)VW * sizeof(float);
    return plan;
}

void conv2d_winograd_weights_tune(const struct op_call *call, const struct device_traits *traits,
                                  int values[OP_MAX_TUNABLES])
{
    const struct weights_plan plan = plan_weights(call, traits);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
    values[GROUPS] = plan.groups;
    values[TILES] = plan.block.rows * plan.block.across;
}

size_t conv2d_winograd_weights_workspace(const struct op_call *call,
                                         const struct device_traits *traits)
{
    const struct weights_plan plan = plan_weights(call, traits);
    return plan.pieces[0] + plan.pieces[1] + plan.pieces[2] + plan.pieces[3];
}

static int launch_sums(struct launch_list *list, const char *options,
                       const struct weights_plan *plan, struct buffer *x, struct buffer *dy,
                       struct buffer *partial, struct buffer *scratch)
{
    const struct winograd_grid *grid = &plan->grid;
    return LAUNCH(list, "conv2d_winograd_weights", options, "conv2d_winograd_weights",
                  tile_grid(plan->groups * plan->parts, 1, device_traits(launch_list_device(list))),
                  ARG(x), ARG(dy), ARG(partial), ARG(scratch), ARG(plan->item_scratch),
                  ARG(grid->rows), ARG(plan->groups), ARG(plan->group_rows), ARG(plan->block.rows),
                  ARG(plan->block.across), ARG(plan->H), ARG(plan->W), ARG(grid->across),
                  ARG(grid->down), ARG(plan->in_channels), ARG(plan->vectors), ARG(plan->parts),
                  ARG(plan->part_vectors), ARG(plan->pitch_t), ARG(plan->pitch_s), ARG(plan->pitch),
                  ARG(plan->pitch_z));
}

static int launch_taps(struct launch_list *list, const char *options,
                       const struct weights_plan *plan, struct buffer *partial, struct buffer *dw,
                       int accumulate)
{
    return LAUNCH(list, "conv2d_winograd_weights", options, "conv2d_winograd_taps",
                  tile_grid(plan->C * plan->vectors, 1, device_traits(launch_list_device(list))),
                  ARG(partial), ARG(dw), ARG(plan->groups), ARG(plan->in_channels), ARG(plan->C),
                  ARG(plan->K), ARG(plan->vectors), ARG(accumulate));
}

int conv2d_winograd_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list)
{
    int status = SAAE_OK;
    const struct weights_plan plan = plan_weights(call, device_traits(launch_list_device(list)));
    char options[WINOGRAD_OPTIONS], of_tile[TILE_OPTIONS];
    struct buffer *views[4] = {NULL}, *x = buffers->in[0], *dy = buffers->in[1];
    size_t offset = 0;

    winograd_options(options, plan.filter, plan.tile);
    tile_options(of_tile, plan.tile);
    for (int i = 0; i < 4; i++) {
        if (plan.pieces[i])
            TRY(launch_view(list, buffers->workspace, offset, plan.pieces[i], &views[i]));
        offset += plan.pieces[i];
    }
    if (views[0]) {
        TRY(conv2d_launch_pad(list, of_tile, &plan.x, x, views[0]));
        x = views[0];
    }
    if (views[1]) {
        TRY(conv2d_launch_pad(list, of_tile, &plan.dy, dy, views[1]));
        dy = views[1];
    }
    TRY(launch_sums(list, options, &plan, x, dy, views[2], views[3]));
    TRY(launch_taps(list, options, &plan, views[2], buffers->out[0], (int)(call->accumulate & 1u)));
done:
    return status;
}

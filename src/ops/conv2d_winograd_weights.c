#include "ops/conv2d_winograd.h"
#include "ops/elementwise.h"

/* Tunables behind those of the tile. */
enum { GROUPS = TILE_TUNABLES, TILES };

static const int groups_tried[] = {4, 8, 16, 0}, tiles_tried[] = {4, 7, 10, 14, 20, 28, 0};

const struct op_tunable conv2d_winograd_weights_tunables[] = {
    TILE_TUNABLE_ROWS("16 / vectors; 4 where a vector has fewer than 16 floats"),
    TILE_TUNABLE_VECTORS("2, or 1 for an odd number of vectors of output channels"),
    {"groups", "partial sums over the tiles", "8; 4 below 2048 tiles", 2, 64, groups_tried},
    {"tiles", "tiles of the maps transformed at a time",
     "as many as stay in the second-level cache, at most 14", 1, 256, tiles_tried},
    {0},
};

enum {
    /* Partial sums: more of them cost memory traffic, fewer make longer sums. Not a function of the
     * cores, so that the result is not either. */
    MOST_GROUPS = 8,
    FEW_GROUPS = 4,
    MANY_TILES = 2048, /* enough for MOST_GROUPS */
    /* Transformed x and dy of a block: a second-level cache of 1 MiB; and the most tiles in one,
     * which must share the cache with the sums. */
    BLOCK_FLOATS = 262144,
    BLOCK_TILES = 14,
};

struct weights_plan {
    int N, H, W, C, K, filter;
    struct winograd_grid grid;
    struct tile tile;
    int in_channels;                                           /* C with its padding */
    int out_channels;                                          /* K with its padding */
    int vectors;                                               /* of output channels */
    int groups, group_tiles, block_tiles, parts, part_vectors; /* as in the kernel */
    struct conv2d_padding x, dy; /* used if padding changes the channels */
    size_t pieces[4];            /* bytes: padded x, padded dy, partial sums, scratch */
};

/* Sums of 16 vectors of 16 floats, or at most 8 of fewer; MR divides the padded channels. */
static struct tile choose_tile(int vectors, const struct device_traits *traits)
{
    const int VW = traits->vector_width, NV = vectors % 2 == 0 ? 2 : 1;
    return (struct tile){VW, VW == 16 ? 16 / NV : tile_min(VW, 4), NV};
}

/* Groups of tiles are for the first cores; more of them share the output channels of a group. */
static void plan_groups(struct weights_plan *plan, const struct op_call *call,
                        const struct device_traits *traits)
{
    const int tiles = plan->grid.tiles, columns = plan->vectors / plan->tile.NV;
    const int groups = tuning_value(call, GROUPS, tiles < MANY_TILES ? FEW_GROUPS : MOST_GROUPS);
    plan->group_tiles = tile_divide_up(tiles, groups);
    plan->groups = tile_divide_up(tiles, plan->group_tiles);
    const int parts = tile_min(columns, tile_divide_up(traits->compute_units, plan->groups));
    plan->part_vectors = tile_divide_up(columns, parts) * plan->tile.NV;
    plan->parts = tile_divide_up(plan->vectors, plan->part_vectors);
    const int tile = winograd_points(plan->filter) *
                     (plan->in_channels + plan->part_vectors * traits->vector_width);
    const int block = tile_max(1, tile_min(BLOCK_TILES, BLOCK_FLOATS / tile));
    plan->block_tiles = tile_min(tuning_value(call, TILES, block), plan->group_tiles);
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
    plan.tile = tile_tuned(choose_tile(plan.vectors, traits), call, plan.vectors, plan.in_channels);
    plan.x = winograd_padding(x.n * x.h, x.w, x.c, traits);
    plan.dy = winograd_padding(dy.n * dy.h, dy.w, dy.c, traits);
    plan_groups(&plan, call, traits);
    if (plan.in_channels != x.c) plan.pieces[0] = tile_piece(conv2d_padding_floats(&plan.x));
    if (plan.out_channels != dy.c) plan.pieces[1] = tile_piece(conv2d_padding_floats(&plan.dy));
    plan.pieces[2] = tile_piece((size_t)plan.groups * (size_t)winograd_points(plan.filter) *
                                (size_t)plan.in_channels * (size_t)plan.out_channels);
    plan.pieces[3] =
        (size_t)(plan.groups * plan.parts) * (size_t)winograd_points(plan.filter) *
        ((size_t)plan.block_tiles * (size_t)(plan.in_channels / VW + plan.part_vectors) + 2) *
        (size_t)VW * 4;
    return plan;
}

void conv2d_winograd_weights_tune(const struct op_call *call, const struct device_traits *traits,
                                  int values[OP_MAX_TUNABLES])
{
    const struct weights_plan plan = plan_weights(call, traits);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
    values[GROUPS] = plan.groups;
    values[TILES] = plan.block_tiles;
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
                  ARG(x), ARG(dy), ARG(partial), ARG(scratch), ARG(grid->tiles), ARG(plan->groups),
                  ARG(plan->group_tiles), ARG(plan->block_tiles), ARG(plan->H), ARG(plan->W),
                  ARG(grid->across), ARG(grid->down), ARG(plan->in_channels), ARG(plan->vectors),
                  ARG(plan->parts), ARG(plan->part_vectors));
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

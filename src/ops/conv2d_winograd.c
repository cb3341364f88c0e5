#include "ops/conv2d_winograd.h"

#include <stdio.h>

#include "ops/conv2d_finish.h"
#include "ops/elementwise.h"
#include "reference/winograd.h"

enum {
    /* More channels than this take a tile's points out of the caches. */
    MOST_CHANNELS = 4096,
    /* Columns of a block, transformed: half of a second-level cache of 1 MiB. */
    BLOCK_FLOATS = 131072,
    /* Tiles for which the filters are read once. */
    USUAL_TILES = 28,
    ITEMS_PER_CORE = 4, /* so that a core that is held up does not hold up the others */
};

/* Tunables of forward and backward_data behind those of the tile. */
enum { BLOCK_TILES = TILE_TUNABLES };

static const int tiles_tried[] = {7, 14, 28, 56, 0};

const struct op_tunable conv2d_winograd_tunables[] = {
    TILE_TUNABLE_ROWS("14; 12 / vectors where a vector has fewer than 16 floats"),
    TILE_TUNABLE_VECTORS("2, or 1 for an odd number of vectors of output channels"),
    {"tiles", "tiles transformed at a time, whole rows of them",
     "at most 28; fewer where that leaves the second-level cache or cores without work", 1, 256,
     tiles_tried},
    {0},
};

/* ---- What the passes share ---- */

bool conv2d_winograd_supports(const struct op_call *call, const struct device_traits *traits)
{
    const struct shape first = call->in[0].shape, second = call->in[1].shape;
    const struct op_attributes *a = &call->attributes;
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const int R = weights ? a->filter_h : second.n, S = weights ? a->filter_w : second.h;
    const int other = weights ? second.c : call->out[0].shape.c;
    const int few = tile_min(first.c, other), many = tile_max(first.c, other);
    return traits->cpu && traits->loop_limit == UINT64_MAX && a->stride == 1 && R == S &&
           (R == 3 || R == 5) && few >= traits->vector_width && many <= MOST_CHANNELS;
}

bool conv2d_winograd_preferred(const struct op_call *call, const struct device_traits *traits)
{
    const struct shape x = call->in[0].shape;
    const int other =
        call->kind == OP_conv2d_backward_weights ? call->in[1].shape.c : call->out[0].shape.c;
    (void)traits;
    return tile_min(x.c, other) >= 16 && conv2d_winograd_flops(call) < 0.5 * op_cost_of(call).flops;
}

double conv2d_winograd_flops(const struct op_call *call)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct shape x = call->in[0].shape, second = call->in[1].shape;
    const struct winograd_grid grid = winograd_grid_make(x.n, x.h, x.w);
    const int filter = weights ? call->attributes.filter_h : second.n;
    const int outputs = weights ? second.c : call->out[0].shape.c;
    return 2.0 * winograd_points(filter) * grid.tiles * x.c * outputs;
}

struct winograd_grid winograd_grid_make(int images, int height, int width)
{
    const int down = tile_divide_up(height, WINOGRAD_TILE);
    const int across = tile_divide_up(width, WINOGRAD_TILE);
    return (struct winograd_grid){across, down, images * down, images * across * down};
}

int winograd_side(int filter)
{
    return WINOGRAD_TILE + filter - 1;
}

int winograd_points(int filter)
{
    return winograd_side(filter) * winograd_side(filter);
}

struct winograd_block winograd_block_make(const struct winograd_grid *grid, int most)
{
    const int across = tile_divide_up(grid->across, tile_divide_up(grid->across, most));
    return (struct winograd_block){tile_min(tile_max(1, most / across), grid->rows), across};
}

int winograd_plane(const struct winograd_block *block, int beside, int vectors)
{
    return (block->rows * (block->across * WINOGRAD_TILE + beside) * vectors) | 1;
}

int winograd_channels(int channels, const struct device_traits *traits)
{
    return tile_divide_up(channels, traits->vector_width) * traits->vector_width;
}

struct conv2d_padding winograd_padding(int rows, int pixels, int channels,
                                       const struct device_traits *traits)
{
    const int step = winograd_channels(channels, traits);
    return (struct conv2d_padding){
        .rows = rows, .pitch = pixels * step, .pixels = pixels, .channels = channels, .step = step};
}

void winograd_options(char text[WINOGRAD_OPTIONS], int filter, struct tile tile)
{
    char of_tile[TILE_OPTIONS];
    tile_options(of_tile, tile);
    snprintf(text, WINOGRAD_OPTIONS, "-DFILTER=%d %s", filter, of_tile);
}

/* ---- Forward and backward_data ---- */

struct tiles_plan {
    struct conv2d_shape d;
    struct winograd_grid grid;
    struct winograd_block block;
    struct tile tile;
    int channels; /* C with its padding */
    int vectors;  /* of output channels */
    int items;
    int pitch_t, pitch, pitch_m, item_scratch; /* vectors, as in the kernel */
    struct conv2d_padding padding;             /* of x, used if channels != C */
    size_t pieces[2];                          /* bytes: padded x, scratch */
};

/* The register tile is the whole of the sums that fit: 14x2, 14x1 vectors of 16, 6x2, 12x1 of
 * fewer floats. */
static struct tile choose_tile(int vectors, const struct device_traits *traits)
{
    const int NV = vectors % 2 == 0 ? 2 : 1, VW = traits->vector_width;
    return (struct tile){VW, VW == 16 ? 14 : 12 / NV, NV};
}

/* Of the numbers of rows that leave the cores enough blocks, the smallest with the fewest rows of
 * register tiles left empty. No result depends on it. */
static struct winograd_block choose_block(const struct tiles_plan *plan, int most, int cores)
{
    const int MR = plan->tile.MR, enough = 2 * cores;
    struct winograd_block block = winograd_block_make(&plan->grid, most);
    const int parts = tile_divide_up(plan->grid.across, block.across);
    const int most_rows = tile_min(block.rows, plan->grid.rows * parts / enough);
    block.rows = 1;
    for (int rows = 2; rows <= most_rows; rows++) {
        const int tiles = rows * block.across, best = block.rows * block.across;
        /* Multiplied tiles for one that is wanted. */
        if (tile_divide_up(tiles, MR) * best < tile_divide_up(best, MR) * tiles) block.rows = rows;
    }
    return block;
}

static void plan_block(struct tiles_plan *plan, const struct op_call *call,
                       const struct device_traits *traits)
{
    const int cores = traits->compute_units;
    const int tile = winograd_side(plan->d.R) * WINOGRAD_TILE *
                     tile_max(plan->channels, plan->vectors * plan->tile.VW);
    const int usual = tile_max(1, tile_min(USUAL_TILES, BLOCK_FLOATS / tile));
    plan->block = choose_block(plan, tuning_value(call, BLOCK_TILES, usual), cores);
    const int blocks = tile_divide_up(plan->grid.rows, plan->block.rows) *
                       tile_divide_up(plan->grid.across, plan->block.across);
    plan->items = tile_min(blocks, ITEMS_PER_CORE * cores);
}

static void plan_scratch(struct tiles_plan *plan)
{
    const int vectors = plan->channels / plan->tile.VW, NV = plan->tile.NV, MR = plan->tile.MR;
    const int tiles = tile_divide_up(plan->block.rows * plan->block.across, MR) * MR;
    plan->pitch_t = tile_max(winograd_plane(&plan->block, plan->d.R - 1, vectors),
                             winograd_plane(&plan->block, 0, plan->vectors));
    plan->pitch = (tiles * vectors) | 1;
    plan->pitch_m = vectors == NV && plan->vectors == NV ? 0 : (tiles * NV) | 1;
    plan->item_scratch = winograd_side(plan->d.R) * (plan->pitch_t + plan->pitch + plan->pitch_m);
}

static struct tiles_plan plan_tiles(const struct op_call *call, const struct device_traits *traits)
{
    struct tiles_plan plan = {.d = conv2d_direct_shape(call)};
    const struct conv2d_shape *d = &plan.d;
    const int VW = traits->vector_width;
    plan.grid = winograd_grid_make(d->N, d->H, d->W);
    plan.channels = winograd_channels(d->C, traits);
    plan.vectors = tile_divide_up(d->K, VW);
    plan.tile = tile_tuned(choose_tile(plan.vectors, traits), call, plan.vectors, 0);
    plan.padding = winograd_padding(d->N * d->H, d->W, d->C, traits);
    plan_block(&plan, call, traits);
    plan_scratch(&plan);
    if (plan.channels != d->C) plan.pieces[0] = tile_piece(conv2d_padding_floats(&plan.padding));
    plan.pieces[1] = (size_t)plan.items * (size_t)plan.item_scratch * (size_t)VW * sizeof(float);
    return plan;
}

void conv2d_winograd_tune(const struct op_call *call, const struct device_traits *traits,
                          int values[OP_MAX_TUNABLES])
{
    const struct tiles_plan plan = plan_tiles(call, traits);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
    values[BLOCK_TILES] = plan.block.rows * plan.block.across;
}

size_t conv2d_winograd_workspace(const struct op_call *call, const struct device_traits *traits)
{
    const struct tiles_plan plan = plan_tiles(call, traits);
    return plan.pieces[0] + plan.pieces[1];
}

/* Parameters of the transformed filters; MR is of the program's other kernels. */
enum {
    FILTER_SIZE,
    FILTER_C,
    FILTER_K,
    FILTER_FLIP,
    FILTER_CHANNELS,
    FILTER_VECTORS,
    FILTER_VW,
    FILTER_MR,
    FILTER_NV
};

static int launch_filter(const struct op_form *form, struct buffer *w, struct buffer *u,
                         struct launch_list *list)
{
    const int *p = form->parameters;
    const int C = p[FILTER_C], K = p[FILTER_K];
    const int in_stride = p[FILTER_FLIP] ? 1 : K, out_stride = p[FILTER_FLIP] ? C : 1;
    char options[WINOGRAD_OPTIONS];
    winograd_options(options, p[FILTER_SIZE],
                     (struct tile){p[FILTER_VW], p[FILTER_MR], p[FILTER_NV]});
    return LAUNCH(list, "conv2d_winograd", options, "conv2d_winograd_filter",
                  tile_grid(p[FILTER_CHANNELS] * p[FILTER_VECTORS], 1,
                            device_traits(launch_list_device(list))),
                  ARG(w), ARG(u), ARG(C), ARG(K), ARG(in_stride), ARG(out_stride),
                  ARG(p[FILTER_FLIP]), ARG(p[FILTER_CHANNELS]), ARG(p[FILTER_VECTORS]));
}

void conv2d_winograd_form(const struct op_call *call, int input, const struct device_traits *traits,
                          struct op_form *form)
{
    if (input != 1) return;
    const struct tiles_plan plan = plan_tiles(call, traits);
    const size_t floats = (size_t)winograd_points(plan.d.R) * (size_t)plan.channels *
                          (size_t)plan.vectors * (size_t)plan.tile.VW;
    *form = (struct op_form){.name = "transformed filters",
                             .bytes = floats * sizeof(float),
                             .launch = launch_filter,
                             .parameters = {[FILTER_SIZE] = plan.d.R,
                                            [FILTER_C] = plan.d.C,
                                            [FILTER_K] = plan.d.K,
                                            [FILTER_FLIP] = plan.d.flip,
                                            [FILTER_CHANNELS] = plan.channels,
                                            [FILTER_VECTORS] = plan.vectors,
                                            [FILTER_VW] = plan.tile.VW,
                                            [FILTER_MR] = plan.tile.MR,
                                            [FILTER_NV] = plan.tile.NV}};
}

static int launch_tiles(struct launch_list *list, const char *options,
                        const struct tiles_plan *plan, struct buffer *x, struct buffer *u,
                        struct buffer *y, struct buffer *scratch,
                        const struct conv2d_finish *finish, int accumulate)
{
    const struct conv2d_shape *d = &plan->d;
    const struct winograd_grid *grid = &plan->grid;
    const int blocks = plan->vectors / plan->tile.NV;
    return LAUNCH(list, "conv2d_winograd", options, "conv2d_winograd_tiles",
                  tile_grid(plan->items, 1, device_traits(launch_list_device(list))), ARG(x),
                  ARG(u), ARG(y), ARG(scratch), ARG(plan->item_scratch), ARG(grid->rows),
                  ARG(plan->block.rows), ARG(plan->block.across), ARG(plan->items), ARG(d->H),
                  ARG(d->W), ARG(grid->across), ARG(grid->down), ARG(plan->channels), ARG(d->K),
                  ARG(blocks), ARG(plan->pitch_t), ARG(plan->pitch), ARG(plan->pitch_m),
                  ARG(accumulate), ARG(finish->parts), ARG(finish->bias), ARG(finish->addend),
                  ARG(finish->slope));
}

int conv2d_winograd_launch(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    int status = SAAE_OK;
    const struct tiles_plan plan = plan_tiles(call, device_traits(launch_list_device(list)));
    const size_t *pieces = plan.pieces;
    char options[WINOGRAD_OPTIONS];
    struct buffer *x = buffers->in[0], *scratch = NULL;

    winograd_options(options, plan.d.R, plan.tile);
    TRY(launch_view(list, buffers->workspace, pieces[0], pieces[1], &scratch));
    if (pieces[0]) {
        char of_tile[TILE_OPTIONS];
        tile_options(of_tile, plan.tile);
        TRY(launch_view(list, buffers->workspace, 0, pieces[0], &x));
        TRY(conv2d_launch_pad(list, of_tile, &plan.padding, buffers->in[0], x));
    }
    const struct conv2d_finish finish = conv2d_finish_of(call, buffers);
    TRY(launch_tiles(list, options, &plan, x, buffers->in[1], buffers->out[0], scratch, &finish,
                     (int)(call->accumulate & 1u)));
done:
    return status;
}

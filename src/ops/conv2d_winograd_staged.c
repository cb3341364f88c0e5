#include "ops/conv2d_winograd_staged.h"

#include <stdio.h>

#include "ops/conv2d_direct.h"
#include "ops/conv2d_finish.h"
#include "ops/conv2d_winograd.h"
#include "ops/conv2d_winograd_product.h"

/* Tunables behind those of the products' tile. */
enum { TILES = GEMM_TUNABLES, SPLITS };

static const int tiles_tried[] = {256, 512, 1024, 2048, 4096, 8192, 0};
static const int splits_tried[] = {1, 2, 4, 8, 16, 32, 0};

#define TUNABLE_TILES                                                                              \
    {                                                                                              \
        "tiles", "tiles of the maps transformed at a time", "as many as 192 MiB hold", 1, 1 << 20, \
            tiles_tried                                                                            \
    }

const struct op_tunable conv2d_winograd_staged_tunables[] = {
    GEMM_TUNABLE_ROWS,  GEMM_TUNABLE_VECTORS, GEMM_TUNABLE_ITEMS,
    GEMM_TUNABLE_DEPTH, TUNABLE_TILES,        {0},
};

const struct op_tunable conv2d_winograd_staged_weights_tunables[] = {
    GEMM_TUNABLE_ROWS,
    GEMM_TUNABLE_VECTORS,
    GEMM_TUNABLE_ITEMS,
    GEMM_TUNABLE_DEPTH,
    TUNABLE_TILES,
    {"splits", "partial sums over the tiles",
     "work-items for 65536, of 256 tiles and within 64 MiB of sums", 1, 4096, splits_tried},
    {0},
};

enum {
    WHOLE = 4,                /* channels of points are padded to whole vectors of the product */
    LEAST_CHANNELS = 4,       /* fewer would be padding for the most part */
    SLICE_BYTES = 192 << 20,  /* of both operands' points, or of the inputs' and the outputs' */
    FILTER_FLOATS = 16 << 20, /* of transformed filters: 64 MiB, as of the weights' sums */
    OPTIONS = 16,
};

/* The convolution that the pass is, whose tiles and channels the stages see: the operand on the
 * left of the products has d.C channels, the one on the right, or the result, d.K. */
struct staged_plan {
    struct conv2d_shape d;
    bool weights;
    struct winograd_grid grid;
    int channels, columns; /* C and K with their padding */
    int slice;             /* tiles at a time */
    struct winograd_product product;
    size_t pieces[3]; /* bytes: points of the input, of the output or of dy, the weights' sums */
};

/* ---- The plan ---- */

static int pad_channels(int channels)
{
    return tile_divide_up(channels, WHOLE) * WHOLE;
}

static size_t points_bytes(const struct staged_plan *plan, int channels)
{
    return tile_piece((size_t)plan->product.points * (size_t)plan->slice * (size_t)channels);
}

/* Slices of equal size, but for the last. */
static void plan_slices(struct staged_plan *plan, int asked)
{
    const int floats = plan->product.points * (plan->channels + plan->columns);
    const int room = tile_max(1, SLICE_BYTES / (int)sizeof(float) / floats);
    const int most = tile_min(asked ? asked : room, room);
    plan->slice = tile_divide_up(plan->grid.tiles, tile_divide_up(plan->grid.tiles, most));
}

static struct staged_plan plan_make(const struct op_call *call, const struct device_traits *traits)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    struct staged_plan plan = {.weights = weights};
    struct winograd_product *product = &plan.product;
    plan.d = weights ? conv2d_weights_shape(call) : conv2d_direct_shape(call);
    plan.grid = winograd_grid_make(plan.d.N, plan.d.H, plan.d.W);
    plan.channels = pad_channels(plan.d.C);
    plan.columns = pad_channels(plan.d.K);
    product->points = winograd_points(plan.d.R);
    product->turned = !weights;
    plan_slices(&plan, call->tuning[TILES]);
    product->size = (struct gemm_product){.rows = weights ? plan.channels : plan.slice,
                                          .columns = plan.columns,
                                          .depth = weights ? plan.slice : plan.channels,
                                          .left = plan.channels,
                                          .right = plan.columns};
    /* The sums of split products of tiles and filters would have to be added up before they are
     * transformed: there are points and tiles enough without. */
    winograd_product_plan(product, weights ? call->tuning[SPLITS] : 1, call, traits);
    plan.pieces[0] = points_bytes(&plan, plan.channels);
    plan.pieces[1] = points_bytes(&plan, plan.columns);
    if (weights) plan.pieces[2] = tile_piece(winograd_product_floats(product));
    return plan;
}

/* ---- What the tables ask ---- */

/* Channels of the inputs of the convolution, and of its outputs. */
static void read_channels(const struct op_call *call, int *inputs, int *outputs)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    *inputs = call->in[0].shape.c;
    *outputs = weights ? call->in[1].shape.c : call->out[0].shape.c;
}

bool conv2d_winograd_staged_supports(const struct op_call *call, const struct device_traits *traits)
{
    const struct op_attributes *a = &call->attributes;
    const struct shape second = call->in[1].shape;
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const int R = weights ? a->filter_h : second.n, S = weights ? a->filter_w : second.h;
    int C, K;
    read_channels(call, &C, &K);
    if (!gemm_tile_supports(traits) || a->stride != 1 || R != S || (R != 3 && R != 5) ||
        tile_min(C, K) < LEAST_CHANNELS ||
        (double)winograd_points(R) * pad_channels(C) * pad_channels(K) > FILTER_FLOATS)
        return false;
    const struct staged_plan plan = plan_make(call, traits);
    return winograd_product_supports(&plan.product, traits) &&
           (weights || plan.product.splits == 1);
}

bool conv2d_winograd_staged_preferred(const struct op_call *call,
                                      const struct device_traits *traits)
{
    enum { MANY_CHANNELS = 32 };
    int C, K;
    (void)traits;
    read_channels(call, &C, &K);
    return tile_min(C, K) >= MANY_CHANNELS &&
           conv2d_winograd_flops(call) < 0.5 * op_cost_of(call).flops;
}

void conv2d_winograd_staged_tune(const struct op_call *call, const struct device_traits *traits,
                                 int values[OP_MAX_TUNABLES])
{
    const struct staged_plan plan = plan_make(call, traits);
    gemm_tile_tuning(&plan.product.tile, values);
    values[TILES] = plan.slice;
    if (plan.weights) values[SPLITS] = plan.product.splits;
}

size_t conv2d_winograd_staged_workspace(const struct op_call *call,
                                        const struct device_traits *traits)
{
    const struct staged_plan plan = plan_make(call, traits);
    return plan.pieces[0] + plan.pieces[1] + plan.pieces[2];
}

/* ---- Transformed filters ---- */

enum { FILTER_SIZE, FILTER_C, FILTER_K, FILTER_FLIP };

static void set_options(char text[OPTIONS], int filter)
{
    snprintf(text, OPTIONS, "-DFILTER=%d", filter);
}

static struct launch_grid grid_of(int items, struct launch_list *list)
{
    return tile_grid(items, 1, device_traits(launch_list_device(list)));
}

static int launch_filter(const struct op_form *form, struct buffer *w, struct buffer *u,
                         struct launch_list *list)
{
    const int *p = form->parameters;
    const int C = p[FILTER_C], K = p[FILTER_K], flip = p[FILTER_FLIP];
    const int in_stride = flip ? 1 : K, out_stride = flip ? C : 1;
    const int channels = pad_channels(C), columns = pad_channels(K);
    char options[OPTIONS];
    set_options(options, p[FILTER_SIZE]);
    return LAUNCH(list, "conv2d_winograd_staged", options, "conv2d_winograd_staged_filter",
                  grid_of(channels * columns, list), ARG(w), ARG(u), ARG(C), ARG(K), ARG(in_stride),
                  ARG(out_stride), ARG(flip), ARG(channels), ARG(columns));
}

void conv2d_winograd_staged_form(const struct op_call *call, int input,
                                 const struct device_traits *traits, struct op_form *form)
{
    if (input != 1 || call->kind == OP_conv2d_backward_weights) return;
    const struct staged_plan plan = plan_make(call, traits);
    const size_t floats =
        (size_t)plan.product.points * (size_t)plan.channels * (size_t)plan.columns;
    *form = (struct op_form){.name = "transformed filters",
                             .bytes = floats * sizeof(float),
                             .launch = launch_filter,
                             .parameters = {[FILTER_SIZE] = plan.d.R,
                                            [FILTER_C] = plan.d.C,
                                            [FILTER_K] = plan.d.K,
                                            [FILTER_FLIP] = plan.d.flip}};
}

/* ---- Launches ---- */

/* One of the two transforms to points, of a tensor with C channels. */
static int launch_transform(struct launch_list *list, const struct staged_plan *plan,
                            const char *kernel, int first, int count, struct buffer *source, int C,
                            struct buffer *points)
{
    const struct winograd_grid *grid = &plan->grid;
    const int channels = pad_channels(C);
    char options[OPTIONS];
    set_options(options, plan->d.R);
    return LAUNCH(list, "conv2d_winograd_staged", options, kernel, grid_of(count * channels, list),
                  ARG(source), ARG(points), ARG(first), ARG(count), ARG(plan->d.H), ARG(plan->d.W),
                  ARG(grid->across), ARG(grid->down), ARG(C), ARG(channels));
}

static int launch_output(struct launch_list *list, const struct staged_plan *plan, int first,
                         int count, struct buffer *points, struct buffer *y, int accumulate,
                         const struct conv2d_finish *finish)
{
    const struct winograd_grid *grid = &plan->grid;
    const struct conv2d_shape *d = &plan->d;
    char options[OPTIONS];
    set_options(options, d->R);
    return LAUNCH(list, "conv2d_winograd_staged", options, "conv2d_winograd_staged_output",
                  grid_of(count * d->K, list), ARG(points), ARG(y), ARG(first), ARG(count),
                  ARG(d->H), ARG(d->W), ARG(grid->across), ARG(grid->down), ARG(d->K),
                  ARG(plan->columns), ARG(accumulate), ARG(finish->parts), ARG(finish->bias),
                  ARG(finish->addend), ARG(finish->slope));
}

static int launch_taps(struct launch_list *list, const struct staged_plan *plan,
                       struct buffer *sums, struct buffer *dw, int accumulate)
{
    const struct conv2d_shape *d = &plan->d;
    char options[OPTIONS];
    set_options(options, d->R);
    return LAUNCH(list, "conv2d_winograd_staged", options, "conv2d_winograd_staged_taps",
                  grid_of(d->C * d->K, list), ARG(sums), ARG(dw), ARG(plan->product.splits),
                  ARG(d->C), ARG(d->K), ARG(plan->channels), ARG(plan->columns), ARG(accumulate));
}

int conv2d_winograd_staged_launch(const struct op_call *call, const struct op_buffers *buffers,
                                  struct launch_list *list)
{
    int status = SAAE_OK;
    struct staged_plan plan = plan_make(call, device_traits(launch_list_device(list)));
    const struct conv2d_shape *d = &plan.d;
    const struct conv2d_finish finish = conv2d_finish_of(call, buffers);
    const int accumulate = (int)(call->accumulate & 1u);
    struct buffer *left = NULL, *right = NULL, *sums = NULL;
    const size_t *pieces = plan.pieces;
    TRY(winograd_product_fit(&plan.product, call, list));
    TRY(launch_view(list, buffers->workspace, 0, pieces[0], &left));
    TRY(launch_view(list, buffers->workspace, pieces[0], pieces[1], &right));
    if (plan.weights)
        TRY(launch_view(list, buffers->workspace, pieces[0] + pieces[1], pieces[2], &sums));

    for (int first = 0; first < plan.grid.tiles; first += plan.slice) {
        const int count = tile_min(plan.slice, plan.grid.tiles - first);
        TRY(launch_transform(list, &plan, "conv2d_winograd_staged_input", first, count,
                             buffers->in[0], d->C, left));
        if (plan.weights) {
            TRY(launch_transform(list, &plan, "conv2d_winograd_staged_gradient", first, count,
                                 buffers->in[1], d->K, right));
            TRY(winograd_product_launch(&plan.product, count, left, right, sums, first > 0, list));
        } else {
            TRY(winograd_product_launch(&plan.product, count, left, buffers->in[1], right, 0,
                                        list));
            TRY(launch_output(list, &plan, first, count, right, buffers->out[0], accumulate,
                              &finish));
        }
    }
    if (plan.weights) TRY(launch_taps(list, &plan, sums, buffers->out[0], accumulate));
done:
    return status;
}

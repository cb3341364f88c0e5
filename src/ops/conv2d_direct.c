#include "ops/conv2d_direct.h"

#include <stdio.h>
#include <string.h>

#include "ops/conv2d_finish.h"
#include "ops/elementwise.h"
#include "ops/tile.h"

struct conv2d_shape conv2d_direct_shape(const struct op_call *call)
{
    const struct shape in = call->in[0].shape, w = call->in[1].shape, out = call->out[0].shape;
    const int stride = call->attributes.stride;
    struct conv2d_shape d = {.N = in.n,
                             .H = in.h,
                             .W = in.w,
                             .C = in.c,
                             .P = out.h,
                             .Q = out.w,
                             .K = out.c,
                             .R = w.n,
                             .S = w.h,
                             .stride = stride,
                             .every = 1};
    if (call->kind == OP_conv2d_backward_data) {
        d.stride = 1;
        d.every = stride;
        d.flip = true;
    }
    return d;
}

/* ---- Rows with zeros around them ---- */

size_t conv2d_padding_floats(const struct conv2d_padding *p)
{
    return (size_t)p->rows * (size_t)p->pitch;
}

struct conv2d_padding conv2d_pad_input(const struct conv2d_shape *d, int columns)
{
    const int row = d->W * d->C; /* one run of floats */
    return (struct conv2d_padding){.rows = d->N * d->H,
                                   .pitch = columns * d->C,
                                   .left = d->S / 2 * d->C,
                                   .pixels = 1,
                                   .channels = row,
                                   .step = row};
}

int conv2d_launch_pad(struct launch_list *list, const char *options, const struct conv2d_padding *p,
                      struct buffer *source, struct buffer *target)
{
    const struct device_traits *traits = device_traits(launch_list_device(list));
    int chunk = elementwise_is_cpu(traits) ? tile_min(p->pitch, tile_most_steps(2, traits)) : 1;
    return LAUNCH(list, "conv2d", options, "conv2d_pad",
                  tile_grid(tile_divide_up(p->pitch, chunk), p->rows, traits), ARG(source),
                  ARG(target), ARG(p->rows), ARG(p->pitch), ARG(p->left), ARG(p->pixels),
                  ARG(p->channels), ARG(p->step), ARG(chunk));
}

/* ---- Forward and backward_data ---- */

enum {
    /* Weights up to this many floats stay in a core's first-level cache, whatever their order. */
    FEW_WEIGHTS = 4096,
    MOST_ROWS = 14,   /* of a tile */
    MOST_TAPS = 16,   /* filter columns of conv2d_thin */
    MOST_SUMS = 32,   /* vectors of its tile */
    GPU_ROWS = 8,     /* of its tile on GPUs, where more items are worth more than less reading */
    GPU_CHANNELS = 4, /* output channels there: NV at most */
    GPU_LANES = 16,   /* items there that share a tile: 64 channels read together */
};

const struct op_tunable conv2d_direct_tunables[] = {
    TILE_TUNABLE_ROWS("the tile with the least work that fits the registers"),
    TILE_TUNABLE_VECTORS("as rows"),
    {0},
};

struct tile_plan {
    struct conv2d_shape d;
    struct tile tile;
    bool thin;          /* cl/conv2d_thin.cl instead of conv2d_tile */
    int shared;         /* its LANES */
    int channels_first; /* as in conv2d_tile */
    int blocks, lanes;
    struct conv2d_padding padding; /* unless thin */
};

/* As in cl/conv2d.cl, PARTS. */
struct part {
    int p_first, q_first; /* row and column of the first output */
    int columns;          /* outputs in a row */
    int top, left;        /* row and column of the input that the first tap meets there */
    int r_first, s_first; /* first filter row and column */
    int R;                /* filter rows */
    int runs, run;        /* of depths that lie side by side in a filter row, and their length */
    int k_first, depth;   /* the depths of each run that are taken */
};

struct conv2d_phase conv2d_phase_make(int taps, int first, int every)
{
    struct conv2d_phase phase = {.tap = (taps / 2 + first) % every};
    phase.count = taps > phase.tap ? tile_divide_up(taps - phase.tap, every) : 0;
    phase.start = (first + phase.tap - taps / 2) / every;
    return phase;
}

static struct part part_make(const struct conv2d_shape *d, int p_first, int q_first)
{
    const struct conv2d_phase row = conv2d_phase_make(d->R, p_first, d->every);
    const struct conv2d_phase column = conv2d_phase_make(d->S, q_first, d->every);
    const bool whole = d->every == 1;
    return (struct part){.p_first = p_first,
                         .q_first = q_first,
                         .columns = tile_divide_up(d->Q - q_first, d->every),
                         .top = row.start,
                         .left = column.start,
                         .r_first = row.tap,
                         .s_first = column.tap,
                         .R = column.count ? row.count : 0,
                         .runs = whole ? 1 : column.count,
                         .run = whole ? d->S * d->C : d->C};
}

/* Filter columns. */
static int part_taps(const struct part *part, const struct conv2d_shape *d)
{
    return part->runs * part->run / d->C;
}

static int row_tiles(const struct tile_plan *plan, const struct part *part)
{
    return tile_divide_up(part->columns, plan->tile.MR);
}

/* Loop iterations of conv2d_thin for one vector of a filter row, should none be unrolled. */
static int thin_iterations(const struct tile_plan *plan)
{
    const int columns = (plan->tile.MR - 1) * plan->d.stride + plan->d.S;
    return 1 + plan->d.S * (1 + plan->tile.NV) +
           columns * (1 + plan->tile.MR * (1 + plan->tile.NV));
}

/* Items that share a tile on a GPU: a power of two, no more than there are vectors. */
static int thin_lanes(int vectors, const struct device_traits *traits)
{
    const int most = tile_min(tile_min(GPU_LANES, elementwise_group(traits)), vectors);
    int lanes = 1;
    while (2 * lanes <= most) lanes *= 2;
    return lanes;
}

/* Few output channels leave most lanes of a vector empty: vectors of input channels then do more in
 * a step than they lose by the sum over their lanes. On a GPU an item of conv2d_tile would read
 * pixels far from its neighbour's, so there few input channels are enough. */
static bool plan_thin(struct tile_plan *plan, const struct op_call *call,
                      const struct device_traits *traits)
{
    const struct conv2d_shape *d = &plan->d;
    const int room = tile_registers(traits) / d->K - d->S + 2; /* beside the taps' weights */
    const bool cpu = elementwise_is_cpu(traits);
    int VW = traits->vector_width;
    while (d->C % VW != 0) VW /= 2;
    plan->shared = cpu ? 1 : thin_lanes(d->C / VW, traits);
    if (cpu ? VW < 4 * tile_vector(d->K, traits) : d->K > GPU_CHANNELS || plan->shared < 4)
        return false;
    if (d->S > MOST_TAPS) return false;
    plan->tile =
        tile_choose(tile_divide_up(d->Q, d->every), 1, VW,
                    tile_max(1, tile_min(room, cpu ? MOST_ROWS : GPU_ROWS)), false, traits);
    plan->tile = tile_tuned(plan->tile, call, 1, 0);
    plan->tile.NV = d->K;
    plan->tile.MR = tile_min(plan->tile.MR, MOST_SUMS / d->K);
    plan->lanes = 1;
    return d->C / VW <= tile_most_steps(thin_iterations(plan), traits);
}

static void plan_wide(struct tile_plan *plan, const struct op_call *call,
                      const struct device_traits *traits)
{
    const struct conv2d_shape *d = &plan->d;
    const int VW = tile_vector(d->K, traits), pixels = tile_divide_up(d->Q, d->every);
    plan->tile = tile_choose(pixels, d->K, VW, MOST_ROWS, false, traits);
    plan->tile = tile_tuned(plan->tile, call, 0, 0);
    plan->lanes = VW * plan->tile.NV;
    /* Columns for whole tiles, so that the last one reads within its row. */
    int columns = 1;
    for (int q = 0; q < tile_min(d->every, d->Q); q++) {
        const struct part part = part_make(d, 0, q);
        const int last = (row_tiles(plan, &part) * plan->tile.MR - 1) * d->stride;
        const int taps = tile_max(1, part_taps(&part, d));
        columns = tile_max(columns, d->S / 2 + part.left + last + taps);
    }
    plan->padding = conv2d_pad_input(d, columns);
}

static struct tile_plan plan_tile(const struct op_call *call, const struct device_traits *traits)
{
    struct tile_plan plan = {.d = conv2d_direct_shape(call)};
    const struct conv2d_shape *d = &plan.d;
    plan.thin = plan_thin(&plan, call, traits);
    if (!plan.thin) plan_wide(&plan, call, traits);
    plan.blocks = tile_divide_up(d->K, plan.lanes);
    const double packed = (double)plan.blocks * plan.lanes * d->R * d->S * d->C;
    plan.channels_first = !plan.thin && (!elementwise_is_cpu(traits) || packed <= FEW_WEIGHTS);
    return plan;
}

void conv2d_direct_tune(const struct op_call *call, const struct device_traits *traits,
                        int values[OP_MAX_TUNABLES])
{
    const struct tile_plan plan = plan_tile(call, traits);
    values[TILE_ROWS] = plan.tile.MR;
    values[TILE_VECTORS] = plan.tile.NV;
}

size_t conv2d_direct_workspace(const struct op_call *call, const struct device_traits *traits)
{
    const struct tile_plan plan = plan_tile(call, traits);
    return plan.thin ? 0 : tile_piece(conv2d_padding_floats(&plan.padding));
}

/* Parameters of the packed weights. The tile is among them for the program's sake: its other
 * kernels need it. */
enum {
    PACK_R,
    PACK_S,
    PACK_C,
    PACK_K,
    PACK_FLIP,
    PACK_LANES,
    PACK_BLOCKS,
    PACK_CHANNELS_FIRST,
    PACK_VW,
    PACK_MR,
    PACK_NV
};

static int launch_pack(const struct op_form *form, struct buffer *w, struct buffer *u,
                       struct launch_list *list)
{
    const int *p = form->parameters;
    const int R = p[PACK_R], S = p[PACK_S], C = p[PACK_C], K = p[PACK_K];
    const int in_stride = p[PACK_FLIP] ? 1 : K, out_stride = p[PACK_FLIP] ? C : 1;
    char options[TILE_OPTIONS];
    tile_options(options, (struct tile){p[PACK_VW], p[PACK_MR], p[PACK_NV]});
    return LAUNCH(list, "conv2d", options, "conv2d_pack",
                  tile_grid(p[PACK_BLOCKS] * R * S * C, 1, device_traits(launch_list_device(list))),
                  ARG(w), ARG(u), ARG(R), ARG(S), ARG(C), ARG(K), ARG(in_stride), ARG(out_stride),
                  ARG(p[PACK_FLIP]), ARG(p[PACK_LANES]), ARG(p[PACK_BLOCKS]),
                  ARG(p[PACK_CHANNELS_FIRST]));
}

void conv2d_direct_form(const struct op_call *call, int input, const struct device_traits *traits,
                        struct op_form *form)
{
    if (input != 1) return;
    const struct tile_plan plan = plan_tile(call, traits);
    const struct conv2d_shape d = plan.d;
    const size_t floats =
        (size_t)plan.blocks * (size_t)plan.lanes * (size_t)d.R * (size_t)d.S * (size_t)d.C;
    *form = (struct op_form){.name = "packed weights",
                             .bytes = floats * sizeof(float),
                             .launch = launch_pack,
                             .parameters = {[PACK_R] = d.R,
                                            [PACK_S] = d.S,
                                            [PACK_C] = d.C,
                                            [PACK_K] = d.K,
                                            [PACK_FLIP] = d.flip,
                                            [PACK_LANES] = plan.lanes,
                                            [PACK_BLOCKS] = plan.blocks,
                                            [PACK_CHANNELS_FIRST] = plan.channels_first,
                                            [PACK_VW] = plan.tile.VW,
                                            [PACK_MR] = plan.tile.MR,
                                            [PACK_NV] = plan.tile.NV}};
}

struct tile_buffers {
    struct buffer *x, *u, *y; /* input, packed weights, output */
};

static int launch_tile(struct launch_list *list, const char *options, const struct tile_plan *plan,
                       const struct part *part, const struct tile_buffers *buffers, int accumulate,
                       const struct conv2d_finish *finish)
{
    const struct conv2d_shape *d = &plan->d;
    const int rows = d->N * tile_divide_up(d->P - part->p_first, d->every);
    const int tiles = row_tiles(plan, part);
    const struct device_traits *traits = device_traits(launch_list_device(list));
    if (plan->thin) {
        return LAUNCH(
            list, "conv2d_thin", options, "conv2d_thin",
            tile_grid(rows * tiles * plan->shared, 1, traits), ARG(buffers->x), ARG(buffers->u),
            ARG(buffers->y), ARG(d->N), ARG(d->P), ARG(d->Q), ARG(rows / d->N), ARG(part->columns),
            ARG(d->every), ARG(part->p_first), ARG(part->q_first), ARG(tiles), ARG(d->H), ARG(d->W),
            ARG(d->R), ARG(d->S), ARG(part->R), ARG(part->r_first), ARG(part->s_first),
            ARG(part->top), ARG(part->left), ARG(d->C / plan->tile.VW), ARG(accumulate),
            ARG(finish->parts), ARG(finish->bias), ARG(finish->addend), ARG(finish->slope));
    }
    const int x_first = (d->S / 2 + part->left) * d->C + part->k_first;
    const int u_first = part->s_first * d->C + part->k_first;
    return LAUNCH(list, "conv2d", options, "conv2d_tile",
                  tile_grid(rows * tiles * plan->blocks, 1, traits), ARG(buffers->x),
                  ARG(buffers->u), ARG(buffers->y), ARG(d->N), ARG(d->P), ARG(d->Q), ARG(d->K),
                  ARG(d->every), ARG(part->p_first), ARG(part->q_first), ARG(tiles),
                  ARG(plan->blocks), ARG(d->H), ARG(d->R), ARG(part->R), ARG(part->r_first),
                  ARG(d->stride), ARG(part->top), ARG(x_first), ARG(plan->padding.pitch),
                  ARG(d->stride * d->C), ARG(u_first), ARG(d->S * d->C), ARG(part->runs),
                  ARG(part->depth), ARG(plan->channels_first), ARG(accumulate), ARG(finish->parts),
                  ARG(finish->bias), ARG(finish->addend), ARG(finish->slope));
}

/* The convolution of one phase: in one launch, or in as many as the device's limit asks for. The
 * first one stores, taps or not; the last one finishes. */
static int launch_phase(struct launch_list *list, const struct tile_plan *plan,
                        const struct part *whole, const struct tile_buffers *buffers,
                        int accumulate, const struct conv2d_finish *finish)
{
    static const struct conv2d_finish not_yet;
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct conv2d_shape *d = &plan->d;
    const int iterations = plan->thin ? thin_iterations(plan) : tile_iterations(plan->tile);
    const int most = tile_most_steps(iterations, traits);
    const int steps = plan->thin ? d->C / plan->tile.VW : whole->runs * whole->run;
    const int r_most = tile_max(1, most / tile_max(1, steps));
    const int k_most = plan->thin ? whole->run : tile_max(1, most / tile_max(1, whole->runs));
    char options[TILE_OPTIONS + 64];
    tile_options(options, plan->tile);
    const size_t length = strlen(options);
    if (plan->thin)
        snprintf(options + length, sizeof options - length,
                 " -DTAPS=%d -DSTRIDE=%d -DLS=%d -DLANES=%d", tile_max(1, part_taps(whole, d)),
                 d->stride, elementwise_group(traits), plan->shared);

    struct part part = *whole;
    int r = 0;
    do {
        part.R = tile_min(r_most, whole->R - r);
        part.top = whole->top + r;
        part.r_first = whole->r_first + r * d->every;
        for (int k = 0; k < whole->run; k += k_most) {
            part.k_first = k;
            part.depth = tile_min(k_most, whole->run - k);
            const bool last = r + r_most >= whole->R && k + k_most >= whole->run;
            TRY(launch_tile(list, options, plan, &part, buffers, accumulate,
                            last ? finish : &not_yet));
            accumulate = 1;
        }
        r += r_most;
    } while (r < whole->R);
done:
    return status;
}

int conv2d_direct_launch(const struct op_call *call, const struct op_buffers *buffers,
                         struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct tile_plan plan = plan_tile(call, traits);
    const struct conv2d_shape *d = &plan.d;
    const int accumulate = (int)(call->accumulate & 1u);
    const struct conv2d_finish finish = conv2d_finish_of(call, buffers);
    struct tile_buffers tiles = {buffers->in[0], buffers->in[1], buffers->out[0]};

    if (!plan.thin) {
        char options[TILE_OPTIONS];
        tile_options(options, plan.tile);
        tiles.x = buffers->workspace;
        TRY(conv2d_launch_pad(list, options, &plan.padding, buffers->in[0], tiles.x));
    }
    for (int p = 0; p < tile_min(d->every, d->P); p++)
        for (int q = 0; q < tile_min(d->every, d->Q); q++) {
            const struct part whole = part_make(d, p, q);
            TRY(launch_phase(list, &plan, &whole, &tiles, accumulate, &finish));
        }
done:
    return status;
}

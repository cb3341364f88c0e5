#include "ops/conv2d_direct.h"

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
                             .dilation = 1};
    if (call->kind == OP_conv2d_backward_data) {
        d.stride = 1;
        d.dilation = stride;
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
    struct conv2d_padding p = {.target_rows = (d->H - 1) * d->dilation + 1,
                               .source_rows = d->H,
                               .dilation = d->dilation,
                               .pitch = columns * d->C,
                               .left = d->S / 2 * d->C,
                               .pixels = d->W,
                               .channels = d->C,
                               .step = d->dilation * d->C};
    p.rows = d->N * p.target_rows;
    if (d->dilation == 1) { /* a row is one run of floats */
        p.channels = p.step = d->W * d->C;
        p.pixels = 1;
    }
    return p;
}

int conv2d_launch_pad(struct launch_list *list, const char *options, const struct conv2d_padding *p,
                      struct buffer *source, struct buffer *target)
{
    const struct device_traits *traits = device_traits(launch_list_device(list));
    int chunk = elementwise_is_cpu(traits) ? tile_min(p->pitch, tile_most_steps(2, traits)) : 1;
    return LAUNCH(list, "conv2d", options, "conv2d_pad",
                  tile_grid(tile_divide_up(p->pitch, chunk), p->rows, traits), ARG(source),
                  ARG(target), ARG(p->rows), ARG(p->target_rows), ARG(p->source_rows),
                  ARG(p->dilation), ARG(p->pitch), ARG(p->left), ARG(p->pixels), ARG(p->channels),
                  ARG(p->step), ARG(chunk));
}

/* ---- Forward and backward_data ---- */

const struct op_tunable conv2d_direct_tunables[] = {
    TILE_TUNABLE_ROWS("the tile with the least work that fits the registers"),
    TILE_TUNABLE_VECTORS("as rows"),
    {0},
};

struct tile_plan {
    struct conv2d_shape d;
    struct tile tile;
    bool thin;          /* conv2d_thin instead of conv2d_tile */
    int channels_first; /* as in conv2d_tile */
    int blocks, lanes, row_tiles;
    struct conv2d_padding padding;
};

/* Few output channels leave most lanes of a vector empty: vectors of input channels then do more in
 * a step than they lose by the sum over their lanes. */
static int thin_vector(const struct conv2d_shape *d, const struct device_traits *traits)
{
    int VW = traits->vector_width;
    while (d->C % VW != 0) VW /= 2;
    return VW >= 4 * tile_vector(d->K, traits) ? VW : 0;
}

static struct tile_plan plan_tile(const struct op_call *call, const struct device_traits *traits)
{
    struct tile_plan plan = {.d = conv2d_direct_shape(call)};
    const struct conv2d_shape *d = &plan.d;
    int thin = thin_vector(d, traits);
    if (thin) {
        plan.thin = true;
        plan.tile = tile_choose(d->Q, 1, thin, elementwise_is_cpu(traits) ? 14 : 4, false, traits);
        plan.tile = tile_tuned(plan.tile, call, 1, 0);
        plan.lanes = 1;
    } else {
        int VW = tile_vector(d->K, traits);
        plan.tile = tile_tuned(tile_choose(d->Q, d->K, VW, 14, false, traits), call, 0, 0);
        plan.lanes = VW * plan.tile.NV;
        plan.channels_first = !elementwise_is_cpu(traits);
    }
    plan.blocks = tile_divide_up(d->K, plan.lanes);
    plan.row_tiles = tile_divide_up(d->Q, plan.tile.MR);
    /* Columns for whole tiles, so that the last one reads within its row. */
    plan.padding = conv2d_pad_input(d, (plan.row_tiles * plan.tile.MR - 1) * d->stride + d->S);
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
    return tile_piece(conv2d_padding_floats(&plan.padding));
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

/* One launch for filter rows r .. r_end-1 and depths k .. k_end-1 (floats; vectors if thin). */
static int launch_tile(struct launch_list *list, const char *options, const struct tile_plan *plan,
                       struct buffer *const part[3], int r, int r_end, int k, int k_end,
                       int accumulate)
{
    const struct conv2d_shape *d = &plan->d;
    const int rows = d->N * d->P, unit = plan->thin ? plan->tile.VW : 1;
    const int pitch = plan->padding.pitch / unit, step = d->stride * d->C / unit;
    const int depth = d->S * d->C / unit;
    struct launch_grid grid = tile_grid(rows * plan->row_tiles * plan->blocks, 1,
                                        device_traits(launch_list_device(list)));
    if (plan->thin) {
        return LAUNCH(list, "conv2d", options, "conv2d_thin", grid, ARG(part[0]), ARG(part[1]),
                      ARG(part[2]), ARG(rows), ARG(plan->row_tiles), ARG(d->P), ARG(d->Q),
                      ARG(d->K), ARG(plan->padding.target_rows), ARG(d->R), ARG(d->stride),
                      ARG(pitch), ARG(step), ARG(depth), ARG(r), ARG(r_end), ARG(k), ARG(k_end),
                      ARG(accumulate));
    }
    return LAUNCH(list, "conv2d", options, "conv2d_tile", grid, ARG(part[0]), ARG(part[1]),
                  ARG(part[2]), ARG(rows), ARG(plan->row_tiles), ARG(plan->blocks), ARG(d->P),
                  ARG(d->Q), ARG(d->K), ARG(plan->padding.target_rows), ARG(d->R), ARG(d->stride),
                  ARG(pitch), ARG(step), ARG(depth), ARG(r), ARG(r_end), ARG(k), ARG(k_end),
                  ARG(plan->channels_first), ARG(accumulate));
}

int conv2d_direct_launch(const struct op_call *call, const struct op_buffers *buffers,
                         struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct tile_plan plan = plan_tile(call, traits);
    const struct conv2d_shape d = plan.d;
    int accumulate = (int)(call->accumulate & 1u);
    char options[TILE_OPTIONS];
    struct buffer *part[3] = {buffers->workspace, buffers->in[1], buffers->out[0]};

    tile_options(options, plan.tile);
    TRY(conv2d_launch_pad(list, options, &plan.padding, buffers->in[0], part[0]));

    int depth = d.S * d.C / (plan.thin ? plan.tile.VW : 1);
    int most = tile_most_steps(tile_iterations(plan.tile), traits);
    int r_most = tile_min(d.R, tile_max(1, most / depth)), k_most = tile_min(depth, most);
    for (int r = 0; r < d.R; r += r_most)
        for (int k = 0; k < depth; k += k_most) {
            TRY(launch_tile(list, options, &plan, part, r, tile_min(d.R, r + r_most), k,
                            tile_min(depth, k + k_most), accumulate));
            accumulate = 1;
        }
done:
    return status;
}

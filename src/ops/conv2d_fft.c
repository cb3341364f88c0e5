#include "ops/conv2d_fft.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ops/conv2d_winograd.h"
#include "ops/tile.h"

enum { ITEMS_PER_CORE = 8 }; /* so that the last ones to end do not end much later */

/* ---- What it takes ---- */

bool conv2d_fft_supports(const struct op_call *call, const struct device_traits *traits)
{
    if (!traits->cpu || traits->loop_limit != UINT64_MAX || call->attributes.stride != 1)
        return false;
    const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, 0, traits);
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const int other = weights ? call->in[1].shape.c : call->out[0].shape.c;
    return maps.R >= 3 && maps.R <= 7 && maps.S >= 3 && maps.S <= 7 && maps.group > 0 &&
           maps.VW >= CONV2D_FFT_TILE && maps.C >= maps.VW && other >= maps.VW &&
           (weights ? conv2d_fft_weights_fit(call, traits) : conv2d_fft_products_fit(call, traits));
}

double conv2d_fft_flops(const struct op_call *call)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct device_traits any = {.vector_width = 1};
    const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, 0, &any);
    const int other = weights ? call->in[1].shape.c : call->out[0].shape.c;
    const double slots =
        (double)conv2d_fft_axis_x(&maps).length / 2 * conv2d_fft_axis_y(&maps).length;
    return 2.0 * 3.0 * slots * conv2d_fft_windows(&maps) * maps.C * other;
}

/* Winograd's points stay in the caches, spectra go through memory, but need fewer products: are
 * there enough of these for the bytes? A CPU does some 20 flops in the time of a byte. */
static bool is_worth_memory(const struct op_call *call, const struct device_traits *traits)
{
    const struct conv2d_fft_maps in = conv2d_fft_maps_of(call, 0, traits);
    const struct conv2d_fft_maps out = conv2d_fft_maps_of(call, -1, traits);
    const double bytes = 2.0 * (double)(conv2d_fft_bytes(&in) + conv2d_fft_bytes(&out));
    return conv2d_winograd_flops(call) - conv2d_fft_flops(call) > 20 * bytes;
}

bool conv2d_fft_preferred(const struct op_call *call, const struct device_traits *traits)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, 0, traits);
    const int other = weights ? call->in[1].shape.c : call->out[0].shape.c;
    /* In training two passes share each spectrum, and batch-norm is part of the transforms. */
    const bool alone = call->kind == OP_conv2d_infer && conv2d_winograd_supports(call, traits) &&
                       conv2d_winograd_preferred(call, traits);
    /* The filters are transformed anew for every call: few maps are not worth it. */
    return conv2d_fft_windows(&maps) >= 8 && tile_min(maps.C, other) >= 16 &&
           conv2d_fft_flops(call) < 0.1 * op_cost_of(call).flops &&
           (!alone || is_worth_memory(call, traits));
}

/* ---- Filters ---- */

_Static_assert(sizeof(struct conv2d_fft_filters) <= sizeof(((struct op_form *)0)->parameters),
               "a form holds what describes filters");

void conv2d_fft_product_options(char text[CONV2D_FFT_OPTIONS], const struct conv2d_fft_filters *f)
{
    const struct fft_window window = {f->FX, 0, f->FX, f->FY, 0, f->FY};
    char of_window[FFT_OPTIONS];
    fft_window_options(of_window, &window);
    snprintf(text, CONV2D_FFT_OPTIONS, "-DVW=%d -DMR=%d -DNV=%d -DBLOCK_ROWS=%d -DR=%d -DS=%d %s",
             f->VW, (int)CONV2D_FFT_TILE, conv2d_fft_tile_vectors(f), (int)CONV2D_FFT_ROWS, f->R,
             f->S, of_window);
}

struct conv2d_fft_filters conv2d_fft_filters_of(const struct op_call *call,
                                                const struct device_traits *traits)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, 0, traits);
    return (struct conv2d_fft_filters){.FX = conv2d_fft_axis_x(&maps).length,
                                       .FY = conv2d_fft_axis_y(&maps).length,
                                       .R = maps.R,
                                       .S = maps.S,
                                       .C = maps.C,
                                       .K = weights ? call->in[1].shape.c : call->out[0].shape.c,
                                       .VW = maps.VW,
                                       .flip = call->kind == OP_conv2d_backward_data};
}

int conv2d_fft_tile_vectors(const struct conv2d_fft_filters *f)
{
    /* Of 32 registers 4 * 4 sums and 5 operands leave some for the next ones, of 16 4 * 2 and 3.
     * Many channels: a panel as wide as a tile has to fit the scratch. */
    const int vectors = conv2d_fft_vectors(f->K, f->VW);
    const int most = f->VW < 16 || f->C > 256 ? 2 : 4;
    return vectors % most == 0 ? most : vectors % 2 == 0 ? 2 : 1;
}

static int launch_filters(const struct op_form *form, struct buffer *source, struct buffer *target,
                          struct launch_list *list)
{
    struct conv2d_fft_filters f;
    char options[CONV2D_FFT_OPTIONS];
    memcpy(&f, form->parameters, sizeof f);
    const int vectors = conv2d_fft_vectors(f.K, f.VW), C = conv2d_fft_vectors(f.C, f.VW) * f.VW;
    const int in_stride = f.flip ? 1 : f.K, out_stride = f.flip ? f.C : 1;
    conv2d_fft_product_options(options, &f);
    launch_list_maker(list, fft_make_source);
    const int status = LAUNCH(list, "conv2d_fft", options, "conv2d_fft_filter",
                              conv2d_fft_grid(C * vectors), ARG(source), ARG(target), ARG(f.C),
                              ARG(f.K), ARG(in_stride), ARG(out_stride), ARG(C), ARG(vectors));
    launch_list_maker(list, NULL);
    return status;
}

static void filters_form(const struct op_call *call, const struct device_traits *traits,
                         struct op_form *form)
{
    const struct conv2d_fft_filters f = conv2d_fft_filters_of(call, traits);
    const size_t channels = (size_t)conv2d_fft_vectors(f.C, f.VW) * (size_t)f.VW;
    const size_t outputs = (size_t)conv2d_fft_vectors(f.K, f.VW) * (size_t)f.VW;
    form->name = "filters by rows";
    form->bytes = tile_piece((size_t)f.FX / 2 * channels * outputs * (size_t)f.R * 2);
    form->launch = launch_filters;
    memcpy(form->parameters, &f, sizeof f);
}

void conv2d_fft_form(const struct op_call *call, int input, const struct device_traits *traits,
                     struct op_form *form)
{
    const bool weights = call->kind == OP_conv2d_backward_weights;
    if (input == 1 && !weights) {
        filters_form(call, traits, form);
    } else if (input == 0 || (input == 1 && weights)) {
        const struct conv2d_fft_maps maps = conv2d_fft_maps_of(call, input, traits);
        conv2d_fft_maps_form(&maps, form);
    }
}

/* ---- Products ---- */

struct product_plan {
    struct conv2d_fft_maps in, out;
    int FX, FY, rows;
    int C;       /* with padding */
    int vectors; /* of output channels */
    int NV, panel_vectors, parts;
    size_t panel, left, kept; /* bytes of local memory */
};

static struct product_plan plan_product(const struct op_call *call,
                                        const struct device_traits *traits)
{
    struct product_plan plan = {.in = conv2d_fft_maps_of(call, 0, traits),
                                .out = conv2d_fft_maps_of(call, -1, traits)};
    const struct conv2d_fft_filters filters = conv2d_fft_filters_of(call, traits);
    const int VW = plan.in.VW;
    const size_t vector = (size_t)VW * sizeof(float), limit = conv2d_fft_local_bytes(traits);
    plan.FX = conv2d_fft_axis_x(&plan.in).length;
    plan.FY = conv2d_fft_axis_y(&plan.in).length;
    plan.rows = conv2d_fft_rows(&plan.in);
    plan.C = conv2d_fft_vectors(plan.in.C, VW) * VW;
    plan.vectors = conv2d_fft_vectors(plan.out.C, VW);
    plan.NV = conv2d_fft_tile_vectors(&filters);
    const size_t block_rows = (size_t)tile_min(plan.rows, CONV2D_FFT_ROWS);
    plan.left = CONV2D_FFT_TILE * (size_t)plan.C * sizeof(float);
    plan.kept = block_rows * (size_t)plan.NV * vector;
    const size_t others = plan.left + plan.kept, one = 6 * (size_t)plan.C * vector;
    const int most = limit > others ? (int)((limit - others) / one) : 0;
    plan.panel_vectors = tile_min(plan.vectors, most) / plan.NV * plan.NV;
    plan.panel = one * (size_t)plan.panel_vectors;
    plan.parts =
        tile_min(plan.FY / 2, tile_divide_up(ITEMS_PER_CORE * traits->compute_units, plan.FX / 2));
    return plan;
}

bool conv2d_fft_products_fit(const struct op_call *call, const struct device_traits *traits)
{
    return plan_product(call, traits).panel_vectors > 0;
}

size_t conv2d_fft_workspace(const struct op_call *call, const struct device_traits *traits)
{
    const struct conv2d_fft_maps out = conv2d_fft_maps_of(call, -1, traits);
    return conv2d_fft_bytes(&out);
}

int conv2d_fft_launch(const struct op_call *call, const struct op_buffers *buffers,
                      struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct product_plan plan = plan_product(call, traits);
    const struct conv2d_fft_filters filters = conv2d_fft_filters_of(call, traits);
    const float sign = call->kind == OP_conv2d_backward_data ? 1.0f : -1.0f;
    char options[CONV2D_FFT_OPTIONS];
    conv2d_fft_product_options(options, &filters);
    launch_list_maker(list, fft_make_source);
    TRY(LAUNCH(list, "conv2d_fft", options, "conv2d_fft_multiply",
               conv2d_fft_grid(plan.FX / 2 * plan.parts), ARG(buffers->in[0]), ARG(buffers->in[1]),
               ARG(buffers->workspace), ARG(plan.rows), ARG(plan.C), ARG(plan.vectors),
               ARG(plan.parts), ARG(plan.panel_vectors), ARG(sign), launch_local(plan.panel),
               launch_local(plan.left), launch_local(plan.kept)));
    const struct conv2d_finish finish = conv2d_finish_of(call, buffers);
    TRY(conv2d_fft_launch_inverse(list, &plan.out, buffers, &finish, (int)(call->accumulate & 1u)));
done:
    launch_list_maker(list, NULL);
    return status;
}

#include "ops/conv2d_fft.h"
#include "ops/tile.h"

enum {
    MOST_PAIRS = 4, /* more of them save little of the reading and writing of sums */
    PACKING = 8,    /* the gradients are packed in the time of the products of so many channels */
};

struct weights_plan {
    struct conv2d_fft_maps x, dy;
    int FX, FY, rows;
    int x_vectors, vectors; /* of channels of x and dy */
    int parts, part_vectors, pairs;
    size_t panel, left, products; /* bytes of local memory */
};

/* Scratch for items of part_vectors; false: it does not fit. No result depends on it. */
static bool fill_scratch(struct weights_plan *plan, int part_vectors, size_t limit)
{
    const size_t vector = (size_t)plan->x.VW * sizeof(float);
    const size_t block_rows = (size_t)tile_min(plan->rows, CONV2D_FFT_ROWS);
    const size_t vectors = (size_t)plan->vectors, part = (size_t)part_vectors;
    plan->part_vectors = part_vectors;
    plan->panel = 3 * block_rows * vectors * vector;
    plan->left = 3 * block_rows * part * vector;
    for (plan->pairs = tile_min(MOST_PAIRS, plan->FY / 2); plan->pairs > 0; plan->pairs--) {
        plan->products = (size_t)plan->pairs * 4 * part * (size_t)plan->x.VW * vectors * vector;
        if (plan->panel + plan->left + plan->products <= limit) return true;
    }
    return false;
}

static struct weights_plan plan_weights(const struct op_call *call,
                                        const struct device_traits *traits)
{
    struct weights_plan plan = {.x = conv2d_fft_maps_of(call, 0, traits),
                                .dy = conv2d_fft_maps_of(call, 1, traits)};
    const size_t limit = conv2d_fft_local_bytes(traits);
    const int VW = plan.x.VW;
    plan.FX = conv2d_fft_axis_x(&plan.x).length;
    plan.FY = conv2d_fft_axis_y(&plan.x).length;
    plan.rows = conv2d_fft_rows(&plan.x);
    plan.x_vectors = conv2d_fft_vectors(plan.x.C, VW);
    plan.vectors = conv2d_fft_vectors(plan.dy.C, VW);
    int best = 0, least = 0;
    for (int parts = 1; parts <= plan.x_vectors; parts++) {
        const int part = tile_divide_up(plan.x_vectors, parts);
        const int items = plan.FX / 2 * tile_divide_up(plan.x_vectors, part);
        const int time = tile_divide_up(items, traits->compute_units) * (part * VW + PACKING);
        if (!fill_scratch(&plan, part, limit) || (best && time >= least)) continue;
        best = part;
        least = time;
    }
    if (best) fill_scratch(&plan, best, limit);
    plan.parts = best ? tile_divide_up(plan.x_vectors, best) : 0;
    return plan;
}

bool conv2d_fft_weights_fit(const struct op_call *call, const struct device_traits *traits)
{
    return plan_weights(call, traits).parts > 0;
}

size_t conv2d_fft_weights_workspace(const struct op_call *call, const struct device_traits *traits)
{
    const struct weights_plan plan = plan_weights(call, traits);
    const size_t VW = (size_t)plan.x.VW;
    return tile_piece((size_t)plan.FX / 2 * (size_t)plan.x_vectors * VW * (size_t)plan.vectors *
                      VW * (size_t)plan.x.R * 2);
}

int conv2d_fft_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                              struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct weights_plan plan = plan_weights(call, traits);
    const struct conv2d_fft_filters filters = conv2d_fft_filters_of(call, traits);
    const int accumulate = (int)(call->accumulate & 1u), C = plan.x_vectors * plan.x.VW;
    char options[CONV2D_FFT_OPTIONS];
    conv2d_fft_product_options(options, &filters);
    launch_list_maker(list, fft_make_source);
    TRY(LAUNCH(list, "conv2d_fft_weights", options, "conv2d_fft_weights",
               conv2d_fft_grid(plan.FX / 2 * plan.parts), ARG(buffers->in[0]), ARG(buffers->in[1]),
               ARG(buffers->workspace), ARG(plan.rows), ARG(plan.x_vectors), ARG(plan.vectors),
               ARG(plan.parts), ARG(plan.part_vectors), ARG(plan.pairs), launch_local(plan.panel),
               launch_local(plan.left), launch_local(plan.products)));
    TRY(LAUNCH(list, "conv2d_fft_weights", options, "conv2d_fft_taps",
               conv2d_fft_grid(plan.x.C * plan.vectors), ARG(buffers->workspace),
               ARG(buffers->out[0]), ARG(plan.x.C), ARG(plan.dy.C), ARG(C), ARG(plan.vectors),
               ARG(accumulate)));
done:
    launch_list_maker(list, NULL);
    return status;
}

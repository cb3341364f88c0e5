/* Cases of the convolution's three passes. */
#include "verify/cases.h"
#include "verify/layers.h"

struct geometry {
    int n, h, w, c, k, r, s, stride;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double usual_slope = 0.2; /* of a leaky ReLU */

/* The three passes of training of one convolution. */
static int add_passes(struct case_list *list, const struct geometry *g, unsigned accumulate,
                      bool full)
{
    int status = SAAE_OK;
    int p = (g->h - 1) / g->stride + 1, q = (g->w - 1) / g->stride + 1;
    struct tensor_type x = tensor_f32(g->n, g->h, g->w, g->c), y = tensor_f32(g->n, p, q, g->k);
    struct tensor_type w = tensor_f32(g->r, g->s, g->c, g->k);
    struct op_attributes forward = {.stride = g->stride};
    struct op_attributes data = {.stride = g->stride, .height = g->h, .width = g->w};
    struct op_attributes weights = {.stride = g->stride, .filter_h = g->r, .filter_w = g->s};
    struct op_call calls[] = {
        {.kind = OP_conv2d_forward, .attributes = forward, .in = {x, w}},
        {.kind = OP_conv2d_backward_data, .attributes = data, .in = {y, w}},
        {.kind = OP_conv2d_backward_weights, .attributes = weights, .in = {x, y}},
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i].inputs = 2;
        calls[i].accumulate = accumulate;
        TRY(cases_add(list, &(struct verify_case){.call = calls[i], .full = full}));
    }
done:
    return status;
}

/* Corners: single pixels, rows, columns, filters larger than the image, filters that are not
 * square, strides on odd and even sizes. Each overwriting and adding. */
static const struct geometry corners[] = {
    {1, 1, 1, 1, 1, 1, 1, 1},     {1, 1, 1, 1, 1, 3, 3, 1},    {1, 1, 1, 16, 16, 5, 5, 1},
    {2, 1, 1, 3, 5, 5, 5, 2},     {1, 1, 7, 2, 3, 3, 5, 1},    {1, 7, 1, 3, 2, 5, 3, 1},
    {2, 2, 2, 1, 1, 7, 7, 1},     {1, 5, 5, 1, 1, 1, 1, 1},    {3, 5, 7, 3, 16, 1, 1, 1},
    {2, 6, 6, 4, 8, 3, 1, 1},     {2, 6, 6, 8, 4, 1, 3, 1},    {1, 9, 8, 5, 3, 7, 5, 1},
    {1, 7, 7, 3, 4, 3, 3, 2},     {2, 8, 8, 4, 3, 3, 3, 2},    {1, 8, 7, 16, 17, 5, 5, 2},
    {1, 2, 3, 5, 16, 5, 3, 2},    {5, 3, 3, 2, 2, 3, 3, 1},    {7, 4, 4, 1, 16, 5, 5, 1},
    {7, 4, 4, 16, 1, 5, 5, 1},    {1, 29, 3, 4, 4, 3, 3, 1},   {1, 3, 29, 4, 4, 3, 3, 2},
    {2, 13, 11, 64, 32, 3, 3, 1}, {1, 6, 5, 128, 3, 3, 3, 1},  {1, 6, 5, 3, 130, 3, 3, 1},
    {64, 4, 4, 3, 5, 3, 3, 1},    {33, 2, 2, 16, 16, 3, 3, 1}, {2, 64, 64, 3, 4, 3, 3, 2},
    {1, 14, 14, 32, 32, 5, 5, 2}, {2, 10, 10, 1, 64, 5, 5, 1}, {2, 10, 10, 64, 1, 5, 5, 2},
    {2, 5, 6, 3, 17, 1, 1, 2},    {2, 5, 6, 1, 16, 1, 1, 2},   {2, 9, 10, 1, 64, 5, 5, 2},
};

/* For algorithms that work on tiles of several rows: channels that are no whole vectors, tiles that
 * hang over both edges; one tile with many output channels; many tiles. For transforms: maps of
 * several windows along one axis and both, filters that are not square, so many channels that their
 * products are divided. */
static const struct geometry tiled[] = {
    {3, 17, 11, 19, 35, 5, 5, 1}, {1, 3, 4, 16, 80, 3, 3, 1},   {2050, 2, 2, 16, 16, 3, 3, 1},
    {1, 61, 5, 16, 17, 5, 5, 1},  {2, 50, 51, 19, 16, 3, 5, 1}, {3, 9, 8, 16, 32, 7, 3, 1},
    {1, 3, 4, 80, 16, 3, 5, 1},   {1, 2, 2, 176, 192, 3, 3, 1},
};

/* infer: a bias alone, then what is added too. */
static int add_infer(struct case_list *list, const struct geometry *g, double slope, bool full)
{
    int status = SAAE_OK;
    int p = (g->h - 1) / g->stride + 1, q = (g->w - 1) / g->stride + 1;
    struct verify_case item = {
        .call = {.kind = OP_conv2d_infer,
                 .attributes = {.stride = g->stride, .slope = slope},
                 .in = {tensor_f32(g->n, g->h, g->w, g->c), tensor_f32(g->r, g->s, g->c, g->k),
                        tensor_f32(1, 1, 1, g->k), tensor_f32(g->n, p, q, g->k)}},
        .full = full,
    };
    for (item.call.inputs = 3; item.call.inputs <= 4; item.call.inputs++) {
        TRY(cases_add(list, &item));
    }
done:
    return status;
}

static int add_infers(struct case_list *list)
{
    static const double slopes[] = {0.25, 0.0, 1.0}; /* floats: exact on small integers */
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(corners); i++) {
        TRY(add_infer(list, &corners[i], slopes[i % COUNT(slopes)], false));
    }
    for (size_t i = 0; i < COUNT(tiled); i++) TRY(add_infer(list, &tiled[i], usual_slope, false));
done:
    return status;
}

static int add_channel_sweep(struct case_list *list)
{
    static const int channels[] = {1, 3, 5, 15, 16, 17, 31, 33};
    int status = SAAE_OK;
    for (size_t c = 0; c < COUNT(channels); c++) {
        for (size_t k = 0; k < COUNT(channels); k++) {
            struct geometry g = {2, 4, 5, channels[c], channels[k], 3, 3, 1};
            TRY(add_passes(list, &g, 0, false));
        }
    }
done:
    return status;
}

static int add_width_sweep(struct case_list *list)
{
    static const int widths[] = {1, 2, 5, 7, 8, 13, 14, 15, 28, 29};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(widths); i++) {
        struct geometry odd = {1, 3, widths[i], 3, 17, 3, 3, 1};
        struct geometry whole = {1, 4, widths[i], 16, 32, 5, 5, 1};
        struct geometry half = {2, 5, widths[i], 4, 16, 5, 5, 2};
        TRY(add_passes(list, &odd, 0, false));
        TRY(add_passes(list, &whole, 1, false));
        TRY(add_passes(list, &half, 0, false));
    }
done:
    return status;
}

static int add_layers(struct case_list *list, int batch, bool full)
{
    int status = SAAE_OK;
    for (int preset = 0; preset < LAYERS_PRESETS; preset++) {
        struct layers_convolution layers[LAYERS_CONVOLUTIONS];
        layers_list_convolutions(&layers_presets[preset], layers);
        for (int i = 0; i < LAYERS_CONVOLUTIONS; i++) {
            const struct layers_convolution *l = &layers[i];
            struct geometry g = {batch, l->size, l->size, l->in, l->out, l->filter, l->filter, 1};
            TRY(add_passes(list, &g, 0, full));
            TRY(add_infer(list, &g, usual_slope, full));
        }
    }
done:
    return status;
}

int cases_add_conv2d(struct case_list *list)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(corners); i++) {
        TRY(add_passes(list, &corners[i], 0, false));
        TRY(add_passes(list, &corners[i], 1, false));
    }
    TRY(add_infers(list));
    TRY(add_channel_sweep(list));
    TRY(add_width_sweep(list));
    TRY(add_layers(list, LAYERS_BATCH, false));
    TRY(add_layers(list, LAYERS_BATCH_FULL, true));
    for (size_t i = 0; i < COUNT(tiled); i++) TRY(add_passes(list, &tiled[i], 0, false));
done:
    return status;
}

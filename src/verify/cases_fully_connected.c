/* Cases of the fully connected layer's three passes. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Rows of h x w x c -> rows of height x width x channels; height 0: 1 x 1 x channels by default. */
struct geometry {
    int n, h, w, c, height, width, channels;
};

static int add_passes(struct case_list *list, const struct geometry *g, unsigned accumulate,
                      bool full)
{
    int status = SAAE_OK;
    int tall = g->height ? g->height : 1, wide = g->height ? g->width : 1;
    struct tensor_type x = tensor_f32(g->n, g->h, g->w, g->c);
    struct tensor_type y = tensor_f32(g->n, tall, wide, g->channels);
    struct tensor_type w = tensor_f32(1, 1, g->h * g->w * g->c, tall * wide * g->channels);
    struct op_attributes open = {0}, rows = {.height = g->h, .width = g->w, .channels = g->c};
    struct op_attributes shaped = {.height = tall, .width = wide, .channels = g->channels};
    struct op_call calls[] = {
        {.kind = OP_fully_connected_forward, .attributes = g->height ? shaped : open, .in = {x, w}},
        {.kind = OP_fully_connected_backward_data, .attributes = rows, .in = {y, w}},
        {.kind = OP_fully_connected_backward_weights, .in = {x, y}},
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        calls[i].inputs = 2;
        calls[i].accumulate = accumulate;
        TRY(cases_add(list, &(struct verify_case){.call = calls[i], .full = full}));
    }
done:
    return status;
}

static const struct geometry corners[] = {
    {1, 1, 1, 1, 0, 0, 1},
    {1, 1, 1, 1, 0, 0, 16},
    {1, 1, 1, 16, 0, 0, 1},
    {2, 1, 1, 3, 0, 0, 5},
    {3, 2, 3, 5, 0, 0, 7},
    {2, 1, 1, 15, 0, 0, 17},
    {5, 1, 1, 17, 0, 0, 15},
    {7, 1, 1, 31, 0, 0, 33},
    {8, 1, 1, 33, 0, 0, 31},
    {13, 1, 1, 16, 0, 0, 16},
    {14, 4, 4, 2, 3, 5, 7},
    {15, 3, 3, 3, 4, 4, 1},
    {16, 1, 1, 64, 0, 0, 11},
    {17, 1, 1, 256, 0, 0, 11},
    {1, 1, 1, 4099, 0, 0, 3},
    {2, 1, 1, 3, 7, 7, 83},
    {64, 1, 1, 5, 0, 0, 3},
    {65, 1, 1, 32, 0, 0, 48},
    {1, 1, 1, 997, 0, 0, 101},
    {4, 1, 1, 12, 0, 0, 20},
    {100, 1, 1, 7, 0, 0, 9},
    /* large enough for blocks: more than one of rows, of columns and of depths */
    {130, 1, 1, 150, 0, 0, 75},
    {66, 1, 1, 2100, 0, 0, 144},
};

static int add_layers(struct case_list *list, int batch, bool full)
{
    int status = SAAE_OK;
    for (int i = 0; i < LAYERS_PRESETS; i++) {
        const struct layers_preset *p = &layers_presets[i];
        int size = p->size, half = p->size / 2, f = p->features;
        struct geometry layers[] = {
            {batch, size, size, f, 0, 0, p->style},  /* maps to the style vector */
            {batch, 1, 1, p->style, size, size, f},  /* and back */
            {batch, half, half, f, 0, 0, p->hidden}, /* D */
            {batch, 1, 1, p->hidden, 0, 0, 11},      /* D's logits */
            {batch, 1, 1, p->hidden, 0, 0, 1},       /* those of the binary D */
        };
        for (size_t l = 0; l < COUNT(layers); l++) TRY(add_passes(list, &layers[l], 0, full));
    }
done:
    return status;
}

int cases_add_fully_connected(struct case_list *list)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(corners); i++) {
        TRY(add_passes(list, &corners[i], 0, false));
        TRY(add_passes(list, &corners[i], 1, false));
    }
    TRY(add_layers(list, LAYERS_BATCH, false));
    TRY(add_layers(list, LAYERS_BATCH_FULL, true));
done:
    return status;
}

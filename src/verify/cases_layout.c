/* Cases of max_pool, concat, slice, gather and select. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int add_pool(struct case_list *list, struct shape s, bool full)
{
    static const enum value_kind kinds[] = {VALUE_NORMAL, VALUE_TIES};
    int status = SAAE_OK;
    struct tensor_type x = {s, DTYPE_F32}, dy = tensor_f32(s.n, s.h / 2, s.w / 2, s.c);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
            struct op_call down = {
                .kind = OP_max_pool_forward, .in = {x}, .inputs = 1, .accumulate = accumulate};
            struct op_call up = {
                .kind = OP_max_pool_backward, .in = {x, dy}, .inputs = 2, .accumulate = accumulate};
            struct verify_case forward = {.call = down, .in_values = {kinds[k]}, .full = full};
            struct verify_case backward = {.call = up, .in_values = {kinds[k]}, .full = full};
            TRY(cases_add(list, &forward));
            TRY(cases_add(list, &backward));
        }
    }
done:
    return status;
}

/* a channels and b channels; backward takes each of the two slices. */
static int add_concat(struct case_list *list, struct shape s, int a, int b, bool full)
{
    int status = SAAE_OK;
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        struct op_call forward = {
            .kind = OP_concat_forward,
            .in = {tensor_f32(s.n, s.h, s.w, a), tensor_f32(s.n, s.h, s.w, b)},
            .inputs = 2,
            .accumulate = accumulate,
        };
        TRY(cases_add(list, &(struct verify_case){.call = forward, .full = full}));
        for (int second = 0; second < 2; second++) {
            struct op_call backward = {
                .kind = OP_concat_backward,
                .attributes = {.offset = second ? a : 0, .channels = second ? b : a},
                .in = {tensor_f32(s.n, s.h, s.w, a + b)},
                .inputs = 1,
                .accumulate = accumulate,
            };
            TRY(cases_add(list, &(struct verify_case){.call = backward, .full = full}));
        }
    }
done:
    return status;
}

/* The first, a middle and the last `part` of x's w, both passes. */
static int add_slice(struct case_list *list, struct shape x, int part)
{
    int status = SAAE_OK;
    const int offsets[] = {0, (x.w - part) / 2, x.w - part};
    struct tensor_type dy = tensor_f32(x.n, x.h, part, x.c);
    for (unsigned i = 0; i < 2 * COUNT(offsets); i++) {
        struct op_call down = {.kind = OP_slice_forward,
                               .attributes = {.offset = offsets[i / 2], .width = part},
                               .in = {{x, DTYPE_F32}},
                               .inputs = 1,
                               .accumulate = i % 2};
        struct op_call up = {.kind = OP_slice_backward,
                             .attributes = {.offset = offsets[i / 2], .width = x.w},
                             .in = {dy},
                             .inputs = 1,
                             .accumulate = i % 2};
        TRY(cases_add(list, &(struct verify_case){.call = down}));
        TRY(cases_add(list, &(struct verify_case){.call = up}));
    }
done:
    return status;
}

static int add_slices(struct case_list *list)
{
    static const struct shape weights[] = {{1, 1, 2, 1},  {3, 3, 6, 5},   {5, 5, 32, 16},
                                           {3, 5, 16, 8}, {1, 1, 40, 17}, {5, 5, 128, 64}};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(weights); i++) {
        TRY(add_slice(list, weights[i], 1));
        TRY(add_slice(list, weights[i], weights[i].w / 2));
        TRY(add_slice(list, weights[i], weights[i].w));
    }
done:
    return status;
}

static int add_gather(struct case_list *list, struct shape pictures, int batch)
{
    static const enum value_kind kinds[] = {VALUE_LABEL, VALUE_LABEL_BEYOND};
    int status = SAAE_OK;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct verify_case item = {
            .call = {.kind = OP_gather_forward,
                     .in = {{pictures, DTYPE_U8}, {{batch, 1, 1, 1}, DTYPE_I32}},
                     .inputs = 2},
            .in_values = {VALUE_BYTE, kinds[k]},
        };
        TRY(cases_add(list, &item));
    }
done:
    return status;
}

/* Both passes, overwriting, and adding with indices out of range. */
static int add_select(struct case_list *list, struct shape x, int batch, bool full)
{
    int status = SAAE_OK;
    struct tensor_type index = {{batch, 1, 1, 1}, DTYPE_I32};
    struct tensor_type dy = tensor_f32(batch, x.h, x.w, x.c);
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        enum value_kind kind = accumulate ? VALUE_LABEL_BEYOND : VALUE_LABEL;
        struct op_call down = {.kind = OP_select_forward,
                               .in = {{x, DTYPE_F32}, index, dy},
                               .inputs = 2,
                               .accumulate = accumulate};
        struct op_call up = {.kind = OP_select_backward,
                             .attributes = {.count = x.n},
                             .in = {dy, index},
                             .inputs = 2,
                             .accumulate = accumulate};
        struct verify_case forward = {.call = down, .in_values = {[1] = kind}, .full = full};
        struct verify_case backward = {.call = up, .in_values = {[1] = kind}, .full = full};
        TRY(cases_add(list, &forward));
        TRY(cases_add(list, &backward));
        forward.call.inputs = 3;
        TRY(cases_add(list, &forward));
    }
done:
    return status;
}

/* Few of many rows, many of few, one; rows of every width. */
static int add_selects(struct case_list *list)
{
    static const struct shape sources[] = {
        {1, 1, 1, 1},  {3, 1, 1, 1},  {5, 3, 3, 3},   {10, 2, 2, 16}, {17, 1, 5, 13},
        {2, 7, 5, 32}, {1, 4, 4, 48}, {100, 1, 1, 8}, {3, 65, 31, 2}, {4, 1, 1, 4097},
    };
    static const int batches[] = {1, 2, 7, 64};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(sources); i++) {
        for (size_t b = 0; b < COUNT(batches); b++) {
            TRY(add_select(list, sources[i], batches[b], false));
        }
    }
    for (int i = 0; i < LAYERS_PRESETS; i++) {
        const struct layers_preset *p = &layers_presets[i];
        struct shape maps = {10, p->size, p->size, p->features};
        TRY(add_select(list, maps, LAYERS_BATCH_FULL, true));
    }
done:
    return status;
}

int cases_add_layout(struct case_list *list)
{
    static const struct shape maps[] = {
        {1, 2, 2, 1},  {1, 2, 3, 1},   {2, 3, 2, 3},   {1, 4, 4, 16}, {2, 5, 7, 5},   {3, 7, 5, 17},
        {1, 8, 8, 15}, {2, 13, 14, 4}, {1, 29, 28, 8}, {5, 2, 2, 33}, {1, 64, 64, 2},
    };
    static const int splits[][2] = {{1, 1},   {1, 2},   {3, 5},   {4, 4},   {15, 1},
                                    {16, 16}, {16, 17}, {31, 33}, {64, 64}, {8, 24}};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(maps); i++) TRY(add_pool(list, maps[i], false));
    for (size_t i = 0; i < COUNT(splits); i++) {
        TRY(add_concat(list, (struct shape){1, 1, 1, 1}, splits[i][0], splits[i][1], false));
        TRY(add_concat(list, (struct shape){2, 5, 7, 1}, splits[i][0], splits[i][1], false));
    }
    for (int i = 0; i < LAYERS_PRESETS; i++) {
        const struct layers_preset *p = &layers_presets[i];
        for (int full = 0; full < 2; full++) {
            int batch = full ? LAYERS_BATCH_FULL : LAYERS_BATCH;
            struct shape map = {batch, p->size, p->size, p->features};
            TRY(add_pool(list, map, full));
            TRY(add_concat(list, map, p->features, p->features, full));
        }
    }
    TRY(add_gather(list, (struct shape){1, 1, 1, 1}, 1));
    TRY(add_gather(list, (struct shape){5, 3, 3, 3}, 7));
    TRY(add_gather(list, (struct shape){100, 28, 28, 1}, 64));
    TRY(add_gather(list, (struct shape){17, 32, 32, 3}, 5));
    TRY(add_gather(list, (struct shape){300, 7, 5, 1}, 33));
    TRY(add_gather(list, (struct shape){3, 65, 31, 2}, 2));
    TRY(add_selects(list));
    TRY(add_slices(list));
done:
    return status;
}

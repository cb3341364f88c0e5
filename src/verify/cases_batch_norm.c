/* Cases of batch normalisation. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* PyTorch's, and a large one that shows where it is added. */
static const double usual_eps = 1e-5, large_eps = 0.25;
/* The model's leaky ReLU, and none at all. */
static const double usual_slope = 0.2, no_slope = 1.0;

/* apply and backward, with a leaky ReLU of this slope. `data`: of x and its mean; `variance`: of
 * that; `shift`: of beta. The kinds of the weights' values are set in all cases: `saae bench` takes
 * those of a pass from its first one. */
struct uses {
    struct tensor_type x;
    enum value_kind data, variance, shift;
    double eps, slope;
    unsigned accumulate; /* of backward */
    bool weighted, full;
};

static int add_uses(struct case_list *list, const struct uses *uses, int training)
{
    int status = SAAE_OK;
    struct tensor_type x = uses->x, v = tensor_f32(1, 1, 1, x.shape.c);
    struct tensor_type weights = tensor_f32(x.shape.n, 1, 1, 1);
    struct verify_case item = {
        .call = {.kind = OP_batch_norm_apply,
                 .attributes = {.eps = uses->eps, .slope = uses->slope, .training = training},
                 .in = {x, v, v, v, v, weights},
                 .inputs = uses->weighted ? 6 : 5,
                 .accumulate = uses->accumulate & 1},
        .in_values = {uses->data, uses->data, uses->variance, [4] = uses->shift, VALUE_REPEATS},
        .full = uses->full,
    };
    TRY(cases_add(list, &item));
    item.call.kind = OP_batch_norm_backward;
    item.call.in[5] = x;
    item.call.in[6] = weights;
    item.call.inputs++;
    item.call.accumulate = uses->accumulate;
    item.in_values[5] = VALUE_NORMAL;
    item.in_values[6] = VALUE_REPEATS;
    TRY(cases_add(list, &item));
done:
    return status;
}

/* inputs: 1 without weights, 2 with weights of these values. */
static int add_statistics(struct case_list *list, struct tensor_type x, enum value_kind data,
                          enum value_kind weights, int inputs, bool full)
{
    struct verify_case item = {
        .call = {.kind = OP_batch_norm_statistics,
                 .in = {x, tensor_f32(x.shape.n, 1, 1, 1)},
                 .inputs = inputs},
        .in_values = {data, weights},
        .full = full,
    };
    return cases_add(list, &item);
}

/* statistics, apply and backward of one map. */
static int add_map(struct case_list *list, struct tensor_type x, enum value_kind data, bool full)
{
    int status = SAAE_OK;
    TRY(add_statistics(list, x, data, VALUE_REPEATS, 1, full));
    struct uses uses = {.x = x,
                        .data = data,
                        .variance = VALUE_POSITIVE,
                        .eps = usual_eps,
                        .slope = usual_slope,
                        .full = full};
    TRY(add_uses(list, &uses, 1));
    uses.slope = no_slope;
    TRY(add_uses(list, &uses, 0));
done:
    return status;
}

/* What the maps leave out: each slope with and without training, a large eps, a leaky ReLU's
 * argument on its kink, and constant maps. */
static int add_corners(struct case_list *list, struct tensor_type x)
{
    int status = SAAE_OK;
    const double slopes[] = {0.0, usual_slope, no_slope, 1.5};
    for (int training = 0; training < 2; training++) {
        for (size_t i = 0; i < COUNT(slopes); i++) {
            struct uses uses = {
                .x = x, .variance = VALUE_POSITIVE, .eps = large_eps, .slope = slopes[i]};
            TRY(add_uses(list, &uses, training));
            uses.data = VALUE_TIES;
            uses.shift = VALUE_ZERO;
            TRY(add_uses(list, &uses, training));
            uses = (struct uses){.x = x,
                                 .data = VALUE_ZERO,
                                 .variance = VALUE_ZERO,
                                 .eps = usual_eps,
                                 .slope = slopes[i]};
            TRY(add_uses(list, &uses, training));
        }
    }
done:
    return status;
}

/* Adding to the outputs, alone and together. */
static int add_accumulating(struct case_list *list, struct tensor_type x)
{
    int status = SAAE_OK;
    for (unsigned accumulate = 1; accumulate < 8; accumulate++) {
        struct uses uses = {.x = x,
                            .variance = VALUE_POSITIVE,
                            .eps = usual_eps,
                            .slope = usual_slope,
                            .accumulate = accumulate};
        TRY(add_uses(list, &uses, 1));
    }
done:
    return status;
}

/* Weights: whole numbers and any, with and without training, to new outputs and added to old. */
static int add_weighted(struct case_list *list, struct tensor_type x)
{
    int status = SAAE_OK;
    TRY(add_statistics(list, x, VALUE_NORMAL, VALUE_REPEATS, 2, false));
    TRY(add_statistics(list, x, VALUE_LARGE_MEAN, VALUE_REPEATS, 2, false));
    TRY(add_statistics(list, x, VALUE_NORMAL, VALUE_POSITIVE, 2, false));
    const unsigned accumulate[] = {0, 5, 6};
    for (size_t i = 0; i < 2 * COUNT(accumulate); i++) {
        struct uses uses = {.x = x,
                            .variance = VALUE_POSITIVE,
                            .eps = usual_eps,
                            .slope = usual_slope,
                            .accumulate = accumulate[i / 2],
                            .weighted = true};
        TRY(add_uses(list, &uses, (int)(i % 2)));
    }
done:
    return status;
}

static int add_update(struct case_list *list, int channels, int count, double momentum)
{
    struct tensor_type v = tensor_f32(1, 1, 1, channels);
    struct verify_case update = {
        .call = {.kind = OP_batch_norm_update,
                 .attributes = {.momentum = momentum, .count = count},
                 .in = {v, v},
                 .inputs = 2},
        .in_values = {VALUE_NORMAL, VALUE_POSITIVE},
        .out_values = {VALUE_NORMAL, VALUE_POSITIVE},
    };
    return cases_add(list, &update);
}

static int add_fold(struct case_list *list, struct shape filter)
{
    struct tensor_type v = tensor_f32(1, 1, 1, filter.c);
    struct verify_case fold = {
        .call = {.kind = OP_batch_norm_fold,
                 .attributes = {.eps = usual_eps},
                 .in = {{filter, DTYPE_F32}, v, v, v, v},
                 .inputs = 5},
        .in_values = {[2] = VALUE_POSITIVE},
    };
    int status = SAAE_OK;
    for (fold.call.accumulate = 0; fold.call.accumulate < 4; fold.call.accumulate++) {
        TRY(cases_add(list, &fold));
    }
done:
    return status;
}

/* {R, S, C, K} of a filter that batch-norm is folded into. */
static const struct shape filters[] = {
    {1, 1, 1, 1}, {3, 3, 2, 5}, {1, 3, 1, 17}, {5, 5, 1, 16}, {3, 3, 16, 1}, {5, 5, 32, 16},
};

static const struct shape maps[] = {
    {1, 1, 1, 1},   {2, 1, 1, 1},   {1, 1, 1, 16},   {2, 1, 1, 17},  {1, 5, 7, 1},
    {2, 3, 5, 3},   {3, 7, 2, 5},   {1, 13, 11, 15}, {2, 8, 8, 16},  {2, 4, 5, 17},
    {1, 4, 4, 31},  {1, 4, 4, 32},  {2, 3, 3, 33},   {5, 2, 2, 48},  {1, 1, 997, 4},
    {1, 29, 29, 8}, {64, 2, 2, 12}, {3, 1, 1, 256},  {7, 1, 1, 300}, {1, 64, 65, 2},
};

static const struct shape weighted_maps[] = {
    {1, 1, 1, 1}, {5, 1, 1, 3},  {2, 3, 5, 3},    {4, 5, 7, 1},   {10, 2, 3, 16},
    {7, 4, 5, 8}, {3, 9, 7, 17}, {10, 28, 28, 4}, {64, 3, 3, 32}, {3, 40, 40, 48},
};

int cases_add_batch_norm(struct case_list *list)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(maps); i++) {
        struct tensor_type x = {maps[i], DTYPE_F32};
        TRY(add_map(list, x, VALUE_NORMAL, false));
        TRY(add_map(list, x, VALUE_LARGE_MEAN, false));
    }
    TRY(add_corners(list, tensor_f32(2, 3, 5, 8)));
    TRY(add_corners(list, tensor_f32(2, 3, 5, 3)));
    TRY(add_map(list, tensor_f32(2, 4, 4, 5), VALUE_ZERO, false));
    for (size_t i = 0; i < COUNT(weighted_maps); i++) {
        TRY(add_weighted(list, (struct tensor_type){weighted_maps[i], DTYPE_F32}));
    }
    TRY(add_accumulating(list, tensor_f32(2, 5, 3, 16)));
    TRY(add_accumulating(list, tensor_f32(3, 4, 3, 5)));
    for (int i = 0; i < LAYERS_PRESETS; i++) {
        const struct layers_preset *p = &layers_presets[i];
        for (int size = p->size; size >= p->size / 2; size -= p->size / 2) {
            struct tensor_type x = tensor_f32(LAYERS_BATCH, size, size, p->features);
            struct tensor_type whole = tensor_f32(LAYERS_BATCH_FULL, size, size, p->features);
            TRY(add_map(list, x, VALUE_NORMAL, false));
            TRY(add_map(list, x, VALUE_LARGE_MEAN, false));
            TRY(add_map(list, whole, VALUE_NORMAL, true));
        }
    }
    for (size_t i = 0; i < COUNT(filters); i++) TRY(add_fold(list, filters[i]));
    TRY(add_update(list, 1, 1, 0.1));
    TRY(add_update(list, 3, 2, 0.1));
    TRY(add_update(list, 16, 50176, 0.1));
    TRY(add_update(list, 17, 12544, 0.01));
    TRY(add_update(list, 64, 3, 0.5));
    TRY(add_update(list, 300, 7, 1.0));
done:
    return status;
}

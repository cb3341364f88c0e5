/* Cases of batch normalisation. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* PyTorch's, and a large one that shows where it is added. */
static const double usual_eps = 1e-5, large_eps = 0.25;

/* apply and backward. `data`: of x and its mean; `variance`: of that. */
static int add_uses(struct case_list *list, struct tensor_type x, enum value_kind data,
                    enum value_kind variance, double eps, bool full)
{
    int status = SAAE_OK;
    struct tensor_type v = tensor_f32(1, 1, 1, x.shape.c);
    for (int training = 0; training < 2; training++) {
        struct op_attributes attributes = {.eps = eps, .training = training};
        struct verify_case apply = {
            .call = {.kind = OP_batch_norm_apply,
                     .attributes = attributes,
                     .in = {x, v, v, v, v},
                     .inputs = 5},
            .in_values = {data, data, variance},
            .full = full,
        };
        struct verify_case backward = {
            .call = {.kind = OP_batch_norm_backward,
                     .attributes = attributes,
                     .in = {x, v, v, v, x},
                     .inputs = 5},
            .in_values = {data, data, variance},
            .full = full,
        };
        TRY(cases_add(list, &apply));
        TRY(cases_add(list, &backward));
    }
done:
    return status;
}

/* statistics, apply and backward of one map. */
static int add_map(struct case_list *list, struct tensor_type x, enum value_kind data, bool full)
{
    int status = SAAE_OK;
    struct op_call statistics = {.kind = OP_batch_norm_statistics, .in = {x}, .inputs = 1};
    struct verify_case measure = {.call = statistics, .in_values = {data}, .full = full};
    TRY(cases_add(list, &measure));
    TRY(add_uses(list, x, data, VALUE_POSITIVE, usual_eps, full));
done:
    return status;
}

/* Adding to the outputs, alone and together. */
static int add_accumulating(struct case_list *list, struct tensor_type x)
{
    int status = SAAE_OK;
    struct tensor_type v = tensor_f32(1, 1, 1, x.shape.c);
    struct op_attributes attributes = {.eps = usual_eps, .training = 1};
    for (unsigned accumulate = 1; accumulate < 8; accumulate++) {
        struct verify_case backward = {
            .call = {.kind = OP_batch_norm_backward,
                     .attributes = attributes,
                     .in = {x, v, v, v, x},
                     .inputs = 5,
                     .accumulate = accumulate},
            .in_values = {[2] = VALUE_POSITIVE},
        };
        TRY(cases_add(list, &backward));
    }
    struct verify_case apply = {
        .call = {.kind = OP_batch_norm_apply,
                 .attributes = attributes,
                 .in = {x, v, v, v, v},
                 .inputs = 5,
                 .accumulate = 1},
        .in_values = {[2] = VALUE_POSITIVE},
    };
    TRY(cases_add(list, &apply));
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

static const struct shape maps[] = {
    {1, 1, 1, 1},   {2, 1, 1, 1},   {1, 1, 1, 16},   {2, 1, 1, 17},  {1, 5, 7, 1},
    {2, 3, 5, 3},   {3, 7, 2, 5},   {1, 13, 11, 15}, {2, 8, 8, 16},  {2, 4, 5, 17},
    {1, 4, 4, 31},  {1, 4, 4, 32},  {2, 3, 3, 33},   {5, 2, 2, 48},  {1, 1, 997, 4},
    {1, 29, 29, 8}, {64, 2, 2, 12}, {3, 1, 1, 256},  {7, 1, 1, 300}, {1, 64, 65, 2},
};

int cases_add_batch_norm(struct case_list *list)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(maps); i++) {
        struct tensor_type x = {maps[i], DTYPE_F32};
        TRY(add_map(list, x, VALUE_NORMAL, false));
        TRY(add_map(list, x, VALUE_LARGE_MEAN, false));
    }
    TRY(add_uses(list, tensor_f32(2, 3, 5, 8), VALUE_NORMAL, VALUE_POSITIVE, large_eps, false));
    TRY(add_uses(list, tensor_f32(2, 3, 5, 3), VALUE_NORMAL, VALUE_POSITIVE, large_eps, false));
    TRY(add_map(list, tensor_f32(2, 4, 4, 5), VALUE_ZERO, false));
    TRY(add_uses(list, tensor_f32(2, 4, 4, 5), VALUE_ZERO, VALUE_ZERO, usual_eps, false));
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
    TRY(add_update(list, 1, 1, 0.1));
    TRY(add_update(list, 3, 2, 0.1));
    TRY(add_update(list, 16, 50176, 0.1));
    TRY(add_update(list, 17, 12544, 0.01));
    TRY(add_update(list, 64, 3, 0.5));
    TRY(add_update(list, 300, 7, 1.0));
done:
    return status;
}

/* Cases of bias, the activations, add, fill and adam. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Lengths around vectors, groups of 64 and chunks of thousands. */
static const struct shape shapes[] = {
    {1, 1, 1, 1},   {1, 1, 1, 2},     {1, 1, 1, 3},    {1, 1, 1, 15},   {1, 1, 1, 16},
    {1, 1, 1, 17},  {1, 1, 1, 63},    {1, 1, 1, 64},   {1, 1, 1, 65},   {2, 3, 5, 7},
    {1, 1, 1, 997}, {3, 1, 1, 341},   {1, 32, 32, 4},  {1, 1, 1, 4095}, {1, 1, 1, 4097},
    {2, 29, 31, 3}, {1, 1, 1, 65537}, {2, 28, 28, 64},
};

/* bias on x with a vector of `length`, both passes; also with a leaky ReLU of a slope that leaves
 * small integers exact, and with the models'. */
static int add_bias(struct case_list *list, struct shape s, int length, bool full)
{
    static const double slopes[] = {1.0, 0.25, 0.2};
    int status = SAAE_OK;
    struct tensor_type x = {s, DTYPE_F32}, b = tensor_f32(1, 1, 1, length);
    for (size_t i = 0; i < COUNT(slopes); i++) {
        for (unsigned all = 0; all < 2; all++) {
            struct op_attributes attributes = {.channels = length, .slope = slopes[i]};
            struct op_call forward = {.kind = OP_bias_forward,
                                      .attributes = {.slope = slopes[i]},
                                      .in = {x, b},
                                      .inputs = 2,
                                      .accumulate = all};
            struct op_call backward = {.kind = OP_bias_backward,
                                       .attributes = attributes,
                                       .in = {x, x},
                                       .inputs = i ? 2 : 1,
                                       .accumulate = all && i ? 3 : all};
            TRY(cases_add(list, &(struct verify_case){.call = forward, .full = full}));
            TRY(cases_add(list, &(struct verify_case){.call = backward, .full = full}));
        }
    }
done:
    return status;
}

static int add_biases(struct case_list *list)
{
    static const struct shape own[] = {
        {1, 1, 1, 1},   {2, 1, 1, 3},   {3, 5, 7, 1},   {2, 4, 4, 5},    {1, 6, 5, 16},
        {7, 3, 3, 17},  {2, 1, 1, 31},  {64, 1, 1, 11}, {1, 13, 13, 33}, {17, 1, 1, 256},
        {1, 1, 1, 997}, {5, 28, 28, 3}, {1, 65, 63, 2}, {64, 2, 2, 8},
    };
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(own); i++) {
        TRY(add_bias(list, own[i], own[i].c, false));
        TRY(add_bias(list, own[i], (int)shape_row(own[i]), false));
    }
    TRY(add_bias(list, (struct shape){2, 4, 3, 5}, 15, false)); /* a row of the image */
    for (int i = 0; i < LAYERS_PRESETS; i++) {
        const struct layers_preset *p = &layers_presets[i];
        for (int full = 0; full < 2; full++) {
            int n = full ? LAYERS_BATCH_FULL : LAYERS_BATCH, f = p->features;
            struct shape map = {n, p->size, p->size, f};
            struct shape picture = {n, p->size, p->size, p->channels};
            TRY(add_bias(list, map, p->size * p->size * f, full));
            TRY(add_bias(list, map, f, full));
            TRY(add_bias(list, picture, p->channels, full));
            TRY(add_bias(list, (struct shape){n, 1, 1, p->style}, p->style, full));
            TRY(add_bias(list, (struct shape){n, 1, 1, p->hidden}, p->hidden, full));
        }
    }
done:
    return status;
}

/* Both passes of an activation. backward takes the output y, which has the sign of x. */
static int add_activation(struct case_list *list, enum op_kind forward, enum op_kind backward,
                          struct op_attributes attributes)
{
    static const enum value_kind kinds[] = {VALUE_NORMAL, VALUE_TIES, VALUE_EXTREME};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tensor_type x = {shapes[i], DTYPE_F32};
        for (size_t k = 0; k < COUNT(kinds); k++) {
            enum value_kind y = kinds[k] == VALUE_EXTREME ? VALUE_NORMAL : kinds[k];
            struct op_call down = {
                .kind = forward, .attributes = attributes, .in = {x}, .inputs = 1};
            struct op_call up = {
                .kind = backward, .attributes = attributes, .in = {x, x}, .inputs = 2};
            TRY(cases_add(list, &(struct verify_case){.call = down, .in_values = {kinds[k]}}));
            TRY(cases_add(list, &(struct verify_case){.call = up, .in_values = {y}}));
            down.accumulate = up.accumulate = 1;
            if (i % 3 != 0 || k > 0) continue;
            TRY(cases_add(list, &(struct verify_case){.call = down, .in_values = {kinds[k]}}));
            TRY(cases_add(list, &(struct verify_case){.call = up, .in_values = {y}}));
        }
    }
done:
    return status;
}

static int add_sums(struct case_list *list)
{
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct tensor_type x = {shapes[i], DTYPE_F32};
        for (int inputs = 1; inputs <= 2; inputs++) {
            struct op_call sum = {.kind = OP_add_forward,
                                  .attributes = {.scale = 1, .scale_b = inputs == 2},
                                  .in = {x, x},
                                  .inputs = inputs};
            TRY(cases_add(list, &(struct verify_case){.call = sum}));
            sum.attributes.scale = -0.375;
            sum.attributes.scale_b = inputs == 2 ? 0.7 : 0;
            sum.accumulate = (unsigned)(i % 2);
            TRY(cases_add(list, &(struct verify_case){.call = sum}));
        }
        size_t count = shape_count(shapes[i]);
        struct op_call fill = {.kind = OP_fill_forward,
                               .attributes = {.channels = (int)count, .scale = 1.0 / 3}};
        TRY(cases_add(list, &(struct verify_case){.call = fill}));
        fill.attributes.scale = 0;
        TRY(cases_add(list, &(struct verify_case){.call = fill}));
        fill.attributes.scale = -2;
        fill.accumulate = 1;
        TRY(cases_add(list, &(struct verify_case){.call = fill}));
    }
done:
    return status;
}

static int add_adam(struct case_list *list, int length, double beta1, double eps, bool full)
{
    struct tensor_type scalars = tensor_f32(1, 1, 1, 2);
    struct verify_case item = {
        .call = {.kind = OP_adam_forward,
                 .attributes = {.beta1 = beta1, .beta2 = 0.999, .eps = eps},
                 .in = {tensor_f32(1, 1, 1, length), scalars},
                 .inputs = 2},
        .in_values = {VALUE_NORMAL, VALUE_POSITIVE},
        .out_values = {VALUE_NORMAL, VALUE_NORMAL, VALUE_POSITIVE},
        .full = full,
    };
    return cases_add(list, &item);
}

int cases_add_elementwise(struct case_list *list)
{
    int status = SAAE_OK;
    TRY(add_biases(list));
    struct op_attributes none = {0}, relu = {.slope = 0}, leaky = {.slope = 0.01};
    TRY(add_activation(list, OP_leaky_relu_forward, OP_leaky_relu_backward, relu));
    TRY(add_activation(list, OP_leaky_relu_forward, OP_leaky_relu_backward, leaky));
    TRY(add_activation(list, OP_sigmoid_forward, OP_sigmoid_backward, none));
    TRY(add_activation(list, OP_tanh_forward, OP_tanh_backward, none));
    TRY(add_sums(list));
    for (size_t i = 0; i < COUNT(shapes); i++) {
        TRY(add_adam(list, (int)shape_count(shapes[i]), i % 2 ? 0.9 : 0.5, 1e-8, false));
    }
    TRY(add_adam(list, 1009, 0.9, 0.25, false)); /* shows where eps is added */
    TRY(add_adam(list, 1000003, 0.9, 1e-8, false));
    TRY(add_adam(list, 13000027, 0.9, 1e-8, true)); /* the paper preset's generator */
done:
    return status;
}

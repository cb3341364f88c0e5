/* Cases of the losses and of accuracy. */
#include "verify/cases.h"
#include "verify/layers.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int add_squared_error(struct case_list *list, struct shape s, double scale, bool full)
{
    int status = SAAE_OK;
    struct tensor_type x = {s, DTYPE_F32}, one = tensor_f32(1, 1, 1, 1);
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        struct op_call forward = {.kind = OP_squared_error_forward,
                                  .attributes = {.scale = scale},
                                  .in = {x, x},
                                  .inputs = 2,
                                  .accumulate = accumulate};
        struct op_call backward = {.kind = OP_squared_error_backward,
                                   .attributes = {.scale = scale},
                                   .in = {x, x, one},
                                   .inputs = 3,
                                   .accumulate = accumulate};
        TRY(cases_add(list, &(struct verify_case){.call = forward, .full = full}));
        TRY(cases_add(list, &(struct verify_case){.call = backward, .full = full}));
    }
done:
    return status;
}

/* Both passes of a cross-entropy on n rows of k logits. */
static int add_cross_entropy(struct case_list *list, enum op_kind forward, enum op_kind backward,
                             int n, int k)
{
    static const enum value_kind logits[] = {VALUE_NORMAL, VALUE_EXTREME, VALUE_LARGE_MEAN};
    static const enum value_kind labels[] = {VALUE_LABEL, VALUE_LABEL_BEYOND};
    int status = SAAE_OK;
    struct tensor_type z = tensor_f32(n, 1, 1, k), t = {{n, 1, 1, 1}, DTYPE_I32};
    struct op_attributes attributes = {.scale = 1.0 / n};
    for (size_t i = 0; i < COUNT(logits) * COUNT(labels); i++) {
        enum value_kind data = logits[i / COUNT(labels)], truth = labels[i % COUNT(labels)];
        struct op_call down = {
            .kind = forward, .attributes = attributes, .in = {z, t}, .inputs = 2};
        struct op_call up = {.kind = backward,
                             .attributes = attributes,
                             .in = {z, t, tensor_f32(1, 1, 1, 1)},
                             .inputs = 3};
        down.accumulate = up.accumulate = (unsigned)(i % 2);
        TRY(cases_add(list, &(struct verify_case){.call = down, .in_values = {data, truth}}));
        TRY(cases_add(list, &(struct verify_case){.call = up, .in_values = {data, truth}}));
    }
done:
    return status;
}

static int add_accuracy(struct case_list *list, int n, int k)
{
    static const enum value_kind logits[] = {VALUE_NORMAL, VALUE_TIES, VALUE_EXTREME};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(logits); i++) {
        struct verify_case item = {
            .call = {.kind = OP_accuracy_forward,
                     .attributes = {.scale = i == 1 ? 1.0 : 1.0 / n,
                                    .channels = i == 1 ? k - 1 : 0},
                     .in = {tensor_f32(n, 1, 1, k), {{n, 1, 1, 1}, DTYPE_I32}},
                     .inputs = 2,
                     .accumulate = i == 2},
            .in_values = {logits[i], VALUE_LABEL_BEYOND},
        };
        TRY(cases_add(list, &item));
    }
done:
    return status;
}

int cases_add_loss(struct case_list *list)
{
    static const struct shape pictures[] = {
        {1, 1, 1, 1},  {2, 1, 1, 3},   {1, 5, 7, 1},   {3, 4, 4, 5}, {1, 1, 1, 16},
        {1, 1, 1, 17}, {2, 28, 28, 1}, {2, 28, 28, 3}, {7, 8, 8, 1}, {1, 1, 1, 65537},
    };
    static const int logits[] = {1, 2, 3, 10, 11, 15, 16, 17, 33, 66};
    static const int rows[] = {1, 2, 7, 64, 65};
    int status = SAAE_OK;
    for (size_t i = 0; i < COUNT(pictures); i++) {
        TRY(add_squared_error(list, pictures[i], 1.0, false));
        TRY(add_squared_error(list, pictures[i], 1.0 / pictures[i].n, false));
    }
    TRY(add_squared_error(list, (struct shape){64, 28, 28, 1}, 1.0 / 64, true));
    for (size_t n = 0; n < COUNT(rows); n++) {
        for (size_t k = 0; k < COUNT(logits); k++) {
            TRY(add_cross_entropy(list, OP_binary_cross_entropy_forward,
                                  OP_binary_cross_entropy_backward, rows[n], logits[k]));
            TRY(add_cross_entropy(list, OP_softmax_cross_entropy_forward,
                                  OP_softmax_cross_entropy_backward, rows[n], logits[k]));
            TRY(add_accuracy(list, rows[n], logits[k]));
        }
    }
    TRY(add_cross_entropy(list, OP_softmax_cross_entropy_forward, OP_softmax_cross_entropy_backward,
                          1000, 11));
    TRY(add_accuracy(list, 5003, 11));
done:
    return status;
}

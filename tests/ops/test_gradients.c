/* Every pass with a gradient rule is checked by differences on all of verify's small cases; a pass
 * without one must be listed here. The gradient check itself is tested first. */
#include <stdio.h>

#include "gradcheck.h"
#include "support.h"
#include "verify/cases.h"

static const enum op_kind without_rule[] = {
    OP_conv2d_backward_weights,
    OP_conv2d_infer,
    OP_fully_connected_backward_data,
    OP_fully_connected_backward_weights,
    OP_bias_backward,
    OP_batch_norm_statistics,
    OP_batch_norm_update,
    OP_batch_norm_backward,
    OP_batch_norm_fold,
    OP_leaky_relu_backward,
    OP_sigmoid_backward,
    OP_tanh_backward,
    OP_max_pool_backward,
    OP_concat_backward,
    OP_fill_forward,
    OP_squared_error_backward,
    OP_binary_cross_entropy_backward,
    OP_softmax_cross_entropy_backward,
    OP_accuracy_forward,
    OP_gather_forward,
    OP_select_backward,
    OP_slice_backward,
    OP_adam_forward,
};

static struct gradcheck_options options_for(const struct op_call *call)
{
    struct gradcheck_options options = {.samples = 40};
    switch (call->kind) {
    case OP_leaky_relu_forward:
    case OP_max_pool_forward:
        options.values[0] = VALUE_APART;
        break;
    case OP_squared_error_forward:
        options.constant = 1u << 1;
        break;
    case OP_batch_norm_apply:
        options.constant = 1u << 1 | 1u << 2 | 1u << 5;
        options.values[2] = VALUE_POSITIVE;
        options.values[5] = VALUE_REPEATS;
        if (call->attributes.training) options.derive = gradcheck_batch_statistics;
        break;
    default:
        break;
    }
    return options;
}

static bool small_enough(const struct verify_case *item)
{
    const struct op_call *call = &item->call;
    size_t elements = 0;
    for (int i = 0; i < call->inputs; i++) elements += shape_count(call->in[i].shape);
    return elements <= 3000 && cases_cost(item) < 1e5;
}

/* A batch norm over one or two elements is a constant or a sign: differences say nothing there. */
static bool smooth(const struct op_call *call)
{
    struct shape s = call->in[0].shape;
    int pictures = call->inputs > 5 ? 1 : s.n; /* of several, only one may count */
    return call->kind != OP_batch_norm_apply || pictures * s.h * s.w > 4;
}

static void test_every_rule_on_all_small_cases(void **state)
{
    (void)state;
    struct case_list list;
    size_t checked[OP_COUNT] = {0};
    assert_ok(cases_create(&list));
    for (size_t i = 0; i < list.count; i++) {
        const struct op_call *call = &list.cases[i].call;
        if (!op_get(call->kind)->gradient || call->accumulate) continue;
        if (!small_enough(&list.cases[i]) || !smooth(call)) continue;
        struct gradcheck_options options = options_for(call);
        int status = gradcheck_run(call->kind, &call->attributes, call->in, call->inputs, &options);
        if (status != SAAE_OK) {
            char text[256];
            op_describe(call, text, sizeof text);
            fail_msg("%s: %s", text, saae_message());
        }
        checked[call->kind]++;
    }
    cases_free(&list);
    for (size_t i = 0; i < sizeof without_rule / sizeof *without_rule; i++) {
        checked[without_rule[i]]++;
    }
    for (int kind = 0; kind < OP_COUNT; kind++) {
        if (checked[kind] > 0) continue;
        fail_msg("%s.%s: no gradient was checked and it is not listed as without one",
                 op_get((enum op_kind)kind)->stem, op_get((enum op_kind)kind)->pass);
    }
}

static void test_a_wrong_gradient_is_caught(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 4, 5, 3), tensor_f32(3, 3, 3, 2)};
    struct op_attributes attributes = {.stride = 1};
    struct gradcheck_options options = {0};
    assert_ok(gradcheck_run(OP_conv2d_forward, &attributes, in, 2, &options));
    options.perturbation = 1e-3;
    assert_status(SAAE_FAILED, gradcheck_run(OP_conv2d_forward, &attributes, in, 2, &options));
    assert_message_contains("conv2d.forward, input 0, element 0");
    options.constant = 1;
    assert_status(SAAE_FAILED, gradcheck_run(OP_conv2d_forward, &attributes, in, 2, &options));
    assert_message_contains("input 1, element 0");
}

/* Without `derive` the mean and variance stay as they are: what the rule says is wrong then. */
static void test_forgotten_dependence_is_caught(void **state)
{
    (void)state;
    struct tensor_type v = tensor_f32(1, 1, 1, 3);
    struct tensor_type in[] = {tensor_f32(2, 4, 5, 3), v, v, v, v};
    struct op_attributes attributes = {.eps = 1e-5, .training = 1};
    struct gradcheck_options options = {
        .values = {[2] = VALUE_POSITIVE}, .constant = 6, .derive = gradcheck_batch_statistics};
    assert_ok(gradcheck_run(OP_batch_norm_apply, &attributes, in, 5, &options));
    options.derive = NULL;
    assert_status(SAAE_FAILED, gradcheck_run(OP_batch_norm_apply, &attributes, in, 5, &options));
}

static void test_an_op_without_rule_is_refused(void **state)
{
    (void)state;
    struct tensor_type in[] = {tensor_f32(2, 4, 5, 3)};
    assert_status(SAAE_FAILED, gradcheck_run(OP_batch_norm_statistics, NULL, in, 1, NULL));
    assert_message_contains("no gradient rule");
}

const struct CMUnitTest gradients_tests[] = {
    cmocka_unit_test(test_a_wrong_gradient_is_caught),
    cmocka_unit_test(test_forgotten_dependence_is_caught),
    cmocka_unit_test(test_an_op_without_rule_is_refused),
    cmocka_unit_test(test_every_rule_on_all_small_cases),
};
const size_t gradients_test_count = sizeof gradients_tests / sizeof *gradients_tests;

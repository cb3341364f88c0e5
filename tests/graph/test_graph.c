/* Builder, autodiff and pruning, run by the reference. */
#include "graph/build.h"
#include "graph/executor.h"

#include <stdlib.h>

#include "support.h"

/* y = leaky_relu(a x), z = y + y; loss = sum (z - t)^2: two contributions reach y's gradient. */
static void gradients_of_two_uses_add_up(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct executor *executor = NULL;
    struct storage *x_at = NULL, *dx_at = NULL, *t_at = NULL;
    struct tensor_type type = tensor_f32(1, 1, 1, 2);
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", type), dx = graph_external(graph, "dx", type);
    int t = graph_external(graph, "t", type);
    int y = graph_leaky_relu(graph, graph_add_scaled(graph, x, 3.0, -1, 0.0), 0.5);
    int loss = graph_squared_error(graph, graph_add_scaled(graph, y, 1.0, y, 1.0), t, 1.0);
    graph_keep(graph, loss);
    assert_ok(graph_backward(graph, loss, &(struct graph_wanted){x, dx, false}, 1));
    assert_ok(storage_create(&x_at, NULL, DTYPE_F32, 2, "x"));
    assert_ok(storage_create(&dx_at, NULL, DTYPE_F32, 2, "dx"));
    assert_ok(storage_create(&t_at, NULL, DTYPE_F32, 2, "t"));
    assert_ok(storage_write(x_at, 0, (float[]){1.0f, -2.0f}, 2));
    assert_ok(storage_write(t_at, 0, (float[]){5.0f, 1.0f}, 2));
    assert_ok(executor_create(&executor, graph, NULL, NULL));
    assert_ok(executor_bind(executor, x, x_at, 0));
    assert_ok(executor_bind(executor, dx, dx_at, 0));
    assert_ok(executor_bind(executor, t, t_at, 0));
    assert_ok(executor_prepare(executor, false));
    assert_ok(executor_run(executor));
    float value, gradient[2];
    /* y = (3, -3), z = (6, -6), z - t = (1, -7), loss 50; dz = (2, -14), dy = (4, -28),
     * dx = 3 slope dy = (12, -42) */
    assert_ok(executor_read(executor, loss, &value));
    assert_float_equal(value, 50.0f, 1e-6f);
    assert_ok(executor_read(executor, dx, gradient));
    assert_float_equal(gradient[0], 12.0f, 1e-6f);
    assert_float_equal(gradient[1], -42.0f, 1e-6f);
    /* what was there before does not count */
    assert_ok(executor_run(executor));
    assert_ok(executor_read(executor, dx, gradient));
    assert_float_equal(gradient[0], 12.0f, 1e-6f);
    executor_free(executor);
    storage_free(x_at);
    storage_free(dx_at);
    storage_free(t_at);
    graph_free(graph);
}

static int count_nodes(const struct graph *graph, enum op_kind kind)
{
    int count = 0;
    for (size_t i = 0; i < graph->node_count; i++) count += graph->nodes[i].call.kind == kind;
    return count;
}

/* a = 2 x + v, b = 3 x, q = leaky_relu(a), s = a + b; loss = sum (s - t)^2 + (q - t)^2. The
 * gradient of s is that of b too, and a's until q's way adds to it: then a needs its own. */
static void gradients_are_shared_until_added_to(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct executor *executor = NULL;
    struct storage *at = NULL;
    struct tensor_type type = tensor_f32(1, 1, 1, 2);
    enum { UNIT = BUFFER_ALIGNMENT / sizeof(float) };
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", type), t = graph_external(graph, "t", type);
    int v = graph_external(graph, "v", type), unused = graph_external(graph, "unused", type);
    struct graph_wanted wanted[] = {{x, graph_external(graph, "dx", type)},
                                    {v, graph_external(graph, "dv", type)},
                                    {unused, graph_external(graph, "dunused", type)}};
    int a = graph_bias(graph, graph_add_scaled(graph, x, 2.0, -1, 0.0), v, 1.0);
    int b = graph_add_scaled(graph, x, 3.0, -1, 0.0);
    int q = graph_leaky_relu(graph, a, 0.5), s = graph_add_scaled(graph, a, 1.0, b, 1.0);
    int loss = graph_add_scaled(graph, graph_squared_error(graph, s, t, 1.0), 1.0,
                                graph_squared_error(graph, q, t, 1.0), 1.0);
    int before = count_nodes(graph, OP_add_forward);
    assert_ok(graph_backward(graph, loss, wanted, 3));
    /* a's own copy, and the factors 2 and 3 */
    assert_int_equal(count_nodes(graph, OP_add_forward), before + 3);
    const int tensors[] = {x,     t, v, wanted[0].gradient, wanted[1].gradient, wanted[2].gradient,
                           unused};
    const float values[][2] = {{1, -2}, {4, 1}, {0, 0}, {9, 9}, {9, 9}, {9, 9}, {0, 0}};
    const float expected[][2] = {{2, -116}, {-2, -25}, {0, 0}};
    assert_ok(storage_create(&at, NULL, DTYPE_F32, 7 * UNIT, "all"));
    assert_ok(executor_create(&executor, graph, NULL, NULL));
    for (size_t i = 0; i < 7; i++) {
        assert_ok(storage_write(at, i * UNIT, values[i], 2));
        assert_ok(executor_bind(executor, tensors[i], at, i * UNIT));
    }
    assert_ok(executor_prepare(executor, false));
    assert_ok(executor_run(executor));
    /* a = (2, -4), b = (3, -6), q = (2, -2), s = (5, -10): ds = db = (2, -22), dq = (-4, -6),
     * da = dv = (-2, -25), dx = 2 da + 3 db */
    for (int i = 0; i < 3; i++) {
        float gradient[2];
        assert_ok(executor_read(executor, wanted[i].gradient, gradient));
        assert_float_equal(gradient[0], expected[i][0], 1e-5f);
        assert_float_equal(gradient[1], expected[i][1], 1e-5f);
    }
    executor_free(executor);
    storage_free(at);
    graph_free(graph);
}

static void faults_stick(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    assert_ok(graph_create(&graph, "test"));
    int a = graph_external(graph, "a", tensor_f32(1, 2, 2, 3));
    int b = graph_external(graph, "b", tensor_f32(1, 3, 2, 3));
    int bad = graph_concat(graph, a, b);
    assert_int_equal(bad, -1);
    assert_status(SAAE_USAGE, graph_status(graph));
    assert_message_contains("concat");
    assert_int_equal(graph_sigmoid(graph, bad), -1);
    assert_int_equal(graph_sigmoid(graph, a), -1);
    assert_int_equal(graph->node_count, 0);
    struct executor *executor = NULL;
    assert_status(SAAE_USAGE, executor_create(&executor, graph, NULL, NULL));
    graph_free(graph);
}

static void pruning_drops_what_nobody_needs(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    assert_ok(graph_create(&graph, "test"));
    int a = graph_external(graph, "a", tensor_f32(1, 2, 2, 3));
    int kept = graph_sigmoid(graph, graph_tanh(graph, a));
    graph_tanh(graph, graph_sigmoid(graph, a));
    graph_keep(graph, kept);
    assert_int_equal(graph->node_count, 4);
    assert_ok(graph_prune(graph));
    assert_int_equal(graph->node_count, 2);
    assert_int_equal(graph->nodes[1].out[0], kept);
    assert_int_equal(graph->tensors[kept].producer, 1);
    graph_free(graph);
}

static void unbound_and_unkept_tensors_are_refused(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    struct executor *executor = NULL;
    float value[12];
    assert_ok(graph_create(&graph, "test"));
    int a = graph_external(graph, "a", tensor_f32(1, 2, 2, 3));
    int b = graph_tanh(graph, a);
    graph_keep(graph, graph_sigmoid(graph, b));
    assert_ok(executor_create(&executor, graph, NULL, NULL));
    assert_status(SAAE_USAGE, executor_prepare(executor, false));
    assert_message_contains("nothing is bound to 'a'");
    assert_status(SAAE_USAGE, executor_read(executor, b, value));
    assert_message_contains("not kept");
    executor_free(executor);
    graph_free(graph);
}

static void a_loss_without_wanted_inputs_is_refused(void **state)
{
    (void)state;
    struct graph *graph = NULL;
    assert_ok(graph_create(&graph, "test"));
    int a = graph_external(graph, "a", tensor_f32(1, 1, 1, 4));
    int t = graph_external(graph, "t", tensor_f32(1, 1, 1, 4));
    int w = graph_external(graph, "w", tensor_f32(1, 1, 1, 4));
    int dw = graph_external(graph, "dw", tensor_f32(1, 1, 1, 4));
    int loss = graph_squared_error(graph, a, t, 1.0);
    assert_status(SAAE_USAGE, graph_backward(graph, loss, &(struct graph_wanted){w, dw, false}, 1));
    assert_message_contains("depends on nothing");
    graph_free(graph);
}

const struct CMUnitTest graph_tests[] = {
    cmocka_unit_test(gradients_of_two_uses_add_up),
    cmocka_unit_test(gradients_are_shared_until_added_to),
    cmocka_unit_test(faults_stick),
    cmocka_unit_test(pruning_drops_what_nobody_needs),
    cmocka_unit_test(unbound_and_unkept_tensors_are_refused),
    cmocka_unit_test(a_loss_without_wanted_inputs_is_refused),
};
const size_t graph_test_count = sizeof graph_tests / sizeof *graph_tests;

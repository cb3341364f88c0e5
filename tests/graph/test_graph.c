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
    assert_ok(graph_backward(graph, loss, &(struct graph_wanted){x, dx}, 1));
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
    /* parameter gradients are added to: a second run doubles them */
    assert_ok(executor_run(executor));
    assert_ok(executor_read(executor, dx, gradient));
    assert_float_equal(gradient[0], 24.0f, 1e-6f);
    executor_free(executor);
    storage_free(x_at);
    storage_free(dx_at);
    storage_free(t_at);
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
    assert_status(SAAE_USAGE, graph_backward(graph, loss, &(struct graph_wanted){w, dw}, 1));
    assert_message_contains("depends on nothing");
    graph_free(graph);
}

const struct CMUnitTest graph_tests[] = {
    cmocka_unit_test(gradients_of_two_uses_add_up),
    cmocka_unit_test(faults_stick),
    cmocka_unit_test(pruning_drops_what_nobody_needs),
    cmocka_unit_test(unbound_and_unkept_tensors_are_refused),
    cmocka_unit_test(a_loss_without_wanted_inputs_is_refused),
};
const size_t graph_test_count = sizeof graph_tests / sizeof *graph_tests;

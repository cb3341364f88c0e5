/* What stays from run to run: what counts as constant, that it is made once and never is out of
 * date. */
#include "graph/constants.h"

#include "graph/build.h"
#include "graph/executor.h"
#include "ops/device_check.h"
#include "support.h"

enum { N = 2, SIDE = 5, C = 3, IMAGE = N * SIDE * SIDE * C, FILTER = 3 * 3 * C * C };

static void fill(struct storage *storage, float value)
{
    float values[2 * FILTER];
    assert_true(storage->count <= 2 * FILTER);
    for (size_t i = 0; i < storage->count; i++) values[i] = value;
    assert_ok(storage_write(storage, 0, values, storage->count));
}

/* y's element in the middle of the map: 9 C times x and w. */
static float run_constant(struct executor *executor, int y)
{
    float values[IMAGE];
    assert_ok(executor_run(executor));
    assert_ok(executor_read(executor, y, values));
    return values[(SIDE / 2 * SIDE + SIDE / 2) * C];
}

/* y = x * slice(w) with a constant w, read as a form of what a node makes of it. */
static struct executor *prepare_constant(struct graph **graph, struct device *device, int *y,
                                         struct storage *storages[2])
{
    struct executor *executor = NULL;
    assert_ok(graph_create(graph, "test"));
    int x = graph_external(*graph, "x", tensor_f32(N, SIDE, SIDE, C));
    int w = graph_external(*graph, "w", tensor_f32(3, 3, 2 * C, C));
    graph_hold_constant(*graph, w);
    *y = graph_conv2d(*graph, x, graph_slice(*graph, w, C, C), 1);
    graph_keep(*graph, *y);
    assert_ok(executor_create(&executor, *graph, device, NULL));
    assert_ok(storage_create(&storages[0], device, DTYPE_F32, IMAGE, "x"));
    assert_ok(storage_create(&storages[1], device, DTYPE_F32, 2 * FILTER, "w"));
    assert_ok(executor_bind(executor, x, storages[0], 0));
    assert_ok(executor_bind(executor, w, storages[1], 0));
    assert_ok(executor_prepare(executor, false));
    return executor;
}

static void constants_are_made_once_and_never_stale(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct graph *graph = NULL, *writing = NULL;
    struct storage *storages[2];
    struct executor *writer = NULL;
    int y;
    struct executor *executor = prepare_constant(&graph, device, &y, storages);
    fill(storages[0], 1.0f);
    fill(storages[1], 1.0f);
    assert_near(run_constant(executor, y), 9.0 * C, 0);
    /* behind the storage's back: nothing is made of w again */
    assert_ok(buffer_fill(storages[1]->buffer, 0));
    assert_near(run_constant(executor, y), 9.0 * C, 0);
    fill(storages[0], 2.0f); /* not a constant */
    assert_near(run_constant(executor, y), 18.0 * C, 0);
    fill(storages[1], 3.0f);
    assert_near(run_constant(executor, y), 54.0 * C, 0);
    /* another graph's node writes to it */
    assert_ok(graph_create(&writing, "writes"));
    int w = graph_external(writing, "w", tensor_f32(1, 1, 1, 2 * FILTER));
    graph_fill(writing, w, 0.5);
    assert_ok(executor_create(&writer, writing, device, NULL));
    assert_ok(executor_bind(writer, w, storages[1], 0));
    assert_ok(executor_prepare(writer, false));
    assert_ok(executor_run(writer));
    assert_near(run_constant(executor, y), 9.0 * C, 0);
    executor_free(writer);
    graph_free(writing);
    executor_free(executor);
    graph_free(graph);
    for (int i = 0; i < 2; i++) storage_free(storages[i]);
    device_close(device);
}

/* What a node of the graph writes to is no constant, whatever was said; and what is made of it. */
static void what_a_node_writes_is_no_constant(void **state)
{
    (void)state;
    for (int written = 0; written < 2; written++) {
        static const char here = 0;
        struct graph *graph = NULL;
        struct constants constants;
        assert_ok(graph_create(&graph, "test"));
        int x = graph_external(graph, "x", tensor_f32(N, SIDE, SIDE, C));
        int w = graph_external(graph, "w", tensor_f32(3, 3, C, C));
        int flat = graph_external(graph, "flat", tensor_f32(1, 1, 1, 2 * FILTER));
        graph_locate(graph, w, &here, FILTER);
        if (written) graph_locate(graph, flat, &here, 0);
        graph_hold_constant(graph, w);
        int v = graph_tanh(graph, w), y = graph_conv2d(graph, x, v, 1);
        graph_fill(graph, flat, 0.25);
        assert_ok(constants_find(&constants, graph));
        const bool expected[] = {!written, false, false}; /* tanh, convolution, fill */
        assert_int_equal(graph->node_count, 3);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(constants.nodes[i], expected[i]);
        }
        assert_int_equal(constants.tensors[w], !written);
        assert_int_equal(constants.tensors[v], !written);
        assert_false(constants.tensors[x] || constants.tensors[flat] || constants.tensors[y]);
        constants_free(&constants);
        graph_free(graph);
    }
}

const struct CMUnitTest constants_tests[] = {
    cmocka_unit_test(constants_are_made_once_and_never_stale),
    cmocka_unit_test(what_a_node_writes_is_no_constant),
};
const size_t constants_test_count = sizeof constants_tests / sizeof *constants_tests;

/* The device's executor against the reference's on a small graph, with memory that is reused. */
#include "graph/executor.h"

#include <stdlib.h>

#include "base/rng.h"
#include "graph/build.h"
#include "support.h"

enum { N = 2, SIDE = 5, C = 3, COUNT = N * SIDE * SIDE * C };

struct run {
    struct graph *graph;
    struct executor *executor;
    struct storage *storages[4];
    int x, w, dw, t, middle, loss;
};

static const int filter_count = 3 * 3 * C * C;

static struct storage *filled(struct device *device, int count, uint32_t stream)
{
    struct storage *storage = NULL;
    float *values = malloc((size_t)count * sizeof *values);
    struct rng rng = {9, RNG_VERIFY, stream};
    for (int i = 0; i < count; i++) values[i] = (float)rng_normal(&rng, (uint64_t)i);
    assert_ok(storage_create(&storage, device, DTYPE_F32, (size_t)count, "test"));
    assert_ok(storage_write(storage, 0, values, (size_t)count));
    free(values);
    return storage;
}

static void create(struct run *r, struct device *device, bool keep_all)
{
    struct tensor_type image = tensor_f32(N, SIDE, SIDE, C), filter = tensor_f32(3, 3, C, C);
    struct executor_options options = {.keep_all = keep_all};
    assert_ok(graph_create(&r->graph, "test"));
    r->x = graph_external(r->graph, "x", image);
    r->w = graph_external(r->graph, "w", filter);
    r->dw = graph_external(r->graph, "dw", filter);
    r->t = graph_external(r->graph, "t", image);
    r->middle = graph_leaky_relu(r->graph, graph_conv2d(r->graph, r->x, r->w, 1), 0.2);
    int y = graph_tanh(r->graph, graph_conv2d(r->graph, r->middle, r->w, 1));
    r->loss = graph_squared_error(r->graph, graph_add_scaled(r->graph, y, 1.0, r->middle, 0.5),
                                  r->t, 1.0);
    graph_keep(r->graph, r->loss);
    assert_ok(graph_backward(r->graph, r->loss, &(struct graph_wanted){r->w, r->dw, false}, 1));
    assert_ok(executor_create(&r->executor, r->graph, device, &options));
    const int tensors[4] = {r->x, r->w, r->t, r->dw};
    for (int i = 0; i < 4; i++) {
        bool image_sized = i == 0 || i == 2;
        r->storages[i] = filled(device, image_sized ? COUNT : filter_count, (uint32_t)i);
        assert_ok(executor_bind(r->executor, tensors[i], r->storages[i], 0));
    }
    assert_ok(executor_prepare(r->executor, false));
}

static void destroy(struct run *r)
{
    executor_free(r->executor);
    for (int i = 0; i < 4; i++) storage_free(r->storages[i]);
    graph_free(r->graph);
}

static struct device *open_device(bool profiling)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), profiling) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

static void device_agrees_with_the_reference(void **state)
{
    (void)state;
    struct device *device = open_device(false);
    struct run ours, oracle;
    float a[COUNT], b[COUNT];
    create(&ours, device, false);
    create(&oracle, NULL, false);
    for (int repeat = 0; repeat < 2; repeat++) { /* memory that was reused is written anew */
        assert_ok(executor_run(ours.executor));
        assert_ok(executor_run(oracle.executor));
        assert_ok(executor_read(ours.executor, ours.loss, a));
        assert_ok(executor_read(oracle.executor, oracle.loss, b));
        assert_near(a[0], b[0], 1e-4 * b[0]);
        assert_ok(executor_read(ours.executor, ours.dw, a));
        assert_ok(executor_read(oracle.executor, oracle.dw, b));
        for (int i = 0; i < filter_count; i++) assert_near(a[i], b[i], 2e-3);
    }
    const struct plan_result *plan = executor_plan(ours.executor);
    assert_true(plan->total < plan->naive);
    destroy(&ours);
    destroy(&oracle);
    device_close(device);
}

static void kept_tensors_can_be_read(void **state)
{
    (void)state;
    struct device *device = open_device(false);
    struct run reusing, keeping;
    float values[COUNT];
    create(&reusing, device, false);
    create(&keeping, device, true);
    assert_ok(executor_run(keeping.executor));
    assert_ok(executor_read(keeping.executor, keeping.middle, values));
    assert_status(SAAE_USAGE, executor_read(reusing.executor, reusing.middle, values));
    assert_message_contains("was not kept");
    destroy(&reusing);
    destroy(&keeping);
    device_close(device);
}

static void every_node_is_timed(void **state)
{
    (void)state;
    struct device *device = open_device(true);
    struct run r;
    const char *source = NULL;
    create(&r, device, false);
    size_t nodes = r.graph->node_count;
    double *seconds = calloc(nodes, sizeof *seconds);
    assert_ok(executor_run(r.executor));
    assert_ok(executor_times(r.executor, seconds, &source));
    assert_non_null(source);
    for (size_t i = 0; i < nodes; i++) assert_true(seconds[i] > 0.0 && seconds[i] < 60.0);
    free(seconds);
    destroy(&r);
    device_close(device);
}

static void a_dry_plan_takes_no_memory(void **state)
{
    (void)state;
    struct device *device = open_device(false);
    struct graph *graph = NULL;
    struct executor *executor = NULL;
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", tensor_f32(4, 8, 8, 3));
    graph_keep(graph, graph_sigmoid(graph, graph_tanh(graph, x)));
    size_t before = device_allocated(device);
    assert_ok(executor_create(&executor, graph, device, NULL));
    assert_ok(executor_prepare(executor, true));
    assert_true(executor_plan(executor)->total > 0);
    assert_int_equal(device_allocated(device), before);
    executor_free(executor);
    graph_free(graph);
    device_close(device);
}

/* t is read at the loop's beginning, and something as large is made behind it. In the second pass t
 * must still be there. */
static void what_enters_a_loop_stays_for_its_passes(void **state)
{
    (void)state;
    struct storage *storages[2];
    struct executor *executor = NULL;
    struct graph *graph = NULL;
    struct tensor_type type = tensor_f32(1, 1, 1, COUNT);
    float in[COUNT], out[COUNT];
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", type), sum = graph_external(graph, "sum", type);
    int t = graph_leaky_relu(graph, x, 1.0);
    graph_loop(graph, 1);
    int middle = graph_add_scaled(graph, t, 2.0, -1, 0.0);
    graph_add_to(graph, graph_add_scaled(graph, middle, 3.0, -1, 0.0), sum);
    graph_loop(graph, 0);
    graph_add_to(graph, x, sum);
    assert_int_equal(graph_stretch_end(graph, 0), 0);
    assert_int_equal(graph_stretch_end(graph, 1), 3);
    assert_int_equal(graph_stretch_end(graph, 4), 4);
    assert_ok(executor_create(&executor, graph, NULL, NULL));
    storages[0] = filled(NULL, COUNT, 1);
    assert_ok(storage_create(&storages[1], NULL, DTYPE_F32, COUNT, "sum"));
    assert_ok(executor_bind(executor, x, storages[0], 0));
    assert_ok(executor_bind(executor, sum, storages[1], 0));
    assert_ok(executor_prepare(executor, false));
    assert_ok(executor_run_nodes(executor, 0, 0));
    assert_ok(executor_run_nodes(executor, 1, 3));
    assert_ok(executor_run_nodes(executor, 1, 3));
    assert_ok(executor_run_nodes(executor, 4, 4));
    assert_ok(executor_read(executor, x, in));
    assert_ok(executor_read(executor, sum, out));
    for (int i = 0; i < COUNT; i++) assert_near(out[i], 13.0 * (double)in[i], 1e-5);
    executor_free(executor);
    for (int i = 0; i < 2; i++) storage_free(storages[i]);
    graph_free(graph);
}

const struct CMUnitTest executor_tests[] = {
    cmocka_unit_test(device_agrees_with_the_reference),
    cmocka_unit_test(kept_tensors_can_be_read),
    cmocka_unit_test(every_node_is_timed),
    cmocka_unit_test(a_dry_plan_takes_no_memory),
    cmocka_unit_test(what_enters_a_loop_stays_for_its_passes),
};
const size_t executor_test_count = sizeof executor_tests / sizeof *executor_tests;

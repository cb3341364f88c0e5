/* Forms of inputs: who shares one, how long it lives, that it never is out of date, and who pays
 * for it. Packed weights of the direct convolution stand for all. */
#include "graph/forms.h"

#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "graph/choose.h"
#include "graph/executor.h"
#include "ops/device_check.h"
#include "support.h"

enum {
    N = 2,
    SIDE = 5,
    C = 3,
    IMAGE = N * SIDE * SIDE * C,
    FILTER = 3 * 3 * C * C,
    PLACE = BUFFER_ALIGNMENT / 4, /* of the weights in the flat array */
    FLAT = 2 * PLACE
};
_Static_assert(FILTER <= PLACE, "the weights fit behind their place");

/* ---- Who shares ---- */

enum between { NOTHING, ITSELF, FLAT_AROUND_IT, FLAT_ELSEWHERE };

/* y = x * w; something written; z = y * w. */
struct example {
    struct graph *graph;
    int x, w, flat, dw, y, z;
};

static struct example make_example(enum between between)
{
    struct example e;
    static const char here = 0, elsewhere = 0;
    assert_ok(graph_create(&e.graph, "test"));
    e.x = graph_external(e.graph, "x", tensor_f32(N, SIDE, SIDE, C));
    e.w = graph_external(e.graph, "w", tensor_f32(3, 3, C, C));
    e.flat = graph_external(e.graph, "flat", tensor_f32(1, 1, 1, FLAT));
    e.dw = graph_external(e.graph, "dw", tensor_f32(3, 3, C, C));
    graph_locate(e.graph, e.w, &here, PLACE);
    graph_locate(e.graph, e.flat, between == FLAT_ELSEWHERE ? &elsewhere : &here, 0);
    e.y = graph_conv2d(e.graph, e.x, e.w, 1);
    if (between == ITSELF) graph_fill(e.graph, e.w, 0.25);
    if (between >= FLAT_AROUND_IT) graph_fill(e.graph, e.flat, 0.25);
    e.z = graph_conv2d(e.graph, e.y, e.w, 1);
    graph_keep(e.graph, e.y);
    graph_keep(e.graph, e.z);
    assert_ok(graph_status(e.graph));
    return e;
}

static void a_written_tensor_gets_a_new_form(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct {
        enum between between;
        size_t forms;
    } cases[] = {{NOTHING, 1}, {ITSELF, 2}, {FLAT_AROUND_IT, 2}, {FLAT_ELSEWHERE, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct example e = make_example(cases[i].between);
        int last = (int)e.graph->node_count - 1;
        struct forms forms;
        assert_ok(forms_collect(&forms, e.graph, device_traits(device)));
        assert_int_equal(forms.count, cases[i].forms);
        assert_int_equal(forms.of[0][0], -1); /* x is read as it is */
        assert_int_equal(forms.of[0][1], 0);
        assert_int_equal(forms.of[last][1], forms.count - 1);
        assert_int_equal(forms.list[0].tensor, e.w);
        assert_int_equal(forms.list[0].first, 0);
        assert_int_equal(forms.list[0].last, forms.count == 1 ? last : 0);
        forms_free(&forms);
        graph_free(e.graph);
    }
    device_close(device);
}

static void passes_share_what_is_equal(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct device_traits *traits = device_traits(device);
    struct example e = make_example(NOTHING);
    int loss = graph_squared_error(e.graph, e.z, e.x, 1.0), (*versions)[OP_MAX_INPUTS] = NULL;
    struct forms forms;
    struct op_form form;
    assert_ok(graph_backward(e.graph, loss, &(struct graph_wanted){e.w, e.dw, false}, 1));
    assert_ok(forms_collect(&forms, e.graph, traits));
    /* forward twice in one form; backward_data of z in another */
    assert_int_equal(forms.count, 2);
    assert_false(op_form_equal(&forms.list[0].form, &forms.list[1].form));
    assert_ok(forms_count_writes(e.graph, &versions));
    assert_true(op_form_of(op_algorithm_of(&e.graph->nodes[0].call), &e.graph->nodes[0].call, 1,
                           traits, &form));
    assert_int_equal(forms_count_sharers(e.graph, versions, traits, 0, 1, &form), 2);
    assert_int_equal(forms_count_sharers(e.graph, versions, traits, 0, 1, &forms.list[1].form), 1);
    free(versions);
    forms_free(&forms);
    graph_free(e.graph);
    device_close(device);
}

/* ---- Running ---- */

struct side {
    struct example example;
    struct executor *executor;
    struct storage *x, *flat, *dw;
    float y[IMAGE], z[IMAGE];
};

static void run_side(struct side *side, struct device *device, enum between between)
{
    struct example *e = &side->example;
    float values[IMAGE], weights[FLAT];
    for (int i = 0; i < IMAGE; i++) values[i] = (float)(i % 7 - 3);
    for (int i = 0; i < FLAT; i++) weights[i] = (float)(i % 5 - 2);
    *e = make_example(between);
    assert_ok(executor_create(&side->executor, e->graph, device, NULL));
    assert_ok(storage_create(&side->x, device, DTYPE_F32, IMAGE, "x"));
    assert_ok(storage_create(&side->flat, device, DTYPE_F32, FLAT, "flat"));
    assert_ok(storage_create(&side->dw, device, DTYPE_F32, FILTER, "dw"));
    assert_ok(executor_bind(side->executor, e->x, side->x, 0));
    assert_ok(executor_bind(side->executor, e->w, side->flat, PLACE));
    assert_ok(executor_bind(side->executor, e->flat, side->flat, 0));
    assert_ok(executor_bind(side->executor, e->dw, side->dw, 0));
    assert_ok(executor_prepare(side->executor, false));
    for (int run = 0; run < 2; run++) { /* and what is written from outside is seen */
        weights[PLACE] = (float)(1 + run);
        assert_ok(storage_write(side->x, 0, values, IMAGE));
        assert_ok(storage_write(side->flat, 0, weights, FLAT));
        assert_ok(executor_run(side->executor));
    }
    assert_ok(executor_read(side->executor, e->y, side->y));
    assert_ok(executor_read(side->executor, e->z, side->z));
}

static void free_side(struct side *side)
{
    executor_free(side->executor);
    storage_free(side->x);
    storage_free(side->flat);
    storage_free(side->dw);
    graph_free(side->example.graph);
}

static void results_follow_the_writes(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    for (enum between between = NOTHING; between <= FLAT_AROUND_IT; between++) {
        struct side ours, oracle;
        run_side(&ours, device, between);
        run_side(&oracle, NULL, between);
        /* small integers and quarters: exact */
        assert_memory_equal(ours.y, oracle.y, sizeof ours.y);
        assert_memory_equal(ours.z, oracle.z, sizeof ours.z);
        free_side(&ours);
        free_side(&oracle);
    }
    device_close(device);
}

/* Bound together, but not said to be: the form could not follow. */
static void unknown_neighbours_are_refused(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct example e = make_example(FLAT_ELSEWHERE);
    struct executor *executor = NULL;
    struct storage *x = NULL, *flat = NULL;
    assert_ok(executor_create(&executor, e.graph, device, NULL));
    assert_ok(storage_create(&x, device, DTYPE_F32, IMAGE, "x"));
    assert_ok(storage_create(&flat, device, DTYPE_F32, FLAT, "flat"));
    assert_ok(executor_bind(executor, e.x, x, 0));
    assert_ok(executor_bind(executor, e.dw, x, 0));
    assert_ok(executor_bind(executor, e.w, flat, PLACE));
    assert_ok(executor_bind(executor, e.flat, flat, 0));
    assert_status(SAAE_USAGE, executor_prepare(executor, false));
    assert_message_contains("'w' and 'flat'");
    executor_free(executor);
    storage_free(x);
    storage_free(flat);
    graph_free(e.graph);
    device_close(device);
}

/* ---- Memory ---- */

/* Large weights w = tanh(v), read by a first and a last convolution; in between, another tensor of
 * their size comes and goes. Once they are packed, w itself has no reader left. */
static void a_form_takes_its_tensors_place(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct graph *graph = NULL;
    struct executor *executor = NULL;
    const struct tensor_type filter = tensor_f32(31, 31, 4, 4);
    const size_t large = tensor_bytes(filter);
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", tensor_f32(1, 2, 2, 4));
    int v = graph_external(graph, "v", filter), u = graph_external(graph, "u", filter);
    int w = graph_tanh(graph, v);
    int y = graph_conv2d(graph, x, w, 1);
    graph_tanh(graph, graph_tanh(graph, u));
    graph_keep(graph, graph_conv2d(graph, y, w, 1));
    assert_ok(graph_status(graph));
    assert_ok(executor_create(&executor, graph, device, NULL));
    assert_ok(executor_prepare(executor, true));
    /* w, its form and two of u's, each counted once: a private copy would make it five */
    const struct plan_result *plan = executor_plan(executor);
    assert_true(plan->naive >= 4 * large && plan->naive < 5 * large);
    /* at most three at a time; w kept to the end would make it four */
    assert_true(plan->live >= 3 * large && plan->live < 4 * large);
    executor_free(executor);
    graph_free(graph);
    device_close(device);
}

/* ---- Choosing ---- */

enum { PLAIN, WINOGRAD }; /* algorithms of a convolution */

/* Winograd's pass takes half the time and its transformed filters more than the other half. */
static int told_of_forms(void *context, struct device *device, const struct op_call *call,
                         const struct choose_variant *variants, int count,
                         struct choose_time *times)
{
    (void)context, (void)device;
    for (int i = 0; i < count; i++) {
        const char *name = variants[i].algorithm->name;
        bool plain = call->kind != OP_conv2d_forward || strcmp(name, "direct") == 0;
        times[i] = (struct choose_time){.pass = plain ? 1e-3 : 2e-3};
        if (plain || strcmp(name, "winograd") != 0) continue;
        times[i] = (struct choose_time){.pass = 0.5e-3, .forms = {0, 0.6e-3}};
    }
    return SAAE_OK;
}

/* Two convolutions; between them, w is written to or another tensor. */
static int choose_for_two(struct device *device, bool changed)
{
    struct graph *graph = NULL;
    struct choose_options options = {.budget = 100.0, .version = "1", .measure = told_of_forms};
    assert_ok(graph_create(&graph, "test"));
    int width = device_traits(device)->vector_width;
    int x = graph_external(graph, "x", tensor_f32(1, 4, 5, width));
    int w = graph_external(graph, "w", tensor_f32(3, 3, width, width));
    int other = graph_external(graph, "other", tensor_f32(3, 3, width, width));
    int y = graph_conv2d(graph, x, w, 1);
    graph_fill(graph, changed ? w : other, 1.0);
    graph_conv2d(graph, y, w, 1);
    assert_ok(choose_algorithms(graph, device, &options));
    int chosen = graph->nodes[0].call.algorithm;
    assert_int_equal(graph->nodes[2].call.algorithm, chosen);
    graph_free(graph);
    return chosen;
}

/* One convolution, of weights that stay or not. */
static int choose_for_one(struct device *device, bool constant)
{
    struct graph *graph = NULL;
    struct choose_options options = {.budget = 100.0, .version = "1", .measure = told_of_forms};
    assert_ok(graph_create(&graph, "test"));
    int width = device_traits(device)->vector_width;
    int x = graph_external(graph, "x", tensor_f32(1, 4, 5, width));
    int w = graph_external(graph, "w", tensor_f32(3, 3, width, width));
    if (constant) graph_hold_constant(graph, w);
    graph_conv2d(graph, x, w, 1);
    assert_ok(choose_algorithms(graph, device, &options));
    int chosen = graph->nodes[0].call.algorithm;
    graph_free(graph);
    return chosen;
}

static void a_forms_time_is_shared(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct device_traits *traits = device_traits(device);
    if (!traits->cpu || traits->loop_limit != UINT64_MAX) { /* Winograd is for others */
        device_close(device);
        return;
    }
    device_set_cache_folder(test_folder());
    assert_int_equal(choose_for_two(device, false), WINOGRAD);
    assert_int_equal(choose_for_two(device, true), PLAIN); /* from the same times */
    assert_int_equal(choose_for_two(device, false), WINOGRAD);
    assert_int_equal(choose_for_one(device, false), PLAIN);
    assert_int_equal(choose_for_one(device, true), WINOGRAD); /* what stays costs nothing */
    device_close(device);
    device_set_cache_folder("");
}

const struct CMUnitTest forms_tests[] = {
    cmocka_unit_test(a_written_tensor_gets_a_new_form),
    cmocka_unit_test(passes_share_what_is_equal),
    cmocka_unit_test(results_follow_the_writes),
    cmocka_unit_test(unknown_neighbours_are_refused),
    cmocka_unit_test(a_form_takes_its_tensors_place),
    cmocka_unit_test(a_forms_time_is_shared),
};
const size_t forms_test_count = sizeof forms_tests / sizeof *forms_tests;

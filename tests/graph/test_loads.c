/* Forms made from loads: which tensors need not be, what is in their place, and that the results
 * are the same. Convolutions by Fourier transforms around a batch-norm stand for all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "graph/executor.h"
#include "graph/forms.h"
#include "ops/device_check.h"
#include "support.h"

enum { MOST_WANTED = 5, MOST_EXTERNAL = 16 };

/* z = conv(batch_norm(conv(x))) and its gradients. */
struct chain {
    struct graph *graph;
    int x, y, a, z;              /* a: of batch_norm.apply */
    int da, dy;                  /* dy: of batch_norm.backward, read by two passes */
    int apply, backward;         /* these nodes */
    int gradients[MOST_WANTED];  /* of x, both filters, gamma and beta */
    int external[MOST_EXTERNAL]; /* what values are given to */
    float offset[MOST_EXTERNAL]; /* added to them */
    int external_count;
};

struct sizes {
    int N, H, W, C, filter;
    bool weighted; /* pictures count several times */
};

enum keep { KEEP_NOTHING, KEEP_OUTPUT = 1, KEEP_GRADIENT = 2 };

static int give(struct chain *c, const char *name, struct tensor_type type, float offset)
{
    int tensor = graph_external(c->graph, name, type);
    c->external[c->external_count] = tensor;
    c->offset[c->external_count++] = offset;
    return tensor;
}

static int find_node(const struct graph *graph, enum op_kind kind)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        if (graph->nodes[i].call.kind == kind) return (int)i;
    }
    fail_msg("no such node");
    return -1;
}

/* By Fourier transforms where the device has them. */
static void use_transforms(struct graph *graph, const struct device_traits *traits)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        struct op_call *call = &graph->nodes[i].call;
        const struct op_algorithm *algorithms = op_get(call->kind)->algorithms;
        for (int a = 0; a < OP_MAX_ALGORITHMS && algorithms[a].name; a++) {
            if (strcmp(algorithms[a].name, "fft") != 0) continue;
            if (algorithms[a].supports(call, traits)) call->algorithm = a;
        }
    }
}

static struct chain make_chain(const struct sizes *s, const struct device_traits *traits,
                               unsigned keep)
{
    struct chain c = {0};
    const struct tensor_type map = tensor_f32(s->N, s->H, s->W, s->C);
    const struct tensor_type filter = tensor_f32(s->filter, s->filter, s->C, s->C);
    const struct tensor_type channels = tensor_f32(1, 1, 1, s->C);
    assert_ok(graph_create(&c.graph, "test"));
    c.x = give(&c, "x", map, 0.0f);
    int w1 = give(&c, "w1", filter, 0.0f), w2 = give(&c, "w2", filter, 0.0f);
    int target = give(&c, "target", map, 0.0f);
    struct graph_repeats repeats = {.weights = give(&c, "weights", tensor_f32(s->N, 1, 1, 1), 2.0f),
                                    .pictures = 2 * s->N};
    struct graph_batch_norm norm = {.gamma = give(&c, "gamma", channels, 1.0f),
                                    .beta = give(&c, "beta", channels, 0.1f),
                                    .running_mean = give(&c, "mean", channels, 0.0f),
                                    .running_variance = give(&c, "variance", channels, 1.0f),
                                    .eps = 1e-5,
                                    .momentum = 0.1,
                                    .slope = 0.2,
                                    .mode = BATCH_NORM_TRAIN,
                                    .repeats = s->weighted ? &repeats : NULL};
    c.y = graph_conv2d(c.graph, c.x, w1, 1);
    c.a = graph_batch_norm(c.graph, c.y, &norm);
    c.z = graph_conv2d(c.graph, c.a, w2, 1);
    graph_keep(c.graph, c.z);
    int loss = graph_squared_error(c.graph, c.z, target, 1.0);
    const int of[MOST_WANTED] = {c.x, w1, w2, norm.gamma, norm.beta};
    struct graph_wanted wanted[MOST_WANTED];
    for (int i = 0; i < MOST_WANTED; i++) {
        c.gradients[i] = give(&c, "gradient", c.graph->tensors[of[i]].type, 0.0f);
        wanted[i] = (struct graph_wanted){of[i], c.gradients[i]};
    }
    assert_ok(graph_backward(c.graph, loss, wanted, MOST_WANTED));
    c.apply = find_node(c.graph, OP_batch_norm_apply);
    c.backward = find_node(c.graph, OP_batch_norm_backward);
    c.da = c.graph->nodes[c.backward].in[5];
    c.dy = c.graph->nodes[c.backward].out[0];
    if (keep & KEEP_OUTPUT) graph_keep(c.graph, c.a);
    if (keep & KEEP_GRADIENT) graph_keep(c.graph, c.dy);
    if (traits) use_transforms(c.graph, traits);
    return c;
}

/* NULL: this device has no transforms. */
static struct device *open_device(struct sizes *sizes)
{
    struct device *device = device_check_open();
    const struct device_traits *traits = device_traits(device);
    if (sizes->C < traits->vector_width) sizes->C += traits->vector_width;
    struct chain c = make_chain(sizes, traits, KEEP_NOTHING);
    bool transforms = strcmp(op_algorithm_of(&c.graph->nodes[0].call)->name, "fft") == 0;
    graph_free(c.graph);
    if (transforms) return device;
    device_close(device);
    return NULL;
}

/* ---- What is absorbed ---- */

static const struct form *find_form(const struct forms *forms, int tensor)
{
    for (size_t f = 0; f < forms->count; f++) {
        if (forms->list[f].tensor == tensor) return &forms->list[f];
    }
    fail_msg("no form of tensor %d", tensor);
    return NULL;
}

static void check_absorbed(const struct chain *c, const struct device_traits *traits, bool output,
                           bool gradient)
{
    struct forms forms;
    assert_ok(forms_collect(&forms, c->graph, traits));
    for (size_t i = 0; i < c->graph->node_count; i++) {
        bool absorbed = ((int)i == c->apply && output) || ((int)i == c->backward && gradient);
        assert_int_equal(forms.absorbed[i], absorbed);
    }
    const struct form *a = find_form(&forms, c->a), *dy = find_form(&forms, c->dy);
    assert_int_equal(a->how, output ? FORM_LOADED : FORM_MADE);
    assert_int_equal(a->first == c->apply, output);
    assert_int_equal(dy->how, gradient ? FORM_LOADED : FORM_MADE);
    assert_int_equal(dy->first == c->backward, gradient);
    assert_int_equal(find_form(&forms, c->x)->how, FORM_MADE);
    /* Moments: left where the transform has local memory for them. */
    const struct form *moments = find_form(&forms, c->y);
    const struct op_call *first = &c->graph->nodes[0].call;
    bool left = op_algorithm_of(first)->leaves(first, traits, &moments->form);
    assert_true(left || traits->local_bytes < 256 * 1024);
    assert_int_equal(moments->how, left ? FORM_LEFT : FORM_MADE);
    forms_free(&forms);
}

static void what_nobody_reads_is_absorbed(void **state)
{
    (void)state;
    struct sizes sizes = {2, 6, 5, 0, 3, false};
    struct device *device = open_device(&sizes);
    if (!device) return;
    const struct device_traits *traits = device_traits(device);
    for (unsigned keep = 0; keep < 4; keep++) {
        struct chain c = make_chain(&sizes, traits, keep);
        check_absorbed(&c, traits, !(keep & KEEP_OUTPUT), !(keep & KEEP_GRADIENT));
        graph_free(c.graph);
    }
    struct chain c = make_chain(&sizes, traits, KEEP_NOTHING);
    graph_keep(c.graph, graph_tanh(c.graph, c.a)); /* reads it as it is */
    check_absorbed(&c, traits, false, true);
    graph_free(c.graph);
    c = make_chain(&sizes, traits, KEEP_NOTHING);
    c.graph->nodes[2 + 2].call.algorithm = 0; /* the second convolution is direct */
    assert_int_equal(c.graph->nodes[4].call.kind, OP_conv2d_forward);
    check_absorbed(&c, traits, false, true);
    graph_free(c.graph);
    c = make_chain(&sizes, traits, KEEP_NOTHING);
    int more = graph_tanh(c.graph, c.x), outputs[OP_MAX_OUTPUTS] = {c.a, -1, -1, -1};
    graph_add(c.graph, OP_add_forward, &(struct op_attributes){.scale = 1.0}, &more, 1, outputs, 1);
    check_absorbed(&c, traits, false, true); /* another node writes it too */
    graph_free(c.graph);
    device_close(device);
}

/* ---- Results ---- */

struct side {
    struct chain chain;
    struct executor *executor;
    struct storage *storages[MOST_EXTERNAL];
    float *results[MOST_WANTED + 1]; /* the gradients, z */
};

static void give_values(struct side *side, struct device *device, int e)
{
    const struct chain *c = &side->chain;
    const struct tensor_type type = c->graph->tensors[c->external[e]].type;
    size_t count = shape_count(type.shape);
    float *values = calloc(count, sizeof *values);
    assert_non_null(values);
    unsigned draw = 1u + (unsigned)e;
    for (size_t i = 0; i < count; i++) {
        draw = 1664525u * draw + 1013904223u;
        values[i] = c->offset[e] + (float)(draw >> 16) / 65536.0f - 0.5f;
    }
    assert_ok(storage_create(&side->storages[e], device, DTYPE_F32, count, "test"));
    assert_ok(storage_write(side->storages[e], 0, values, count));
    assert_ok(executor_bind(side->executor, c->external[e], side->storages[e], 0));
    free(values);
}

static int result_of(const struct chain *c, int r)
{
    return r < MOST_WANTED ? c->gradients[r] : c->z;
}

static void run_side(struct side *side, struct device *device, const struct sizes *sizes,
                     unsigned keep, bool keep_all)
{
    struct executor_options options = {.keep_all = keep_all};
    side->chain = make_chain(sizes, device ? device_traits(device) : NULL, keep);
    const struct chain *c = &side->chain;
    assert_ok(executor_create(&side->executor, c->graph, device, &options));
    for (int e = 0; e < c->external_count; e++) give_values(side, device, e);
    assert_ok(executor_prepare(side->executor, false));
    assert_ok(executor_run(side->executor));
    for (int r = 0; r <= MOST_WANTED; r++) {
        size_t count = shape_count(c->graph->tensors[result_of(c, r)].type.shape);
        side->results[r] = calloc(count, sizeof(float));
        assert_non_null(side->results[r]);
        assert_ok(executor_read(side->executor, result_of(c, r), side->results[r]));
    }
}

static void free_side(struct side *side)
{
    executor_free(side->executor);
    for (int e = 0; e < side->chain.external_count; e++) storage_free(side->storages[e]);
    for (int r = 0; r <= MOST_WANTED; r++) free(side->results[r]);
    graph_free(side->chain.graph);
}

/* To 1e-5 of the largest. */
static void compare(const struct side *ours, const struct side *oracle)
{
    const struct chain *c = &ours->chain;
    for (int r = 0; r <= MOST_WANTED; r++) {
        size_t count = shape_count(c->graph->tensors[result_of(c, r)].type.shape);
        double largest = 0.0;
        for (size_t i = 0; i < count; i++) {
            largest = fmax(largest, fabs((double)oracle->results[r][i]));
        }
        for (size_t i = 0; i < count; i++) {
            assert_near((double)ours->results[r][i], (double)oracle->results[r][i], 1e-5 * largest);
        }
    }
}

static void results_are_the_same(void **state)
{
    (void)state;
    /* whole vectors of channels and others; a window that holds a map and several */
    struct sizes all[] = {{3, 6, 5, 0, 3, true}, {2, 61, 5, 3, 5, false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct device *device = open_device(&all[i]);
        if (!device) return;
        struct side oracle = {0}, plain = {0}, loaded = {0}, readable = {0};
        run_side(&oracle, NULL, &all[i], KEEP_NOTHING, false);
        run_side(&plain, device, &all[i], KEEP_OUTPUT | KEEP_GRADIENT, false);
        run_side(&loaded, device, &all[i], KEEP_NOTHING, false);
        run_side(&readable, device, &all[i], KEEP_NOTHING, true);
        compare(&plain, &oracle);
        compare(&loaded, &oracle);
        compare(&readable, &oracle);
        for (int r = 0; r <= MOST_WANTED; r++) { /* keep_all adds launches and changes none */
            int tensor = result_of(&loaded.chain, r);
            size_t bytes = tensor_bytes(loaded.chain.graph->tensors[tensor].type);
            assert_memory_equal(loaded.results[r], readable.results[r], bytes);
        }
        free_side(&oracle);
        free_side(&plain);
        free_side(&loaded);
        free_side(&readable);
        device_close(device);
    }
}

/* ---- Memory ---- */

static void what_is_absorbed_has_no_place(void **state)
{
    (void)state;
    struct sizes sizes = {4, 12, 12, 0, 3, false};
    struct device *device = open_device(&sizes);
    if (!device) return;
    size_t naive[2];
    for (int all = 0; all < 2; all++) {
        struct executor_options options = {.keep_all = all};
        struct chain c = make_chain(&sizes, device_traits(device), KEEP_NOTHING);
        struct executor *executor = NULL;
        float *values = calloc(shape_count(c.graph->tensors[c.a].type.shape), sizeof *values);
        assert_non_null(values);
        assert_ok(executor_create(&executor, c.graph, device, &options));
        assert_ok(executor_prepare(executor, true));
        naive[all] = executor_plan(executor)->naive;
        if (!all) {
            assert_status(SAAE_USAGE, executor_read(executor, c.a, values));
            /* an output that is kept has its place */
            size_t map = tensor_bytes(c.graph->tensors[c.a].type);
            assert_true(naive[0] >= map);
        } else {
            /* both maps came back */
            assert_int_equal(naive[1] - naive[0], 2 * tensor_bytes(c.graph->tensors[c.a].type));
        }
        free(values);
        executor_free(executor);
        graph_free(c.graph);
    }
    device_close(device);
}

const struct CMUnitTest loads_tests[] = {
    cmocka_unit_test(what_nobody_reads_is_absorbed),
    cmocka_unit_test(results_are_the_same),
    cmocka_unit_test(what_is_absorbed_has_no_place),
};
const size_t loads_test_count = sizeof loads_tests / sizeof *loads_tests;

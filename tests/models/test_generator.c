#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/generator.h"
#include "models/stage.h"
#include "tiny_model.h"

enum { N = 5, CONTENT = 6 * 5, STYLE = 4 * 7 };

struct fixture {
    struct saae_model model;
    float content[N * CONTENT], style[N * STYLE];
};

static void fixture_create(struct fixture *fixture, struct device *device)
{
    tiny_model_create(&fixture->model, device, 1, 3, false);
    tiny_pictures(fixture->content, N * CONTENT, 1);
    tiny_pictures(fixture->style, N * STYLE, 2);
}

static void run(struct fixture *fixture, int batch, enum batch_norm_mode mode, int n, float *images)
{
    struct generator *generator = NULL;
    assert_ok(generator_create(&generator, &fixture->model, batch, mode));
    assert_int_equal(generator_batch(generator), batch);
    assert_ok(generator_run(generator, fixture->content, fixture->style, n, images));
    generator_free(generator);
}

/* With running statistics a picture depends on nothing but its content and style. */
static void test_batches_make_no_difference(void **state)
{
    (void)state;
    struct fixture fixture;
    float whole[N * CONTENT], parts[N * CONTENT];
    fixture_create(&fixture, NULL);
    run(&fixture, N, BATCH_NORM_INFER, N, whole);
    for (int batch = 1; batch <= N + 2; batch++) {
        memset(parts, 0, sizeof parts);
        run(&fixture, batch, BATCH_NORM_INFER, N, parts);
        assert_memory_equal(whole, parts, sizeof whole);
    }
    double least = 1, most = 0;
    for (int i = 0; i < N * CONTENT; i++) {
        assert_true(whole[i] > 0.0f && whole[i] < 1.0f);
        least = fmin(least, (double)whole[i]);
        most = fmax(most, (double)whole[i]);
    }
    assert_true(most - least > 0.05); /* not one grey */
    assert_memory_not_equal(whole, whole + CONTENT, CONTENT * sizeof *whole);
    saae_model_free(&fixture.model);
}

/* With those of the batch it depends on the others; a short batch repeats its own in turn, which
 * leaves mean and variance as they were where it fits a whole number of times. */
static void test_batch_statistics(void **state)
{
    (void)state;
    struct fixture fixture;
    float whole[N * CONTENT], pair[N * CONTENT], padded[N * CONTENT], running[N * CONTENT];
    fixture_create(&fixture, NULL);
    run(&fixture, N, BATCH_NORM_FROZEN, N, whole);
    run(&fixture, 2, BATCH_NORM_FROZEN, 2, pair);
    run(&fixture, 4, BATCH_NORM_FROZEN, 2, padded);
    run(&fixture, N, BATCH_NORM_INFER, N, running);
    double between = 0, beyond = 0;
    for (int i = 0; i < 2 * CONTENT; i++) {
        assert_near((double)pair[i], (double)padded[i], 1e-6);
        between = fmax(between, fabs((double)(pair[i] - whole[i])));
        beyond = fmax(beyond, fabs((double)(running[i] - whole[i])));
    }
    assert_true(between > 1e-3);
    assert_true(beyond > 1e-3);
    saae_model_free(&fixture.model);
}

/* Blocks `first` .. `last` of a part with batch-norm as a node of its own. */
static int plain_blocks(struct layers *layers, const struct saae_config *config, const char *part,
                        int x, int first, int last)
{
    for (int i = first; i <= last; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%d", part, i);
        x = layer_convolution(layers, name, x, config->features, config->filter);
        x = layer_block_end(layers, name, x);
    }
    return x;
}

/* The whole generator, its decoder on the concatenated maps. */
static int plain_generator(struct layers *layers, const struct saae_config *config, int content,
                           int style)
{
    const struct shape vector = {0, 1, 1, config->style_vector};
    int z_content = plain_blocks(layers, config, "generator.enc_content", content, 0, 2);
    int x = plain_blocks(layers, config, "generator.enc_style", style, 0, 2);
    x = layer_linear(layers, "generator.enc_style.fc_vector", x, vector);
    x = graph_leaky_relu(layers->graph, x, config->slope);
    x = graph_concat(layers->graph, z_content, saae_style_map(layers, config, x));
    x = plain_blocks(layers, config, "generator.decoder", x, 0, 1);
    x = layer_convolution_bias(layers, "generator.decoder.2", x, config->channels, config->filter);
    return graph_sigmoid(layers->graph, x);
}

static int nodes_of(const struct graph *graph, enum op_kind kind)
{
    int count = 0;
    for (size_t i = 0; i < graph->node_count; i++) count += graph->nodes[i].call.kind == kind;
    return count;
}

/* Batch-norm folded into weights and biases is the same function, in double but for roundings. */
static void test_folding_changes_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stage stage;
    float both[2 * N * CONTENT];
    fixture_create(&fixture, NULL);
    const struct saae_config *c = &fixture.model.config;
    assert_ok(stage_begin(&stage, "both", &fixture.model, N, BATCH_NORM_INFER));
    int content = stage_input(&stage, "content", tensor_f32(N, c->height, c->width, c->channels));
    int style =
        stage_input(&stage, "style", tensor_f32(N, c->style_height, c->style_width, c->channels));
    struct layers *layers = &stage.layers;
    int z_style = saae_style_map(layers, c, saae_style_vector(layers, c, style));
    int part = saae_mix(layers, c, SAAE_CONTENT, saae_encode_content(layers, c, content));
    int folded = saae_decode_pair(layers, c, part, z_style);
    assert_int_equal(nodes_of(stage.graph, OP_batch_norm_apply), 0);
    int plain = plain_generator(layers, c, content, style);
    assert_int_equal(nodes_of(stage.graph, OP_batch_norm_apply), 8);
    assert_ok(stage_end(&stage, graph_concat(stage.graph, folded, plain)));
    assert_ok(stage_run(&stage, (const void *[]){fixture.content, fixture.style}, N, both));
    for (int i = 0; i < N * CONTENT; i++) assert_near(both[2 * i], both[2 * i + 1], 1e-7);
    stage_free(&stage);
    saae_model_free(&fixture.model);
}

static void test_inference_changes_nothing(void **state)
{
    (void)state;
    struct fixture fixture;
    float images[N * CONTENT];
    fixture_create(&fixture, NULL);
    struct storage *storages[] = {fixture.model.generator.value, fixture.model.generator.statistic};
    float *before[2];
    for (int i = 0; i < 2; i++) {
        before[i] = malloc(storages[i]->count * sizeof **before);
        assert_ok(storage_read(storages[i], 0, before[i], storages[i]->count));
    }
    run(&fixture, 2, BATCH_NORM_INFER, N, images);
    run(&fixture, 2, BATCH_NORM_FROZEN, N, images);
    for (int i = 0; i < 2; i++) {
        float *after = malloc(storages[i]->count * sizeof *after);
        assert_ok(storage_read(storages[i], 0, after, storages[i]->count));
        assert_memory_equal(before[i], after, storages[i]->count * sizeof *after);
        free(after);
        free(before[i]);
    }
    saae_model_free(&fixture.model);
}

static void test_bytes(void **state)
{
    (void)state;
    struct fixture fixture;
    struct generator *generator = NULL;
    uint8_t content[N * CONTENT], style[N * STYLE], images[N * CONTENT];
    float expected[N * CONTENT];
    fixture_create(&fixture, NULL);
    for (int i = 0; i < N * CONTENT; i++) {
        content[i] = (uint8_t)(i * 37);
        fixture.content[i] = (float)(content[i] / 255.0);
    }
    for (int i = 0; i < N * STYLE; i++) {
        style[i] = (uint8_t)(i * 91);
        fixture.style[i] = (float)(style[i] / 255.0);
    }
    assert_ok(generator_create(&generator, &fixture.model, 3, BATCH_NORM_INFER));
    assert_ok(generator_run(generator, fixture.content, fixture.style, N, expected));
    assert_ok(generator_run_bytes(generator, content, style, N, images));
    for (int i = 0; i < N * CONTENT; i++) {
        assert_near(images[i], round((double)expected[i] * 255.0), 0);
    }
    assert_ok(generator_run_bytes(generator, content, style, 0, images));
    generator_free(generator);
    saae_model_free(&fixture.model);
}

static void test_faults(void **state)
{
    (void)state;
    struct fixture fixture;
    struct generator *generator = NULL;
    float images[N * CONTENT], nan_value = NAN;
    fixture_create(&fixture, NULL);
    assert_status(SAAE_USAGE, generator_create(&generator, &fixture.model, 0, BATCH_NORM_INFER));
    assert_status(SAAE_USAGE, generator_create(&generator, &fixture.model, 1, BATCH_NORM_TRAIN));
    assert_null(generator);
    assert_ok(generator_create(&generator, &fixture.model, 2, BATCH_NORM_INFER));
    fixture.style[4 * STYLE] = nan_value;
    assert_status(SAAE_NUMERIC,
                  generator_run(generator, fixture.content, fixture.style, N, images));
    assert_message_contains("input 4");
    generator_free(generator);
    generator_free(NULL);
    saae_model_free(&fixture.model);
}

#if SAAE_WITH_OPENCL
static void test_device_agrees_with_the_reference(void **state)
{
    (void)state;
    struct fixture here, there;
    struct device *device = NULL;
    float expected[N * CONTENT], found[N * CONTENT];
    if (device_open(&device, NULL, false) != SAAE_OK) test_skip("OpenCL: %s", saae_message());
    fixture_create(&here, NULL);
    fixture_create(&there, device);
    const enum batch_norm_mode modes[] = {BATCH_NORM_INFER, BATCH_NORM_FROZEN};
    for (int m = 0; m < 2; m++) {
        run(&here, 2, modes[m], N, expected);
        run(&there, 2, modes[m], N, found);
        for (int i = 0; i < N * CONTENT; i++) {
            assert_near((double)found[i], (double)expected[i], 1e-4);
        }
    }
    saae_model_free(&here.model);
    saae_model_free(&there.model);
    device_close(device);
}
#endif

const struct CMUnitTest generator_tests[] = {
    cmocka_unit_test(test_batches_make_no_difference),
    cmocka_unit_test(test_batch_statistics),
    cmocka_unit_test(test_folding_changes_nothing),
    cmocka_unit_test(test_inference_changes_nothing),
    cmocka_unit_test(test_bytes),
    cmocka_unit_test(test_faults),
#if SAAE_WITH_OPENCL
    cmocka_unit_test(test_device_agrees_with_the_reference),
#endif
};
const size_t generator_test_count = sizeof generator_tests / sizeof *generator_tests;

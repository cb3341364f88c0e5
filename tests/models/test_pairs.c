/* Pictures of pairs are those of the whole generator, with each content and style encoded once. */
#include "models/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pixel.h"
#include "models/generator.h"
#include "support.h"
#include "tiny_model.h"

enum { CONTENTS = 3, STYLES = 7, PAIRS = 29, CONTENT = 6 * 5, STYLE = 4 * 7 };

/* Floats of one encoded content and style. */
enum { MAP = 6 * 5 * 2, VECTOR = 3 };

struct fixture {
    struct saae_model model;
    uint8_t contents[CONTENTS * CONTENT], styles[STYLES * STYLE];
    struct pairs_source content_source, style_source;
    struct pair list[PAIRS];
};

static void fixture_create(struct fixture *f, struct device *device)
{
    tiny_model_create(&f->model, device, 1, 3, false);
    for (int i = 0; i < CONTENTS * CONTENT; i++) f->contents[i] = (uint8_t)(i * 37 + i / 7);
    for (int i = 0; i < STYLES * STYLE; i++) f->styles[i] = (uint8_t)(i * 91 + i / 5);
    f->content_source = (struct pairs_source){f->contents, CONTENTS};
    f->style_source = (struct pairs_source){f->styles, STYLES};
    /* every content in every style, and some again */
    for (int i = 0; i < PAIRS; i++) f->list[i] = (struct pair){i % CONTENTS, i / CONTENTS % STYLES};
}

static struct pairs *create(struct fixture *f, int batch, enum batch_norm_mode mode, size_t room)
{
    struct pairs *pairs = NULL;
    const struct pairs_options options = {batch, mode, room};
    assert_ok(pairs_create(&pairs, &f->model, &options, &f->content_source, &f->style_source));
    return pairs;
}

struct drawn {
    float images[PAIRS * CONTENT];
    int next; /* pictures come in order */
};

static int take(void *context, const float *images, int first, int count)
{
    struct drawn *drawn = context;
    assert_int_equal(first, drawn->next);
    drawn->next += count;
    memcpy(drawn->images + (size_t)first * CONTENT, images,
           (size_t)count * CONTENT * sizeof *images);
    return SAAE_OK;
}

static void draw(struct pairs *pairs, const struct fixture *f, struct drawn *drawn)
{
    *drawn = (struct drawn){.next = 0};
    assert_ok(pairs_draw(pairs, f->list, PAIRS, take, drawn));
    assert_int_equal(drawn->next, PAIRS);
}

/* By the whole generator, batch by batch. */
static void draw_whole(struct fixture *f, int batch, enum batch_norm_mode mode, float *images)
{
    struct generator *generator = NULL;
    float *content = malloc(PAIRS * CONTENT * sizeof *content);
    float *style = malloc(PAIRS * STYLE * sizeof *style);
    for (int i = 0; i < PAIRS; i++) {
        pixels_to_floats(f->contents + f->list[i].content * CONTENT, CONTENT,
                         content + i * CONTENT);
        pixels_to_floats(f->styles + f->list[i].style * STYLE, STYLE, style + i * STYLE);
    }
    assert_ok(generator_create(&generator, &f->model, batch, mode));
    assert_ok(generator_run(generator, content, style, PAIRS, images));
    generator_free(generator);
    free(content);
    free(style);
}

static void check_near(const float *images, const float *expected, double tolerance)
{
    for (int i = 0; i < PAIRS * CONTENT; i++) {
        assert_near((double)images[i], (double)expected[i], tolerance);
    }
}

static void check_all_batches(struct device *device, double tolerance)
{
    struct fixture f;
    struct drawn drawn;
    float expected[PAIRS * CONTENT];
    fixture_create(&f, device);
    draw_whole(&f, 4, BATCH_NORM_INFER, expected);
    for (int batch = 1; batch <= PAIRS + 3; batch = batch * 2 + 1) {
        struct pairs *pairs = create(&f, batch, BATCH_NORM_INFER, 0);
        draw(pairs, &f, &drawn);
        check_near(drawn.images, expected, tolerance);
        draw(pairs, &f, &drawn); /* all is encoded now */
        check_near(drawn.images, expected, tolerance);
        pairs_free(pairs);
    }
    saae_model_free(&f.model);
}

/* The encodings are rounded to floats between the parts. */
static void test_pictures_are_the_whole_generators(void **state)
{
    (void)state;
    check_all_batches(NULL, 1e-6);
}

#if SAAE_WITH_OPENCL
static void test_on_a_device(void **state)
{
    (void)state;
    struct device *device = NULL;
    if (device_open(&device, NULL, false) != SAAE_OK) test_skip("OpenCL: %s", saae_message());
    check_all_batches(device, 1e-6);
    device_close(device);
}
#endif

/* Room for fewer encodings than there are pictures, down to a batch of them. */
static void test_little_room(void **state)
{
    (void)state;
    struct fixture f;
    struct drawn drawn;
    float expected[PAIRS * CONTENT];
    fixture_create(&f, NULL);
    for (int i = 0; i < PAIRS; i++) f.list[i] = (struct pair){i * 2 % CONTENTS, i * 5 % STYLES};
    draw_whole(&f, 4, BATCH_NORM_INFER, expected);
    for (int batch = 1; batch <= 4; batch++) {
        for (size_t rows = 0; rows <= STYLES; rows++) {
            struct pairs *pairs =
                create(&f, batch, BATCH_NORM_INFER, rows * VECTOR * sizeof(float) + 1);
            draw(pairs, &f, &drawn);
            check_near(drawn.images, expected, 1e-6);
            pairs_free(pairs);
            pairs = create(&f, batch, BATCH_NORM_INFER, rows * MAP * sizeof(float) + 1);
            draw(pairs, &f, &drawn);
            check_near(drawn.images, expected, 1e-6);
            pairs_free(pairs);
        }
    }
    saae_model_free(&f.model);
}

/* What was encoded is not looked at again, until it is to be forgotten. */
static void test_each_picture_is_encoded_once(void **state)
{
    (void)state;
    struct fixture f;
    struct drawn before, kept, after;
    float expected[PAIRS * CONTENT];
    fixture_create(&f, NULL);
    struct pairs *pairs = create(&f, 4, BATCH_NORM_INFER, 0);
    draw(pairs, &f, &before);
    for (size_t i = 0; i < sizeof f.contents; i++) f.contents[i] = (uint8_t)(f.contents[i] + 100);
    for (size_t i = 0; i < sizeof f.styles; i++) f.styles[i] = (uint8_t)(f.styles[i] + 50);
    draw(pairs, &f, &kept);
    assert_memory_equal(before.images, kept.images, sizeof before.images);
    pairs_forget(pairs);
    draw(pairs, &f, &after);
    assert_memory_not_equal(before.images, after.images, sizeof before.images);
    draw_whole(&f, 4, BATCH_NORM_INFER, expected);
    check_near(after.images, expected, 1e-6);
    pairs_free(pairs);
    saae_model_free(&f.model);
}

/* With the statistics of the batch it matters which pairs meet: those of the whole generator do. */
static void test_batch_statistics(void **state)
{
    (void)state;
    struct fixture f;
    struct drawn drawn;
    float expected[PAIRS * CONTENT];
    fixture_create(&f, NULL);
    draw_whole(&f, 5, BATCH_NORM_FROZEN, expected);
    struct pairs *pairs = create(&f, 5, BATCH_NORM_FROZEN, 0);
    draw(pairs, &f, &drawn);
    assert_memory_equal(drawn.images, expected, sizeof expected);
    pairs_forget(pairs);
    assert_non_null(pairs_graph(pairs, 0));
    assert_null(pairs_graph(pairs, 1));
    pairs_free(pairs);
    saae_model_free(&f.model);
}

static size_t count_nodes(const struct graph *graph, enum op_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->node_count; i++) count += graph->nodes[i].call.kind == kind;
    return count;
}

/* The first of the decoder is done for its content beforehand; batches are no larger than needed.
 */
static void test_graphs(void **state)
{
    (void)state;
    struct fixture f;
    fixture_create(&f, NULL);
    struct pairs *pairs = create(&f, 16, BATCH_NORM_INFER, 0);
    const int batches[] = {4, 8, 16};
    const size_t convolutions[] = {4, 4, 2};
    for (int g = 0; g < 3; g++) {
        const struct graph *graph = pairs_graph(pairs, g);
        assert_int_equal(count_nodes(graph, OP_conv2d_forward) +
                             count_nodes(graph, OP_conv2d_infer),
                         convolutions[g]);
        const struct graph_node *last = &graph->nodes[graph->node_count - 1];
        assert_int_equal(last->call.out[0].shape.n, batches[g]);
    }
    assert_int_equal(count_nodes(pairs_graph(pairs, 2), OP_select_forward), 2);
    assert_null(pairs_graph(pairs, 3));
    pairs_free(pairs);
    saae_model_free(&f.model);
}

static int refuse(void *context, const float *images, int first, int count)
{
    (void)images;
    ++*(int *)context;
    return first + count < 6 ? SAAE_OK : status_set(SAAE_IO, "enough");
}

static void test_faults(void **state)
{
    (void)state;
    struct fixture f;
    struct drawn drawn = {.next = 0};
    struct pairs *pairs = NULL;
    int taken = 0;
    fixture_create(&f, NULL);
    assert_status(SAAE_USAGE,
                  pairs_create(&pairs, &f.model, &(struct pairs_options){0, BATCH_NORM_INFER, 0},
                               &f.content_source, &f.style_source));
    assert_null(pairs);
    pairs = create(&f, 2, BATCH_NORM_INFER, 0);
    assert_ok(pairs_draw(pairs, f.list, 0, take, &drawn));
    assert_status(SAAE_IO, pairs_draw(pairs, f.list, PAIRS, refuse, &taken));
    assert_int_equal(taken, 3);
    f.list[5].style = STYLES;
    assert_status(SAAE_USAGE, pairs_draw(pairs, f.list, PAIRS, take, &drawn));
    assert_message_contains("pair 5: content 2 of 3 in style 7 of 7");
    f.list[5] = (struct pair){-1, 0};
    assert_status(SAAE_USAGE, pairs_draw(pairs, f.list, PAIRS, take, &drawn));
    f.list[5] = (struct pair){0, 0};
    float nan_value = NAN;
    assert_ok(storage_write(f.model.generator.statistic, 0, &nan_value, 1));
    pairs_forget(pairs);
    assert_status(SAAE_NUMERIC, pairs_draw(pairs, f.list, PAIRS, take, &drawn));
    assert_message_contains("input 0");
    pairs_free(pairs);
    pairs_free(NULL);
    saae_model_free(&f.model);
}

const struct CMUnitTest pairs_tests[] = {
    cmocka_unit_test(test_pictures_are_the_whole_generators),
    cmocka_unit_test(test_little_room),
    cmocka_unit_test(test_each_picture_is_encoded_once),
    cmocka_unit_test(test_batch_statistics),
    cmocka_unit_test(test_graphs),
    cmocka_unit_test(test_faults),
#if SAAE_WITH_OPENCL
    cmocka_unit_test(test_on_a_device),
#endif
};
const size_t pairs_test_count = sizeof pairs_tests / sizeof *pairs_tests;

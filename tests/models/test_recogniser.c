/* The recogniser on the reference: it learns, repeats, and refuses what it cannot use. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pixel.h"
#include "base/rng.h"
#include "models/recogniser.h"
#include "support.h"

enum { SIDE = 8, CLASSES = 4, COUNT = 20, ROW = SIDE * SIDE };

/* Class k: a bright quarter on noise. */
static void make_pictures(uint8_t pixels[COUNT * ROW], int32_t labels[COUNT])
{
    struct rng rng = {7, RNG_VERIFY, 0};
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i % CLASSES;
        for (int p = 0; p < ROW; p++) {
            int quarter = p / SIDE / (SIDE / 2) * 2 + p % SIDE / (SIDE / 2);
            uint32_t noise = rng_below(&rng, (uint64_t)(i * ROW + p), 128);
            pixels[i * ROW + p] = (uint8_t)(noise + (quarter == labels[i] ? 100 : 0));
        }
    }
}

struct fixture {
    uint8_t pixels[COUNT * ROW];
    int32_t labels[COUNT];
    struct recogniser recogniser;
    struct recogniser_set set;
    struct recogniser_options options;
};

static const struct recogniser_config config = {SIDE, SIDE, 1, CLASSES};

static void set_up(struct fixture *f)
{
    make_pictures(f->pixels, f->labels);
    f->set = (struct recogniser_set){COUNT, f->pixels, f->labels};
    f->options = recogniser_default_options();
    f->options.epochs = 8;
    f->options.batch = 8;
    assert_ok(recogniser_create(&f->recogniser, &config));
    assert_ok(network_allocate(&f->recogniser.network, NULL, true));
}

static bool keep_loss(void *context, int64_t step, int64_t steps, double loss)
{
    double *losses = context;
    if (step == 1) losses[0] = loss;
    if (step == steps) losses[1] = loss;
    losses[2] = (double)steps;
    return true;
}

static void test_overfits(void **state)
{
    (void)state;
    struct fixture f;
    struct predictor *predictor = NULL;
    double losses[3] = {0};
    int32_t found[COUNT], as_floats[COUNT];
    float probabilities[COUNT * CLASSES], images[COUNT * ROW];
    set_up(&f);
    assert_ok(recogniser_train(&f.recogniser, &f.set, &f.options, keep_loss, losses));
    assert_int_equal((int)losses[2], COUNT * 8 / 8);
    assert_true(losses[1] < 0.1 && losses[1] < losses[0] / 5);

    /* a batch that does not divide the number of pictures */
    assert_ok(predictor_create(&predictor, &f.recogniser, 7));
    assert_ok(predictor_run_bytes(predictor, f.pixels, COUNT, found, probabilities));
    assert_memory_equal(found, f.labels, sizeof found);
    for (int i = 0; i < COUNT; i++) {
        double sum = 0.0;
        for (int k = 0; k < CLASSES; k++) {
            float p = probabilities[i * CLASSES + k];
            assert_true(p <= probabilities[i * CLASSES + found[i]]);
            sum += (double)p;
        }
        assert_near(sum, 1.0, 1e-6);
    }
    for (int i = 0; i < COUNT * ROW; i++) images[i] = pixel_to_float(f.pixels[i]);
    assert_ok(predictor_run(predictor, images, COUNT, as_floats, NULL));
    assert_memory_equal(as_floats, found, sizeof found);
    images[3 * ROW] = NAN;
    assert_status(SAAE_NUMERIC, predictor_run(predictor, images, COUNT, as_floats, NULL));
    assert_message_contains("picture 3");
    predictor_free(predictor);
    recogniser_free(&f.recogniser);
}

/* Training starts from the seed, whatever the network held before. */
static void test_repeats(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.options.epochs = 1;
    size_t count = f.recogniser.network.values;
    float *first = calloc(count, sizeof *first), *second = calloc(count, sizeof *second);
    assert_non_null(first);
    assert_non_null(second);
    assert_ok(recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    assert_ok(storage_read(f.recogniser.network.value, 0, first, count));
    assert_ok(recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    assert_ok(storage_read(f.recogniser.network.value, 0, second, count));
    assert_memory_equal(first, second, count * sizeof *first);
    f.options.seed++;
    assert_ok(recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    assert_ok(storage_read(f.recogniser.network.value, 0, second, count));
    assert_memory_not_equal(first, second, count * sizeof *first);
    free(first);
    free(second);
    recogniser_free(&f.recogniser);
}

static bool stop_at_once(void *context, int64_t step, int64_t steps, double loss)
{
    (void)steps;
    (void)loss;
    *(int64_t *)context = step;
    return false;
}

static void test_refusals(void **state)
{
    (void)state;
    struct fixture f;
    int64_t step = 0;
    set_up(&f);
    assert_status(SAAE_INTERRUPTED,
                  recogniser_train(&f.recogniser, &f.set, &f.options, stop_at_once, &step));
    assert_int_equal((int)step, 1);
    f.labels[5] = CLASSES;
    assert_status(SAAE_INPUT, recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    assert_message_contains("picture 5");
    f.labels[5] = 0;
    f.options.epochs = 0;
    assert_status(SAAE_USAGE, recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    f.set.count = 0;
    assert_status(SAAE_INPUT, recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    recogniser_free(&f.recogniser);
}

static void test_no_room_for_training(void **state)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    recogniser_free(&f.recogniser);
    assert_ok(recogniser_create(&f.recogniser, &config));
    assert_ok(network_allocate(&f.recogniser.network, NULL, false));
    assert_status(SAAE_USAGE, recogniser_train(&f.recogniser, &f.set, &f.options, NULL, NULL));
    recogniser_free(&f.recogniser);
}

static size_t parameter_count(int height, int width, int channels, int classes)
{
    struct recogniser recogniser;
    struct recogniser_config wanted = {height, width, channels, classes};
    size_t count = 0;
    assert_ok(recogniser_create(&recogniser, &wanted));
    for (size_t p = 0; p < recogniser.network.count; p++) {
        const struct parameter *parameter = &recogniser.network.parameters[p];
        if (parameter_trained(parameter)) count += shape_count(parameter->shape);
    }
    recogniser_free(&recogniser);
    return count;
}

/* Convolutions and their batch-norm, hidden layer over what two, one or no pool leave, outputs. */
static void test_sizes(void **state)
{
    (void)state;
    const size_t blocks = 25 * 16 + 2 * 16 + 25 * 16 * 32 + 2 * 32;
    assert_int_equal(parameter_count(28, 28, 1, 10),
                     blocks + 7 * 7 * 32 * 128 + 128 + 128 * 10 + 10);
    assert_int_equal(parameter_count(8, 8, 1, 2), blocks + 4 * 4 * 32 * 128 + 128 + 128 * 2 + 2);
    assert_int_equal(parameter_count(4, 40, 1, 2), blocks + 4 * 40 * 32 * 128 + 128 + 128 * 2 + 2);
    assert_int_equal(parameter_count(9, 17, 3, 3),
                     blocks + 2 * 25 * 16 + 4 * 8 * 32 * 128 + 128 + 128 * 3 + 3);
    struct recogniser recogniser;
    const struct recogniser_config bad[] = {
        {3, 8, 1, 2}, {8, 3, 1, 2}, {8, 8, 2, 2}, {8, 8, 1, 1}, {5000, 8, 1, 2}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(SAAE_USAGE, recogniser_create(&recogniser, &bad[i]));
    }
}

const struct CMUnitTest recogniser_tests[] = {
    cmocka_unit_test(test_overfits), cmocka_unit_test(test_repeats),
    cmocka_unit_test(test_refusals), cmocka_unit_test(test_no_room_for_training),
    cmocka_unit_test(test_sizes),
};
const size_t recogniser_test_count = sizeof recogniser_tests / sizeof recogniser_tests[0];

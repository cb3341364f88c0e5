/* The gradients of whole training steps against central differences in double, and what a step may
 * and may not change. */
#include "models/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support.h"

enum { BATCH = 3, IMAGES = 5, CLASSES = 3, SIDE = 6 };

struct fixture {
    struct saae_model model;
    struct step_feed feed;
    struct step_data data;
    struct step step;
};

static struct saae_config tiny_config(void)
{
    struct saae_config config = {.height = SIDE,
                                 .width = SIDE,
                                 .style_height = SIDE,
                                 .style_width = SIDE,
                                 .channels = 1,
                                 .classes = CLASSES};
    assert_ok(saae_config_preset(&config, "tiny"));
    config.features = 2;
    config.style_vector = 3;
    config.hidden = 4;
    return config;
}

static struct storage *random_bytes(int count, int picture, uint32_t stream)
{
    struct storage *storage = NULL;
    size_t size = (size_t)count * (size_t)picture;
    uint8_t *bytes = malloc(size);
    struct rng rng = {11, RNG_VERIFY, stream};
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)rng_below(&rng, i, 256);
    assert_ok(storage_create(&storage, NULL, DTYPE_U8, size, "pictures"));
    assert_ok(storage_write(storage, 0, bytes, size));
    free(bytes);
    return storage;
}

static void set_up_with(struct fixture *f, enum step_kind kind, const struct saae_config *config,
                        bool contents_once)
{
    struct step_options options = {.batch = BATCH,
                                   .adversarial = 0.3,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .eps = 1e-8,
                                   .discriminator_beta1 = 0.5,
                                   .discriminator_beta2 = 0.999,
                                   .contents_once = contents_once};
    *f = (struct fixture){0};
    assert_ok(saae_model_create(&f->model, config));
    assert_ok(network_allocate(&f->model.generator, NULL, true));
    assert_ok(network_allocate(&f->model.discriminator, NULL, true));
    assert_ok(network_initialise(&f->model.generator, 5, 0));
    assert_ok(network_initialise(&f->model.discriminator, 5, 1000));
    f->data = (struct step_data){.images = random_bytes(IMAGES, SIDE * SIDE, 1),
                                 .contents = random_bytes(CLASSES, SIDE * SIDE, 2),
                                 .image_count = IMAGES,
                                 .content_count = CLASSES};
    if (config->style_width != SIDE) { /* styles of their own */
        f->data.style_count = IMAGES;
        f->data.styles = random_bytes(IMAGES, config->style_height * config->style_width, 3);
    }
    assert_ok(step_feed_create(&f->feed, NULL, BATCH, CLASSES));
    assert_int_equal(
        step_create(&f->step, kind, &f->model, &f->data, &f->feed, &options, NULL, false), SAAE_OK);
}

static void set_up(struct fixture *f, enum step_kind kind, const struct saae_config *config)
{
    set_up_with(f, kind, config, false);
}

static void tear_down(struct fixture *f)
{
    step_free(&f->step);
    step_feed_free(&f->feed);
    storage_free(f->data.images);
    storage_free(f->data.contents);
    storage_free(f->data.styles);
    saae_model_free(&f->model);
}

/* A step size of 0 leaves the parameters as they are. */
static struct step_input fixed_input(float rate)
{
    static const int32_t image[BATCH] = {0, 3, 4}, own[BATCH] = {0, 1, 0}, cross[BATCH] = {2, 0, 2};
    return (struct step_input){.image = image,
                               .style = cross,
                               .own = own,
                               .cross = cross,
                               .label = own,
                               .cross_label = cross,
                               .generator = {rate, 1.0f},
                               .discriminator = {rate, 1.0f}};
}

/* The loss that the network's gradients belong to, in double. */
static double loss_of(struct fixture *f, const struct network *network)
{
    struct step_input input = fixed_input(0.0f);
    double value[7] = {0};
    double lambda = 0.3 * SIDE * SIDE;
    assert_ok(step_run(&f->step, &input));
    for (int i = 0; i < 4; i++) {
        int tensor = f->step.losses[i];
        if (tensor >= 0) value[i] = *(double *)executor_values(f->step.executor, tensor);
    }
    return network == &f->model.generator ? value[0] + lambda * value[3] : value[1] + value[2];
}

/* Central differences at `count` parameters drawn at random; a kink of the leaky ReLU or the
 * max-pool between the two points is escaped by a smaller step. */
static void check_gradient(struct fixture *f, struct network *network, int count)
{
    double *values = network->value->host;
    double *gradient = malloc(network->values * sizeof *gradient);
    struct rng rng = {3, RNG_VERIFY, 77};
    loss_of(f, network);
    memcpy(gradient, network->gradient->host, network->values * sizeof *gradient);
    for (int k = 0; k < count; k++) {
        const struct parameter *p =
            &network->parameters[rng_below(&rng, 2 * (uint64_t)k, (uint32_t)network->count)];
        if (!parameter_trained(p)) continue;
        size_t i =
            p->offset + rng_below(&rng, 2 * (uint64_t)k + 1, (uint32_t)shape_count(p->shape));
        double kept = values[i], error = INFINITY, difference = 0.0;
        for (double h = 1e-4; h > 1e-8 && error > 1e-5; h *= 0.1) {
            values[i] = kept + h;
            double above = loss_of(f, network);
            values[i] = kept - h;
            difference = (above - loss_of(f, network)) / (2 * h);
            error = fabs(difference - gradient[i]) / (1e-3 + fabs(gradient[i]));
        }
        values[i] = kept;
        if (!(error <= 1e-5)) {
            print_error("%s[%zu]: gradient %.10g, difference %.10g\n", p->name, i - p->offset,
                        gradient[i], difference);
        }
        assert_true(error <= 1e-5);
    }
    free(gradient);
}

static void generator_gradient_of_step_1(void **state)
{
    (void)state;
    struct fixture f;
    struct saae_config config = tiny_config();
    set_up(&f, STEP_AUTOENCODER, &config);
    check_gradient(&f, &f.model.generator, 60);
    tear_down(&f);
}

static void discriminator_gradient_of_step_2(void **state)
{
    (void)state;
    struct fixture f;
    struct saae_config config = tiny_config();
    set_up(&f, STEP_DISCRIMINATOR, &config);
    check_gradient(&f, &f.model.discriminator, 60);
    tear_down(&f);
}

static void both_gradients_of_step_3(void **state)
{
    (void)state;
    const struct {
        enum saae_discriminator discriminator;
        enum saae_head head;
        int output_batch_norm;
    } variants[] = {{SAAE_MULTICLASS, SAAE_SOFTMAX, 0},
                    {SAAE_MULTICLASS, SAAE_SIGMOID, 1},
                    {SAAE_BINARY, SAAE_SIGMOID, 0}};
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        struct fixture f;
        struct saae_config config = tiny_config();
        config.discriminator = variants[v].discriminator;
        config.head = variants[v].head;
        config.output_batch_norm = variants[v].output_batch_norm;
        set_up(&f, STEP_ADVERSARIAL, &config);
        check_gradient(&f, &f.model.generator, 60);
        check_gradient(&f, &f.model.discriminator, 40);
        tear_down(&f);
    }
}

/* A word of 5x11 as the style of a character of 6x6. */
static void styles_of_another_size(void **state)
{
    (void)state;
    struct fixture f;
    struct saae_config config = tiny_config();
    config.style_height = 5;
    config.style_width = 11;
    set_up(&f, STEP_ADVERSARIAL, &config);
    check_gradient(&f, &f.model.generator, 60);
    tear_down(&f);
}

/* Contents named twice, once and never, as fixed_input has them. */
static void gradients_with_each_content_encoded_once(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind += 2) {
        struct fixture f;
        struct saae_config config = tiny_config();
        set_up_with(&f, (enum step_kind)kind, &config, true);
        check_gradient(&f, &f.model.generator, 60);
        tear_down(&f);
    }
}

/* Largest difference of two storages over the largest value. */
static double difference(const struct storage *a, const struct storage *b)
{
    double most = 0.0, largest = 0.0;
    const double *x = a->host, *y = b->host;
    for (size_t i = 0; i < a->count; i++) {
        most = fmax(most, fabs(x[i] - y[i]));
        largest = fmax(largest, fabs(x[i]));
    }
    return most / largest;
}

/* Both ways are one step: losses, gradients and running statistics agree in double. The latter are
 * kept as floats. */
static void encoding_contents_once_changes_nothing(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind++) {
        struct fixture each, once;
        struct saae_config config = tiny_config();
        struct step_input input = fixed_input(0.0f);
        set_up_with(&each, (enum step_kind)kind, &config, false);
        set_up_with(&once, (enum step_kind)kind, &config, true);
        assert_ok(step_run(&each.step, &input));
        assert_ok(step_run(&once.step, &input));
        for (int i = 0; i < 7; i++) {
            int t = each.step.losses[i], u = once.step.losses[i];
            assert_int_equal(t < 0, u < 0);
            if (t < 0) continue;
            double expected = *(double *)executor_values(each.step.executor, t);
            assert_near(*(double *)executor_values(once.step.executor, u), expected, 1e-12);
        }
        struct network *ours[] = {&each.model.generator, &each.model.discriminator};
        struct network *theirs[] = {&once.model.generator, &once.model.discriminator};
        for (int n = 0; n < 2; n++) {
            assert_true(difference(ours[n]->statistic, theirs[n]->statistic) <= 1e-7);
            bool trained = n == 0 ? kind != STEP_DISCRIMINATOR : kind != STEP_AUTOENCODER;
            if (trained) assert_true(difference(ours[n]->gradient, theirs[n]->gradient) <= 1e-11);
        }
        tear_down(&each);
        tear_down(&once);
    }
}

static uint64_t checksum(const struct storage *storage)
{
    uint64_t sum = 1469598103934665603u; /* FNV-1a over the bytes */
    const uint8_t *bytes = storage->host;
    for (size_t i = 0; i < storage->count * sizeof(double); i++) {
        sum = (sum ^ bytes[i]) * 1099511628211u;
    }
    return sum;
}

/* What each step moves: [kind - 1] weights and running statistics of G, then of D. */
static void frozen_networks_stay_as_they_are(void **state)
{
    (void)state;
    static const bool moves[3][4] = {
        {true, true, false, false}, {false, false, true, true}, {true, true, true, true}};
    for (int kind = 1; kind <= 3; kind++) {
        struct fixture f;
        struct saae_config config = tiny_config();
        struct step_input input = fixed_input(1e-3f);
        set_up(&f, (enum step_kind)kind, &config);
        struct storage *parts[] = {f.model.generator.value, f.model.generator.statistic,
                                   f.model.discriminator.value, f.model.discriminator.statistic};
        uint64_t before[4];
        for (int i = 0; i < 4; i++) before[i] = checksum(parts[i]);
        assert_ok(step_run(&f.step, &input));
        for (int i = 0; i < 4; i++) {
            assert_int_equal(before[i] != checksum(parts[i]), moves[kind - 1][i]);
        }
        tear_down(&f);
    }
}

static void a_frozen_discriminator_has_no_weight_gradients(void **state)
{
    (void)state;
    struct fixture f;
    struct saae_config config = tiny_config();
    set_up(&f, STEP_ADVERSARIAL, &config);
    int after = f.step.discriminator_adam, weights = 0;
    assert_true(after > 0);
    for (size_t i = (size_t)after; i < f.step.graph->node_count; i++) {
        const struct graph_node *node = &f.step.graph->nodes[i];
        bool own = strstr(node->name, "discriminator") != NULL;
        if (own && (node->call.kind == OP_conv2d_backward_weights ||
                    node->call.kind == OP_fully_connected_backward_weights ||
                    node->call.kind == OP_batch_norm_update)) {
            weights++;
        }
    }
    assert_int_equal(weights, 0);
    tear_down(&f);
}

/* Without the cross content's term, step 3's reconstruction gradient is step 1's. */
static void losses_of_a_step_are_those_it_has(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind++) {
        struct fixture f;
        struct saae_config config = tiny_config();
        struct step_input input = fixed_input(0.0f);
        struct step_losses losses;
        set_up(&f, (enum step_kind)kind, &config);
        assert_ok(step_run(&f.step, &input));
        assert_ok(step_read(&f.step, &losses));
        assert_int_equal(isfinite(losses.reconstruction) != 0, kind != 2);
        assert_int_equal(isfinite(losses.discriminator_real) != 0, kind != 1);
        assert_int_equal(isfinite(losses.adversarial) != 0, kind == 3);
        assert_int_equal(isfinite(losses.accuracy_cross) != 0, kind == 3);
        tear_down(&f);
    }
}

const struct CMUnitTest steps_tests[] = {
    cmocka_unit_test(generator_gradient_of_step_1),
    cmocka_unit_test(discriminator_gradient_of_step_2),
    cmocka_unit_test(both_gradients_of_step_3),
    cmocka_unit_test(styles_of_another_size),
    cmocka_unit_test(gradients_with_each_content_encoded_once),
    cmocka_unit_test(encoding_contents_once_changes_nothing),
    cmocka_unit_test(frozen_networks_stay_as_they_are),
    cmocka_unit_test(a_frozen_discriminator_has_no_weight_gradients),
    cmocka_unit_test(losses_of_a_step_are_those_it_has),
};
const size_t steps_test_count = sizeof steps_tests / sizeof *steps_tests;

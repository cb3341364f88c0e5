/* Forward passes, losses, gradients, Adam and running statistics against numbers that PyTorch
 * computed in double precision (tests/pytorch/make_parity.py): independent of our own reference.
 * Run by the reference and on the default device. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/safetensors.h"
#include "models/generator.h"
#include "models/layout.h"
#include "support.h"
#include "models/steps.h"

enum { SIDE = 8, CLASSES = 3, BATCH = 4 };

struct fixture {
    struct safetensors file;
    struct device *device;
    struct saae_model model;
    struct step_data data;
    struct step_feed feed;
    struct step step;
};

static const struct safetensors_entry *entry(const struct fixture *f, const char *name)
{
    const struct safetensors_entry *e = safetensors_find(&f->file, name);
    if (!e) fail_msg("parity.safetensors lacks '%s'", name);
    return e;
}

static void load_network(struct fixture *f, struct network *network)
{
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        const struct safetensors_entry *e = entry(f, parameter->name);
        float *values = malloc(e->count * sizeof *values);
        assert_int_equal(e->count, shape_count(parameter->shape));
        layout_from_pytorch(parameter, e->data, values);
        assert_ok(storage_write(parameter_trained(parameter) ? network->value : network->statistic,
                                parameter->offset, values, e->count));
        free(values);
    }
}

static struct storage *upload(const struct fixture *f, const char *name)
{
    const struct safetensors_entry *e = entry(f, name);
    struct storage *storage = NULL;
    assert_ok(storage_create(&storage, f->device, DTYPE_U8, e->count, name));
    assert_ok(storage_write(storage, 0, e->data, e->count));
    return storage;
}

static void set_up(struct fixture *f, struct device *device, enum step_kind kind,
                   bool contents_once)
{
    struct saae_config config = {.height = SIDE,
                                 .width = SIDE,
                                 .style_height = SIDE,
                                 .style_width = SIDE,
                                 .channels = 1,
                                 .classes = CLASSES};
    struct step_options options = {.batch = BATCH,
                                   .adversarial = 0.3,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .eps = 1e-8,
                                   .discriminator_beta1 = 0.9,
                                   .discriminator_beta2 = 0.999,
                                   .contents_once = contents_once};
    *f = (struct fixture){.device = device};
    assert_ok(safetensors_read("tests/pytorch/parity.safetensors", &f->file));
    assert_ok(saae_config_preset(&config, "tiny"));
    config.features = 3;
    config.style_vector = 4;
    config.hidden = 5;
    assert_ok(saae_model_create(&f->model, &config));
    assert_ok(network_allocate(&f->model.generator, device, true));
    assert_ok(network_allocate(&f->model.discriminator, device, true));
    load_network(f, &f->model.generator);
    load_network(f, &f->model.discriminator);
    f->data = (struct step_data){.images = upload(f, "input.images"),
                                 .contents = upload(f, "input.contents"),
                                 .image_count = BATCH,
                                 .content_count = CLASSES};
    assert_ok(step_feed_create(&f->feed, device, BATCH, CLASSES));
    assert_ok(step_create(&f->step, kind, &f->model, &f->data, &f->feed, &options, device, false));
}

static void tear_down(struct fixture *f)
{
    step_free(&f->step);
    step_feed_free(&f->feed);
    storage_free(f->data.images);
    storage_free(f->data.contents);
    saae_model_free(&f->model);
    safetensors_free(&f->file);
    device_close(f->device);
}

static void run(struct fixture *f, double rate)
{
    static const int32_t image[BATCH] = {0, 1, 2, 3};
    float scalars[2] = {(float)(rate / (1 - 0.9)), (float)(1 / sqrt(1 - 0.999))};
    struct step_input input = {.image = image,
                               .own = entry(f, "input.own")->data,
                               .cross = entry(f, "input.cross")->data,
                               .label = entry(f, "input.own")->data,
                               .cross_label = entry(f, "input.cross")->data,
                               .generator = {scalars[0], scalars[1]},
                               .discriminator = {scalars[0], scalars[1]}};
    assert_ok(step_run(&f->step, &input));
}

/* Largest difference over the largest value of the tensor. */
static void assert_close(const char *name, const float *ours, const float *theirs, size_t count,
                         double tolerance)
{
    double error = 0.0, largest = 1e-6;
    for (size_t i = 0; i < count; i++) {
        error = fmax(error, fabs((double)ours[i] - (double)theirs[i]));
        if (!isfinite(ours[i])) error = INFINITY;
        largest = fmax(largest, fabs((double)theirs[i]));
    }
    if (!(error <= tolerance * largest)) {
        fail_msg("%s: off by %.3g of %.3g", name, error, largest);
    }
}

/* Compares what a storage holds of every parameter with "prefix.NAME" in PyTorch's layout. */
static void compare_network(struct fixture *f, const struct network *network, const char *prefix,
                            bool gradients, double tolerance)
{
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        bool trained = parameter_trained(parameter);
        size_t count = shape_count(parameter->shape);
        char name[200];
        if (gradients && !trained) continue;
        snprintf(name, sizeof name, "%s.%s", prefix, parameter->name);
        float *values = malloc(count * sizeof *values), *pytorch = malloc(count * sizeof *values);
        struct storage *from = gradients ? network->gradient
                               : trained ? network->value
                                         : network->statistic;
        assert_ok(storage_read(from, parameter->offset, values, count));
        layout_to_pytorch(parameter, values, pytorch);
        assert_close(name, pytorch, entry(f, name)->data, count, tolerance);
        free(values);
        free(pytorch);
    }
}

static void assert_scalar(const struct fixture *f, const char *name, double ours)
{
    double theirs = (double)*(const float *)entry(f, name)->data;
    if (!(fabs(ours - theirs) <= 2e-6 * fabs(theirs))) {
        fail_msg("%s: %.9g instead of %.9g", name, ours, theirs);
    }
}

static void check_step_1(struct device *device, bool contents_once, double tolerance)
{
    struct fixture f;
    struct step_losses losses;
    set_up(&f, device, STEP_AUTOENCODER, contents_once);
    run(&f, 1e-3);
    assert_ok(step_read(&f.step, &losses));
    assert_scalar(&f, "step1.loss", losses.reconstruction);
    compare_network(&f, &f.model.generator, "step1.gradient", true, tolerance);
    compare_network(&f, &f.model.generator, "step1.after", false, tolerance);
    tear_down(&f);
}

/* A step size of 0: both halves see the parameters of the file. */
static void check_step_3(struct device *device, bool contents_once, double tolerance)
{
    struct fixture f;
    struct step_losses losses;
    set_up(&f, device, STEP_ADVERSARIAL, contents_once);
    run(&f, 0.0);
    assert_ok(step_read(&f.step, &losses));
    assert_scalar(&f, "step3.reconstruction", losses.reconstruction);
    assert_scalar(&f, "step3.adversarial", losses.adversarial);
    assert_scalar(&f, "step3.discriminator_loss",
                  losses.discriminator_real + losses.discriminator_generated);
    compare_network(&f, &f.model.discriminator, "step3.gradient", true, tolerance);
    compare_network(&f, &f.model.generator, "step3.gradient", true, tolerance);
    tear_down(&f);
}

static void check_generation(struct device *device)
{
    struct fixture f;
    struct generator *generator = NULL;
    enum { SIZE = SIDE * SIDE };
    float content[BATCH * SIZE], style[BATCH * SIZE], drawn[BATCH * SIZE];
    set_up(&f, device, STEP_AUTOENCODER, false);
    const uint8_t *contents = entry(&f, "input.contents")->data;
    const uint8_t *images = entry(&f, "input.images")->data;
    const int32_t *cross = entry(&f, "input.cross")->data;
    for (int i = 0; i < BATCH; i++) {
        for (int p = 0; p < SIZE; p++) {
            content[i * SIZE + p] = (float)contents[cross[i] * SIZE + p] / 255.0f;
            style[i * SIZE + p] = (float)images[i * SIZE + p] / 255.0f;
        }
    }
    assert_ok(generator_create(&generator, &f.model, 3, BATCH_NORM_INFER));
    assert_ok(generator_run(generator, content, style, BATCH, drawn));
    generator_free(generator);
    assert_close("generate.image", drawn, entry(&f, "generate.image")->data, BATCH * SIZE, 1e-5);
    tear_down(&f);
}

static struct device *default_device(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

static void reference_computes_what_pytorch_does(void **state)
{
    (void)state;
    for (int once = 0; once < 2; once++) {
        check_step_1(NULL, once, 2e-6);
        check_step_3(NULL, once, 2e-6);
    }
    check_generation(NULL);
}

static void device_computes_what_pytorch_does(void **state)
{
    (void)state;
    for (int once = 0; once < 2; once++) {
        check_step_1(default_device(), once, 5e-5);
        check_step_3(default_device(), once, 5e-5);
    }
    check_generation(default_device());
}

const struct CMUnitTest pytorch_tests[] = {
    cmocka_unit_test(reference_computes_what_pytorch_does),
    cmocka_unit_test(device_computes_what_pytorch_does),
};
const size_t pytorch_test_count = sizeof pytorch_tests / sizeof *pytorch_tests;

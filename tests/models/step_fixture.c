#include "step_fixture.h"

#include <stdlib.h>

#include "base/rng.h"
#include "support.h"

struct saae_config step_config(void)
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

struct step_options step_usual_options(void)
{
    return (struct step_options){.batch = BATCH,
                                 .adversarial = 0.3,
                                 .beta1 = 0.9,
                                 .beta2 = 0.999,
                                 .eps = 1e-8,
                                 .discriminator_beta1 = 0.5,
                                 .discriminator_beta2 = 0.999};
}

void step_set_up(struct step_fixture *f, enum step_kind kind, const struct saae_config *config,
                 bool contents_once)
{
    struct step_options options = step_usual_options();
    options.contents_once = contents_once;
    step_set_up_with(f, kind, config, &options);
}

void step_set_up_with(struct step_fixture *f, enum step_kind kind, const struct saae_config *config,
                      const struct step_options *options)
{
    *f = (struct step_fixture){0};
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
    assert_ok(step_feed_create(&f->feed, NULL, step_rows(options), CLASSES));
    assert_int_equal(
        step_create(&f->step, kind, &f->model, &f->data, &f->feed, options, NULL, false), SAAE_OK);
}

void step_tear_down(struct step_fixture *f)
{
    step_free(&f->step);
    step_feed_free(&f->feed);
    storage_free(f->data.images);
    storage_free(f->data.contents);
    storage_free(f->data.styles);
    saae_model_free(&f->model);
}

struct step_input step_fixed_input(float rate)
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

/* The public functions of saae/generate.h. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/picture.h"
#include "data/png.h"
#include "models/generator.h"
#include "saae/generate.h"
#include "train/checkpoint.h"

enum { USUAL_BATCH = 16 };

struct saae_generator {
    struct checkpoint checkpoint;
    struct device *device; /* NULL: the reference */
    struct saae_model model;
    struct generator *generator;
};

int saae_generator_open(struct saae_generator **generator, const char *checkpoint,
                        const struct saae_generator_options *options)
{
    int status = SAAE_OK;
    struct saae_generator *made = NULL;
    const struct saae_generator_options usual = {0};
    if (!options) options = &usual;
    bool reference = options->device && !strcmp(options->device, "reference");
    enum batch_norm_mode mode = options->batch_statistics ? BATCH_NORM_FROZEN : BATCH_NORM_INFER;
    TRY(memory_allocate(&made, 1, sizeof *made));
    TRY(checkpoint_open(checkpoint, &made->checkpoint));
    if (!reference) TRY(device_open(&made->device, options->device, false));
    TRY(saae_model_create(&made->model, &made->checkpoint.config));
    TRY(network_allocate(&made->model.generator, made->device, false));
    TRY(checkpoint_restore(&made->checkpoint, &made->model, false));
    TRY(generator_create(&made->generator, &made->model,
                         options->batch ? options->batch : USUAL_BATCH, mode));
    *generator = made;
    made = NULL;
done:
    saae_generator_close(made);
    return status;
}

void saae_generator_close(struct saae_generator *generator)
{
    if (!generator) return;
    generator_free(generator->generator);
    saae_model_free(&generator->model);
    device_close(generator->device);
    checkpoint_free(&generator->checkpoint);
    free(generator);
}

const struct saae_config *saae_generator_config(const struct saae_generator *generator)
{
    return &generator->checkpoint.config;
}

const char *saae_generator_class_name(const struct saae_generator *generator, int class_number)
{
    bool there = class_number >= 0 && class_number < generator->checkpoint.config.classes;
    return there ? generator->checkpoint.class_names[class_number] : NULL;
}

int saae_generator_find_class(const struct saae_generator *generator, const char *name)
{
    for (int k = 0; k < generator->checkpoint.config.classes; k++) {
        if (!strcmp(generator->checkpoint.class_names[k], name)) return k;
    }
    return -1;
}

int saae_generator_content(const struct saae_generator *generator, int class_number,
                           uint8_t *pixels)
{
    const struct contents *contents = &generator->checkpoint.contents;
    if (!saae_generator_class_name(generator, class_number)) {
        return status_set(SAAE_USAGE, "no class %d: there are 0 to %d", class_number,
                          generator->checkpoint.config.classes - 1);
    }
    for (int i = 0; i < contents->count; i++) {
        if (contents->class_of[i] != class_number) continue;
        struct image image = contents_image(contents, i);
        memcpy(pixels, image.pixels, image_bytes(&image));
        return SAAE_OK;
    }
    return status_set(SAAE_INPUT,
                      "'%s' has no content picture of the class '%s': give one of your own",
                      generator->checkpoint.path, generator->checkpoint.class_names[class_number]);
}

int saae_generator_run(struct saae_generator *generator, const uint8_t *contents,
                       const uint8_t *styles, int count, uint8_t *images)
{
    if (count < 0) return status_set(SAAE_USAGE, "%d pictures cannot be made", count);
    return generator_run_bytes(generator->generator, contents, styles, count, images);
}

static int check_shape(const char *path, int height, int width, int channels)
{
    bool positive = height > 0 && width > 0 && (channels == 1 || channels == 3);
    if (positive && image_check_size(path, (uint64_t)width, (uint64_t)height) == SAAE_OK) {
        return SAAE_OK;
    }
    return status_set(SAAE_USAGE,
                      "'%s': a picture of %dx%dx%d (height, width, channels); sides of 1 to %d "
                      "and 1 or 3 channels are possible",
                      path, height, width, channels, IMAGE_MAX_SIDE);
}

int saae_picture_read(const char *path, int height, int width, int channels, uint8_t *pixels)
{
    int status = SAAE_OK;
    struct image read = {0}, resized = {0}, converted = {0};
    TRY(check_shape(path, height, width, channels));
    TRY(picture_read(path, &read));
    TRY(image_resize(&read, height, width, &resized));
    TRY(image_convert(&resized, channels, &converted));
    memcpy(pixels, converted.pixels, image_bytes(&converted));
done:
    image_free(&read);
    image_free(&resized);
    image_free(&converted);
    return status;
}

int saae_picture_write(const char *path, int height, int width, int channels, const uint8_t *pixels)
{
    int status = SAAE_OK;
    struct image copy = {0};
    TRY(check_shape(path, height, width, channels));
    TRY(image_create(&copy, height, width, channels));
    memcpy(copy.pixels, pixels, image_bytes(&copy));
    TRY(png_write(path, &copy));
done:
    image_free(&copy);
    return status;
}

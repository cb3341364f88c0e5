/* Pictures while training: the same styles and contents each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pixel.h"
#include "base/rng.h"
#include "data/grid.h"
#include "train/trainer.h"

static size_t picture_size(const struct trainer *trainer)
{
    const struct saae_config *c = &trainer->settings->config;
    return (size_t)c->height * (size_t)c->width * (size_t)c->channels;
}

static void to_floats(const uint8_t *bytes, size_t count, float *values)
{
    for (size_t i = 0; i < count; i++) values[i] = pixel_to_float(bytes[i]);
}

/* Styles drawn from the training images, and a content picture of each of the first classes;
 * each pair stands in the inputs of a batch. */
static int prepare(struct trainer *trainer)
{
    const struct dataset *set = trainer->set;
    const struct batches *batches = &trainer->batches;
    size_t size = picture_size(trainer);
    int status = SAAE_OK;
    int contents = set->classes < SAMPLE_CONTENTS ? set->classes : SAMPLE_CONTENTS;
    size_t pairs = (size_t)SAMPLE_STYLES * (size_t)contents;
    struct rng rng = {trainer->settings->seed, RNG_SAMPLE, 0};
    TRY(generator_create(&trainer->generator, &trainer->model, SAMPLE_BATCH, BATCH_NORM_INFER));
    TRY(memory_allocate(&trainer->sample_style, pairs * size, sizeof(float)));
    TRY(memory_allocate(&trainer->sample_content, pairs * size, sizeof(float)));
    TRY(memory_allocate(&trainer->sample_drawn, pairs * size, sizeof(float)));
    trainer->sample_contents = contents;
    for (int s = 0; s < SAMPLE_STYLES; s++) {
        size_t image = rng_below(&rng, (uint64_t)s, (uint32_t)set->count);
        for (int c = 0; c < contents; c++) {
            size_t pair = (size_t)s * (size_t)contents + (size_t)c;
            size_t content = (size_t)batches->class_contents[batches->class_first[c]];
            to_floats(set->pixels + image * size, size, trainer->sample_style + pair * size);
            to_floats(trainer->contents->pixels + content * size, size,
                      trainer->sample_content + pair * size);
        }
    }
done:
    return status;
}

static int write_grid(const struct trainer *trainer, const char *path)
{
    const struct saae_config *c = &trainer->settings->config;
    size_t size = picture_size(trainer), contents = (size_t)trainer->sample_contents;
    size_t pairs = SAMPLE_STYLES * contents;
    int status = SAAE_OK;
    uint8_t *bytes = NULL; /* cells, then contents, then styles */
    TRY(memory_allocate(&bytes, (pairs + contents + SAMPLE_STYLES) * size, 1));
    uint8_t *content = bytes + pairs * size, *style = content + contents * size;
    grid_bytes_from_floats(trainer->sample_drawn, pairs * size, bytes);
    grid_bytes_from_floats(trainer->sample_content, contents * size, content);
    for (size_t s = 0; s < SAMPLE_STYLES; s++) {
        grid_bytes_from_floats(trainer->sample_style + s * contents * size, size, style + s * size);
    }
    struct grid grid = {.rows = SAMPLE_STYLES,
                        .columns = (int)contents,
                        .height = c->height,
                        .width = c->width,
                        .channels = c->channels,
                        .style_height = c->height,
                        .style_width = c->width,
                        .contents = content,
                        .styles = style,
                        .cells = bytes};
    TRY(grid_write(path, &grid));
done:
    free(bytes);
    return status;
}

/* The monitor wants each style once. */
static int watch(struct trainer *trainer)
{
    size_t size = picture_size(trainer), contents = (size_t)trainer->sample_contents;
    float *styles = NULL;
    int status = memory_allocate(&styles, SAMPLE_STYLES * size, sizeof *styles);
    if (status != SAAE_OK) return status;
    for (size_t s = 0; s < SAMPLE_STYLES; s++) {
        memcpy(styles + s * size, trainer->sample_style + s * contents * size,
               size * sizeof *styles);
    }
    monitor_samples(&trainer->monitor, trainer->sample_drawn, styles, SAMPLE_STYLES, (int)contents,
                    size);
    free(styles);
    return SAAE_OK;
}

int trainer_sample(struct trainer *trainer)
{
    int status = SAAE_OK;
    char name[64], *path = NULL;
    if (!trainer->generator) TRY(prepare(trainer));
    TRY(generator_run(trainer->generator, trainer->sample_content, trainer->sample_style,
                      SAMPLE_STYLES * trainer->sample_contents, trainer->sample_drawn));
    snprintf(name, sizeof name, "samples/step-%08lld.png", (long long)trainer->state.step);
    TRY(record_path(&trainer->record, name, &path));
    TRY(write_grid(trainer, path));
    TRY(watch(trainer));
done:
    free(path);
    return status;
}

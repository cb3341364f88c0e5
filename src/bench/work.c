#include "bench/work.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"

/* A blob of its own place, size and ink: activations spread as with pictures, not with noise. */
static void draw_blob(uint8_t *pixels, const struct rng *rng, int number)
{
    uint64_t draw = 8 * (uint64_t)number;
    double cx = WORK_LENGTH * (0.2 + 0.6 * rng_uniform(rng, draw));
    double cy = WORK_LENGTH * (0.2 + 0.6 * rng_uniform(rng, draw + 1));
    double sx = 2 + 8 * rng_uniform(rng, draw + 2), sy = 2 + 8 * rng_uniform(rng, draw + 3);
    double ink = 100 + 155 * rng_uniform(rng, draw + 4);
    for (int y = 0; y < WORK_LENGTH; y++) {
        for (int x = 0; x < WORK_LENGTH; x++) {
            double u = (x - cx) / sx, v = (y - cy) / sy;
            *pixels++ = (uint8_t)(ink * exp(-u * u - v * v));
        }
    }
}

int work_data_create(struct work_data *data, int batch, uint64_t seed)
{
    static const struct dataset_options as_they_are;
    int status = SAAE_OK, count = WORK_STEPS * batch;
    struct rng rng = {seed, RNG_VERIFY, 0};
    struct image image = {0};
    *data = (struct work_data){.set = {0}};
    /* each class needs a picture for its content */
    if (count < WORK_CLASSES) count = WORK_CLASSES;
    TRY(image_create(&image, WORK_LENGTH, WORK_LENGTH, 1));
    TRY(dataset_create(&data->set, "blobs", count, WORK_CLASSES));
    for (int k = 0; k < WORK_CLASSES; k++) {
        char name[2] = {(char)('0' + k), '\0'};
        TRY(memory_copy_text(&data->set.class_names[k], name));
    }
    for (int i = 0; i < count; i++) {
        draw_blob(image.pixels, &rng, i);
        TRY(dataset_place(&data->set, i, &image, "blob", &as_they_are));
        data->set.labels[i] = i % WORK_CLASSES;
    }
    TRY(contents_from_medoids(&data->set, &data->contents));
done:
    image_free(&image);
    if (status != SAAE_OK) work_data_free(data);
    return status;
}

void work_data_free(struct work_data *data)
{
    contents_free(&data->contents);
    dataset_free(&data->set);
}

static int make_settings(struct train_settings *settings, const struct bench_options *options)
{
    train_settings_default(settings);
    settings->config = (struct saae_config){.height = WORK_LENGTH,
                                            .width = WORK_LENGTH,
                                            .style_height = WORK_LENGTH,
                                            .style_width = WORK_LENGTH,
                                            .channels = 1,
                                            .classes = WORK_CLASSES};
    settings->batch = options->batch;
    settings->micro_batch = options->micro_batch;
    settings->encode_contents = (int)options->encode_contents;
    settings->exact = options->exact;
    settings->seed = options->seed;
    for (int k = 0; k < 3; k++) settings->epochs[k] = 1.0;
    return saae_config_preset(&settings->config, options->preset);
}

int work_create(struct work *work, struct device *device, const struct bench_options *options,
                const struct work_data *data, struct bench_result *result)
{
    int status = SAAE_OK;
    uint64_t seed = options->seed;
    *work = (struct work){.options = options, .result = result, .data = data};
    work->training.version = options->version;
    TRY(make_settings(&work->training.settings, options));
    TRY(train_check_room(&work->training, &data->set, &data->contents, device));
    TRY(trainer_create(&work->trainer, &work->training, &data->set, &data->contents, device,
                       false));
    TRY(network_initialise(&work->trainer.model.generator, seed, 0));
    TRY(network_initialise(&work->trainer.model.discriminator, seed, 100000));
done:
    return status;
}

bool work_contents_once(const struct work *work)
{
    return train_settings_contents_once(&work->training.settings, work->data->contents.count);
}

bool work_is_split(const struct work *work)
{
    const struct train_settings *settings = &work->training.settings;
    return train_settings_rows(settings) < settings->batch;
}

int work_create_pairs(const struct work *work, struct saae_model *model, int batch,
                      struct pairs **pairs)
{
    const struct work_data *data = work->data;
    return pairs_create(pairs, model,
                        &(struct pairs_options){.batch = batch, .mode = BATCH_NORM_INFER},
                        &(struct pairs_source){data->contents.pixels, data->contents.count},
                        &(struct pairs_source){data->set.pixels, batch});
}

void work_free(struct work *work)
{
    trainer_free(&work->trainer);
}

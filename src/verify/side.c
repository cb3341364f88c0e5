#include "verify/side.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"

/* Smooth random blobs: pictures, not noise, so that activations spread as in training. */
static int make_pictures(struct storage **storage, struct device *device, int count, uint64_t seed,
                         uint32_t stream)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = (size_t)SIDE_LENGTH * SIDE_LENGTH;
    struct rng rng = {seed, RNG_VERIFY, stream};
    TRY(memory_allocate(&bytes, (size_t)count * size, 1));
    for (int i = 0; i < count; i++) {
        uint64_t draw = 8 * (uint64_t)i;
        double cx = 6 + 16 * rng_uniform(&rng, draw), cy = 6 + 16 * rng_uniform(&rng, draw + 1);
        double sx = 2 + 8 * rng_uniform(&rng, draw + 2), sy = 2 + 8 * rng_uniform(&rng, draw + 3);
        double ink = 100 + 155 * rng_uniform(&rng, draw + 4);
        for (int y = 0; y < SIDE_LENGTH; y++) {
            for (int x = 0; x < SIDE_LENGTH; x++) {
                double u = (x - cx) / sx, v = (y - cy) / sy;
                bytes[(size_t)i * size + (size_t)(y * SIDE_LENGTH + x)] =
                    (uint8_t)(ink * exp(-u * u - v * v));
            }
        }
    }
    TRY(storage_create(storage, device, DTYPE_U8, (size_t)count * size, "pictures"));
    TRY(storage_write(*storage, 0, bytes, (size_t)count * size));
done:
    free(bytes);
    return status;
}

/* Moments as after some training: the first small and of both signs, the second positive. */
static int make_moments(struct network *network, uint64_t seed, uint32_t stream)
{
    int status = SAAE_OK;
    float *values = NULL;
    struct rng rng = {seed, RNG_VERIFY, stream};
    TRY(memory_allocate(&values, network->values, sizeof *values));
    for (size_t i = 0; i < network->values; i++) {
        values[i] = (float)(1e-3 * (2 * rng_uniform(&rng, i) - 1));
    }
    TRY(storage_write(network->moment1, 0, values, network->values));
    for (size_t i = 0; i < network->values; i++) values[i] = values[i] * values[i] + 1e-7f;
    TRY(storage_write(network->moment2, 0, values, network->values));
done:
    free(values);
    return status;
}

int side_create(struct side *side, struct device *device, const struct verify_step_options *options)
{
    enum { USUAL_BATCH = 4 };
    const uint64_t seed = options->seed;
    int status = SAAE_OK;
    struct saae_config config = {.height = SIDE_LENGTH,
                                 .width = SIDE_LENGTH,
                                 .style_height = SIDE_LENGTH,
                                 .style_width = SIDE_LENGTH,
                                 .channels = 1,
                                 .classes = SIDE_CLASSES};
    *side = (struct side){.device = device,
                          .batch = options->batch ? options->batch : USUAL_BATCH,
                          .micro_batch = options->micro_batch,
                          .contents_once = options->contents_once};
    TRY(saae_config_preset(&config, options->preset ? options->preset : "tiny"));
    TRY(saae_model_create(&side->model, &config));
    struct network *networks[] = {&side->model.generator, &side->model.discriminator};
    for (uint32_t n = 0; n < 2; n++) {
        TRY(network_allocate(networks[n], device, true));
        TRY(network_initialise(networks[n], seed, n * 1000));
        TRY(make_moments(networks[n], seed, 10 + n));
    }
    side->data.image_count = SIDE_IMAGES;
    side->data.content_count = SIDE_CLASSES;
    TRY(make_pictures(&side->data.images, device, SIDE_IMAGES, seed, 1));
    TRY(make_pictures(&side->data.contents, device, SIDE_CLASSES, seed, 2));
    TRY(step_feed_create(&side->feed, device, side->micro_batch ? side->micro_batch : side->batch,
                         SIDE_CLASSES));
done:
    if (status != SAAE_OK) side_free(side);
    return status;
}

void side_free(struct side *side)
{
    step_free(&side->step);
    step_feed_free(&side->feed);
    storage_free(side->data.images);
    storage_free(side->data.contents);
    saae_model_free(&side->model);
    free(side->values);
    *side = (struct side){0};
}

int side_send(struct side *side, int number, uint64_t seed, int pass)
{
    int batch = side->batch, status = SAAE_OK;
    size_t n = (size_t)batch;
    int32_t *all = NULL;
    TRY(memory_allocate(&all, 5 * n, sizeof *all));
    int32_t *image = all, *own = all + n, *cross = all + 2 * n;
    struct rng rng = {seed, RNG_VERIFY, 100 + (uint32_t)number};
    for (int i = 0; i < batch; i++) {
        image[i] = (int32_t)rng_below(&rng, 3 * (uint64_t)i, SIDE_IMAGES);
        own[i] = image[i] % SIDE_CLASSES;
        int32_t step = 1 + (int32_t)rng_below(&rng, 3 * (uint64_t)i + 1, SIDE_CLASSES - 1);
        cross[i] = (own[i] + step) % SIDE_CLASSES;
    }
    struct step_input input = {.image = image,
                               .own = own,
                               .cross = cross,
                               .label = own,
                               .cross_label = cross,
                               .generator = {1e-3f, 1.1f},
                               .discriminator = {2e-4f, 1.1f}};
    TRY(step_send(&side->step, &input, pass));
done:
    free(all);
    return status;
}

int side_begin(struct side *side, enum step_kind kind)
{
    struct step_options options = {.batch = side->batch,
                                   .micro_batch = side->micro_batch,
                                   .adversarial = 0.004,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .eps = 1e-8,
                                   .discriminator_beta1 = 0.5,
                                   .discriminator_beta2 = 0.999,
                                   .contents_once = side->contents_once,
                                   .keep_all = true};
    if (side->step.graph && side->step.kind == kind) return SAAE_OK;
    step_free(&side->step);
    return step_create(&side->step, kind, &side->model, &side->data, &side->feed, &options,
                       side->device, false);
}

int side_read(struct side *side, int tensor)
{
    size_t count = shape_count(side->step.graph->tensors[tensor].type.shape);
    int status = SAAE_OK;
    float *floats = NULL;
    if (count > side->room) {
        free(side->values);
        side->values = NULL;
        side->room = 0;
        TRY(memory_allocate(&side->values, count, sizeof *side->values));
        side->room = count;
    }
    if (!side->device) {
        const double *own = executor_values(side->step.executor, tensor);
        memcpy(side->values, own, count * sizeof *own);
        goto done;
    }
    TRY(memory_allocate(&floats, count, sizeof *floats));
    TRY(executor_read(side->step.executor, tensor, floats));
    for (size_t i = 0; i < count; i++) side->values[i] = (double)floats[i];
done:
    free(floats);
    return status;
}

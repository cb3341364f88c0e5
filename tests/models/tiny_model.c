#include "tiny_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "support.h"

struct saae_config tiny_config(int channels)
{
    struct saae_config config = {.height = 6,
                                 .width = 5,
                                 .style_height = 4,
                                 .style_width = 7,
                                 .channels = channels,
                                 .classes = 3};
    assert_ok(saae_config_preset(&config, "tiny"));
    snprintf(config.preset, sizeof config.preset, "custom");
    config.features = 2;
    config.style_vector = 3;
    config.hidden = 5;
    return config;
}

void tiny_fill(struct storage *storage, uint64_t seed, bool positive)
{
    struct rng rng = {.seed = seed, .purpose = RNG_VERIFY};
    float *values = malloc((storage->count + 1) * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < storage->count; i++) {
        double u = rng_uniform(&rng, i);
        values[i] = (float)(positive ? 0.5 + u : 2.0 * u - 1.0);
    }
    int status = storage_write(storage, 0, values, storage->count);
    free(values);
    assert_ok(status);
}

void tiny_pictures(float *pixels, size_t count, uint64_t seed)
{
    struct rng rng = {.seed = seed, .purpose = RNG_VERIFY, .step = 1};
    for (size_t i = 0; i < count; i++) pixels[i] = (float)rng_uniform(&rng, i);
}

void tiny_model_create(struct saae_model *model, struct device *device, int channels, uint64_t seed,
                       bool trained)
{
    const struct saae_config config = tiny_config(channels);
    assert_ok(saae_model_create(model, &config));
    struct network *const networks[] = {&model->generator, &model->discriminator};
    for (uint64_t i = 0; i < 2; i++) {
        assert_ok(network_allocate(networks[i], device, trained));
        tiny_fill(networks[i]->value, 10 * seed + i, false);
        tiny_fill(networks[i]->statistic, 10 * seed + 2 + i, true);
        if (!trained) continue;
        tiny_fill(networks[i]->moment1, 10 * seed + 4 + i, false);
        tiny_fill(networks[i]->moment2, 10 * seed + 6 + i, true);
    }
}

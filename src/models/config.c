#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "models/saae.h"

int saae_config_preset(struct saae_config *config, const char *preset)
{
    static const struct {
        const char *name;
        int features, filter, style_vector, hidden;
    } presets[] = {
        {"tiny", 4, 3, 4, 16},
        {"small", 16, 5, 16, 256},
        {"paper", 64, 5, 128, 256},
    };
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (strcmp(presets[i].name, preset) != 0) continue;
        snprintf(config->preset, sizeof config->preset, "%s", preset);
        config->features = presets[i].features;
        config->filter = presets[i].filter;
        config->style_vector = presets[i].style_vector;
        config->hidden = presets[i].hidden;
        config->discriminator = SAAE_MULTICLASS;
        config->head = SAAE_SOFTMAX;
        config->output_batch_norm = 0;
        config->slope = 0.2;
        config->batch_norm_eps = 1e-5;
        config->batch_norm_momentum = 0.1;
        return SAAE_OK;
    }
    return status_set(SAAE_USAGE, "no preset '%s': choose tiny, small or paper", preset);
}

int saae_config_check(const struct saae_config *config)
{
    const struct {
        const char *name;
        int value, least, most;
    } ranges[] = {
        {"image height", config->height, 4, 4096},
        {"image width", config->width, 4, 4096},
        {"style height", config->style_height, 1, 4096},
        {"style width", config->style_width, 1, 4096},
        {"channels", config->channels, 1, 3},
        {"classes", config->classes, 1, 100000},
        {"features", config->features, 1, 1024},
        {"filter", config->filter, 1, 15},
        {"style vector", config->style_vector, 1, 65536},
        {"hidden", config->hidden, 1, 65536},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].value < ranges[i].least || ranges[i].value > ranges[i].most) {
            return status_set(SAAE_USAGE, "%s %d is out of range: %d to %d", ranges[i].name,
                              ranges[i].value, ranges[i].least, ranges[i].most);
        }
    }
    if (config->channels == 2) return status_set(SAAE_USAGE, "channels must be 1 or 3");
    if (config->filter % 2 == 0) {
        return status_set(SAAE_USAGE, "filter %d must be odd", config->filter);
    }
    if (config->slope < 0.0 || config->slope >= 1.0) {
        return status_set(SAAE_USAGE, "slope %g is out of range: 0 to below 1", config->slope);
    }
    if (!(config->batch_norm_eps > 0.0) || !(config->batch_norm_momentum > 0.0) ||
        config->batch_norm_momentum > 1.0) {
        return status_set(SAAE_USAGE, "batch-norm's eps must be positive, its momentum in (0, 1]");
    }
    if (config->discriminator == SAAE_BINARY && config->head != SAAE_SIGMOID) {
        return status_set(SAAE_USAGE, "the binary discriminator has one sigmoid output: "
                                      "use the head 'sigmoid'");
    }
    return SAAE_OK;
}

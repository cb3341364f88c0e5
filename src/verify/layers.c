#include "verify/layers.h"

const struct layers_preset layers_presets[LAYERS_PRESETS] = {
    {.size = 28, .channels = 1, .features = 4, .filter = 3, .style = 4, .hidden = 16},
    {.size = 28, .channels = 3, .features = 16, .filter = 5, .style = 16, .hidden = 256},
    {.size = 28, .channels = 1, .features = 64, .filter = 5, .style = 128, .hidden = 256},
};

void layers_list_convolutions(const struct layers_preset *preset,
                              struct layers_convolution out[LAYERS_CONVOLUTIONS])
{
    int size = preset->size, f = preset->features, filter = preset->filter;
    struct layers_convolution all[LAYERS_CONVOLUTIONS] = {
        {size, preset->channels, f, filter}, /* the encoders' and D's first */
        {size, 1, f, filter},                /* the same for a grey content picture */
        {size, f, f, filter},                /* the encoders, the decoder's second */
        {size, 2 * f, f, filter},            /* the decoder's first, behind the concat */
        {size, f, preset->channels, filter}, /* the decoder's last */
        {size / 2, f, f, filter},            /* D behind the pool */
    };
    for (int i = 0; i < LAYERS_CONVOLUTIONS; i++) out[i] = all[i];
}

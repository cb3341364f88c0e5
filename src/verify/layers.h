/* The convolutions and maps of the presets' networks, for the lists of cases. */
#ifndef SAAE_VERIFY_LAYERS_H
#define SAAE_VERIFY_LAYERS_H

enum { LAYERS_PRESETS = 3, LAYERS_BATCH = 2, LAYERS_BATCH_FULL = 64 };

/* size: height and width of the pictures; channels: of the pictures (1 or 3). */
struct layers_preset {
    int size, channels, features, filter, style, hidden;
};

extern const struct layers_preset layers_presets[LAYERS_PRESETS]; /* tiny, small, paper */

/* A convolution of G or D: size x size x in -> size x size x out. */
struct layers_convolution {
    int size, in, out, filter;
};
enum { LAYERS_CONVOLUTIONS = 6 };

/* The different convolutions of a preset: those of the encoders and of D's first layer, of the
 * decoder, and of D behind its pool. */
void layers_list_convolutions(const struct layers_preset *preset,
                              struct layers_convolution out[LAYERS_CONVOLUTIONS]);

#endif

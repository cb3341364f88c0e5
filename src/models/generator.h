/* The generator for inference: images [n][H][W][C] out of as many contents [n][H][W][C] and styles
 * [n][Hs][Ws][C], the configuration's height, width, channels, style_height and style_width. Where
 * contents and styles repeat, models/pairs.h does with less work.
 *
 * BATCH_NORM_INFER and BATCH_NORM_FROZEN: models/stage.h. */
#ifndef SAAE_MODELS_GENERATOR_H
#define SAAE_MODELS_GENERATOR_H

#include <stdint.h>

#include "models/saae.h"

struct generator;

/* For the model's generator, which is allocated (its device is where this runs), must outlive it
 * and is read at every run, never changed. batch >= 1. mode: BATCH_NORM_INFER or
 * BATCH_NORM_FROZEN. SAAE_USAGE, SAAE_DEVICE, SAAE_MEMORY. */
int generator_create(struct generator **generator, struct saae_model *model, int batch,
                     enum batch_norm_mode mode);
/* *bytes = what it takes on the device. Allocates nothing there, nor need the model have been. */
int generator_plan(struct saae_model *model, int batch, enum batch_norm_mode mode, size_t *bytes);
void generator_free(struct generator *generator); /* accepts NULL */

int generator_batch(const struct generator *generator);

/* n >= 0 pictures, in as many batches as they need; values 0 .. 1. SAAE_NUMERIC: the result is not
 * finite. */
int generator_run(struct generator *generator, const float *content, const float *style, int n,
                  float *images);
/* The same with bytes 0 .. 255 for 0 .. 1, rounded (base/pixel.h). */
int generator_run_bytes(struct generator *generator, const uint8_t *content, const uint8_t *style,
                        int n, uint8_t *images);

/* What one batch costs: for listings and benchmarks. */
const struct graph *generator_graph(const struct generator *generator);

#endif

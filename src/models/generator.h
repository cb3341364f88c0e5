/* The generator for inference: one graph for batches of a fixed size, run in parts.
 *
 *     content [n][H][W][C] --encode_content--> maps    [n][H][W][F]
 *     style [n][Hs][Ws][C] --encode_style----> vectors [n][V]
 *     maps, vectors --------decode-----------> images  [n][H][W][C]
 *
 * generator_run does all three without leaving the device. A caller that combines many contents
 * with many styles may encode each once and decode the pairs. H, W, C, Hs, Ws, F and V are the
 * configuration's height, width, channels, style_height, style_width, features, style_vector.
 *
 * BATCH_NORM_INFER works with the running statistics: a picture does not depend on the others of
 * its batch. BATCH_NORM_FROZEN works with those of the batch, as training did: the result depends
 * on which pictures meet in a batch, and the last one of a run is filled up by repeating its
 * pictures in turn. */
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
void generator_free(struct generator *generator); /* accepts NULL */

int generator_batch(const struct generator *generator);

/* n >= 0 pictures, in as many batches as they need; values 0 .. 1. SAAE_NUMERIC: the result is not
 * finite. */
int generator_run(struct generator *generator, const float *content, const float *style, int n,
                  float *images);
/* The same with bytes 0 .. 255 for 0 .. 1, rounded (base/pixel.h). */
int generator_run_bytes(struct generator *generator, const uint8_t *content, const uint8_t *style,
                        int n, uint8_t *images);

/* The parts. */
int generator_encode_content(struct generator *generator, const float *content, int n, float *maps);
int generator_encode_style(struct generator *generator, const float *style, int n, float *vectors);
int generator_decode(struct generator *generator, const float *maps, const float *vectors, int n,
                     float *images);

/* What one batch costs, and how its memory is planned: for listings and benchmarks. */
const struct graph *generator_graph(const struct generator *generator);
struct executor *generator_executor(struct generator *generator);

#endif

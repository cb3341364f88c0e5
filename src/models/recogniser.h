/* A small classifier that judges pictures: trained on real ones only, never on generated ones, and
 * no part of the model that is judged.
 *
 *     image [N,H,W,C] -> block 5x5, 16 channels -> 2x2 max-pool
 *                     -> block 5x5, 32 channels -> 2x2 max-pool
 *                     -> FC 128, leaky ReLU -> FC k -> logits
 *
 * A block is convolution, batch-norm, leaky ReLU (slope 0.1). A pool is left out where a side has
 * fallen below 8, so that any picture the model accepts can be judged. 28x28x1 with 10 classes:
 * 216,000 parameters and 3.0 million multiply-adds a picture. */
#ifndef SAAE_MODELS_RECOGNISER_H
#define SAAE_MODELS_RECOGNISER_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/choose.h"
#include "models/network.h"

struct recogniser_config {
    int height, width; /* pixels, at least 4 */
    int channels;      /* 1 grey, 3 RGB */
    int classes;       /* k >= 2 */
};

struct recogniser {
    struct recogniser_config config;
    struct network network; /* parameters "recogniser.{0,1}.{conv,bn}...", "recogniser.fc_hidden",
                               "recogniser.fc_out" */
    const struct choose_options *choose; /* for the graphs made from it; NULL: plain algorithms */
};

/* Registers the parameters; follow with network_allocate. SAAE_USAGE: the configuration is out of
 * range. */
int recogniser_create(struct recogniser *recogniser, const struct recogniser_config *config);
void recogniser_free(struct recogniser *recogniser); /* leaves it empty */

/* Pictures with their classes; borrowed. */
struct recogniser_set {
    int count;
    const uint8_t *pixels; /* [count][H][W][C], 0 .. 255 */
    const int32_t *labels; /* [count], each in 0 .. classes - 1 */
};

struct recogniser_options {
    double epochs; /* passes over the pictures, > 0 */
    int batch;     /* at most the number of pictures is used */
    double rate;   /* Adam's learning rate at the start; falls linearly to `last` of itself */
    double last;
    uint64_t seed;
    const struct choose_options *choose; /* becomes the recogniser's; NULL: plain algorithms */
};

/* 3 epochs of batches of 64 at a rate of 0.002 that falls to 0.02 of itself, seed 1. */
struct recogniser_options recogniser_default_options(void);

/* Called after every step (from 1). loss: the mean cross-entropy of the last step that was read,
 * one in RECOGNISER_READ_EVERY. Returning false ends the training with SAAE_INTERRUPTED. */
enum { RECOGNISER_READ_EVERY = 50 };
typedef bool (*recogniser_progress)(void *context, int64_t step, int64_t steps, double loss);

/* Trains from initial values drawn with the seed: softmax cross-entropy, Adam (0.9, 0.999, 1e-8).
 * The network is allocated with room for training. progress may be NULL. SAAE_USAGE: an option is
 * out of range; SAAE_NUMERIC: the loss is not finite; SAAE_INTERRUPTED. */
int recogniser_train(struct recogniser *recogniser, const struct recogniser_set *set,
                     const struct recogniser_options *options, recogniser_progress progress,
                     void *context);

/* The recogniser as it is used: running statistics, batches of a fixed size. It must outlive the
 * predictor, which reads its parameters at every run. */
struct predictor;
int predictor_create(struct predictor **predictor, struct recogniser *recogniser, int batch);
void predictor_free(struct predictor *predictor); /* accepts NULL */

/* n >= 0 pictures [n][H][W][C], 0 .. 1 or bytes. labels[n]: the most probable class, the first of
 * equals. probabilities [n][classes] (their softmax), or NULL. SAAE_NUMERIC: a logit is not finite.
 */
int predictor_run(struct predictor *predictor, const float *images, int n, int32_t *labels,
                  float *probabilities);
int predictor_run_bytes(struct predictor *predictor, const uint8_t *images, int n, int32_t *labels,
                        float *probabilities);

/* For building: the logits of a batch of images. */
struct layers recogniser_layers(struct recogniser *recogniser, struct graph *graph,
                                struct links *links, enum batch_norm_mode mode);
int recogniser_logits(struct layers *layers, const struct recogniser_config *config, int image);

#endif

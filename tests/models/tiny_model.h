/* A model of a few hundred numbers whose every dimension differs, so that a swapped one shows. */
#ifndef SAAE_TESTS_TINY_MODEL_H
#define SAAE_TESTS_TINY_MODEL_H

#include "models/saae.h"

/* 6x5 pictures, 4x7 styles, `channels` channels, 3 classes, F = 2, 3x3 filters, V = 3. */
struct saae_config tiny_config(int channels);

/* On a device (NULL: the reference), with values and running statistics drawn for the seed. */
void tiny_model_create(struct saae_model *model, struct device *device, int channels, uint64_t seed,
                       bool trained);

/* Fills the whole storage with numbers in -1 .. 1, or 0.5 .. 1.5 where they must be positive. */
void tiny_fill(struct storage *storage, uint64_t seed, bool positive);

/* count floats in 0 .. 1. */
void tiny_pictures(float *pixels, size_t count, uint64_t seed);

#endif

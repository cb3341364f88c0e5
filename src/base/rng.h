/* Random numbers by counter (Philox 4x32-10, Salmon et al. 2011, from the Random123 library).
 *
 * A number is a pure function of (seed, purpose, step, index): the order of drawing, the device
 * and the number of threads do not matter, and nothing has to be saved to resume. */
#ifndef SAAE_BASE_RNG_H
#define SAAE_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

enum rng_purpose {
    RNG_INITIALISE = 1, /* step: the parameter's number; index: the element */
    RNG_SHUFFLE,        /* step: the epoch */
    RNG_CROSS,          /* step: the training step; index: the image in the batch */
    RNG_SPLIT,          /* held-out selection */
    RNG_SAMPLE,         /* pictures drawn for grids and evaluations */
    RNG_VERIFY,         /* step: the case; index: the element */
    RNG_CONTENT,        /* which of a class's content pictures */
};

struct rng {
    uint64_t seed;
    uint32_t purpose; /* enum rng_purpose */
    uint32_t step;
};

/* Four independent 32-bit words for this index. */
void rng_block(const struct rng *rng, uint64_t index, uint32_t words[4]);

/* In [0, 1), 24 bits, so that float holds it exactly. */
double rng_uniform(const struct rng *rng, uint64_t index);

/* Standard normal (Box-Muller in double). */
double rng_normal(const struct rng *rng, uint64_t index);

/* An integer in [0, bound), bound > 0, without modulo bias worth speaking of (64-bit product). */
uint32_t rng_below(const struct rng *rng, uint64_t index, uint32_t bound);

/* Fisher-Yates: `order` becomes a permutation of 0 .. count-1. */
void rng_permutation(const struct rng *rng, uint32_t *order, size_t count);

#endif

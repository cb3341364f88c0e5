#include "base/rng.h"

#include <math.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

void rng_block(const struct rng *rng, uint64_t index, uint32_t words[4])
{
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), rng->step,
                                 rng->purpose}};
    philox4x32_key_t key = {{(uint32_t)rng->seed, (uint32_t)(rng->seed >> 32)}};
    philox4x32_ctr_t block = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) words[i] = block.v[i];
}

double rng_uniform(const struct rng *rng, uint64_t index)
{
    uint32_t words[4];
    rng_block(rng, index, words);
    return (double)(words[0] >> 8) * 0x1p-24;
}

double rng_normal(const struct rng *rng, uint64_t index)
{
    uint32_t words[4];
    rng_block(rng, index, words);
    double radius = ((double)words[0] + 0.5) * 0x1p-32; /* in (0, 1): its log is finite */
    double angle = (double)words[1] * 0x1p-32;
    return sqrt(-2.0 * log(radius)) * cos(6.283185307179586477 * angle);
}

uint32_t rng_below(const struct rng *rng, uint64_t index, uint32_t bound)
{
    uint32_t words[4];
    rng_block(rng, index, words);
    uint64_t word = (uint64_t)words[0] << 32 | words[1];
    return (uint32_t)(((word >> 32) * bound + (((word & 0xffffffffu) * bound) >> 32)) >> 32);
}

void rng_permutation(const struct rng *rng, uint32_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--) {
        uint32_t j = rng_below(rng, i, (uint32_t)i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

#include "verify/values.h"

static double draw_extreme(const struct rng *rng, uint64_t index)
{
    static const double chosen[] = {0.0, 80.0, -80.0, 1000.0, -1000.0};
    uint32_t choice = rng_below(rng, index, 8);
    return choice < 5 ? chosen[choice] : 10.0 * rng_normal(rng, index);
}

/* The index goes through a permutation of 0 .. count-1 (a product with a prime that does not divide
 * count), so that neighbours in memory are not neighbours in value. */
static double draw_apart(const struct rng *rng, uint64_t index, size_t count)
{
    uint64_t factor = count % 7919 ? 7919 : 104729;
    uint64_t rank = (index % count * factor + rng->step) % count;
    double size = 0.05 + 0.01 * (double)rank;
    return rank % 2 ? size : -size;
}

static double draw_repeats(const struct rng *rng, uint64_t index)
{
    static const double chosen[] = {0.0, 1.0, 2.0, 40.0};
    return chosen[index == 0 ? 1 + rng_below(rng, index, 3) : rng_below(rng, index, 4)];
}

static double draw(enum value_kind kind, const struct rng *rng, uint64_t index, size_t count)
{
    switch (kind) {
    case VALUE_POSITIVE:
        return 0.5 + rng_uniform(rng, index);
    case VALUE_LARGE_MEAN:
        return 1000.0 + rng_normal(rng, index);
    case VALUE_APART:
        return draw_apart(rng, index, count);
    case VALUE_TIES:
        return (double)rng_below(rng, index, 3) - 1.0;
    case VALUE_EXTREME:
        return draw_extreme(rng, index);
    case VALUE_ZERO:
        return 0.0;
    case VALUE_REPEATS:
        return draw_repeats(rng, index);
    case VALUE_SMALL_INTEGER:
        return (double)rng_below(rng, index, 9) - 4.0;
    default:
        return rng_normal(rng, index);
    }
}

static int32_t draw_label(enum value_kind kind, int limit, const struct rng *rng, uint64_t index)
{
    uint32_t labels = (uint32_t)limit;
    if (kind == VALUE_LABEL_BEYOND) return (int32_t)rng_below(rng, index, labels + 3) - 1;
    return (int32_t)rng_below(rng, index, labels);
}

void values_fill(void *values, enum dtype dtype, size_t count, enum value_kind kind, int limit,
                 const struct rng *rng)
{
    for (size_t i = 0; i < count; i++) {
        if (dtype == DTYPE_F32) {
            ((double *)values)[i] = (double)(float)draw(kind, rng, i, count);
        } else if (dtype == DTYPE_I32) {
            ((int32_t *)values)[i] = draw_label(kind, limit, rng, i);
        } else {
            ((uint8_t *)values)[i] = (uint8_t)rng_below(rng, i, 256);
        }
    }
}

size_t values_element_bytes(enum dtype dtype)
{
    return dtype == DTYPE_F32 ? sizeof(double) : dtype_bytes(dtype);
}

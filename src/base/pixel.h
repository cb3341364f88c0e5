/* Bytes 0 .. 255 as numbers 0 .. 1, and back. */
#ifndef SAAE_BASE_PIXEL_H
#define SAAE_BASE_PIXEL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

static inline float pixel_to_float(uint8_t byte)
{
    return (float)(byte / 255.0);
}

static inline void pixels_to_floats(const uint8_t *bytes, size_t count, float *values)
{
    for (size_t i = 0; i < count; i++) values[i] = pixel_to_float(bytes[i]);
}

/* Rounded to the nearest byte; what lies outside 0 .. 1 becomes the nearer end, a NaN 0. */
static inline uint8_t pixel_from_float(float value)
{
    if (!(value > 0.0f)) return 0;
    return value < 1.0f ? (uint8_t)lroundf(value * 255.0f) : 255;
}

#endif

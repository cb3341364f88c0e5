#include "data/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

int image_check_size(const char *path, uint64_t width, uint64_t height)
{
    if (width < 1 || height < 1 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE ||
        width * height > IMAGE_MAX_PIXELS) {
        return status_set(SAAE_INPUT,
                          "'%s': a picture of %" PRIu64 "x%" PRIu64
                          " (width x height); from 1 to %d a side and at most %d pixels are read",
                          path, width, height, IMAGE_MAX_SIDE, IMAGE_MAX_PIXELS);
    }
    return SAAE_OK;
}

int image_create(struct image *image, int height, int width, int channels)
{
    size_t row = (size_t)width * (size_t)channels;
    *image = (struct image){.height = height, .width = width, .channels = channels};
    return memory_allocate(&image->pixels, (size_t)height, row);
}

void image_free(struct image *image)
{
    free(image->pixels);
    *image = (struct image){0};
}

size_t image_bytes(const struct image *image)
{
    return (size_t)image->height * (size_t)image->width * (size_t)image->channels;
}

int image_convert(const struct image *image, int channels, struct image *out)
{
    int status = image_create(out, image->height, image->width, channels);
    if (status != SAAE_OK) return status;
    size_t count = (size_t)image->height * (size_t)image->width;
    const uint8_t *from = image->pixels;
    uint8_t *to = out->pixels;
    if (image->channels == channels) {
        memcpy(to, from, image_bytes(out));
    } else if (channels == 3) {
        for (size_t i = 0; i < count; i++) memset(to + 3 * i, from[i], 3);
    } else {
        for (size_t i = 0; i < count; i++, from += 3) {
            to[i] = (uint8_t)((299 * from[0] + 587 * from[1] + 114 * from[2] + 500) / 1000);
        }
    }
    return SAAE_OK;
}

/* One output position of an axis: sum over k < count of weights[k] * in[first + k], divided by the
 * axis's total. */
struct taps {
    int first, count;
    const int32_t *weights;
};

struct axis {
    struct taps *taps;
    int32_t *weights;
    int64_t total;
};

/* Lengths in units of 1 / out of an input pixel: output i covers [i * in, (i + 1) * in), input j
 * [j * out, (j + 1) * out). */
static struct taps area_taps(int in, int out, int i, int32_t *weights)
{
    int64_t start = (int64_t)i * in, end = start + in;
    struct taps taps = {.first = (int)(start / out), .weights = weights};
    for (int64_t j = taps.first; j * out < end; j++) {
        int64_t from = j * out > start ? j * out : start;
        int64_t to = (j + 1) * out < end ? (j + 1) * out : end;
        weights[taps.count++] = (int32_t)(to - from);
    }
    return taps;
}

/* The centre of output i is at (i + 1/2) in / out - 1/2 input pixels, here times 2 out. */
static struct taps linear_taps(int in, int out, int i, int32_t *weights)
{
    int64_t unit = 2 * (int64_t)out, centre = (2 * (int64_t)i + 1) * in - out;
    if (centre < 0) centre = 0;
    if (centre > (in - 1) * unit) centre = (in - 1) * unit;
    struct taps taps = {.first = (int)(centre / unit), .count = 1, .weights = weights};
    weights[1] = (int32_t)(centre % unit);
    weights[0] = (int32_t)(unit - weights[1]);
    if (weights[1]) taps.count = 2;
    return taps;
}

static int axis_create(struct axis *axis, int in, int out)
{
    int status = SAAE_OK;
    size_t most = (size_t)(in > out ? in / out + 2 : 2);
    TRY(memory_allocate(&axis->taps, (size_t)out, sizeof *axis->taps));
    TRY(memory_allocate(&axis->weights, (size_t)out * most, sizeof *axis->weights));
    axis->total = in > out ? in : 2 * (int64_t)out;
    for (int i = 0; i < out; i++) {
        int32_t *weights = axis->weights + (size_t)i * most;
        axis->taps[i] =
            in > out ? area_taps(in, out, i, weights) : linear_taps(in, out, i, weights);
    }
done:
    return status;
}

static void axis_free(struct axis *axis)
{
    free(axis->taps);
    free(axis->weights);
}

/* At most 255 * 2^15 * 2^15 before the division: no overflow. */
static int64_t weighted_sum(const struct image *image, struct taps down, struct taps across, int c)
{
    size_t step = (size_t)image->channels, stride = (size_t)image->width * step;
    int64_t sum = 0;
    for (int r = 0; r < down.count; r++) {
        const uint8_t *at = image->pixels + (size_t)(down.first + r) * stride +
                            (size_t)across.first * step + (size_t)c;
        int64_t row = 0;
        for (int k = 0; k < across.count; k++, at += step) row += (int64_t)across.weights[k] * *at;
        sum += row * down.weights[r];
    }
    return sum;
}

int image_resize(const struct image *image, int height, int width, struct image *out)
{
    int status = SAAE_OK;
    struct axis down = {0}, across = {0};
    *out = (struct image){0};
    TRY(axis_create(&down, image->height, height));
    TRY(axis_create(&across, image->width, width));
    TRY(image_create(out, height, width, image->channels));
    int64_t total = down.total * across.total;
    uint8_t *pixel = out->pixels;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < image->channels; c++) {
                int64_t sum = weighted_sum(image, down.taps[y], across.taps[x], c);
                *pixel++ = (uint8_t)((sum + total / 2) / total);
            }
        }
    }
done:
    axis_free(&down);
    axis_free(&across);
    return status;
}

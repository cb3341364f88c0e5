/* Pictures of 8 bits a channel in memory. */
#ifndef SAAE_DATA_IMAGE_H
#define SAAE_DATA_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Larger pictures are refused before any memory is asked for: a few bytes of a damaged or hostile
 * file can claim any size. */
enum { IMAGE_MAX_SIDE = 16384, IMAGE_MAX_PIXELS = 256000000 };

/* pixels[(y * width + x) * channels + c], 0 black .. 255 white; channels is 1 (grey) or 3 (RGB). */
struct image {
    int height, width, channels;
    uint8_t *pixels;
};

/* SAAE_INPUT with `path` in the message unless 1 <= width, height <= IMAGE_MAX_SIDE and
 * width * height <= IMAGE_MAX_PIXELS. */
int image_check_size(const char *path, uint64_t width, uint64_t height);

/* A black picture; the sides must have passed image_check_size. SAAE_MEMORY. */
int image_create(struct image *image, int height, int width, int channels);

/* Releases the pixels and leaves an empty picture; harmless on an empty one. */
void image_free(struct image *image);

/* height * width * channels */
size_t image_bytes(const struct image *image);

/* *out = the picture with 1 or 3 channels. RGB to grey is the luma of ITU-R BT.601,
 * 0.299 R + 0.587 G + 0.114 B, rounded; grey to RGB repeats the value. */
int image_convert(const struct image *image, int channels, struct image *out);

/* *out = the picture at height x width (within image_check_size's bounds). Each axis by itself:
 * where it shrinks, a pixel is the mean of the area it covers; where it grows, it is interpolated
 * linearly between pixel centres, the border repeated. All in integers and rounded once, so that
 * every machine gives the same bytes. */
int image_resize(const struct image *image, int height, int width, struct image *out);

#endif

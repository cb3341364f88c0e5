/* Files and pictures that the data tests make and damage. */
#ifndef SAAE_TESTS_DATA_FILES_H
#define SAAE_TESTS_DATA_FILES_H

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/image.h"
#include "data/png.h"

/* Replaces the file's content; unlike file_write without syncing, and for many rounds on a path. */
static inline void put_file(const char *path, const void *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

/* Some pixels that differ from each other. */
static inline struct image make_image(int height, int width, int channels, unsigned seed)
{
    struct image image;
    assert_ok(image_create(&image, height, width, channels));
    for (size_t i = 0; i < image_bytes(&image); i++) {
        seed = seed * 1664525u + 1013904223u;
        image.pixels[i] = (uint8_t)(seed >> 24);
    }
    return image;
}

static inline void put_picture(const char *path, int height, int width, int channels, unsigned seed)
{
    struct image image = make_image(height, width, channels, seed);
    assert_ok(png_write(path, &image));
    image_free(&image);
}

static inline void assert_shape(const struct image *image, int height, int width, int channels)
{
    assert_int_equal(image->height, height);
    assert_int_equal(image->width, width);
    assert_int_equal(image->channels, channels);
    assert_non_null(image->pixels);
}

#endif

#include "data/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"

/* Everything that lives across libpng's longjmp is in here and not in local variables, whose
 * values would be indeterminate afterwards (C11 7.13.2.1). */
struct codec {
    const char *path;
    png_structp png;
    png_infop info;
    jmp_buf escape;
    int status;
    const uint8_t *in; /* reading: the file */
    size_t in_size, in_at;
    uint8_t *out; /* writing: what is encoded so far */
    size_t out_size, out_capacity;
    uint8_t *samples; /* reading: 1 to 4 channels of 8 bits */
    png_bytep *rows;
};

static void on_error(png_structp png, png_const_charp text)
{
    struct codec *codec = png_get_error_ptr(png);
    if (codec->status == SAAE_OK) { /* a callback may have recorded the reason already */
        codec->status = status_set(SAAE_INPUT, "'%s': not a sound PNG near byte %zu: %s",
                                   codec->path, codec->in_at, text);
    }
    longjmp(codec->escape, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text; /* the picture is sound all the same */
}

static void take_bytes(png_structp png, png_bytep to, size_t size)
{
    struct codec *codec = png_get_io_ptr(png);
    if (size > codec->in_size - codec->in_at) png_error(png, "the file ends too early");
    memcpy(to, codec->in + codec->in_at, size);
    codec->in_at += size;
}

static void give_bytes(png_structp png, png_bytep from, size_t size)
{
    struct codec *codec = png_get_io_ptr(png);
    if (size > codec->out_capacity - codec->out_size) {
        uint8_t *grown = NULL;
        size_t wanted = codec->out_capacity * 2 + size + 4096;
        codec->status = memory_allocate(&grown, wanted, 1);
        if (codec->status != SAAE_OK) png_error(png, "out of memory");
        if (codec->out_size) memcpy(grown, codec->out, codec->out_size);
        free(codec->out);
        codec->out = grown;
        codec->out_capacity = wanted;
    }
    memcpy(codec->out + codec->out_size, from, size);
    codec->out_size += size;
}

static void flush_bytes(png_structp png)
{
    (void)png;
}

/* Calls libpng, which leaves through codec->escape on a fault. */
static void read_samples(struct codec *codec)
{
    png_structp png = codec->png;
    png_set_read_fn(png, codec, take_bytes);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours has the better message */
    png_read_info(png, codec->info);
    size_t width = png_get_image_width(png, codec->info);
    size_t height = png_get_image_height(png, codec->info);
    codec->status = image_check_size(codec->path, width, height);
    if (codec->status != SAAE_OK) longjmp(codec->escape, 1);

    png_set_expand(png);   /* palette to RGB, few bits to 8, a transparent colour to alpha */
    png_set_scale_16(png); /* rounds, where strip_16 would cut */
    png_set_interlace_handling(png);
    png_read_update_info(png, codec->info);
    size_t row = png_get_rowbytes(png, codec->info);
    codec->status = memory_allocate(&codec->samples, height, row);
    if (codec->status == SAAE_OK) {
        codec->status = memory_allocate(&codec->rows, height, sizeof *codec->rows);
    }
    if (codec->status != SAAE_OK) longjmp(codec->escape, 1);
    for (size_t y = 0; y < height; y++) codec->rows[y] = codec->samples + y * row;
    png_read_image(png, codec->rows);
    png_read_end(png, NULL);
}

static void guarded_read(struct codec *codec)
{
    if (setjmp(codec->escape) == 0) read_samples(codec);
}

static int lay_over_white(const struct codec *codec, struct image *image)
{
    int width = (int)png_get_image_width(codec->png, codec->info);
    int height = (int)png_get_image_height(codec->png, codec->info);
    int stored = png_get_channels(codec->png, codec->info); /* 1, 3 or, with alpha, 2, 4 */
    int channels = stored < 3 ? 1 : 3;
    int status = image_create(image, height, width, channels);
    if (status != SAAE_OK) return status;
    const uint8_t *from = codec->samples;
    uint8_t *to = image->pixels;
    size_t count = (size_t)width * (size_t)height;
    for (size_t i = 0; i < count; i++, from += stored, to += channels) {
        int alpha = stored > channels ? from[channels] : 255;
        for (int c = 0; c < channels; c++) {
            to[c] = (uint8_t)((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }
    return SAAE_OK;
}

int png_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image)
{
    int status = SAAE_OK;
    struct codec codec = {.path = path, .in = bytes, .in_size = size};
    *image = (struct image){0};
    codec.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &codec, on_error, on_warning);
    if (codec.png) codec.info = png_create_info_struct(codec.png);
    if (!codec.info) FAIL(SAAE_MEMORY, "out of memory while reading '%s'", path);
    guarded_read(&codec);
    TRY(codec.status);
    TRY(lay_over_white(&codec, image));
done:
    png_destroy_read_struct(&codec.png, &codec.info, NULL);
    free(codec.samples);
    free(codec.rows);
    return status;
}

int png_read(const char *path, struct image *image)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *image = (struct image){0};
    int status = file_read(path, &bytes, &size);
    if (status == SAAE_OK) status = png_decode(path, bytes, size, image);
    free(bytes);
    return status;
}

static void write_samples(struct codec *codec, const struct image *image)
{
    png_structp png = codec->png;
    size_t row = (size_t)image->width * (size_t)image->channels;
    png_set_write_fn(png, codec, give_bytes, flush_bytes);
    png_set_user_limits(png, IMAGE_MAX_SIDE, IMAGE_MAX_SIDE);
    png_set_IHDR(png, codec->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, codec->info);
    for (int y = 0; y < image->height; y++) {
        png_write_row(png, image->pixels + (size_t)y * row);
    }
    png_write_end(png, NULL);
}

static void guarded_write(struct codec *codec, const struct image *image)
{
    if (setjmp(codec->escape) == 0) write_samples(codec, image);
}

int png_encode(const struct image *image, uint8_t **bytes, size_t *size)
{
    int status = SAAE_OK;
    struct codec codec = {.path = "a picture in memory"};
    codec.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &codec, on_error, on_warning);
    if (codec.png) codec.info = png_create_info_struct(codec.png);
    if (!codec.info) FAIL(SAAE_MEMORY, "out of memory while encoding a PNG");
    guarded_write(&codec, image);
    TRY(codec.status);
    *bytes = codec.out;
    *size = codec.out_size;
    codec.out = NULL;
done:
    png_destroy_write_struct(&codec.png, &codec.info);
    free(codec.out);
    return status;
}

int png_write(const char *path, const struct image *image)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = png_encode(image, &bytes, &size);
    if (status == SAAE_OK) status = file_write(path, bytes, size);
    free(bytes);
    return status;
}

#include "data/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/file.h"
#include "base/status.h"

/* Lives across libjpeg's longjmp; see png.c. `base` comes first: libjpeg hands back its address. */
struct decoder {
    struct jpeg_error_mgr base;
    struct jpeg_decompress_struct jpeg;
    jmp_buf escape;
    const char *path;
    const uint8_t *bytes;
    size_t size;
    struct image *image;
    int status;
};

static void on_error(j_common_ptr common)
{
    struct decoder *decoder = (struct decoder *)common->err;
    char text[JMSG_LENGTH_MAX];
    common->err->format_message(common, text);
    decoder->status =
        status_set(common->err->msg_code == JERR_OUT_OF_MEMORY ? SAAE_MEMORY : SAAE_INPUT,
                   "'%s': not a sound JPEG: %s", decoder->path, text);
    longjmp(decoder->escape, 1);
}

/* Level -1 is a warning: the data is damaged and libjpeg would go on with grey blocks. The ones
 * that leave the picture as it was drawn are let through. */
static void on_message(j_common_ptr common, int level)
{
    if (level >= 0) return;
    switch (common->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
        return;
    default:
        on_error(common);
    }
}

/* Calls libjpeg, which leaves through decoder->escape on a fault. */
static void decode(struct decoder *decoder)
{
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg_create_decompress(jpeg);
    jpeg_mem_src(jpeg, decoder->bytes, (unsigned long)decoder->size);
    jpeg_read_header(jpeg, TRUE);
    decoder->status = image_check_size(decoder->path, jpeg->image_width, jpeg->image_height);
    if (decoder->status == SAAE_OK && jpeg->num_components != 1 && jpeg->num_components != 3) {
        decoder->status = status_set(
            SAAE_INPUT, "'%s': a JPEG of %d components (CMYK?); convert it to RGB or grey",
            decoder->path, jpeg->num_components);
    }
    if (decoder->status != SAAE_OK) return;
    jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg->dct_method = JDCT_ISLOW;
    decoder->status = image_create(decoder->image, (int)jpeg->image_height, (int)jpeg->image_width,
                                   jpeg->num_components);
    if (decoder->status != SAAE_OK) return;

    jpeg_start_decompress(jpeg);
    size_t row = (size_t)jpeg->output_width * (size_t)jpeg->output_components;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW at = decoder->image->pixels + row * jpeg->output_scanline;
        jpeg_read_scanlines(jpeg, &at, 1);
    }
    jpeg_finish_decompress(jpeg);
}

static void guarded_decode(struct decoder *decoder)
{
    if (setjmp(decoder->escape) == 0) decode(decoder);
}

int jpeg_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image)
{
    *image = (struct image){0};
    if (size == 0) return status_set(SAAE_INPUT, "'%s': not a sound JPEG: it is empty", path);
    struct decoder decoder = {.path = path, .bytes = bytes, .size = size, .image = image};
    decoder.jpeg.err = jpeg_std_error(&decoder.base);
    decoder.base.error_exit = on_error;
    decoder.base.emit_message = on_message;
    guarded_decode(&decoder);
    jpeg_destroy_decompress(&decoder.jpeg);
    if (decoder.status != SAAE_OK) image_free(image);
    return decoder.status;
}

int jpeg_read(const char *path, struct image *image)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *image = (struct image){0};
    int status = file_read(path, &bytes, &size);
    if (status == SAAE_OK) status = jpeg_decode(path, bytes, size, image);
    free(bytes);
    return status;
}

/* JPEG through libjpeg(-turbo). */
#ifndef SAAE_DATA_JPEG_H
#define SAAE_DATA_JPEG_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

/* Baseline or progressive, as grey or RGB; CMYK is refused. An orientation in EXIF data is not
 * applied. Damage that libjpeg would paint over (a file cut short, bad codes) is a fault here.
 * SAAE_INPUT: missing, damaged, too large; the message names the file. */
int jpeg_read(const char *path, struct image *image);

/* The same from memory; `path` is for messages. */
int jpeg_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image);

#endif

/* PNG through libpng. */
#ifndef SAAE_DATA_PNG_H
#define SAAE_DATA_PNG_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

/* Any PNG, as grey (colour types 0 and 4) or RGB (2, 3 and 6): palettes are looked up, 1, 2 and 4
 * bits widened, 16 bits rounded to 8, transparency laid over white. Stored values are taken as
 * they are: no gamma or colour profile is applied.
 * SAAE_INPUT: missing, damaged, cut short, too large; the message names the file. */
int png_read(const char *path, struct image *image);

/* The same from memory; `path` is for messages. */
int png_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image);

/* *bytes (released with free()) = the picture as a PNG of 8 bits, grey or RGB. SAAE_MEMORY. */
int png_encode(const struct image *image, uint8_t **bytes, size_t *size);

/* Writes it whole or not at all. SAAE_IO. */
int png_write(const char *path, const struct image *image);

#endif

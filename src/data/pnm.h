/* Netpbm's grey and colour maps: P2, P3 (text) and P5, P6 (binary). */
#ifndef SAAE_DATA_PNM_H
#define SAAE_DATA_PNM_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

/* Samples 0 .. maxval (1 .. 65535) are scaled to 0 .. 255 and rounded. A file holds one picture:
 * bytes behind it are a fault. SAAE_INPUT: missing, damaged, cut short, too large; the message
 * names the file and the offset. */
int pnm_read(const char *path, struct image *image);

/* The same from memory; `path` is for messages. */
int pnm_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image);

#endif

/* A contact sheet of generated pictures: contents in the first row, styles in the first column.
 *
 *     .  c0 c1 c2
 *     s0 00 01 02
 *     s1 10 11 12 */
#ifndef SAAE_DATA_GRID_H
#define SAAE_DATA_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

struct grid {
    int rows, columns;             /* styles, contents; each at least 1 */
    int height, width, channels;   /* of contents and cells */
    int style_height, style_width; /* of styles, which have the same channels */
    const uint8_t *contents;       /* [columns][height][width][channels] */
    const uint8_t *styles;         /* [rows][style_height][style_width][channels] */
    const uint8_t *cells;          /* [rows][columns][height][width][channels] */
    int scale;                     /* side of the square that a pixel becomes; 0: so large that a
                                      cell is about 84 pixels high, at most 8 */
};

/* *image = the sheet, pictures parted by grey lines of 2 pixels, first row and column by lines of
 * 6. SAAE_USAGE: it would be larger than a picture may be; SAAE_MEMORY. */
int grid_draw(const struct grid *grid, struct image *image);

/* The same as a PNG file. SAAE_IO. */
int grid_write(const char *path, const struct grid *grid);

/* For pictures that come as floats 0 .. 1 (base/pixel.h). */
void grid_bytes_from_floats(const float *values, size_t count, uint8_t *bytes);

#endif

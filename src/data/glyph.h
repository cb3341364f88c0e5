/* Characters drawn from a font file with cairo, antialiased and without hinting. The file is opened
 * by FreeType: no substitution by fontconfig takes part, and a character that the font lacks is
 * known to be missing. */
#ifndef SAAE_DATA_GLYPH_H
#define SAAE_DATA_GLYPH_H

#include <stdint.h>

#include "data/image.h"

enum glyph_ink { GLYPH_WHITE_ON_BLACK, GLYPH_BLACK_ON_WHITE };

struct glyph_options {
    int height, width, channels; /* of the picture; channels 1 or 3 */
    double margin;               /* pixels left free on each side, >= 0 */
    double size;                 /* pixels per em; 0: the largest that leaves the margin free */
    enum glyph_ink ink;
};

/* White on black, grey, a seventh of the shorter side as margin (as in MNIST: 4 of 28 pixels). */
struct glyph_options glyph_default_options(int height, int width);

struct glyph_font;

/* Opens an outline font (TrueType, OpenType, Type 1). path NULL: DejaVu Sans where systems keep
 * it. SAAE_INPUT: no such file, no font, no outlines, no Unicode table. */
int glyph_font_open(const char *path, struct glyph_font **font);
void glyph_font_close(struct glyph_font *font); /* NULL is fine */
const char *glyph_font_path(const struct glyph_font *font);

/* *size = the largest size in pixels per em at which the character's ink leaves the margin free.
 * Faults as glyph_render. */
int glyph_fit(const struct glyph_font *font, uint32_t character,
              const struct glyph_options *options, double *size);

/* *image = the character, the middle of its ink's extents in the middle of the picture.
 * SAAE_INPUT: the font lacks the character, or it has no ink (a blank); SAAE_USAGE: an option out
 * of range, or a size at which the ink does not fit into the picture. */
int glyph_render(const struct glyph_font *font, uint32_t character,
                 const struct glyph_options *options, struct image *image);

#endif

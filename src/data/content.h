/* Content pictures: what each class looks like without any style. */
#ifndef SAAE_DATA_CONTENT_H
#define SAAE_DATA_CONTENT_H

#include <stdint.h>

#include "data/dataset.h"
#include "data/glyph.h"
#include "data/image.h"

/* In order of their classes; a class may have several. */
struct contents {
    int count, height, width, channels;
    uint8_t *pixels;   /* count x height x width x channels, 0 .. 255 */
    int32_t *class_of; /* count */
    char **names;      /* count; where each comes from, for messages and captions */
};

/* One picture for each character of `text` (UTF-8, no character twice): the class is its index.
 * All have the largest size at which each leaves the margin free, so that "o" stays smaller than
 * "O"; options->size, if not 0, is taken instead. font NULL: DejaVu Sans.
 * SAAE_USAGE: text empty, not UTF-8 or with a repeated character; faults of glyph_render. */
int contents_from_text(const char *text, const char *font, const struct glyph_options *options,
                       struct contents *contents);

/* The pictures folder/NAME.EXT and folder/NAME/.../ANY.EXT of each class NAME, a '/' in a class's
 * name written '_' ("T-shirt_top.png"). Each is resized and converted to the given shape; files of
 * no class are passed over with a warning. SAAE_INPUT: a class without a picture, a picture that
 * cannot be read; the message names it. */
int contents_from_folder(const char *folder, const char *const *class_names, int classes,
                         int height, int width, int channels, struct contents *contents);

/* Each class's medoid: the picture with the least sum of squared distances to all pictures x_i of
 * its class, the first of equals. It is found exactly and without comparing pairs, since
 *     sum_i |x - x_i|^2 = n |x|^2 - 2 x . sum_i x_i + sum_i |x_i|^2,
 * whose last term is the same for every x. SAAE_INPUT: a class without a picture. */
int contents_from_medoids(const struct dataset *dataset, struct contents *contents);

/* SAAE_INPUT: a class of 0 .. classes - 1 without a content (named), or contents beyond them. */
int contents_check(const struct contents *contents, const char *const *class_names, int classes);

/* Picture number `index` (a view: not to be released). */
struct image contents_image(const struct contents *contents, int index);

/* Releases everything and leaves it empty; harmless on an empty one. */
void contents_free(struct contents *contents);

#endif

/* A folder of classes: DIR/class/.../picture.
 *
 * Classes are the sub-folders of DIR in byte order; a class's pictures are all files below it, at
 * any depth, whose name ends in png, jpg, jpeg, pgm, ppm or pnm (any case), in byte order of their
 * paths. Names that begin with a dot are passed over.
 *
 * If DIR holds both a folder "train" and a folder "test", these are the splits, with the same
 * classes in each. Otherwise one picture in ten is held out for testing: in each run of ten
 * successive pictures of a class (pictures 10 b .. 10 b + 9, a shorter last run left out) the test
 * picture is 10 b + r, r = rng_below({seed 0, RNG_SPLIT, step = class}, b, 10). The rule depends on
 * nothing but the files' order, and more files at a class's end leave earlier choices alone. */
#ifndef SAAE_DATA_FOLDER_H
#define SAAE_DATA_FOLDER_H

#include "data/dataset.h"

/* SAAE_INPUT: no folder, fewer than two classes, a class without a picture, a picture that cannot
 * be read or has another shape than the first; the message names it and the cure. `dataset` begins
 * empty; on a fault it is released by dataset_free as always. */
int folder_read_dataset(const char *name, const char *folder, enum dataset_split split,
                        const struct dataset_options *options, struct dataset *dataset);

/* The pictures below a folder, as paths in byte order: *paths is released by file_free_names.
 * SAAE_INPUT: no such folder, or nested deeper than 32 (a link that points back). */
int folder_list_pictures(const char *folder, char ***paths, size_t *count);

#endif

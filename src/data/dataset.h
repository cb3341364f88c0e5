/* Pictures with class labels, from IDX files or a folder of classes. */
#ifndef SAAE_DATA_DATASET_H
#define SAAE_DATA_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "data/image.h"

struct dataset {
    char *name; /* as it was asked for */
    int count, height, width, channels, classes;
    uint8_t *pixels;    /* count x height x width x channels, 0 .. 255 */
    int32_t *labels;    /* count, each in 0 .. classes - 1 */
    char **class_names; /* classes */
    char **files;       /* count paths; NULL where the pictures come from IDX files */
};

enum dataset_split { DATASET_TRAIN, DATASET_TEST };

/* All zero: the pictures as they are, all of them. */
struct dataset_options {
    int height, width; /* 0: as the first picture, all must agree; else each is resized */
    int channels;      /* 0: as the first picture, all must agree; 1 or 3: converted */
    int limit;         /* 0: all; else at most so many, evenly spaced over the split's order */
};

/* Opens one split of the data set that `spec` names:
 *   idx:DIR        train-* or t10k-* IDX files in DIR (data/idx.h); classes "0" .. "k-1"
 *   fashion-mnist  the Debian package dataset-fashion-mnist
 *   mnist          IDX files in ./data/mnist or /usr/share/datasets/mnist
 *   folder:DIR     a folder of classes (data/folder.h)
 *   DIR            idx:DIR if it holds IDX files, else folder:DIR
 * dataset_check has passed. SAAE_USAGE: no such spec, an option out of range; SAAE_INPUT: files
 * missing, damaged or not fitting together. */
int dataset_open(const char *spec, enum dataset_split split, const struct dataset_options *options,
                 struct dataset *dataset);

/* SAAE_INPUT, with the picture's number: a label outside 0 .. classes - 1. Warns in the log of
 * pictures of a single value (count and first) and of classes without a picture. */
int dataset_check(const struct dataset *dataset);

/* Releases everything and leaves it empty; harmless on an empty one. */
void dataset_free(struct dataset *dataset);

/* Bytes of one picture, and picture number `index` (a view: not to be released). */
size_t dataset_image_bytes(const struct dataset *dataset);
struct image dataset_image(const struct dataset *dataset, int index);

/* For the readers: room for `count` pictures of the given shape and for the names of the classes,
 * all still empty. SAAE_MEMORY. */
int dataset_create(struct dataset *dataset, const char *name, int count, int classes);

/* Stores a picture, resized and converted as the options say; the first one sets the shape where
 * they leave it open. `where` names it in messages. SAAE_INPUT: it has another shape. */
int dataset_place(struct dataset *dataset, int index, const struct image *image, const char *where,
                  const struct dataset_options *options);

/* How many of `total` pictures the limit leaves, and which one is the k-th of them. */
int dataset_limited_count(const struct dataset_options *options, size_t total, int *count);
size_t dataset_limited_index(int k, int count, size_t total);

#endif

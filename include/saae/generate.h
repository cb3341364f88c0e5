/* Making pictures with a trained model. */
#ifndef SAAE_GENERATE_H
#define SAAE_GENERATE_H

#include <stdint.h>

#include "saae/model.h"
#include "saae/status.h"

/* A checkpoint's generator, ready on a device. One thread at a time may use it. */
struct saae_generator;

/* All zero, or NULL in place of it: the best device, batches of 16, running statistics. */
struct saae_generator_options {
    const char *device;   /* "P:D", a part of a name, "cpu", "gpu"; "reference": in double precision
                             without OpenCL; NULL or "": the best there is */
    int batch;            /* pictures computed at once */
    int batch_statistics; /* normalise by each batch's own statistics, as training did: a picture
                             then depends on those that are made with it */
};

/* SAAE_INPUT: no sound checkpoint; SAAE_DEVICE: no such device; SAAE_MEMORY. */
int saae_generator_open(struct saae_generator **generator, const char *checkpoint,
                        const struct saae_generator_options *options);
void saae_generator_close(struct saae_generator *generator); /* accepts NULL */

/* Sizes: contents and generated pictures are [height][width][channels] bytes, styles
 * [style_height][style_width][channels]; 0 is black, 255 white. Valid until the closing. */
const struct saae_config *saae_generator_config(const struct saae_generator *generator);

/* Classes 0 .. config->classes - 1. NULL: there is no such class. -1: none of that name. */
const char *saae_generator_class_name(const struct saae_generator *generator, int class_number);
int saae_generator_find_class(const struct saae_generator *generator, const char *name);

/* The content picture of a class, as the model was trained with.
 * SAAE_USAGE: no such class; SAAE_INPUT: the checkpoint has no content pictures. */
int saae_generator_content(const struct saae_generator *generator, int class_number,
                           uint8_t *pixels);

/* images[i] = contents[i] in the style of styles[i], for i < count.
 * SAAE_USAGE: count is negative; SAAE_DEVICE; SAAE_NUMERIC: the result is not finite. */
int saae_generator_run(struct saae_generator *generator, const uint8_t *contents,
                       const uint8_t *styles, int count, uint8_t *images);

/* Reads a PNG, JPEG, PGM or PPM file, resized and converted to this size.
 * SAAE_INPUT: missing, damaged; SAAE_USAGE: a size out of range. */
int saae_picture_read(const char *path, int height, int width, int channels, uint8_t *pixels);

/* Writes a PNG file, whole or not at all. SAAE_IO; SAAE_USAGE: a size out of range. */
int saae_picture_write(const char *path, int height, int width, int channels,
                       const uint8_t *pixels);

#endif

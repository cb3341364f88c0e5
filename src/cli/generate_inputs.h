/* The pictures that `saae generate` combines: contents and styles, found by what was asked for. */
#ifndef SAAE_CLI_GENERATE_INPUTS_H
#define SAAE_CLI_GENERATE_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/image.h"
#include "train/checkpoint.h"

/* Pictures of one size. */
struct inputs {
    int height, width, channels;
    int count;
    uint8_t *pixels; /* count x height x width x channels */
    char **labels;   /* count: a class's name, or a file's without folder and extension */
    char **sources;  /* count: where each comes from */
    size_t pixels_capacity, labels_capacity, sources_capacity;
};

void inputs_free(struct inputs *inputs);          /* leaves it empty */
size_t inputs_bytes(const struct inputs *inputs); /* of one picture */

/* Contents. `wanted` is, the first that fits:
 *   all              every class, in order
 *   Sandal           a class's name
 *   Sandal,Bag       names with commas between them
 *   0123             characters, each a class's name
 *   PATH             a picture, or a folder of pictures
 * A class stands for its first content picture in the checkpoint. resize: own pictures of another
 * size or channels are fitted instead of refused. SAAE_USAGE: nothing of that name, with a list of
 * what there is; SAAE_INPUT. */
int inputs_read_contents(struct inputs *inputs, const struct checkpoint *checkpoint,
                         const char *wanted, bool resize);

/* Styles. `wanted` is a picture, a folder of pictures, or a data set (data/dataset.h) with
 * ":train" or ":test" behind it (none: test). `count` of them, drawn by the seed without
 * repetition; 0: at most `usual`. In their own order where all are taken. */
int inputs_read_styles(struct inputs *inputs, const struct checkpoint *checkpoint,
                       const char *wanted, bool resize, int count, int usual, uint64_t seed);

/* picks[0 .. count - 1] = numbers below `total`, none twice, drawn for (seed, step); 0, 1, 2 ...
 * where count is total. */
int inputs_draw(uint32_t *picks, size_t count, size_t total, uint64_t seed, uint32_t step);

#endif

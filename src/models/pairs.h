/* Pictures of many pairs out of some contents and some styles.
 *
 *     contents --Enc_c, its part of Dec's first convolution--> maps [slots][H][W][F]
 *     styles   --Enc_s--> vectors [slots][V], or on to their part [slots][H][W][F]
 *     for each pair: maps[content] and the style's --Dec--> image
 *
 * Each content and each style that a pair names is encoded once, and its encoding stays on the
 * device; only the decoder runs for each pair: C + S encodings and N decodings instead of N of all.
 * Where the room is too small for the parts of all styles, vectors are kept instead and their parts
 * made for each pair; where not all encodings fit, they are made again when needed.
 *
 * That holds with the running statistics (BATCH_NORM_INFER), where a picture depends on its content
 * and style alone. With those of the batch (BATCH_NORM_FROZEN) it depends on the pictures that meet
 * there: each pair goes through the whole generator. */
#ifndef SAAE_MODELS_PAIRS_H
#define SAAE_MODELS_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "models/saae.h"

struct pair {
    int content, style; /* numbers of pictures */
};

/* The pictures, borrowed: bytes [count][H][W][C] of the model's sizes. */
struct pairs_source {
    const uint8_t *pixels;
    int count; /* >= 1 */
};

struct pairs_options {
    int batch; /* pictures decoded at once, >= 1 */
    enum batch_norm_mode mode;
    size_t room; /* bytes for the encodings of each kind, where a batch needs no more; 0: 128 MiB */
};

struct pairs;

/* For the model's generator, as in models/generator.h. */
int pairs_create(struct pairs **pairs, struct saae_model *model,
                 const struct pairs_options *options, const struct pairs_source *contents,
                 const struct pairs_source *styles);
void pairs_free(struct pairs *pairs); /* accepts NULL */

/* Forgets all encodings: the model's parameters have changed. */
void pairs_forget(struct pairs *pairs);

/* Takes pictures first .. first + count - 1 of a list: [count][H][W][C], values 0 .. 1. */
typedef int (*pairs_taker)(void *context, const float *images, int first, int count);

/* Draws the pairs in order and hands the pictures over batch by batch; a status of `take` other
 * than SAAE_OK ends it. SAAE_NUMERIC: a picture is not finite; SAAE_USAGE: a pair names a picture
 * that is not there. */
int pairs_draw(struct pairs *pairs, const struct pair *list, int n, pairs_taker take,
               void *context);

/* The graphs behind it, for listings and benchmarks: 0 and 1 encode, 2 decodes; with the statistics
 * of the batch, 0 is the only one. NULL: no more. */
const struct graph *pairs_graph(const struct pairs *pairs, int number);

#endif

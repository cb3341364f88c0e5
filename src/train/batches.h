/* Which images and contents a step uses: a pure function of (seed, step number), so that a resumed
 * run needs nothing but the number of the next step. */
#ifndef SAAE_TRAIN_BATCHES_H
#define SAAE_TRAIN_BATCHES_H

#include <stddef.h>
#include <stdint.h>

struct batches {
    uint64_t seed;
    int batch, images, classes, contents;
    const int32_t *labels;     /* [images] */
    const int32_t *content_of; /* [contents] the class of each content picture */
    int *class_first;          /* [classes + 1] where each class begins in class_contents */
    int32_t *class_contents;   /* [contents] content pictures in order of their classes */
    uint32_t *order;           /* [images] permutation of `epoch` */
    int64_t epoch;             /* -1: none yet */
    int32_t *image, *own, *cross, *label, *cross_label; /* [batch] the result */
};

/* labels and content_of are borrowed. SAAE_INPUT: a class has no content, or there is one only
 * class, so that no cross content exists. */
int batches_create(struct batches *batches, uint64_t seed, int batch, const int32_t *labels,
                   int images, const int32_t *content_of, int contents, int classes);
void batches_free(struct batches *batches);

/* Fills the arrays for step `number`. Images go through a new permutation every epoch and batches
 * run on over its end; the cross content is of a class other than the image's, drawn uniformly. */
void batches_make(struct batches *batches, int64_t number);

#endif

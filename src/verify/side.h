/* One side of a comparison of whole steps; private to src/verify. */
#ifndef SAAE_VERIFY_SIDE_H
#define SAAE_VERIFY_SIDE_H

#include "verify/step.h"

enum { SIDE_IMAGES = 24, SIDE_CLASSES = 10, SIDE_LENGTH = 28 };

struct side {
    struct device *device; /* NULL: reference */
    struct saae_model model;
    struct step_data data;
    struct step_feed feed;
    struct step step;
    int batch, micro_batch;
    bool contents_once;
    double *values; /* the tensor read last */
    size_t room;
};

/* Model and data follow from the options alone, so that two sides begin equal. */
int side_create(struct side *side, struct device *device,
                const struct verify_step_options *options);
void side_free(struct side *side);

/* Builds the step of this kind. */
int side_begin(struct side *side, enum step_kind kind);
/* Sends a pass of input number `number`. */
int side_send(struct side *side, int number, uint64_t seed, int pass);

/* side->values = a tensor's elements (floats only). */
int side_read(struct side *side, int tensor);

#endif

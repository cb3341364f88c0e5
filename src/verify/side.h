/* One side of a comparison of whole steps; private to src/verify. */
#ifndef SAAE_VERIFY_SIDE_H
#define SAAE_VERIFY_SIDE_H

#include "models/steps.h"

enum { SIDE_IMAGES = 24, SIDE_CLASSES = 10, SIDE_LENGTH = 28 };

struct side {
    struct device *device; /* NULL: reference */
    struct saae_model model;
    struct step_data data;
    struct step_feed feed;
    struct step step;
    bool contents_once; /* of the steps begun from now on; set before the first */
    double *values;     /* the tensor read last */
    size_t room;
};

/* Model and data follow from preset, batch and seed alone, so that two sides begin equal. */
int side_create(struct side *side, struct device *device, const char *preset, int batch,
                uint64_t seed);
void side_free(struct side *side);

/* Builds the step of this kind and sends input number `number`. */
int side_begin(struct side *side, enum step_kind kind, int number, uint64_t seed);

/* side->values = a tensor's elements (floats only). */
int side_read(struct side *side, int tensor);

#endif

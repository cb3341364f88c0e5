/* What the host sends for one training step, and where it lies on the device. */
#ifndef SAAE_MODELS_STEP_FEED_H
#define SAAE_MODELS_STEP_FEED_H

#include <stdint.h>

#include "models/saae.h"

/* Indices and labels of a batch, and Adam's scalars. */
struct step_input {
    const int32_t *image, *style;         /* index of target and style image */
    const int32_t *own, *cross;           /* index of own and cross content picture */
    const int32_t *label, *cross_label;   /* classes of y and of the cross content */
    float generator[2], discriminator[2]; /* step size lr/(1-beta1^t), 1/sqrt(1-beta2^t) */
};

/* Integers, [rows] but for the last. */
enum feed_integers {
    FEED_IMAGE,
    FEED_STYLE,
    FEED_OWN,
    FEED_CROSS,
    FEED_LABEL,
    FEED_CROSS_LABEL,
    FEED_GENERATED_LABEL, /* of a generated image: always the same */
    FEED_EVERY_CONTENT,   /* [contents] 0, 1, 2, ... */
    FEED_INTEGERS
};

/* Floats. */
enum feed_floats {
    FEED_GENERATOR_ADAM,     /* [2] */
    FEED_DISCRIMINATOR_ADAM, /* [2] */
    FEED_OWN_COUNTS,         /* [contents] how often each content picture is an own content ... */
    FEED_CROSS_COUNTS,       /* ... and a cross content of this batch */
    FEED_FLOATS
};

/* The storages are shared by all steps on one device. */
struct step_feed {
    int rows, contents; /* rows: of a pass, the batch or a micro-batch of it */
    struct storage *integers, *floats;
    int32_t *staged_integers;
    float *staged_floats;
};

/* contents: of the content pictures. */
int step_feed_create(struct step_feed *feed, struct device *device, int rows, int contents);
void step_feed_free(struct step_feed *feed);

size_t step_feed_bytes(const struct step_feed *feed); /* on the device */

/* Elements from the start of `integers` or `floats` to a slot of either kind. */
size_t step_feed_offset(const struct step_feed *feed, int slot);

/* Sends rows pass * rows and following of a step's input; an array that the step does not use may
 * be NULL. */
int step_feed_send(struct step_feed *feed, const struct saae_config *config,
                   const struct step_input *input, int pass);

#endif

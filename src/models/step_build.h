/* Building the graph of a step; private to src/models. */
#ifndef SAAE_MODELS_STEP_BUILD_H
#define SAAE_MODELS_STEP_BUILD_H

#include "models/steps.h"

/* Order of step.losses and of struct step_losses. */
enum step_loss {
    RECONSTRUCTION,
    DISCRIMINATOR_REAL,
    DISCRIMINATOR_GENERATED,
    ADVERSARIAL,
    ACCURACY_REAL,
    ACCURACY_GENERATED,
    ACCURACY_CROSS,
    LOSS_COUNT
};

/* Adds the nodes to step->graph, sets step->losses and prunes. step->kind, feed and passes are
 * set. */
int step_build(struct step *step, struct saae_model *model, const struct step_data *data,
               const struct step_options *options);

#endif

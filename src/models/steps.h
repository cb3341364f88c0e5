/* The three training steps as graphs.
 *
 * 1. STEP_AUTOENCODER: G forward and backward on (content of y, image), squared error, Adam on G.
 * 2. STEP_DISCRIMINATOR: G frozen draws cross contents; D on real and generated images as two
 *    batches, Adam on D.
 * 3. STEP_ADVERSARIAL: G draws the own and the cross content from one style encoding; D's update as
 *    in step 2; then G's from reconstruction (own) + lambda * adversarial (cross) through D as just
 *    updated. lambda = L * H * W * C.
 *
 * Reconstruction is the squared error summed over an image's pixels, averaged over the batch;
 * classification losses are averaged over the batch. A frozen network works with the statistics of
 * its batch and changes neither its weights nor its running statistics.
 *
 * A batch often names the same few content pictures again and again. With contents_once, Enc_c runs
 * on each picture of the set instead, batch-norm weights it by how often the batch names it, and
 * each row selects its encoding. That is the same step but for rounding; it is less work where the
 * set is smaller than the batch.
 *
 * MICRO-BATCHES. Where a device has no room for a whole batch, it goes through the networks in
 * passes of `micro_batch` rows each, whose gradients add up; Adam runs once a batch. Losses and
 * gradients are the batch's mean all the same. Other than in one pass, batch-norm works with the
 * statistics of a micro-batch, and the running ones move with each. Step 3 draws the cross images
 * twice: for D's passes, with G frozen, and again for G's, once D is updated. */
#ifndef SAAE_MODELS_STEPS_H
#define SAAE_MODELS_STEPS_H

#include <stdint.h>

#include "models/step_feed.h"

enum step_kind { STEP_AUTOENCODER = 1, STEP_DISCRIMINATOR = 2, STEP_ADVERSARIAL = 3 };

const char *step_name(enum step_kind kind); /* "autoencoder", ... */

/* Where pictures come from, all on the device as bytes. */
struct step_data {
    struct storage *images, *styles, *contents;  /* styles NULL: the image is its own style */
    int image_count, style_count, content_count; /* [count][H][W][C] of the model's sizes */
};

struct step_options {
    int batch;
    int micro_batch;          /* rows of a pass, a divisor of batch; 0: the whole batch */
    double adversarial;       /* L */
    double beta1, beta2, eps; /* Adam of G */
    double discriminator_beta1, discriminator_beta2; /* Adam of D; eps is shared */
    bool contents_once;                              /* encode each content picture once */
    /* For checks: */
    bool keep_all;           /* every tensor can be read */
    bool running_statistics; /* batch-norm works with the running statistics, which stay: a row does
                                not depend on those that share its pass */
};

/* Scalars of the last run; NAN where the step has none. */
struct step_losses {
    double reconstruction, discriminator_real, discriminator_generated, adversarial;
    double accuracy_real, accuracy_generated; /* D: share called their class / called generated */
    double accuracy_cross; /* D as updated finds the class of c' in G(c', s), among the k real
                              classes; the binary D: takes it for real */
};

struct step {
    enum step_kind kind;
    struct graph *graph;
    struct links links;
    struct executor *executor;
    struct step_feed *feed;
    const struct saae_model *model;
    int passes;    /* of the graph's loops; 1: it has none */
    int losses[7]; /* tensors of struct step_losses in its order; -1: none */
    int generator_adam, discriminator_adam; /* nodes; -1: none */
};

/* Builds the graph (model's networks allocated and trained unless dry), plans and prepares it.
 * dry: only plans; storages in data may be NULL then. */
int step_create(struct step *step, enum step_kind kind, struct saae_model *model,
                const struct step_data *data, struct step_feed *feed,
                const struct step_options *options, struct device *device, bool dry);
void step_free(struct step *step);

/* Rows of a pass. */
int step_rows(const struct step_options *options);

/* Sends the input, arrays of the whole batch, and enqueues the step. */
int step_run(struct step *step, const struct step_input *input);
/* Sends the rows of a pass alone; the stretches of the graph (graph.h) follow. */
int step_send(struct step *step, const struct step_input *input, int pass);
/* How often a node runs in a step. */
int step_node_runs(const struct step *step, size_t node);
struct op_cost step_cost(const struct step *step);

/* Waits for the step's scalars. */
int step_read(struct step *step, struct step_losses *losses);

#endif

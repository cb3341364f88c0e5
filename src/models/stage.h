/* A piece of the generator for inference: one graph for batches of a fixed size, with rows of
 * numbers from the host for inputs and rows for the result.
 *
 *     stage_begin(&stage, "encode", model, batch, mode);
 *     x = stage_input(&stage, "content", type);
 *     stage_end(&stage, saae_encode_content(&stage.layers, &model->config, x));
 *     stage_run(&stage, (const void *[]){contents}, n, maps);
 *
 * BATCH_NORM_INFER works with the running statistics: a row does not depend on the others of its
 * batch. BATCH_NORM_FROZEN works with those of the batch, as training did: the result depends on
 * which rows meet in a batch, and the last one of a run is filled up by repeating its rows in
 * turn. */
#ifndef SAAE_MODELS_STAGE_H
#define SAAE_MODELS_STAGE_H

#include "models/saae.h"

enum { STAGE_INPUTS = 2 };

struct stage_port {
    int tensor;
    size_t row;              /* elements of one row */
    struct storage *storage; /* inputs */
    void *staged;            /* a batch whose rows are not all given or wanted */
};

struct stage {
    struct saae_model *model;
    int batch;
    bool dry; /* stage_end plans and no more; to be set before it */
    struct graph *graph;
    struct links links;
    struct layers layers;
    struct executor *executor;
    struct stage_port inputs[STAGE_INPUTS], output;
    int input_count;
};

/* Bytes on the device, without the model's. */
size_t stage_bytes(const struct stage *stage);

/* For the model's generator, which is allocated (its device is where this runs), must outlive the
 * stage and is read at every run, never changed. The stage must not move. SAAE_USAGE: batch below
 * 1, or BATCH_NORM_TRAIN, which would move the running statistics. */
int stage_begin(struct stage *stage, const char *name, struct saae_model *model, int batch,
                enum batch_norm_mode mode);
/* A tensor of floats or integers [batch][...]. */
int stage_input(struct stage *stage, const char *name, struct tensor_type type);
/* Chooses algorithms and prepares the run. output: a float tensor [batch][...]. */
int stage_end(struct stage *stage, int output);
void stage_free(struct stage *stage); /* leaves it empty; accepts one that never began */

/* rows[i]: n >= 0 rows of input i, 4 bytes an element; in as many batches as they need. */
int stage_run(struct stage *stage, const void *const *rows, int n, float *results);

/* SAAE_NUMERIC: one of `count` rows of an output is not finite; the message counts from `first`. */
int stage_check_finite(const struct stage *stage, const float *rows, int first, int count);

#endif

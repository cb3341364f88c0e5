/* The run directory:
 *
 *     checkpoint.safetensors           the newest state, checkpoint.safetensors.previous the one
 * before initial.safetensors              step 0 metrics.jsonl, metrics.csv       a line every
 * log_every steps samples/step-00000500.png        pictures while training run.json command,
 * versions, device, settings, algorithms
 */
#ifndef SAAE_TRAIN_RECORD_H
#define SAAE_TRAIN_RECORD_H

#include <stdint.h>
#include <stdio.h>

#include "models/steps.h"

struct record {
    char *folder;
    int lock; /* of the folder; 0: not held */
    FILE *jsonl, *csv;
};

struct record_line {
    int64_t step; /* steps done */
    enum step_kind kind;
    struct step_losses losses; /* NAN: the step has none; null in JSON, empty in CSV */
    double rate_generator, rate_discriminator;
    double images_per_s; /* NAN: the first step of a kind */
    double seconds;      /* since this process began to train */
};

/* Makes the folder, or goes on in it: lines after `done` steps, left by a process that went on
 * beyond its last checkpoint, are dropped (done 0: all). SAAE_IO; SAAE_USAGE: another process is
 * at work in it. */
int record_open(struct record *record, const char *folder, int64_t done);
void record_close(struct record *record);
int record_add(struct record *record, const struct record_line *line);

/* "FOLDER/NAME" in *out, released with free(). */
int record_path(const struct record *record, const char *name, char **out);

#endif

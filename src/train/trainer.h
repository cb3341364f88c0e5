/* The state of a running training; for src/train, and for src/bench, which times its steps. */
#ifndef SAAE_TRAIN_TRAINER_H
#define SAAE_TRAIN_TRAINER_H

#include "models/generator.h"
#include "train/batches.h"
#include "train/checkpoint.h"
#include "train/monitor.h"
#include "train/record.h"
#include "train/train.h"

enum { SAMPLE_STYLES = 8, SAMPLE_CONTENTS = 12, SAMPLE_BATCH = 16 };

struct trainer {
    const struct train_options *options;
    const struct train_settings *settings; /* options' */
    const struct dataset *set;
    const struct contents *contents;
    struct device *device;
    struct train_schedule schedule;
    int64_t end;   /* steps in all */
    int64_t saved; /* steps done when the checkpoint was written last */
    struct saae_model model;
    struct choices choices;       /* the algorithms of all kinds of steps */
    struct choose_options choose; /* the model's: what is in choices, else plain algorithms */
    struct step_data data;
    struct step_feed feed;
    struct batches batches;
    struct step step; /* of the kind that runs now; graph NULL: none yet */
    struct checkpoint_state state;
    char *command; /* that began the run, also when this process goes on with it */
    struct train_estimate estimate;
    struct record record;
    struct monitor monitor;
    struct generator *generator;                         /* for samples */
    float *sample_style, *sample_content, *sample_drawn; /* a grid's inputs and output */
    int sample_contents;
};

/* Model, data and feed, not yet initialised. dry: no storages, no device memory. */
int trainer_create(struct trainer *trainer, const struct train_options *options,
                   const struct dataset *set, const struct contents *contents,
                   struct device *device, bool dry);
void trainer_free(struct trainer *trainer);

/* Fills trainer->choices for the whole schedule: those of the run that goes on, else measured. dry:
 * measures nothing. SAAE_USAGE: the options would change the bits of a run unasked. */
int trainer_choose(struct trainer *trainer, bool dry);

/* Makes trainer->step the step of this kind, if it is not. */
int trainer_use_step(struct trainer *trainer, enum step_kind kind, bool dry);

/* Sends step `number` with its learning rates and counts Adam's updates. */
int trainer_step(struct trainer *trainer, int64_t number);

/* Fills trainer->estimate, without times. Runs and allocates nothing on the device. */
int trainer_estimate(struct trainer *trainer);
/* Adds the times, from that of one step of the present kind: other kinds take them in proportion to
 * their multiplications. */
void trainer_estimate_time(struct trainer *trainer, double seconds);

/* The initial state, or the checkpoint's after comparing what made it. */
int trainer_start(struct trainer *trainer);
/* Writes FOLDER/NAME. */
int trainer_save(struct trainer *trainer, const char *name);

/* A grid of samples, into FOLDER/samples. */
int trainer_sample(struct trainer *trainer);

#endif

/* Everything that decides what a run computes, besides the data and the device. Stored with each
 * checkpoint, so that a resumed run needs no options. */
#ifndef SAAE_TRAIN_SETTINGS_H
#define SAAE_TRAIN_SETTINGS_H

#include <stdint.h>

#include "saae/model.h"
#include "models/steps.h"

struct cJSON;

/* What Enc_c runs on (models/steps.h). */
enum encode_contents {
    ENCODE_EACH, /* the content of each row */
    ENCODE_ONCE, /* each content picture of the set */
    ENCODE_AUTO, /* once where the set is at most half a batch, else each */
};

struct train_settings {
    struct saae_config config;
    char data[512];     /* data set, as given */
    char contents[512]; /* content pictures, as given */
    uint64_t seed;
    int batch;
    int micro_batch;     /* models/steps.h; 0: the whole batch */
    int encode_contents; /* enum encode_contents */
    int exact;           /* 1: only algorithms that sum what the formulas say (graph/choose.h) */
    int limit;           /* training images used; 0: all */
    double epochs[3];    /* of each step kind; an epoch is one pass over the training images */
    double rates[3];     /* Adam's learning rate: G in step 1, D in steps 2 and 3, G in step 3 */
    double decay;        /* the rates of step 3 fall linearly to this share of themselves ... */
    double decay_from;   /* ... from this share of step 3 on */
    double adversarial;  /* L: the adversarial term's weight a pixel */
    double beta1, beta2; /* Adam of G */
    double discriminator_beta1, discriminator_beta2;
    double adam_eps;
    int log_every, sample_every, checkpoint_every; /* steps; 0: never, but at the end */
};

/* The recipe's values; config and data are left to the caller. */
void train_settings_default(struct train_settings *settings);

/* Rows that go through the networks at once. */
int train_settings_rows(const struct train_settings *settings);

/* Is each of so many content pictures encoded once? */
bool train_settings_contents_once(const struct train_settings *settings, int contents);

/* SAAE_USAGE: a value is out of range; the message names it. */
int train_settings_check(const struct train_settings *settings);

/* As JSON and back. SAAE_INPUT: a field is missing or of another type; the message names it. */
struct cJSON *train_settings_to_json(const struct train_settings *settings);
int train_settings_from_json(struct train_settings *settings, const struct cJSON *json);

/* The steps of each kind for a training set of `images`: at least one where epochs > 0. */
struct train_schedule {
    int64_t first[3], count[3]; /* global number (from 0) of the first step, and how many */
    int64_t total;
};
int train_schedule_make(struct train_schedule *schedule, const struct train_settings *settings,
                        int images);
/* What step `number` (from 0, below total) is. */
enum step_kind train_schedule_kind(const struct train_schedule *schedule, int64_t number);
/* Learning rates of step `number`: G's and D's. */
void train_schedule_rates(const struct train_schedule *schedule,
                          const struct train_settings *settings, int64_t number, double *generator,
                          double *discriminator);

#endif

/* Training: the three steps over a data set, with everything that a long run needs. */
#ifndef SAAE_TRAIN_TRAIN_H
#define SAAE_TRAIN_TRAIN_H

#include <signal.h>

#include "data/content.h"
#include "data/dataset.h"
#include "train/settings.h"

/* What a run will need; its times are known after a few steps. */
struct train_estimate {
    struct {
        int64_t steps;
        size_t nodes, plan_bytes, naive_bytes; /* temporaries: as planned, and without reuse */
        double flops, bytes;                   /* a step */
        double seconds;                        /* a step, as the first ones went; 0: not known */
    } kinds[3];
    size_t parameters;  /* trained numbers in both networks */
    size_t state_bytes; /* parameters, gradients, moments, statistics */
    size_t data_bytes;  /* pictures on the device */
    size_t peak_bytes;  /* all of it at the largest step, with the sampler */
    size_t disk_bytes;  /* of the run directory at the end, without pictures */
    double seconds;     /* the whole run; 0: not known */
};

struct train_progress {
    int64_t step, total; /* steps done, steps in all */
    enum step_kind kind;
    struct step_losses losses; /* of the last logged step */
    double images_per_s;       /* NAN: not known yet */
    double seconds_left;       /* 0: not known yet, or done */
};

struct train_options {
    struct train_settings settings;
    const char *folder;  /* of the run */
    const char *command; /* as typed, kept in the run */
    const char *version;
    bool resume;                       /* go on from the folder's checkpoint */
    bool allow_different_bits;         /* ... on another device, driver or version too */
    bool no_tune;                      /* a new run: every node by its usual algorithm */
    bool retune;                       /* measure all algorithms anew; a resumed run changes its
                                          own only with allow_different_bits */
    double measuring;                  /* seconds for measuring algorithms; 0: 5 */
    int64_t max_steps;                 /* end after so many steps in all; 0: with the schedule */
    const volatile sig_atomic_t *stop; /* set by a signal: finish the step, save, end; or NULL */
    void (*estimated)(void *context, const struct train_estimate *estimate);  /* or NULL */
    void (*progressed)(void *context, const struct train_progress *progress); /* or NULL */
    void *context;
};

struct tune;
struct tune_options;

/* Measures and tunes the calls of the schedule's steps and of generation with the same batch
 * (graph/tune.h), half of the budget for each. Leaves no run behind. The rows are the caller's to
 * free, also after a fault. */
int train_tune(const struct train_options *options, const struct dataset *set,
               const struct contents *contents, struct device *device,
               const struct tune_options *tuning, struct tune *tune);

/* Reads the settings of the run in `folder`, for resuming. SAAE_INPUT: there is none. */
int train_read_settings(const char *folder, struct train_settings *settings);

/* Plans without touching the device's memory, nothing measured. */
int train_plan(const struct train_options *options, const struct dataset *set,
               const struct contents *contents, struct device *device,
               struct train_estimate *estimate);

/* SAAE_MEMORY: what train_plan plans does not fit the device; the message names the peak, the
 * device's memory and the largest micro-batch that fits. What trains, times or tunes steps asks
 * this first. */
int train_check_room(const struct train_options *options, const struct dataset *set,
                     const struct contents *contents, struct device *device);

/* Trains. device NULL: the reference. SAAE_INTERRUPTED: stopped by a signal, saved.
 * SAAE_NUMERIC: NaN or infinity (the tensor is named); the last good checkpoint stays.
 * SAAE_USAGE: the folder holds a run already and resume is not set. */
int train_run(const struct train_options *options, const struct dataset *set,
              const struct contents *contents, struct device *device);

/* One node of a step, timed. */
struct train_profile_row {
    enum step_kind kind;
    const char *node, *algorithm;
    char shapes[160];
    double seconds;      /* of one step */
    struct op_cost cost; /* of one step */
};

/* Runs a few steps of each kind of the schedule on a profiling device (NULL: the reference) and
 * reports every node, the slowest of a kind first. *source says what the times are of ("events",
 * "wall clock"). Leaves no run behind. */
int train_profile(const struct train_options *options, const struct dataset *set,
                  const struct contents *contents, struct device *device,
                  void (*row)(void *context, const struct train_profile_row *row),
                  const char **source);

#endif

/* What the files of src/bench share; private to it. */
#ifndef SAAE_BENCH_WORK_H
#define SAAE_BENCH_WORK_H

#include "bench/bench.h"
#include "models/pairs.h"
#include "train/trainer.h"

enum { WORK_LENGTH = 28, WORK_CLASSES = 10, WORK_STEPS = 10, WORK_CHECKED_BATCH = 2 };

/* Pictures of smooth blobs: WORK_STEPS batches. */
struct work_data {
    struct dataset set;
    struct contents contents;
};
int work_data_create(struct work_data *data, int batch, uint64_t seed);
void work_data_free(struct work_data *data);

/* One device at work. */
struct work {
    const struct bench_options *options;
    struct bench_result *result;
    const struct work_data *data;
    struct train_options training;
    struct trainer trainer; /* with the networks, at their initial values */
};
int work_create(struct work *work, struct device *device, const struct bench_options *options,
                const struct work_data *data, struct bench_result *result);
void work_free(struct work *work);

/* Do the steps encode each content picture once? */
bool work_contents_once(const struct work *work);

/* Does a batch of the steps have several passes? Then so does the smaller one that is checked. */
bool work_is_split(const struct work *work);

/* For the labelled set: all contents, and a style of each picture of a batch. */
int work_create_pairs(const struct work *work, struct saae_model *model, int batch,
                      struct pairs **pairs);

/* Fills result->ops with the calls of all parts that are asked for, of all five if ops are. */
int work_collect_ops(struct work *work);

/* Verifies what is about to be timed and sets verdicts, result->verified and why. SAAE_OK also
 * when something did not verify. */
int work_verify(struct work *work);

/* Times what verified, of all devices in turn. */
int work_time_ops(struct work *works, int count);
int work_time_parts(struct work *works, int count);

#endif

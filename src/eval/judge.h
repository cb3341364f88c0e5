/* The judge: a recogniser trained on real pictures, with what it was trained on, in a file.
 *
 * A safetensors file: tensors "recogniser.*" under PyTorch's names and in its layouts
 * (models/layout.h), and strings in the metadata: "format" ("1"), "kind" ("recogniser"), "saae"
 * (the program's version), "model" and "training" (JSON objects: the fields of the structs below),
 * "classes" (a JSON array of names). */
#ifndef SAAE_EVAL_JUDGE_H
#define SAAE_EVAL_JUDGE_H

#include "data/dataset.h"
#include "models/recogniser.h"

enum { JUDGE_FORMAT = 1 };

/* How the judge came to be; counts, so that accuracy = test_right / test_images. */
struct judge_training {
    char data[512]; /* the data set, as it was asked for */
    int train_images, test_images, test_right;
    double epochs, rate;
    int batch;
    uint64_t seed;
};

struct judge {
    struct recogniser recogniser;
    struct judge_training training;
    char **class_names; /* recogniser.config.classes */
};

/* Trains on one split and counts what it gets right of the other. Both have the same shape and
 * classes. Faults of recogniser_train; SAAE_INPUT: the splits do not fit. */
int judge_train(struct judge *judge, const struct dataset *train, const struct dataset *test,
                const struct recogniser_options *options, struct device *device,
                recogniser_progress progress, void *context);
void judge_free(struct judge *judge); /* leaves it empty */

/* *right = how many of the pictures the judge names correctly. */
int judge_count_right(struct judge *judge, const struct dataset *set, int *right);

/* Writes it whole or not at all. version: of the program. SAAE_NUMERIC: a value is not finite. */
int judge_save(const char *path, struct judge *judge, const char *version);
/* Reads a file that may come from anywhere. SAAE_INPUT: damaged, or no judge; the message names the
 * file, the tensor or field, and the cure. */
int judge_load(const char *path, struct judge *judge, struct device *device);

/* SAAE_INPUT: the judge was made for pictures of another shape or for other classes than the set's.
 * `path` names its file in messages. */
int judge_check(const struct judge *judge, const char *path, const struct dataset *set);

#endif

/* What `saae evaluate` found, as lines for people, as JSON and as a table of confusions. */
#ifndef SAAE_CLI_EVALUATE_REPORT_H
#define SAAE_CLI_EVALUATE_REPORT_H

#include "eval/content.h"
#include "train/checkpoint.h"

/* All figures and what they were computed from. */
struct evaluation {
    const char *checkpoint_path, *data, *styles, *judge_path; /* judge_path NULL: not kept */
    uint64_t checkpoint_checksum, judge_checksum;             /* the latter of judge_path */
    const struct checkpoint *checkpoint;
    const struct judge *judge;
    const char *device; /* its name */
    bool batch_statistics, exact;
    int batch;
    uint64_t seed;
    int test_images, test_right; /* the judge on real test images, counted now */
    struct content_confusion confusion;
    struct content_ink ink;
    struct content_reconstruction reconstruction;
};

/* One line a figure, with what it was computed from, to standard output. */
void evaluation_print(const struct evaluation *evaluation);

/* To the file, or standard output for "-". SAAE_IO. */
int evaluation_write_json(const struct evaluation *evaluation, const char *path);

/* A line a wanted class, a column a class the judge named; the first of each are the names. */
int evaluation_write_confusion(const struct evaluation *evaluation, const char *path);

#endif

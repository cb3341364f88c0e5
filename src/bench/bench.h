/* How fast a model trains and generates on devices, and the ops behind it.
 *
 * Ops: every different call (pass, shapes) of the three training steps and of generation at the
 * given batch, by the algorithm that a training run would choose. A part is a training step of one
 * kind as src/train runs it (the batch drawn and sent, the scalars read now and then), or
 * generation, from and to the host: one pass of G on a batch of contents and styles, and a labelled
 * set of each content in each of a batch of styles, where each picture is encoded once.
 *
 * Nothing is timed that did not verify. Each call is compared with the double-precision reference
 * at a batch of 2 (its own, if smaller; vectors of millions of parameters are cut), and a whole
 * step of each kind with the preset "tiny". Devices take turns in every round of measurements. */
#ifndef SAAE_BENCH_BENCH_H
#define SAAE_BENCH_BENCH_H

#include "bench/race.h"
#include "graph/choices.h"
#include "train/settings.h"
#include "verify/cases.h"

enum bench_part {
    BENCH_STEP_1,
    BENCH_STEP_2,
    BENCH_STEP_3,
    BENCH_GENERATE,
    BENCH_SET,
    BENCH_PARTS
};

const char *bench_part_name(enum bench_part part); /* "1", "2", "3", "generate", "set" */
/* Pictures that one run of a part goes through or makes. */
int bench_part_images(enum bench_part part, int batch);

enum bench_verdict { BENCH_UNCHECKED, BENCH_PASSED, BENCH_FAILED };

/* One call by one algorithm. */
struct bench_op {
    struct op_call call;      /* as it is timed */
    struct verify_case check; /* as it is verified */
    char name[CHOICE_TEXT];   /* of the call: choices_name_call */
    bool chosen;              /* the algorithm that steps and generation take */
    int uses[BENCH_PARTS];    /* calls in each part */
    enum bench_verdict verdict;
    char why[512];           /* BENCH_FAILED: what was wrong */
    struct race_times times; /* seconds of one call */
};

struct bench_options {
    const char *preset; /* 28x28 grey pictures of 10 classes */
    int batch;          /* >= 1 */
    int micro_batch;    /* of the steps; 0: the batch */
    int rounds;         /* >= 1 */
    uint64_t seed;
    enum encode_contents encode_contents; /* of the steps */
    bool ops;                             /* time ops ... */
    const char *op;       /* ... of this name only ("conv2d", "conv2d.forward"); NULL: all */
    bool every_algorithm; /* also those that were not chosen */
    bool exact;           /* choose among the exact ones only (graph/choose.h) */
    bool parts[BENCH_PARTS];
    const char *version; /* of the program: measured choices are kept under it */
    void (*progress)(void *context, const char *what, size_t done, size_t planned); /* or NULL */
    void *context;
};

struct bench_result {
    struct device *device;
    double gflops, gbs;   /* the most that device_measure gave, before and after */
    bool contents_once;   /* what the steps made of options.encode_contents */
    bool verified;        /* all that was asked for */
    char why[512];        /* else: the first fault */
    struct bench_op *ops; /* in the order in which the parts call them */
    size_t op_count, op_capacity;
    struct race_times parts[BENCH_PARTS]; /* of one step, batch or set */
    /* While the parts ran; 0 without parts: */
    size_t peak_device_bytes; /* allocated on the device */
    size_t peak_rss_bytes;    /* resident in the process, for all devices together */
};

/* results[count], one a device; bench_result_free each, also after a fault. SAAE_FAILED: something
 * did not verify; the results hold what did. SAAE_USAGE: no such op or preset. */
int bench_run(struct device *const *devices, int count, const struct bench_options *options,
              struct bench_result *results);
void bench_result_free(struct bench_result *result); /* leaves it empty */

/* The call in a few words: "64x28x28x64->64 5x5" for all passes of that convolution,
 * "64x50176->128" of a fully connected layer, else as op_describe. */
enum { BENCH_CASE_TEXT = 320 };
void bench_describe_call(const struct op_call *call, char text[BENCH_CASE_TEXT]);

/* Is this op asked for? */
bool bench_op_wanted(const struct bench_options *options, enum op_kind kind);

#endif

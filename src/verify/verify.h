/* Runs the cases of `saae verify` on a device and counts. */
#ifndef SAAE_VERIFY_VERIFY_H
#define SAAE_VERIFY_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/device.h"
#include "verify/cases.h"
#include "verify/check.h"

enum verify_outcome { VERIFY_PASSED, VERIFY_FAILED, VERIFY_SKIPPED };

/* One case run with one algorithm. */
struct verify_line {
    const struct verify_case *item;
    const char *algorithm;
    const char *description; /* op_describe's text */
    enum verify_outcome outcome;
    double error, bound, ratio; /* of the worst element; ratio -1 if nothing was compared */
    const char *why;            /* a failure's or skip's reason, else "" */
    const char *repeat;         /* the command that repeats the case */
    double seconds;
    size_t done, planned; /* lines so far, this one included, and in all */
};

struct verify_options {
    const char *op;       /* "conv2d" (all its passes) or "conv2d.forward"; NULL: all */
    const char *which;    /* a case's number in its pass, or its description; NULL: all */
    bool full;            /* with the cases that take minutes */
    bool as_gpu;          /* launches as on a GPU: see device_treat_as_gpu */
    int vector_width;     /* floats in a vector: see device_set_vector_width; 0: the device's own */
    int runs;             /* of each case, with equal bits; 0: 2 */
    size_t most_failures; /* stop after this many; 0: run all */
    uint64_t seed;
    double budget_seconds; /* stop starting cases after this time, cheap ones run first; 0: none */
    void (*report)(void *context, const struct verify_line *line); /* for each line, or NULL */
    void *context;
};

struct verify_tally {
    size_t cases, passed, failed, skipped; /* cases = passed + failed + skipped */
    double worst;                          /* largest error / bound of those that passed */
};

/* The totals and those of each pass. */
struct verify_summary {
    struct verify_tally all, passes[OP_COUNT];
};

/* SAAE_OK: every case that ran passed; skips are in the summary. SAAE_FAILED: some did not, the
 * message counts them. SAAE_USAGE: no such op or case. A fault in one case is a failure of that
 * case; the others run on. */
int verify_run(struct device *device, const struct verify_options *options,
               struct verify_summary *summary);

#endif

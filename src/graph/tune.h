/* Searching for the tunings of calls (ops/tuning.h) that a device likes best.
 *
 * choose_algorithms has measured the algorithms of a call and kept their times. Here the fastest
 * one, and the next if it is close, is tuned: one tunable after the other, the values worth trying
 * race against the best so far, and once more round while that gains something. In the end all
 * algorithms and the tunings that were found meet in three more races, so that a disturbance of the
 * machine is not taken for a tuning: it must take at most 1/1.03 of the time that its algorithm
 * takes without it in each of them, give the same result, and pass the caller's check.
 *
 * A form of an input counts half, as if two passes shared it; choose_algorithms knows better. */
#ifndef SAAE_GRAPH_TUNE_H
#define SAAE_GRAPH_TUNE_H

#include "graph/choose.h"

/* A call and what became of it. */
struct tune_row {
    struct op_call call;                          /* as choose_algorithms had it */
    int uses;                                     /* in all graphs */
    char usual[TUNING_TEXT], chosen[TUNING_TEXT]; /* by the rule; the fastest */
    double usual_seconds, seconds;                /* 0: not measured */
    bool tuned;                                   /* searched, now or earlier */
};

struct tune {
    struct tune_row *rows;
    size_t count, capacity;
};
void tune_free(struct tune *tune); /* leaves it empty */

/* Adds the calls of a graph that choose_algorithms has measured. */
int tune_add_graph(struct tune *tune, const struct graph *graph);

struct tune_options {
    double budget;       /* seconds, about: a race that has begun is ended */
    const char *version; /* as in choose_options */
    /* SAAE_FAILED: the call, run by its algorithm and tuning, is wrong; NULL: nothing is checked
     * beyond the comparison with the plain algorithm's result. */
    int (*check)(void *context, struct device *device, const struct op_call *call);
    /* Before each race; NULL: none. */
    void (*progress)(void *context, const struct tune_row *row, size_t done, size_t count,
                     double seconds_left);
    void *context;           /* of the two above */
    choose_function measure; /* NULL: choose_measure */
    void *measure_context;
};

/* Tunes the calls, those that take the longest in all first, and sorts the rows by that.
 * SAAE_USAGE: there is no cache folder to keep anything in. A fault in one call is logged and
 * leaves it as it was. */
int tune_run(struct tune *tune, struct device *device, const struct tune_options *options);

#endif

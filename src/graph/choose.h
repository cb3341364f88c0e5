/* Choosing an algorithm for every node of a graph.
 *
 * Which algorithm is the fastest depends on the device, its driver and the shapes: CLBlast's
 * products win on most GPUs and are many times slower than our tiles on a CPU. So times are
 * measured, once, and kept. For each node whose pass has several algorithms, the first of these
 * decides:
 *
 *   1. the caller's list (a run that goes on keeps its plan, and so its bits);
 *   2. the plain algorithm, the first of the op's table, where only one can run the call, on
 *      emulators (their times mean nothing), and when nothing is to be measured;
 *   3. the cache folder's algorithms.json (choose_cache.h);
 *   4. a measurement (choose_measure.h), as long as the time for them lasts. The plain algorithm
 *      stays unless another takes at most 1/1.05 of its time with the same result.
 *
 * An algorithm's time is that of its pass and a share of each form that it wants of an input: the
 * form's time divided by the inputs in the graph that could use the same one. Each of them reckons
 * with the others; where one decides otherwise, the rest were promised too much, but by less than
 * the form's time. Equal calls run alike: the first in the graph decides.
 *
 * A node that stays plain for lack of time is not cached: another start measures it. On CPUs
 * CLBlast is tried on one product first; where it takes more than twice our time there, it is not
 * tried on any shape. */
#ifndef SAAE_GRAPH_CHOOSE_H
#define SAAE_GRAPH_CHOOSE_H

#include "graph/choices.h"
#include "graph/choose_measure.h"

/* Times a call in each of `count` ways on the device: choose_measure or, in tests, another. */
typedef int (*choose_function)(void *context, struct device *device, const struct op_call *call,
                               const struct op_algorithm *const *candidates, int count,
                               struct choose_time *times);

struct choose_options {
    const struct choices *given; /* decide first; NULL: none */
    bool lenient;  /* a given algorithm that cannot run here is a warning, not a fault */
    bool plain;    /* what is not given stays plain: neither the cache nor the clock is asked */
    double budget; /* seconds for measuring, about: what has begun is ended; 0: the cache alone */
    const char *version;     /* the program's: another one's measurements do not count */
    choose_function measure; /* NULL: choose_measure; another is asked on emulators too */
    void *context;           /* of measure */
};

/* Measured, 10 s for each graph. */
struct choose_options choose_default_options(const char *version);

/* Sets call.algorithm of each node of a graph without a fault. options NULL or device NULL (the
 * reference): all plain. SAAE_USAGE: a given algorithm cannot run here; SAAE_MEMORY. Whatever goes
 * wrong while measuring leaves the plain algorithm. */
int choose_algorithms(struct graph *graph, struct device *device,
                      const struct choose_options *options);

#endif

/* Choosing an algorithm and its tuning for every node of a graph.
 *
 * Which algorithm is the fastest depends on the device, its driver and the shapes: CLBlast's
 * products win on most GPUs, Winograd's convolution on CPUs. So times are measured, once, and kept.
 * For each node whose pass has several ways, the first of these decides:
 *
 *   1. the caller's list (a run that goes on keeps its plan, and so its bits);
 *   2. the rule of the op's table (op_usual_algorithm) on emulators, whose times mean nothing, and
 *      when nothing is to be measured;
 *   3. the cache folder's algorithms.json (choose_cache.h), which the tuner (tune.h) fills too;
 *   4. a measurement of the algorithms (choose_measure.h), the largest calls first, as long as the
 *      time for them lasts. What the rule says stays unless another takes at most 1/1.05 of its
 *      time with the same result;
 *   5. the rule.
 *
 * An algorithm's time is that of its pass and a share of each form that it wants of an input: the
 * form's time divided by the inputs in the graph that could use the same one, and nothing for what
 * is made of constants (constants.h). Each of them reckons
 * with the others; where one decides otherwise, the rest were promised too much, but by less than
 * the form's time. Equal calls run alike: the first of them decides.
 *
 * What there was no time for is not cached: another start measures it.
 *
 * `exact` leaves out the algorithms that reach the result by other sums, Winograd's and Fourier's,
 * whatever was measured: what remains may differ in the order of its sums only. */
#ifndef SAAE_GRAPH_CHOOSE_H
#define SAAE_GRAPH_CHOOSE_H

#include "graph/choices.h"
#include "graph/choose_measure.h"

/* Times a call in each of `count` ways on the device: choose_measure or, in tests, another. */
typedef int (*choose_function)(void *context, struct device *device, const struct op_call *call,
                               const struct choose_variant *variants, int count,
                               struct choose_time *times);

struct choose_options {
    const struct choices *given; /* decide first; NULL: none */
    bool lenient;  /* a given algorithm that cannot run here is a warning, not a fault */
    bool by_rule;  /* what is not given goes by the rule: neither cache nor clock is asked */
    bool exact;    /* only algorithms that add up the terms of the formula (op_algorithm_exact) */
    double budget; /* seconds for measuring, about: what has begun is ended; 0: the cache alone */
    double *spent; /* of the budget, by all graphs that share it; NULL: by each graph for itself */
    const char *version;     /* the program's: another one's measurements do not count */
    choose_function measure; /* NULL: choose_measure; another is asked on emulators too */
    void *context;           /* of measure */
};

/* Measured, 5 s for each graph. */
struct choose_options choose_default_options(const char *version);

/* Sets call.algorithm and call.tuning of each node of a graph without a fault. options NULL or
 * device NULL (the reference): all plain. SAAE_USAGE: a given algorithm cannot run here;
 * SAAE_MEMORY. Whatever goes wrong while measuring leaves it to the rule. */
int choose_algorithms(struct graph *graph, struct device *device,
                      const struct choose_options *options);

#endif

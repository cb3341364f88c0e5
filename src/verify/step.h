/* Whole training steps side by side: on a device and by the reference, or on two devices.
 *
 * Both sides build the same graph with the same initial values and run it node by node; after each
 * node its results are compared. A result's bound is
 *
 *     c * FLT_EPSILON * sqrt(L) * max |reference|,   c = 8,
 *
 * where L is the sum of the reductions of all nodes on the longest way from the step's inputs to
 * the result: roundings of the way add up like independent ones. c is the same for every tensor.
 *
 * Against the reference, two things keep the comparison about rounding alone:
 *   - Adam divides by sqrt(v), so that its first update is about lr * sign(g) and a gradient near 0
 *     decides by its sign. The reference's update is computed from the DEVICE's gradients, compared
 *     element by element, and the device's parameters are taken over: G's half of step 3 starts
 *     from the device's updated D.
 *   - Where a value sits on the kink of a leaky ReLU, or two values tie in a max-pool, both choices
 *     are right. The reference follows the device's; such places are counted and must be at most
 *     1e-5 of the elements looked at (one is always allowed). */
#ifndef SAAE_VERIFY_STEP_H
#define SAAE_VERIFY_STEP_H

#include "runtime/device.h"
#include "models/steps.h"

struct verify_step_options {
    const char *preset; /* NULL: "tiny" */
    int batch;          /* 0: 4 */
    int micro_batch;    /* as in step_options */
    bool contents_once; /* steps encode each content picture once (models/steps.h) */
    int steps;          /* steps run one after the other; their kinds follow `kinds` in turn */
    enum step_kind kinds[3];
    int kind_count;
    uint64_t seed;
    struct device *against; /* a second device; NULL: the reference */
    /* Against the reference, as described above: */
    bool follow_choices; /* at kinks and ties the reference takes the device's side */
    bool follow_state;   /* Adam from the device's gradients, then its parameters taken over;
                            without it (a trace) the two sides' parameters go their own ways */
    /* after each tensor; NULL: none */
    void (*report)(void *context, int step, const char *node, const char *tensor, double error,
                   double bound);
    void *context;
};

struct verify_step_result {
    size_t tensors;         /* compared */
    size_t kinks, elements; /* choices that differed, and places where one was made */
    double worst;           /* largest error / bound */
    char worst_tensor[160];
    int step; /* failure: the first step (from 0), node and tensor that part */
    char node[160], tensor[160];
    double error, bound;
};

/* SAAE_FAILED: the sides part by more than the bound, or at too many kinks; the message names the
 * step, node, tensor, error and bound. */
int verify_steps(struct device *device, const struct verify_step_options *options,
                 struct verify_step_result *result);

#endif

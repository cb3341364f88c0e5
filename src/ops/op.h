/* The op table: what an op is, independent of any graph.
 *
 * An op stem (conv2d) has passes (forward, backward_data, backward_weights); each pass is one entry
 * of the table below, made from ops.def. A stem lives in five rooms under one name:
 *
 *     cl/conv2d.cl  src/ops/conv2d.c  src/reference/conv2d.{c,h}  tests/ops/test_conv2d.c
 *     and one line in src/ops/ops.def
 *
 * GRADIENT CONTRACT. A forward pass overwrites its outputs. An output whose bit is set in
 * `op_call.accumulate` is added to instead: autodiff sets it for the second and later contributions
 * to a gradient. A gradient that nobody asked for is never computed.
 * Outputs in `op.updates` are read and changed in place (Adam's parameters, running statistics).
 *
 * EXACTNESS. op_attributes is the only source of eps, slope, stride and momentum for both
 * executors. */
#ifndef SAAE_OPS_OP_H
#define SAAE_OPS_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ops/tensor.h"
#include "runtime/launch.h"

enum { OP_MAX_INPUTS = 7, OP_MAX_OUTPUTS = 4, OP_MAX_ALGORITHMS = 5, OP_MAX_TUNABLES = 6 };

enum op_kind {
#define STEM(stem, passes) passes
#define PASS(stem, pass)   OP_##stem##_##pass,
#include "ops/ops.def"
#undef PASS
#undef STEM
    OP_COUNT
};

/* One struct for all ops; each uses the fields named after it and leaves the others 0. */
struct op_attributes {
    int stride;                  /* conv2d: 1 or 2 */
    int filter_h, filter_w;      /* conv2d backward_weights: R and S, odd */
    int height, width, channels; /* size of an output that the inputs leave open:
                                    conv2d backward_data: height and width of dx;
                                    fully_connected forward: shape of y's rows (0: 1x1xO);
                                    fully_connected backward_data: shape of dx's rows;
                                    bias backward: channels = length of db;
                                    concat backward: channels of the slice;
                                    slice: width of y or dx;
                                    fill: channels = elements;
                                    accuracy: channels = logits among which the prediction is the
                                    largest (0: all) */
    int offset;                  /* concat backward: first channel of the slice;
                                    slice: its first w in x or dx */
    int count;                   /* batch_norm update: M = N*H*W values behind each statistic;
                                    select backward: rows of dx */
    int training;                /* batch_norm apply, backward: mean and variance are the batch's
                                    own (1) or constants (0) */
    double slope;                /* leaky_relu: factor below zero, >= 0;
                                    bias, batch_norm apply, backward: of the leaky ReLU that
                                    follows at once (1: none) */
    double eps;                  /* batch_norm, adam */
    double momentum;             /* batch_norm update: weight of the new value */
    double scale;        /* losses and accuracy: factor of the sum; add: of a; fill: value */
    double scale_b;      /* add: of b */
    double beta1, beta2; /* adam */
};

/* What one node computes. */
struct op_call {
    enum op_kind kind;
    struct op_attributes attributes;
    int inputs, outputs;
    struct tensor_type in[OP_MAX_INPUTS], out[OP_MAX_OUTPUTS];
    unsigned accumulate;         /* bit o: output o is added to */
    int algorithm;               /* index into op.algorithms */
    int tuning[OP_MAX_TUNABLES]; /* of its tunables; 0: by the algorithm's formula */
};

struct op_cost {
    double flops; /* of the direct algorithm, so that algorithms compare */
    double bytes; /* each input read once, each output written once */
};

struct op_buffers {
    struct buffer *in[OP_MAX_INPUTS];   /* in the form in which the algorithm wants it */
    struct buffer *out[OP_MAX_OUTPUTS]; /* out[0] may be NULL where the algorithm has a load */
    struct buffer *workspace;           /* as large as workspace() said; NULL if 0 */
    struct buffer *left;                /* NULL, or this form of output 0 is left there */
    const struct op_form *left_form;
};

/* A number in an algorithm's launches that a device may like better otherwise than its formula has
 * it: the rows of a register tile, the size of a block. It changes the order of sums at most, never
 * what is summed. */
struct op_tunable {
    const char *name;    /* a word: "rows" */
    const char *meaning; /* a few words */
    const char *usual;   /* the formula in words */
    int least, most;     /* values that may be given, >= 1 */
    const int *tried;    /* values worth measuring, 0 ends */
};

/* FORMS. An algorithm may want an input in another form: packed, padded, transformed. What makes
 * the form stands apart from what reads it, so that a graph makes it once, before the first node
 * that wants it, for all nodes that want the same form of the same values: the spectrum of x for
 * the forward and the backward pass; and where the values never change between runs, once for all
 * runs: packed weights in generation (graph/constants.h).
 *
 * launch() sees nothing but the form, so that forms of equal launch, bytes and parameters hold the
 * same: these three are the form's identity. A pass must not change a form that it reads. */
enum { OP_FORM_PARAMETERS = 16 };

/* LOADS. Where every reader of a tensor wants a form of it, and the node that makes the tensor gets
 * each element from a few others, the tensor need not be in memory: what makes the form finds the
 * elements out as it loads them, from what the node reads. */
struct op_load; /* ops/load.h */

struct op_form {
    const char *name; /* "packed", for messages */
    size_t bytes;
    int parameters[OP_FORM_PARAMETERS]; /* meant for `launch` alone; 0 where not used */
    /* Records the launches that fill `target`, `bytes` large, from the input as it is. */
    int (*launch)(const struct op_form *form, struct buffer *source, struct buffer *target,
                  struct launch_list *list);
    /* NULL: not possible. The same where a load finds the elements of the input. */
    int (*launch_loaded)(const struct op_form *form, const struct op_load *load,
                         struct buffer *target, struct launch_list *list);
};

/* One way to run a pass on a device. */
struct op_algorithm {
    const char *name; /* "direct", "winograd", "gemm" */
    /* NULL: always. Can this call run this way on this device? */
    bool (*supports)(const struct op_call *call, const struct device_traits *traits);
    /* NULL: none. Bytes of scratch. */
    size_t (*workspace)(const struct op_call *call, const struct device_traits *traits);
    /* Records the launches that compute the outputs from the inputs. */
    int (*launch)(const struct op_call *call, const struct op_buffers *buffers,
                  struct launch_list *list);
    /* NULL: op.bound and op.exact hold. Else the algorithm adds up other terms than the op's
     * formula has: small integers need not come out exactly, and output 0 may be c * FLT_EPSILON *
     * sqrt(*reduction) * scale from the reference, c as below. Fills the scale of each element and
     * *reduction, the longest sum of these terms; inputs as for op.reference. SAAE_MEMORY. */
    int (*bound)(const struct op_call *call, const void *const *in, double *scale,
                 double *reduction);
    /* NULL: those of op.cost. Flops really done, where the algorithm does with fewer. */
    double (*flops)(const struct op_call *call);
    /* NULL: never. Where nothing was measured, is this the better way on such a device than those
     * before it in the table? Asked only where it is supported. */
    bool (*preferred)(const struct op_call *call, const struct device_traits *traits);
    /* NULL: none. At most OP_MAX_TUNABLES, name NULL ends. */
    const struct op_tunable *tunables;
    /* The values in force for the call: what call->tuning gives, in its range, brought to the
     * nearest that the shapes allow; the formula's where that is 0. NULL without tunables. */
    void (*tune)(const struct op_call *call, const struct device_traits *traits,
                 int values[OP_MAX_TUNABLES]);
    /* NULL: all inputs are read as they are. Fills the form in which `input` is wanted and leaves
     * it alone, all zero, for one that is read as it is. Asked only where supports() holds. */
    void (*form)(const struct op_call *call, int input, const struct device_traits *traits,
                 struct op_form *form);
    /* NULL: output 0 is always written. Else launch() leaves it out where buffers->out[0] is NULL,
     * and load() says how its elements are found instead: from inputs, and from what launch() left
     * in the workspace. Records what that needs beside, after launch(). */
    int (*load)(const struct op_call *call, const struct op_buffers *buffers,
                struct launch_list *list, struct op_load *load);
    /* NULL: none. Can launch() make this form of output 0 on the way, while it has its elements at
     * hand? Then it does so where buffers->left says. */
    bool (*leaves)(const struct op_call *call, const struct device_traits *traits,
                   const struct op_form *form);
};

/* How far a device's result may be from the reference: c * FLT_EPSILON * sqrt(reduction) * scale,
 * element by element, c at most 8. */
enum op_bound {
    BOUND_EQUAL,   /* no arithmetic that rounds: equal after rounding the reference to float */
    BOUND_SQUARES, /* every output is a sum of products of two inputs:
                      scale = sqrt(sum (a b)^2), had by running the reference on squared inputs */
    BOUND_SCALE,   /* op.scale() fills the scale of each output element */
};

struct gradient;

struct op {
    const char *stem, *pass;
    int min_inputs, max_inputs;
    unsigned updates; /* bit o: output o is read and changed in place */
    bool exact;       /* small-integer data must come out exactly (given BOUND_SQUARES too), unless
                         the algorithm has a bound of its own or a slope is no float */
    enum op_bound bound;

    /* Checks attributes and inputs and fills call->outputs and call->out. SAAE_USAGE: they do not
     * fit; the message says which and why. */
    int (*infer)(struct op_call *call);
    /* NULL: not differentiable. Emits the nodes for the gradients that are wanted. */
    int (*gradient)(struct gradient *gradient);
    /* The oracle. DTYPE_F32 tensors are double arrays, others as stored. Overwrites the outputs
     * (updates those in op.updates); the caller handles `accumulate`. */
    void (*reference)(const struct op_call *call, const void *const *in, void *const *out);
    /* BOUND_SCALE only: like reference, but fills each output with the scale of its error. */
    void (*scale)(const struct op_call *call, const void *const *in, void *const *out);
    /* Length of the longest sum behind one output element; 1 if there is none. */
    double (*reduction)(const struct op_call *call);
    void (*cost)(const struct op_call *call, struct op_cost *cost);

    struct op_algorithm
        algorithms[OP_MAX_ALGORITHMS]; /* the first is the plain one; name NULL ends */
};

#define STEM(stem, passes) passes
#define PASS(stem, pass)   extern const struct op op_##stem##_##pass;
#include "ops/ops.def"
#undef PASS
#undef STEM

const struct op *op_get(enum op_kind kind);
/* By "conv2d.forward", or the first pass of a stem by "conv2d"; NULL if there is none. */
const struct op *op_find(const char *name);

/* A call of `kind` on inputs of these types, outputs inferred. */
int op_prepare(struct op_call *call, enum op_kind kind, const struct op_attributes *attributes,
               const struct tensor_type *in, int inputs);

/* Cost and reduction with the defaults for ops that leave them NULL: no flops, bytes of all inputs
 * and outputs, a sum of one. */
struct op_cost op_cost_of(const struct op_call *call);
double op_flops_done(const struct op_call *call); /* by the call's algorithm */
double op_reduction_of(const struct op_call *call);

/* Does it add up the terms of the op's formula and no others, in whatever order? */
bool op_algorithm_exact(const struct op_algorithm *algorithm);

/* The algorithm to take where nothing was measured: the last of the table that the device supports
 * and the call prefers, else the plain one. Emulators: the plain one. exact: among those of which
 * op_algorithm_exact holds. */
int op_usual_algorithm(const struct op_call *call, const struct device_traits *traits, bool exact);

const struct op_algorithm *op_algorithm_of(const struct op_call *call);
size_t op_workspace_of(const struct op_call *call, const struct device_traits *traits);

/* The form in which an algorithm wants an input of the call. False: it is read as it is. */
bool op_form_of(const struct op_algorithm *algorithm, const struct op_call *call, int input,
                const struct device_traits *traits, struct op_form *form);
bool op_form_equal(const struct op_form *a, const struct op_form *b);

/* Records a call by itself: the form of input i, from buffers->in[i] in forms[i], as owner i of the
 * list; then the pass, which reads it there, as owner OP_PASS. forms[i] of an input that is read
 * as it is does not matter. */
enum { OP_PASS = OP_MAX_INPUTS };
int op_record(const struct op_algorithm *algorithm, const struct op_call *call,
              const struct op_buffers *buffers, struct buffer *const forms[OP_MAX_INPUTS],
              struct launch_list *list);

/* "64x28x28x64,5x5x64x64 -> 64x28x28x64 stride 2" into text. */
void op_describe(const struct op_call *call, char *text, size_t size);

/* What a gradient rule sees: tensors are the graph's numbers, -1 where there is none. */
struct gradient {
    const struct op_call *call;          /* the forward node's */
    int in[OP_MAX_INPUTS];               /* its inputs */
    int out[OP_MAX_OUTPUTS];             /* its outputs */
    int output_gradient[OP_MAX_OUTPUTS]; /* dy; -1: the loss does not depend on that output */
    bool wanted[OP_MAX_INPUTS];          /* is a gradient of input i asked for? */
    void *graph;
    /* Adds a node of `kind`. targets[o] is the forward input whose gradient output o is, or -1
     * for an output that is not a gradient (a temporary); one entry for each output of `kind`. */
    int (*emit)(struct gradient *gradient, enum op_kind kind,
                const struct op_attributes *attributes, const int *in, int inputs,
                const int *targets);
    /* The gradient of input i is that of output 0 itself, of the same size: no node is needed. */
    int (*pass_on)(struct gradient *gradient, int i);
};

#endif

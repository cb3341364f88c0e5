/* Compares an op's gradient rule with central differences, both on the double reference.
 *
 * The loss is L = sum over all outputs of u * y with random u. The rule is run as autodiff runs
 * it, with an `emit` that evaluates each emitted node's reference at once; every contribution to
 * one input is added up. It is run with all gradients wanted and again with each one wanted alone.
 *
 *     struct tensor_type in[] = {tensor_f32(2, 5, 7, 3), tensor_f32(3, 3, 3, 4)};
 *     struct op_attributes attributes = {.stride = 2};
 *     gradcheck(OP_conv2d_forward, &attributes, in, 2, NULL);
 */
#ifndef SAAE_TESTS_OPS_GRADCHECK_H
#define SAAE_TESTS_OPS_GRADCHECK_H

#include "ops/op.h"
#include "verify/values.h"

/* All zero (or a NULL pointer) gives the defaults. */
struct gradcheck_options {
    enum value_kind values[OP_MAX_INPUTS]; /* default VALUE_NORMAL; integer inputs default to
                                              VALUE_LABEL below the channels of input 0 (bytes for
                                              DTYPE_U8). VALUE_APART keeps ReLU and max off their
                                              kinks */
    unsigned constant; /* bit i: input i is a constant; no gradient is asked for */
    double step;       /* of the difference, times max(1, |x|); default 1e-5 */
    double tolerance;  /* default 1e-6, of the larger of the element's and the mean gradient */
    size_t samples;    /* elements of each input that are checked; default 2000 */
    uint32_t seed;
    /* Recomputes inputs that follow from others, called after each change of an input; such
     * inputs belong in `constant`. */
    void (*derive)(const struct op_call *call, void *const *in);
    double perturbation; /* added to one element of each gradient: the check must then fail */
};

/* A `derive`: inputs 1 and 2 are the mean and variance of input 0, with the weights of input 5 if
 * it is there (batch_norm.apply with training = 1). */
void gradcheck_batch_statistics(const struct op_call *call, void *const *in);

/* SAAE_OK, or SAAE_FAILED with a message that names the input, the element and both values; a fault
 * of op_prepare or of the rule is passed on. Integer inputs are constants. */
int gradcheck_run(enum op_kind kind, const struct op_attributes *attributes,
                  const struct tensor_type *in, int inputs,
                  const struct gradcheck_options *options);

/* The same inside a cmocka test: prints the message and fails the test. */
void gradcheck(enum op_kind kind, const struct op_attributes *attributes,
               const struct tensor_type *in, int inputs, const struct gradcheck_options *options);

#endif

/* Short checks of shape rules and small arrays, for the tests of single ops. */
#ifndef SAAE_TESTS_OPS_OPCHECK_H
#define SAAE_TESTS_OPS_OPCHECK_H

#include "ops/op.h"

struct tensor_type opcheck_i32(int n, int h, int w, int c);
struct tensor_type opcheck_u8(int n, int h, int w, int c);

/* Fails unless op_prepare gives `outputs` outputs, number `output` of which has this shape. */
void opcheck_infers(enum op_kind kind, const struct op_attributes *attributes,
                    const struct tensor_type *in, int inputs, int outputs, int output,
                    struct shape shape);

/* Fails unless op_prepare refuses with SAAE_USAGE and a message that names the op and contains
 * `text`. */
void opcheck_refuses(enum op_kind kind, const struct op_attributes *attributes,
                     const struct tensor_type *in, int inputs, const char *text);

/* Fails unless every |actual[i] - expected[i]| <= tolerance; a NaN fails. */
void opcheck_near(const double *actual, const double *expected, size_t count, double tolerance);

#endif

#include "opcheck.h"

#include <math.h>

#include "support.h"

struct tensor_type opcheck_i32(int n, int h, int w, int c)
{
    return (struct tensor_type){{n, h, w, c}, DTYPE_I32};
}

struct tensor_type opcheck_u8(int n, int h, int w, int c)
{
    return (struct tensor_type){{n, h, w, c}, DTYPE_U8};
}

void opcheck_infers(enum op_kind kind, const struct op_attributes *attributes,
                    const struct tensor_type *in, int inputs, int outputs, int output,
                    struct shape shape)
{
    struct op_call call;
    assert_ok(op_prepare(&call, kind, attributes, in, inputs));
    assert_int_equal(call.outputs, outputs);
    assert_int_equal(call.out[output].dtype, DTYPE_F32);
    assert_int_equal(call.out[output].shape.n, shape.n);
    assert_int_equal(call.out[output].shape.h, shape.h);
    assert_int_equal(call.out[output].shape.w, shape.w);
    assert_int_equal(call.out[output].shape.c, shape.c);
}

void opcheck_refuses(enum op_kind kind, const struct op_attributes *attributes,
                     const struct tensor_type *in, int inputs, const char *text)
{
    struct op_call call;
    assert_status(SAAE_USAGE, op_prepare(&call, kind, attributes, in, inputs));
    assert_message_contains(op_get(kind)->stem);
    assert_message_contains(op_get(kind)->pass);
    assert_message_contains(text);
}

void opcheck_near(const double *actual, const double *expected, size_t count, double tolerance)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabs(actual[i] - expected[i]) <= tolerance)) {
            fail_msg("element %zu is %.17g instead of %.17g", i, actual[i], expected[i]);
        }
    }
}

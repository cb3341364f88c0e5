#include "ops/conv2d_finish.h"

#include <assert.h>
#include <math.h>

#include "ops/infer.h"

int conv2d_finish_parts(const struct op_call *call)
{
    return call->kind == OP_conv2d_infer ? call->inputs - CONV2D_BIAS : 0;
}

struct conv2d_finish conv2d_finish_of(const struct op_call *call, const struct op_buffers *buffers)
{
    const int parts = conv2d_finish_parts(call);
    assert(parts == 0 || call->accumulate == 0);
    return (struct conv2d_finish){.parts = parts,
                                  .bias = parts > 0 ? buffers->in[CONV2D_BIAS] : NULL,
                                  .addend = parts > 1 ? buffers->in[CONV2D_ADDEND] : NULL,
                                  .slope = (float)call->attributes.slope};
}

int conv2d_finish_check(const struct op_call *call)
{
    const double slope = call->attributes.slope;
    int status = SAAE_OK;
    TRY(infer_check_vector(call, CONV2D_BIAS, call->out[0].shape.c));
    if (call->inputs > CONV2D_ADDEND &&
        !shape_equal(call->in[CONV2D_ADDEND].shape, call->out[0].shape)) {
        return infer_refuse(call, "what is added must have the shape of the result");
    }
    if (!(slope >= 0.0 && slope <= 1.0)) {
        return infer_refuse(call, "slope is %g, it must be from 0 to 1", slope);
    }
done:
    return status;
}

void conv2d_finish_bound(const struct op_call *call, const void *const *in, double *scale)
{
    const int parts = conv2d_finish_parts(call);
    if (parts == 0) return;
    const size_t K = (size_t)call->out[0].shape.c;
    const double *b = in[CONV2D_BIAS], *a = parts > 1 ? in[CONV2D_ADDEND] : NULL;
    for (size_t i = 0; i < shape_count(call->out[0].shape); i++) {
        scale[i] = hypot(scale[i], hypot(b[i % K], a ? a[i] : 0.0));
    }
}

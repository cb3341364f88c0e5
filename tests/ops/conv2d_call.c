#include "conv2d_call.h"

#include "support.h"

struct op_call conv2d_call(int pass, const struct layer *l)
{
    static const enum op_kind kinds[] = {OP_conv2d_forward, OP_conv2d_backward_data,
                                         OP_conv2d_backward_weights};
    const int p = (l->h - 1) / l->stride + 1, q = (l->w - 1) / l->stride + 1;
    const struct tensor_type x = tensor_f32(l->n, l->h, l->w, l->c);
    const struct tensor_type y = tensor_f32(l->n, p, q, l->k);
    const struct tensor_type w = tensor_f32(l->r, l->s, l->c, l->k);
    const struct tensor_type in[][2] = {{x, w}, {y, w}, {x, y}};
    const struct op_attributes attributes[] = {
        {.stride = l->stride},
        {.stride = l->stride, .height = l->h, .width = l->w},
        {.stride = l->stride, .filter_h = l->r, .filter_w = l->s},
    };
    struct op_call call;
    assert_ok(op_prepare(&call, kinds[pass], &attributes[pass], in[pass], 2));
    return call;
}

/* Types of tensors. */
#ifndef SAAE_OPS_TENSOR_H
#define SAAE_OPS_TENSOR_H

#include <stddef.h>

/* The device holds 32-bit floats, 32-bit integers or bytes; the reference holds DTYPE_F32 tensors
 * as double and the others as they are. */
enum dtype { DTYPE_F32, DTYPE_I32, DTYPE_U8 };

/* Activations are [n][h][w][c], dense, c fastest. Convolution weights are {n=R, h=S, w=C, c=K},
 * fully connected ones {1, 1, in, out}, per-channel vectors {1, 1, 1, C}, scalars {1, 1, 1, 1}. */
struct shape {
    int n, h, w, c;
};

struct tensor_type {
    struct shape shape;
    enum dtype dtype;
};

static inline size_t shape_count(struct shape s)
{
    return (size_t)s.n * (size_t)s.h * (size_t)s.w * (size_t)s.c;
}

static inline int shape_equal(struct shape a, struct shape b)
{
    return a.n == b.n && a.h == b.h && a.w == b.w && a.c == b.c;
}

/* Elements of one image or row: h * w * c. */
static inline size_t shape_row(struct shape s)
{
    return (size_t)s.h * (size_t)s.w * (size_t)s.c;
}

static inline struct tensor_type tensor_f32(int n, int h, int w, int c)
{
    return (struct tensor_type){{n, h, w, c}, DTYPE_F32};
}

static inline size_t dtype_bytes(enum dtype dtype)
{
    return dtype == DTYPE_U8 ? 1 : 4;
}

static inline size_t tensor_bytes(struct tensor_type type)
{
    return shape_count(type.shape) * dtype_bytes(type.dtype);
}

#endif

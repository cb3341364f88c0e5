/* Adam, in place, one launch over all parameters of a network:
 *     m = beta1 m + rest1 g
 *     v = beta2 v + rest2 g^2
 *     p = p - scalars[0] m / (sqrt(v) scalars[1] + eps)
 *
 * Layout: g, p, m, v [count]; scalars [2] = learning rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t).
 * rest1 = 1 - beta1 and rest2 = 1 - beta2 come from the host, rounded once: 1 - 0.999f would lose
 * digits.
 * Grid: a flat loop. Reference: src/reference/adam.c. Precision: float. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void adam_forward(const __global float *restrict g, const __global float *restrict scalars,
                  __global float *restrict p, __global float *restrict m, __global float *restrict v,
                  long count, int chunk, float beta1, float rest1, float beta2, float rest2,
                  float eps)
{
    const size_t end = flat_end(count, chunk);
    const float step = scalars[0], root = scalars[1];
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR gradient = load_first(g + i, n);
        const VECTOR mean = beta1 * load_first(m + i, n) + rest1 * gradient;
        const VECTOR square = beta2 * load_first(v + i, n) + rest2 * gradient * gradient;
        const VECTOR old = load_first(p + i, n);
        store_first(mean, m + i, n);
        store_first(square, v + i, n);
        store_first(old - step * mean / (sqrt(square) * root + eps), p + i, n);
    }
}

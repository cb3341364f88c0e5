/* Squared error: loss = scale sum (x - t)^2, and dx = 2 scale dloss (x - t).
 *
 * Layout: x, t, dx [count], any shape; loss, dloss one float. partial: one float a work-group.
 * Grid: flat loops; cl/reduce.cl adds up the partial sums.
 * Reference: src/reference/squared_error.c. Precision: float. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void squared_error_partials(const __global float *restrict x, const __global float *restrict t,
                            __global float *restrict partial, long count, int chunk)
{
    __local VECTOR scratch[LS];
    const size_t end = flat_end(count, chunk);
    VECTOR sum = SPLAT(0.0f);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR difference = load_first(x + i, n) - load_first(t + i, n);
        sum += difference * difference;
    }
    sum = group_sum(sum, scratch);
    if (get_local_id(0) == 0) partial[get_group_id(0)] = vector_sum(sum);
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void squared_error_backward(const __global float *x, const __global float *t,
                            const __global float *restrict dloss, __global float *dx, long count,
                            int chunk, float scale, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    const float factor = 2.0f * scale * dloss[0];
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR value = factor * (load_first(x + i, n) - load_first(t + i, n));
        if (accumulate) value += load_first(dx + i, n);
        store_first(value, dx + i, n);
    }
}

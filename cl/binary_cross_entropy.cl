/* Sum of binary cross-entropies from logits, and its gradient.
 *
 * Layout: logits z, dlogits [N][classes]; labels [N]; loss, dloss one float; partial: one float a
 * work-group. The target of (n, k) is 1 where k is labels[n], else 0.
 * Grid: flat loops over N * classes single floats (VW = 1: there are few); cl/reduce.cl adds up
 * the partial sums.
 * Reference: src/reference/binary_cross_entropy.c. Precision: float, without cancellation: the two
 * targets have formulas of their own. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void binary_cross_entropy_partials(const __global float *restrict logits,
                                   const __global int *restrict labels,
                                   __global float *restrict partial, long count, int chunk,
                                   int classes)
{
    __local float scratch[LS];
    const size_t end = flat_end(count, chunk);
    float sum = 0.0f;
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const bool is_label = labels[i / (size_t)classes] == (int)(i % (size_t)classes);
        const float z = is_label ? -logits[i] : logits[i]; /* > 0: on the wrong side */
        sum += fmax(z, 0.0f) + log1p(exp(-fabs(z)));
    }
    sum = group_sum(sum, scratch);
    if (get_local_id(0) == 0) partial[get_group_id(0)] = sum;
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void binary_cross_entropy_backward(const __global float *logits, const __global int *restrict labels,
                                   const __global float *restrict dloss, __global float *dlogits,
                                   long count, int chunk, int classes, float scale, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    const float factor = scale * dloss[0];
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const bool is_label = labels[i / (size_t)classes] == (int)(i % (size_t)classes);
        const float z = logits[i];
        float value = is_label ? -factor / (1.0f + exp(z)) : factor / (1.0f + exp(-z));
        if (accumulate) value += dlogits[i];
        dlogits[i] = value;
    }
}

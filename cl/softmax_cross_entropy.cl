/* Cross-entropy of the softmax of logits, and its gradient.
 *
 * Layout: logits z, dlogits [rows][classes]; labels [rows]; loss, dloss one float; partial: one
 * float a work-group. A row whose label is no class counts nothing.
 * Grid: flat loops over rows (VW = 1); cl/reduce.cl adds up the partial sums.
 * Reference: src/reference/softmax_cross_entropy.c. Precision: float; the maximum is subtracted
 * before exp, its own term is left to log1p, and p - 1 is minus the sum of the other shares. */
#include "common.clh"

int largest(const __global float *z, int classes)
{
    int best = 0;
    for (int k = 1; k < classes; k++) best = z[k] > z[best] ? k : best;
    return best;
}

float sum_others(const __global float *z, int classes, float maximum, int left_out)
{
    float sum = 0.0f;
    for (int k = 0; k < classes; k++) sum += k == left_out ? 0.0f : exp(z[k] - maximum);
    return sum;
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void softmax_cross_entropy_partials(const __global float *restrict logits,
                                    const __global int *restrict labels,
                                    __global float *restrict partial, long rows, int chunk,
                                    int classes)
{
    __local float scratch[LS];
    const size_t end = flat_end(rows, chunk);
    float sum = 0.0f;
    for (size_t n = flat_begin(chunk); n < end; n += FLAT_STEP) {
        const __global float *z = logits + n * (size_t)classes;
        const int label = labels[n];
        if (label < 0 || label >= classes) continue;
        const int best = largest(z, classes);
        sum += log1p(sum_others(z, classes, z[best], best)) + (z[best] - z[label]);
    }
    sum = group_sum(sum, scratch);
    if (get_local_id(0) == 0) partial[get_group_id(0)] = sum;
}

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void softmax_cross_entropy_backward(const __global float *restrict logits,
                                    const __global int *restrict labels,
                                    const __global float *restrict dloss,
                                    __global float *restrict dlogits, long rows, int chunk,
                                    int classes, float scale, int accumulate)
{
    const size_t end = flat_end(rows, chunk);
    for (size_t n = flat_begin(chunk); n < end; n += FLAT_STEP) {
        const __global float *z = logits + n * (size_t)classes;
        __global float *dz = dlogits + n * (size_t)classes;
        const int label = labels[n];
        const bool known = label >= 0 && label < classes;
        const float maximum = z[largest(z, classes)];
        const float others = sum_others(z, classes, maximum, label);
        const float all = known ? others + exp(z[label] - maximum) : others;
        const float factor = known ? scale * dloss[0] / all : 0.0f;
        for (int k = 0; k < classes; k++) {
            float value = factor * (k == label ? -others : exp(z[k] - maximum));
            if (accumulate) value += dz[k];
            dz[k] = value;
        }
    }
}

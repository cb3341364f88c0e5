/* Counts right predictions: the largest of the first `candidates` logits (the first of equals) is the
 * label; with one class, a positive logit says that the label is 0.
 *
 * Layout: logits [rows][classes], labels [rows]; partial: one float a work-group.
 * Grid: a flat loop over rows (VW = 1); cl/reduce.cl adds up the partial sums.
 * Reference: src/reference/accuracy.c. Precision: exact up to 2^24 rows. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void accuracy_partials(const __global float *restrict logits, const __global int *restrict labels,
                       __global float *restrict partial, long rows, int chunk, int classes,
                       int candidates)
{
    __local float scratch[LS];
    const size_t end = flat_end(rows, chunk);
    float right = 0.0f;
    for (size_t n = flat_begin(chunk); n < end; n += FLAT_STEP) {
        const __global float *z = logits + n * (size_t)classes;
        int best = 0;
        for (int k = 1; k < candidates; k++) best = z[k] > z[best] ? k : best;
        if (classes == 1) right += (z[0] > 0.0f) == (labels[n] == 0) ? 1.0f : 0.0f;
        else right += best == labels[n] ? 1.0f : 0.0f;
    }
    right = group_sum(right, scratch);
    if (get_local_id(0) == 0) partial[get_group_id(0)] = right;
}

/* y = value, everywhere.
 *
 * Layout: [count]. Grid: a flat loop. Reference: src/reference/fill.c. Precision: exact. */
#include "common.clh"

__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void fill_forward(__global float *y, long count, int chunk, float value, int accumulate)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        VECTOR v = SPLAT(value);
        if (accumulate) v += load_first(y + i, n);
        store_first(v, y + i, n);
    }
}

/* The tensor that a load stands for, see load.clh, written out: for checks.
 *
 * Precision: float. */
#include "load.clh"

/* y [pixels][C], `area` pixels an image. Grid: pixels items. */
__kernel void load_write(LOAD_PARAMETERS, __global float *restrict y, long pixels, int area, int C)
{
    const long pixel = get_global_id(0);
    if (pixel >= pixels) return;
    const int image = (int)(pixel / area), place = (int)(pixel % area) * C;
    y += pixel * C;
    for (int c = 0; c < C; c += VW) {
        const struct load l = load_begin(LOAD_ARGUMENTS, image, (long)image * area * C + c, C, c);
        float part[VW];
        VSTORE(load_value(l, place), part);
        for (int j = 0; j < l.channels; j++) y[c + j] = part[j];
    }
}

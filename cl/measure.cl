/* What a device gives at most: multiply-adds between registers, and copying.
 *
 * VW  floats in a vector: 1, 2, 4, 8 or 16 */

#ifndef VW
#define VW 4
#endif

#if VW == 1
typedef float vector;
#elif VW == 2
typedef float2 vector;
#elif VW == 4
typedef float4 vector;
#elif VW == 8
typedef float8 vector;
#elif VW == 16
typedef float16 vector;
#else
#error "VW must be 1, 2, 4, 8 or 16"
#endif

/* Twelve chains of x = x * factor + term, so that neither the latency of a multiply-add (4 to 8
 * cycles) nor the number of registers limits. Starting anywhere in 0 .. 4, factor 1/2 and term 1
 * end at exactly 2: each float of result[i] of the n work-items is 12 * 2. Grid: n. */
kernel void measure_multiply_add(const int n, const int iterations, const float factor,
                                 const float term, global vector *restrict result)
{
    const int i = (int)get_global_id(0);
    if (i >= n) return;
    vector a = (vector)(0.25f), b = (vector)(0.5f), c = (vector)(0.75f), d = (vector)(1.0f);
    vector e = (vector)(1.25f), f = (vector)(1.5f), g = (vector)(1.75f), h = (vector)(2.25f);
    vector o = (vector)(2.5f), p = (vector)(2.75f), q = (vector)(3.0f), r = (vector)(3.25f);
    for (int k = 0; k < iterations; k++) {
        a = mad(a, factor, term);
        b = mad(b, factor, term);
        c = mad(c, factor, term);
        d = mad(d, factor, term);
        e = mad(e, factor, term);
        f = mad(f, factor, term);
        g = mad(g, factor, term);
        h = mad(h, factor, term);
        o = mad(o, factor, term);
        p = mad(p, factor, term);
        q = mad(q, factor, term);
        r = mad(r, factor, term);
    }
    result[i] = a + b + c + d + e + f + g + h + o + p + q + r;
}

/* y[i] = x[i] for n vectors. Grid: n. */
kernel void measure_copy(const int n, global const vector *restrict x, global vector *restrict y)
{
    const int i = (int)get_global_id(0);
    if (i < n) y[i] = x[i];
}

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
 * end at exactly 2: each float of result[i] of the n work-items is 12 * 2. The start depends on the
 * item, or a compiler computes one item for all of a group. Grid: n. */
kernel void measure_multiply_add(const int n, const int iterations, const float factor,
                                 const float term, global vector *restrict result)
{
    const int i = (int)get_global_id(0);
    if (i >= n) return;
    const vector start = (vector)((float)(i & 7) * 0.0625f);
    vector a = start, b = start + 0.25f, c = start + 0.5f, d = start + 0.75f;
    vector e = start + 1.0f, f = start + 1.25f, g = start + 1.5f, h = start + 1.75f;
    vector o = start + 2.25f, p = start + 2.5f, q = start + 2.75f, r = start + 3.0f;
    for (int k = 0; k < iterations; k++) {
        a = a * factor + term;
        b = b * factor + term;
        c = c * factor + term;
        d = d * factor + term;
        e = e * factor + term;
        f = f * factor + term;
        g = g * factor + term;
        h = h * factor + term;
        o = o * factor + term;
        p = p * factor + term;
        q = q * factor + term;
        r = r * factor + term;
    }
    result[i] = a + b + c + d + e + f + g + h + o + p + q + r;
}

/* y[i] = x[i] for n vectors. Grid: n. */
kernel void measure_copy(const int n, global const vector *restrict x, global vector *restrict y)
{
    const int i = (int)get_global_id(0);
    if (i < n) y[i] = x[i];
}

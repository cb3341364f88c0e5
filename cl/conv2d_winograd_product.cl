/* The products of Winograd's convolution on GPUs, one for each point: the second stage of
 * cl/conv2d_winograd_staged.cl.
 *
 * Precision: float, one running sum for each element over the depths of a split in order, slice
 * after slice. */
#include "conv2d_gemm.clh"

/* A_TURNED: A's depths follow each other in memory (tiles times filters), not its rows (the
 * weights' gradient, which sums over tiles). */
#ifndef A_TURNED
#define A_TURNED 0
#endif
#if A_TURNED != 0 && A_TURNED != 1
#error "A_TURNED must be 0 or 1"
#endif

/* c[split][point] [rows][columns] = a[point] b[point], or c += that: a [points][rows][depth], or
 * [points][depth][rows] without A_TURNED, and b [points][depth][columns]. LW divides the length of
 * their rows in memory, and VW that of c's.
 *
 * Grid: splits * points * ceil(rows / BM) * ceil(columns / BN) groups of LS; split g takes the
 * depths g * chunk .. (g+1) * chunk - 1, chunk a multiple of BK. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void conv2d_winograd_product(__global const float *restrict a, __global const float *restrict b,
                             __global float *restrict c, int points, int rows, int columns,
                             int depth, int chunk, int accumulate)
{
    __local float4 a_floats[BK * A_PITCH / 4], b_floats[BK * B_PITCH / 4];
    __local float *a_slab = (__local float *)a_floats, *b_slab = (__local float *)b_floats;
    const struct finish none = {0, 0, 0, 0.0f};
    const int item = get_local_id(0), group = get_group_id(0);
    const int blocks = (columns + BN - 1) / BN, tiles = (rows + BM - 1) / BM * blocks;
    const int product = group / tiles, tile = group - product * tiles;
    const int g = product / points, point = product - g * points;
    const int m0 = tile / blocks * BM, n0 = tile % blocks * BN;
    const int d_first = g * chunk, d_last = d_first + min(chunk, depth - d_first);
    a += (size_t)point * rows * depth;
    b += (size_t)point * depth * columns;
    c += (size_t)product * rows * columns;

    VECTOR sum[MR][NV];
    clear_sums(sum);
    for (int d = d_first; d < d_last; d += BK) {
        LOAD_VECTOR a_next[A_LOADS], b_next[B_LOADS];
        const int k = d + turned_depth(item);
#pragma unroll
        for (int j = 0; j < A_LOADS; j++)
            a_next[j] = A_TURNED ? fetch_turned(a + k, item, j, k < d_last, depth, m0, rows)
                                 : fetch_straight(a, item, j, BM, d, d_last, m0, rows);
#pragma unroll
        for (int j = 0; j < B_LOADS; j++)
            b_next[j] = fetch_straight(b, item, j, BN, d, d_last, n0, columns);
        if (d > d_first) multiply_slabs(a_slab, b_slab, item, sum); /* while they arrive */

        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
        for (int j = 0; j < A_LOADS; j++)
            if (A_TURNED)
                put_turned(a_next[j], item, j, BM, A_PITCH, a_slab);
            else
                put_straight(a_next[j], item, j, BM, A_PITCH, a_slab);
#pragma unroll
        for (int j = 0; j < B_LOADS; j++) put_straight(b_next[j], item, j, BN, B_PITCH, b_slab);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (d_first < d_last) multiply_slabs(a_slab, b_slab, item, sum);

#pragma unroll
    for (int i = 0; i < MR; i++) {
        const int m = m0 + item / LX * MR + i;
        if (m < rows)
            store_row(sum[i], item, c, (size_t)m * columns, n0, columns, accumulate, none);
    }
}

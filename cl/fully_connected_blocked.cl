/* The products of fully_connected.cl for the cores of CPUs: C [M][columns] = A [M][depth] B.
 *
 * A and B lie as the passes find them: element (i, k) of A is a[i * a_row + k * a_step] and element
 * (k, n) of B is b[k * b_row + n * b_step]; one of the two strides is 1, and C is dense:
 *
 *     forward            y = x w        M = N, columns = O, depth = I
 *     backward_data      dx = dy w^T    M = N, columns = I, depth = O; B is read transposed
 *     backward_weights   dw = x^T dy    M = I, columns = O, depth = N; A is read transposed
 *
 * A work-item has a block of C and of the depth and copies the parts of A and B that it works on to
 * panels, as large as the second-level cache (A) and the first-level one (B) hold: rows that lie a
 * power of two apart share few lines of a cache, and the panels are read many times. While it
 * multiplies it asks for what it will copy next.
 *
 * Reference: src/reference/fully_connected.h. Precision: float, running sums over `most_steps`
 * depths, added up in order within a split; fully_connected_reduce then adds the splits in order.
 * No atomics: a run repeats bit for bit. */
#include "fully_connected.clh"

/* Element (i, k) of the panel of A is at [i * LEFT_ROW + k * LEFT_STEP]. */
#ifndef LEFT_ROW
#define LEFT_ROW 1
#endif
#ifndef LEFT_STEP
#define LEFT_STEP 1
#endif
#if LEFT_ROW < 1 || LEFT_STEP < 1
#error "LEFT_ROW and LEFT_STEP must be at least 1"
#endif

#define TILE_WIDTH (NV * VW) /* floats */
#define STRIDE 16            /* depths between two requests for memory: a few lines at a time */

/* `rows` times `length` floats, `step` apart, to rows of `pitch`. */
void pack_left(const __global float *source, size_t step, __local float *panel, int pitch, int rows,
               int length)
{
    const bool aligned = ((size_t)source / sizeof(float) | step | (size_t)pitch) % VW == 0;
    for (int r = 0; r < rows; r++, source += step, panel += pitch) {
        int e = 0;
        if (aligned)
            for (; e + VW <= length; e += VW)
                *(__local VECTOR *)(panel + e) = VLOAD_ALIGNED(source + e);
        for (; e + VW <= length; e += VW) VSTORE(VLOAD(source + e), panel + e);
        for (; e < length; e++) panel[e] = source[e];
    }
}

/* panel [steps][TILE_WIDTH]: the first `width` columns of B, rows `row` apart, and zeros. */
void pack_right(const __global float *b, size_t row, __local VECTOR *panel, int steps, int width)
{
    const bool aligned = ((size_t)b / sizeof(float) | row) % VW == 0;
    for (int k = 0; k < steps; k++, b += row, panel += NV) {
        if (width >= TILE_WIDTH && aligned) {
#pragma unroll
            for (int j = 0; j < NV; j++) panel[j] = VLOAD_ALIGNED(b + j * VW);
        } else if (width >= TILE_WIDTH) {
#pragma unroll
            for (int j = 0; j < NV; j++) panel[j] = VLOAD(b + j * VW);
        } else {
            __local float *to = (__local float *)panel;
            for (int e = 0; e < TILE_WIDTH; e++) to[e] = e < width ? b[e] : 0.0f;
        }
    }
}

/* The same where neighbours in a column are neighbours in memory and columns lie `column` apart. */
void pack_right_turned(const __global float *b, size_t column, __local VECTOR *panel, int steps,
                       int width)
{
    int k = 0;
    if (width >= TILE_WIDTH) {
        for (; k + VW <= steps; k += VW) {
            for (int j = 0; j < NV; j++) {
                const __global float *from = b + (size_t)(j * VW) * column + k;
                VECTOR block[VW];
#pragma unroll
                for (int i = 0; i < VW; i++) block[i] = VLOAD(from + i * column);
                transpose(block);
#pragma unroll
                for (int i = 0; i < VW; i++) panel[(k + i) * NV + j] = block[i];
            }
        }
    }
    for (; k < steps; k++) {
        __local float *to = (__local float *)(panel + k * NV);
        for (int e = 0; e < TILE_WIDTH; e++) to[e] = e < width ? b[(size_t)e * column + k] : 0.0f;
    }
}

/* Memory that will be copied to a panel later: `rows` rows of `length` floats, `row` apart. */
struct coming {
    const __global float *at;
    size_t row;
    int rows, length;
    int done; /* of the first row */
};

/* Element (i, k) of an operand is [i * row + k * step]: its `rows` by `steps` from `at`. */
struct coming coming_part(const __global float *at, int row, int step, int rows, int steps)
{
    struct coming part = {at, row, rows, steps, 0};
    if (step != 1) {
        part.row = step;
        part.rows = steps;
        part.length = rows;
    }
    return part;
}

/* Asks for the next `lines` cache lines of it. */
void coming_prefetch(struct coming *part, int lines)
{
    for (; lines > 0 && part->rows > 0; lines--) {
        PREFETCH(part->at + part->done);
        part->done += CACHE_LINE;
        if (part->done < part->length) continue;
        part->done = 0;
        part->at += part->row;
        part->rows--;
    }
}

/* Lines of it that each of `parts` equal parts of other work is to ask for. */
int coming_share(const struct coming *part, int parts)
{
    return (part->rows * ((part->length + CACHE_LINE - 1) / CACHE_LINE) + parts - 1) / parts;
}

/* sum += the product of MR rows of the panel of A and the panel of B. */
void multiply_panels(const __local float *left, const __local VECTOR *right, int steps,
                     VECTOR sum[MR][NV])
{
    for (int k = 0; k < steps; k++) {
        VECTOR column[NV];
#pragma unroll
        for (int j = 0; j < NV; j++) column[j] = right[k * NV + j];
#pragma unroll
        for (int i = 0; i < MR; i++) {
            const VECTOR value = SPLAT(left[i * LEFT_ROW + k * LEFT_STEP]);
#pragma unroll
            for (int j = 0; j < NV; j++) sum[i][j] = multiply_add(sum[i][j], value, column[j]);
        }
    }
}

/* The first rows x width of a tile, to rows of `pitch` at c, or added to what is there. A call would
 * take the tile through memory. */
__attribute__((always_inline)) void store_tile(VECTOR sum[MR][NV], __global float *c, size_t pitch,
                                               int rows, int width, int accumulate, int streamed)
{
    const bool whole = rows >= MR && width >= TILE_WIDTH && pitch % VW == 0;
#pragma unroll
    for (int i = 0; i < MR; i++) {
#pragma unroll
        for (int j = 0; j < NV; j++) {
            __global float *p = c + i * pitch + j * VW;
            if (whole && streamed)
                VSTORE_STREAMED(sum[i][j], p);
            else if (whole)
                VSTORE_ALIGNED(accumulate ? sum[i][j] + VLOAD_ALIGNED(p) : sum[i][j], p);
            else if (i < rows)
                store_row(sum[i][j], p, width - j * VW, accumulate);
        }
    }
}

/* An item's block of C has block_rows rows, a multiple of MR, and block_columns columns, a multiple
 * of TILE_WIDTH; its depths are g * chunk .. (g+1) * chunk - 1 for split g, taken most_steps at a
 * time.
 * splits > 1: c is [splits][M][ceil(columns / VW) * VW] instead, for fully_connected_reduce.
 * streamed: nothing will read C soon; needs most_steps >= depth and no accumulate.
 * left_panel: block_rows rows or most_steps depths, as far apart as LEFT_ROW and LEFT_STEP say;
 * right_panel: most_steps * NV vectors.
 *
 * Grid: row_blocks * column_blocks * splits items, in groups of one; columns first. */
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void fully_connected_block(__global const float *restrict a, __global const float *restrict b,
                           __global float *restrict c, int M, int columns, int depth, int a_row,
                           int a_step, int b_row, int b_step, int block_rows, int block_columns,
                           int most_steps, int splits, int chunk, int accumulate, int streamed,
                           __local VECTOR *left_panel, __local VECTOR *right_panel)
{
    __local float *panel = (__local float *)left_panel;
    const int column_blocks = (columns + block_columns - 1) / block_columns;
    const int blocks = (M + block_rows - 1) / block_rows * column_blocks;
    const int id = get_global_id(0), block = id % blocks, g = id / blocks;
    const int m0 = block / column_blocks * block_rows, rows = min(block_rows, M - m0);
    const int first = block % column_blocks * block_columns;
    const int last = min(first + block_columns, columns);
    const int k_first = g * chunk, k_last = min(depth, k_first + chunk);
    const int tiles = (rows + MR - 1) / MR;
    const size_t pitch = splits > 1 ? (columns + VW - 1) / VW * VW : columns;
    a += (size_t)m0 * a_row;
    c += ((size_t)g * M + m0) * pitch;

    for (int k0 = k_first; k0 < k_last; k0 += most_steps) {
        const int steps = min(most_steps, k_last - k0);
        const __global float *left = a + (size_t)k0 * a_step;
        if (a_step == 1)
            pack_left(left, a_row, panel, LEFT_ROW, rows, steps);
        else
            pack_left(left, a_step, panel, LEFT_STEP, steps, rows);
        /* What this item or the one after it copies next. */
        const int deeper = min(most_steps, depth - k0 - steps);
        struct coming next_left = {a, 0, 0, 0, 0};
        if (deeper > 0)
            next_left = coming_part(left + (size_t)steps * a_step, a_row, a_step, rows, deeper);
        else if (last == columns && m0 + 2 * block_rows <= M)
            next_left = coming_part(left + (size_t)rows * a_row, a_row, a_step, rows, steps);
        for (int n = first; n < last; n += TILE_WIDTH) {
            const __global float *right = b + (size_t)k0 * b_row + (size_t)n * b_step;
            if (b_step == 1)
                pack_right(right, b_row, right_panel, steps, columns - n);
            else
                pack_right_turned(right, b_step, right_panel, steps, columns - n);
            struct coming next_right = {b, 0, 0, 0, 0};
            if (n + TILE_WIDTH >= last && deeper > 0)
                next_right = coming_part(b + (size_t)(k0 + steps) * b_row + (size_t)first * b_step,
                                         b_step, b_row, min(TILE_WIDTH, last - first), deeper);
            else if (n + TILE_WIDTH < columns)
                next_right = coming_part(right + (size_t)TILE_WIDTH * b_step, b_step, b_row,
                                         min(TILE_WIDTH, columns - n - TILE_WIDTH), steps);
            const int parts = tiles * ((steps + STRIDE - 1) / STRIDE);
            const int left_lines = n == first ? coming_share(&next_left, parts) : 0;
            const int right_lines = coming_share(&next_right, parts);
            for (int i0 = 0; i0 < rows; i0 += MR) {
                VECTOR sum[MR][NV];
#pragma unroll
                for (int i = 0; i < MR; i++)
#pragma unroll
                    for (int j = 0; j < NV; j++) sum[i][j] = SPLAT(0.0f);
                for (int k = 0; k < steps; k += STRIDE) {
                    coming_prefetch(&next_left, left_lines);
                    coming_prefetch(&next_right, right_lines);
                    multiply_panels(panel + i0 * LEFT_ROW + k * LEFT_STEP, right_panel + k * NV,
                                    min(STRIDE, steps - k), sum);
                }
                store_tile(sum, c + i0 * pitch + n, pitch, rows - i0, (int)pitch - n,
                           splits > 1 ? k0 > k_first : accumulate || k0 > k_first, streamed);
            }
        }
    }
}

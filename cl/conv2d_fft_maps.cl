/* Maps to spectra and back, for the convolution by Fourier transforms of conv2d_fft.cl.
 *
 * A map is cut into windows of FX x FY pixels: one window that holds all of it, with zeros behind,
 * or windows that overlap by the border of the filter, of which each gives the outputs that no
 * wrap-around reaches ("overlap-save"). In a window pixels X_FIRST .. X_LAST - 1 of rows Y_FIRST ..
 * Y_LAST - 1 are read or written.
 *
 *     conv2d_fft_forward   x [images][H][W][C] -> spectrum t, layout in conv2d_fft.clh
 *     conv2d_fft_inverse   spectrum t -> y [images][H][W][C], FX * FY times the inverse transform
 *
 * A work-item does one window: rows to local memory, then columns, `group` vectors of channels at
 * once. The transforms are straight lines of code, made for FX and FY by src/ops/fft_codelet.c,
 * whose header has their formulas. Scratch of an item: group * (Y_LAST - Y_FIRST) * (FX + 1)
 * vectors of local memory. In groups of one item, on CPUs.
 *
 * Precision: float; every output is a fixed sequence of operations. */
#include "conv2d_fft.clh"

/* WHOLE: 1 if every pixel of a window is one of the map, its channels are whole vectors, and
 * nothing is added to what is there. */
#ifndef WHOLE
#define WHOLE 0
#endif

/* FINISH: `parts` of conv2d_finish.clh. */
#ifndef FINISH
#define FINISH 0
#endif
#include "conv2d_finish.clh"

#define ROWS (Y_LAST - Y_FIRST)
#define ROW_PITCH (FX + 1) /* odd: columns do not share the sets of a cache */
#define CODELET __attribute__((noinline))

/* Pixels of a row of a map, for one vector of its channels. */
struct pixels {
    __global float *at; /* the vector's channels of pixel 0 of the row */
    int x, W, C;        /* the window's first pixel; pixels of the row; floats of a pixel */
    int channels;       /* of the vector that exist, at most VW */
    int accumulate;
    size_t place; /* of pixel 0 in y */
    int first;    /* of the vector's channels */
    struct finish finish;
};

VECTOR load_pixel(struct pixels row, int i)
{
#if WHOLE
    return VLOAD_ALIGNED(row.at + i * row.C);
#else
    const int x = row.x + i;
    if (x < 0 || x >= row.W) return SPLAT(0.0f);
    const __global float *p = row.at + x * row.C;
    if (row.channels >= VW) return VLOAD(p);
    float part[VW];
    for (int j = 0; j < VW; j++) part[j] = j < row.channels ? p[j] : 0.0f;
    return VLOAD(part);
#endif
}

void store_pixel(struct pixels row, int i, VECTOR value)
{
    const size_t place = row.place + (row.x + i) * row.C;
#if WHOLE
    value = finish_channels(value, row.finish, place, row.first, VW);
    STREAM(value, (__global VECTOR *)(row.at + i * row.C));
#else
    const int x = row.x + i;
    if (x >= row.W) return;
    __global float *p = row.at + x * row.C;
    if (row.channels >= VW) {
        if (row.accumulate) value += VLOAD(p);
        VSTORE(finish_channels(value, row.finish, place, row.first, VW), p);
        return;
    }
    float part[VW];
    value = finish_channels(value, row.finish, place, row.first, row.channels);
    VSTORE(value, part);
    for (int j = 0; j < row.channels; j++) p[j] = row.accumulate ? p[j] + part[j] : part[j];
#endif
}

#include "made.clh"

/* Row y of the windows at `at`, transformed to s; a row outside the map is 0. */
void transform_row(struct pixels pixels, int exists, __local VECTOR *s)
{
    if (exists) {
        row_forward(pixels, s);
        return;
    }
    for (int i = 0; i < FX; i++) s[i] = SPLAT(0.0f);
}

/* The spectrum of `images` maps in windows, `across` times `down` a map, whose first pixels that
 * are read lie step_x and step_y apart, those of window 0 `left` and `top` before the map. Rows of
 * the spectrum behind the last window, up to `rows`, become 0.
 *
 * Grid: rows items. */
__kernel void conv2d_fft_forward(__global const float *restrict x, __global VECTOR *restrict t,
                                 int images, int rows, int across, int down, int step_x, int step_y,
                                 int left, int top, int H, int W, int C, int vectors, int group,
                                 __local VECTOR *restrict s)
{
    const int row = get_global_id(0);
    if (row >= rows) return;
    const size_t plane = PLANE(rows, vectors), slot = SLOT(rows, vectors);
    const int image = row / (across * down), window = row % (across * down);
    t += (size_t)row * vectors;
    if (image >= images) {
        for (int f = 0; f < FX / 2 * FY; f++, t += slot)
            for (int i = 0; i < vectors; i++) t[i] = t[i + plane] = SPLAT(0.0f);
        return;
    }
    const int first_y = window / across * step_y - top, first_x = window % across * step_x - left;
    x += (size_t)image * H * W * C;
    for (int first = 0; first < vectors; first += group) {
        const int count = min(group, vectors - first);
        for (int i = 0; i < ROWS; i++) {
            const int y = first_y + i;
            for (int v = 0; v < count; v++) {
                if (y + 2 < H)
                    prefetch_part((const __global VECTOR *)(x + (y + 2) * W * C), W * C / VW,
                                  first + v, vectors);
                const int c = (first + v) * VW;
                const struct pixels pixels = {
                    (__global float *)x + y * W * C + c, first_x, W, C, C - c, 0};
                transform_row(pixels, y >= 0 && y < H, s + (v * ROWS + i) * ROW_PITCH);
            }
        }
        for (int v = 0; v < count; v++)
            column_forward_packed(s + v * ROWS * ROW_PITCH, t + first + v, slot, plane);
        for (int u = 1; u < FX / 2; u++)
            for (int v = 0; v < count; v++)
                column_forward(s + v * ROWS * ROW_PITCH + 2 * u,
                               t + (size_t)u * FY * slot + first + v, slot, plane);
    }
}

/* The maps of a spectrum, finished as FINISH says, or added to y. Windows as above; their first output is pixel (0, 0), and
 * those that hang over the right or lower edge are cut.
 *
 * Grid: windows items, images * across * down. */
__kernel void conv2d_fft_inverse(__global const VECTOR *restrict t, __global float *restrict y,
                                 int windows, int rows, int across, int down, int step_x,
                                 int step_y, int H, int W, int C, int vectors, int group,
                                 int accumulate, __global const float *restrict bias,
                                 __global const float *restrict addend, float slope,
                                 __local VECTOR *restrict s)
{
    const struct finish finish = {FINISH, bias, addend, slope};
    const int row = get_global_id(0);
    if (row >= windows) return;
    const size_t plane = PLANE(rows, vectors), slot = SLOT(rows, vectors);
    const int image = row / (across * down), window = row % (across * down);
    const int first_y = window / across * step_y, first_x = window % across * step_x;
    const int next = row + 1 < windows ? vectors : 0;
    t += (size_t)row * vectors;
    const size_t map = (size_t)image * H * W * C;
    for (int first = 0; first < vectors; first += group) {
        const int count = min(group, vectors - first);
        for (int u = 0; u < FX / 2; u++)
            for (int v = 0; v < count; v++) {
                const __global VECTOR *from = t + (size_t)u * FY * slot + first + v;
                /* Two columns ahead, at the end those of the next window. */
                const size_t ahead = (u + 2) % (FX / 2);
                const __global VECTOR *soon =
                    t + ahead * FY * slot + (u + 2 < FX / 2 ? 0 : next) + first + v;
                __local VECTOR *to = s + v * ROWS * ROW_PITCH + 2 * u;
                if (u == 0) {
                    column_inverse_packed(from, slot, plane, to, soon);
                } else {
                    column_inverse(from, slot, plane, to, soon);
                }
            }
        for (int i = 0; i < ROWS && first_y + i < H; i++)
            for (int v = 0; v < count; v++) {
                const int c = (first + v) * VW;
                const size_t place = map + (first_y + i) * W * C;
                const struct pixels pixels = {
                    y + place + c, first_x, W, C, C - c, accumulate, place, c, finish};
                row_inverse(s + (v * ROWS + i) * ROW_PITCH, pixels);
            }
    }
}

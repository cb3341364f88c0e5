/* Maps to spectra and back, for the convolution by Fourier transforms of conv2d_fft.cl.
 *
 * A map is cut into windows of FX x FY pixels: one window that holds all of it, with zeros behind,
 * or windows that overlap by the border of the filter, of which each gives the outputs that no
 * wrap-around reaches ("overlap-save"). In a window pixels X_FIRST .. X_LAST - 1 of rows Y_FIRST ..
 * Y_LAST - 1 are read or written.
 *
 *     conv2d_fft_forward   x [images][H][W][C], by its load (load.clh) -> spectrum t, layout in
 *                          conv2d_fft.clh
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
 * nothing is added to what is there. Its default is the load's. */
#include "load.clh"

/* MOMENTS: 1 if the inverse leaves the moments of y. */
#ifndef MOMENTS
#define MOMENTS 0
#endif

#include "conv2d_finish.clh"

/* A store of what is not read again soon, past the caches where these have no room for it (STREAMS:
 * 1) and a vector fills a line of them. */
#ifndef STREAMS
#define STREAMS 0
#endif
#if VW == CACHE_LINE && STREAMS
#define STREAM(value, place) VSTORE_STREAMED((value), (place))
#else
#define STREAM(value, place) (*(place) = (value))
#endif

#define ROWS      (Y_LAST - Y_FIRST)
#define ROW_PITCH (FX + 1) /* odd: columns do not share the sets of a cache */
#define CODELET   __attribute__((noinline))

/* Pixels of a row of a map, for one vector of its channels. x: the window's first pixel; W, C:
 * pixels of the row and floats of a pixel. */
struct source {
    struct load load; /* at pixel 0 of the row */
    int x, W, C;
};

struct target {
    __global float *at; /* the vector's channels of pixel 0 of the row */
    int x, W, C;
    int channels; /* of the vector that exist, at most VW */
    int accumulate;
    __local VECTOR *kept; /* MOMENTS: the pixels once more */
    size_t place;         /* of pixel 0 in y */
    int first;            /* of the vector's channels */
    struct finish finish;
};

VECTOR load_pixel(struct source row, int i)
{
    const int x = WHOLE ? i : row.x + i;
    if (!WHOLE && (x < 0 || x >= row.W)) return SPLAT(0.0f);
    return load_value(row.load, x * row.C);
}

void store_pixel(struct target row, int i, VECTOR value)
{
#if MOMENTS
    row.kept[i] = value;
#endif
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
void transform_row(struct source pixels, int exists, __local VECTOR *s)
{
    if (exists) {
        row_forward(pixels, s);
        return;
    }
    for (int i = 0; i < FX; i++) s[i] = SPLAT(0.0f);
}

/* The row after the next of a map. */
#define ROW_AHEAD(p) ((const __global VECTOR *)((p) + 2 * W * C - c))

/* The spectrum of `images` maps in windows, `across` times `down` a map, whose first pixels that
 * are read lie step_x and step_y apart, those of window 0 `left` and `top` before the map. Rows of
 * the spectrum behind the last window, up to `rows`, become 0.
 *
 * Grid: rows items. */
__kernel void conv2d_fft_forward(LOAD_PARAMETERS, __global VECTOR *restrict t, int images, int rows,
                                 int across, int down, int step_x, int step_y, int left, int top,
                                 int H, int W, int C, int vectors, int group,
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
    const long map = (long)image * H * W * C;
    for (int first = 0; first < vectors; first += group) {
        const int count = min(group, vectors - first);
        for (int i = 0; i < ROWS; i++) {
            const int y = first_y + i;
            for (int v = 0; v < count; v++) {
                const int c = (first + v) * VW;
                const struct load load =
                    load_begin(LOAD_ARGUMENTS, image, map + (long)y * W * C + c, C, c);
                const struct source pixels = {load, first_x, W, C};
                if (y + 2 < H) {
                    prefetch_part(ROW_AHEAD(load.x), W * C / VW, first + v, vectors);
#ifdef LOAD_SECOND
                    prefetch_part(ROW_AHEAD(load.dy), W * C / VW, first + v, vectors);
#endif
                }
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

/* Adds a row of W pixels to moments (batch_norm.cl): middle, here the mean of the first row, the
 * sums of x - middle and of its square. The first row is 1/lines of the pixels, so that its mean is
 * within sqrt(lines) standard deviations of theirs, the squares lose log2(lines) bits at most. */
void add_moments(const __local VECTOR *row, int W, int first, __local VECTOR *moments)
{
    VECTOR middle = moments[0], rest = moments[1], squares = moments[2];
    if (first) {
        middle = rest = squares = SPLAT(0.0f);
        for (int x = 0; x < W; x++) middle += row[x];
        middle /= (float)W;
    }
    for (int x = 0; x < W; x++) {
        const VECTOR difference = row[x] - middle;
        rest += difference;
        squares = multiply_add(squares, difference, difference);
    }
    moments[0] = middle;
    moments[1] = rest;
    moments[2] = squares;
}

void store_moments(const __local VECTOR *moments, __global float *to, int C)
{
    for (int m = 0; m < 3; m++) VSTORE_ALIGNED(moments[m], to + m * C);
}

/* The maps of a spectrum, finished as `parts` says (conv2d_finish.clh), or added to y. Windows as
 * above; their first output is pixel (0, 0), and those that hang over the right or lower edge are
 * cut. MOMENTS: those of each `lines` rows of a map, moments [images][ceil(H / lines)][3][C];
 * scratch: further FX + 3 * group vectors.
 *
 * Grid: windows items, images * across * down. */
__kernel void conv2d_fft_inverse(__global const VECTOR *restrict t, __global float *restrict y,
                                 int windows, int rows, int across, int down, int step_x,
                                 int step_y, int H, int W, int C, int vectors, int group,
                                 int accumulate, int parts, __global const float *restrict bias,
                                 __global const float *restrict addend, float slope,
                                 __global float *restrict moments, int lines,
                                 __local VECTOR *restrict s)
{
    const struct finish finish = {parts, bias, addend, slope};
    const int row = get_global_id(0);
    if (row >= windows) return;
    const size_t plane = PLANE(rows, vectors), slot = SLOT(rows, vectors);
    const int image = row / (across * down), window = row % (across * down);
    const int first_y = window / across * step_y, first_x = window % across * step_x;
    t += (size_t)row * vectors;
    const size_t map = (size_t)image * H * W * C;
#if MOMENTS
    moments += (size_t)image * ((H + lines - 1) / lines) * 3 * C;
#endif
    for (int first = 0; first < vectors; first += group) {
        const int count = min(group, vectors - first);
        /* What is transformed next: further channels, or those of the next window. */
        const __global VECTOR *next = t + (first + group < vectors ? first + group
                                           : row + 1 < windows     ? vectors
                                                                   : 0);
        for (int u = 0; u < FX / 2; u++)
            for (int v = 0; v < count; v++) {
                const __global VECTOR *from = t + (size_t)u * FY * slot + first + v;
                const __global VECTOR *ahead = next + (size_t)u * FETCHED_IN_COLUMN * slot + v;
                __local VECTOR *to = s + v * ROWS * ROW_PITCH + 2 * u;
                if (u == 0) {
                    column_inverse_packed(from, slot, plane, to, ahead);
                } else {
                    column_inverse(from, slot, plane, to, ahead);
                }
            }
        for (int i = 0; i < ROWS && first_y + i < H; i++)
            for (int v = 0; v < count; v++) {
                const int c = (first + v) * VW;
                const size_t place = map + (first_y + i) * W * C;
                __local VECTOR *kept = s + group * ROWS * ROW_PITCH, *sums = kept + FX + 3 * v;
                const struct target pixels = {y + place + c, first_x, W,     C, C - c,
                                              accumulate,    kept,    place, c, finish};
                const int ahead = min(FX / 2 * FETCHED_IN_COLUMN + i * FETCHED_IN_ROW,
                                      FX / 2 * FY - FETCHED_IN_ROW);
                row_inverse(s + (v * ROWS + i) * ROW_PITCH, pixels, slot, plane,
                            next + ahead * slot + v);
#if MOMENTS
                add_moments(kept, W, i % lines == 0, sums);
                if (i % lines == lines - 1 || i == H - 1)
                    store_moments(sums, moments + (size_t)(i / lines) * 3 * C + c, C);
#endif
            }
    }
}

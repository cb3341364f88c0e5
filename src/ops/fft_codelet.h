/* Codelets: discrete Fourier transforms of a fixed length as straight-line code, over real or
 * complex numbers of which some are known to be zero and some results are not wanted.
 *
 *     X[k] = sum over j of x[j] exp(-2 pi i j k / n)            forward, k and j from 0 to n - 1
 *     x[j] = sum over k of X[k] exp(+2 pi i j k / n)            inverse, n times the input
 *
 * by splitting n = 2^a 3^b 5^c into its factors (Cooley and Tukey, 1965). Rows of a map are real
 * and columns of their spectra complex. The spectrum of a real row is conjugate symmetric: columns
 * 0 .. n/2 say all, of which columns 0 and n/2 are real. These two share one complex column z = a +
 * i b, whose transform is taken apart ("packed"): the transforms A and B of real columns are
 * symmetric too, so that A[v] for 0 < v < n/2 goes to place v, B[v] to place n - v, and the real
 * A[0], B[0] and A[n/2], B[n/2] to places 0 and n/2.
 *
 * Numbers of a codelet's inputs and outputs, with `first` .. `last` - 1 those of the pixels or rows
 * of a window of length n that exist:
 *
 *     pixels      one for each pixel that exists
 *     row         0: X[0], 1: X[n/2], 2 k and 2 k + 1: real and imaginary part of X[k]
 *     column      2 y and 2 y + 1: real and imaginary part, for each row that exists
 *     spectrum    2 v and 2 v + 1, for v = 0 .. n - 1 */
#ifndef SAAE_OPS_FFT_CODELET_H
#define SAAE_OPS_FFT_CODELET_H

#include "ops/fft_expression.h"

enum fft_kind {
    FFT_ROW_FORWARD,           /* pixels -> row */
    FFT_COLUMN_FORWARD,        /* column -> spectrum */
    FFT_COLUMN_FORWARD_PACKED, /* the same of columns 0 and n/2 */
    FFT_COLUMN_INVERSE,        /* spectrum -> column */
    FFT_COLUMN_INVERSE_PACKED,
    FFT_ROW_INVERSE, /* row -> pixels */
    FFT_KINDS
};

struct fft_codelet {
    enum fft_kind kind;
    int length; /* n: even, 4 to FFT_MOST_LENGTH, no prime factor above 5 */
    int first, last;
    int inputs, outputs;
    struct fft_expressions expressions;
    struct fft_value values[FFT_MOST_VALUES]; /* the outputs */
};

/* Fills a codelet of this kind. */
void fft_codelet_create(struct fft_codelet *codelet, enum fft_kind kind, int length, int first,
                        int last);

/* Build options of a program that includes the text below: transforms of FX along the rows and of
 * FY along the columns of a window, in which pixels x_first .. x_last - 1 of rows y_first ..
 * y_last - 1 exist. */
struct fft_window {
    int FX, x_first, x_last;
    int FY, y_first, y_last;
};
enum { FFT_OPTIONS = 128 };
void fft_window_options(char text[FFT_OPTIONS], const struct fft_window *window);

/* *text = OpenCL C for a program with these options: the tables COSINES_X, SINES_X, COSINES_Y and
 * SINES_Y of 2 pi k / FX and 2 pi k / FY, and, if the options define FFT_CODELETS, the functions
 *
 *     void row_forward(struct source x, __local VECTOR *s)
 *     void column_forward(const __local VECTOR *s, __global VECTOR *t, size_t slot, size_t plane)
 *     void column_forward_packed(the same)
 *     void column_inverse(const __global VECTOR *t, size_t slot, size_t plane, __local VECTOR *s,
 *                         const __global VECTOR *next)
 *     void column_inverse_packed(the same)
 *     void row_inverse(const __local VECTOR *s, struct target y, size_t slot, size_t plane,
 *                      const __global VECTOR *next)
 *
 * which read pixels by load_pixel(x, j), write them by store_pixel(y, j, value), keep row y of a
 * column at s[y * ROW_PITCH] and s[y * ROW_PITCH + 1], the parts of spectrum element v at
 * t[v * slot] and t[v * slot + plane], written by STREAM(value, place). Meanwhile elements 0 ..
 * FETCHED_IN_COLUMN - 1 or FETCHED_IN_ROW - 1 of `next`, with parts that lie like those of t, are
 * fetched by PREFETCH(place): that many in each of its columns and rows are a whole spectrum, or
 * a little more. Released with free().
 * An answer to launch_list_maker(). */
int fft_make_source(const char *options, char **text);

#endif

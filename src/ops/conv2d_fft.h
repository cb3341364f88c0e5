/* Convolution by Fourier transforms for the three conv2d passes: see cl/conv2d_fft.cl. Stride 1,
 * odd filters of 3 to 7 rows and columns, channels enough for whole vectors, on CPUs.
 *
 * The spectrum of a map serves every pass that reads the map, and is a form (see ops/op.h) of it:
 * that of x the forward and the weights' pass, that of dy both backward passes. */
#ifndef SAAE_OPS_CONV2D_FFT_H
#define SAAE_OPS_CONV2D_FFT_H

#include "ops/conv2d_direct.h"
#include "ops/conv2d_finish.h"
#include "ops/fft_codelet.h"

bool conv2d_fft_supports(const struct op_call *call, const struct device_traits *traits);
/* Few products: by far the least for 5x5 filters, while Winograd's are as quick for 3x3 ones. */
bool conv2d_fft_preferred(const struct op_call *call, const struct device_traits *traits);
void conv2d_fft_form(const struct op_call *call, int input, const struct device_traits *traits,
                     struct op_form *form);

/* Forward and backward_data: the moments that batch_norm.statistics reads, found while the maps are
 * at hand. */
bool conv2d_fft_leaves(const struct op_call *call, const struct device_traits *traits,
                       const struct op_form *form);

size_t conv2d_fft_workspace(const struct op_call *call, const struct device_traits *traits);
int conv2d_fft_launch(const struct op_call *call, const struct op_buffers *buffers,
                      struct launch_list *list);

size_t conv2d_fft_weights_workspace(const struct op_call *call, const struct device_traits *traits);
int conv2d_fft_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                              struct launch_list *list);

/* op_algorithm.bound of all three passes. A result is a sum like the direct one, of the terms
 * exp(i angle) x_j w_l / F over F frequencies, pixels j and taps l of a window and the channels
 * (the weights' gradient: the rows), most of which cancel: what remains is the convolution, their
 * roundings remain too. So the bound has the form of the direct one, c eps sqrt(length) sqrt(sum of
 * the squared terms), and that sum is sum over channels |x|^2 |w|^2 / F with the norms of a window
 * of one channel. length: the terms of the products, and for each of the three transforms two
 * roundings a level of its radix-2 butterflies, of which there are log2(F). */
int conv2d_fft_bound(const struct op_call *call, const void *const *in, double *scale,
                     double *reduction);

/* op_algorithm.flops of all three passes: those of the products. */
double conv2d_fft_flops(const struct op_call *call);

/* ---- Shared by the passes ---- */

/* How one axis of a map is cut into windows. One window of at least size + taps/2 pixels holds all
 * of it: the border of zeros that both ends need is one and the same, as the transform wraps
 * around. Or several windows overlap by taps - 1 pixels and give `step` pixels each. */
struct conv2d_fft_axis {
    int length; /* of the transform */
    int windows;
    int step;   /* pixels from window to window */
    int before; /* pixels that a window reads before its first output; 0: one window */
    int last;   /* pixels that a window reads */
};
struct conv2d_fft_axis conv2d_fft_axis_make(int size, int taps);

/* A spectrum: all that its form depends on. */
struct conv2d_fft_maps {
    int N, H, W, C;  /* of the tensor */
    int R, S;        /* of the filter */
    int VW, streams; /* as in the kernels */
    int group;
    int inner; /* 1: windows hold their outputs alone, without the border */
};

struct conv2d_fft_axis conv2d_fft_axis_x(const struct conv2d_fft_maps *maps);
struct conv2d_fft_axis conv2d_fft_axis_y(const struct conv2d_fft_maps *maps);
int conv2d_fft_windows(const struct conv2d_fft_maps *maps);
int conv2d_fft_rows(const struct conv2d_fft_maps *maps);
int conv2d_fft_vectors(int channels, int VW);
size_t conv2d_fft_bytes(const struct conv2d_fft_maps *maps);

/* The spectrum of input `input` of a call; of the output of forward and backward_data for -1. */
struct conv2d_fft_maps conv2d_fft_maps_of(const struct op_call *call, int input,
                                          const struct device_traits *traits);

/* Groups of one item, which has the group's local memory to itself. */
struct launch_grid conv2d_fft_grid(int items);

/* conv2d_fft_inverse: the maps of the spectrum in the workspace to output 0, and what is left of
 * them. */
int conv2d_fft_launch_inverse(struct launch_list *list, const struct conv2d_fft_maps *maps,
                              const struct op_buffers *buffers, const struct conv2d_finish *finish,
                              int accumulate);

/* The form that is a spectrum. */
void conv2d_fft_maps_form(const struct conv2d_fft_maps *maps, struct op_form *form);

/* Local memory that an item may take: no more than a second-level cache holds beside what is
 * streamed through it. */
size_t conv2d_fft_local_bytes(const struct device_traits *traits);

enum {
    CONV2D_FFT_ROWS = 64, /* BLOCK_ROWS of the kernels */
    CONV2D_FFT_TILE = 4,  /* MR */
    CONV2D_FFT_OPTIONS = FFT_OPTIONS + 128,
};
/* What the form of the weights and programs of products depend on: a convolution from C to K
 * channels. */
struct conv2d_fft_filters {
    int FX, FY, R, S, C, K;
    int VW;
    int flip; /* the weights lie in memory as [R][S][K][C] */
};

struct conv2d_fft_filters conv2d_fft_filters_of(const struct op_call *call,
                                                const struct device_traits *traits);

/* Build options of a program of products. */
void conv2d_fft_product_options(char text[CONV2D_FFT_OPTIONS], const struct conv2d_fft_filters *f);
/* NV of these. */
int conv2d_fft_tile_vectors(const struct conv2d_fft_filters *f);

/* Do the scratches of the products fit the device? */
bool conv2d_fft_products_fit(const struct op_call *call, const struct device_traits *traits);
bool conv2d_fft_weights_fit(const struct op_call *call, const struct device_traits *traits);

#endif

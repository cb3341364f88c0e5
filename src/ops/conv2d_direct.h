/* The direct algorithm of the three conv2d passes: register tiles, see cl/conv2d.cl. */
#ifndef SAAE_OPS_CONV2D_DIRECT_H
#define SAAE_OPS_CONV2D_DIRECT_H

#include "ops/op.h"

/* One convolution: an input [N][H][W][C] under a filter [R][S][C][K] of same padding gives an
 * output [N][P][Q][K]. The filter moves by `stride` pixels of the input from one output to the
 * next; or, of backward_data, by 1/every: the input's pixels stand `every` apart, with zeros
 * between them. */
struct conv2d_shape {
    int N, H, W, C, P, Q, K, R, S;
    int stride, every;
    bool flip; /* the filter lies in memory as [R][S][K][C], its taps in reverse order */
};

/* The convolution that a call of forward or backward_data is. */
struct conv2d_shape conv2d_direct_shape(const struct op_call *call);
/* The convolution of which backward_weights wants the gradient of the filter. */
struct conv2d_shape conv2d_weights_shape(const struct op_call *call);

/* Rows (or columns) of one phase, see cl/conv2d.cl, PARTS: output `first` meets the taps tap,
 * tap + every, ..., `count` of them, the first of which lies over the input's row `start`. */
struct conv2d_phase {
    int tap, count, start;
};
struct conv2d_phase conv2d_phase_make(int taps, int first, int every);

size_t conv2d_direct_workspace(const struct op_call *call, const struct device_traits *traits);
int conv2d_direct_launch(const struct op_call *call, const struct op_buffers *buffers,
                         struct launch_list *list);
/* The weights, packed. */
void conv2d_direct_form(const struct op_call *call, int input, const struct device_traits *traits,
                        struct op_form *form);

extern const struct op_tunable conv2d_direct_tunables[], conv2d_direct_weights_tunables[];
void conv2d_direct_tune(const struct op_call *call, const struct device_traits *traits,
                        int values[OP_MAX_TUNABLES]);
void conv2d_direct_weights_tune(const struct op_call *call, const struct device_traits *traits,
                                int values[OP_MAX_TUNABLES]);

size_t conv2d_direct_weights_workspace(const struct op_call *call,
                                       const struct device_traits *traits);
int conv2d_direct_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list);

/* Rows copied with zeros around them, as kernel conv2d_pad does. */
struct conv2d_padding {
    int rows;
    int pitch, left;            /* floats of a target row, and zeros before its first pixel */
    int pixels, channels, step; /* runs copied to a row, their floats, and from run to run */
};

size_t conv2d_padding_floats(const struct conv2d_padding *padding);

/* The input of a convolution, its rows `columns` pixels long. */
struct conv2d_padding conv2d_pad_input(const struct conv2d_shape *d, int columns);

int conv2d_launch_pad(struct launch_list *list, const char *options, const struct conv2d_padding *p,
                      struct buffer *source, struct buffer *target);

#endif

/* Winograd's algorithm for the three conv2d passes: see cl/conv2d_winograd.cl. Stride 1, filters
 * of 3x3 and 5x5, channels enough for whole vectors, on CPUs. */
#ifndef SAAE_OPS_CONV2D_WINOGRAD_H
#define SAAE_OPS_CONV2D_WINOGRAD_H

#include "ops/conv2d_direct.h"
#include "ops/tile.h"

bool conv2d_winograd_supports(const struct op_call *call, const struct device_traits *traits);

/* Maps of which tiles of 4x4 do not waste the most part, and 16 channels on both sides. */
bool conv2d_winograd_preferred(const struct op_call *call, const struct device_traits *traits);

size_t conv2d_winograd_workspace(const struct op_call *call, const struct device_traits *traits);
int conv2d_winograd_launch(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list);
/* The filters, transformed. */
void conv2d_winograd_form(const struct op_call *call, int input, const struct device_traits *traits,
                          struct op_form *form);

size_t conv2d_winograd_weights_workspace(const struct op_call *call,
                                         const struct device_traits *traits);
int conv2d_winograd_weights_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list);

/* Of forward and backward_data; of backward_weights. */
extern const struct op_tunable conv2d_winograd_tunables[], conv2d_winograd_weights_tunables[];
void conv2d_winograd_tune(const struct op_call *call, const struct device_traits *traits,
                          int values[OP_MAX_TUNABLES]);
void conv2d_winograd_weights_tune(const struct op_call *call, const struct device_traits *traits,
                                  int values[OP_MAX_TUNABLES]);

/* op_algorithm.bound of all three passes. */
int conv2d_winograd_bound(const struct op_call *call, const void *const *in, double *scale,
                          double *reduction);

/* op_algorithm.flops of all three passes: those of the products. The transforms, mostly additions,
 * do not count. */
double conv2d_winograd_flops(const struct op_call *call);

/* ---- Shared by the passes ---- */

enum { WINOGRAD_OPTIONS = TILE_OPTIONS + 16 };

/* The tiles of the maps of a convolution. */
struct winograd_grid {
    int across, down; /* tiles in a row and in a column of a map */
    int rows;         /* of tiles, of all images */
    int tiles;        /* of all images */
};
struct winograd_grid winograd_grid_make(int images, int height, int width);

/* Rows of a filter's transform, and their square. */
int winograd_side(int filter);
int winograd_points(int filter);

/* What is transformed at a time: `rows` rows of `across` tiles, at most `most` tiles. */
struct winograd_block {
    int rows, across;
};
struct winograd_block winograd_block_make(const struct winograd_grid *grid, int most);

/* Channels rounded up to whole vectors. */
int winograd_channels(int channels, const struct device_traits *traits);

/* A copy of [rows][pixels][channels] with winograd_channels. */
struct conv2d_padding winograd_padding(int rows, int pixels, int channels,
                                       const struct device_traits *traits);

/* Build options of a program for filters of this size. */
void winograd_options(char text[WINOGRAD_OPTIONS], int filter, struct tile tile);

/* Vectors of a plane of a block's columns (cl/conv2d_winograd.clh), where each pixel has `vectors`
 * vectors and `beside` pixels stand beside the tiles. Odd: planes do not share cache sets. */
int winograd_plane(const struct winograd_block *block, int beside, int vectors);

#endif

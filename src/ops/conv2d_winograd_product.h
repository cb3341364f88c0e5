/* The products at the points of Winograd's convolution on GPUs: see cl/conv2d_winograd_product.cl.
 */
#ifndef SAAE_OPS_CONV2D_WINOGRAD_PRODUCT_H
#define SAAE_OPS_CONV2D_WINOGRAD_PRODUCT_H

#include "ops/conv2d_gemm_tile.h"

/* For each of `points` points c [rows][columns] = a b, the depth in `splits` splits. */
struct winograd_product {
    int points;
    struct gemm_product size; /* of the largest slice */
    bool turned;              /* a is [rows][depth] in memory, else [depth][rows] */
    struct gemm_tile tile;
    int splits;
};

/* Chooses tile and splits. asked: of the splits, 0 for the formula's. */
void winograd_product_plan(struct winograd_product *product, int asked, const struct op_call *call,
                           const struct device_traits *traits);

/* Has the device the memory and the time for its groups? */
bool winograd_product_supports(const struct winograd_product *product,
                               const struct device_traits *traits);

/* Brings the tile to what the driver takes, before the first launch. */
int winograd_product_fit(struct winograd_product *product, const struct op_call *call,
                         struct launch_list *list);

/* For `count` tiles: rows of a turned product, depths of another. c [splits][points][rows][columns]
 * is overwritten or, with accumulate, added to. */
int winograd_product_launch(const struct winograd_product *product, int count, struct buffer *a,
                            struct buffer *b, struct buffer *c, int accumulate,
                            struct launch_list *list);

/* Floats of c. */
size_t winograd_product_floats(const struct winograd_product *product);

#endif

/* The work-groups of cl/conv2d_gemm.clh: what a group and an item take of a product in local memory
 *
 *     C [rows][columns] = A [rows][depth] B [depth][columns],
 *
 * and the splits of its depth where there are too few groups for a GPU. */
#ifndef SAAE_OPS_CONV2D_GEMM_TILE_H
#define SAAE_OPS_CONV2D_GEMM_TILE_H

#include "ops/op.h"
#include "ops/tile.h"

/* Tunables behind those of the tile, which all algorithms on such groups have first. */
enum { GEMM_ITEMS = TILE_TUNABLES, GEMM_DEPTH, GEMM_TUNABLES };
extern const int gemm_rows_tried[], gemm_items_tried[], gemm_depth_tried[];
#define GEMM_TUNABLE_ROWS                                                                          \
    {                                                                                              \
        "rows", "rows of a work-item", "8; 4 on GPUs of other makers than NVIDIA, AMD and Intel",  \
            1, 16, gemm_rows_tried                                                                 \
    }
#define GEMM_TUNABLE_VECTORS                                                                       \
    {                                                                                              \
        "vectors", "vectors in a row of a work-item", "2 on NVIDIA and AMD, else 1", 1, 4,         \
            tile_vectors_tried                                                                     \
    }
#define GEMM_TUNABLE_ITEMS                                                                         \
    {                                                                                              \
        "items", "work-items in a group", "128 on NVIDIA and AMD, else 64", 32, 256,               \
            gemm_items_tried                                                                       \
    }
#define GEMM_TUNABLE_DEPTH                                                                         \
    {                                                                                              \
        "depth", "depths of a slab in local memory", "8", 4, 32, gemm_depth_tried                  \
    }

/* A product. left, right: what a load must divide to stay within a row of A and of B. */
struct gemm_product {
    int rows, columns, depth, left, right;
};

struct gemm_tile {
    int VW, LW, MR, NV, BK; /* as in the kernels */
    int items, across;      /* LS, LX */
};

/* Has the device groups large enough? Not CPUs, whose work-items are loops: a barrier there ends
 * every one of them. */
bool gemm_tile_supports(const struct device_traits *traits);

/* The formula's tile, or what the call's tuning gives instead, brought to what the kernels take; a
 * tile made from its own sizes is the same. */
struct gemm_tile gemm_tile_make(const struct gemm_product *product, const struct op_call *call,
                                const struct device_traits *traits);

/* Halves the group until the driver takes this kernel with it. */
int gemm_tile_fit(struct gemm_tile *tile, const struct gemm_product *product,
                  const struct op_call *call, struct launch_list *list, const char *program,
                  const char *kernel, const char *more_options);

void gemm_tile_tuning(const struct gemm_tile *tile, int values[OP_MAX_TUNABLES]);

/* Bytes of local memory: two slabs, and three numbers for each depth. */
size_t gemm_tile_bytes(const struct gemm_tile *tile);
/* Groups for a product of so many rows and columns, its depth not split. */
int gemm_tile_groups(const struct gemm_tile *tile, int rows, int columns);

/* Depths of a split, whole slabs. */
int gemm_tile_chunk(const struct gemm_tile *tile, int depth, int splits);
/* Splits for `groups` groups: asked of them, or if that is 0 work for a large GPU; fewer where
 * their sums, `size` floats each, would take more than 64 MiB; as many as the device's limit of
 * loops wants. */
int gemm_tile_splits(const struct gemm_tile *tile, int groups, int depth, size_t size, int asked,
                     const struct device_traits *traits);
/* How deep one split may be on a device that limits the iterations of an item. */
int gemm_tile_most_depth(const struct gemm_tile *tile, const struct device_traits *traits);

/* Build options: "-DVW=4 -DMR=8 ...", followed by `more`. */
enum { GEMM_OPTIONS = TILE_OPTIONS + 80 };
void gemm_tile_options(char text[GEMM_OPTIONS], const struct gemm_tile *tile, const char *more);
struct launch_grid gemm_tile_grid(const struct gemm_tile *tile, int groups);

#endif

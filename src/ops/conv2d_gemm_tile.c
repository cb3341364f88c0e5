#include "ops/conv2d_gemm_tile.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ops/elementwise.h"

const int gemm_rows_tried[] = {2, 4, 8, 16, 0}, gemm_items_tried[] = {32, 64, 128, 256, 0},
          gemm_depth_tried[] = {4, 8, 16, 32, 0};

enum {
    MOST_VECTOR = 4,        /* floats: a load of 16 bytes */
    LEAST_ITEMS = 32,       /* of a group, which one slab's depths must not outnumber */
    MOST_ITEMS = 256,       /* AMD's and Intel's limit */
    MOST_SUMS = 128,        /* floats of an item in registers */
    LOCAL_BYTES = 16 << 10, /* for two groups in the least that a device may have */
    SLAB_SPARE = 4,         /* A_PITCH - BM */
    USUAL_DEPTH = 8,        /* 32 bytes of a row; more take registers that more groups could have */
    WANTED_ITEMS = 65536,   /* enough to fill a large GPU */
    LEAST_DEPTH = 256,      /* of a split, beside whose sums its operands are the most to read */
    MOST_PARTIALS = 16 << 20, /* floats */
};

/* What suits a maker's GPUs, by their registers and the width of their groups; not measured. The
 * first whose word is in the names of device and platform. */
static const struct preset {
    const char *word;
    int rows, vectors, items;
} presets[] = {
    {"NVIDIA", 8, 2, 128}, {"AMD", 8, 2, 128}, {"Radeon", 8, 2, 128},
    {"Intel", 8, 1, 64},   {"", 4, 1, 64},
};

static const struct preset *preset_of(const struct device_traits *traits)
{
    const struct preset *preset = presets;
    while (!strstr(traits->platform, preset->word) && !strstr(traits->name, preset->word)) preset++;
    return preset;
}

/* The largest power of two up to `most`. */
static int power_below(int most)
{
    int power = 1;
    while (power <= most / 2) power *= 2;
    return power;
}

static int power_above(int least)
{
    int power = 1;
    while (power < least) power *= 2;
    return power;
}

static int block_rows(const struct gemm_tile *tile)
{
    return tile->items / tile->across * tile->MR;
}

static int block_columns(const struct gemm_tile *tile)
{
    return tile->across * tile->NV * tile->VW;
}

bool gemm_tile_supports(const struct device_traits *traits)
{
    return !elementwise_is_cpu(traits) && traits->largest_group >= LEAST_ITEMS;
}

struct gemm_tile gemm_tile_make(const struct gemm_product *product, const struct op_call *call,
                                const struct device_traits *traits)
{
    const struct preset *usual = preset_of(traits);
    const size_t limit = traits->local_bytes < LOCAL_BYTES ? traits->local_bytes : LOCAL_BYTES;
    const int most_items = tile_min(MOST_ITEMS, (int)traits->largest_group);
    struct gemm_tile tile = {.VW = tile_min(MOST_VECTOR, tile_vector(product->columns, traits))};
    tile.LW = tile.VW;
    while (product->left % tile.LW != 0 || product->right % tile.LW != 0) tile.LW /= 2;
    tile.items = power_below(tile_min(tuning_value(call, GEMM_ITEMS, usual->items), most_items));
    tile.BK = power_below(tuning_value(call, GEMM_DEPTH, USUAL_DEPTH));
    tile.NV = power_below(tuning_value(call, TILE_VECTORS, usual->vectors));
    while (tile.NV > 1 && tile.NV * tile.VW >= 2 * product->columns) tile.NV /= 2;

    /* As many side by side as there are columns for, but not many more than one below the other;
     * and all items together load a row of each slab at once. */
    const int lanes = tile.NV * tile.VW;
    int widest = 1;
    while (2 * widest * widest <= tile.items) widest *= 2;
    widest = tile_min(widest, tile.items * tile.LW / lanes);
    tile.across = tile_min(power_above(tile_divide_up(product->columns, lanes)), widest);
    tile.MR = power_below(tuning_value(call, TILE_ROWS, usual->rows));
    tile.MR = tile_min(tile.MR, tile_min(MOST_SUMS / lanes, tile.across * tile.LW));
    while (tile.MR > 1 && block_rows(&tile) >= 2 * product->rows) tile.MR /= 2;
    while (tile.BK > 4 && gemm_tile_bytes(&tile) > limit) tile.BK /= 2;
    while (tile.MR > 1 && gemm_tile_bytes(&tile) > limit) tile.MR /= 2;
    return tile;
}

int gemm_tile_fit(struct gemm_tile *tile, const struct gemm_product *product,
                  const struct op_call *call, struct launch_list *list, const char *program,
                  const char *kernel, const char *more_options)
{
    int status = SAAE_OK;
    struct op_call smaller = *call;
    size_t limit = 0;
    char options[GEMM_OPTIONS];
    for (;;) {
        gemm_tile_options(options, tile, more_options);
        TRY(launch_group_limit(list, program, options, kernel, &limit));
        if (limit >= (size_t)tile->items || tile->items <= LEAST_ITEMS) break;
        smaller.tuning[GEMM_ITEMS] = tile->items / 2;
        *tile = gemm_tile_make(product, &smaller, device_traits(launch_list_device(list)));
    }
done:
    return status;
}

void gemm_tile_tuning(const struct gemm_tile *tile, int values[OP_MAX_TUNABLES])
{
    values[TILE_ROWS] = tile->MR;
    values[TILE_VECTORS] = tile->NV;
    values[GEMM_ITEMS] = tile->items;
    values[GEMM_DEPTH] = tile->BK;
}

size_t gemm_tile_bytes(const struct gemm_tile *tile)
{
    const int floats = block_rows(tile) + block_columns(tile) + 2 * SLAB_SPARE + 3;
    return (size_t)(tile->BK * floats) * sizeof(float);
}

int gemm_tile_groups(const struct gemm_tile *tile, int rows, int columns)
{
    return tile_divide_up(rows, block_rows(tile)) * tile_divide_up(columns, block_columns(tile));
}

/* Loop iterations of an item for one slab, should the compiler unroll nothing. */
static int slab_iterations(const struct gemm_tile *tile)
{
    const struct tile of_item = {tile->VW, tile->MR, tile->NV};
    const int loaded = tile->BK * (block_rows(tile) + block_columns(tile)) / tile->items;
    return tile->BK * (tile_iterations(of_item) + tile->MR + tile->NV) + 4 * (loaded + 2);
}

int gemm_tile_most_depth(const struct gemm_tile *tile, const struct device_traits *traits)
{
    const int slabs = tile_most_steps(slab_iterations(tile), traits);
    return slabs > INT_MAX / tile->BK ? INT_MAX : slabs * tile->BK;
}

int gemm_tile_chunk(const struct gemm_tile *tile, int depth, int splits)
{
    return tile_divide_up(tile_divide_up(depth, splits), tile->BK) * tile->BK;
}

int gemm_tile_splits(const struct gemm_tile *tile, int groups, int depth, size_t size, int asked,
                     const struct device_traits *traits)
{
    const size_t room = (size_t)MOST_PARTIALS / size;
    int splits = tile_divide_up(WANTED_ITEMS, tile->items) / groups;
    splits = tile_min(splits, depth / LEAST_DEPTH);
    splits = asked ? asked : tile_max(1, splits);
    if ((size_t)splits > room) splits = tile_max(1, (int)room);
    splits = tile_max(splits, tile_divide_up(depth, gemm_tile_most_depth(tile, traits)));
    return tile_divide_up(depth, gemm_tile_chunk(tile, depth, splits));
}

void gemm_tile_options(char text[GEMM_OPTIONS], const struct gemm_tile *tile, const char *more)
{
    char of_item[TILE_OPTIONS];
    tile_options(of_item, (struct tile){tile->VW, tile->MR, tile->NV});
    snprintf(text, GEMM_OPTIONS, "%s -DLS=%d -DLX=%d -DBK=%d -DLW=%d %s", of_item, tile->items,
             tile->across, tile->BK, tile->LW, more);
}

struct launch_grid gemm_tile_grid(const struct gemm_tile *tile, int groups)
{
    const size_t items = (size_t)tile->items;
    return (struct launch_grid){.global = {(size_t)groups * items, 1, 1}, .local = {items, 1, 1}};
}

#include "ops/conv2d_winograd_product.h"

static const char program[] = "conv2d_winograd_product";

static const char *more_options(const struct winograd_product *product)
{
    return product->turned ? "-DA_TURNED=1" : "";
}

/* Floats of one split. */
static size_t split_floats(const struct winograd_product *product)
{
    const struct gemm_product *size = &product->size;
    return (size_t)product->points * (size_t)size->rows * (size_t)size->columns;
}

size_t winograd_product_floats(const struct winograd_product *product)
{
    return (size_t)product->splits * split_floats(product);
}

void winograd_product_plan(struct winograd_product *product, int asked, const struct op_call *call,
                           const struct device_traits *traits)
{
    const struct gemm_product *size = &product->size;
    product->tile = gemm_tile_make(size, call, traits);
    const int groups =
        product->points * gemm_tile_groups(&product->tile, size->rows, size->columns);
    product->splits =
        gemm_tile_splits(&product->tile, groups, size->depth, split_floats(product), asked, traits);
}

bool winograd_product_supports(const struct winograd_product *product,
                               const struct device_traits *traits)
{
    const int depth = gemm_tile_chunk(&product->tile, product->size.depth, product->splits);
    return gemm_tile_bytes(&product->tile) <= traits->local_bytes &&
           depth <= gemm_tile_most_depth(&product->tile, traits);
}

int winograd_product_fit(struct winograd_product *product, const struct op_call *call,
                         struct launch_list *list)
{
    return gemm_tile_fit(&product->tile, &product->size, call, list, program, program,
                         more_options(product));
}

int winograd_product_launch(const struct winograd_product *product, int count, struct buffer *a,
                            struct buffer *b, struct buffer *c, int accumulate,
                            struct launch_list *list)
{
    const struct gemm_tile *tile = &product->tile;
    const int rows = product->turned ? count : product->size.rows;
    const int depth = product->turned ? product->size.depth : count;
    const int columns = product->size.columns;
    const int groups = product->splits * product->points * gemm_tile_groups(tile, rows, columns);
    char options[GEMM_OPTIONS];
    gemm_tile_options(options, tile, more_options(product));
    return LAUNCH(list, program, options, program, gemm_tile_grid(tile, groups), ARG(a), ARG(b),
                  ARG(c), ARG(product->points), ARG(rows), ARG(columns), ARG(depth),
                  ARG(gemm_tile_chunk(tile, depth, product->splits)), ARG(accumulate));
}

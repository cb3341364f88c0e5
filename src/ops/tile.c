#include "ops/tile.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "ops/elementwise.h"

int tile_registers(const struct device_traits *traits)
{
    if (!elementwise_is_cpu(traits)) return 64 / traits->vector_width;
    return traits->vector_width >= 16 ? 28 : 12;
}

int tile_vector(int count, const struct device_traits *traits)
{
    int VW = 1;
    while (VW < count && VW < traits->vector_width) VW *= 2;
    return VW;
}

struct tile tile_choose(int rows, int columns, int VW, int max_rows, bool exact,
                        const struct device_traits *traits)
{
    static const int heights[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14};
    const int registers = tile_registers(traits);
    const int vectors = (columns + VW - 1) / VW;
    struct tile best = {VW, 1, 1};
    double least = INFINITY;
    for (int NV = 1; NV <= 2; NV++) {
        if (exact && vectors % NV != 0) continue;
        for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
            const int MR = heights[i];
            if (MR > max_rows || MR * NV > registers) continue;
            const int high = (rows + MR - 1) / MR, wide = (vectors + NV - 1) / NV;
            double tiles = (double)high * wide;
            double work = tiles * (MR * NV + MR + NV);
            if (work < least) {
                least = work;
                best = (struct tile){VW, MR, NV};
            }
        }
    }
    return best;
}

const int tile_rows_tried[] = {2, 4, 5, 6, 7, 8, 10, 12, 14, 16, 0};
const int tile_vectors_tried[] = {1, 2, 4, 0};

/* The largest divisor of `whole` that is at most `part`; `part` itself if `whole` is 0. */
static int divisor_below(int part, int whole)
{
    while (whole % part != 0) part--;
    return part;
}

struct tile tile_tuned(struct tile usual, const struct op_call *call, int vectors, int height)
{
    enum { MOST_SUMS = 32 }; /* vectors: no device has more registers */
    struct tile tile = usual;
    tile.NV = divisor_below(tuning_value(call, TILE_VECTORS, usual.NV), vectors);
    tile.MR = tile_min(tuning_value(call, TILE_ROWS, usual.MR), MOST_SUMS / tile.NV);
    tile.MR = divisor_below(tile.MR, height);
    return tile;
}

int tile_iterations(struct tile tile)
{
    return 1 + tile.NV + tile.MR * (1 + tile.NV);
}

int tile_most_steps(int iterations, const struct device_traits *traits)
{
    /* Half of the limit, for the loops around the steps. */
    uint64_t most = traits->loop_limit / 2 / (uint64_t)iterations;
    if (most > INT_MAX) return INT_MAX;
    return most > 0 ? (int)most : 1;
}

void tile_options(char text[TILE_OPTIONS], struct tile tile)
{
    snprintf(text, TILE_OPTIONS, "-DVW=%d -DMR=%d -DNV=%d", tile.VW, tile.MR, tile.NV);
}

struct launch_grid tile_grid(int x, int y, const struct device_traits *traits)
{
    return (struct launch_grid){.global = {(size_t)x, (size_t)y, 1},
                                .local = {(size_t)elementwise_group(traits), 1, 1}};
}

size_t tile_piece(size_t floats)
{
    return size_round_up(floats * sizeof(float), BUFFER_ALIGNMENT);
}

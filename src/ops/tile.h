/* What the register-tile kernels (conv2d, fully_connected) share: the choice of a tile. */
#ifndef SAAE_OPS_TILE_H
#define SAAE_OPS_TILE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "ops/tuning.h"
#include "runtime/launch.h"

/* A tile of MR rows, each of NV vectors of VW floats. */
struct tile {
    int VW, MR, NV;
};

/* Vectors of sums that the registers hold beside a tile's operands. 32 registers of 16 floats
 * (AVX-512) hold 28; 16 of at most 8 floats (AVX, SSE) hold 12; a GPU's work-item is held to 64
 * floats, so that enough items run at once. */
int tile_registers(const struct device_traits *traits);

/* The smallest power of two that holds `count`, at most the device's vector width. */
int tile_vector(int count, const struct device_traits *traits);

/* The tile with the least work for `rows` x `columns` floats, edges included: a step of a tile
 * multiplies MR*NV times and loads MR + NV operands. VW is given, MR at most max_rows.
 * exact: NV must divide the vectors of a row. */
struct tile tile_choose(int rows, int columns, int VW, int max_rows, bool exact,
                        const struct device_traits *traits);

/* The first two tunables of every algorithm that runs on register tiles. */
enum { TILE_ROWS, TILE_VECTORS, TILE_TUNABLES };
extern const int tile_rows_tried[], tile_vectors_tried[];
#define TILE_TUNABLE_ROWS(usual)                                                                   \
    {                                                                                              \
        "rows", "rows of a register tile", usual, 1, 16, tile_rows_tried                           \
    }
#define TILE_TUNABLE_VECTORS(usual)                                                                \
    {                                                                                              \
        "vectors", "vectors in a row of a register tile", usual, 1, 4, tile_vectors_tried          \
    }

/* The formula's tile with what the call gives instead. vectors: NV must divide it (0: need not);
 * height: MR must (0: need not). Tiles of more than 32 vectors of sums have fewer rows. */
struct tile tile_tuned(struct tile usual, const struct op_call *call, int vectors, int height);

/* Loop iterations of one step, should the compiler not unroll the tile. */
int tile_iterations(struct tile tile);
/* How many such steps one item may run; INT_MAX where there is no limit. */
int tile_most_steps(int iterations, const struct device_traits *traits);

/* Build options: "-DVW=16 -DMR=14 -DNV=2". */
enum { TILE_OPTIONS = 64 };
void tile_options(char text[TILE_OPTIONS], struct tile tile);

/* A grid of x by y items in groups of the device's kind. */
struct launch_grid tile_grid(int x, int y, const struct device_traits *traits);

static inline int tile_min(int a, int b)
{
    return a < b ? a : b;
}

static inline int tile_max(int a, int b)
{
    return a > b ? a : b;
}

/* a / b rounded up, for a >= 0 and b > 0. */
static inline int tile_divide_up(int a, int b)
{
    assert(b > 0);
    return a / b + (a % b != 0);
}

/* Bytes of `floats` floats, rounded up so that another piece can begin behind them. */
size_t tile_piece(size_t floats);

#endif

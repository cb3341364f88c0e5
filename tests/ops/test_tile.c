/* The choice of register tiles for devices of several kinds. */
#include <limits.h>

#include "ops/tile.h"
#include "support.h"

static struct device_traits make_traits(bool cpu, int width)
{
    return (struct device_traits){.cpu = cpu,
                                  .vector_width = width,
                                  .compute_units = 1,
                                  .largest_group = 256,
                                  .loop_limit = UINT64_MAX};
}

static void test_vector_holds_the_columns(void **state)
{
    (void)state;
    const struct device_traits wide = make_traits(true, 16), narrow = make_traits(false, 4);
    assert_int_equal(tile_vector(1, &wide), 1);
    assert_int_equal(tile_vector(3, &wide), 4);
    assert_int_equal(tile_vector(16, &wide), 16);
    assert_int_equal(tile_vector(17, &wide), 16);
    assert_int_equal(tile_vector(17, &narrow), 4);
}

/* Whatever the sizes: within the registers and the given height, and NV divides where it must. */
static void test_tiles_fit(void **state)
{
    (void)state;
    for (int cpu = 0; cpu < 2; cpu++)
        for (int width = 1; width <= 16; width *= 2)
            for (int rows = 1; rows <= 40; rows++)
                for (int columns = 1; columns <= 5 * width; columns++) {
                    const struct device_traits traits = make_traits(cpu, width);
                    const int VW = tile_vector(columns, &traits);
                    const struct tile tile = tile_choose(rows, columns, VW, 8, true, &traits);
                    assert_int_equal(tile.VW, VW);
                    assert_in_range(tile.MR, 1, 8);
                    assert_in_range(tile.NV, 1, 2);
                    assert_true(tile.MR * tile.NV <= tile_registers(&traits));
                    assert_int_equal(tile_divide_up(columns, VW) % tile.NV, 0);
                }
}

static void test_tiles_waste_little(void **state)
{
    (void)state;
    const struct device_traits traits = make_traits(true, 16);
    assert_int_equal(tile_choose(28, 64, 16, 14, false, &traits).MR, 14);
    assert_int_equal(tile_choose(28, 64, 16, 14, false, &traits).NV, 2);
    assert_int_equal(tile_choose(7, 64, 16, 14, false, &traits).MR, 7);
    assert_int_equal(tile_choose(1, 64, 16, 14, false, &traits).MR, 1);
    assert_int_equal(tile_choose(28, 16, 16, 14, false, &traits).NV, 1);
    assert_int_equal(tile_choose(28, 48, 16, 14, true, &traits).NV, 1);
}

/* Steps times iterations of a step stay within half of the limit; without one nothing is cut. */
static void test_steps_respect_the_limit(void **state)
{
    (void)state;
    struct device_traits traits = make_traits(false, 4);
    const struct tile tile = {4, 7, 2};
    assert_int_equal(tile_iterations(tile), 24);
    assert_int_equal(tile_most_steps(24, &traits), INT_MAX);
    traits.loop_limit = 65535;
    assert_int_equal(tile_most_steps(24, &traits), 32767 / 24);
    traits.loop_limit = 10;
    assert_int_equal(tile_most_steps(24, &traits), 1);
}

static void test_options_and_grid(void **state)
{
    (void)state;
    char text[TILE_OPTIONS];
    const struct device_traits cpu = make_traits(true, 16), gpu = make_traits(false, 4);
    tile_options(text, (struct tile){16, 14, 2});
    assert_string_equal(text, "-DVW=16 -DMR=14 -DNV=2");
    assert_int_equal(tile_grid(5, 3, &cpu).global[1], 3);
    assert_int_equal(tile_grid(5, 3, &cpu).local[0], 1);
    assert_int_equal(tile_grid(5, 3, &gpu).local[0], 64);
    assert_int_equal(tile_piece(1), BUFFER_ALIGNMENT);
    assert_int_equal(tile_piece(129), 2 * BUFFER_ALIGNMENT);
}

const struct CMUnitTest tile_tests[] = {
    cmocka_unit_test(test_vector_holds_the_columns), cmocka_unit_test(test_tiles_fit),
    cmocka_unit_test(test_tiles_waste_little),       cmocka_unit_test(test_steps_respect_the_limit),
    cmocka_unit_test(test_options_and_grid),
};
const size_t tile_test_count = sizeof tile_tests / sizeof *tile_tests;

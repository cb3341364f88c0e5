/* How kernels are laid over devices: nothing is left out, nothing is done twice, loops end before a
 * device's limit, and cores do not matter. */
#include <string.h>

#include "ops/reduce.h"
#include "support.h"

enum { LOOP_LIMIT = 30000 };

static struct device_traits traits_of(bool cpu, int width, int cores)
{
    return (struct device_traits){
        .cpu = cpu, .vector_width = width, .compute_units = cores, .largest_group = 256};
}

static void test_width(void **state)
{
    (void)state;
    struct device_traits wide = traits_of(true, 16, 1), narrow = traits_of(false, 4, 1);
    assert_int_equal(elementwise_width(&wide, 0), 16);
    assert_int_equal(elementwise_width(&wide, 64), 16);
    assert_int_equal(elementwise_width(&wide, 24), 8);
    assert_int_equal(elementwise_width(&wide, 11), 1);
    assert_int_equal(elementwise_width(&narrow, 64), 4);
    assert_int_equal(elementwise_width(&narrow, 6), 2);
}

static void test_group_fits_the_device(void **state)
{
    (void)state;
    struct device_traits gpu = traits_of(false, 4, 8), cpu = traits_of(true, 16, 8);
    assert_int_equal(elementwise_group(&gpu), 64);
    gpu.largest_group = 48;
    assert_int_equal(elementwise_group(&gpu), 32);
    assert_int_equal(elementwise_group(&cpu), 1);
    cpu.emulator = true; /* Oclgrind calls itself a CPU too, but barriers must be exercised there */
    assert_int_equal(elementwise_group(&cpu), 64);
}

static void test_flat_plans_cover(void **state)
{
    (void)state;
    const size_t counts[] = {1, 15, 16, 17, 1023, 4096, 4097, 50176, 3211264};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int kind = 0; kind < 6; kind++) {
            struct device_traits traits = traits_of(kind % 2, kind % 2 ? 16 : 4, 1);
            enum elementwise_use use = (enum elementwise_use)(kind / 2);
            struct elementwise_plan plan = elementwise_plan_make(&traits, counts[i], 0, use);
            size_t piece = (size_t)plan.chunk * (size_t)plan.width * plan.grid.local[0];
            assert_true(plan.groups * piece >= counts[i]);
            assert_true((plan.groups - 1) * piece < counts[i]);
            assert_int_equal(plan.grid.global[0], plan.groups * plan.grid.local[0]);
            assert_true(plan.chunk <= LOOP_LIMIT);
        }
    }
}

static void test_column_plans_cover(void **state)
{
    (void)state;
    const size_t rows[] = {1, 2, 7, 64, 997, 50176, 3211264};
    const int columns[] = {1, 3, 11, 16, 24, 64, 128, 50176};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            for (int kind = 0; kind < 4; kind++) {
                struct device_traits traits = traits_of(kind % 2, kind % 2 ? 16 : 4, 1);
                struct column_plan plan;
                column_plan_make(&plan, &traits, rows[r], columns[c], 0,
                                 kind / 2 ? COLUMN_SUM : COLUMN_MAP);
                size_t covered = (size_t)plan.groups * (size_t)plan.rows_per_group;
                assert_true(covered >= rows[r] && covered - (size_t)plan.rows_per_group < rows[r]);
                assert_int_equal(columns[c] % plan.blocks, 0);
                assert_true(plan.rows_per_group <= LOOP_LIMIT);
                assert_true(plan.grid.global[0] >= (size_t)plan.blocks * (size_t)plan.groups);
                if (kind / 2) assert_true(plan.groups <= LOOP_LIMIT);
            }
        }
    }
}

/* Parts have groups of their own, however many or small they are. */
static void test_column_plans_of_parts_cover(void **state)
{
    (void)state;
    const size_t rows[] = {1, 4, 196, 784, 65536};
    const int parts[] = {1, 2, 64, 4096};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            struct device_traits traits = traits_of(p % 2, p % 2 ? 16 : 4, 1);
            struct column_plan plan;
            column_plan_make_parts(&plan, &traits, parts[p], rows[r], 64, 0, COLUMN_SUM);
            size_t covered = (size_t)plan.pieces * (size_t)plan.rows_per_group;
            assert_true(covered >= rows[r] && covered - (size_t)plan.rows_per_group < rows[r]);
            assert_int_equal(plan.groups, parts[p] * plan.pieces);
            assert_true(plan.groups <= LOOP_LIMIT);
        }
    }
}

static void test_folding_keeps_the_matrix(void **state)
{
    (void)state;
    struct device_traits traits = traits_of(true, 16, 1);
    struct column_plan plan;
    column_plan_make_folded(&plan, &traits, 50176, 1);
    assert_int_equal(plan.columns, 16);
    assert_int_equal(plan.rows, 3136);
    column_plan_make_folded(&plan, &traits, 6, 3);
    assert_int_equal(plan.columns, 6);
    assert_int_equal(plan.rows, 3);
    column_plan_make_folded(&plan, &traits, 10, 64);
    assert_int_equal(plan.columns, 64);
}

/* A sum that changed with the number of cores would make seeded runs differ. */
static void test_cores_do_not_matter(void **state)
{
    (void)state;
    struct device_traits few = traits_of(true, 16, 1), many = traits_of(true, 16, 128);
    struct elementwise_plan a = elementwise_plan_make(&few, 50176, 0, ELEMENTWISE_SUM);
    struct elementwise_plan b = elementwise_plan_make(&many, 50176, 0, ELEMENTWISE_SUM);
    struct column_plan c, d;
    column_plan_make(&c, &few, 50176, 64, 0, COLUMN_SUM);
    column_plan_make(&d, &many, 50176, 64, 0, COLUMN_SUM);
    assert_int_equal(a.groups, b.groups);
    assert_string_equal(a.options, b.options);
    assert_int_equal(c.groups, d.groups);
    assert_string_equal(c.options, d.options);
}

const struct CMUnitTest elementwise_tests[] = {
    cmocka_unit_test(test_width),
    cmocka_unit_test(test_group_fits_the_device),
    cmocka_unit_test(test_flat_plans_cover),
    cmocka_unit_test(test_column_plans_cover),
    cmocka_unit_test(test_column_plans_of_parts_cover),
    cmocka_unit_test(test_folding_keeps_the_matrix),
    cmocka_unit_test(test_cores_do_not_matter),
};
const size_t elementwise_test_count = sizeof elementwise_tests / sizeof *elementwise_tests;

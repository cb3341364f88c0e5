#include "runtime/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kernels[] =
    "kernel void scale(const int n, const float a, const long shift, global float *x)\n"
    "{\n"
    "    const int i = (int)get_global_id(0);\n"
    "    if (i < n) x[i] = a * x[i] + (float)(shift >> 32);\n"
    "}\n"
    "kernel void reverse(const int n, local float *tile, global const float *x, global float *y)\n"
    "{\n"
    "    const int i = (int)get_global_id(0), l = (int)get_local_id(0);\n"
    "    const int last = (int)get_local_size(0) - 1;\n"
    "    tile[l] = i < n ? x[i] : 0.0f;\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    if (i < n) y[i] = tile[last - l];\n"
    "}\n"
    "kernel void place(const int h, const int w, global int *out)\n"
    "{\n"
    "    const int x = (int)get_global_id(0), y = (int)get_global_id(1);\n"
    "    const int z = (int)get_global_id(2);\n"
    "    if (x < w && y < h && z < 2) out[(z * h + y) * w + x] = 100 * z + 10 * y + x;\n"
    "}\n"
    "kernel void maybe(global const float *x, const int use, global float *y)\n"
    "{\n"
    "    y[get_global_id(0)] = use ? x[get_global_id(0)] : 7.0f;\n"
    "}\n"
    "kernel __attribute__((reqd_work_group_size(8, 1, 1))) void fixed(global float *x)\n"
    "{\n"
    "    x[get_global_id(0)] = 1.0f;\n"
    "}\n";

static struct bench {
    struct device *device;
    struct launch_list *list;
    struct buffer *x, *y;
} start(bool profiling)
{
    struct bench bench = {0};
    bench.device = fixture_open(profiling);
    fixture_kernel(kernels);
    assert_ok(launch_list_create(&bench.list, bench.device));
    assert_ptr_equal(launch_list_device(bench.list), bench.device);
    assert_ok(buffer_create(&bench.x, bench.device, 64 * sizeof(float), "x"));
    assert_ok(buffer_create(&bench.y, bench.device, 64 * sizeof(float), "y"));
    return bench;
}

static void stop(struct bench *bench)
{
    launch_list_free(bench->list);
    buffer_free(bench->x);
    buffer_free(bench->y);
    fixture_close(bench->device);
}

static int add_scale(struct bench *bench, int n, float a, long shift)
{
    return LAUNCH(bench->list, "test", "", "scale", ((struct launch_grid){{(size_t)n, 1, 1}, {16}}),
                  ARG(n), ARG(a), ARG(shift), ARG(bench->x));
}

static void a_launch_computes(void **state)
{
    (void)state;
    struct bench bench = start(false);
    float x[64];
    for (int i = 0; i < 64; i++) x[i] = (float)i;
    assert_ok(buffer_write(bench.x, 0, x, sizeof x));
    assert_ok(add_scale(&bench, 50, 2.0f, 3L << 32));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(launch_list_run(bench.list, 0, 0)); /* recorded once, run twice */
    assert_ok(buffer_read(bench.x, 0, x, sizeof x));
    for (int i = 0; i < 64; i++) {
        assert_true(x[i] == (i < 50 ? 4.0f * (float)i + 9.0f : (float)i));
    }
    stop(&bench);
}

static void local_memory_and_null_buffers(void **state)
{
    (void)state;
    struct bench bench = start(false);
    float x[64], y[64];
    for (int i = 0; i < 64; i++) x[i] = (float)i;
    assert_ok(buffer_write(bench.x, 0, x, sizeof x));
    assert_ok(LAUNCH(bench.list, "test", NULL, "reverse",
                     ((struct launch_grid){{64, 1, 1}, {16, 1, 1}}), ARG(64),
                     launch_local(16 * sizeof(float)), ARG(bench.x), ARG(bench.y)));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(buffer_read(bench.y, 0, y, sizeof y));
    for (int i = 0; i < 64; i++) {
        int mirrored = i / 16 * 16 + 15 - i % 16; /* within its group */
        assert_true(y[i] == (float)mirrored);
    }
    launch_list_owner(bench.list, 1, "without x");
    struct buffer *none = NULL;
    assert_ok(LAUNCH(bench.list, "test", "", "maybe", ((struct launch_grid){{64, 1, 1}, {0}}),
                     ARG(none), ARG(0), ARG(bench.y)));
    assert_ok(launch_list_run(bench.list, 1, 1));
    assert_ok(buffer_read(bench.y, 0, y, sizeof y));
    for (int i = 0; i < 64; i++) assert_true(y[i] == 7.0f);
    stop(&bench);
}

static void grids_of_three_dimensions(void **state)
{
    (void)state;
    struct bench bench = start(false);
    int out[64];
    assert_ok(buffer_fill(bench.x, 0xffffffffu));
    assert_ok(LAUNCH(bench.list, "test", "", "place", ((struct launch_grid){{7, 3, 2}, {4, 2, 1}}),
                     ARG(3), ARG(7), ARG(bench.x)));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(buffer_read(bench.x, 0, out, sizeof out));
    for (int i = 0; i < 64; i++) {
        assert_int_equal(out[i], i < 42 ? 100 * (i / 21) + 10 * (i / 7 % 3) + i % 7 : -1);
    }
    stop(&bench);
}

static void owners_select_what_runs(void **state)
{
    (void)state;
    struct bench bench = start(false);
    float value = 0;
    for (int owner = 0; owner < 4; owner++) {
        launch_list_owner(bench.list, owner, "a node");
        assert_ok(add_scale(&bench, 1, 10.0f, (long)(owner + 1) << 32));
    }
    assert_ok(buffer_fill(bench.x, 0));
    assert_ok(launch_list_run(bench.list, 1, 2));
    assert_ok(buffer_read(bench.x, 0, &value, sizeof value));
    assert_true(value == 23.0f);
    assert_ok(launch_list_run(bench.list, 4, 9));
    assert_ok(buffer_read(bench.x, 0, &value, sizeof value));
    assert_true(value == 23.0f);
    stop(&bench);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct bench bench = start(false);
    const struct launch_grid grid = {{16, 1, 1}, {16, 1, 1}};
    launch_list_owner(bench.list, 5, "conv1");
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "scale", grid, ARG(1), ARG(2.0f)));
    assert_message_contains("conv1 (node 5)");
    assert_message_contains("declares 4 arguments and is given 2");
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "scale", grid, ARG(1), ARG(2.0f),
                                      ARG(1), ARG(bench.x)));
    assert_message_contains("argument 2");
    assert_message_contains("an int");
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "scale", grid, ARG(1), ARG(2.0f),
                                      ARG(bench.x), ARG(1L)));
    assert_message_contains("argument 2");
    assert_ok(launch_list_run(bench.list, 0, 9)); /* nothing was recorded */
    stop(&bench);
}

static void unknown_kernels_and_stems_are_refused(void **state)
{
    (void)state;
    struct bench bench = start(false);
    const struct launch_grid grid = {{16, 1, 1}, {16, 1, 1}};
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "nothing", grid, ARG(1)));
    assert_message_contains("cl/test.cl has no kernel nothing; it has ");
    assert_message_contains("reverse");
    assert_status(SAAE_INPUT, LAUNCH(bench.list, "absent", "", "nothing", grid, ARG(1)));
    assert_message_contains("absent.cl");
    device_set_kernel_folder(NULL);
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "absent", "", "nothing", grid, ARG(1)));
    assert_message_contains("absent.cl");
    stop(&bench);
}

static void impossible_groups_are_refused(void **state)
{
    (void)state;
    struct bench bench = start(false);
    size_t most = device_traits(bench.device)->largest_group;
    const struct launch_grid large = {{16 * most, 1, 1}, {16 * most, 1, 1}};
    const struct launch_grid product = {{most, 2, 1}, {most, 2, 1}};
    const struct launch_grid empty = {{0, 1, 1}, {1, 1, 1}};
    const struct launch_grid four = {{16, 1, 1}, {4, 1, 1}}, eight = {{16, 1, 1}, {8, 1, 1}};
    const struct launch_argument arguments[] = {ARG(1), ARG(2.0f), ARG(3L), ARG(bench.x)};
    assert_status(SAAE_DEVICE, launch_add(bench.list, "test", "", "scale", large, arguments, 4));
    assert_message_contains("group");
    assert_message_contains("scale");
    assert_status(SAAE_DEVICE, launch_add(bench.list, "test", "", "scale", product, arguments, 4));
    assert_message_contains("group");
    assert_status(SAAE_DEVICE, launch_add(bench.list, "test", "", "scale", empty, arguments, 4));
    assert_message_contains("global size");
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "fixed", four, ARG(bench.x)));
    assert_message_contains("requires 8 x 1 x 1");
    assert_ok(LAUNCH(bench.list, "test", "", "fixed", eight, ARG(bench.x)));
    size_t too_much = device_traits(bench.device)->local_bytes + 4;
    assert_status(SAAE_DEVICE, LAUNCH(bench.list, "test", "", "reverse", eight, ARG(1),
                                      launch_local(too_much), ARG(bench.x), ARG(bench.y)));
    stop(&bench);
}

static void a_kernel_says_how_large_its_groups_may_be(void **state)
{
    (void)state;
    struct bench bench = start(false);
    size_t limit = 0;
    assert_ok(launch_group_limit(bench.list, "test", "", "fixed", &limit));
    assert_in_range(limit, 8, device_traits(bench.device)->largest_group);
    assert_status(SAAE_DEVICE, launch_group_limit(bench.list, "test", "", "nothing", &limit));
    assert_message_contains("no kernel nothing");
    stop(&bench);
}

static void profiles_have_times(void **state)
{
    (void)state;
    struct bench bench = start(true);
    double seconds[3] = {0}, again[3] = {0};
    const char *source = NULL;
    for (int owner = 0; owner < 2; owner++) {
        launch_list_owner(bench.list, owner, "a node");
        for (int i = 0; i < 50; i++) assert_ok(add_scale(&bench, 64, 1.0f, 0));
    }
    assert_ok(buffer_fill(bench.x, 0));
    assert_ok(launch_list_run(bench.list, 0, 1));
    assert_ok(launch_list_times(bench.list, seconds, 3, &source));
    assert_true(!strcmp(source, "events") || !strcmp(source, "wall clock"));
    for (int owner = 0; owner < 2; owner++) {
        assert_true(seconds[owner] > 0 && seconds[owner] < 60);
    }
    assert_true(seconds[2] == 0);
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(launch_list_times(bench.list, again, 3, &source));
    assert_true(again[0] > seconds[0] && again[1] == seconds[1]);
    stop(&bench);
}

static void times_need_profiling(void **state)
{
    (void)state;
    struct bench bench = start(false);
    double seconds = 0;
    const char *source = NULL;
    assert_status(SAAE_USAGE, launch_list_times(bench.list, &seconds, 1, &source));
    assert_message_contains("profiling");
    stop(&bench);
}

static void debug_mode_runs_the_same(void **state)
{
    (void)state;
    struct bench bench = start(false);
    float value = 0;
    device_set_debug(true);
    assert_ok(add_scale(&bench, 1, 3.0f, 1L << 32));
    assert_ok(buffer_fill(bench.x, 0));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(buffer_read(bench.x, 0, &value, sizeof value));
    assert_true(value == 4.0f);
    stop(&bench);
}

static void views_live_with_the_list(void **state)
{
    (void)state;
    struct bench bench = start(false);
    struct buffer *whole = NULL, *view = NULL;
    float value = 0;
    assert_ok(buffer_create(&whole, bench.device, 2 * BUFFER_ALIGNMENT, "scratch"));
    assert_ok(buffer_fill(whole, 0));
    assert_ok(launch_view(bench.list, whole, BUFFER_ALIGNMENT, 64, &view));
    assert_ok(LAUNCH(bench.list, "test", "", "maybe", ((struct launch_grid){{16, 1, 1}, {0}}),
                     ARG(bench.x), ARG(0), ARG(view)));
    assert_ok(launch_list_run(bench.list, 0, 0));
    assert_ok(buffer_read(whole, BUFFER_ALIGNMENT + 60, &value, sizeof value));
    assert_true(value == 7.0f);
    assert_ok(buffer_read(whole, BUFFER_ALIGNMENT - 4, &value, sizeof value));
    assert_true(value == 0.0f);
    assert_status(SAAE_DEVICE, launch_view(bench.list, whole, 4, 4, &view));
    launch_list_free(bench.list);
    bench.list = NULL;
    buffer_free(whole);
    stop(&bench);
}

/* C of 3 x 2 with a pitch of 4 = 2 A B, A and B stored either way. */
static void check_product(struct bench *bench, bool transpose_a, bool transpose_b)
{
    float a[64] = {0}, b[64] = {0}, c[64];
    enum { M = 3, N = 2, K = 5, LDA = 6, LDB = 7, LDC = 4 };
    for (int m = 0; m < M; m++) {
        for (int k = 0; k < K; k++) a[transpose_a ? k * LDA + m : m * LDA + k] = (float)(m - k);
    }
    for (int k = 0; k < K; k++) {
        for (int n = 0; n < N; n++) b[transpose_b ? n * LDB + k : k * LDB + n] = (float)(k + n);
    }
    struct buffer *buffer_c = NULL;
    assert_ok(buffer_create(&buffer_c, bench->device, sizeof c, "C"));
    assert_ok(buffer_write(bench->x, 0, a, sizeof a));
    assert_ok(buffer_write(bench->y, 0, b, sizeof b));
    assert_ok(buffer_fill(buffer_c, 0x7fc00000u)); /* NaN: with beta 0 it must vanish */
    const struct launch_product product = {.m = M,
                                           .n = N,
                                           .k = K,
                                           .transpose_a = transpose_a,
                                           .transpose_b = transpose_b,
                                           .a = bench->x,
                                           .b = bench->y,
                                           .c = buffer_c,
                                           .lda = LDA,
                                           .ldb = LDB,
                                           .ldc = LDC,
                                           .alpha = 2.0f,
                                           .beta = 0.0f};
    struct launch_list *list = NULL;
    assert_ok(launch_list_create(&list, bench->device));
    assert_ok(launch_add_product(list, &product));
    assert_ok(launch_list_run(list, 0, 0));
    assert_ok(buffer_read(buffer_c, 0, c, sizeof c));
    for (int i = 0; i < M * LDC; i++) {
        int m = i / LDC, n = i % LDC, expected = 0;
        for (int k = 0; k < K; k++) expected += 2 * (m - k) * (k + n);
        if (n < N) {
            assert_true(c[i] == (float)expected);
        } else {
            assert_true(c[i] != c[i]); /* between the rows nothing is written */
        }
    }
    launch_list_free(list);
    buffer_free(buffer_c);
}

static void products_through_clblast(void **state)
{
    (void)state;
    struct bench bench = start(false);
    if (!launch_has_product()) {
        stop(&bench);
        test_skip("CLBlast: not in this build");
    }
    for (int way = 0; way < 4; way++) check_product(&bench, way & 1, way & 2);
    stop(&bench);
}

static void impossible_products_are_refused(void **state)
{
    (void)state;
    struct bench bench = start(false);
    struct launch_product product = {.m = 8,
                                     .n = 8,
                                     .k = 8,
                                     .a = bench.x,
                                     .b = bench.y,
                                     .c = bench.x,
                                     .lda = 8,
                                     .ldb = 8,
                                     .ldc = 8,
                                     .alpha = 1};
    product.lda = 7;
    assert_status(SAAE_DEVICE, launch_add_product(bench.list, &product));
    if (!launch_has_product()) {
        stop(&bench);
        return;
    }
    assert_message_contains("A has 8 columns");
    product.lda = 8;
    product.n = 9;
    product.ldb = product.ldc = 9;
    assert_status(SAAE_DEVICE, launch_add_product(bench.list, &product));
    assert_message_contains("does not fit");
    product.k = 0;
    assert_status(SAAE_DEVICE, launch_add_product(bench.list, &product));
    stop(&bench);
}

const struct CMUnitTest launch_tests[] = {
    cmocka_unit_test(a_launch_computes),
    cmocka_unit_test(local_memory_and_null_buffers),
    cmocka_unit_test(grids_of_three_dimensions),
    cmocka_unit_test(owners_select_what_runs),
    cmocka_unit_test(wrong_arguments_are_refused),
    cmocka_unit_test(unknown_kernels_and_stems_are_refused),
    cmocka_unit_test(impossible_groups_are_refused),
    cmocka_unit_test(a_kernel_says_how_large_its_groups_may_be),
    cmocka_unit_test(profiles_have_times),
    cmocka_unit_test(times_need_profiling),
    cmocka_unit_test(debug_mode_runs_the_same),
    cmocka_unit_test(views_live_with_the_list),
    cmocka_unit_test(products_through_clblast),
    cmocka_unit_test(impossible_products_are_refused),
};
const size_t launch_test_count = sizeof launch_tests / sizeof launch_tests[0];

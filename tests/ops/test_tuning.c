/* Tunables: their table, their way through text, and what a device makes of them. */
#include "ops/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ops/device_check.h"
#include "support.h"
#include "verify/check.h"

typedef void (*visit_function)(enum op_kind kind, int algorithm);

/* Every algorithm that has tunables. */
static void for_each(visit_function visit)
{
    int visited = 0;
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = op_get((enum op_kind)kind);
        for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
            if (!tuning_count(&op->algorithms[a])) continue;
            visit((enum op_kind)kind, a);
            visited++;
        }
    }
    assert_true(visited > 0);
}

static void check_table(enum op_kind kind, int a)
{
    const struct op_algorithm *algorithm = &op_get(kind)->algorithms[a];
    const int count = tuning_count(algorithm);
    assert_non_null(algorithm->tune);
    assert_true(count == OP_MAX_TUNABLES || !algorithm->tunables[count].name);
    for (int t = 0; t < count; t++) {
        const struct op_tunable *tunable = &algorithm->tunables[t];
        assert_true(strspn(tunable->name, "abcdefghijklmnopqrstuvwxyz_") == strlen(tunable->name));
        assert_true(tunable->meaning[0] && tunable->usual[0]);
        assert_true(tunable->least >= 1 && tunable->least < tunable->most);
        assert_true(tunable->tried[0] >= tunable->least);
        for (int i = 0; tunable->tried[i]; i++) {
            assert_true(tunable->tried[i] <= tunable->most);
            assert_true(!tunable->tried[i + 1] || tunable->tried[i] < tunable->tried[i + 1]);
        }
        for (int u = 0; u < t; u++) {
            assert_string_not_equal(tunable->name, algorithm->tunables[u].name);
        }
    }
}

static void the_table_is_complete(void **state)
{
    (void)state;
    for_each(check_table);
}

static void check_text(enum op_kind kind, int a)
{
    struct op_call call = {.kind = kind, .algorithm = a}, read = {.kind = kind};
    char text[TUNING_TEXT];
    const struct op_algorithm *algorithm = op_algorithm_of(&call);
    tuning_print(algorithm, call.tuning, text);
    assert_string_equal(text, algorithm->name);
    for (int t = 0; t < tuning_count(algorithm); t++) { /* the longest last */
        call.tuning[t] = algorithm->tunables[t].most;
        tuning_print(algorithm, call.tuning, text);
        assert_ok(tuning_parse(&read, text));
        assert_int_equal(read.algorithm, a);
        assert_memory_equal(read.tuning, call.tuning, sizeof call.tuning);
    }
    assert_true(strlen(text) + 1 < TUNING_TEXT);
}

static void text_and_back(void **state)
{
    (void)state;
    for_each(check_text);
    struct op_call call = {.kind = OP_conv2d_forward};
    assert_ok(tuning_parse(&call, "winograd tiles=28 rows=7"));
    assert_int_equal(call.tuning[0], 7);
    assert_int_equal(call.tuning[1], 0);
    assert_int_equal(call.tuning[2], 28);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " direct",
                                      "Direct",
                                      "direc",
                                      "direct ",
                                      "direct  rows=4",
                                      "direct rows",
                                      "direct rows=",
                                      "direct rows=0",
                                      "direct rows=-4",
                                      "direct rows=+4",
                                      "direct rows= 4",
                                      "direct rows=4x",
                                      "direct rows=04",
                                      "direct rows=17",
                                      "direct rows=99999999999999999999",
                                      "direct rows=4 rows=4",
                                      "direct tiles=4",
                                      "direct =4",
                                      "clblast rows=4"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct op_call call = {.kind = OP_conv2d_forward, .algorithm = 1, .tuning = {5}};
        assert_status(SAAE_INPUT, tuning_parse(&call, bad[i]));
        assert_message_contains("conv2d.forward");
        assert_int_equal(call.algorithm, 1);
        assert_int_equal(call.tuning[0], 5);
    }
}

/* ---- Values in force ---- */

static struct op_call make_convolution(enum op_kind kind, int n, int size, int c, int k, int r)
{
    struct op_call call;
    const struct tensor_type x = tensor_f32(n, size, size, c), w = tensor_f32(r, r, c, k);
    const struct tensor_type y = tensor_f32(n, size, size, k);
    const struct op_attributes a = {
        .stride = 1, .height = size, .width = size, .filter_h = r, .filter_w = r};
    const struct tensor_type in[] = {kind == OP_conv2d_backward_data ? y : x,
                                     kind == OP_conv2d_backward_weights ? y : w,
                                     tensor_f32(1, 1, 1, k)};
    assert_ok(op_prepare(&call, kind, &a, in, kind == OP_conv2d_infer ? 3 : 2));
    return call;
}

static struct device_traits make_traits(bool cpu, int width)
{
    return (struct device_traits){.cpu = cpu,
                                  .vector_width = width,
                                  .compute_units = 2,
                                  .largest_group = 256,
                                  .local_bytes = 32768,
                                  .loop_limit = UINT64_MAX};
}

/* Whatever is asked for, what comes of it is in range, and asked for again stays. */
static void check_values(const struct op_call *made, const struct device_traits *traits)
{
    const struct op_algorithm *algorithm = op_algorithm_of(made);
    if (algorithm->supports && !algorithm->supports(made, traits)) return;
    const int count = tuning_count(algorithm);
    for (int t = 0; t < count; t++) {
        const struct op_tunable *tunable = &algorithm->tunables[t];
        const int asked[] = {0, tunable->least, tunable->tried[0], tunable->tried[1],
                             tunable->most};
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            struct op_call call = *made;
            int values[OP_MAX_TUNABLES], again[OP_MAX_TUNABLES];
            call.tuning[t] = asked[i];
            tuning_resolve(&call, traits, values);
            for (int u = 0; u < count; u++) {
                assert_true(values[u] >= 1);
                call.tuning[u] = values[u];
            }
            if (asked[i]) assert_in_range(values[t], 1, tunable->most);
            tuning_resolve(&call, traits, again);
            assert_memory_equal(values, again, sizeof values);
        }
    }
}

static void check_convolutions(enum op_kind kind, int a)
{
    static const int shapes[][5] = {{64, 28, 64, 64, 5}, {1, 14, 32, 48, 3}, {2, 28, 64, 1, 5},
                                    {3, 7, 1, 16, 5},    {1, 1, 17, 33, 3},  {64, 28, 128, 64, 5}};
    const struct device_traits traits[] = {make_traits(true, 16), make_traits(true, 8),
                                           make_traits(true, 4), make_traits(false, 4)};
    if (strcmp(op_get(kind)->stem, "conv2d") != 0) return;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int *d = shapes[s];
        struct op_call call = make_convolution(kind, d[0], d[1], d[2], d[3], d[4]);
        call.algorithm = a;
        for (size_t i = 0; i < sizeof traits / sizeof *traits; i++) check_values(&call, &traits[i]);
    }
}

static void values_stay_in_range(void **state)
{
    (void)state;
    for_each(check_convolutions);
}

static struct device *device;

/* The ends of each range, on a shape with edges. */
static void check_on_device(enum op_kind kind, int a)
{
    const struct check_options options = {.seed = 1};
    struct check_result result;
    if (strcmp(op_get(kind)->stem, "conv2d") != 0) return;
    struct verify_case item = {.call = make_convolution(kind, 2, 9, 20, 70, 3)};
    if (test_small()) item.call = make_convolution(kind, 1, 5, 5, 6, 3);
    const struct op_algorithm *algorithm = &op_get(kind)->algorithms[a];
    if (algorithm->supports && !algorithm->supports(&item.call, device_traits(device))) return;
    for (int t = 0; t < tuning_count(algorithm); t++) {
        for (int end = 0; end < (test_small() ? 1 : 2); end++) {
            memset(item.call.tuning, 0, sizeof item.call.tuning);
            item.call.tuning[t] = end ? algorithm->tunables[t].most : algorithm->tunables[t].least;
            assert_ok(check_run(device, &item, a, &options, &result));
        }
    }
}

static void devices_compute_the_same(void **state)
{
    (void)state;
    device = device_check_open();
    for_each(check_on_device);
    device_close(device);
}

/* ---- What is usual ---- */

static void wide_layers_have_their_algorithms_unmeasured(void **state)
{
    (void)state;
    const struct device_traits cpu = make_traits(true, 16), gpu = make_traits(false, 4);
    struct device_traits emulator = make_traits(true, 16);
    emulator.emulator = true;
    static const enum op_kind kinds[] = {OP_conv2d_forward, OP_conv2d_backward_data,
                                         OP_conv2d_backward_weights};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct op_call wide = make_convolution(kinds[i], 64, 28, 64, 64, 5);
        struct op_call thin = make_convolution(kinds[i], 64, 28, 1, 64, 5);
        struct op_call point = make_convolution(kinds[i], 64, 1, 64, 64, 5);
        const char *name =
            op_get(kinds[i])->algorithms[op_usual_algorithm(&wide, &cpu, false)].name;
        assert_string_not_equal(name, "direct");
        name = op_get(kinds[i])->algorithms[op_usual_algorithm(&thin, &cpu, false)].name;
        assert_string_not_equal(name, "winograd");
        name = op_get(kinds[i])->algorithms[op_usual_algorithm(&point, &cpu, false)].name;
        assert_string_not_equal(name, "winograd");
        name = op_get(kinds[i])->algorithms[op_usual_algorithm(&wide, &cpu, true)].name;
        assert_string_equal(name, "direct");
        name = op_get(kinds[i])->algorithms[op_usual_algorithm(&wide, &gpu, false)].name;
        assert_string_equal(name, "winograd_staged");
        name = op_get(kinds[i])->algorithms[op_usual_algorithm(&wide, &gpu, true)].name;
        assert_string_equal(name, "gemm");
        assert_int_equal(op_usual_algorithm(&wide, &emulator, false), 0);
    }
}

/* ---- The document ---- */

static char *document;

static void check_document(enum op_kind kind, int a)
{
    const struct op *op = op_get(kind);
    const struct op_algorithm *algorithm = &op->algorithms[a];
    for (int t = 0; t < tuning_count(algorithm); t++) {
        char line[512];
        const struct op_tunable *tunable = &algorithm->tunables[t];
        snprintf(line, sizeof line, "| %s.%s %s | %s | %d .. %d | %s | %s |\n", op->stem, op->pass,
                 algorithm->name, tunable->name, tunable->least, tunable->most, tunable->usual,
                 tunable->meaning);
        if (!strstr(document, line)) fail_msg("docs/algorithms.md lacks the line:\n%s", line);
    }
}

static void the_document_lists_every_tunable(void **state)
{
    (void)state;
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read("docs/algorithms.md", &bytes, &size));
    document = (char *)bytes;
    for_each(check_document);
    free(bytes);
}

const struct CMUnitTest tuning_tests[] = {
    cmocka_unit_test(the_table_is_complete),
    cmocka_unit_test(text_and_back),
    cmocka_unit_test(other_texts_are_refused),
    cmocka_unit_test(values_stay_in_range),
    cmocka_unit_test(devices_compute_the_same),
    cmocka_unit_test(wide_layers_have_their_algorithms_unmeasured),
    cmocka_unit_test(the_document_lists_every_tunable),
};
const size_t tuning_test_count = sizeof tuning_tests / sizeof *tuning_tests;

/* `saae verify` on whatever device there is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/device.h"
#include "support.h"
#include "verify/verify.h"

static struct device *open_device(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

struct lines {
    size_t count, passed, failed, skipped;
    char repeat[256];
};

static void note_line(void *context, const struct verify_line *line)
{
    struct lines *lines = context;
    lines->count++;
    lines->passed += line->outcome == VERIFY_PASSED;
    lines->failed += line->outcome == VERIFY_FAILED;
    lines->skipped += line->outcome == VERIFY_SKIPPED;
    assert_int_equal(line->done, lines->count);
    assert_true((line->outcome == VERIFY_PASSED) == (line->why[0] == '\0'));
    snprintf(lines->repeat, sizeof lines->repeat, "%s", line->repeat);
}

static void test_an_op_passes_and_is_counted(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct lines lines = {0};
    struct verify_summary summary;
    struct verify_options options = {.op = "add", .report = note_line, .context = &lines};
    assert_ok(verify_run(device, &options, &summary));
    assert_true(summary.all.cases > 10);
    assert_int_equal(summary.all.cases, lines.count);
    assert_int_equal(summary.all.passed, lines.passed);
    assert_int_equal(summary.all.failed, 0);
    assert_int_equal(summary.passes[OP_add_forward].cases, summary.all.cases);
    assert_true(summary.all.worst >= 0 && summary.all.worst <= 1);
    device_close(device);
}

/* The command that a line gives runs that one case. */
static void test_a_case_is_found_by_number_and_by_description(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct lines lines = {0};
    struct verify_summary summary;
    struct verify_options options = {
        .op = "max_pool.backward", .which = "2", .report = note_line, .context = &lines};
    assert_ok(verify_run(device, &options, &summary));
    assert_int_equal(lines.count, 1);
    assert_non_null(strstr(lines.repeat, " --op max_pool.backward --case 2"));
    lines = (struct lines){0};
    options.op = "max_pool.forward";
    options.which = "1x2x3x1 -> 1x1x1x1";
    assert_ok(verify_run(device, &options, &summary));
    assert_true(lines.count >= 1 && lines.failed == 0);
    device_close(device);
}

static void test_unknown_names_are_refused(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct verify_summary summary;
    struct verify_options options = {.op = "conv3d"};
    assert_status(SAAE_USAGE, verify_run(device, &options, &summary));
    assert_message_contains("conv3d");
    options = (struct verify_options){.op = "add.forward", .which = "99999"};
    assert_status(SAAE_USAGE, verify_run(device, &options, &summary));
    assert_message_contains("99999");
    device_close(device);
}

/* What no longer fits is counted as left out, never as passed. */
static void test_a_budget_leaves_out_and_says_so(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct lines lines = {0};
    struct verify_summary summary;
    struct verify_options options = {
        .op = "sigmoid", .budget_seconds = 1e-9, .report = note_line, .context = &lines};
    assert_ok(verify_run(device, &options, &summary));
    assert_int_equal(summary.all.skipped, summary.all.cases);
    assert_int_equal(summary.all.passed, 0);
    assert_int_equal(lines.skipped, lines.count);
    device_close(device);
}

static void test_seeds_and_more_runs(void **state)
{
    (void)state;
    struct device *device = open_device();
    struct lines lines = {0};
    struct verify_summary summary;
    struct verify_options options = {.op = "bias.backward",
                                     .which = "4",
                                     .runs = 5,
                                     .seed = 11,
                                     .report = note_line,
                                     .context = &lines};
    assert_ok(verify_run(device, &options, &summary));
    assert_non_null(strstr(lines.repeat, "--case 4 --seed 11 --repeat"));
    device_close(device);
}

const struct CMUnitTest verify_tests[] = {
    cmocka_unit_test(test_an_op_passes_and_is_counted),
    cmocka_unit_test(test_a_case_is_found_by_number_and_by_description),
    cmocka_unit_test(test_unknown_names_are_refused),
    cmocka_unit_test(test_a_budget_leaves_out_and_says_so),
    cmocka_unit_test(test_seeds_and_more_runs),
};
const size_t verify_test_count = sizeof verify_tests / sizeof *verify_tests;

/* Reading results of `saae bench` and setting them side by side. */
#include <stdio.h>
#include <string.h>

#include "cli/bench_json.h"
#include "cli/bench_table.h"
#include "support.h"

static const char slow[] =
    "{\"device\": \"Slow\", \"driver\": \"1.0\", \"preset\": \"tiny\", \"batch\": 8, \"rounds\": 3,"
    " \"verified\": true, \"version\": \"9\", \"revision\": \"abc\", \"clock_mhz\": 100,"
    " \"1\": {\"ms\": 8, \"ms_min\": 7, \"ms_max\": 9, \"images_per_s\": 1000},"
    " \"peak\": {\"gflops\": 10, \"gbs\": 1}, \"ops\": ["
    "{\"op\": \"add\", \"pass\": \"forward\", \"case\": \"A\", \"algorithm\": \"direct\","
    " \"ms\": 1, \"ms_min\": 1, \"ms_max\": 1.5, \"gflops\": 2, \"gbs\": 0.25,"
    " \"peak_gflops_percent\": 20, \"peak_gbs_percent\": 25, \"chosen\": true,"
    " \"calls\": {\"1\": 1}, \"verified\": true},"
    "{\"op\": \"conv2d\", \"pass\": \"forward\", \"case\": \"B\", \"algorithm\": \"direct\","
    " \"ms\": 2, \"ms_min\": 2, \"ms_max\": 2, \"gflops\": 9, \"gbs\": 0.5, \"chosen\": true,"
    " \"calls\": {\"1\": 4}, \"verified\": true}]}";
static const char fast[] =
    "[{\"device\": \"Fast\", \"driver\": \"2.0\", \"preset\": \"tiny\", \"batch\": 8,"
    " \"verified\": false, \"why\": \"add is wrong\","
    " \"1\": {\"ms\": 2, \"ms_min\": 1, \"ms_max\": 3, \"images_per_s\": 4000},"
    " \"ops\": [{\"op\": \"add\", \"pass\": \"forward\", \"case\": \"A\", \"algorithm\": \"other\","
    " \"ms\": null, \"chosen\": true, \"verified\": false}]}]";

static cJSON *read_both(void)
{
    cJSON *list = cJSON_CreateArray();
    assert_ok(bench_json_read(test_write_text("slow.json", slow), list));
    assert_ok(bench_json_read(test_write_text("fast.json", fast), list));
    assert_int_equal(cJSON_GetArraySize(list), 2);
    return list;
}

/* The table as text, and where `text` is in it. */
static char table[16384];

static const char *find(const char *text)
{
    const char *at = strstr(table, text);
    if (!at) fail_msg("'%s' is not in:\n%s", text, table);
    return at;
}

static void print(const cJSON *list)
{
    FILE *file = fopen(test_path("table"), "w+");
    assert_non_null(file);
    assert_ok(bench_table_print(file, list));
    rewind(file);
    size_t size = fread(table, 1, sizeof table - 1, file);
    table[size] = '\0';
    fclose(file);
}

static void results_stand_side_by_side(void **state)
{
    (void)state;
    cJSON *list = read_both();
    assert_ok(bench_json_check_alike(list, NULL, 0));
    assert_ok(bench_json_check_alike(list, "tiny", 8));
    assert_status(SAAE_USAGE, bench_json_check_alike(list, "tiny", 9));
    print(list);
    cJSON_Delete(list);
    find("[1] Slow, driver 1.0, 100 MHz");
    find("saae 9 (abc)");
    find("[2] Fast, driver 2.0\n");
    find("NOT VERIFIED: add is wrong");
    find("preset tiny, batch 8; medians of 3 rounds");
    find("4000.0  4.00x\n");
    find("not verified other");
    find("20%"); /* of the peak of multiply-adds */
    find("50%"); /* the spread of add */
    /* four calls of 2 ms come before one of 1 ms */
    assert_true(find("conv2d.forward B") < find("add.forward A"));
    assert_null(strstr(table, "generate"));
}

static void other_work_is_not_compared(void **state)
{
    (void)state;
    cJSON *list = read_both();
    cJSON_ReplaceItemInObject(cJSON_GetArrayItem(list, 1), "batch", cJSON_CreateNumber(16));
    assert_status(SAAE_USAGE, bench_json_check_alike(list, NULL, 0));
    assert_message_contains("batches of 16");
    cJSON_ReplaceItemInObject(cJSON_GetArrayItem(list, 1), "batch", cJSON_CreateNumber(8));
    cJSON_ReplaceItemInObject(cJSON_GetArrayItem(list, 1), "preset", cJSON_CreateString("small"));
    assert_status(SAAE_USAGE, bench_json_check_alike(list, NULL, 0));
    assert_message_contains("preset small");
    cJSON_Delete(list);
}

static void other_files_are_refused(void **state)
{
    (void)state;
    static const char wrong_type[] =
        "{\"device\": 1, \"driver\": \"\", \"preset\": \"tiny\", \"batch\": 8}";
    static const char *const bad[] = {"",        "{", "[]", "3", "{}", "[{\"device\": \"x\"}]",
                                      wrong_type};
    cJSON *list = cJSON_CreateArray();
    assert_status(SAAE_INPUT, bench_json_read(test_path("missing.json"), list));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_status(SAAE_INPUT, bench_json_read(test_write_text("bad.json", bad[i]), list));
        assert_message_contains("bad.json");
    }
    assert_int_equal(cJSON_GetArraySize(list), 0);
    cJSON_Delete(list);
}

const struct CMUnitTest bench_report_tests[] = {
    cmocka_unit_test(results_stand_side_by_side),
    cmocka_unit_test(other_work_is_not_compared),
    cmocka_unit_test(other_files_are_refused),
};
const size_t bench_report_test_count = sizeof bench_report_tests / sizeof *bench_report_tests;

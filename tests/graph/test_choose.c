/* Which of the list, the cache and the measurement decides; times are made up. */
#include "graph/choose.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "graph/build.h"
#include "graph/choose_cache.h"
#include "ops/device_check.h"
#include "support.h"

enum { PLAIN, LIBRARY }; /* algorithms of a fully connected layer */

static const char narrow_call[] = "fully_connected.forward 2x1x1x3,1x1x3x4 -> 2x1x1x4";
static const char wide_call[] = "fully_connected.forward 2x1x1x4,1x1x4x5 -> 2x1x1x5";

/* A clock that says what the test wants. */
struct script {
    double library;    /* times of the plain algorithm's */
    double wait;       /* seconds that a measurement takes */
    int status, calls; /* calls: so far */
};

static int told(void *context, struct device *device, const struct op_call *call,
                const struct choose_variant *variants, int count, struct choose_time *times)
{
    (void)device, (void)call;
    struct script *script = context;
    script->calls++;
    for (double start = clock_seconds(); clock_seconds() - start < script->wait;) {
    }
    assert_string_equal(variants[0].algorithm->name, "direct");
    for (int v = 0; v < count; v++) {
        const bool library = strcmp(variants[v].algorithm->name, "clblast") == 0;
        times[v] = (struct choose_time){.pass = 1e-3 * (library ? script->library : v ? 100 : 1)};
    }
    return script->status == SAAE_OK ? SAAE_OK : status_set(script->status, "no such luck");
}

struct fixture {
    struct device *device;
    struct graph *graph; /* nodes 0 and 2: narrow_call, 1: wide_call */
    struct script script;
    struct choose_options options;
    const char *path; /* of the cache file */
};

/* as_gpu: CPUs are not offered the library. */
static struct fixture open_fixture(bool as_gpu)
{
    struct fixture f = {.script = {.library = 0.5}};
    f.device = device_check_open();
    if (!launch_has_product()) {
        device_close(f.device);
        test_skip("CLBlast: not in this build");
    }
    if (as_gpu) device_treat_as_gpu(f.device);
    f.path = test_path("algorithms.json");
    device_set_cache_folder(test_folder());
    f.options = (struct choose_options){.budget = 100.0, .version = "1", .measure = told};
    assert_ok(graph_create(&f.graph, "test"));
    int x = graph_external(f.graph, "x", tensor_f32(2, 1, 1, 3));
    int narrow = graph_external(f.graph, "w1", tensor_f32(1, 1, 3, 4));
    int wide = graph_external(f.graph, "w2", tensor_f32(1, 1, 4, 5));
    int y = -1, z = -1, again = -1;
    graph_add(f.graph, OP_fully_connected_forward, NULL, (int[]){x, narrow}, 2, &y, 0);
    graph_add(f.graph, OP_fully_connected_forward, NULL, (int[]){y, wide}, 2, &z, 0);
    graph_add(f.graph, OP_fully_connected_forward, NULL, (int[]){x, narrow}, 2, &again, 0);
    assert_ok(graph_status(f.graph));
    return f;
}

static void close_fixture(struct fixture *f)
{
    graph_free(f->graph);
    device_close(f->device);
    device_set_cache_folder("");
}

static void assert_chosen(struct fixture *f, int narrow, int wide, int measured)
{
    f->options.context = &f->script;
    f->script.calls = 0;
    assert_ok(choose_algorithms(f->graph, f->device, &f->options));
    assert_int_equal(f->graph->nodes[0].call.algorithm, narrow);
    assert_int_equal(f->graph->nodes[1].call.algorithm, wide);
    assert_int_equal(f->graph->nodes[2].call.algorithm, narrow);
    assert_int_equal(f->script.calls, measured);
}

static void nothing_asked_for_is_plain(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    f.graph->nodes[0].call.algorithm = LIBRARY;
    assert_ok(choose_algorithms(f.graph, f.device, NULL));
    assert_int_equal(f.graph->nodes[0].call.algorithm, PLAIN);
    f.graph->nodes[0].call.algorithm = LIBRARY;
    assert_ok(choose_algorithms(f.graph, NULL, &f.options));
    assert_int_equal(f.graph->nodes[0].call.algorithm, PLAIN);
    f.options.by_rule = true;
    assert_chosen(&f, PLAIN, PLAIN, 0);
    if (device_traits(f.device)->emulator) { /* the clock there would mean nothing */
        f.options.by_rule = false;
        f.options.measure = NULL;
        assert_chosen(&f, PLAIN, PLAIN, 0);
    }
    assert_false(file_exists(f.path));
    close_fixture(&f);
}

static void measured_once_and_kept(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    assert_true(file_exists(f.path));
    f.script.library = 2.0; /* the cache, not the clock */
    assert_chosen(&f, LIBRARY, LIBRARY, 0);
    f.options.budget = 0.0; /* is asked without time too */
    assert_chosen(&f, LIBRARY, LIBRARY, 0);
    f.options.by_rule = true; /* unless nothing is */
    assert_chosen(&f, PLAIN, PLAIN, 0);
    f.options.by_rule = false;
    f.options.budget = 100.0;
    f.options.version = "2"; /* another program: measured anew */
    assert_chosen(&f, PLAIN, PLAIN, 2);
    assert_chosen(&f, PLAIN, PLAIN, 0);
    assert_ok(choose_cache_forget(device_traits(f.device)));
    f.script.library = 0.5;
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    close_fixture(&f);
}

static void plain_stays_within_the_margin(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    const struct {
        double library;
        int winner;
    } cases[] = {{0.94, LIBRARY}, {0.96, PLAIN}, {1.0, PLAIN},
                 {30.0, PLAIN},   {NAN, PLAIN},  {INFINITY, PLAIN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        f.script.library = cases[i].library;
        assert_ok(choose_cache_forget(device_traits(f.device)));
        assert_chosen(&f, cases[i].winner, cases[i].winner, 2);
        assert_chosen(&f, cases[i].winner, cases[i].winner, 0); /* as read back */
    }
    close_fixture(&f);
}

static void the_callers_list_decides_first(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    struct choices given = {0};
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    assert_ok(choices_set(&given, narrow_call, "direct"));
    f.options.given = &given;
    assert_chosen(&f, PLAIN, LIBRARY, 0); /* against the cache */
    assert_ok(choices_set(&given, narrow_call, "clblast"));
    f.options.by_rule = true;
    assert_chosen(&f, LIBRARY, PLAIN, 0); /* the rest plain */
    choices_free(&given);
    close_fixture(&f);
}

static void a_given_algorithm_that_is_not_there_is_a_fault(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    struct choices given = {0};
    assert_ok(choices_set(&given, wide_call, "teleportation"));
    f.options.given = &given;
    f.options.context = &f.script;
    assert_status(SAAE_USAGE, choose_algorithms(f.graph, f.device, &f.options));
    assert_message_contains(wide_call);
    f.options.lenient = true;
    f.options.by_rule = true;
    assert_chosen(&f, PLAIN, PLAIN, 0);
    choices_free(&given);
    close_fixture(&f);
}

static void without_time_all_is_plain_and_not_kept(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    f.options.budget = 0.0;
    assert_chosen(&f, PLAIN, PLAIN, 0);
    assert_false(file_exists(f.path));
    f.options.budget = 0.005;
    f.script.wait = 0.01;                   /* the first call uses it up */
    assert_chosen(&f, PLAIN, LIBRARY, 1);   /* the largest first */
    assert_chosen(&f, LIBRARY, LIBRARY, 1); /* the next start goes on */
    double spent = 0.0;
    assert_ok(choose_cache_forget(device_traits(f.device)));
    f.options.spent = &spent; /* one budget for all that share it */
    assert_chosen(&f, PLAIN, LIBRARY, 1);
    assert_true(spent >= 0.005);
    assert_chosen(&f, PLAIN, LIBRARY, 0);
    close_fixture(&f);
}

static void a_failed_measurement_leaves_plain_and_is_not_kept(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    f.script.status = SAAE_MEMORY;
    assert_chosen(&f, PLAIN, PLAIN, 2);
    assert_false(file_exists(f.path));
    f.script.status = SAAE_OK;
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    close_fixture(&f);
}

static void without_a_cache_folder_it_measures_again(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    device_set_cache_folder("");
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    /* nor where the folder cannot be made */
    device_set_cache_folder(test_write_text("file", "not a folder"));
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    close_fixture(&f);
}

static void cpus_are_not_offered_the_library(void **state)
{
    (void)state;
    struct fixture f = open_fixture(false);
    const struct device_traits *traits = device_traits(f.device);
    const int chosen = traits->cpu ? PLAIN : LIBRARY;
    assert_chosen(&f, chosen, chosen, traits->cpu && !traits->emulator ? 0 : 2);
    close_fixture(&f);
}

/* ---- The file ---- */

static void another_driver_begins_anew(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    struct device_traits traits = *device_traits(f.device), other = traits;
    const struct op_call *narrow = &f.graph->nodes[0].call, *wide = &f.graph->nodes[1].call;
    struct choose_entry entry, other_call, read;
    choose_entry_begin(&entry, narrow, &traits);
    choose_entry_begin(&other_call, wide, &traits);
    assert_int_equal(entry.count, 3);
    read = entry;
    entry.times[0] = (struct choose_time){2e-3, {0, 3e-3}};
    entry.times[1] = (struct choose_time){INFINITY, {INFINITY, INFINITY}};
    entry.times[2] = (struct choose_time){1.0, {0, 0}};
    assert_ok(choose_cache_store(&traits, "1", &entry));
    assert_true(choose_cache_find(&traits, "1", &read));
    assert_int_equal(read.count, 3);
    assert_near(read.times[0].pass, 2e-3, 1e-9);
    assert_near(read.times[0].forms[0], 0.0, 0.0);
    assert_near(read.times[0].forms[1], 3e-3, 1e-9);
    assert_true(isinf(read.times[1].pass) && isinf(read.times[1].forms[1]));
    assert_false(choose_cache_find(&traits, "1", &other_call));
    read.variants[read.count++].algorithm = &(struct op_algorithm){.name = "new"};
    assert_false(choose_cache_find(&traits, "1", &read)); /* one more than was measured */
    read = entry;
    snprintf(other.driver, sizeof other.driver, "another");
    assert_false(choose_cache_find(&other, "1", &read));
    snprintf(other.key, sizeof other.key, "another device"); /* stands beside the first */
    assert_ok(choose_cache_store(&other, "1", &other_call));
    assert_true(choose_cache_find(&traits, "1", &read));
    snprintf(other.key, sizeof other.key, "%s", traits.key); /* takes its place */
    assert_ok(choose_cache_store(&other, "1", &other_call));
    assert_false(choose_cache_find(&traits, "1", &read));
    close_fixture(&f);
}

static void damaged_files_are_written_anew(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    assert_chosen(&f, LIBRARY, LIBRARY, 2);
    uint8_t *whole = NULL;
    size_t size = 0;
    assert_ok(file_read(f.path, &whole, &size));
    for (size_t length = 0; length < size - 1; length += 31) {
        test_write_file("algorithms.json", whole, length);
        assert_chosen(&f, LIBRARY, LIBRARY, 2);
        assert_chosen(&f, LIBRARY, LIBRARY, 0);
    }
    free(whole);
    static const char *const texts[] = {"[]",
                                        "null",
                                        "{\"format\": 2}",
                                        "{\"format\": 1, \"devices\": {}}",
                                        "{\"format\": 2, \"devices\": []}",
                                        "{\"format\": \"2\", \"devices\": {}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        test_write_text("algorithms.json", texts[i]);
        assert_chosen(&f, LIBRARY, LIBRARY, 2);
        assert_chosen(&f, LIBRARY, LIBRARY, 0);
    }
    close_fixture(&f);
}

static void damaged_entries_are_measured_again(void **state)
{
    (void)state;
    struct fixture f = open_fixture(true);
    const struct device_traits *traits = device_traits(f.device);
    static const char *const entries[] = {
        "1",
        "{}",
        "{\"direct\": [1, 0, 0]}",
        "{\"direct\": null, \"gemm\": [3, 0, 0], \"clblast\": [0.5, 0, 0]}",
        "{\"direct\": [1, 0, 0], \"gemm\": [3, 0, 0], \"clblast\": 2}",
        "{\"direct\": [1, 0, 0], \"gemm\": [3, 0, 0], \"clblast\": [2, 0]}",
        "{\"direct\": [1, 0, 0], \"gemm\": [3, 0, 0], \"clblast\": [2, 0, 0, 0]}",
        "{\"direct\": [1, 0, 0], \"gemm\": [3, 0, 0], \"clblast\": [2, 0, \"0\"]}",
        "{\"direct\": [1, 0, 0], \"gemm\": [3, 0, 0], \"clblast\": [2, 0, -1]}"};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "{\"format\": 2, \"devices\": {\"%s\": {\"driver\": \"%s\", \"version\": \"1\", "
                 "\"calls\": {\"%s\": %s}}}}",
                 traits->key, traits->driver, narrow_call, entries[i]);
        test_write_text("algorithms.json", text);
        assert_chosen(&f, LIBRARY, LIBRARY, 2);
        assert_chosen(&f, LIBRARY, LIBRARY, 0);
    }
    close_fixture(&f);
}

const struct CMUnitTest choose_tests[] = {
    cmocka_unit_test(nothing_asked_for_is_plain),
    cmocka_unit_test(measured_once_and_kept),
    cmocka_unit_test(plain_stays_within_the_margin),
    cmocka_unit_test(the_callers_list_decides_first),
    cmocka_unit_test(a_given_algorithm_that_is_not_there_is_a_fault),
    cmocka_unit_test(without_time_all_is_plain_and_not_kept),
    cmocka_unit_test(a_failed_measurement_leaves_plain_and_is_not_kept),
    cmocka_unit_test(without_a_cache_folder_it_measures_again),
    cmocka_unit_test(cpus_are_not_offered_the_library),
    cmocka_unit_test(another_driver_begins_anew),
    cmocka_unit_test(damaged_files_are_written_anew),
    cmocka_unit_test(damaged_entries_are_measured_again),
};
const size_t choose_test_count = sizeof choose_tests / sizeof choose_tests[0];

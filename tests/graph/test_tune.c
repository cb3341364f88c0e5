/* What the search finds and keeps; times are made up. */
#include "graph/tune.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "graph/build.h"
#include "graph/choose_cache.h"
#include "ops/device_check.h"
#include "support.h"

/* A device that likes 4 rows, and 1 vector even more. */
struct script {
    double wait;     /* seconds that a race takes */
    bool final_slow; /* in the race of all, tunings lose what they gained */
    int races, status;
    int checks, check_status;
};

static double seconds_of(const struct op_call *call, const struct device_traits *traits)
{
    int values[OP_MAX_TUNABLES];
    tuning_resolve(call, traits, values);
    return 1e-3 * (1.0 + 0.1 * abs(values[0] - 4) + 0.3 * (values[1] - 1));
}

static int told(void *context, struct device *device, const struct op_call *call,
                const struct choose_variant *variants, int count, struct choose_time *times)
{
    struct script *script = context;
    const int none[OP_MAX_TUNABLES] = {0};
    script->races++;
    assert_in_range(count, 1, CHOOSE_MOST);
    for (double start = clock_seconds(); clock_seconds() - start < script->wait;) {
    }
    const int *last = variants[count - 1].tuning;
    bool final = memcmp(variants[0].tuning, none, sizeof none) == 0 && last[0] && last[1];
    for (int v = 0; v < count; v++) {
        struct op_call tuned = choose_variant_call(call, &variants[v]);
        tuned.algorithm = 0;
        times[v] = (struct choose_time){.pass = 1.0};
        if (strcmp(variants[v].algorithm->name, "direct") != 0) continue;
        times[v].pass =
            final && script->final_slow ? 1e-3 : seconds_of(&tuned, device_traits(device));
    }
    return script->status == SAAE_OK ? SAAE_OK : status_set(script->status, "no such luck");
}

static int check(void *context, struct device *device, const struct op_call *call)
{
    struct script *script = context;
    (void)device;
    script->checks++;
    assert_int_equal(call->tuning[0], 4);
    assert_int_equal(call->tuning[1], 1);
    if (script->check_status == SAAE_OK) return SAAE_OK;
    return status_set(script->check_status, "wrong");
}

struct fixture {
    struct device *device;
    struct graph *graph; /* one convolution, twice */
    struct script script;
    struct tune tune;
    struct tune_options options;
};

static void open_fixture(struct fixture *f)
{
    *f = (struct fixture){.device = device_check_open()};
    device_treat_as_gpu(f->device); /* the same algorithms everywhere */
    device_set_cache_folder(test_folder());
    f->options = (struct tune_options){.budget = 100.0,
                                       .version = "1",
                                       .measure = told,
                                       .measure_context = &f->script,
                                       .check = check,
                                       .context = &f->script};
    assert_ok(graph_create(&f->graph, "test"));
    int x = graph_external(f->graph, "x", tensor_f32(2, 28, 28, 1));
    int w = graph_external(f->graph, "w", tensor_f32(3, 3, 1, 64));
    graph_conv2d(f->graph, x, w, 1);
    graph_conv2d(f->graph, x, w, 1);
    assert_ok(graph_status(f->graph));
    assert_ok(tune_add_graph(&f->tune, f->graph));
    assert_int_equal(f->tune.count, 1);
    assert_int_equal(f->tune.rows[0].uses, 2);
}

static void close_fixture(struct fixture *f)
{
    tune_free(&f->tune);
    graph_free(f->graph);
    device_close(f->device);
    device_set_cache_folder("");
}

/* Under the rule that the cache decides, what do the graph's nodes get? */
static void assert_chosen(struct fixture *f, int rows, int vectors)
{
    const struct choose_options cached = {
        .version = "1", .measure = told, .context = &f->script}; /* budget 0: not called */
    assert_ok(choose_algorithms(f->graph, f->device, &cached));
    for (size_t i = 0; i < f->graph->node_count; i++) {
        assert_int_equal(f->graph->nodes[i].call.tuning[0], rows);
        assert_int_equal(f->graph->nodes[i].call.tuning[1], vectors);
    }
}

static void the_best_values_are_found_and_kept(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_true(f.tune.rows[0].tuned);
    assert_string_equal(f.tune.rows[0].usual, "direct");
    assert_string_equal(f.tune.rows[0].chosen, "direct rows=4 vectors=1");
    assert_near(f.tune.rows[0].seconds, 1e-3, 1e-9);
    assert_true(f.tune.rows[0].usual_seconds > 1.03e-3);
    assert_int_equal(f.script.checks, 1);
    assert_chosen(&f, 4, 1);
    int races = f.script.races; /* the cache, not the clock */
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_int_equal(f.script.races, races);
    assert_string_equal(f.tune.rows[0].chosen, "direct rows=4 vectors=1");
    close_fixture(&f);
}

static void a_given_plan_keeps_its_tuning(void **state)
{
    (void)state;
    struct fixture f;
    struct choices plan = {0};
    open_fixture(&f);
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_chosen(&f, 4, 1);
    assert_ok(choices_add_graph(&plan, f.graph));
    assert_int_equal(plan.count, 1);
    assert_string_equal(plan.list[0].algorithm, "direct rows=4 vectors=1");
    assert_ok(choose_cache_forget(device_traits(f.device)));
    assert_chosen(&f, 0, 0);
    const struct choose_options given = {.given = &plan, .by_rule = true, .version = "1"};
    assert_ok(choose_algorithms(f.graph, f.device, &given));
    assert_int_equal(f.graph->nodes[1].call.tuning[0], 4);
    assert_ok(choices_set(&plan, plan.list[0].call, "direct"));
    assert_ok(choose_algorithms(f.graph, f.device, &given));
    assert_int_equal(f.graph->nodes[1].call.tuning[0], 0);
    assert_ok(choices_set(&plan, plan.list[0].call, "direct rows=400"));
    assert_status(SAAE_USAGE, choose_algorithms(f.graph, f.device, &given));
    choices_free(&plan);
    close_fixture(&f);
}

static void what_does_not_hold_is_not_kept(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        struct fixture f;
        open_fixture(&f);
        f.script.final_slow = !wrong;
        f.script.check_status = wrong ? SAAE_FAILED : SAAE_OK;
        assert_ok(choose_cache_forget(device_traits(f.device)));
        assert_ok(tune_run(&f.tune, f.device, &f.options));
        assert_true(f.tune.rows[0].tuned);
        assert_string_equal(f.tune.rows[0].chosen, "direct");
        assert_int_equal(f.script.checks, wrong);
        assert_chosen(&f, 0, 0);
        close_fixture(&f);
    }
}

static void without_time_another_search_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    f.options.budget = 0.0;
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_int_equal(f.script.races, 0);
    assert_false(f.tune.rows[0].tuned);
    f.options.budget = 0.01;
    f.script.wait = 0.02; /* the algorithms alone */
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_int_equal(f.script.races, 1);
    assert_false(f.tune.rows[0].tuned);
    assert_true(f.tune.rows[0].seconds > 0.0);
    assert_chosen(&f, 0, 0);
    f.options.budget = 100.0;
    f.script.wait = 0.0;
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_true(f.tune.rows[0].tuned);
    assert_chosen(&f, 4, 1);
    close_fixture(&f);
}

static void faults_leave_a_call_as_it_was(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f);
    f.script.status = SAAE_MEMORY;
    assert_ok(tune_run(&f.tune, f.device, &f.options));
    assert_false(f.tune.rows[0].tuned);
    assert_chosen(&f, 0, 0);
    device_set_cache_folder("");
    assert_status(SAAE_USAGE, tune_run(&f.tune, f.device, &f.options));
    assert_message_contains("cache folder");
    close_fixture(&f);
}

const struct CMUnitTest tune_tests[] = {
    cmocka_unit_test(the_best_values_are_found_and_kept),
    cmocka_unit_test(a_given_plan_keeps_its_tuning),
    cmocka_unit_test(what_does_not_hold_is_not_kept),
    cmocka_unit_test(without_time_another_search_goes_on),
    cmocka_unit_test(faults_leave_a_call_as_it_was),
};
const size_t tune_test_count = sizeof tune_tests / sizeof *tune_tests;

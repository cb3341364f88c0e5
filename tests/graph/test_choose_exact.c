/* Runs that keep to the sums of the formulas (--exact). */
#include "graph/build.h"
#include "graph/choose.h"
#include "ops/device_check.h"
#include "support.h"

static int the_later_the_faster(void *context, struct device *device, const struct op_call *call,
                                const struct choose_variant *variants, int count,
                                struct choose_time *times)
{
    (void)context, (void)device, (void)call, (void)variants;
    for (int i = 0; i < count; i++) times[i] = (struct choose_time){.pass = 1.0 / (i + 1)};
    return SAAE_OK;
}

/* The last algorithm with other sums that takes the call; NULL: none. */
static const char *find_other(const struct op_call *call, const struct device_traits *traits)
{
    const struct op_algorithm *algorithms = op_get(call->kind)->algorithms;
    const char *name = NULL;
    for (int a = 0; a < OP_MAX_ALGORITHMS && algorithms[a].name; a++)
        if (!op_algorithm_exact(&algorithms[a]) && algorithms[a].supports(call, traits))
            name = algorithms[a].name;
    return name;
}

/* Whatever is measured, is usual or was given: other sums than the formula's are left out. */
static void exact_leaves_out_other_sums(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct graph *graph = NULL;
    struct choices given = {0};
    struct choose_options options = {
        .budget = 100.0, .version = "1", .measure = the_later_the_faster};
    char text[CHOICE_TEXT];
    device_set_cache_folder(test_folder());
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", tensor_f32(8, 8, 8, 16));
    graph_conv2d(graph, x, graph_external(graph, "w", tensor_f32(3, 3, 16, 16)), 1);
    const struct op_call *call = &graph->nodes[0].call;
    const struct device_traits *traits = device_traits(device);
    const char *other = find_other(call, traits);
    assert_true(other || !traits->cpu || traits->emulator);
    assert_ok(choose_algorithms(graph, device, &options));
    assert_int_equal(op_algorithm_exact(op_algorithm_of(call)), !other);
    options.exact = true;
    for (int by_rule = 0; by_rule < 2; by_rule++) {
        options.by_rule = by_rule;
        assert_ok(choose_algorithms(graph, device, &options));
        assert_true(op_algorithm_exact(op_algorithm_of(call)));
    }
    if (other) {
        choices_name_call(call, text);
        assert_ok(choices_set(&given, text, other));
        options.given = &given;
        assert_status(SAAE_USAGE, choose_algorithms(graph, device, &options));
        assert_message_contains("is not exact");
        options.lenient = true;
        assert_ok(choose_algorithms(graph, device, &options));
        assert_true(op_algorithm_exact(op_algorithm_of(call)));
    }
    choices_free(&given);
    graph_free(graph);
    device_close(device);
    device_set_cache_folder("");
}

const struct CMUnitTest choose_exact_tests[] = {
    cmocka_unit_test(exact_leaves_out_other_sums),
};
const size_t choose_exact_test_count = sizeof choose_exact_tests / sizeof choose_exact_tests[0];

/* Lists of algorithms, and their way through JSON. */
#include "graph/choices.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "graph/build.h"
#include "support.h"

static void the_last_choice_of_a_call_holds(void **state)
{
    (void)state;
    struct choices choices = {0};
    assert_null(choices_find(&choices, "a"));
    assert_ok(choices_set(&choices, "a", "direct"));
    assert_ok(choices_set(&choices, "b", "direct"));
    assert_ok(choices_set(&choices, "a", "clblast"));
    assert_int_equal(choices.count, 2);
    assert_string_equal(choices_find(&choices, "a"), "clblast");
    assert_string_equal(choices_find(&choices, "b"), "direct");
    choices_free(&choices);
    assert_int_equal(choices.count, 0);
}

static void graphs_add_what_has_a_choice(void **state)
{
    (void)state;
    static const char first[] = "fully_connected.forward 2x1x1x3,1x1x3x4 -> 2x1x1x4";
    struct choices choices = {0};
    struct graph *graph = NULL;
    assert_ok(graph_create(&graph, "test"));
    int x = graph_external(graph, "x", tensor_f32(2, 1, 1, 3));
    int w = graph_external(graph, "w", tensor_f32(1, 1, 3, 4));
    int inputs[] = {x, w}, y = -1;
    graph_add(graph, OP_fully_connected_forward, NULL, inputs, 2, &y, 0);
    graph_tanh(graph, y);
    y = -1;
    graph_add(graph, OP_fully_connected_forward, NULL, inputs, 2, &y, 0);
    assert_ok(graph_status(graph));
    graph->nodes[0].call.algorithm = graph->nodes[2].call.algorithm = 1;
    assert_ok(choices_add_graph(&choices, graph));
    assert_int_equal(choices.count, 1);
    assert_string_equal(choices.list[0].call, first);
    assert_string_equal(choices.list[0].algorithm, "clblast");
    choices_free(&choices);
    graph_free(graph);
}

static void json_keeps_order_and_content(void **state)
{
    (void)state;
    struct choices choices = {0}, read = {0};
    assert_ok(choices_set(&choices, "z \"quoted\"", "direct"));
    assert_ok(choices_set(&choices, "a", "clblast"));
    cJSON *json = choices_to_json(&choices);
    assert_ok(choices_from_json(&read, json));
    assert_int_equal(read.count, 2);
    assert_string_equal(read.list[0].call, "z \"quoted\"");
    assert_string_equal(read.list[1].call, "a");
    assert_string_equal(read.list[1].algorithm, "clblast");
    cJSON_Delete(json);
    choices_free(&choices);
    choices_free(&read);
}

static void other_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"[]", "\"direct\"", "{\"a\": 1}", "{\"a\": {\"b\": \"c\"}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct choices read = {0};
        cJSON *json = cJSON_Parse(bad[i]);
        assert_non_null(json);
        assert_status(SAAE_INPUT, choices_from_json(&read, json));
        assert_message_contains("list of algorithms");
        cJSON_Delete(json);
        choices_free(&read);
    }
}

const struct CMUnitTest choices_tests[] = {
    cmocka_unit_test(the_last_choice_of_a_call_holds),
    cmocka_unit_test(graphs_add_what_has_a_choice),
    cmocka_unit_test(json_keeps_order_and_content),
    cmocka_unit_test(other_json_is_refused),
};
const size_t choices_test_count = sizeof choices_tests / sizeof choices_tests[0];

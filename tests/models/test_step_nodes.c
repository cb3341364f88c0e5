/* Which nodes the steps consist of: nothing is computed that nobody needs. */
#include <string.h>

#include "step_fixture.h"
#include "support.h"

struct tally {
    int forward, data, weights; /* of the convolutions */
    int linear, linear_data, linear_weights;
    int gather, select, slice, adam;
};

static struct tally count_nodes(const struct graph *graph)
{
    int counts[OP_COUNT] = {0};
    for (size_t i = 0; i < graph->node_count; i++) counts[graph->nodes[i].call.kind]++;
    bool trained = counts[OP_slice_backward] > 0; /* the generator */
    assert_int_equal(counts[OP_select_backward], trained ? counts[OP_select_forward] : 0);
    return (struct tally){.forward = counts[OP_conv2d_forward],
                          .data = counts[OP_conv2d_backward_data],
                          .weights = counts[OP_conv2d_backward_weights],
                          .linear = counts[OP_fully_connected_forward],
                          .linear_data = counts[OP_fully_connected_backward_data],
                          .linear_weights = counts[OP_fully_connected_backward_weights],
                          .gather = counts[OP_gather_forward],
                          .select = counts[OP_select_forward],
                          .slice = counts[OP_slice_forward],
                          .adam = counts[OP_adam_forward]};
}

/* What each kind of step has to compute, and nothing more. Enc_c and Enc_s have three convolutions,
 * the decoder three, the first of them in two parts; Enc_s and D have two linear layers, D three
 * convolutions. Step 3 encodes the style once and draws twice, D reads three batches. Weights of a
 * frozen network have no gradients, nor have pictures: a network's first layer passes none on, but
 * where a drawing's gradient comes through D. */
static void steps_compute_what_they_need(void **state)
{
    (void)state;
    static const struct tally expected[3][2] = {
        {{.forward = 10,
          .data = 8,
          .weights = 10,
          .linear = 2,
          .linear_data = 2,
          .linear_weights = 2,
          .gather = 2,
          .select = 0,
          .slice = 2,
          .adam = 1},
         {.forward = 10,
          .data = 8,
          .weights = 10,
          .linear = 2,
          .linear_data = 2,
          .linear_weights = 2,
          .gather = 2,
          .select = 1,
          .slice = 2,
          .adam = 1}},
        {{.forward = 16,
          .data = 4,
          .weights = 6,
          .linear = 6,
          .linear_data = 4,
          .linear_weights = 4,
          .gather = 2,
          .select = 0,
          .slice = 2,
          .adam = 1},
         {.forward = 16,
          .data = 4,
          .weights = 6,
          .linear = 6,
          .linear_data = 4,
          .linear_weights = 4,
          .gather = 2,
          .select = 1,
          .slice = 2,
          .adam = 1}},
        {{.forward = 25,
          .data = 20,
          .weights = 22,
          .linear = 8,
          .linear_data = 8,
          .linear_weights = 6,
          .gather = 3,
          .select = 0,
          .slice = 3,
          .adam = 2},
         {.forward = 25,
          .data = 20,
          .weights = 22,
          .linear = 8,
          .linear_data = 8,
          .linear_weights = 6,
          .gather = 2,
          .select = 2,
          .slice = 3,
          .adam = 2}},
    };
    for (int i = 0; i < 6; i++) {
        struct step_fixture f;
        struct saae_config config = step_config();
        int pictures = 0;
        step_set_up(&f, (enum step_kind)(i / 2 + 1), &config, i % 2);
        struct tally found = count_nodes(f.step.graph);
        assert_memory_equal(&found, &expected[i / 2][i % 2], sizeof found);
        for (size_t n = 0; n < f.step.graph->node_count; n++) {
            const struct op_call *call = &f.step.graph->nodes[n].call;
            pictures += call->kind == OP_conv2d_backward_data && call->out[0].shape.c == 1;
        }
        assert_int_equal(pictures, i / 2 == 2);
        step_tear_down(&f);
    }
}

static void a_frozen_discriminator_has_no_weight_gradients(void **state)
{
    (void)state;
    struct step_fixture f;
    struct saae_config config = step_config();
    step_set_up(&f, STEP_ADVERSARIAL, &config, false);
    int after = f.step.discriminator_adam, weights = 0;
    assert_true(after > 0);
    for (size_t i = (size_t)after; i < f.step.graph->node_count; i++) {
        const struct graph_node *node = &f.step.graph->nodes[i];
        bool own = strstr(node->name, "discriminator") != NULL;
        if (own && (node->call.kind == OP_conv2d_backward_weights ||
                    node->call.kind == OP_fully_connected_backward_weights ||
                    node->call.kind == OP_batch_norm_update)) {
            weights++;
        }
    }
    assert_int_equal(weights, 0);
    step_tear_down(&f);
}

const struct CMUnitTest step_nodes_tests[] = {
    cmocka_unit_test(steps_compute_what_they_need),
    cmocka_unit_test(a_frozen_discriminator_has_no_weight_gradients),
};
const size_t step_nodes_test_count = sizeof step_nodes_tests / sizeof *step_nodes_tests;

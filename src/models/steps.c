#include "models/steps.h"

#include <math.h>
#include <string.h>

#include "models/step_build.h"

const char *step_name(enum step_kind kind)
{
    switch (kind) {
    case STEP_AUTOENCODER:
        return "autoencoder";
    case STEP_DISCRIMINATOR:
        return "discriminator";
    case STEP_ADVERSARIAL:
        return "adversarial";
    }
    return "unknown";
}

static int find_adam(const struct graph *graph, const char *network)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        bool here = strncmp(node->name, network, strlen(network)) == 0;
        if (node->call.kind == OP_adam_forward && here) return (int)i;
    }
    return -1;
}

int step_create(struct step *step, enum step_kind kind, struct saae_model *model,
                const struct step_data *data, struct step_feed *feed,
                const struct step_options *options, struct device *device, bool dry)
{
    int status = SAAE_OK;
    struct executor_options executor = {.keep_all = options->keep_all};
    int rows = step_rows(options);
    *step = (struct step){.kind = kind, .feed = feed, .model = model};
    if (options->batch % rows || rows != feed->rows) {
        FAIL(SAAE_USAGE, "a batch of %d is no whole number of micro-batches of %d", options->batch,
             rows);
    }
    step->passes = options->batch / rows;
    for (int i = 0; i < LOSS_COUNT; i++) step->losses[i] = -1;
    TRY(graph_create(&step->graph, step_name(kind)));
    TRY(step_build(step, model, data, options));
    step->generator_adam = find_adam(step->graph, "generator");
    step->discriminator_adam = find_adam(step->graph, "discriminator");
    TRY(choose_algorithms(step->graph, device, model->choose));
    TRY(executor_create(&step->executor, step->graph, device, &executor));
    if (!dry) TRY(links_bind(&step->links, step->executor));
    TRY(executor_prepare(step->executor, dry));
done:
    if (status != SAAE_OK) step_free(step);
    return status;
}

void step_free(struct step *step)
{
    executor_free(step->executor);
    links_free(&step->links);
    graph_free(step->graph);
    *step = (struct step){0};
}

int step_rows(const struct step_options *options)
{
    return options->micro_batch ? options->micro_batch : options->batch;
}

int step_send(struct step *step, const struct step_input *input, int pass)
{
    return step_feed_send(step->feed, &step->model->config, input, pass);
}

int step_run(struct step *step, const struct step_input *input)
{
    int status = SAAE_OK, nodes = (int)step->graph->node_count, last;
    for (int first = 0; first < nodes; first = last + 1) {
        last = graph_stretch_end(step->graph, first);
        for (int pass = 0; pass < step_node_runs(step, (size_t)first); pass++) {
            TRY(step_send(step, input, pass));
            TRY(executor_run_nodes(step->executor, first, last));
        }
    }
done:
    return status;
}

int step_node_runs(const struct step *step, size_t node)
{
    return step->graph->nodes[node].loop ? step->passes : 1;
}

struct op_cost step_cost(const struct step *step)
{
    struct op_cost total = {0};
    for (size_t i = 0; i < step->graph->node_count; i++) {
        struct op_cost cost = op_cost_of(&step->graph->nodes[i].call);
        total.flops += step_node_runs(step, i) * cost.flops;
        total.bytes += step_node_runs(step, i) * cost.bytes;
    }
    return total;
}

int step_read(struct step *step, struct step_losses *losses)
{
    int status = SAAE_OK;
    double values[LOSS_COUNT];
    for (int i = 0; i < LOSS_COUNT; i++) {
        float value = NAN;
        if (step->losses[i] >= 0) TRY(executor_read(step->executor, step->losses[i], &value));
        values[i] = (double)value;
    }
    *losses = (struct step_losses){values[RECONSTRUCTION],          values[DISCRIMINATOR_REAL],
                                   values[DISCRIMINATOR_GENERATED], values[ADVERSARIAL],
                                   values[ACCURACY_REAL],           values[ACCURACY_GENERATED],
                                   values[ACCURACY_CROSS]};
done:
    return status;
}

#include "graph/constants.h"

#include <stdlib.h>

#include "base/memory.h"

/* *writers = [tensor_count] the nodes that write to any element of each tensor. */
static int count_writers(const struct graph *graph, int **writers)
{
    int *made = NULL, status = memory_allocate(&made, graph->tensor_count, sizeof *made);
    if (status != SAAE_OK) return status;
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (int o = 0; o < node->call.outputs; o++) {
            for (size_t t = 0; t < graph->tensor_count; t++) {
                made[t] += graph_overlap(graph, node->out[o], (int)t);
            }
        }
    }
    *writers = made;
    return SAAE_OK;
}

/* A node without inputs makes a constant too, but nothing that is worth keeping. */
static bool is_constant(const struct graph *graph, const struct graph_node *node,
                        const bool *tensors, const int *writers)
{
    bool constant = node->call.inputs > 0;
    for (int k = 0; k < node->call.inputs; k++) constant = constant && tensors[node->in[k]];
    for (int o = 0; o < node->call.outputs; o++) {
        constant = constant && !graph->tensors[node->out[o]].external && writers[node->out[o]] == 1;
    }
    return constant;
}

int constants_find(struct constants *constants, const struct graph *graph)
{
    int status = SAAE_OK, *writers = NULL;
    *constants = (struct constants){0};
    TRY(memory_allocate(&constants->tensors, graph->tensor_count, sizeof(bool)));
    TRY(memory_allocate(&constants->nodes, graph->node_count, sizeof(bool)));
    TRY(count_writers(graph, &writers));
    for (size_t t = 0; t < graph->tensor_count; t++) {
        constants->tensors[t] = graph->tensors[t].constant && writers[t] == 0;
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        constants->nodes[i] = is_constant(graph, node, constants->tensors, writers);
        for (int o = 0; constants->nodes[i] && o < node->call.outputs; o++) {
            constants->tensors[node->out[o]] = true;
        }
    }
done:
    free(writers);
    return status;
}

void constants_free(struct constants *constants)
{
    free(constants->tensors);
    free(constants->nodes);
    *constants = (struct constants){0};
}

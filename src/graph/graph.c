#include "graph/graph.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int graph_create(struct graph **graph, const char *name)
{
    struct graph *made = NULL;
    int status = memory_allocate(&made, 1, sizeof *made);
    if (status == SAAE_OK) status = memory_copy_text(&made->name, name);
    if (status != SAAE_OK) {
        graph_free(made);
        return status;
    }
    *graph = made;
    return SAAE_OK;
}

void graph_free(struct graph *graph)
{
    if (!graph) return;
    for (size_t i = 0; i < graph->tensor_count; i++) free(graph->tensors[i].name);
    for (size_t i = 0; i < graph->node_count; i++) free(graph->nodes[i].name);
    free(graph->tensors);
    free(graph->nodes);
    free(graph->name);
    free(graph);
}

int graph_status(const struct graph *graph)
{
    return graph->fault;
}

void graph_scope(struct graph *graph, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(graph->scope, sizeof graph->scope, format, arguments);
    va_end(arguments);
}

void graph_loop(struct graph *graph, int loop)
{
    graph->loop = loop;
}

int graph_stretch_end(const struct graph *graph, int first)
{
    int last = first, nodes = (int)graph->node_count;
    while (last + 1 < nodes && graph->nodes[last + 1].loop == graph->nodes[first].loop) last++;
    return last;
}

static int record(struct graph *graph, int status)
{
    if (status != SAAE_OK && graph->fault == SAAE_OK) graph->fault = status;
    return -1;
}

static int add_tensor(struct graph *graph, const char *name, struct tensor_type type, bool external,
                      int producer)
{
    int status = memory_grow(&graph->tensors, graph->tensor_count, &graph->tensor_capacity,
                             sizeof *graph->tensors);
    if (status != SAAE_OK) return record(graph, status);
    struct graph_tensor *tensor = &graph->tensors[graph->tensor_count];
    *tensor = (struct graph_tensor){.type = type, .external = external, .producer = producer};
    status = memory_copy_text(&tensor->name, name);
    if (status != SAAE_OK) return record(graph, status);
    return (int)graph->tensor_count++;
}

int graph_external(struct graph *graph, const char *name, struct tensor_type type)
{
    if (graph->fault) return -1;
    return add_tensor(graph, name, type, true, -1);
}

void graph_locate(struct graph *graph, int tensor, const void *memory, size_t offset)
{
    if (tensor < 0) return;
    graph->tensors[tensor].memory = memory;
    graph->tensors[tensor].offset = offset;
}

void graph_hold_constant(struct graph *graph, int tensor)
{
    if (tensor >= 0) graph->tensors[tensor].constant = true;
}

bool graph_overlap(const struct graph *graph, int a, int b)
{
    const struct graph_tensor *x = &graph->tensors[a], *y = &graph->tensors[b];
    if (a == b || !x->memory || x->memory != y->memory) return a == b;
    return x->offset < y->offset + shape_count(y->type.shape) &&
           y->offset < x->offset + shape_count(x->type.shape);
}

void graph_keep(struct graph *graph, int tensor)
{
    if (tensor >= 0) graph->tensors[tensor].output = true;
}

/* The call, its outputs inferred and compared with the tensors given to write to. */
static int prepare_call(struct graph *graph, enum op_kind kind,
                        const struct op_attributes *attributes, const int *inputs, int count,
                        const int *outputs, struct op_call *call)
{
    struct tensor_type types[OP_MAX_INPUTS];
    for (int i = 0; i < count; i++) types[i] = graph->tensors[inputs[i]].type;
    int status = op_prepare(call, kind, attributes, types, count);
    if (status != SAAE_OK) return status;
    for (int o = 0; o < call->outputs; o++) {
        if (outputs[o] < 0) continue;
        const struct graph_tensor *target = &graph->tensors[outputs[o]];
        if (shape_count(target->type.shape) != shape_count(call->out[o].shape) ||
            target->type.dtype != call->out[o].dtype) {
            return status_set(SAAE_USAGE,
                              "graph '%s': %s.%s cannot write to '%s': it is of another size",
                              graph->name, op_get(kind)->stem, op_get(kind)->pass, target->name);
        }
    }
    return SAAE_OK;
}

int graph_add(struct graph *graph, enum op_kind kind, const struct op_attributes *attributes,
              const int *inputs, int count, int *outputs, unsigned accumulate)
{
    struct op_call call;
    char name[256];
    if (graph->fault) return -1;
    for (int i = 0; i < count; i++) {
        if (inputs[i] < 0) return -1;
    }
    int status = prepare_call(graph, kind, attributes, inputs, count, outputs, &call);
    if (status == SAAE_OK) {
        status = memory_grow(&graph->nodes, graph->node_count, &graph->node_capacity,
                             sizeof *graph->nodes);
    }
    if (status != SAAE_OK) return record(graph, status);
    call.accumulate = accumulate;
    int number = (int)graph->node_count;
    const struct op *op = op_get(kind);
    snprintf(name, sizeof name, "%s%s%s.%s", graph->scope, *graph->scope ? "." : "", op->stem,
             op->pass);
    for (int o = 0; o < call.outputs; o++) {
        if (outputs[o] < 0) outputs[o] = add_tensor(graph, name, call.out[o], false, number);
        if (outputs[o] < 0) return -1;
    }
    struct graph_node *node = &graph->nodes[number];
    *node = (struct graph_node){.call = call, .loop = graph->loop};
    for (int i = 0; i < count; i++) node->in[i] = inputs[i];
    for (int o = 0; o < call.outputs; o++) node->out[o] = outputs[o];
    status = memory_copy_text(&node->name, name);
    if (status != SAAE_OK) return record(graph, status);
    graph->node_count++;
    return number;
}

int graph_prune(struct graph *graph)
{
    int status = SAAE_OK;
    bool *needed = NULL, *dead = NULL;
    TRY(graph_status(graph));
    TRY(memory_allocate(&needed, graph->tensor_count, sizeof *needed));
    TRY(memory_allocate(&dead, graph->node_count, sizeof *dead));
    for (size_t t = 0; t < graph->tensor_count; t++) {
        needed[t] = graph->tensors[t].external || graph->tensors[t].output;
    }
    for (size_t i = graph->node_count; i-- > 0;) {
        const struct graph_node *node = &graph->nodes[i];
        bool used = false;
        for (int o = 0; o < node->call.outputs; o++) used = used || needed[node->out[o]];
        dead[i] = !used;
        for (int k = 0; used && k < node->call.inputs; k++) needed[node->in[k]] = true;
    }
    size_t kept = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        if (dead[i])
            free(graph->nodes[i].name);
        else
            graph->nodes[kept++] = graph->nodes[i];
    }
    graph->node_count = kept;
    for (size_t i = kept; i-- > 0;) {
        const struct graph_node *node = &graph->nodes[i];
        for (int o = 0; o < node->call.outputs; o++) graph->tensors[node->out[o]].producer = (int)i;
    }
done:
    free(needed);
    free(dead);
    return status;
}

struct op_cost graph_cost(const struct graph *graph)
{
    struct op_cost total = {0};
    for (size_t i = 0; i < graph->node_count; i++) {
        struct op_cost cost = op_cost_of(&graph->nodes[i].call);
        total.flops += cost.flops;
        total.bytes += cost.bytes;
    }
    return total;
}

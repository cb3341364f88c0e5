/* The oracle's executor: nodes one after the other in double precision.
 *
 * What outlives a step (op.updates: parameters, moments, running statistics) is rounded to float
 * after each node that changes it: that state is float32 whatever computes it, and a run that was
 * saved and resumed has the same bits as one that was not. */
#include "base/clock.h"
#include "base/memory.h"
#include "graph/executor_internal.h"

int executor_reference_prepare(struct executor *executor)
{
    const struct graph *graph = executor->graph;
    int status = SAAE_OK;
    size_t largest = 0;
    TRY(memory_allocate(&executor->memory, executor->plan.total, 1));
    TRY(memory_allocate(&executor->seconds, graph->node_count, sizeof *executor->seconds));
    for (size_t t = 0; t < graph->tensor_count; t++) {
        struct binding *binding = &executor->bindings[t];
        struct tensor_type type = graph->tensors[t].type;
        if (binding->storage) {
            size_t size = executor_element_bytes(executor, type.dtype);
            binding->values = (char *)binding->storage->host + binding->offset * size;
        } else if (binding->item >= 0) {
            binding->values = executor->memory + executor->items[binding->item].offset;
        }
    }
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct op_call *call = &graph->nodes[i].call;
        size_t added = 0;
        for (int o = 0; o < call->outputs; o++) {
            if (call->accumulate >> o & 1) added += shape_count(call->out[o].shape);
        }
        if (added > largest) largest = added;
    }
    TRY(memory_allocate(&executor->scratch, largest, sizeof *executor->scratch));
done:
    return status;
}

static void run_node(struct executor *executor, int number)
{
    const struct graph_node *node = &executor->graph->nodes[number];
    const struct op_call *call = &node->call;
    const struct op *op = op_get(call->kind);
    const void *in[OP_MAX_INPUTS] = {0};
    void *out[OP_MAX_OUTPUTS] = {0};
    double *scratch = executor->scratch;
    for (int i = 0; i < call->inputs; i++) in[i] = executor->bindings[node->in[i]].values;
    for (int o = 0; o < call->outputs; o++) {
        bool added = call->accumulate >> o & 1;
        out[o] = added ? scratch : executor->bindings[node->out[o]].values;
        if (added) scratch += shape_count(call->out[o].shape);
    }
    op->reference(call, in, out);
    for (int o = 0; o < call->outputs; o++) {
        double *values = executor->bindings[node->out[o]].values, *result = out[o];
        size_t count = shape_count(call->out[o].shape);
        if (call->accumulate >> o & 1) {
            for (size_t i = 0; i < count; i++) values[i] += result[i];
        }
        if (op->updates >> o & 1) {
            for (size_t i = 0; i < count; i++) values[i] = (double)(float)values[i];
        }
    }
}

int executor_reference_run(struct executor *executor, int first, int last)
{
    for (int i = first; i <= last; i++) {
        double start = clock_seconds();
        run_node(executor, i);
        executor->seconds[i] += clock_seconds() - start;
    }
    return SAAE_OK;
}

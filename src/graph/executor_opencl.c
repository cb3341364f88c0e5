/* The executor for a device: memory from the plan, launches recorded once. */
#include <stdlib.h>

#include "base/memory.h"
#include "graph/executor_internal.h"
#include "ops/load.h"

static int make_view(struct executor *executor, const struct plan_item *item, size_t bytes,
                     struct buffer **view)
{
    return buffer_view(view, executor->slabs[item->slab], item->offset, bytes);
}

static int make_views(struct executor *executor)
{
    const struct graph *graph = executor->graph;
    int status = SAAE_OK;
    for (int s = 0; s < executor->plan.slabs; s++) {
        TRY(buffer_create(&executor->slabs[s], executor->device, executor->plan.slab_bytes[s],
                          graph->name));
    }
    for (size_t t = 0; t < graph->tensor_count; t++) {
        struct binding *binding = &executor->bindings[t];
        size_t bytes = tensor_bytes(graph->tensors[t].type);
        if (binding->storage) {
            size_t offset = binding->offset * dtype_bytes(binding->storage->dtype);
            TRY(buffer_view(&binding->view, binding->storage->buffer, offset, bytes));
        } else if (binding->item >= 0) {
            TRY(make_view(executor, &executor->items[binding->item], bytes, &binding->view));
        }
    }
    TRY(memory_allocate(&executor->form_views, executor->forms.count,
                        sizeof *executor->form_views));
    for (size_t f = 0; f < executor->forms.count; f++) {
        TRY(make_view(executor, &executor->items[f], executor->forms.list[f].form.bytes,
                      &executor->form_views[f]));
    }
    TRY(memory_allocate(&executor->workspaces, graph->node_count, sizeof *executor->workspaces));
    for (size_t i = 0; i < graph->node_count; i++) {
        if (executor->workspace_item[i] < 0) continue;
        const struct plan_item *item = &executor->items[executor->workspace_item[i]];
        TRY(make_view(executor, item, item->bytes, &executor->workspaces[i]));
    }
done:
    return status;
}

/* Later launches belong to the node; among the constants if they are `constant`. */
static void set_owner(struct executor *executor, int number, bool constant)
{
    const struct graph *graph = executor->graph;
    launch_list_owner(executor->launches, number + (constant ? (int)graph->node_count : 0),
                      graph->nodes[number].name);
}

/* The forms that the node is the first to read belong to it, in profiles too. */
static int record_forms(struct executor *executor, int number)
{
    int status = SAAE_OK;
    for (size_t f = 0; f < executor->forms.count; f++) {
        const struct form *form = &executor->forms.list[f];
        if (form->first != number || form->how != FORM_MADE) continue;
        set_owner(executor, number, executor_form_constant(executor, form));
        TRY(form->form.launch(&form->form, executor->bindings[form->tensor].view,
                              executor->form_views[f], executor->launches));
    }
done:
    return status;
}

/* And so do the forms of its output, where it is absorbed. */
static int record_loaded_forms(struct executor *executor, int number,
                               const struct op_buffers *buffers)
{
    int status = SAAE_OK;
    const struct op_call *call = &executor->graph->nodes[number].call;
    struct op_load load;
    if (!executor->forms.absorbed[number]) return SAAE_OK;
    TRY(op_algorithm_of(call)->load(call, buffers, executor->launches, &load));
    for (size_t f = 0; f < executor->forms.count; f++) {
        const struct form *form = &executor->forms.list[f];
        if (form->first != number || form->how != FORM_LOADED) continue;
        TRY(form->form.launch_loaded(&form->form, &load, executor->form_views[f],
                                     executor->launches));
    }
done:
    return status;
}

static int record_node(struct executor *executor, size_t number)
{
    const struct graph_node *node = &executor->graph->nodes[number];
    struct op_buffers buffers = {.workspace = executor->workspaces[number]};
    for (int i = 0; i < node->call.inputs; i++) {
        int form = executor->forms.of[number][i];
        buffers.in[i] =
            form < 0 ? executor->bindings[node->in[i]].view : executor->form_views[form];
    }
    for (int o = 0; o < node->call.outputs; o++) {
        buffers.out[o] = executor->bindings[node->out[o]].view;
    }
    int status = SAAE_OK, left = executor->forms.left[number];
    if (left >= 0) {
        buffers.left = executor->form_views[left];
        buffers.left_form = &executor->forms.list[left].form;
    }
    TRY(record_forms(executor, (int)number));
    set_owner(executor, (int)number, executor->constants.nodes[number]);
    TRY(op_algorithm_of(&node->call)->launch(&node->call, &buffers, executor->launches));
    TRY(record_loaded_forms(executor, (int)number, &buffers));
done:
    return status == SAAE_OK ? status : status_prefix(status, "%s", node->name);
}

int executor_opencl_prepare(struct executor *executor)
{
    int status = SAAE_OK;
    TRY(make_views(executor));
    TRY(launch_list_create(&executor->launches, executor->device));
    for (size_t i = 0; i < executor->graph->node_count; i++) TRY(record_node(executor, i));
done:
    return status;
}

/* Constants are made anew if one of the storages behind them was written to. */
static int make_constants(struct executor *executor)
{
    const int nodes = (int)executor->graph->node_count;
    int status = SAAE_OK;
    bool made = executor->constants_made;
    for (size_t t = 0; t < executor->graph->tensor_count; t++) {
        const struct storage *storage = executor->bindings[t].storage;
        if (!storage || !executor->constants.tensors[t]) continue;
        made = made && executor->seen[t] == storage->writes;
        executor->seen[t] = storage->writes;
    }
    if (made) return SAAE_OK;
    executor->constants_made = false;
    TRY(launch_list_run(executor->launches, nodes, 2 * nodes - 1));
    executor->constants_made = true;
done:
    return status;
}

int executor_opencl_run(struct executor *executor, int first, int last)
{
    int status = make_constants(executor);
    return status == SAAE_OK ? launch_list_run(executor->launches, first, last) : status;
}

int executor_opencl_times(struct executor *executor, double *seconds, const char **source)
{
    const size_t nodes = executor->graph->node_count;
    double *all = NULL;
    int status = SAAE_OK;
    TRY(memory_allocate(&all, 2 * nodes, sizeof *all));
    TRY(launch_list_times(executor->launches, all, 2 * (int)nodes, source));
    for (size_t i = 0; i < nodes; i++) seconds[i] = all[i] + all[nodes + i];
done:
    free(all);
    return status;
}

void executor_opencl_free(struct executor *executor)
{
    const struct graph *graph = executor->graph;
    launch_list_free(executor->launches);
    for (size_t i = 0; executor->workspaces && i < graph->node_count; i++) {
        buffer_free(executor->workspaces[i]);
    }
    free(executor->workspaces);
    for (size_t f = 0; executor->form_views && f < executor->forms.count; f++) {
        buffer_free(executor->form_views[f]);
    }
    free(executor->form_views);
    for (size_t t = 0; executor->bindings && t < graph->tensor_count; t++) {
        buffer_free(executor->bindings[t].view);
    }
    for (int s = 0; s < PLAN_MAX_SLABS; s++) buffer_free(executor->slabs[s]);
}

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/executor_internal.h"

int executor_create(struct executor **executor, const struct graph *graph, struct device *device,
                    const struct executor_options *options)
{
    int status = SAAE_OK;
    struct executor *made = NULL;
    TRY(graph_status(graph));
    TRY(memory_allocate(&made, 1, sizeof *made));
    *made = (struct executor){.graph = graph, .device = device};
    if (options) made->options = *options;
    TRY(memory_allocate(&made->bindings, graph->tensor_count, sizeof *made->bindings));
    TRY(memory_allocate(&made->workspace_item, graph->node_count, sizeof *made->workspace_item));
    *executor = made;
    made = NULL;
done:
    executor_free(made);
    return status;
}

void executor_free(struct executor *executor)
{
    if (!executor) return;
    executor_opencl_free(executor);
    free(executor->memory);
    free(executor->scratch);
    free(executor->seconds);
    free(executor->items);
    forms_free(&executor->forms);
    constants_free(&executor->constants);
    free(executor->seen);
    free(executor->workspace_item);
    free(executor->bindings);
    free(executor);
}

bool executor_form_constant(const struct executor *executor, const struct form *form)
{
    return executor->constants.tensors[form->tensor];
}

size_t executor_element_bytes(const struct executor *executor, enum dtype dtype)
{
    return !executor->device && dtype == DTYPE_F32 ? sizeof(double) : dtype_bytes(dtype);
}

int executor_bind(struct executor *executor, int tensor, struct storage *storage, size_t offset)
{
    const struct graph_tensor *t = &executor->graph->tensors[tensor];
    size_t count = shape_count(t->type.shape);
    if (storage->dtype != t->type.dtype || offset > storage->count ||
        count > storage->count - offset) {
        return status_set(SAAE_USAGE, "graph '%s': the storage bound to '%s' does not hold it",
                          executor->graph->name, t->name);
    }
    executor->bindings[tensor].storage = storage;
    executor->bindings[tensor].offset = offset;
    return SAAE_OK;
}

/* The tensors of which a node needs the values as they are: its outputs but an absorbed one, the
 * inputs that it reads so, and those that it is the first to read in another form. Returns how
 * many. */
static int find_touched(const struct executor *executor, int number,
                        int touched[OP_MAX_INPUTS + OP_MAX_OUTPUTS])
{
    const struct graph_node *node = &executor->graph->nodes[number];
    const struct forms *forms = &executor->forms;
    int n = 0;
    for (int k = 0; k < node->call.inputs; k++) {
        int form = forms->of ? forms->of[number][k] : -1;
        if (form < 0 || forms->list[form].first == number) touched[n++] = node->in[k];
    }
    bool absorbed = forms->absorbed && forms->absorbed[number] && !executor->options.keep_all;
    for (int o = absorbed ? 1 : 0; o < node->call.outputs; o++) touched[n++] = node->out[o];
    return n;
}

/* What enters a loop is read in its next pass too. */
static void keep_through_loops(const struct graph *graph, struct plan_item *items, size_t count)
{
    int nodes = (int)graph->node_count, last;
    for (int first = 0; first < nodes; first = last + 1) {
        last = graph_stretch_end(graph, first);
        for (size_t i = 0; graph->nodes[first].loop && i < count; i++) {
            bool enters = items[i].first < first && items[i].last >= first;
            if (enters && items[i].last < last) items[i].last = last;
        }
    }
}

static void keep(struct plan_item *items, int item, int nodes)
{
    if (item < 0) return;
    items[item].first = 0;
    items[item].last = nodes - 1;
}

/* The items that exist all the time: constants, which are made when one is set, and whatever making
 * them takes. */
static void keep_items(const struct executor *executor, struct plan_item *items)
{
    const struct constants *constants = &executor->constants;
    int nodes = (int)executor->graph->node_count, tensors = (int)executor->graph->tensor_count;
    for (int f = 0; f < (int)executor->forms.count; f++) {
        if (executor_form_constant(executor, &executor->forms.list[f])) keep(items, f, nodes);
    }
    for (int t = 0; t < tensors; t++) {
        if (!executor->options.keep_all && !constants->tensors[t]) continue;
        keep(items, executor->bindings[t].item, nodes);
    }
    for (int i = 0; i < nodes; i++) {
        if (constants->nodes[i]) keep(items, executor->workspace_item[i], nodes);
    }
}

/* Nodes between which each temporary must exist; items of tensors that no node touches stay out. */
static int collect_items(struct executor *executor)
{
    const struct graph *graph = executor->graph;
    const struct forms *forms = &executor->forms;
    int status = SAAE_OK, last = (int)graph->node_count - 1;
    struct plan_item *items = NULL;
    TRY(memory_allocate(&items, forms->count + graph->tensor_count + graph->node_count,
                        sizeof *items));
    size_t count = 0;
    for (size_t f = 0; f < forms->count; f++) {
        const struct form *form = &forms->list[f];
        items[count++] =
            (struct plan_item){.bytes = form->form.bytes, .first = form->first, .last = form->last};
    }
    for (size_t t = 0; t < graph->tensor_count; t++) executor->bindings[t].item = -1;
    for (int i = 0; i <= last; i++) {
        const struct graph_node *node = &graph->nodes[i];
        int touched[OP_MAX_INPUTS + OP_MAX_OUTPUTS], n = find_touched(executor, i, touched);
        for (int k = 0; k < n; k++) {
            const struct graph_tensor *tensor = &graph->tensors[touched[k]];
            struct binding *binding = &executor->bindings[touched[k]];
            if (tensor->external) continue;
            if (binding->item < 0) {
                binding->item = (int)count;
                size_t size = executor_element_bytes(executor, tensor->type.dtype);
                items[count++] =
                    (struct plan_item){.bytes = shape_count(tensor->type.shape) * size, .first = i};
            }
            items[binding->item].last = tensor->output ? last : i;
        }
        executor->workspace_item[i] = -1;
        size_t bytes =
            executor->device ? op_workspace_of(&node->call, device_traits(executor->device)) : 0;
        if (bytes) {
            executor->workspace_item[i] = (int)count;
            items[count++] = (struct plan_item){.bytes = bytes, .first = i, .last = i};
        }
    }
    keep_through_loops(graph, items, count);
    keep_items(executor, items);
    executor->items = items;
    executor->item_count = count;
    items = NULL;
done:
    free(items);
    return status;
}

static bool share_storage(const struct executor *executor, int a, int b)
{
    const struct binding *x = &executor->bindings[a], *y = &executor->bindings[b];
    const struct graph_tensor *tensors = executor->graph->tensors;
    return x->storage && x->storage == y->storage &&
           x->offset < y->offset + shape_count(tensors[b].type.shape) &&
           y->offset < x->offset + shape_count(tensors[a].type.shape);
}

static int check_neighbours(const struct executor *executor, int tensor)
{
    const struct graph *graph = executor->graph;
    for (int t = 0; t < (int)graph->tensor_count; t++) {
        if (!share_storage(executor, tensor, t) || graph_overlap(graph, tensor, t)) continue;
        return status_set(SAAE_USAGE,
                          "graph '%s': '%s' and '%s' are bound to the same elements, which "
                          "the graph does not know (graph_locate)",
                          graph->name, graph->tensors[tensor].name, graph->tensors[t].name);
    }
    return SAAE_OK;
}

/* A write that the graph does not see would leave something behind that is out of date: a form, or
 * what was made of a constant. */
static int check_bindings(const struct executor *executor)
{
    int status = SAAE_OK;
    for (size_t f = 0; f < executor->forms.count; f++) {
        TRY(check_neighbours(executor, executor->forms.list[f].tensor));
    }
    for (int t = 0; t < (int)executor->graph->tensor_count; t++) {
        if (executor->constants.tensors[t]) TRY(check_neighbours(executor, t));
    }
done:
    return status;
}

int executor_prepare(struct executor *executor, bool dry)
{
    const struct graph *graph = executor->graph;
    int status = SAAE_OK;
    TRY(constants_find(&executor->constants, graph));
    if (executor->device) {
        TRY(memory_allocate(&executor->seen, graph->tensor_count, sizeof *executor->seen));
        TRY(forms_collect(&executor->forms, graph, device_traits(executor->device)));
    }
    TRY(collect_items(executor));
    size_t limit =
        executor->device ? device_traits(executor->device)->largest_buffer : (size_t)-1 / 2;
    size_t alignment = executor->device ? BUFFER_ALIGNMENT : MEMORY_ALIGNMENT;
    TRY(plan_memory(executor->items, executor->item_count, limit, alignment, &executor->plan));
    if (dry) goto done;
    for (size_t t = 0; t < graph->tensor_count; t++) {
        if (graph->tensors[t].external && !executor->bindings[t].storage) {
            FAIL(SAAE_USAGE, "graph '%s': nothing is bound to '%s'", graph->name,
                 graph->tensors[t].name);
        }
    }
    TRY(check_bindings(executor));
    if (executor->device)
        TRY(executor_opencl_prepare(executor));
    else
        TRY(executor_reference_prepare(executor));
    executor->prepared = true;
done:
    return status;
}

/* Counts the writes of nodes as storage_write counts its own. */
static void count_writes(struct executor *executor, int first, int last)
{
    for (int i = first; i <= last; i++) {
        const struct graph_node *node = &executor->graph->nodes[i];
        for (int o = 0; o < node->call.outputs; o++) {
            struct storage *storage = executor->bindings[node->out[o]].storage;
            if (storage) storage->writes++;
        }
    }
}

int executor_run_nodes(struct executor *executor, int first, int last)
{
    count_writes(executor, first, last);
    if (executor->device) return executor_opencl_run(executor, first, last);
    return executor_reference_run(executor, first, last);
}

int executor_run(struct executor *executor)
{
    return executor_run_nodes(executor, 0, (int)executor->graph->node_count - 1);
}

/* Is the tensor's content still its own after the run? */
static int check_readable(const struct executor *executor, int tensor)
{
    const struct graph_tensor *t = &executor->graph->tensors[tensor];
    bool there = t->external || executor->options.keep_all ||
                 (t->output && executor->bindings[tensor].item >= 0);
    if (executor->prepared && there) return SAAE_OK;
    return status_set(SAAE_USAGE, "graph '%s': '%s' was not kept", executor->graph->name, t->name);
}

int executor_read(struct executor *executor, int tensor, void *data)
{
    struct tensor_type type = executor->graph->tensors[tensor].type;
    struct binding *binding = &executor->bindings[tensor];
    int status = check_readable(executor, tensor);
    if (status != SAAE_OK) return status;
    if (executor->device) return buffer_read(binding->view, 0, data, tensor_bytes(type));
    if (type.dtype == DTYPE_F32) {
        float *to = data;
        const double *from = binding->values;
        for (size_t i = 0; i < shape_count(type.shape); i++) to[i] = (float)from[i];
    } else {
        memcpy(data, binding->values, tensor_bytes(type));
    }
    return SAAE_OK;
}

int executor_write(struct executor *executor, int tensor, const void *data)
{
    struct tensor_type type = executor->graph->tensors[tensor].type;
    struct binding *binding = &executor->bindings[tensor];
    int status = check_readable(executor, tensor);
    if (status != SAAE_OK) return status;
    if (binding->storage) {
        return storage_write(binding->storage, binding->offset, data, shape_count(type.shape));
    }
    if (executor->constants.tensors[tensor]) {
        return status_set(SAAE_USAGE, "graph '%s': '%s' is made of constants",
                          executor->graph->name, executor->graph->tensors[tensor].name);
    }
    if (executor->device) return buffer_write(binding->view, 0, data, tensor_bytes(type));
    if (type.dtype == DTYPE_F32) {
        const float *from = data;
        double *to = binding->values;
        for (size_t i = 0; i < shape_count(type.shape); i++) to[i] = (double)from[i];
    } else {
        memcpy(binding->values, data, tensor_bytes(type));
    }
    return SAAE_OK;
}

void *executor_values(struct executor *executor, int tensor)
{
    return executor->device ? NULL : executor->bindings[tensor].values;
}

const struct plan_result *executor_plan(const struct executor *executor)
{
    return &executor->plan;
}

int executor_times(struct executor *executor, double *seconds, const char **source)
{
    size_t nodes = executor->graph->node_count;
    if (executor->device) return executor_opencl_times(executor, seconds, source);
    memcpy(seconds, executor->seconds, nodes * sizeof *seconds);
    *source = "wall clock";
    return SAAE_OK;
}

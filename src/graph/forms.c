#include "graph/forms.h"

#include <stdlib.h>

#include "base/memory.h"

int forms_count_writes(const struct graph *graph, int (**versions)[OP_MAX_INPUTS])
{
    int status = SAAE_OK, *writes = NULL, (*made)[OP_MAX_INPUTS] = NULL;
    TRY(memory_allocate(&writes, graph->tensor_count, sizeof *writes));
    TRY(memory_allocate(&made, graph->node_count, sizeof *made));
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->call.inputs; k++) made[i][k] = writes[node->in[k]];
        for (int o = 0; o < node->call.outputs; o++) {
            for (size_t t = 0; t < graph->tensor_count; t++) {
                writes[t] += graph_overlap(graph, node->out[o], (int)t);
            }
        }
    }
    *versions = made;
    made = NULL;
done:
    free(made);
    free(writes);
    return status;
}

/* The index of the form among those collected; added if it is new. */
static int enter(struct forms *forms, const struct form *wanted, int *index)
{
    int status = SAAE_OK;
    for (size_t f = 0; f < forms->count; f++) {
        struct form *known = &forms->list[f];
        if (known->tensor != wanted->tensor || known->version != wanted->version ||
            known->loop != wanted->loop || !op_form_equal(&known->form, &wanted->form)) {
            continue;
        }
        known->last = wanted->last;
        *index = (int)f;
        return SAAE_OK;
    }
    TRY(memory_grow(&forms->list, forms->count, &forms->capacity, sizeof *forms->list));
    forms->list[forms->count] = *wanted;
    *index = (int)forms->count++;
done:
    return status;
}

/* Outputs of nodes that are the tensor. */
static int count_writers(const struct graph *graph, int tensor)
{
    int writers = 0;
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (int o = 0; o < node->call.outputs; o++) writers += node->out[o] == tensor;
    }
    return writers;
}

/* Is each input that is the tensor read in a form that can be made from a load? */
static bool read_as_loaded_forms(const struct forms *forms, const struct graph *graph, int tensor)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (int k = 0; k < node->call.inputs; k++) {
            if (node->in[k] != tensor) continue;
            int form = forms->of[i][k];
            if (form < 0 || !forms->list[form].form.launch_loaded) return false;
        }
    }
    return true;
}

/* Which nodes need not write their output 0, and the forms that take its place. */
static void absorb_nodes(struct forms *forms, const struct graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        int tensor = node->call.outputs > 0 ? node->out[0] : -1;
        if (!op_algorithm_of(&node->call)->load || node->call.accumulate & 1u ||
            graph->tensors[tensor].external || graph->tensors[tensor].output ||
            count_writers(graph, tensor) != 1 || !read_as_loaded_forms(forms, graph, tensor)) {
            continue;
        }
        forms->absorbed[i] = true;
        for (size_t f = 0; f < forms->count; f++) {
            if (forms->list[f].tensor != tensor) continue;
            forms->list[f].first = (int)i;
            forms->list[f].how = FORM_LOADED;
        }
    }
}

/* Which nodes leave a form of their output 0. */
static void leave_forms(struct forms *forms, const struct graph *graph,
                        const struct device_traits *traits)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        const struct op_algorithm *algorithm = op_algorithm_of(&node->call);
        forms->left[i] = -1;
        for (size_t f = 0; algorithm->leaves && f < forms->count; f++) {
            struct form *form = &forms->list[f];
            if (forms->left[i] >= 0 || form->how != FORM_MADE || form->tensor != node->out[0] ||
                graph->tensors[form->tensor].external || count_writers(graph, form->tensor) != 1 ||
                !algorithm->leaves(&node->call, traits, &form->form)) {
                continue;
            }
            forms->left[i] = (int)f;
            form->how = FORM_LEFT;
            form->first = (int)i;
        }
    }
}

int forms_collect(struct forms *forms, const struct graph *graph,
                  const struct device_traits *traits)
{
    int status = SAAE_OK, (*versions)[OP_MAX_INPUTS] = NULL;
    *forms = (struct forms){0};
    TRY(memory_allocate(&forms->of, graph->node_count, sizeof *forms->of));
    TRY(memory_allocate(&forms->left, graph->node_count, sizeof *forms->left));
    TRY(memory_allocate(&forms->absorbed, graph->node_count, sizeof *forms->absorbed));
    TRY(forms_count_writes(graph, &versions));
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (int k = 0; k < OP_MAX_INPUTS; k++) {
            struct form wanted = {.first = (int)i, .last = (int)i};
            forms->of[i][k] = -1;
            if (k >= node->call.inputs ||
                !op_form_of(op_algorithm_of(&node->call), &node->call, k, traits, &wanted.form)) {
                continue;
            }
            wanted.tensor = node->in[k];
            wanted.version = versions[i][k];
            wanted.loop = node->loop;
            TRY(enter(forms, &wanted, &forms->of[i][k]));
        }
    }
    absorb_nodes(forms, graph);
    leave_forms(forms, graph, traits);
done:
    free(versions);
    return status;
}

void forms_free(struct forms *forms)
{
    free(forms->list);
    free(forms->of);
    free(forms->left);
    free(forms->absorbed);
    *forms = (struct forms){0};
}

/* Does any algorithm want the input of the call in this form? */
static bool may_want(const struct op_call *call, int input, const struct device_traits *traits,
                     const struct op_form *form)
{
    const struct op_algorithm *algorithms = op_get(call->kind)->algorithms;
    struct op_form wanted;
    for (int a = 0; a < OP_MAX_ALGORITHMS && algorithms[a].name; a++) {
        if (algorithms[a].supports && !algorithms[a].supports(call, traits)) continue;
        if (op_form_of(&algorithms[a], call, input, traits, &wanted) &&
            op_form_equal(&wanted, form)) {
            return true;
        }
    }
    return false;
}

int forms_count_sharers(const struct graph *graph, const int (*versions)[OP_MAX_INPUTS],
                        const struct device_traits *traits, size_t node, int input,
                        const struct op_form *form)
{
    int sharers = 0, tensor = graph->nodes[node].in[input];
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *other = &graph->nodes[i];
        for (int k = 0; k < other->call.inputs; k++) {
            bool same = other->in[k] == tensor && versions[i][k] == versions[node][input] &&
                        other->loop == graph->nodes[node].loop;
            sharers += same && may_want(&other->call, k, traits, form);
        }
    }
    return sharers > 1 ? sharers : 1;
}

/* Reverse-mode differentiation into the same graph. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/build.h"

struct tape {
    struct graph *graph;
    size_t tensors, nodes; /* those of the forward part */
    bool *depends;         /* [tensors] does it depend on a wanted tensor? */
    int *gradient;         /* [tensors] the tensor that holds d loss / d t; -1: none yet */
    int *target;           /* [tensors] where the caller wants it; -1: anywhere */
    bool *shared;          /* [tensors] `gradient` is another tensor's too: never added to */
};

static int tape_create(struct tape *tape, struct graph *graph, const struct graph_wanted *wanted,
                       int count)
{
    int status = SAAE_OK;
    *tape =
        (struct tape){.graph = graph, .tensors = graph->tensor_count, .nodes = graph->node_count};
    TRY(memory_allocate(&tape->depends, tape->tensors, sizeof *tape->depends));
    TRY(memory_allocate(&tape->gradient, tape->tensors, sizeof *tape->gradient));
    TRY(memory_allocate(&tape->target, tape->tensors, sizeof *tape->target));
    TRY(memory_allocate(&tape->shared, tape->tensors, sizeof *tape->shared));
    memset(tape->gradient, 0xff, tape->tensors * sizeof *tape->gradient); /* all -1 */
    memset(tape->target, 0xff, tape->tensors * sizeof *tape->target);
    for (int i = 0; i < count; i++) {
        tape->depends[wanted[i].tensor] = true;
        tape->target[wanted[i].tensor] = wanted[i].gradient;
        if (wanted[i].add) tape->gradient[wanted[i].tensor] = wanted[i].gradient;
    }
    for (size_t i = 0; i < tape->nodes; i++) {
        const struct graph_node *node = &graph->nodes[i];
        if (!op_get(node->call.kind)->gradient) continue;
        bool any = false;
        for (int k = 0; k < node->call.inputs; k++) any = any || tape->depends[node->in[k]];
        for (int o = 0; any && o < node->call.outputs; o++) tape->depends[node->out[o]] = true;
    }
done:
    return status;
}

static void tape_free(struct tape *tape)
{
    free(tape->depends);
    free(tape->gradient);
    free(tape->target);
    free(tape->shared);
}

/* Adds or copies one tensor to another; *to -1: a new one. */
static int add_copy(struct graph *graph, int from, int *to, bool accumulate)
{
    int outputs[OP_MAX_OUTPUTS] = {*to, -1, -1, -1};
    graph_add(graph, OP_add_forward, &(struct op_attributes){.scale = 1.0}, &from, 1, outputs,
              accumulate ? 1u : 0u);
    *to = outputs[0];
    return graph_status(graph);
}

/* Before something is added to a tensor's gradient: it becomes the tensor's own. */
static int own_gradient(struct tape *tape, int tensor)
{
    int copy = -1;
    if (!tape->shared[tensor]) return SAAE_OK;
    int status = add_copy(tape->graph, tape->gradient[tensor], &copy, false);
    tape->gradient[tensor] = copy;
    tape->shared[tensor] = false;
    return status;
}

/* gradient.pass_on. Both tensors share the gradient from now on. Nothing is added to the output's
 * any more: all that read the output have been differentiated. */
static int pass_on(struct gradient *gradient, int i)
{
    struct tape *tape = gradient->graph;
    int input = gradient->in[i], from = gradient->output_gradient[0];
    if (tape->gradient[input] < 0 && tape->target[input] < 0) {
        tape->gradient[input] = from;
        tape->shared[input] = true;
        return SAAE_OK;
    }
    if (tape->shared[input]) { /* the sum of two that are others' too */
        tape->gradient[input] =
            graph_add_scaled(tape->graph, tape->gradient[input], 1.0, from, 1.0);
        tape->shared[input] = false;
        return graph_status(tape->graph);
    }
    bool added = tape->gradient[input] >= 0;
    if (!added) tape->gradient[input] = tape->target[input];
    return add_copy(tape->graph, from, &tape->gradient[input], added);
}

/* gradient.emit: adds the node; the first contribution to a gradient overwrites, others add. */
static int emit(struct gradient *gradient, enum op_kind kind,
                const struct op_attributes *attributes, const int *in, int inputs,
                const int *targets)
{
    struct tape *tape = gradient->graph;
    struct graph *graph = tape->graph;
    struct tensor_type types[OP_MAX_INPUTS];
    struct op_call call;
    int outputs[OP_MAX_OUTPUTS];
    unsigned accumulate = 0;
    for (int i = 0; i < inputs; i++) types[i] = graph->tensors[in[i]].type;
    int status = op_prepare(&call, kind, attributes, types, inputs);
    if (status != SAAE_OK) return status;
    for (int o = 0; o < call.outputs; o++) {
        bool wanted = targets[o] >= 0 && gradient->wanted[targets[o]];
        if (wanted) status = own_gradient(tape, gradient->in[targets[o]]);
        if (status != SAAE_OK) return status;
        outputs[o] = wanted ? tape->gradient[gradient->in[targets[o]]] : -1;
        if (outputs[o] >= 0)
            accumulate |= 1u << o;
        else if (wanted)
            outputs[o] = tape->target[gradient->in[targets[o]]];
    }
    graph_add(graph, kind, attributes, in, inputs, outputs, accumulate);
    if (graph_status(graph)) return graph_status(graph);
    for (int o = 0; o < call.outputs; o++) {
        bool wanted = targets[o] >= 0 && gradient->wanted[targets[o]];
        if (wanted) tape->gradient[gradient->in[targets[o]]] = outputs[o];
    }
    return SAAE_OK;
}

static int differentiate_node(struct tape *tape, size_t number)
{
    struct graph_node node = tape->graph->nodes[number]; /* a copy: emit may move the array */
    const struct op *op = op_get(node.call.kind);
    struct gradient gradient = {
        .call = &node.call, .graph = tape, .emit = emit, .pass_on = pass_on};
    bool reached = false, wanted = false;
    if (!op->gradient) return SAAE_OK;
    for (int o = 0; o < node.call.outputs; o++) {
        gradient.out[o] = node.out[o];
        gradient.output_gradient[o] = tape->gradient[node.out[o]];
        reached = reached || gradient.output_gradient[o] >= 0;
    }
    for (int i = 0; i < node.call.inputs; i++) {
        gradient.in[i] = node.in[i];
        gradient.wanted[i] = tape->depends[node.in[i]];
        wanted = wanted || gradient.wanted[i];
    }
    if (!reached || !wanted) return SAAE_OK;
    /* the gradients of a layer carry its name */
    const char *name = node.name;
    size_t length = strlen(name), tail = strlen(op->stem) + strlen(op->pass) + 2;
    graph_scope(tape->graph, "%.*s", length > tail ? (int)(length - tail) : 0, name);
    return op->gradient(&gradient);
}

int graph_backward(struct graph *graph, int loss, const struct graph_wanted *wanted, int count)
{
    int status = SAAE_OK;
    struct tape tape = {0};
    char scope[sizeof graph->scope];
    memcpy(scope, graph->scope, sizeof scope);
    TRY(graph_status(graph));
    TRY(tape_create(&tape, graph, wanted, count));
    if (!tape.depends[loss]) {
        FAIL(SAAE_USAGE, "graph '%s': '%s' depends on nothing that a gradient is wanted of",
             graph->name, graph->tensors[loss].name);
    }
    int one = graph_constant(graph, 1, 1.0);
    TRY(graph_status(graph));
    tape.gradient[loss] = one;
    for (size_t i = tape.nodes; i-- > 0;) TRY(differentiate_node(&tape, i));
    for (int i = 0; i < count; i++) {
        if (tape.gradient[wanted[i].tensor] < 0) graph_fill(graph, wanted[i].gradient, 0.0);
    }
    TRY(graph_status(graph));
done:
    tape_free(&tape);
    memcpy(graph->scope, scope, sizeof scope);
    if (status != SAAE_OK && graph->fault == SAAE_OK) graph->fault = status;
    return status;
}

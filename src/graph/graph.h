/* A static graph: tensors and the nodes that compute them, in the order in which they run.
 *
 * Builders return the number of a tensor and take such numbers; after a fault they return -1,
 * accept -1 and do nothing more, so that a model is written without a check on each line and
 * graph_status() tells at the end. Order is meaning: a node that changes an external tensor in
 * place (Adam, running statistics) is seen by the nodes added after it. */
#ifndef SAAE_GRAPH_GRAPH_H
#define SAAE_GRAPH_GRAPH_H

#include "ops/op.h"

struct graph_tensor {
    char *name;
    struct tensor_type type;
    bool external;      /* lives in a storage that the executor is given; else the plan places it */
    bool constant;      /* external: set seldom (graph_hold_constant) */
    bool output;        /* must still be there after the run */
    int producer;       /* the first node that writes it; -1: none */
    const void *memory; /* external: what it is a range of, from element `offset`; NULL: of nothing
                           that another tensor is in */
    size_t offset;
};

struct graph_node {
    char *name;
    struct op_call call;
    int in[OP_MAX_INPUTS], out[OP_MAX_OUTPUTS];
    int loop; /* 0: none */
};

struct graph {
    char *name;
    char scope[160]; /* put in front of the names of what is added next */
    int loop;        /* of what is added next; 0: none */
    struct graph_tensor *tensors;
    size_t tensor_count, tensor_capacity;
    struct graph_node *nodes;
    size_t node_count, node_capacity;
    int fault; /* the first fault's status; its message is the thread's */
};

int graph_create(struct graph **graph, const char *name);
void graph_free(struct graph *graph); /* accepts NULL */
int graph_status(const struct graph *graph);

/* Names of what is added next begin with this ("generator.decoder.0"). */
void graph_scope(struct graph *graph, const char *format, ...) PRINTF_LIKE(2, 3);

/* LOOPS. Nodes added after graph_loop(graph, n) with n > 0, until the next call, run several times
 * in a row before what follows: a batch in several passes. What was made before them stays until
 * the last pass is done. An executor runs ranges of nodes: whoever runs the graph repeats them. */
void graph_loop(struct graph *graph, int loop);

/* The last node of the stretch that begins with `first`: nodes of one loop, or of none. */
int graph_stretch_end(const struct graph *graph, int first);

/* A tensor that the executor is given (parameters, data, scalars); named without the scope. */
int graph_external(struct graph *graph, const char *name, struct tensor_type type);

/* Says that an external tensor begins at element `offset` of a memory, whose address is a name and
 * nothing else: Adam writes parameters as one flat tensor that the layers read piece by piece.
 * Tensors that meet in memory must be said to. */
void graph_locate(struct graph *graph, int tensor, const void *memory, size_t offset);

/* Says that an external tensor is set seldom, as parameters are where nothing trains them: what is
 * made of such tensors alone may be kept from run to run until one is set (constants.h). */
void graph_hold_constant(struct graph *graph, int tensor);

/* Do two tensors share elements? */
bool graph_overlap(const struct graph *graph, int a, int b);

/* Keeps a tensor readable after the run. */
void graph_keep(struct graph *graph, int tensor);

/* Adds a node. outputs[o] on entry: a tensor to write to (of the inferred type; elements in the
 * same order are enough), or -1 for a new one, whose number is put there. accumulate: as in
 * op_call. Returns the node's number or -1. */
int graph_add(struct graph *graph, enum op_kind kind, const struct op_attributes *attributes,
              const int *inputs, int count, int *outputs, unsigned accumulate);

/* The gradient of a scalar with respect to external tensors, as further nodes. */
struct graph_wanted {
    int tensor;   /* with respect to this one */
    int gradient; /* external tensor that gets the gradient: 0 if the loss does not depend on it */
    bool add;     /* to what the tensor holds, instead of overwriting it */
};
int graph_backward(struct graph *graph, int loss, const struct graph_wanted *wanted, int count);

/* One line a tensor read by nobody, a node whose results nobody needs? Removes such nodes: those
 * that neither write an external or kept tensor nor feed one that does. */
int graph_prune(struct graph *graph);

/* Sums over all nodes. */
struct op_cost graph_cost(const struct graph *graph);

#endif

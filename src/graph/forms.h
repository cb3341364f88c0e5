/* The inputs that a graph's nodes want in another form (op.h, FORMS), each made once for all nodes
 * that want the same form of the same tensor at the same version.
 *
 * A tensor's VERSION at a node is the number of writes before it to any of its elements: D's
 * weights change in the middle of a step, and their forms with them. A loop (graph.h) makes its own
 * forms in each pass: what it writes to in one pass, it finds changed in the next.
 *
 * A temporary that nobody reads as it is need not be: if the node that writes it can say how its
 * elements are found (op.h, LOADS), its forms are made from that, in the node's place. A node may
 * also leave a form of what it writes (op_algorithm.leaves). */
#ifndef SAAE_GRAPH_FORMS_H
#define SAAE_GRAPH_FORMS_H

#include "graph/graph.h"

struct form {
    struct op_form form;
    int tensor, version, loop;
    int first, last; /* nodes that read it */
    enum {
        FORM_MADE,   /* from the tensor, right before the first of them */
        FORM_LOADED, /* from a load: right after `first`, which is the node that is absorbed */
        FORM_LEFT    /* by `first`, the node that writes the tensor */
    } how;
};

struct forms {
    struct form *list;
    size_t count, capacity;
    int (*of)[OP_MAX_INPUTS]; /* [node_count]: index into list; -1: the input is read as it is */
    int *left;      /* [node_count]: index into list of what the node leaves; -1: nothing */
    bool *absorbed; /* [node_count]: no node reads output 0, but forms made from loads */
};

/* By the algorithms that the nodes have. */
int forms_collect(struct forms *forms, const struct graph *graph,
                  const struct device_traits *traits);
void forms_free(struct forms *forms); /* leaves it empty */

/* *versions = [node_count] the version of each input; released with free(). */
int forms_count_writes(const struct graph *graph, int (**versions)[OP_MAX_INPUTS]);

/* Inputs of the graph, the one given among them, that could share this form of the input of a node:
 * those that any algorithm which can run here wants in the same one. At least 1. */
int forms_count_sharers(const struct graph *graph, const int (*versions)[OP_MAX_INPUTS],
                        const struct device_traits *traits, size_t node, int input,
                        const struct op_form *form);

#endif

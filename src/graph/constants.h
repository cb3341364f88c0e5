/* What of a graph stays the same from run to run: external tensors that are set seldom
 * (graph_hold_constant) and that no node of the graph writes, and what nodes make of these alone.
 *
 * An executor for a device makes all that, and the forms of it (forms.h), before the first run and
 * again after a write to one of the storages behind it, from wherever (storage.writes): in
 * generation the weights' spectra, in a step that trains D those of G. */
#ifndef SAAE_GRAPH_CONSTANTS_H
#define SAAE_GRAPH_CONSTANTS_H

#include "graph/graph.h"

struct constants {
    bool *tensors; /* [tensor_count] */
    bool *nodes;   /* [node_count]: those that read nothing but constants, and write temporaries */
};

int constants_find(struct constants *constants, const struct graph *graph);
void constants_free(struct constants *constants); /* leaves it empty */

#endif

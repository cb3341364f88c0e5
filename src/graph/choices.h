/* Which algorithm runs which call, and how it is tuned (ops/tuning.h): a plan that is kept with a
 * run and given back to it.
 *
 * A call is named by its pass and shapes, "fully_connected.forward 64x1x1x100,1x1x100x10 ->
 * 64x1x1x10", and not by its node: equal calls run alike in every graph. */
#ifndef SAAE_GRAPH_CHOICES_H
#define SAAE_GRAPH_CHOICES_H

#include "graph/graph.h"

struct cJSON;

struct choices {
    struct choice {
        char *call, *algorithm; /* "winograd tiles=28" */
    } * list;                   /* in the order in which they were set */
    size_t count, capacity;
};

void choices_free(struct choices *choices); /* leaves it empty */

/* The name of a call; CHOICE_TEXT bytes hold that of any. */
enum { CHOICE_TEXT = 512 };
void choices_name_call(const struct op_call *call, char text[CHOICE_TEXT]);

/* Has the pass more than one way to run, by its algorithms or their tunables, whether or not this
 * device has them? */
bool choices_has_several(const struct op *op);

/* The algorithm and its tuning; NULL: the call is not in the list. */
const char *choices_find(const struct choices *choices, const char *call);

/* Adds a call, or replaces its algorithm. */
int choices_set(struct choices *choices, const char *call, const char *algorithm);

/* Adds every call of a graph whose pass has several algorithms, with the one it has. */
int choices_add_graph(struct choices *choices, const struct graph *graph);

/* {"fully_connected.forward ...": "direct", ...} and back. NULL: out of memory. SAAE_INPUT: no
 * object of texts. */
struct cJSON *choices_to_json(const struct choices *choices);
int choices_from_json(struct choices *choices, const struct cJSON *json);

#endif

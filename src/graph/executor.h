/* Running a graph, on a device or by the reference. */
#ifndef SAAE_GRAPH_EXECUTOR_H
#define SAAE_GRAPH_EXECUTOR_H

#include "graph/graph.h"
#include "graph/plan.h"
#include "graph/storage.h"

struct executor;

struct executor_options {
    bool keep_all; /* every temporary has a place of its own and can be read after a run, those too
                      that nobody reads as they are (forms.h) */
};

/* device NULL: the reference. The graph must outlive the executor and not change. */
int executor_create(struct executor **executor, const struct graph *graph, struct device *device,
                    const struct executor_options *options);
void executor_free(struct executor *executor); /* accepts NULL */

/* Where an external tensor lives: elements from `offset` of the storage (on a device the offset in
 * bytes is a multiple of BUFFER_ALIGNMENT). Every external tensor needs one before
 * executor_prepare, which refuses tensors that meet where the graph was not told (graph_locate). */
int executor_bind(struct executor *executor, int tensor, struct storage *storage, size_t offset);

/* Plans memory and, unless `dry`, allocates it and records the launches (building kernels). */
int executor_prepare(struct executor *executor, bool dry);

/* Enqueues all nodes (a device: returns before they have run). What is made of constants alone
 * (constants.h) is made by the first run of any nodes, and by the first one after a write to a
 * storage that they come from. */
int executor_run(struct executor *executor);
/* Nodes first .. last, both included. An input that several nodes read in another form is brought
 * into it by the first of them: a later one alone reads what that node left, so nothing may be
 * written to the input in between from outside. */
int executor_run_nodes(struct executor *executor, int first, int last);

/* Any tensor that exists after the run: external, kept, or all with keep_all; floats, int32_t or
 * bytes. SAAE_USAGE: its place was reused. */
int executor_read(struct executor *executor, int tensor, void *data);
int executor_write(struct executor *executor, int tensor, const void *data);

/* The reference's own values of a tensor (double, int32_t or uint8_t); NULL on a device. */
void *executor_values(struct executor *executor, int tensor);

const struct plan_result *executor_plan(const struct executor *executor);
/* Seconds by node since executor_prepare; needs a profiling device or the reference. `seconds` has
 * graph->node_count entries. */
int executor_times(struct executor *executor, double *seconds, const char **source);

#endif

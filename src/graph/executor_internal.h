/* What the two executors share; private to src/graph. */
#ifndef SAAE_GRAPH_EXECUTOR_INTERNAL_H
#define SAAE_GRAPH_EXECUTOR_INTERNAL_H

#include "graph/constants.h"
#include "graph/executor.h"
#include "graph/forms.h"

struct binding {
    struct storage *storage; /* external tensors */
    size_t offset;           /* elements */
    struct buffer *view;     /* device: this tensor's range of a storage or slab */
    void *values;            /* reference: this tensor's elements */
    int item;                /* temporaries: index into the plan, -1 otherwise */
};

struct executor {
    const struct graph *graph;
    struct device *device; /* NULL: reference */
    struct executor_options options;
    struct binding *bindings; /* [tensor_count] */
    bool prepared;
    struct plan_item *items; /* forms in their order; then temporaries and workspaces */
    size_t item_count;
    int *workspace_item; /* [node_count] -1: none */
    struct plan_result plan;
    /* device */
    struct constants constants;
    bool constants_made;
    uint64_t *seen; /* [tensor_count] constant external tensors: writes to their storage before the
                       constants were made */
    struct forms forms;
    struct buffer **form_views; /* [forms.count] */
    struct buffer *slabs[PLAN_MAX_SLABS];
    struct buffer **workspaces; /* [node_count] */
    /* Owner of a launch: its node's number; plus node_count where it makes a constant or the form
     * of one. */
    struct launch_list *launches;
    /* reference */
    char *memory;    /* all temporaries */
    double *scratch; /* for outputs that are added to */
    double *seconds; /* [node_count] */
};

/* On a device: is the form's tensor a constant? */
bool executor_form_constant(const struct executor *executor, const struct form *form);

size_t executor_element_bytes(const struct executor *executor, enum dtype dtype);

int executor_opencl_prepare(struct executor *executor);
int executor_opencl_run(struct executor *executor, int first, int last);
int executor_opencl_times(struct executor *executor, double *seconds, const char **source);
void executor_opencl_free(struct executor *executor);

int executor_reference_prepare(struct executor *executor);
int executor_reference_run(struct executor *executor, int first, int last);

#endif

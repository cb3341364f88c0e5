/* Where temporaries live: intervals of time packed into a few large allocations ("slabs").
 *
 * Greedy by size (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
 * 2020): the largest block first, each at the lowest offset where nothing that is alive at the
 * same time lies. */
#ifndef SAAE_GRAPH_PLAN_H
#define SAAE_GRAPH_PLAN_H

#include <stddef.h>

struct plan_item {
    size_t bytes;    /* rounded up to the alignment by plan_memory */
    int first, last; /* nodes during which it must exist, both included */
    int slab;        /* result */
    size_t offset;   /* result: bytes from the slab's start */
};

enum { PLAN_MAX_SLABS = 64 };

struct plan_result {
    int slabs;
    size_t slab_bytes[PLAN_MAX_SLABS];
    size_t total; /* sum of the slabs */
    size_t live;  /* the most bytes alive at one node: no plan can need less */
    size_t naive; /* sum of all items: what no reuse would need */
};

/* limit: the largest slab (a device's largest buffer). SAAE_MEMORY: an item is larger, or more than
 * PLAN_MAX_SLABS would be needed. */
int plan_memory(struct plan_item *items, size_t count, size_t limit, size_t alignment,
                struct plan_result *result);

#endif

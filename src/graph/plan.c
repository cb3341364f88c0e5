#include "graph/plan.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/status.h"

static int larger_first(const void *a, const void *b)
{
    const struct plan_item *x = *(struct plan_item *const *)a, *y = *(struct plan_item *const *)b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return x < y ? -1 : x > y; /* a total order: the plan must repeat */
}

static bool overlap_in_time(const struct plan_item *a, const struct plan_item *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset in `slab` at which `item` meets none of the placed ones. */
static size_t lowest_offset(struct plan_item *const *placed, size_t count,
                            const struct plan_item *item, int slab)
{
    size_t offset = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const struct plan_item *other = placed[i];
            if (other->slab != slab || !overlap_in_time(other, item)) continue;
            bool apart =
                offset + item->bytes <= other->offset || other->offset + other->bytes <= offset;
            if (!apart) {
                offset = other->offset + other->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

static void measure(const struct plan_item *items, size_t count, struct plan_result *result)
{
    for (size_t i = 0; i < count; i++) {
        size_t live = 0; /* the peak is where some item begins */
        for (size_t j = 0; j < count; j++) {
            if (items[j].first <= items[i].first && items[i].first <= items[j].last) {
                live += items[j].bytes;
            }
        }
        if (live > result->live) result->live = live;
        result->naive += items[i].bytes;
    }
    for (int s = 0; s < result->slabs; s++) result->total += result->slab_bytes[s];
}

int plan_memory(struct plan_item *items, size_t count, size_t limit, size_t alignment,
                struct plan_result *result)
{
    int status = SAAE_OK;
    struct plan_item **order = NULL;
    *result = (struct plan_result){0};
    TRY(memory_allocate(&order, count, sizeof *order));
    for (size_t i = 0; i < count; i++) {
        items[i].bytes = size_round_up(items[i].bytes ? items[i].bytes : 1, alignment);
        order[i] = &items[i];
        if (items[i].bytes > limit) {
            FAIL(SAAE_MEMORY,
                 "a tensor of %zu MiB is larger than the device's largest buffer (%zu MiB): "
                 "use a smaller batch",
                 items[i].bytes >> 20, limit >> 20);
        }
    }
    qsort(order, count, sizeof *order, larger_first);
    for (size_t i = 0; i < count; i++) {
        struct plan_item *item = order[i];
        int slab = 0;
        size_t offset = lowest_offset(order, i, item, slab);
        while (offset + item->bytes > limit) {
            if (++slab == PLAN_MAX_SLABS) FAIL(SAAE_MEMORY, "the plan needs too many buffers");
            offset = lowest_offset(order, i, item, slab);
        }
        item->slab = slab;
        item->offset = offset;
        if (slab >= result->slabs) result->slabs = slab + 1;
        if (offset + item->bytes > result->slab_bytes[slab]) {
            result->slab_bytes[slab] = offset + item->bytes;
        }
    }
    measure(items, count, result);
done:
    free(order);
    return status;
}

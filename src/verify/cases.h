/* The cases of `saae verify`: for every op pass the shapes, attributes and values it is run with.
 *
 * Shapes are chosen for what breaks kernels: 1, primes, one less and one more than a vector or a
 * tile, 1x1 images, a batch of 1, large means, and every layer of the presets at a batch of 2 (of
 * 64 with --full). */
#ifndef SAAE_VERIFY_CASES_H
#define SAAE_VERIFY_CASES_H

#include <stdbool.h>
#include <stddef.h>

#include "ops/op.h"
#include "verify/values.h"

struct verify_case {
    struct op_call call; /* as op_prepare made it, with the outputs that are added to */
    enum value_kind in_values[OP_MAX_INPUTS];
    enum value_kind out_values[OP_MAX_OUTPUTS]; /* of outputs that are updated in place */
    int number;                                 /* in its pass, from 0, in the order of listing */
    bool full;                                  /* only with --full: minutes on a CPU */
};

struct case_list {
    struct verify_case *cases;
    size_t count, capacity;
};

/* All cases of all passes, pass by pass; a case keeps its number whatever else is run. */
int cases_create(struct case_list *list);
void cases_free(struct case_list *list);

/* A measure of the work behind a case: flops and bytes of one call. */
double cases_cost(const struct verify_case *item);

/* For the functions below: completes item->call from its kind, attributes, inputs and accumulate,
 * numbers it and appends it, unless the same case is there already. */
int cases_add(struct case_list *list, const struct verify_case *item);

/* One for each group of ops, in cases_<group>.c. */
int cases_add_conv2d(struct case_list *list);
int cases_add_fully_connected(struct case_list *list);
int cases_add_batch_norm(struct case_list *list);
int cases_add_elementwise(struct case_list *list);
int cases_add_layout(struct case_list *list);
int cases_add_loss(struct case_list *list);

#endif

/* Column sums of a matrix, in two stages and in a fixed order: cl/reduce.cl.
 *
 * A matrix [rows][columns] is cut into groups of rows and blocks of NC * VW columns; one work-item
 * runs down one block in one group. Kernels that only map rows by per-column numbers
 * (batch_norm.apply, concat) are laid out the same way. */
#ifndef SAAE_OPS_REDUCE_H
#define SAAE_OPS_REDUCE_H

#include "ops/elementwise.h"

struct column_plan {
    size_t rows; /* of a part */
    int columns;
    int blocks;         /* of columns */
    int rows_per_group; /* at most 30000: some devices end a work-item's loops at 65535 */
    int pieces;         /* groups of rows in a part */
    int groups;         /* of rows in all parts */
    char options[48];   /* VW, LS and NC */
    struct launch_grid grid;
};

enum column_use { COLUMN_MAP, COLUMN_SUM };

/* divisor: further numbers that VW must divide (pitches, offsets), 0 for none. */
void column_plan_make(struct column_plan *plan, const struct device_traits *traits, size_t rows,
                      int columns, int divisor, enum column_use use);
/* For `parts` such matrices, one below the other: no group has rows of two. */
void column_plan_make_parts(struct column_plan *plan, const struct device_traits *traits, int parts,
                            size_t rows, int columns, int divisor, enum column_use use);

/* The matrix as the first stage of a plain sum reads it: where there are fewer columns than lanes,
 * several rows lie side by side, and the second stage adds them up. */
void column_plan_make_folded(struct column_plan *plan, const struct device_traits *traits,
                             size_t rows, int columns);

/* Bytes of the partial sums: [groups][columns]. */
size_t column_plan_bytes(const struct column_plan *plan);

/* out[c] (+)= scale * sum over the rows of x. workspace: reduce_columns_bytes(). */
size_t reduce_columns_bytes(const struct device_traits *traits, size_t rows, int columns);
int reduce_launch_columns(struct launch_list *list, size_t rows, int columns, struct buffer *x,
                          struct buffer *workspace, struct buffer *out, double scale,
                          bool accumulate);

/* The second stage: out[c] (+)= scale * sum over g of partial[g][c], g = 0 .. groups-1. */
int reduce_launch_partials(struct launch_list *list, size_t groups, int columns,
                           struct buffer *partial, struct buffer *out, double scale,
                           bool accumulate);

/* Grid and options of a second stage over `columns`: one work-group for each vector of columns. */
struct launch_grid reduce_partials_grid(const struct device_traits *traits, int columns,
                                        char *options, size_t size);

#endif

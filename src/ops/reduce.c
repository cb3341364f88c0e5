#include "ops/reduce.h"

#include <limits.h>
#include <math.h>

#include "base/memory.h"

enum {
    MAX_VECTORS = 4, /* NC on a CPU: accumulators that surely stay in registers */
    /* floats of one group of rows on a CPU: they stay in the second-level cache while the blocks of
       columns take their turns */
    CPU_SUM_FLOATS = 16384,
    CPU_MAP_FLOATS = 8192, /* it writes as much */
    CPU_MIN_ROWS = 16,     /* the partial sums stay a small part of the matrix */
    CPU_MAX_ROWS = 1024,
    GPU_SUM_ROWS = 64,
    GPU_MAP_ROWS = 4,
    MAX_GROUPS = 16384 /* one item of the second stage must come to an end too */
};

/* A chain of B additions of numbers of one sign has an error of about 0.17 eps B^1.5 times their
 * size. All M / B chains together stay at 8 % of the bound of a sum of M, 8 eps M times the size
 * (one standard deviation), while B is at most 4 sqrt(M). */
static size_t limit_rows(size_t per_group, size_t rows)
{
    size_t most = (size_t)(4.0 * sqrt((double)rows));
    return per_group < most ? per_group : most;
}

static size_t choose_rows(const struct device_traits *traits, int parts, size_t rows, int columns,
                          enum column_use use)
{
    size_t per_group = use == COLUMN_SUM ? GPU_SUM_ROWS : GPU_MAP_ROWS;
    if (elementwise_is_cpu(traits)) {
        per_group = (size_t)(use == COLUMN_SUM ? CPU_SUM_FLOATS : CPU_MAP_FLOATS) / (size_t)columns;
        if (per_group < CPU_MIN_ROWS) per_group = CPU_MIN_ROWS;
        if (per_group > CPU_MAX_ROWS) per_group = CPU_MAX_ROWS;
    }
    if (use == COLUMN_SUM) per_group = limit_rows(per_group, rows);
    size_t most = parts < MAX_GROUPS ? (size_t)(MAX_GROUPS / parts) : 1;
    size_t least = use == COLUMN_SUM ? size_divide_up(rows, most) : 1;
    if (per_group < least) per_group = least;
    return size_divide_up(rows, size_divide_up(rows, per_group)); /* groups of about one size */
}

void column_plan_make(struct column_plan *plan, const struct device_traits *traits, size_t rows,
                      int columns, int divisor, enum column_use use)
{
    column_plan_make_parts(plan, traits, 1, rows, columns, divisor, use);
}

void column_plan_make_parts(struct column_plan *plan, const struct device_traits *traits, int parts,
                            size_t rows, int columns, int divisor, enum column_use use)
{
    int width = elementwise_width(traits, (size_t)columns);
    while (divisor % width != 0) width /= 2;
    int vectors = elementwise_is_cpu(traits) ? MAX_VECTORS : 1;
    while ((columns / width) % vectors != 0) vectors--;
    size_t per_group = choose_rows(traits, parts, rows, columns, use);
    *plan = (struct column_plan){.rows = rows, .columns = columns};
    plan->blocks = columns / (width * vectors);
    plan->rows_per_group = (int)per_group;
    plan->pieces = (int)size_divide_up(rows, per_group);
    plan->groups = parts * plan->pieces;
    plan->grid = elementwise_grid(traits, (size_t)plan->blocks * (size_t)plan->groups);
    elementwise_options(plan->options, sizeof plan->options, traits, width, vectors);
}

void column_plan_make_folded(struct column_plan *plan, const struct device_traits *traits,
                             size_t rows, int columns)
{
    while (columns % traits->vector_width != 0 && rows % 2 == 0 && columns <= INT_MAX / 2) {
        columns *= 2;
        rows /= 2;
    }
    column_plan_make(plan, traits, rows, columns, 0, COLUMN_SUM);
}

size_t column_plan_bytes(const struct column_plan *plan)
{
    return (size_t)plan->groups * (size_t)plan->columns * sizeof(float);
}

size_t reduce_columns_bytes(const struct device_traits *traits, size_t rows, int columns)
{
    struct column_plan plan;
    column_plan_make_folded(&plan, traits, rows, columns);
    return column_plan_bytes(&plan);
}

struct launch_grid reduce_partials_grid(const struct device_traits *traits, int columns,
                                        char *options, size_t size)
{
    int width = elementwise_width(traits, (size_t)columns);
    int group = elementwise_group(traits);
    elementwise_options(options, size, traits, width, 1);
    return elementwise_grid(traits, (size_t)(columns / width) * (size_t)group);
}

int reduce_launch_partials(struct launch_list *list, size_t groups, int columns,
                           struct buffer *partial, struct buffer *out, double scale,
                           bool accumulate)
{
    char options[48];
    struct launch_grid grid =
        reduce_partials_grid(elementwise_traits(list), columns, options, sizeof options);
    return LAUNCH(list, "reduce", options, "reduce_partials", grid, ARG(partial), ARG(out),
                  ARG((int)groups), ARG(columns), ARG((float)scale), ARG((int)accumulate));
}

int reduce_launch_columns(struct launch_list *list, size_t rows, int columns, struct buffer *x,
                          struct buffer *workspace, struct buffer *out, double scale,
                          bool accumulate)
{
    struct column_plan plan;
    column_plan_make_folded(&plan, elementwise_traits(list), rows, columns);
    size_t side_by_side = (size_t)(plan.columns / columns);
    int status = SAAE_OK;
    TRY(LAUNCH(list, "reduce", plan.options, "reduce_columns", plan.grid, ARG(x), ARG(workspace),
               ARG((long)plan.rows), ARG(plan.columns), ARG(plan.blocks), ARG(plan.rows_per_group),
               ARG(plan.groups)));
    TRY(reduce_launch_partials(list, (size_t)plan.groups * side_by_side, columns, workspace, out,
                               scale, accumulate));
done:
    return status;
}

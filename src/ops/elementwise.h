/* How element-wise kernels are laid over a device: the host's side of "FLAT LOOPS" in
 * cl/common.clh. The division depends on the shape and the kind of device only, never on its
 * number of cores, so that sums come out the same on machines of one kind. */
#ifndef SAAE_OPS_ELEMENTWISE_H
#define SAAE_OPS_ELEMENTWISE_H

#include "ops/op.h"

/* Are work-items loop iterations of a real CPU? (An emulator is treated as a GPU.) */
bool elementwise_is_cpu(const struct device_traits *traits);

/* LS: work-items in a group. */
int elementwise_group(const struct device_traits *traits);

/* VW: the largest power of two up to the device's vector width that divides `divisor`
 * (0: any will do). */
int elementwise_width(const struct device_traits *traits, size_t divisor);

/* Build options VW, LS and, unless it is the usual 1, NC: programs are kept by their options. */
void elementwise_options(char *text, size_t size, const struct device_traits *traits, int width,
                         int vectors);

struct elementwise_plan {
    long count;       /* floats */
    int width;        /* VW */
    int chunk;        /* vectors for each work-item */
    size_t groups;    /* work-groups */
    char options[32]; /* of the program: VW and LS */
    struct launch_grid grid;
};

enum elementwise_use {
    ELEMENTWISE_MAP,  /* each vector by itself */
    ELEMENTWISE_SUM,  /* items add up what they read: several vectors for each on every device, but
                         few enough that the error of a sum in one chain stays small */
    ELEMENTWISE_ROWS, /* each element stands for a loop over a row */
};

/* For one pass over `count` elements. divisor: as in elementwise_width. */
struct elementwise_plan elementwise_plan_make(const struct device_traits *traits, size_t count,
                                              size_t divisor, enum elementwise_use use);

/* For a map whose result is output 0, any vector width. */
struct elementwise_plan elementwise_plan_output(const struct op_call *call,
                                                const struct launch_list *list);

/* For a map of rows of `row` floats, VW dividing `divisor`: a row is cut into `pieces` of `chunk`
 * vectors, one for each of `items` = rows * pieces work-items. */
struct elementwise_rows {
    long items;
    int pieces, chunk;
    char options[32]; /* VW and LS */
    struct launch_grid grid;
};
struct elementwise_rows elementwise_rows_make(const struct device_traits *traits, size_t rows,
                                              size_t row, size_t divisor);

/* Is output o added to? As a kernel's argument. */
int elementwise_accumulate(const struct op_call *call, int o);

/* A grid of `items` work-items in groups of elementwise_group(). */
struct launch_grid elementwise_grid(const struct device_traits *traits, size_t items);

const struct device_traits *elementwise_traits(const struct launch_list *list);

/* Elements of input i or of output 0 of a call. */
size_t elementwise_input_count(const struct op_call *call, int i);
size_t elementwise_output_count(const struct op_call *call);

/* Bytes of all inputs and outputs, and `flops` for each element of output 0. */
void elementwise_cost(const struct op_call *call, struct op_cost *cost, double flops);

/* What op.scale() adds where results may sink below FLT_MIN: a device may flush those to zero, an
 * error of FLT_MIN at most. In units of FLT_EPSILON. */
extern const double elementwise_flush_scale;

/* The end of an op.scale() whose error is in proportion to the result: `result` holds output 0 and
 * becomes its magnitudes, with elementwise_flush_scale added. */
void elementwise_scale_magnitude(const struct op_call *call, double *result);

#endif

#include "ops/elementwise.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "base/memory.h"

enum {
    GROUP_GPU = 64,
    CPU_FLOATS = 4096, /* of one item of a map: its loop dwarfs the cost of starting it (some ns) */
    CPU_SUM_CHUNK = 64, /* vectors: more would show in the error, fewer in the second stage */
    GPU_SUM_CHUNK = 16, /* vectors: 1024 meet in one partial sum */
};

const double elementwise_flush_scale = (double)FLT_MIN / (double)FLT_EPSILON;

bool elementwise_is_cpu(const struct device_traits *traits)
{
    return traits->cpu && !traits->emulator;
}

int elementwise_group(const struct device_traits *traits)
{
    if (elementwise_is_cpu(traits)) return 1;
    int group = GROUP_GPU;
    while (group > 1 && (size_t)group > traits->largest_group) group /= 2;
    return group;
}

int elementwise_width(const struct device_traits *traits, size_t divisor)
{
    int width = 1;
    while (2 * width <= traits->vector_width && width < 16 && divisor % (size_t)(2 * width) == 0) {
        width *= 2;
    }
    return width;
}

void elementwise_options(char *text, size_t size, const struct device_traits *traits, int width,
                         int vectors)
{
    int length = snprintf(text, size, "-DVW=%d -DLS=%d", width, elementwise_group(traits));
    if (vectors > 1) snprintf(text + length, size - (size_t)length, " -DNC=%d", vectors);
}

struct launch_grid elementwise_grid(const struct device_traits *traits, size_t items)
{
    size_t group = (size_t)elementwise_group(traits);
    return (struct launch_grid){{size_round_up(items, group), 1, 1}, {group, 1, 1}};
}

struct elementwise_plan elementwise_plan_make(const struct device_traits *traits, size_t count,
                                              size_t divisor, enum elementwise_use use)
{
    struct elementwise_plan plan = {.count = (long)count};
    size_t group = (size_t)elementwise_group(traits);
    plan.width = elementwise_width(traits, divisor);
    if (elementwise_is_cpu(traits)) {
        plan.chunk = use == ELEMENTWISE_MAP ? CPU_FLOATS / plan.width : CPU_SUM_CHUNK;
    } else {
        plan.chunk = use == ELEMENTWISE_SUM ? GPU_SUM_CHUNK : 1;
    }
    plan.groups = size_divide_up(count, (size_t)plan.chunk * (size_t)plan.width * group);
    plan.grid = elementwise_grid(traits, plan.groups * group);
    elementwise_options(plan.options, sizeof plan.options, traits, plan.width, 1);
    return plan;
}

struct elementwise_plan elementwise_plan_output(const struct op_call *call,
                                                const struct launch_list *list)
{
    return elementwise_plan_make(elementwise_traits(list), elementwise_output_count(call), 0,
                                 ELEMENTWISE_MAP);
}

struct elementwise_rows elementwise_rows_make(const struct device_traits *traits, size_t rows,
                                              size_t row, size_t divisor)
{
    struct elementwise_rows plan = {0};
    int width = elementwise_width(traits, divisor);
    plan.chunk = elementwise_is_cpu(traits) ? CPU_FLOATS / width : 1;
    plan.pieces = (int)size_divide_up(row, (size_t)plan.chunk * (size_t)width);
    plan.items = (long)(rows * (size_t)plan.pieces);
    plan.grid = elementwise_grid(traits, (size_t)plan.items);
    elementwise_options(plan.options, sizeof plan.options, traits, width, 1);
    return plan;
}

int elementwise_accumulate(const struct op_call *call, int o)
{
    return (int)(call->accumulate >> o & 1u);
}

const struct device_traits *elementwise_traits(const struct launch_list *list)
{
    return device_traits(launch_list_device(list));
}

size_t elementwise_input_count(const struct op_call *call, int i)
{
    return shape_count(call->in[i].shape);
}

size_t elementwise_output_count(const struct op_call *call)
{
    return shape_count(call->out[0].shape);
}

void elementwise_cost(const struct op_call *call, struct op_cost *cost, double flops)
{
    cost->flops = flops * (double)elementwise_output_count(call);
    cost->bytes = 0;
    for (int i = 0; i < call->inputs; i++) cost->bytes += (double)tensor_bytes(call->in[i]);
    for (int o = 0; o < call->outputs; o++) cost->bytes += (double)tensor_bytes(call->out[o]);
}

void elementwise_scale_magnitude(const struct op_call *call, double *result)
{
    size_t count = elementwise_output_count(call);
    for (size_t i = 0; i < count; i++) result[i] = fabs(result[i]) + elementwise_flush_scale;
}

/* Loads: cl/load.clh, cl/load.cl. */
#include "ops/load.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "ops/elementwise.h"

struct op_load load_memory(struct buffer *tensor)
{
    return (struct op_load){.arguments = {ARG(tensor)}, .count = 1};
}

void load_options(char *text, size_t size, const struct op_load *load)
{
    size_t used = strlen(text);
    if (load->name) snprintf(text + used, size - used, " -DLOAD_%s", load->name);
}

int load_launch(struct launch_list *list, const char *stem, const char *options, const char *kernel,
                struct launch_grid grid, const struct op_load *load,
                const struct launch_argument *others, size_t count)
{
    enum { MOST_OTHERS = 24 };
    struct launch_argument arguments[LOAD_MOST_ARGUMENTS + MOST_OTHERS];
    assert(load->count <= LOAD_MOST_ARGUMENTS && count <= MOST_OTHERS);
    memcpy(arguments, load->arguments, load->count * sizeof *arguments);
    memcpy(arguments + load->count, others, count * sizeof *arguments);
    return launch_add(list, stem, options, kernel, grid, arguments, load->count + count);
}

int load_write(struct launch_list *list, const struct op_load *load, struct shape shape,
               struct buffer *target)
{
    const struct device_traits *traits = elementwise_traits(list);
    const int width = traits->vector_width, area = shape.h * shape.w;
    const long pixels = (long)shape.n * area;
    char options[96];
    snprintf(options, sizeof options, "-DVW=%d -DWHOLE=%d", width, shape.c % width == 0);
    load_options(options, sizeof options, load);
    return LOAD_LAUNCH(list, "load", options, "load_write",
                       elementwise_grid(traits, (size_t)pixels), load, ARG(target), ARG(pixels),
                       ARG(area), ARG(shape.c));
}

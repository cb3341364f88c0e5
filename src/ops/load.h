/* Loads (op.h): cl/load.clh has the texts, the algorithms' load() say which one and with what. */
#ifndef SAAE_OPS_LOAD_H
#define SAAE_OPS_LOAD_H

#include "ops/op.h"

enum { LOAD_MOST_ARGUMENTS = 6 };

struct op_load {
    const char *name; /* a kernel is built with LOAD_<name>; NULL: the tensor is in memory */
    struct launch_argument arguments[LOAD_MOST_ARGUMENTS]; /* LOAD_PARAMETERS, in order */
    size_t count;
};

struct op_load load_memory(struct buffer *tensor);

/* Adds to build options what a kernel with LOAD_PARAMETERS is built with. `size`: of the text. */
void load_options(char *text, size_t size, const struct op_load *load);

/* launch_add() of a kernel that begins with LOAD_PARAMETERS. */
int load_launch(struct launch_list *list, const char *stem, const char *options, const char *kernel,
                struct launch_grid grid, const struct op_load *load,
                const struct launch_argument *others, size_t count);

#define LOAD_LAUNCH(list, stem, options, kernel, grid, load, ...)                                  \
    load_launch((list), (stem), (options), (kernel), (grid), (load),                               \
                (const struct launch_argument[]){__VA_ARGS__},                                     \
                sizeof((const struct launch_argument[]){__VA_ARGS__}) /                            \
                    sizeof(struct launch_argument))

/* Writes out the tensor of this shape that the load stands for: how loads are checked. */
int load_write(struct launch_list *list, const struct op_load *load, struct shape shape,
               struct buffer *target);

#endif

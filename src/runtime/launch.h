/* Launches recorded once and run many times.
 *
 * Shapes are fixed when a graph is built, so everything a launch needs is known then: an op
 * records its launches, with kernels built and arguments set, and a training step only enqueues
 * them. */
#ifndef SAAE_RUNTIME_LAUNCH_H
#define SAAE_RUNTIME_LAUNCH_H

#include <stddef.h>

#include "runtime/device.h"

struct launch_list;

int launch_list_create(struct launch_list **list, struct device *device);
void launch_list_free(struct launch_list *list); /* accepts NULL */
struct device *launch_list_device(const struct launch_list *list);

/* Later launches belong to `owner` (a node's number) in profiles and messages; `what` is copied. */
void launch_list_owner(struct launch_list *list, int owner, const char *what);

/* Source that is made rather than kept in cl/: what #include "made.clh" stands for in the programs
 * of later launches. It depends on the build options alone, as programs are kept by them. `maker`
 * gives *text, released with free(). NULL: there is none. */
typedef int (*launch_maker)(const char *options, char **text);
void launch_list_maker(struct launch_list *list, launch_maker maker);

/* One argument of a kernel; made by ARG(), which takes struct buffer *, int, long and float. */
struct launch_argument {
    enum { ARGUMENT_BUFFER, ARGUMENT_INT, ARGUMENT_LONG, ARGUMENT_FLOAT, ARGUMENT_LOCAL } kind;
    union {
        struct buffer *buffer; /* NULL is passed as a null pointer: the kernel must not read it */
        int integer;           /* `int` in the kernel */
        long wide;             /* `long` in the kernel (64 bits) */
        float real;
        size_t local_bytes; /* a __local pointer to that many bytes */
    } value;
};
struct launch_argument launch_buffer(struct buffer *buffer);
struct launch_argument launch_int(int value);
struct launch_argument launch_long(long value);
struct launch_argument launch_float(float value);
struct launch_argument launch_local(size_t bytes);
#define ARG(value)                                                                                 \
    _Generic((value), struct buffer *                                                              \
             : launch_buffer, int                                                                  \
             : launch_int, long                                                                    \
             : launch_long, float                                                                  \
             : launch_float)(value)

/* global: work-items wanted in each dimension (all > 0), rounded up to the group: the kernel
 * returns at once from items beyond its own bounds. local 0 counts as 1. */
struct launch_grid {
    size_t global[3];
    size_t local[3];
};

/* Records one kernel launch. `stem` names cl/<stem>.cl, `options` the build options ("-DVW=8", ""
 * or NULL; the language version is added). Number and kinds of the arguments are compared with the
 * kernel's own. Buffers must outlive the list. SAAE_DEVICE: the build failed (the message holds the
 * log), no such kernel, a wrong argument, a group that the device does not take. */
int launch_add(struct launch_list *list, const char *stem, const char *options, const char *kernel,
               struct launch_grid grid, const struct launch_argument *arguments, size_t count);

#define LAUNCH(list, stem, options, kernel, grid, ...)                                             \
    launch_add((list), (stem), (options), (kernel), (grid),                                        \
               (const struct launch_argument[]){__VA_ARGS__},                                      \
               sizeof((const struct launch_argument[]){__VA_ARGS__}) /                             \
                   sizeof(struct launch_argument))

/* Items that a group of this kernel may have, as the driver says after it was built: many registers
 * or much local memory lower it. Errors as of launch_add. */
int launch_group_limit(struct launch_list *list, const char *stem, const char *options,
                       const char *kernel, size_t *limit);

/* A view of a buffer that lives as long as the list: scratch cut into pieces. offset must be a
 * multiple of BUFFER_ALIGNMENT. */
int launch_view(struct launch_list *list, struct buffer *whole, size_t offset, size_t bytes,
                struct buffer **view);

/* A dense single-precision matrix product through CLBlast, all row-major:
 * C [m][n] (row pitch ldc) = alpha op(A) op(B) + beta C with op(A) [m][k], op(B) [k][n].
 * transpose_a: A is stored [k][m] (pitch lda), else [m][k]; transpose_b: B is stored [n][k].
 * With beta 0 the old content of C does not matter. */
struct launch_product {
    int m, n, k;
    bool transpose_a, transpose_b;
    struct buffer *a, *b, *c;
    int lda, ldb, ldc; /* floats */
    float alpha, beta;
};
/* Records one. CLBlast compiles its kernels at their first run in a process, and takes scratch of
 * its own where a size is no multiple of its tiles. SAAE_DEVICE: a pitch or buffer is too small,
 * or this build has no CLBlast. */
int launch_add_product(struct launch_list *list, const struct launch_product *product);
bool launch_has_product(void);

/* Enqueues the launches of owners first .. last (numbers as given, both included) in order; nothing
 * waits. */
int launch_list_run(struct launch_list *list, int first, int last);

/* With profiling: seconds spent by each owner 0 .. owners-1 over all runs so far; waits for the
 * device. Events where the driver has them and they agree with the clock, else a wall clock around
 * each launch; *source says which ("events", "wall clock"). Products (launch_add_product) are
 * always timed by the wall clock: CLBlast's event covers only the last of its kernels. */
int launch_list_times(struct launch_list *list, double *seconds, int owners, const char **source);

#endif

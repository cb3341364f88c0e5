/* Recording launches: everything that can be checked is checked here, before anything runs. */
#include "runtime/internal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- The list ---- */

int launch_list_create(struct launch_list **list, struct device *device)
{
    int status = memory_allocate(list, 1, sizeof **list);
    if (status == SAAE_OK) (*list)->device = device;
    return status;
}

void launch_list_free(struct launch_list *list)
{
    if (!list) return;
    for (size_t i = 0; i < list->event_count; i++) clReleaseEvent(list->events[i].event);
    for (size_t i = 0; i < list->count; i++) {
        if (list->launches[i].kernel) clReleaseKernel(list->launches[i].kernel);
    }
    for (size_t i = 0; i < list->view_count; i++) buffer_free(list->views[i]);
    free(list->events);
    free(list->launches);
    free(list->views);
    free(list);
}

struct device *launch_list_device(const struct launch_list *list)
{
    return list->device;
}

void launch_list_owner(struct launch_list *list, int owner, const char *what)
{
    list->owner = owner;
    snprintf(list->what, sizeof list->what, "%s", what);
}

void launch_list_maker(struct launch_list *list, launch_maker maker)
{
    list->maker = maker;
}

int launch_list_append(struct launch_list *list, const char *name, struct launch **launch)
{
    int status = SAAE_OK;
    TRY(memory_grow(&list->launches, list->count, &list->capacity, sizeof *list->launches));
    struct launch *added = &list->launches[list->count++];
    *added = (struct launch){.owner = list->owner};
    if (list->what[0]) {
        snprintf(added->label, sizeof added->label, "%.48s (%s, node %d)", name, list->what,
                 list->owner);
    } else {
        snprintf(added->label, sizeof added->label, "%.48s (node %d)", name, list->owner);
    }
    *launch = added;
done:
    return status;
}

int launch_view(struct launch_list *list, struct buffer *whole, size_t offset, size_t bytes,
                struct buffer **view)
{
    int status = SAAE_OK;
    TRY(memory_grow(&list->views, list->view_count, &list->view_capacity, sizeof *list->views));
    TRY(buffer_view(&list->views[list->view_count], whole, offset, bytes));
    *view = list->views[list->view_count++];
done:
    return status;
}

/* ---- Arguments ---- */

struct launch_argument launch_buffer(struct buffer *buffer)
{
    return (struct launch_argument){.kind = ARGUMENT_BUFFER, .value.buffer = buffer};
}

struct launch_argument launch_int(int value)
{
    return (struct launch_argument){.kind = ARGUMENT_INT, .value.integer = value};
}

struct launch_argument launch_long(long value)
{
    return (struct launch_argument){.kind = ARGUMENT_LONG, .value.wide = value};
}

struct launch_argument launch_float(float value)
{
    return (struct launch_argument){.kind = ARGUMENT_FLOAT, .value.real = value};
}

struct launch_argument launch_local(size_t bytes)
{
    return (struct launch_argument){.kind = ARGUMENT_LOCAL, .value.local_bytes = bytes};
}

/* What the kernel declares, compared with what it gets: a float in an int's place has the right
 * size, and would run. Drivers that tell nothing about arguments are believed. */
static bool fits_declaration(cl_kernel kernel, cl_uint index,
                             const struct launch_argument *argument)
{
    cl_kernel_arg_address_qualifier place = 0;
    char type[64] = "";
    if (clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof place, &place,
                           NULL) != CL_SUCCESS ||
        clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type - 1, type, NULL) !=
            CL_SUCCESS) {
        return true;
    }
    bool value = place == CL_KERNEL_ARG_ADDRESS_PRIVATE;
    switch (argument->kind) {
    case ARGUMENT_BUFFER:
        return place == CL_KERNEL_ARG_ADDRESS_GLOBAL || place == CL_KERNEL_ARG_ADDRESS_CONSTANT;
    case ARGUMENT_LOCAL:
        return place == CL_KERNEL_ARG_ADDRESS_LOCAL;
    case ARGUMENT_INT:
        return value && (!strcmp(type, "int") || !strcmp(type, "uint"));
    case ARGUMENT_LONG:
        return value && (!strcmp(type, "long") || !strcmp(type, "ulong"));
    case ARGUMENT_FLOAT:
        return value && !strcmp(type, "float");
    }
    return false;
}

static int set_argument(cl_kernel kernel, cl_uint index, const struct launch_argument *argument,
                        const char *name)
{
    static const char *const kinds[] = {"a buffer", "an int", "a long", "a float", "local memory"};
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    if (!fits_declaration(kernel, index, argument)) {
        FAIL(SAAE_DEVICE, "kernel %s, argument %u: the kernel declares something else than %s",
             name, (unsigned)index, kinds[argument->kind]);
    }
    cl_long wide = argument->value.wide;
    switch (argument->kind) {
    case ARGUMENT_BUFFER: {
        cl_mem memory = argument->value.buffer ? argument->value.buffer->memory : NULL;
        code = clSetKernelArg(kernel, index, sizeof memory, &memory);
        break;
    }
    case ARGUMENT_INT:
        code = clSetKernelArg(kernel, index, sizeof(cl_int), &argument->value.integer);
        break;
    case ARGUMENT_LONG:
        code = clSetKernelArg(kernel, index, sizeof wide, &wide);
        break;
    case ARGUMENT_FLOAT:
        code = clSetKernelArg(kernel, index, sizeof(cl_float), &argument->value.real);
        break;
    case ARGUMENT_LOCAL:
        code = clSetKernelArg(kernel, index, argument->value.local_bytes, NULL);
        break;
    }
    TRY_CL(code, "kernel %s, argument %u: it does not take %s", name, (unsigned)index,
           kinds[argument->kind]);
done:
    return status;
}

static int set_arguments(cl_kernel kernel, const struct launch_argument *arguments, size_t count,
                         const char *name)
{
    int status = SAAE_OK;
    cl_uint declared = 0;
    TRY_CL(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof declared, &declared, NULL),
           "kernel %s: cannot count its arguments", name);
    if (declared != count) {
        FAIL(SAAE_DEVICE, "kernel %s declares %u arguments and is given %zu", name,
             (unsigned)declared, count);
    }
    for (cl_uint i = 0; i < declared; i++) TRY(set_argument(kernel, i, &arguments[i], name));
done:
    return status;
}

/* ---- Grid ---- */

static int set_grid(struct launch *launch, const struct launch_grid *grid, const char *name)
{
    for (int d = 0; d < 3; d++) {
        size_t local = grid->local[d] ? grid->local[d] : 1;
        if (grid->global[d] == 0 || grid->global[d] > SIZE_MAX - local) {
            return status_set(SAAE_DEVICE, "kernel %s: a global size of %zu x %zu x %zu work-items",
                              name, grid->global[0], grid->global[1], grid->global[2]);
        }
        launch->local[d] = local;
        launch->global[d] = size_round_up(grid->global[d], local);
    }
    return SAAE_OK;
}

static int read_group_limit(const struct device *device, cl_kernel kernel, const char *name,
                            size_t *limit)
{
    int status = SAAE_OK;
    size_t own = 0, multiple = 0;
    TRY_CL(clGetKernelWorkGroupInfo(kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof own, &own,
                                    NULL),
           "kernel %s: cannot read its limits", name);
    TRY_CL(clGetKernelWorkGroupInfo(kernel, device->id,
                                    CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, sizeof multiple,
                                    &multiple, NULL),
           "kernel %s: cannot read its limits", name);
    /* Mesa 22's rusticl answers both with the width of a sub-group, and runs larger groups. */
    bool confused = strcmp(device->traits.platform, "rusticl") == 0 && own == multiple;
    *limit = confused ? device->traits.largest_group : own;
done:
    return status;
}

/* Limits of the device and those of this kernel, whose registers or local memory may lower them. */
static int check_group(const struct device *device, const struct launch *launch, size_t local_bytes,
                       const char *name)
{
    int status = SAAE_OK;
    size_t most = 0, fixed[3] = {0}, items = 1;
    cl_ulong used = 0;
    const size_t *local = launch->local;
    const char *on = device->traits.name;
    for (int d = 0; d < 3; d++) {
        if (local[d] > device->largest_item[d]) {
            FAIL(SAAE_DEVICE,
                 "kernel %s: a group of %zu x %zu x %zu, but %s takes %zu in "
                 "dimension %d",
                 name, local[0], local[1], local[2], on, device->largest_item[d], d);
        }
        if (!size_multiply(items, local[d], &items)) items = SIZE_MAX;
    }
    TRY(read_group_limit(device, launch->kernel, name, &most));
    if (items > most) {
        FAIL(SAAE_DEVICE, "kernel %s: a group of %zu work-items, but %s takes %zu of this kernel",
             name, items, on, most);
    }
    TRY_CL(clGetKernelWorkGroupInfo(launch->kernel, device->id, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
                                    sizeof fixed, fixed, NULL),
           "kernel %s: cannot read its group size", name);
    if (fixed[0] && memcmp(fixed, local, sizeof fixed) != 0) {
        FAIL(SAAE_DEVICE, "kernel %s: a group of %zu x %zu x %zu, but it requires %zu x %zu x %zu",
             name, local[0], local[1], local[2], fixed[0], fixed[1], fixed[2]);
    }
    TRY_CL(clGetKernelWorkGroupInfo(launch->kernel, device->id, CL_KERNEL_LOCAL_MEM_SIZE,
                                    sizeof used, &used, NULL),
           "kernel %s: cannot read its local memory", name);
    if (used < local_bytes) used = local_bytes; /* some drivers leave the arguments out */
    if (used > device->traits.local_bytes) {
        FAIL(SAAE_DEVICE, "kernel %s: %zu bytes of local memory, but %s has %zu", name,
             (size_t)used, on, device->traits.local_bytes);
    }
done:
    return status;
}

/* Is `name` among `names`, which semicolons separate? */
static bool is_listed(const char *names, const char *name)
{
    size_t length = strlen(name);
    while (*names) {
        size_t word = strcspn(names, ";");
        if (word == length && memcmp(names, name, word) == 0) return true;
        names += word + (names[word] == ';');
    }
    return false;
}

static int create_kernel(struct launch_list *list, const char *stem, const char *options,
                         const char *name, cl_kernel *kernel)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    cl_program program = NULL;
    char *names = NULL;
    size_t size = 0;
    TRY(program_get(list->device, stem, options, list->maker, &program));
    TRY_CL(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, 0, NULL, &size),
           "cannot list the kernels of cl/%s.cl", stem);
    TRY(memory_allocate(&names, size + 1, 1));
    TRY_CL(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, size, names, NULL),
           "cannot list the kernels of cl/%s.cl", stem);
    if (!is_listed(names, name)) {
        FAIL(SAAE_DEVICE, "cl/%s.cl has no kernel %s; it has %s", stem, name, names);
    }
    *kernel = clCreateKernel(program, name, &code);
    if (code != CL_SUCCESS) *kernel = NULL;
    list->device->counts.objects++;
    TRY_CL(code, "cannot make kernel %s of cl/%s.cl", name, stem);
done:
    free(names);
    return status;
}

int launch_group_limit(struct launch_list *list, const char *stem, const char *options,
                       const char *kernel, size_t *limit)
{
    int status = SAAE_OK;
    cl_kernel made = NULL;
    TRY(create_kernel(list, stem, options, kernel, &made));
    TRY(read_group_limit(list->device, made, kernel, limit));
done:
    if (made) clReleaseKernel(made);
    return status;
}

int launch_add(struct launch_list *list, const char *stem, const char *options, const char *kernel,
               struct launch_grid grid, const struct launch_argument *arguments, size_t count)
{
    int status = SAAE_OK;
    struct launch made = {0}, *launch = NULL;
    size_t local_bytes = 0;
    TRY(create_kernel(list, stem, options, kernel, &made.kernel));
    TRY(set_grid(&made, &grid, kernel));
    TRY(set_arguments(made.kernel, arguments, count, kernel));
    for (size_t i = 0; i < count; i++) {
        if (arguments[i].kind == ARGUMENT_LOCAL) local_bytes += arguments[i].value.local_bytes;
    }
    TRY(check_group(list->device, &made, local_bytes, kernel));
    TRY(launch_list_append(list, kernel, &launch));
    launch->kernel = made.kernel;
    memcpy(launch->global, made.global, sizeof made.global);
    memcpy(launch->local, made.local, sizeof made.local);
    made.kernel = NULL;
done:
    if (made.kernel) clReleaseKernel(made.kernel);
    if (status != SAAE_OK && list->what[0]) {
        status = status_prefix(status, "%s (node %d)", list->what, list->owner);
    }
    return status;
}

/* Every function of device.h and launch.h in a build without OpenCL. */
#include "base/status.h"
#include "runtime/device.h"
#include "runtime/launch.h"

#include <stdio.h>

#include "base/memory.h"

static const char why[] =
    "this build has no OpenCL: build with WITH_OPENCL=1, or use --device reference";

static int refuse(void)
{
    return status_set(SAAE_DEVICE, "%s", why);
}

/* ---- device.h ---- */

int device_list(struct device_info **infos, int *count, char *note, size_t note_size)
{
    int status = memory_allocate(infos, 0, sizeof **infos);
    *count = 0;
    if (note_size) snprintf(note, note_size, "%s", why);
    return status;
}

int device_open(struct device **device, const char *wanted, bool profiling)
{
    (void)device, (void)wanted, (void)profiling;
    return refuse();
}

void device_close(struct device *device)
{
    (void)device;
}

const struct device_traits *device_traits(const struct device *device)
{
    static const struct device_traits none;
    (void)device;
    return &none;
}

void device_treat_as_gpu(struct device *device)
{
    (void)device;
}

void device_set_vector_width(struct device *device, int floats)
{
    (void)device, (void)floats;
}

bool device_profiling(const struct device *device)
{
    (void)device;
    return false;
}

struct device_counts device_counts(const struct device *device)
{
    (void)device;
    return (struct device_counts){0};
}

int device_finish(struct device *device)
{
    (void)device;
    return refuse();
}

int device_flush(struct device *device)
{
    (void)device;
    return refuse();
}

void device_set_cache_folder(const char *folder)
{
    (void)folder;
}

const char *device_cache_folder(void)
{
    return "";
}

void device_set_kernel_folder(const char *folder)
{
    (void)folder;
}

uint64_t device_kernels_checksum(void)
{
    return 0;
}

void device_set_debug(bool debug)
{
    (void)debug;
}

int device_measure(struct device *device, double *gflops, double *gbs)
{
    (void)device, (void)gflops, (void)gbs;
    return refuse();
}

size_t device_allocated(const struct device *device)
{
    (void)device;
    return 0;
}

size_t device_allocated_peak(const struct device *device)
{
    (void)device;
    return 0;
}

int buffer_create(struct buffer **buffer, struct device *device, size_t bytes, const char *what)
{
    (void)buffer, (void)device, (void)bytes, (void)what;
    return refuse();
}

int buffer_view(struct buffer **buffer, struct buffer *whole, size_t offset, size_t bytes)
{
    (void)buffer, (void)whole, (void)offset, (void)bytes;
    return refuse();
}

void buffer_free(struct buffer *buffer)
{
    (void)buffer;
}

size_t buffer_bytes(const struct buffer *buffer)
{
    (void)buffer;
    return 0;
}

int buffer_write(struct buffer *buffer, size_t offset, const void *data, size_t bytes)
{
    (void)buffer, (void)offset, (void)data, (void)bytes;
    return refuse();
}

int buffer_read(struct buffer *buffer, size_t offset, void *data, size_t bytes)
{
    (void)buffer, (void)offset, (void)data, (void)bytes;
    return refuse();
}

int buffer_send(struct buffer *buffer, size_t offset, const void *data, size_t bytes)
{
    (void)buffer, (void)offset, (void)data, (void)bytes;
    return refuse();
}

int buffer_fill(struct buffer *buffer, uint32_t word)
{
    (void)buffer, (void)word;
    return refuse();
}

int buffer_copy(struct buffer *target, size_t target_offset, struct buffer *source,
                size_t source_offset, size_t bytes)
{
    (void)target, (void)target_offset, (void)source, (void)source_offset, (void)bytes;
    return refuse();
}

/* ---- launch.h ---- */

int launch_list_create(struct launch_list **list, struct device *device)
{
    (void)list, (void)device;
    return refuse();
}

void launch_list_free(struct launch_list *list)
{
    (void)list;
}

struct device *launch_list_device(const struct launch_list *list)
{
    (void)list;
    return NULL;
}

void launch_list_owner(struct launch_list *list, int owner, const char *what)
{
    (void)list, (void)owner, (void)what;
}

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

int launch_group_limit(struct launch_list *list, const char *stem, const char *options,
                       const char *kernel, size_t *limit)
{
    (void)list, (void)stem, (void)options, (void)kernel, (void)limit;
    return refuse();
}

int launch_add(struct launch_list *list, const char *stem, const char *options, const char *kernel,
               struct launch_grid grid, const struct launch_argument *arguments, size_t count)
{
    (void)list, (void)stem, (void)options, (void)kernel, (void)grid, (void)arguments, (void)count;
    return refuse();
}

void launch_list_maker(struct launch_list *list, launch_maker maker)
{
    (void)list, (void)maker;
}

int launch_view(struct launch_list *list, struct buffer *whole, size_t offset, size_t bytes,
                struct buffer **view)
{
    (void)list, (void)whole, (void)offset, (void)bytes, (void)view;
    return refuse();
}

int launch_add_product(struct launch_list *list, const struct launch_product *product)
{
    (void)list, (void)product;
    return refuse();
}

bool launch_has_product(void)
{
    return false;
}

int launch_list_run(struct launch_list *list, int first, int last)
{
    (void)list, (void)first, (void)last;
    return refuse();
}

int launch_list_times(struct launch_list *list, double *seconds, int owners, const char **source)
{
    (void)list, (void)seconds, (void)owners, (void)source;
    return refuse();
}

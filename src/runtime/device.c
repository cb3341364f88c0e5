/* An open device: context, queue, and what was built for it. */
#include "runtime/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int read_item_limits(struct device *device)
{
    int status = SAAE_OK;
    size_t sizes[16] = {0}; /* OpenCL asks for three dimensions; some drivers have more */
    TRY_CL(clGetDeviceInfo(device->id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes, NULL),
           "device %s: cannot read the limits of work-groups", device->traits.id);
    memcpy(device->largest_item, sizes, sizeof device->largest_item);
done:
    return status;
}

static int create_queue(struct device *device)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    const char *name = device->traits.name;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->platform, 0};
    device->context = clCreateContext(properties, 1, &device->id, NULL, NULL, &code);
    TRY_CL(code, "cannot make an OpenCL context on %s", name);
    if (device->profiling) {
        device->queue =
            clCreateCommandQueue(device->context, device->id, CL_QUEUE_PROFILING_ENABLE, &code);
        device->events = code == CL_SUCCESS;
        if (code != CL_SUCCESS) device->queue = NULL; /* then the wall clock has to do */
    }
    if (!device->queue) {
        device->queue = clCreateCommandQueue(device->context, device->id, 0, &code);
        TRY_CL(code, "cannot make a command queue on %s", name);
    }
    if (device->events) TRY(profile_calibrate(device));
done:
    return status;
}

int device_open(struct device **device, const char *wanted, bool profiling)
{
    int status = SAAE_OK;
    struct scan scan;
    struct device *made = NULL;
    TRY(scan_run(&scan));
    const struct scan_entry *entry = scan_choose(&scan, wanted);
    if (!entry) {
        status = SAAE_DEVICE; /* scan_choose has said why */
        goto done;
    }
    TRY(memory_allocate(&made, 1, sizeof *made));
    made->traits = entry->info.traits;
    made->platform = entry->platform;
    made->id = entry->id;
    made->profiling = profiling;
    TRY(read_item_limits(made));
    TRY(create_queue(made));
    *device = made;
    made = NULL;
done:
    device_close(made);
    scan_free(&scan);
    return status;
}

void device_close(struct device *device)
{
    if (!device) return;
    if (device->queue) clFinish(device->queue);
    product_forget();
    program_free_all(device);
    send_free(device);
    oclgrind_free(device);
    if (device->queue) clReleaseCommandQueue(device->queue);
    if (device->context) clReleaseContext(device->context);
    free(device);
}

const struct device_traits *device_traits(const struct device *device)
{
    return &device->traits;
}

void device_treat_as_gpu(struct device *device)
{
    device->traits.cpu = false;
    if (device->traits.vector_width > 4) device->traits.vector_width = 4;
}

void device_set_vector_width(struct device *device, int floats)
{
    device->traits.vector_width = floats;
}

bool device_profiling(const struct device *device)
{
    return device->profiling;
}

int device_finish(struct device *device)
{
    int status = SAAE_OK;
    device->counts.waits++;
    cl_int code = clFinish(device->queue);
    const char *first = device->first_launch, *last = device->last_launch;
    if (code != CL_SUCCESS && !first[0]) {
        status = opencl_fault(code, "%s failed", device->traits.name);
    } else if (code != CL_SUCCESS && strcmp(first, last) == 0) {
        status = opencl_fault(code, "%s failed in %s", device->traits.name, first);
    } else if (code != CL_SUCCESS) {
        status = opencl_fault(code, "%s failed in one of the launches from %s to %s",
                              device->traits.name, first, last);
    }
    device->first_launch[0] = device->last_launch[0] = '\0';
    device->unflushed = 0;
    return status;
}

int device_flush(struct device *device)
{
    device->unflushed = 0;
    cl_int code = clFlush(device->queue);
    return code == CL_SUCCESS ? SAAE_OK
                              : opencl_fault(code, "cannot hand work to %s", device->traits.name);
}

struct device_counts device_counts(const struct device *device)
{
    return device->counts;
}

size_t device_allocated(const struct device *device)
{
    return device->allocated;
}

size_t device_allocated_peak(const struct device *device)
{
    return device->allocated_peak;
}

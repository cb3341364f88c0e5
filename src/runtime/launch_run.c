/* Running recorded launches, with their times when asked for. */
#include "runtime/internal.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

enum {
    FLUSH_EVERY = 32,   /* launches: a driver may start nothing, or queue without end, unflushed */
    EVENTS_MOST = 4096, /* kept before their times are read: events cost the driver memory */
};

/* For the message of a fault that only device_finish meets. */
static void note_launch(struct device *device, const struct launch *launch)
{
    memcpy(device->last_launch, launch->label, sizeof launch->label);
    if (!device->first_launch[0]) {
        memcpy(device->first_launch, launch->label, sizeof launch->label);
    }
}

static int enqueue(struct device *device, const struct launch *launch, cl_event *event)
{
    int status = SAAE_OK;
    note_launch(device, launch);
    if (!launch->kernel) {
        TRY_CL(product_enqueue(device, &launch->product), "cannot launch %s on %s", launch->label,
               device->traits.name);
    } else {
        TRY_CL(clEnqueueNDRangeKernel(device->queue, launch->kernel, 3, NULL, launch->global,
                                      launch->local, 0, NULL, event),
               "cannot launch %s on %s, %zu x %zu x %zu work-items in groups of %zu x %zu x %zu",
               launch->label, device->traits.name, launch->global[0], launch->global[1],
               launch->global[2], launch->local[0], launch->local[1], launch->local[2]);
    }
    if (++device->unflushed >= FLUSH_EVERY) TRY(device_flush(device));
done:
    return status;
}

/* ---- Times ---- */

/* Adds the event's time to its launch. False: the driver gives no time, or nonsense. */
static bool add_event_time(cl_event event, double *seconds)
{
    cl_ulong start = 0, end = 0;
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) !=
            CL_SUCCESS ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) !=
            CL_SUCCESS ||
        start == 0 || end < start) {
        return false;
    }
    *seconds += 1e-9 * (double)(end - start);
    return true;
}

/* Waits for the launches whose events are kept and reads their times. */
static int collect_events(struct launch_list *list)
{
    struct device *device = list->device;
    const struct launch *failed = NULL;
    cl_int fault = CL_SUCCESS;
    int status = device_finish(device);
    for (size_t i = 0; i < list->event_count; i++) {
        struct pending_event *pending = &list->events[i];
        assert(list->launches && pending->launch < list->count);
        struct launch *launch = &list->launches[pending->launch];
        cl_int state = CL_COMPLETE;
        clGetEventInfo(pending->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state,
                       NULL);
        if (state < 0 && !failed) {
            failed = launch;
            fault = state;
        }
        if (state == CL_COMPLETE && !add_event_time(pending->event, &launch->seconds) &&
            device->events) {
            device->events = false;
            log_warning("%s gives no usable event times: the wall clock is used from here on",
                        device->traits.name);
        }
        clReleaseEvent(pending->event);
    }
    list->event_count = 0;
    if (failed) {
        status = opencl_fault(fault, "%s failed in %s", device->traits.name, failed->label);
    }
    return status;
}

/* The time of the launch alone: nothing is queued before it. */
static int run_by_clock(struct launch_list *list, struct launch *launch)
{
    int status = SAAE_OK;
    TRY(device_finish(list->device));
    double start = clock_seconds();
    TRY(enqueue(list->device, launch, NULL));
    TRY(device_finish(list->device));
    launch->seconds += clock_seconds() - start;
done:
    return status;
}

static int run_by_event(struct launch_list *list, size_t index)
{
    int status = SAAE_OK;
    if (list->event_count == EVENTS_MOST) TRY(collect_events(list));
    TRY(memory_grow(&list->events, list->event_count, &list->event_capacity, sizeof *list->events));
    struct pending_event *pending = &list->events[list->event_count];
    TRY(enqueue(list->device, &list->launches[index], &pending->event));
    pending->launch = index;
    list->event_count++;
done:
    return status;
}

int launch_list_run(struct launch_list *list, int first, int last)
{
    int status = SAAE_OK;
    struct device *device = list->device;
    for (size_t i = 0; i < list->count; i++) {
        struct launch *launch = &list->launches[i];
        if (launch->owner < first || launch->owner > last) continue;
        if (!device->profiling) {
            TRY(enqueue(device, launch, NULL));
        } else if (device->events && launch->kernel) {
            TRY(run_by_event(list, i));
        } else {
            TRY(run_by_clock(list, launch));
        }
        if (settings_debug()) TRY(device_finish(device));
    }
done:
    return status;
}

int launch_list_times(struct launch_list *list, double *seconds, int owners, const char **source)
{
    int status = SAAE_OK;
    struct device *device = list->device;
    if (!device->profiling) {
        FAIL(SAAE_USAGE, "no times are kept: open the device with profiling");
    }
    TRY(collect_events(list));
    for (int o = 0; o < owners; o++) seconds[o] = 0;
    for (size_t i = 0; i < list->count; i++) {
        int owner = list->launches[i].owner;
        if (owner >= 0 && owner < owners) seconds[owner] += list->launches[i].seconds;
    }
    *source = device->events ? "events" : "wall clock";
done:
    return status;
}

/* ---- Calibration ---- */

/* Fills a buffer `count` times. *by_clock and *by_events: seconds of all of them together; the
 * second is negative when the events say nothing. */
static int time_fills(struct device *device, cl_mem memory, size_t bytes, int count,
                      double *by_clock, double *by_events)
{
    int status = SAAE_OK;
    const cl_uint zero = 0;
    cl_event first = NULL, last = NULL;
    cl_ulong start = 0, end = 0;
    TRY(device_finish(device));
    double before = clock_seconds();
    for (int i = 0; i < count; i++) {
        cl_event *event = i == 0 ? &first : i == count - 1 ? &last : NULL;
        TRY_CL(clEnqueueFillBuffer(device->queue, memory, &zero, sizeof zero, 0, bytes, 0, NULL,
                                   event),
               "%s does not fill a buffer", device->traits.name);
    }
    TRY(device_finish(device));
    *by_clock = clock_seconds() - before;
    bool given = clGetEventProfilingInfo(first, CL_PROFILING_COMMAND_START, sizeof start, &start,
                                         NULL) == CL_SUCCESS &&
                 clGetEventProfilingInfo(last, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) ==
                     CL_SUCCESS;
    *by_events = given && start > 0 && end > start ? 1e-9 * (double)(end - start) : -1;
done:
    if (first) clReleaseEvent(first);
    if (last) clReleaseEvent(last);
    return status;
}

int profile_calibrate(struct device *device)
{
    enum { BYTES = 256 * 1024, FILLS_MOST = 4096 };
    const double long_enough = 2e-3; /* seconds: the way to the device and back is little of it */
    int status = SAAE_OK, count = 4;
    double by_clock = 0, by_events = -1;
    struct buffer *buffer = NULL;
    TRY(buffer_create(&buffer, device, BYTES, "the calibration of event times"));
    TRY(time_fills(device, buffer->memory, BYTES, 2, &by_clock, &by_events)); /* warms up */
    do {
        count *= 2;
        TRY(time_fills(device, buffer->memory, BYTES, count, &by_clock, &by_events));
    } while (by_clock < long_enough && count < FILLS_MOST);
    device->events = by_events > 0.5 * by_clock && by_events < 1.5 * by_clock;
done:
    buffer_free(buffer);
    device->allocated_peak = 0; /* the scratch above is not what its user asked for */
    return status;
}

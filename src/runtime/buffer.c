/* Device memory. */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static double mebibytes(size_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

static int allocate(struct device *device, size_t bytes, const char *what, cl_mem *memory)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    const struct device_traits *traits = &device->traits;
    if (bytes > traits->largest_buffer) {
        FAIL(SAAE_MEMORY,
             "%s needs %.1f MiB in one piece, and %s allows %.1f MiB: use smaller batches or "
             "another device",
             what, mebibytes(bytes), traits->name, mebibytes(traits->largest_buffer));
    }
    if (device->allocated > traits->memory_bytes ||
        bytes > traits->memory_bytes - device->allocated) {
        FAIL(SAAE_MEMORY,
             "%s needs %.1f MiB, %.1f MiB are in use already, and %s has %.1f MiB: use smaller "
             "batches or another device",
             what, mebibytes(bytes), mebibytes(device->allocated), traits->name,
             mebibytes(traits->memory_bytes));
    }
    *memory = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    TRY_CL(code, "cannot allocate %.1f MiB for %s on %s (%.1f MiB in use)", mebibytes(bytes), what,
           traits->name, mebibytes(device->allocated));
done:
    return status;
}

int buffer_create(struct buffer **buffer, struct device *device, size_t bytes, const char *what)
{
    int status = SAAE_OK;
    struct buffer *made = NULL;
    if (bytes == 0) bytes = 4; /* OpenCL has no empty buffers */
    TRY(memory_allocate(&made, 1, sizeof *made));
    made->device = device;
    snprintf(made->what, sizeof made->what, "%s", what);
    TRY(allocate(device, bytes, what, &made->memory));
    made->bytes = bytes;
    device->counts.objects++;
    device->allocated += bytes;
    if (device->allocated > device->allocated_peak) device->allocated_peak = device->allocated;
    *buffer = made;
    made = NULL;
done:
    free(made);
    return status;
}

int buffer_check_range(const struct buffer *buffer, size_t offset, size_t bytes, const char *verb)
{
    if (offset <= buffer->bytes && bytes <= buffer->bytes - offset) return SAAE_OK;
    return status_set(SAAE_DEVICE, "cannot %s %zu bytes at byte %zu of %s, which has %zu bytes",
                      verb, bytes, offset, buffer->what, buffer->bytes);
}

int buffer_view(struct buffer **buffer, struct buffer *whole, size_t offset, size_t bytes)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    struct buffer *made = NULL;
    if (bytes == 0) bytes = 4;
    TRY(buffer_check_range(whole, offset, bytes, "view"));
    if (offset % BUFFER_ALIGNMENT != 0) {
        FAIL(SAAE_DEVICE, "cannot view %s at byte %zu: views start at multiples of %d", whole->what,
             offset, (int)BUFFER_ALIGNMENT);
    }
    TRY(memory_allocate(&made, 1, sizeof *made));
    *made = *whole;
    made->whole = whole->whole ? whole->whole : whole; /* OpenCL has no views of views */
    made->offset = whole->offset + offset;
    made->bytes = bytes;
    made->memory = NULL;
    const cl_buffer_region region = {made->offset, bytes};
    made->memory = clCreateSubBuffer(made->whole->memory, CL_MEM_READ_WRITE,
                                     CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    TRY_CL(code, "cannot view %zu bytes at byte %zu of %s", bytes, made->offset, whole->what);
    made->device->counts.objects++;
    *buffer = made;
    made = NULL;
done:
    free(made);
    return status;
}

void buffer_free(struct buffer *buffer)
{
    if (!buffer) return;
    if (oclgrind_runs(buffer->device) && !buffer->whole) {
        oclgrind_release(buffer->device, buffer->memory);
    } else {
        clReleaseMemObject(buffer->memory); /* the driver keeps it until what is queued has run */
    }
    if (!buffer->whole) buffer->device->allocated -= buffer->bytes;
    free(buffer);
}

size_t buffer_bytes(const struct buffer *buffer)
{
    return buffer->bytes;
}

int buffer_write(struct buffer *buffer, size_t offset, const void *data, size_t bytes)
{
    int status = SAAE_OK;
    TRY(buffer_check_range(buffer, offset, bytes, "write"));
    if (bytes == 0) goto done;
    buffer->device->counts.waits++;
    if (oclgrind_runs(buffer->device)) {
        TRY(oclgrind_write(buffer, offset, data, bytes));
        goto done;
    }
    TRY_CL(clEnqueueWriteBuffer(buffer->device->queue, buffer->memory, CL_TRUE, offset, bytes, data,
                                0, NULL, NULL),
           "cannot write %zu bytes at byte %zu of %s", bytes, offset, buffer->what);
done:
    return status;
}

int buffer_read(struct buffer *buffer, size_t offset, void *data, size_t bytes)
{
    int status = SAAE_OK;
    TRY(buffer_check_range(buffer, offset, bytes, "read"));
    if (bytes == 0) goto done;
    buffer->device->counts.waits++;
    TRY_CL(clEnqueueReadBuffer(buffer->device->queue, buffer->memory, CL_TRUE, offset, bytes, data,
                               0, NULL, NULL),
           "cannot read %zu bytes at byte %zu of %s (a launch before it may have failed)", bytes,
           offset, buffer->what);
done:
    return status;
}

int buffer_fill(struct buffer *buffer, uint32_t word)
{
    int status = SAAE_OK;
    size_t words = buffer->bytes / sizeof word * sizeof word, tail = buffer->bytes - words;
    if (words && oclgrind_runs(buffer->device)) {
        TRY(oclgrind_fill(buffer, word, words));
    } else if (words) {
        TRY_CL(clEnqueueFillBuffer(buffer->device->queue, buffer->memory, &word, sizeof word, 0,
                                   words, 0, NULL, NULL),
               "cannot fill %s", buffer->what);
    }
    if (tail) TRY(buffer_write(buffer, words, &word, tail));
done:
    return status;
}

int buffer_copy(struct buffer *target, size_t target_offset, struct buffer *source,
                size_t source_offset, size_t bytes)
{
    int status = SAAE_OK;
    TRY(buffer_check_range(target, target_offset, bytes, "copy to"));
    TRY(buffer_check_range(source, source_offset, bytes, "copy from"));
    if (bytes == 0) goto done;
    const struct buffer *target_whole = target->whole ? target->whole : target;
    const struct buffer *source_whole = source->whole ? source->whole : source;
    size_t to = target->offset + target_offset, from = source->offset + source_offset;
    if (target_whole == source_whole && to < from + bytes && from < to + bytes) {
        FAIL(SAAE_DEVICE, "cannot copy %zu bytes from byte %zu to byte %zu of %s: they overlap",
             bytes, from, to, source->what);
    }
    if (oclgrind_runs(source->device)) {
        TRY(oclgrind_copy(target, target_offset, source, source_offset, bytes));
        goto done;
    }
    /* Through the allocations: drivers disagree about copies between two views of one. */
    TRY_CL(clEnqueueCopyBuffer(source->device->queue, source_whole->memory, target_whole->memory,
                               from, to, bytes, 0, NULL, NULL),
           "cannot copy %zu bytes from %s to %s", bytes, source->what, target->what);
done:
    return status;
}

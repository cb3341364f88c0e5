/* Writes that do not wait: from copies, which stay until the device has read them. */
#include "runtime/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* The slot's last copy may be replaced once this returns. */
static int settle(struct device *device, struct outgoing *slot)
{
    int status = SAAE_OK;
    if (!slot->sent) return SAAE_OK;
    cl_int code = clWaitForEvents(1, &slot->sent);
    clReleaseEvent(slot->sent);
    slot->sent = NULL;
    TRY_CL(code, "%s failed in a launch or a write before", device->traits.name);
done:
    return status;
}

int buffer_send(struct buffer *buffer, size_t offset, const void *data, size_t bytes)
{
    int status = SAAE_OK;
    struct device *device = buffer->device;
    struct outgoing *slot = &device->outgoing[device->sends % SENDS_AHEAD];
    if (oclgrind_runs(device)) return buffer_write(buffer, offset, data, bytes);
    TRY(buffer_check_range(buffer, offset, bytes, "send"));
    if (bytes == 0) goto done;
    TRY(settle(device, slot));
    if (bytes > slot->room) {
        free(slot->copy);
        slot->copy = NULL;
        slot->room = 0;
        TRY(memory_allocate(&slot->copy, bytes, 1));
        slot->room = bytes;
    }
    memcpy(slot->copy, data, bytes);
    TRY_CL(clEnqueueWriteBuffer(device->queue, buffer->memory, CL_FALSE, offset, bytes, slot->copy,
                                0, NULL, &slot->sent),
           "cannot send %zu bytes to byte %zu of %s", bytes, offset, buffer->what);
    device->sends++;
    TRY(device_flush(device));
done:
    return status;
}

void send_free(struct device *device)
{
    for (int i = 0; i < SENDS_AHEAD; i++) {
        if (device->outgoing[i].sent) clReleaseEvent(device->outgoing[i].sent);
        free(device->outgoing[i].copy);
    }
}

#include "graph/storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

int storage_create(struct storage **storage, struct device *device, enum dtype dtype, size_t count,
                   const char *what)
{
    int status = SAAE_OK;
    struct storage *made = NULL;
    TRY(memory_allocate(&made, 1, sizeof *made));
    *made = (struct storage){.device = device, .dtype = dtype, .count = count};
    if (device) {
        TRY(buffer_create(&made->buffer, device, count * dtype_bytes(dtype), what));
        TRY(buffer_fill(made->buffer, 0));
    } else {
        size_t bytes = dtype == DTYPE_F32 ? sizeof(double) : dtype_bytes(dtype);
        TRY(memory_allocate(&made->host, count, bytes));
    }
    *storage = made;
    made = NULL;
done:
    storage_free(made);
    return status;
}

void storage_free(struct storage *storage)
{
    if (!storage) return;
    buffer_free(storage->buffer);
    free(storage->host);
    free(storage);
}

static int check_range(const struct storage *storage, size_t offset, size_t count)
{
    if (offset <= storage->count && count <= storage->count - offset) return SAAE_OK;
    return status_set(SAAE_USAGE, "elements %zu to %zu are outside a storage of %zu", offset,
                      offset + count, storage->count);
}

static int write_elements(struct storage *storage, size_t offset, const void *data, size_t count,
                          int (*to_device)(struct buffer *, size_t, const void *, size_t))
{
    size_t size = dtype_bytes(storage->dtype);
    int status = check_range(storage, offset, count);
    if (status != SAAE_OK) return status;
    storage->writes++;
    if (storage->device) return to_device(storage->buffer, offset * size, data, count * size);
    if (storage->dtype == DTYPE_F32) {
        const float *from = data;
        double *to = (double *)storage->host + offset;
        for (size_t i = 0; i < count; i++) to[i] = (double)from[i];
    } else if (count) {
        memcpy((uint8_t *)storage->host + offset * size, data, count * size);
    }
    return SAAE_OK;
}

int storage_write(struct storage *storage, size_t offset, const void *data, size_t count)
{
    return write_elements(storage, offset, data, count, buffer_write);
}

int storage_send(struct storage *storage, size_t offset, const void *data, size_t count)
{
    return write_elements(storage, offset, data, count, buffer_send);
}

int storage_read(struct storage *storage, size_t offset, void *data, size_t count)
{
    size_t size = dtype_bytes(storage->dtype);
    int status = check_range(storage, offset, count);
    if (status != SAAE_OK) return status;
    if (storage->device) {
        return buffer_read(storage->buffer, offset * size, data, count * size);
    }
    if (storage->dtype == DTYPE_F32) {
        const double *from = (const double *)storage->host + offset;
        float *to = data;
        for (size_t i = 0; i < count; i++) to[i] = (float)from[i];
    } else if (count) {
        memcpy(data, (const uint8_t *)storage->host + offset * size, count * size);
    }
    return SAAE_OK;
}

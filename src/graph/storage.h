/* A flat array that outlives a graph's run: parameters, moments, a data set, a step's scalars.
 *
 * On a device it is a buffer; for the reference executor (device NULL) it is host memory with
 * floats kept as double. */
#ifndef SAAE_GRAPH_STORAGE_H
#define SAAE_GRAPH_STORAGE_H

#include <stdint.h>

#include "ops/tensor.h"
#include "runtime/device.h"

struct storage {
    struct device *device; /* NULL: reference */
    struct buffer *buffer; /* on a device */
    void *host;            /* reference: double, int32_t or uint8_t */
    enum dtype dtype;
    size_t count;
    uint64_t writes; /* to any of it, by the functions below and by executors: grows */
};

/* Zeroed. `what` names it in messages. */
int storage_create(struct storage **storage, struct device *device, enum dtype dtype, size_t count,
                   const char *what);
void storage_free(struct storage *storage); /* accepts NULL */

/* float, int32_t or uint8_t elements, by dtype. SAAE_USAGE: out of range. */
int storage_write(struct storage *storage, size_t offset, const void *data, size_t count);
/* The same, but does not wait for what is queued on the device (buffer_send). */
int storage_send(struct storage *storage, size_t offset, const void *data, size_t count);
int storage_read(struct storage *storage, size_t offset, void *data, size_t count);

#endif

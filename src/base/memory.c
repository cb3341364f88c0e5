#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

bool size_multiply(size_t a, size_t b, size_t *out)
{
    if (a != 0 && b > SIZE_MAX / a) return false;
    *out = a * b;
    return true;
}

bool size_add(size_t a, size_t b, size_t *out)
{
    if (b > SIZE_MAX - a) return false;
    *out = a + b;
    return true;
}

size_t size_divide_up(size_t value, size_t unit)
{
    return value / unit + (value % unit != 0);
}

size_t size_round_up(size_t value, size_t unit)
{
    return size_divide_up(value, unit) * unit;
}

int memory_allocate(void *out, size_t count, size_t size)
{
    size_t bytes = 0;
    void *block = NULL;
    if (size_multiply(count, size, &bytes) && bytes <= SIZE_MAX - MEMORY_ALIGNMENT) {
        bytes = size_round_up(bytes ? bytes : 1, MEMORY_ALIGNMENT);
        block = aligned_alloc(MEMORY_ALIGNMENT, bytes);
    }
    if (!block) {
        return status_set(SAAE_MEMORY, "out of memory: %zu elements of %zu bytes", count, size);
    }
    memset(block, 0, bytes);
    memcpy(out, &block, sizeof block);
    return SAAE_OK;
}

int memory_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    void *old = NULL, *grown = NULL;
    if (count < *capacity) return SAAE_OK;
    size_t wanted = *capacity < 8 ? 16 : *capacity * 2;
    int status = memory_allocate(&grown, wanted, size);
    if (status != SAAE_OK) return status;
    memcpy(&old, array, sizeof old);
    /* `grown` was set through a memcpy that clang's analyser does not follow. */
    if (count) memcpy(grown, old, count * size); /* NOLINT(clang-analyzer-core.*) */
    free(old);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return SAAE_OK;
}

int memory_copy_text(char **out, const char *text)
{
    size_t bytes = strlen(text) + 1;
    int status = memory_allocate(out, bytes, 1);
    if (status == SAAE_OK) memcpy(*out, text, bytes);
    return status;
}

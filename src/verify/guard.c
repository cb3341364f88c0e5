#include "verify/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

/* Words from the host's byte order: devices with another one are refused at opening. */
static void fill_words(uint8_t *at, size_t bytes, uint32_t word)
{
    for (size_t k = 0; k < bytes; k++) at[k] = (uint8_t)(word >> 8 * (k % 4));
}

size_t guarded_total(size_t bytes)
{
    return size_round_up(bytes, BUFFER_ALIGNMENT) + 2 * (size_t)GUARD_BYTES;
}

int guarded_create(struct guarded *guarded, struct device *device, size_t bytes, const char *what)
{
    int status = SAAE_OK;
    size_t total = guarded_total(bytes);
    *guarded = (struct guarded){.bytes = bytes};
    TRY(memory_allocate(&guarded->image, total, 1));
    TRY(memory_allocate(&guarded->seen, total, 1));
    TRY(buffer_create(&guarded->whole, device, total, what));
    TRY(buffer_view(&guarded->view, guarded->whole, GUARD_BYTES, bytes));
    fill_words(guarded->image, total, GUARD_PATTERN);
done:
    if (status != SAAE_OK) guarded_free(guarded);
    return status;
}

void guarded_free(struct guarded *guarded)
{
    buffer_free(guarded->view);
    buffer_free(guarded->whole);
    free(guarded->image);
    free(guarded->seen);
    *guarded = (struct guarded){0};
}

void *guarded_values(const struct guarded *guarded)
{
    return guarded->image + GUARD_BYTES;
}

const void *guarded_result(const struct guarded *guarded)
{
    return guarded->seen + GUARD_BYTES;
}

void guarded_poison(struct guarded *guarded, uint32_t word)
{
    fill_words(guarded->image + GUARD_BYTES, guarded->bytes, word);
}

int guarded_write(struct guarded *guarded)
{
    return buffer_write(guarded->whole, 0, guarded->image, guarded_total(guarded->bytes));
}

int guarded_read(struct guarded *guarded)
{
    return buffer_read(guarded->whole, 0, guarded->seen, guarded_total(guarded->bytes));
}

long guarded_find_damage(const struct guarded *guarded)
{
    size_t total = guarded_total(guarded->bytes), end = GUARD_BYTES + guarded->bytes;
    for (size_t k = 0; k < total; k++) {
        if (k == GUARD_BYTES) k = end; /* the tensor is at least one byte, its guard longer */
        if (guarded->image[k] != guarded->seen[k]) return (long)k - GUARD_BYTES;
    }
    return 0;
}

/* Device memory with guard bands: a tensor in the middle of a larger buffer whose two ends hold a
 * pattern. A kernel that writes past its tensor changes the pattern; one that computes with what it
 * read there gets NaN. */
#ifndef SAAE_VERIFY_GUARD_H
#define SAAE_VERIFY_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/device.h"

enum { GUARD_BYTES = 4096 }; /* on each side; a multiple of BUFFER_ALIGNMENT */

/* Quiet NaNs, told apart by their payload, and a large finite number. */
#define GUARD_PATTERN      0x7fc1deadu
#define GUARD_POISON       0x7fc2beefu
#define GUARD_OTHER_POISON 0x7e967699u /* 1e38 */

struct guarded {
    struct buffer *whole, *view;
    uint8_t *image; /* what was written: guard, tensor, guard */
    uint8_t *seen;  /* what was read back */
    size_t bytes;   /* of the tensor */
};

int guarded_create(struct guarded *guarded, struct device *device, size_t bytes, const char *what);
void guarded_free(struct guarded *guarded);

/* Bytes on the device for a tensor of `bytes`. */
size_t guarded_total(size_t bytes);

/* The tensor in `image`, to be filled before guarded_write, and in `seen` after guarded_read. */
void *guarded_values(const struct guarded *guarded);
const void *guarded_result(const struct guarded *guarded);

/* Fills the tensor in `image` with a word. */
void guarded_poison(struct guarded *guarded, uint32_t word);

int guarded_write(struct guarded *guarded);
int guarded_read(struct guarded *guarded);

/* The place of the first byte outside the tensor that differs between image and seen, relative to
 * the tensor's start; 0 if there is none. */
long guarded_find_damage(const struct guarded *guarded);

#endif

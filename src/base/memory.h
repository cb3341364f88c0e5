/* Memory and sizes that cannot overflow unseen. */
#ifndef SAAE_BASE_MEMORY_H
#define SAAE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum { MEMORY_ALIGNMENT = 64 }; /* bytes; a cache line, and the widest vector */

/* *out = room for count * size bytes, zeroed, aligned to MEMORY_ALIGNMENT, released with free().
 * count or size 0 gives room for one byte, so that *out is never NULL on success.
 * SAAE_MEMORY: it does not fit. */
int memory_allocate(void *out, size_t count, size_t size);

/* Grows the array *array (count elements used, *capacity allocated) so that one more fits. New
 * room is zeroed. SAAE_MEMORY: it does not fit, the array is as it was. */
int memory_grow(void *array, size_t count, size_t *capacity, size_t size);

/* *out = a * b or a + b; false (and *out untouched) if that overflows. */
bool size_multiply(size_t a, size_t b, size_t *out);
bool size_add(size_t a, size_t b, size_t *out);

/* The smallest multiple of `unit` (> 0) that is at least `value`. */
size_t size_round_up(size_t value, size_t unit);
size_t size_divide_up(size_t value, size_t unit);

/* A copy of `text` in *out, released with free(). */
int memory_copy_text(char **out, const char *text);

#endif

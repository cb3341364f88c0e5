/* A checksum that tells two versions of a file apart: FNV-1a with 64 bits (Fowler, Noll, Vo;
 * RFC 9923). It guards against mix-ups, not against forgery. */
#ifndef SAAE_BASE_CHECKSUM_H
#define SAAE_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_NAME "fnv1a64" /* what it is called in files */

/* Of some bytes; of a whole file. SAAE_INPUT: it cannot be read. */
uint64_t checksum_bytes(const void *bytes, size_t size);
int checksum_file(const char *path, uint64_t *checksum);

#endif

#include "base/checksum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

static const uint64_t offset_basis = 0xcbf29ce484222325, prime = 0x100000001b3;

static uint64_t add(uint64_t checksum, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) checksum = (checksum ^ bytes[i]) * prime;
    return checksum;
}

uint64_t checksum_bytes(const void *bytes, size_t size)
{
    return add(offset_basis, bytes, size);
}

int checksum_file(const char *path, uint64_t *checksum)
{
    int status = SAAE_OK;
    uint8_t buffer[65536];
    uint64_t sum = offset_basis;
    FILE *stream = fopen(path, "rb");
    if (!stream) FAIL(SAAE_INPUT, "cannot open '%s': %s", path, strerror(errno));
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, stream)) > 0;) {
        sum = add(sum, buffer, got);
    }
    if (ferror(stream)) FAIL(SAAE_INPUT, "cannot read '%s' to its end: %s", path, strerror(errno));
    *checksum = sum;
done:
    if (stream) fclose(stream);
    return status;
}

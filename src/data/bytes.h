/* Numbers in files: big-endian (IDX, PNM) and little-endian (safetensors, npy). */
#ifndef SAAE_DATA_BYTES_H
#define SAAE_DATA_BYTES_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t bytes_load_be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void bytes_store_be32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline uint64_t bytes_load_le64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) value = value << 8 | at[i];
    return value;
}

static inline void bytes_store_le64(uint8_t *at, uint64_t value)
{
    for (int i = 0; i < 8; i++) at[i] = (uint8_t)(value >> (8 * i));
}

/* Turns `count` elements of `size` bytes between the host's order and little-endian, in place:
 * nothing to do on a little-endian host. */
static inline void bytes_order_little(void *data, size_t count, size_t size)
{
    const union {
        uint16_t word;
        uint8_t first;
    } probe = {1};
    if (probe.first == 1) return;
    uint8_t *at = data;
    for (size_t i = 0; i < count; i++, at += size) {
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            uint8_t kept = at[a];
            at[a] = at[b];
            at[b] = kept;
        }
    }
}

#endif

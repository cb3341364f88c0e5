/* The safetensors format (https://github.com/huggingface/safetensors, "Format"): an 8-byte
 * little-endian header length, a JSON header that gives each tensor's dtype, shape and range of
 * bytes, then the data, without holes or overlaps. */
#ifndef SAAE_DATA_SAFETENSORS_H
#define SAAE_DATA_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

enum { SAFETENSORS_MAX_RANK = 8 };

enum safetensors_type {
    SAFETENSORS_F64,
    SAFETENSORS_I64,
    SAFETENSORS_F32,
    SAFETENSORS_I32,
    SAFETENSORS_U8,
};

struct safetensors_entry;

/* Fills `data`, room for the entry's elements in the host's byte order, while the file is written.
 * Any other status than SAAE_OK ends the writing. */
typedef int (*safetensors_source)(const struct safetensors_entry *entry, void *data);

/* One tensor: `count` elements in row-major order. */
struct safetensors_entry {
    char *name;
    enum safetensors_type type;
    int rank; /* 0: a scalar, count 1 */
    size_t shape[SAFETENSORS_MAX_RANK];
    size_t count;
    void *data;    /* in the host's byte order, aligned to an element; NULL: from the source */
    bool borrowed; /* data lies in the collection's file */
    safetensors_source source;
    const void *context; /* the source's own */
};

struct safetensors_pair {
    char *key, *value;
};

/* All zero is an empty collection. */
struct safetensors {
    char *path; /* where it was read from; NULL otherwise */
    void *file; /* what was read; NULL otherwise */
    struct safetensors_entry *entries;
    size_t count, capacity;
    struct safetensors_pair *metadata;
    size_t metadata_count, metadata_capacity;
};

/* Reads a file that may come from anywhere: header length, UTF-8, JSON, names, dtypes, shapes,
 * products and byte ranges are checked, and that the tensors cover the data exactly. Other dtypes
 * than those above are refused. SAAE_INPUT: the message names the file, and the tensor or offset.
 */
int safetensors_read(const char *path, struct safetensors *st);

/* Releases everything and leaves it empty; harmless on an empty one. */
void safetensors_free(struct safetensors *st);

/* NULL: there is none of that name. */
const struct safetensors_entry *safetensors_find(const struct safetensors *st, const char *name);
const char *safetensors_metadata(const struct safetensors *st, const char *key);

/* *data = the elements of a tensor that must be there with this type and shape (size_t[rank]).
 * SAAE_INPUT: the message names it, what it is and what was expected. */
int safetensors_require(const struct safetensors *st, const char *name, enum safetensors_type type,
                        int rank, const size_t *shape, const void **data);

/* Adds a copy of the data (NULL: zeros). SAAE_INPUT: the name is taken, reserved or not UTF-8, the
 * rank above SAFETENSORS_MAX_RANK; SAAE_MEMORY: it does not fit. */
int safetensors_add(struct safetensors *st, const char *name, enum safetensors_type type, int rank,
                    const size_t *shape, const void *data);

/* Adds a tensor whose elements are made when it is written, so that no two of them need be in
 * memory at once. */
int safetensors_add_later(struct safetensors *st, const char *name, enum safetensors_type type,
                          int rank, const size_t *shape, safetensors_source source,
                          const void *context);

/* Sets a string of the metadata, replacing an earlier value. SAAE_INPUT: not UTF-8. */
int safetensors_set_metadata(struct safetensors *st, const char *key, const char *value);

/* Writes it whole or not at all. The bytes depend on the content only, not on the order in which
 * it was added: metadata by key, tensors by size of an element (largest first, so that each is
 * aligned) and name. keep_previous: a file that was there is kept as "path.previous". SAAE_IO. */
int safetensors_write(const char *path, const struct safetensors *st, bool keep_previous);

/* "F32", and 4. */
const char *safetensors_type_name(enum safetensors_type type);
size_t safetensors_type_bytes(enum safetensors_type type);

#endif

#include "data/safetensors.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/utf8.h"

static const struct {
    const char *name;
    size_t bytes;
} types[] = {[SAFETENSORS_F64] = {"F64", 8},
             [SAFETENSORS_I64] = {"I64", 8},
             [SAFETENSORS_F32] = {"F32", 4},
             [SAFETENSORS_I32] = {"I32", 4},
             [SAFETENSORS_U8] = {"U8", 1}};

const char *safetensors_type_name(enum safetensors_type type)
{
    return types[type].name;
}

size_t safetensors_type_bytes(enum safetensors_type type)
{
    return types[type].bytes;
}

void safetensors_free(struct safetensors *st)
{
    for (size_t i = 0; i < st->count; i++) {
        free(st->entries[i].name);
        if (!st->entries[i].borrowed) free(st->entries[i].data);
    }
    for (size_t i = 0; i < st->metadata_count; i++) {
        free(st->metadata[i].key);
        free(st->metadata[i].value);
    }
    free(st->path);
    free(st->file);
    free(st->entries);
    free(st->metadata);
    *st = (struct safetensors){0};
}

const struct safetensors_entry *safetensors_find(const struct safetensors *st, const char *name)
{
    for (size_t i = 0; i < st->count; i++) {
        if (!strcmp(st->entries[i].name, name)) return &st->entries[i];
    }
    return NULL;
}

static struct safetensors_pair *find_pair(const struct safetensors *st, const char *key)
{
    for (size_t i = 0; i < st->metadata_count; i++) {
        if (!strcmp(st->metadata[i].key, key)) return &st->metadata[i];
    }
    return NULL;
}

const char *safetensors_metadata(const struct safetensors *st, const char *key)
{
    const struct safetensors_pair *pair = find_pair(st, key);
    return pair ? pair->value : NULL;
}

/* "F32 [2, 3]" */
static void describe(char *out, size_t size, enum safetensors_type type, int rank,
                     const size_t *shape)
{
    size_t used = (size_t)snprintf(out, size, "%s [", types[type].name);
    for (int i = 0; i < rank && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%zu", i ? ", " : "", shape[i]);
    }
    if (used < size) snprintf(out + used, size - used, "]");
}

int safetensors_require(const struct safetensors *st, const char *name, enum safetensors_type type,
                        int rank, const size_t *shape, const void **data)
{
    const char *path = st->path ? st->path : "the tensors in memory";
    const struct safetensors_entry *entry = safetensors_find(st, name);
    if (!entry) return status_set(SAAE_INPUT, "'%s': no tensor '%s'", path, name);
    bool same = entry->type == type && entry->rank == rank;
    for (int i = 0; same && i < rank; i++) same = entry->shape[i] == shape[i];
    if (!same) {
        char found[256], wanted[256];
        describe(found, sizeof found, entry->type, entry->rank, entry->shape);
        describe(wanted, sizeof wanted, type, rank, shape);
        return status_set(SAAE_INPUT, "'%s': tensor '%s' is %s, %s is needed", path, name, found,
                          wanted);
    }
    *data = entry->data;
    return SAAE_OK;
}

static int check_text(const char *what, const char *text)
{
    char shown[UTF8_SHOWN_SIZE];
    size_t at = 0;
    if (utf8_check(text, strlen(text), &at)) return SAAE_OK;
    return status_set(SAAE_INPUT, "%s '%s' is not UTF-8 at byte %zu", what, utf8_show(shown, text),
                      at);
}

int safetensors_add_later(struct safetensors *st, const char *name, enum safetensors_type type,
                          int rank, const size_t *shape, safetensors_source source,
                          const void *context)
{
    int status = SAAE_OK;
    struct safetensors_entry entry = {
        .type = type, .rank = rank, .count = 1, .source = source, .context = context};
    TRY(check_text("the tensor's name", name));
    if (!strcmp(name, "__metadata__") || safetensors_find(st, name)) {
        FAIL(SAAE_INPUT, "a tensor cannot be named '%s': the name is taken", name);
    }
    if (rank < 0 || rank > SAFETENSORS_MAX_RANK) {
        FAIL(SAAE_INPUT, "tensor '%s' has %d dimensions; up to %d are possible", name, rank,
             SAFETENSORS_MAX_RANK);
    }
    for (int i = 0; i < rank; i++) {
        entry.shape[i] = shape[i];
        if (!size_multiply(entry.count, shape[i], &entry.count)) {
            FAIL(SAAE_MEMORY, "the size of tensor '%s' overflows", name);
        }
    }
    TRY(memory_grow(&st->entries, st->count, &st->capacity, sizeof *st->entries));
    TRY(memory_copy_text(&entry.name, name));
    st->entries[st->count++] = entry;
done:
    return status;
}

int safetensors_add(struct safetensors *st, const char *name, enum safetensors_type type, int rank,
                    const size_t *shape, const void *data)
{
    int status = SAAE_OK;
    TRY(safetensors_add_later(st, name, type, rank, shape, NULL, NULL));
    struct safetensors_entry *entry = &st->entries[st->count - 1];
    status = memory_allocate(&entry->data, entry->count, types[type].bytes);
    if (status != SAAE_OK) {
        free(entry->name);
        st->count--;
    } else if (data && entry->count) {
        memcpy(entry->data, data, entry->count * types[type].bytes);
    }
done:
    return status;
}

int safetensors_set_metadata(struct safetensors *st, const char *key, const char *value)
{
    int status = SAAE_OK;
    struct safetensors_pair *old = NULL, pair = {0};
    TRY(check_text("the metadata's key", key));
    TRY(check_text("the metadata's value", value));
    TRY(memory_grow(&st->metadata, st->metadata_count, &st->metadata_capacity,
                    sizeof *st->metadata));
    TRY(memory_copy_text(&pair.key, key));
    TRY(memory_copy_text(&pair.value, value));
    old = find_pair(st, key);
    if (old) {
        struct safetensors_pair kept = *old;
        *old = pair;
        pair = kept;
    } else {
        st->metadata[st->metadata_count++] = pair;
        pair = (struct safetensors_pair){0};
    }
done:
    free(pair.key);
    free(pair.value);
    return status;
}

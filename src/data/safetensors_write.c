#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/bytes.h"
#include "data/safetensors.h"

struct text {
    char *bytes;
    size_t size, capacity;
};

static int text_add_bytes(struct text *text, const char *bytes, size_t size)
{
    if (size > text->capacity - text->size) {
        char *grown = NULL;
        size_t wanted = 2 * text->capacity + size + 1024;
        int status = memory_allocate(&grown, wanted, 1);
        if (status != SAAE_OK) return status;
        if (text->size) memcpy(grown, text->bytes, text->size);
        free(text->bytes);
        text->bytes = grown;
        text->capacity = wanted;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    return SAAE_OK;
}

static int text_add(struct text *text, const char *bytes)
{
    return text_add_bytes(text, bytes, strlen(bytes));
}

static int text_add_number(struct text *text, size_t number)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%zu", number);
    return text_add(text, digits);
}

/* A JSON string; the bytes are known to be UTF-8. */
static int text_add_string(struct text *text, const char *bytes)
{
    int status = SAAE_OK;
    TRY(text_add(text, "\""));
    for (; *bytes; bytes++) {
        unsigned char byte = (unsigned char)*bytes;
        char escape[8] = {(char)byte};
        if (byte == '"' || byte == '\\') snprintf(escape, sizeof escape, "\\%c", byte);
        if (byte < 0x20) snprintf(escape, sizeof escape, "\\u%04x", byte);
        TRY(text_add(text, escape));
    }
    TRY(text_add(text, "\""));
done:
    return status;
}

static int by_key(const void *a, const void *b)
{
    const struct safetensors_pair *const *left = a, *const *right = b;
    return strcmp((*left)->key, (*right)->key);
}

static int by_size_and_name(const void *a, const void *b)
{
    const struct safetensors_entry *const *left = a, *const *right = b;
    size_t first = safetensors_type_bytes((*left)->type);
    size_t second = safetensors_type_bytes((*right)->type);
    if (first != second) return first > second ? -1 : 1;
    return strcmp((*left)->name, (*right)->name);
}

static int add_metadata(struct text *text, const struct safetensors *st)
{
    int status = SAAE_OK;
    const struct safetensors_pair **sorted = NULL;
    size_t count = st->metadata_count;
    TRY(memory_allocate(&sorted, count, sizeof *sorted));
    for (size_t i = 0; i < count; i++) sorted[i] = &st->metadata[i];
    qsort(sorted, count, sizeof *sorted, by_key);
    TRY(text_add(text, "\"__metadata__\":{"));
    for (size_t i = 0; i < count; i++) {
        if (i) TRY(text_add(text, ","));
        TRY(text_add_string(text, sorted[i]->key));
        TRY(text_add(text, ":"));
        TRY(text_add_string(text, sorted[i]->value));
    }
    TRY(text_add(text, "}"));
done:
    free(sorted);
    return status;
}

static int add_entry(struct text *text, const struct safetensors_entry *entry, size_t begin)
{
    int status = SAAE_OK;
    TRY(text_add_string(text, entry->name));
    TRY(text_add(text, ":{\"dtype\":\""));
    TRY(text_add(text, safetensors_type_name(entry->type)));
    TRY(text_add(text, "\",\"shape\":["));
    for (int i = 0; i < entry->rank; i++) {
        if (i) TRY(text_add(text, ","));
        TRY(text_add_number(text, entry->shape[i]));
    }
    TRY(text_add(text, "],\"data_offsets\":["));
    TRY(text_add_number(text, begin));
    TRY(text_add(text, ","));
    TRY(text_add_number(text, begin + entry->count * safetensors_type_bytes(entry->type)));
    TRY(text_add(text, "]}"));
done:
    return status;
}

/* The header, padded with blanks so that the data begins at a multiple of 8. */
static int build_header(struct text *text, const struct safetensors *st,
                        const struct safetensors_entry *const *sorted)
{
    int status = SAAE_OK;
    size_t begin = 0;
    TRY(text_add(text, "{"));
    if (st->metadata_count) TRY(add_metadata(text, st));
    for (size_t i = 0; i < st->count; i++) {
        if (i || st->metadata_count) TRY(text_add(text, ","));
        TRY(add_entry(text, sorted[i], begin));
        begin += sorted[i]->count * safetensors_type_bytes(sorted[i]->type);
    }
    TRY(text_add(text, "}"));
    while (text->size % 8) TRY(text_add(text, " "));
done:
    return status;
}

static int append_data(struct file_writer *writer, const struct safetensors_entry *entry)
{
    size_t size = safetensors_type_bytes(entry->type), bytes = entry->count * size;
    int status = SAAE_OK;
    uint8_t *copy = NULL;
    TRY(memory_allocate(&copy, entry->count, size));
    if (entry->source)
        TRY(entry->source(entry, copy));
    else
        memcpy(copy, entry->data, bytes);
    bytes_order_little(copy, entry->count, size);
    TRY(file_append(writer, copy, bytes));
done:
    free(copy);
    return status;
}

int safetensors_write(const char *path, const struct safetensors *st, bool keep_previous)
{
    int status = SAAE_OK;
    struct file_writer writer = {0};
    struct text text = {0};
    const struct safetensors_entry **sorted = NULL;
    uint8_t length[8];
    TRY(memory_allocate(&sorted, st->count, sizeof *sorted));
    for (size_t i = 0; i < st->count; i++) sorted[i] = &st->entries[i];
    qsort(sorted, st->count, sizeof *sorted, by_size_and_name);
    TRY(build_header(&text, st, sorted));
    bytes_store_le64(length, text.size);
    TRY(file_begin(&writer, path));
    TRY(file_append(&writer, length, sizeof length));
    TRY(file_append(&writer, text.bytes, text.size));
    for (size_t i = 0; i < st->count; i++) TRY(append_data(&writer, sorted[i]));
    TRY(keep_previous ? file_commit_keeping(&writer) : file_commit(&writer));
done:
    file_abandon(&writer);
    free(text.bytes);
    free(sorted);
    return status;
}

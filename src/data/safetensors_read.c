#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/bytes.h"
#include "data/safetensors.h"
#include "data/utf8.h"

/* The bound that the format's own library sets. */
enum { MAX_HEADER = 100000000, LENGTH_BYTES = 8 };

/* Where an entry's bytes lie, counted from the end of the header. */
struct span {
    size_t begin, end, entry;
};

struct reader {
    const char *path;
    uint8_t *bytes;
    size_t size, header_size, data_size;
    struct span *spans;
    size_t capacity;
};

/* The header's bytes, before any of them is interpreted as JSON. */
static int check_header(struct reader *reader)
{
    int status = SAAE_OK;
    const char *path = reader->path;
    if (reader->size < LENGTH_BYTES) {
        FAIL(SAAE_INPUT, "'%s': %zu bytes, safetensors begins with a length of 8", path,
             reader->size);
    }
    uint64_t length = bytes_load_le64(reader->bytes);
    size_t room = reader->size - LENGTH_BYTES, at = 0;
    if (length > MAX_HEADER || length > room) {
        FAIL(SAAE_INPUT,
             "'%s': the header's length at byte 0 is %llu; %zu bytes follow, and at most %d are "
             "allowed",
             path, (unsigned long long)length, room, MAX_HEADER);
    }
    reader->header_size = (size_t)length;
    reader->data_size = room - reader->header_size;
    const uint8_t *header = reader->bytes + LENGTH_BYTES;
    if (length < 2 || header[0] != '{') {
        FAIL(SAAE_INPUT, "'%s': the header does not begin with '{' at byte %d", path, LENGTH_BYTES);
    }
    if (!utf8_check(header, reader->header_size, &at)) {
        FAIL(SAAE_INPUT, "'%s': the header is not UTF-8 at byte %zu", path, LENGTH_BYTES + at);
    }
    /* A zero character would end a C string early and make two names equal. A backslash only
     * occurs in a JSON string, where it takes the next byte with it. */
    for (at = 0; at < reader->header_size; at++) {
        bool escape = header[at] == '\\';
        bool zero = escape && reader->header_size - at >= 6 && !memcmp(header + at, "\\u0000", 6);
        if (!header[at] || zero) {
            FAIL(SAAE_INPUT, "'%s': a zero character in the header at byte %zu", path,
                 LENGTH_BYTES + at);
        }
        at += escape;
    }
done:
    return status;
}

/* A whole number that double holds exactly. */
static bool to_size(const cJSON *item, size_t *out)
{
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(value >= 0 && value < 0x1p53) || value != floor(value) ||
        value > (double)(SIZE_MAX / 2)) {
        return false;
    }
    *out = (size_t)value;
    return true;
}

static bool to_type(const cJSON *item, enum safetensors_type *type)
{
    const char *text = cJSON_GetStringValue(item); /* NULL unless it is one */
    for (int t = SAFETENSORS_F64; text && t <= SAFETENSORS_U8; t++) {
        *type = (enum safetensors_type)t;
        if (strcmp(text, safetensors_type_name(*type)) == 0) return true;
    }
    return false;
}

static int read_shape(const struct reader *reader, const char *shown, const cJSON *item,
                      struct safetensors_entry *entry)
{
    int status = SAAE_OK;
    const cJSON *dimension;
    if (!cJSON_IsArray(item))
        FAIL(SAAE_INPUT, "'%s': tensor '%s' has no shape", reader->path, shown);
    entry->count = 1;
    cJSON_ArrayForEach(dimension, item)
    {
        size_t length = 0;
        if (entry->rank == SAFETENSORS_MAX_RANK) {
            FAIL(SAAE_INPUT, "'%s': tensor '%s' has more than %d dimensions", reader->path, shown,
                 SAFETENSORS_MAX_RANK);
        }
        if (!to_size(dimension, &length)) {
            FAIL(SAAE_INPUT, "'%s': tensor '%s': dimension %d is not a whole number from 0 on",
                 reader->path, shown, entry->rank);
        }
        entry->shape[entry->rank++] = length;
        if (!size_multiply(entry->count, length, &entry->count)) {
            FAIL(SAAE_INPUT, "'%s': tensor '%s': the size of its shape overflows", reader->path,
                 shown);
        }
    }
done:
    return status;
}

/* The offsets must lie in the data and span what type and shape need. */
static int read_offsets(const struct reader *reader, const char *shown, const cJSON *item,
                        const struct safetensors_entry *entry, struct span *span)
{
    int status = SAAE_OK;
    size_t bytes = 0;
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2 ||
        !to_size(cJSON_GetArrayItem(item, 0), &span->begin) ||
        !to_size(cJSON_GetArrayItem(item, 1), &span->end)) {
        FAIL(SAAE_INPUT, "'%s': tensor '%s': data_offsets are not two whole numbers", reader->path,
             shown);
    }
    if (span->begin > span->end || span->end > reader->data_size) {
        FAIL(SAAE_INPUT, "'%s': tensor '%s': data_offsets %zu to %zu, the data has %zu bytes",
             reader->path, shown, span->begin, span->end, reader->data_size);
    }
    if (!size_multiply(entry->count, safetensors_type_bytes(entry->type), &bytes) ||
        bytes != span->end - span->begin) {
        FAIL(SAAE_INPUT,
             "'%s': tensor '%s': data_offsets %zu to %zu are %zu bytes, its shape has %zu elements "
             "of %zu",
             reader->path, shown, span->begin, span->end, span->end - span->begin, entry->count,
             safetensors_type_bytes(entry->type));
    }
done:
    return status;
}

static int read_entry(struct reader *reader, const cJSON *item, struct safetensors *st)
{
    static const char *const keys[3] = {"dtype", "shape", "data_offsets"};
    int status = SAAE_OK;
    char shown[UTF8_SHOWN_SIZE];
    const cJSON *fields[3] = {NULL, NULL, NULL}, *field;
    struct safetensors_entry entry = {0};
    struct span span = {.entry = st->count};
    utf8_show(shown, item->string);
    if (!cJSON_IsObject(item)) {
        FAIL(SAAE_INPUT, "'%s': tensor '%s' is not described by an object", reader->path, shown);
    }
    cJSON_ArrayForEach(field, item)
    {
        int k = 0;
        while (k < 3 && strcmp(field->string, keys[k]) != 0) k++;
        if (k == 3 || fields[k]) {
            char key[UTF8_SHOWN_SIZE];
            FAIL(SAAE_INPUT, "'%s': tensor '%s' has %s field '%s'", reader->path, shown,
                 k == 3 ? "an unknown" : "a repeated", utf8_show(key, field->string));
        }
        fields[k] = field;
    }
    if (!to_type(fields[0], &entry.type)) {
        char dtype[UTF8_SHOWN_SIZE];
        const char *text = cJSON_GetStringValue(fields[0]);
        FAIL(SAAE_INPUT, "'%s': tensor '%s' has the dtype '%s'; F64, I64, F32, I32 and U8 are read",
             reader->path, shown, utf8_show(dtype, text ? text : ""));
    }
    TRY(read_shape(reader, shown, fields[1], &entry));
    TRY(read_offsets(reader, shown, fields[2], &entry, &span));
    TRY(memory_grow(&reader->spans, st->count, &reader->capacity, sizeof *reader->spans));
    TRY(memory_grow(&st->entries, st->count, &st->capacity, sizeof *st->entries));
    TRY(memory_copy_text(&entry.name, item->string));
    reader->spans[st->count] = span;
    st->entries[st->count++] = entry;
done:
    return status;
}

static int read_metadata(const struct reader *reader, const cJSON *item, struct safetensors *st)
{
    int status = SAAE_OK;
    const cJSON *field;
    if (!cJSON_IsObject(item)) {
        FAIL(SAAE_INPUT, "'%s': __metadata__ is not an object", reader->path);
    }
    cJSON_ArrayForEach(field, item)
    {
        char shown[UTF8_SHOWN_SIZE];
        if (!cJSON_IsString(field) || safetensors_metadata(st, field->string)) {
            FAIL(SAAE_INPUT, "'%s': __metadata__: '%s' is %s", reader->path,
                 utf8_show(shown, field->string), cJSON_IsString(field) ? "repeated" : "no string");
        }
        TRY(safetensors_set_metadata(st, field->string, field->valuestring));
    }
done:
    return status;
}

static int read_header(struct reader *reader, struct safetensors *st)
{
    int status = SAAE_OK;
    const char *header = (const char *)reader->bytes + LENGTH_BYTES, *end = header;
    const cJSON *item;
    bool has_metadata = false;
    cJSON *root = cJSON_ParseWithLengthOpts(header, reader->header_size, &end, false);
    if (root) {
        while (end < header + reader->header_size && strchr(" \t\r\n", *end)) end++;
    }
    if (!cJSON_IsObject(root) || end != header + reader->header_size) {
        FAIL(SAAE_INPUT, "'%s': the header is no JSON object: see byte %zu", reader->path,
             LENGTH_BYTES + (size_t)(end - header));
    }
    cJSON_ArrayForEach(item, root)
    {
        if (strcmp(item->string, "__metadata__") != 0) {
            TRY(read_entry(reader, item, st));
            continue;
        }
        if (has_metadata) FAIL(SAAE_INPUT, "'%s': __metadata__ is there twice", reader->path);
        has_metadata = true;
        TRY(read_metadata(reader, item, st));
    }
done:
    cJSON_Delete(root);
    return status;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_names(const struct reader *reader, const struct safetensors *st)
{
    int status = SAAE_OK;
    const char **names = NULL;
    TRY(memory_allocate(&names, st->count, sizeof *names));
    for (size_t i = 0; i < st->count; i++) names[i] = st->entries[i].name;
    qsort(names, st->count, sizeof *names, by_text);
    for (size_t i = 1; i < st->count; i++) {
        if (strcmp(names[i - 1], names[i]) != 0) continue;
        char shown[UTF8_SHOWN_SIZE];
        FAIL(SAAE_INPUT, "'%s': tensor '%s' is there twice", reader->path,
             utf8_show(shown, names[i]));
    }
done:
    free(names);
    return status;
}

static int by_begin(const void *a, const void *b)
{
    const struct span *left = a, *right = b;
    if (left->begin != right->begin) return left->begin < right->begin ? -1 : 1;
    return (left->end > right->end) - (left->end < right->end);
}

/* Sorted by offset, each tensor begins where the one before it ends. */
static int check_cover(const struct reader *reader, const struct safetensors *st)
{
    size_t end = 0;
    if (st->count) qsort(reader->spans, st->count, sizeof *reader->spans, by_begin);
    for (size_t i = 0; i < st->count; i++) {
        const struct span *span = &reader->spans[i];
        if (span->begin != end) {
            char shown[UTF8_SHOWN_SIZE];
            return status_set(SAAE_INPUT,
                              "'%s': tensor '%s' begins at offset %zu of the data, %s: the bytes "
                              "before it end at %zu",
                              reader->path, utf8_show(shown, st->entries[span->entry].name),
                              span->begin, span->begin < end ? "an overlap" : "behind a hole", end);
        }
        end = span->end;
    }
    if (end != reader->data_size) {
        return status_set(SAAE_INPUT, "'%s': %zu bytes behind the last tensor, from byte %zu",
                          reader->path, reader->data_size - end,
                          LENGTH_BYTES + reader->header_size + end);
    }
    return SAAE_OK;
}

/* Tensors stay where they were read: a checkpoint is large. */
static int place_data(const struct reader *reader, struct safetensors *st)
{
    const size_t begin = LENGTH_BYTES + reader->header_size;
    for (size_t i = 0; i < st->count; i++) {
        const struct span *span = &reader->spans[i];
        struct safetensors_entry *entry = &st->entries[span->entry];
        size_t size = safetensors_type_bytes(entry->type);
        uint8_t *data = reader->bytes + begin + span->begin;
        entry->borrowed = (begin + span->begin) % size == 0;
        if (entry->borrowed) {
            entry->data = data;
        } else { /* a writer other than ours */
            int status = memory_allocate(&entry->data, entry->count, size);
            if (status != SAAE_OK) return status;
            memcpy(entry->data, data, entry->count * size);
        }
        bytes_order_little(entry->data, entry->count, size);
    }
    return SAAE_OK;
}

int safetensors_read(const char *path, struct safetensors *st)
{
    int status = SAAE_OK;
    struct reader reader = {.path = path};
    *st = (struct safetensors){0};
    TRY(file_read(path, &reader.bytes, &reader.size));
    st->file = reader.bytes;
    TRY(memory_copy_text(&st->path, path));
    TRY(check_header(&reader));
    TRY(read_header(&reader, st));
    TRY(check_names(&reader, st));
    TRY(check_cover(&reader, st));
    TRY(place_data(&reader, st));
done:
    free(reader.spans);
    if (status != SAAE_OK) safetensors_free(st);
    return status;
}

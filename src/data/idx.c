#include "data/idx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/bytes.h"
#include "data/image.h"

/* Where the content comes from: the file itself, or what inflate makes of it. */
struct source {
    const char *path;
    const uint8_t *bytes;
    size_t size, at; /* in the file */
    size_t given;    /* bytes of content handed out */
    bool zipped;
    bool ended; /* zipped: the stream's end was reached, its checksum is right */
    z_stream stream;
};

enum { TYPE_UBYTE = 0x08, GZIP_WINDOW = 15 + 16, CHUNK = 1 << 30, DEFLATE_MAX_RATIO = 1032 };

static int source_open(struct source *source)
{
    source->zipped = source->size >= 2 && source->bytes[0] == 0x1f && source->bytes[1] == 0x8b;
    if (source->zipped && inflateInit2(&source->stream, GZIP_WINDOW) != Z_OK) {
        source->zipped = false;
        return status_set(SAAE_MEMORY, "out of memory while reading '%s'", source->path);
    }
    return SAAE_OK;
}

static void source_close(struct source *source)
{
    if (source->zipped) inflateEnd(&source->stream);
}

/* Behind a gzip member's end: another member goes on, anything else is damage. */
static int next_member(struct source *source)
{
    if (source->at == source->size) {
        source->ended = true;
        return SAAE_OK;
    }
    if (source->bytes[source->at] != 0x1f) {
        return status_set(SAAE_INPUT, "'%s': %zu bytes behind the gzip data, from byte %zu",
                          source->path, source->size - source->at, source->at);
    }
    inflateReset(&source->stream);
    return SAAE_OK;
}

static int inflate_bytes(struct source *source, uint8_t *to, size_t size, size_t *got)
{
    z_stream *z = &source->stream;
    *got = 0;
    while (*got < size && !source->ended) {
        size_t room = size - *got, left = source->size - source->at;
        z->next_in = source->bytes + source->at;
        z->avail_in = (uInt)(left < CHUNK ? left : CHUNK);
        z->next_out = to + *got;
        z->avail_out = (uInt)(room < CHUNK ? room : CHUNK);
        int code = inflate(z, Z_NO_FLUSH);
        source->at = (size_t)(z->next_in - source->bytes);
        *got = (size_t)(z->next_out - to);
        if (code == Z_STREAM_END) {
            int status = next_member(source);
            if (status != SAAE_OK) return status;
        } else if (code == Z_BUF_ERROR) {
            return status_set(SAAE_INPUT,
                              "'%s': the gzip data is cut short at byte %zu, the file's end",
                              source->path, source->at);
        } else if (code == Z_MEM_ERROR) {
            return status_set(SAAE_MEMORY, "out of memory while reading '%s'", source->path);
        } else if (code != Z_OK) {
            return status_set(SAAE_INPUT, "'%s': the gzip data is damaged near byte %zu: %s",
                              source->path, source->at, z->msg ? z->msg : "no dictionary");
        }
    }
    return SAAE_OK;
}

/* *got <= size: less only at the content's end. */
static int take_bytes(struct source *source, void *to, size_t size, size_t *got)
{
    int status = SAAE_OK;
    if (source->zipped) {
        status = inflate_bytes(source, to, size, got);
    } else {
        size_t left = source->size - source->at;
        *got = left < size ? left : size;
        memcpy(to, source->bytes + source->at, *got);
        source->at += *got;
    }
    source->given += *got;
    return status;
}

static int read_header(struct source *source, int rank, struct idx *idx)
{
    int status = SAAE_OK;
    uint8_t header[4 + 4 * IDX_MAX_RANK];
    size_t got = 0, size = 4 + 4 * (size_t)rank;
    TRY(take_bytes(source, header, 4, &got));
    if (got < 4) FAIL(SAAE_INPUT, "'%s': cut short: %zu bytes, no IDX magic", source->path, got);
    if (header[0] || header[1]) {
        FAIL(SAAE_INPUT, "'%s': the magic at byte 0 is %02x%02x%02x%02x, IDX begins with 0000",
             source->path, header[0], header[1], header[2], header[3]);
    }
    if (header[2] != TYPE_UBYTE) {
        FAIL(SAAE_INPUT, "'%s': element type 0x%02x at byte 2; only 0x08, unsigned bytes, is read",
             source->path, header[2]);
    }
    if (header[3] != rank) {
        FAIL(SAAE_INPUT, "'%s': %d dimensions at byte 3, %d expected (images have 3, labels 1)",
             source->path, header[3], rank);
    }
    TRY(take_bytes(source, header + 4, size - 4, &got));
    if (got < size - 4) {
        FAIL(SAAE_INPUT, "'%s': cut short: it ends at byte %zu, in the header of %zu bytes",
             source->path, source->given, size);
    }
    idx->rank = rank;
    for (int i = 0; i < rank; i++) idx->shape[i] = bytes_load_be32(header + 4 + 4 * i);
done:
    return status;
}

/* The product of the sizes, checked against what the file can hold before memory is asked for. */
static int count_elements(const struct source *source, const struct idx *idx, size_t *count)
{
    size_t most = source->size - source->at;
    *count = 1;
    for (int i = 0; i < idx->rank; i++) {
        if (!size_multiply(*count, idx->shape[i], count)) {
            return status_set(SAAE_INPUT, "'%s': the sizes in the header, bytes 4 to %d, overflow",
                              source->path, 3 + 4 * idx->rank);
        }
    }
    if (source->zipped && !size_multiply(source->size, DEFLATE_MAX_RATIO, &most)) most = SIZE_MAX;
    if (*count > most) {
        return status_set(
            SAAE_INPUT,
            "'%s': cut short: the header promises %zu bytes behind byte %zu, the %s %zu",
            source->path, *count, source->given,
            source->zipped ? "gzip data can hold at most" : "file holds", most);
    }
    return SAAE_OK;
}

int idx_read(const char *path, int rank, struct idx *idx)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL, extra;
    size_t count = 0, got = 0;
    struct source source = {.path = path};
    *idx = (struct idx){0};
    TRY(file_read(path, &bytes, &source.size));
    source.bytes = bytes;
    TRY(source_open(&source));
    TRY(read_header(&source, rank, idx));
    TRY(count_elements(&source, idx, &count));
    TRY(memory_allocate(&idx->data, count, 1));
    TRY(take_bytes(&source, idx->data, count, &got));
    if (got < count) {
        FAIL(SAAE_INPUT, "'%s': cut short: the content ends at byte %zu, %zu bytes are missing",
             path, source.given, count - got);
    }
    size_t end = source.given;
    TRY(take_bytes(&source, &extra, 1, &got)); /* also makes inflate check its checksum */
    if (got) FAIL(SAAE_INPUT, "'%s': bytes behind the data, from byte %zu", path, end);
done:
    source_close(&source);
    free(bytes);
    if (status != SAAE_OK) idx_free(idx);
    return status;
}

void idx_free(struct idx *idx)
{
    free(idx->data);
    memset(idx, 0, sizeof *idx);
}

int idx_find(const char *folder, const char *set, const char *kind, char **path)
{
    static const char *const forms[] = {"%s-%s-idx%d-ubyte", "%s-%s.idx%d-ubyte",
                                        "%s-%s-idx%d-ubyte.gz", "%s-%s.idx%d-ubyte.gz"};
    *path = NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char name[64];
        snprintf(name, sizeof name, forms[i], set, kind, !strcmp(kind, "images") ? 3 : 1);
        int status = file_join(path, folder, name);
        if (status != SAAE_OK || file_exists(*path)) return status;
        free(*path);
        *path = NULL;
    }
    return SAAE_OK;
}

static int read_part(const char *folder, const char *set, const char *kind, int rank, char **path,
                     struct idx *idx)
{
    int status = SAAE_OK;
    TRY(idx_find(folder, set, kind, path));
    if (!*path) {
        FAIL(SAAE_INPUT, "no '%s-%s-idx%d-ubyte' or '....gz' in the folder '%s'", set, kind, rank,
             folder);
    }
    TRY(idx_read(*path, rank, idx));
    if (idx->shape[0] < 1 || idx->shape[0] > INT32_MAX) {
        FAIL(SAAE_INPUT, "'%s': %" PRIu32 " %s at byte 4", *path, idx->shape[0], kind);
    }
done:
    return status;
}

int idx_read_set(const char *folder, const char *set, struct idx *images, struct idx *labels)
{
    int status = SAAE_OK;
    char *images_path = NULL, *labels_path = NULL;
    *images = *labels = (struct idx){0};
    TRY(read_part(folder, set, "images", 3, &images_path, images));
    TRY(image_check_size(images_path, images->shape[2], images->shape[1]));
    TRY(read_part(folder, set, "labels", 1, &labels_path, labels));
    if (images->shape[0] != labels->shape[0]) {
        FAIL(SAAE_INPUT, "'%s' has %" PRIu32 " images but '%s' %" PRIu32 " labels", images_path,
             images->shape[0], labels_path, labels->shape[0]);
    }
done:
    free(images_path);
    free(labels_path);
    if (status != SAAE_OK) {
        idx_free(images);
        idx_free(labels);
    }
    return status;
}

int idx_write(const char *path, int rank, const uint32_t *shape, const uint8_t *data)
{
    int status = SAAE_OK;
    struct file_writer writer = {0};
    uint8_t header[4 + 4 * IDX_MAX_RANK] = {0, 0, TYPE_UBYTE, (uint8_t)rank};
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        bytes_store_be32(header + 4 + 4 * i, shape[i]);
        count *= shape[i];
    }
    TRY(file_begin(&writer, path));
    TRY(file_append(&writer, header, 4 + 4 * (size_t)rank));
    TRY(file_append(&writer, data, count));
    TRY(file_commit(&writer));
done:
    file_abandon(&writer);
    return status;
}

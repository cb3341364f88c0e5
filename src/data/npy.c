#include "data/npy.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/bytes.h"

/* Magic, version 1.0 and the header's length in two bytes; magic and header together are padded
 * to a multiple of 64. */
enum { FIXED_BYTES = 10, ALIGNMENT = 64 };
static const char magic[] = "\x93NUMPY\x01";

static int shape_count(int rank, const size_t *shape, size_t *count)
{
    size_t bytes = 0;
    *count = 1;
    for (int i = 0; i < rank; i++) {
        if (!size_multiply(*count, shape[i], count)) return SAAE_MEMORY;
    }
    return size_multiply(*count, sizeof(float), &bytes) ? SAAE_OK : SAAE_MEMORY;
}

int npy_write(const char *path, int rank, const size_t *shape, const float *data)
{
    int status = SAAE_OK;
    struct file_writer writer = {0};
    char header[512];
    size_t count = 0, used = FIXED_BYTES;
    float *copy = NULL;
    if (rank < 0 || rank > NPY_MAX_RANK || shape_count(rank, shape, &count) != SAAE_OK) {
        FAIL(SAAE_MEMORY, "'%s': a shape of %d dimensions that is too large", path, rank);
    }
    memcpy(header, magic, sizeof magic); /* its final zero is the minor version */
    used += (size_t)snprintf(header + used, sizeof header - used,
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < rank; i++) {
        const char *comma = i + 1 < rank ? ", " : rank == 1 ? "," : "";
        used += (size_t)snprintf(header + used, sizeof header - used, "%zu%s", shape[i], comma);
    }
    used += (size_t)snprintf(header + used, sizeof header - used, "), }");
    size_t end = size_round_up(used + 1, ALIGNMENT);
    memset(header + used, ' ', end - 1 - used);
    header[end - 1] = '\n';
    header[8] = (char)((end - FIXED_BYTES) & 0xff);
    header[9] = (char)((end - FIXED_BYTES) >> 8);
    TRY(memory_allocate(&copy, count, sizeof *copy));
    if (count) memcpy(copy, data, count * sizeof *copy);
    bytes_order_little(copy, count, sizeof *copy);
    TRY(file_begin(&writer, path));
    TRY(file_append(&writer, header, end));
    TRY(file_append(&writer, copy, count * sizeof *copy));
    TRY(file_commit(&writer));
done:
    file_abandon(&writer);
    free(copy);
    return status;
}

struct scanner {
    const char *text; /* the file's bytes; a zero stands at `end` or behind it */
    size_t at, end;
};

static bool take(struct scanner *scan, const char *word)
{
    while (scan->at < scan->end && isspace((unsigned char)scan->text[scan->at])) scan->at++;
    size_t length = strlen(word);
    if (length > scan->end - scan->at || memcmp(scan->text + scan->at, word, length) != 0) {
        return false;
    }
    scan->at += length;
    return true;
}

static bool take_number(struct scanner *scan, size_t *number)
{
    take(scan, "");
    size_t start = scan->at;
    *number = 0;
    while (scan->at < scan->end && isdigit((unsigned char)scan->text[scan->at])) {
        size_t digit = (size_t)(scan->text[scan->at] - '0');
        if (!size_multiply(*number, 10, number) || !size_add(*number, digit, number)) return false;
        scan->at++;
    }
    return scan->at > start;
}

/* "(2, 3)", "(2,)" or "()" */
static bool take_shape(struct scanner *scan, struct npy *npy)
{
    npy->rank = 0;
    if (!take(scan, "(")) return false;
    while (!take(scan, ")")) {
        if (npy->rank == NPY_MAX_RANK || !take_number(scan, &npy->shape[npy->rank])) return false;
        npy->rank++;
        bool comma = take(scan, ",");
        if (!comma && npy->rank == 1) return false; /* "(2)" is a number in Python */
        if (!comma && !take(scan, ")")) return false;
        if (!comma) break;
    }
    return true;
}

/* The dictionary, its three keys in any order. */
static bool take_header(struct scanner *scan, struct npy *npy)
{
    bool descr = false, order = false, shape = false;
    if (!take(scan, "{")) return false;
    while (!take(scan, "}")) {
        if (!descr && take(scan, "'descr'")) {
            descr = take(scan, ":") && take(scan, "'<f4'");
            if (!descr) return false;
        } else if (!order && take(scan, "'fortran_order'")) {
            order = take(scan, ":") && take(scan, "False");
            if (!order) return false;
        } else if (!shape && take(scan, "'shape'")) {
            shape = take(scan, ":") && take_shape(scan, npy);
            if (!shape) return false;
        } else {
            return false;
        }
        if (take(scan, ",")) continue;
        if (!take(scan, "}")) return false;
        break;
    }
    take(scan, "");
    return descr && order && shape && scan->at == scan->end;
}

int npy_read(const char *path, struct npy *npy)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *npy = (struct npy){0};
    TRY(file_read(path, &bytes, &size));
    if (size < FIXED_BYTES || memcmp(bytes, magic, sizeof magic) != 0) {
        FAIL(SAAE_INPUT, "'%s': no .npy file of version 1.0 by its first %d bytes", path,
             FIXED_BYTES);
    }
    size_t begin = FIXED_BYTES + ((size_t)bytes[8] | (size_t)bytes[9] << 8);
    if (begin > size) {
        FAIL(SAAE_INPUT, "'%s': cut short: the header ends at byte %zu, the file at %zu", path,
             begin, size);
    }
    struct scanner scan = {.text = (const char *)bytes, .at = FIXED_BYTES, .end = begin};
    if (!take_header(&scan, npy)) {
        FAIL(SAAE_INPUT,
             "'%s': the header is not that of a float32 array ('<f4') in C order of at most %d "
             "dimensions: see byte %zu",
             path, NPY_MAX_RANK, scan.at);
    }
    if (shape_count(npy->rank, npy->shape, &npy->count) != SAAE_OK) {
        FAIL(SAAE_INPUT, "'%s': the size of the shape overflows", path);
    }
    if (size - begin != npy->count * sizeof(float)) {
        FAIL(SAAE_INPUT, "'%s': %zu bytes behind the header, byte %zu; the shape needs %zu", path,
             size - begin, begin, npy->count * sizeof(float));
    }
    TRY(memory_allocate(&npy->data, npy->count, sizeof *npy->data));
    memcpy(npy->data, bytes + begin, size - begin);
    bytes_order_little(npy->data, npy->count, sizeof *npy->data);
done:
    free(bytes);
    if (status != SAAE_OK) npy_free(npy);
    return status;
}

void npy_free(struct npy *npy)
{
    free(npy->data);
    *npy = (struct npy){0};
}

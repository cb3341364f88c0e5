#include "data/pnm.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/status.h"

struct scanner {
    const char *path;
    const uint8_t *bytes;
    size_t size, at;
};

static void skip_blanks(struct scanner *scan)
{
    while (scan->at < scan->size) {
        if (scan->bytes[scan->at] == '#') {
            while (scan->at < scan->size && scan->bytes[scan->at] != '\n') scan->at++;
        } else if (isspace(scan->bytes[scan->at])) {
            scan->at++;
        } else {
            return;
        }
    }
}

/* A decimal number behind blanks and comments. */
static int scan_number(struct scanner *scan, const char *what, uint32_t most, uint32_t *number)
{
    skip_blanks(scan);
    size_t start = scan->at;
    uint64_t value = 0;
    while (scan->at < scan->size && isdigit(scan->bytes[scan->at])) {
        value = value * 10 + (uint64_t)(scan->bytes[scan->at++] - '0');
        if (value > most) {
            return status_set(SAAE_INPUT, "'%s': the %s at byte %zu is above %" PRIu32, scan->path,
                              what, start, most);
        }
    }
    if (scan->at == start) {
        return status_set(SAAE_INPUT, "'%s': no number for the %s at byte %zu%s", scan->path, what,
                          start, start == scan->size ? ", the file's end" : "");
    }
    *number = (uint32_t)value;
    return SAAE_OK;
}

static int read_header(struct scanner *scan, struct image *image, uint32_t *maxval, bool *binary)
{
    int status = SAAE_OK;
    uint32_t width = 0, height = 0;
    if (scan->size < 2 || scan->bytes[0] != 'P' || !isdigit(scan->bytes[1])) {
        FAIL(SAAE_INPUT, "'%s': no PNM file, which begins with P2, P3, P5 or P6", scan->path);
    }
    int kind = scan->bytes[1] - '0';
    if (kind != 2 && kind != 3 && kind != 5 && kind != 6) {
        FAIL(SAAE_INPUT, "'%s': PNM of kind P%d; convert it to P5 (grey) or P6 (RGB)", scan->path,
             kind);
    }
    scan->at = 2;
    TRY(scan_number(scan, "width", UINT32_MAX, &width));
    TRY(scan_number(scan, "height", UINT32_MAX, &height));
    TRY(image_check_size(scan->path, width, height));
    TRY(scan_number(scan, "largest value", 65535, maxval));
    if (*maxval == 0) FAIL(SAAE_INPUT, "'%s': the largest value is 0", scan->path);
    *binary = kind >= 5;
    *image = (struct image){
        .height = (int)height, .width = (int)width, .channels = kind == 2 || kind == 5 ? 1 : 3};
done:
    return status;
}

static uint8_t scaled(uint32_t value, uint32_t maxval)
{
    return (uint8_t)((value * 255 + maxval / 2) / maxval);
}

static int read_binary(struct scanner *scan, uint32_t maxval, uint8_t *pixels, size_t count)
{
    size_t width = maxval > 255 ? 2 : 1;
    const uint8_t *from = scan->bytes + scan->at;
    for (size_t i = 0; i < count; i++, from += width) {
        uint32_t value = width == 2 ? (uint32_t)from[0] << 8 | from[1] : from[0];
        if (value > maxval) {
            return status_set(SAAE_INPUT,
                              "'%s': the sample at byte %zu is %" PRIu32
                              ", above the largest %" PRIu32,
                              scan->path, scan->at + i * width, value, maxval);
        }
        pixels[i] = scaled(value, maxval);
    }
    scan->at += count * width;
    return SAAE_OK;
}

static int read_text(struct scanner *scan, uint32_t maxval, uint8_t *pixels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t value = 0;
        int status = scan_number(scan, "sample", maxval, &value);
        if (status != SAAE_OK) return status;
        pixels[i] = scaled(value, maxval);
    }
    skip_blanks(scan);
    return SAAE_OK;
}

int pnm_decode(const char *path, const uint8_t *bytes, size_t size, struct image *image)
{
    int status = SAAE_OK;
    struct scanner scan = {.path = path, .bytes = bytes, .size = size};
    struct image shape = {0};
    uint32_t maxval = 0;
    bool binary = false;
    *image = (struct image){0};
    TRY(read_header(&scan, &shape, &maxval, &binary));
    if (scan.at == size || !isspace(bytes[scan.at])) {
        FAIL(SAAE_INPUT, "'%s': no blank behind the header at byte %zu", path, scan.at);
    }
    scan.at++;
    /* A sample takes at least a byte (text: a digit and, but for the last, a blank). */
    size_t count = image_bytes(&shape);
    size_t needed = binary ? count * (maxval > 255 ? 2 : 1) : 2 * count - 1;
    if (needed > size - scan.at) {
        FAIL(SAAE_INPUT, "'%s': cut short: %zu bytes behind the header, %dx%d pixels need %zu",
             path, size - scan.at, shape.width, shape.height, needed);
    }
    TRY(image_create(image, shape.height, shape.width, shape.channels));
    TRY(binary ? read_binary(&scan, maxval, image->pixels, count)
               : read_text(&scan, maxval, image->pixels, count));
    if (scan.at != size) {
        FAIL(SAAE_INPUT, "'%s': %zu bytes behind the picture, from byte %zu", path, size - scan.at,
             scan.at);
    }
done:
    if (status != SAAE_OK) image_free(image);
    return status;
}

int pnm_read(const char *path, struct image *image)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *image = (struct image){0};
    int status = file_read(path, &bytes, &size);
    if (status == SAAE_OK) status = pnm_decode(path, bytes, size, image);
    free(bytes);
    return status;
}

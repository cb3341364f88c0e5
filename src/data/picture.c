#include "data/picture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "data/jpeg.h"
#include "data/png.h"
#include "data/pnm.h"

int picture_read(const char *path, struct image *image)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    *image = (struct image){0};
    TRY(file_read(path, &bytes, &size));
    if (size >= 4 && !memcmp(bytes, "\x89PNG", 4)) {
        TRY(png_decode(path, bytes, size, image));
    } else if (size >= 2 && !memcmp(bytes, "\xff\xd8", 2)) {
        TRY(jpeg_decode(path, bytes, size, image));
    } else if (size >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7') {
        TRY(pnm_decode(path, bytes, size, image));
    } else {
        FAIL(SAAE_INPUT, "'%s': neither PNG nor JPEG, PGM or PPM by its first bytes", path);
    }
done:
    free(bytes);
    return status;
}

bool picture_has_name(const char *name)
{
    static const char *const extensions[] = {"png", "jpg", "jpeg", "pgm", "ppm", "pnm"};
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        if (file_has_extension(name, extensions[i])) return true;
    }
    return false;
}

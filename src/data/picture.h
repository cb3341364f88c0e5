/* A picture file of any kind that is read: PNG, JPEG, PGM, PPM. */
#ifndef SAAE_DATA_PICTURE_H
#define SAAE_DATA_PICTURE_H

#include <stdbool.h>

#include "data/image.h"

/* The kind follows from the first bytes, not from the name. SAAE_INPUT: missing, damaged, too
 * large, of no known kind; the message names the file. */
int picture_read(const char *path, struct image *image);

/* Does the name end in .png .jpg .jpeg .pgm .ppm .pnm, in any case? */
bool picture_has_name(const char *name);

#endif

/* NumPy's .npy, version 1.0 (numpy.lib.format), for float32 in C order. */
#ifndef SAAE_DATA_NPY_H
#define SAAE_DATA_NPY_H

#include <stddef.h>

enum { NPY_MAX_RANK = 8 };

/* `count` floats in row-major order; rank 0 is a scalar. */
struct npy {
    int rank;
    size_t shape[NPY_MAX_RANK];
    size_t count;
    float *data;
};

/* Writes it whole or not at all. SAAE_MEMORY: the shape's size overflows; SAAE_IO. */
int npy_write(const char *path, int rank, const size_t *shape, const float *data);

/* SAAE_INPUT: missing, damaged, cut short, another version, element type or order; the message
 * names the file and the offset. */
int npy_read(const char *path, struct npy *npy);

/* Releases the data and leaves it empty. */
void npy_free(struct npy *npy);

#endif

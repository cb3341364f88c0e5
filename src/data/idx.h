/* IDX, the format of MNIST and its successors (http://yann.lecun.com/exdb/mnist): the bytes
 * 00 00 TT RR, RR big-endian 32-bit sizes, then the elements. TT is 08, unsigned bytes; other
 * types are refused. Plain or gzip, told apart by the first bytes. */
#ifndef SAAE_DATA_IDX_H
#define SAAE_DATA_IDX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDX_MAX_RANK = 4 };

/* data holds shape[0] * ... * shape[rank - 1] bytes, the last index running fastest. */
struct idx {
    int rank;
    uint32_t shape[IDX_MAX_RANK];
    uint8_t *data;
};

/* Reads a file that must have this rank (images N x H x W: 3, labels N: 1) and exactly the size
 * that its header says. SAAE_INPUT: missing, magic or type wrong, cut short, bytes behind the
 * data, sizes whose product overflows or that the file cannot hold, gzip data damaged; the message
 * names the file and the offset. */
int idx_read(const char *path, int rank, struct idx *idx);

/* Releases the data and leaves it empty. */
void idx_free(struct idx *idx);

/* Finds {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] in the folder, a dot in place of the
 * dash before "idx" allowed: *path (released with free()), or NULL if there is none.
 * `set` is "train" or "t10k", `kind` "images" or "labels". SAAE_MEMORY. */
int idx_find(const char *folder, const char *set, const char *kind, char **path);

/* Reads both files of a set: images N x H x W and as many labels, N, H and W at least 1.
 * SAAE_INPUT also where a file is missing or the counts differ. */
int idx_read_set(const char *folder, const char *set, struct idx *images, struct idx *labels);

/* Writes a plain file, whole or not at all. SAAE_IO. */
int idx_write(const char *path, int rank, const uint32_t *shape, const uint8_t *data);

#endif

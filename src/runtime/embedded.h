/* The kernel sources that the build put into the program (tools/embed.c): every cl/<name>. */
#ifndef SAAE_RUNTIME_EMBEDDED_H
#define SAAE_RUNTIME_EMBEDDED_H

struct embedded_kernel {
    const char *name; /* the file's name without its folder: "conv2d.cl", "common.clh" */
    const char *text; /* the whole file, ending in a zero byte */
};

/* Sorted by name in byte order; the entry behind the last one holds NULLs. */
extern const struct embedded_kernel embedded_kernels[];
extern const int embedded_kernel_count;

#endif

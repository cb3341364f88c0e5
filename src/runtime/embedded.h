/* The kernel sources inside the binary, made from cl/ at build by tools/embed.c. */
#ifndef SAAE_RUNTIME_EMBEDDED_H
#define SAAE_RUNTIME_EMBEDDED_H

struct embedded_kernel {
    const char *name; /* "conv2d.cl", "common.clh" */
    const char *text;
};

extern const struct embedded_kernel embedded_kernels[];
extern const int embedded_kernel_count;

#endif

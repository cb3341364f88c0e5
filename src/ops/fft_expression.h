/* Arithmetic as data: the straight line of additions and multiplications that a transform of a
 * fixed length comes down to. Made once by the transforms of fft_codelet.c, then printed as OpenCL
 * C or evaluated in double.
 *
 * A value is factor * node. Factors are put off for as long as possible: a sum of two values is
 * factor * (a + c * b), one fused multiplication and addition instead of two multiplications and an
 * addition, and a change of sign costs nothing. Equal nodes exist once, so that what two outputs
 * have in common is computed once; zeros vanish; nodes that no output needs are not printed. */
#ifndef SAAE_OPS_FFT_EXPRESSION_H
#define SAAE_OPS_FFT_EXPRESSION_H

#include <stdbool.h>

enum {
    FFT_MOST_LENGTH = 48,                  /* of a transform */
    FFT_MOST_VALUES = 2 * FFT_MOST_LENGTH, /* inputs or outputs of a codelet */
    FFT_MOST_NODES = 4096,
};

struct fft_value {
    double factor;
    int node; /* -1: the value is 0 */
};

struct fft_node {
    enum { FFT_INPUT, FFT_ADD, FFT_SUBTRACT, FFT_MULTIPLY_ADD } kind;
    int a, b;      /* nodes; the number of an input */
    double factor; /* FFT_MULTIPLY_ADD: a + factor * b */
};

struct fft_expressions {
    struct fft_node nodes[FFT_MOST_NODES]; /* each behind those that it is made of */
    int next[FFT_MOST_NODES];              /* of equal hash, -1: the last */
    int first[1024];                       /* by hash, -1: none */
    int count;
};

void fft_expressions_clear(struct fft_expressions *e);

extern const struct fft_value fft_zero;
struct fft_value fft_input(struct fft_expressions *e, int number);
struct fft_value fft_add(struct fft_expressions *e, struct fft_value x, struct fft_value y);
struct fft_value fft_subtract(struct fft_expressions *e, struct fft_value x, struct fft_value y);
struct fft_value fft_scale(struct fft_value x, double factor);

/* needed[node]: does one of the values depend on it? */
void fft_mark_needed(const struct fft_expressions *e, const struct fft_value *values, int count,
                     bool needed[FFT_MOST_NODES]);

/* Additions, and multiplications with or without an addition, behind the values. */
int fft_count_operations(const struct fft_expressions *e, const struct fft_value *values,
                         int count);

/* The values for these inputs. */
void fft_evaluate(const struct fft_expressions *e, const struct fft_value *values, int count,
                  const double *inputs, double *results);

#endif

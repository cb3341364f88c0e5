/* Linear correlation of paired numbers.
 *
 *     r(x, y) = sum (x_i - mean x)(y_i - mean y) / sqrt(sum (x_i - mean x)^2 sum (y_i - mean y)^2)
 *
 * (Pearson 1895), the means taken first and in double. Within groups, x_i and y_i are replaced by
 * their differences from the means of the group of i: what a group as a whole explains is removed,
 * and what is left says how y follows x from one member of a group to another. */
#ifndef SAAE_EVAL_CORRELATION_H
#define SAAE_EVAL_CORRELATION_H

#include <stddef.h>
#include <stdint.h>

/* In -1 .. 1; NAN where x or y does not vary (or n < 2). */
double correlation(const double *x, const double *y, size_t n);

/* group[i] in 0 .. groups - 1. SAAE_MEMORY. *r as above. */
int correlation_within(const double *x, const double *y, const int32_t *group, int groups, size_t n,
                       double *r);

/* values[i] -= the mean of its group. SAAE_MEMORY. */
int correlation_remove_means(double *values, const int32_t *group, int groups, size_t n);

#endif

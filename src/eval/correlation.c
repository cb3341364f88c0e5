#include "eval/correlation.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/status.h"

/* Deviations below this share of the values' size are rounding: such values do not vary. */
static const double SMALLEST_SHARE = 1e-12;

double correlation(const double *x, const double *y, size_t n)
{
    double mean_x = 0.0, mean_y = 0.0, size_x = 0.0, size_y = 0.0;
    double xx = 0.0, yy = 0.0, xy = 0.0;
    for (size_t i = 0; i < n; i++) {
        mean_x += x[i] / (double)n;
        mean_y += y[i] / (double)n;
        size_x = fmax(size_x, fabs(x[i]));
        size_y = fmax(size_y, fabs(y[i]));
    }
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - mean_x, dy = y[i] - mean_y;
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    bool varies = sqrt(xx / (double)n) > SMALLEST_SHARE * size_x &&
                  sqrt(yy / (double)n) > SMALLEST_SHARE * size_y;
    return n > 1 && varies ? xy / (sqrt(xx) * sqrt(yy)) : (double)NAN;
}

int correlation_remove_means(double *values, const int32_t *group, int groups, size_t n)
{
    int status = SAAE_OK;
    double *sum = NULL;
    size_t *members = NULL;
    TRY(memory_allocate(&sum, (size_t)groups, sizeof *sum));
    TRY(memory_allocate(&members, (size_t)groups, sizeof *members));
    for (size_t i = 0; i < n; i++) {
        sum[group[i]] += values[i];
        members[group[i]]++;
    }
    for (size_t i = 0; i < n; i++) values[i] -= sum[group[i]] / (double)members[group[i]];
done:
    free(sum);
    free(members);
    return status;
}

int correlation_within(const double *x, const double *y, const int32_t *group, int groups, size_t n,
                       double *r)
{
    int status = SAAE_OK;
    double *a = NULL, *b = NULL, size_x = 0.0, size_y = 0.0, left_x = 0.0, left_y = 0.0;
    *r = (double)NAN;
    TRY(memory_allocate(&a, n, sizeof *a));
    TRY(memory_allocate(&b, n, sizeof *b));
    for (size_t i = 0; i < n; i++) {
        a[i] = x[i];
        b[i] = y[i];
        size_x = fmax(size_x, fabs(x[i]));
        size_y = fmax(size_y, fabs(y[i]));
    }
    TRY(correlation_remove_means(a, group, groups, n));
    TRY(correlation_remove_means(b, group, groups, n));
    for (size_t i = 0; i < n; i++) {
        left_x = fmax(left_x, fabs(a[i]));
        left_y = fmax(left_y, fabs(b[i]));
    }
    /* Where groups explain everything, only rounding is left, which must not count as variation. */
    if (left_x > SMALLEST_SHARE * size_x && left_y > SMALLEST_SHARE * size_y) {
        *r = correlation(a, b, n);
    }
done:
    free(a);
    free(b);
    return status;
}

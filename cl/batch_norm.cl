/* Batch normalisation, with the leaky ReLU that follows it (slope 1: none).
 *
 * Layout: x, y, dx, dy [parts * rows][columns] at x[r * columns + c], columns = channels; mean, var,
 * gamma, beta and their gradients [columns]; weights [parts].
 * Groups: the rows of each part are cut into `pieces` groups, so that a group lies in one part. A part
 * is a picture, rows = H * W, or without weights all of them, rows = N * H * W.
 * Grids: column loops, but for the last stages of sums (said there).
 * Reference: src/reference/batch_norm.c.
 * Precision: float. The variance is summed from differences to a mean, and x - mean is formed
 * before anything multiplies it: a large mean costs no digits. */
#include "batch_norm.clh"

/* The first row of a group, and how many it has. */
size_t group_first(int group, int pieces, long rows, int rows_per_group)
{
    return (size_t)(group / pieces) * (size_t)rows + (size_t)(group % pieces) * rows_per_group;
}

int group_rows(int group, int pieces, long rows, int rows_per_group)
{
    return (int)min((long)rows_per_group, rows - (long)(group % pieces) * rows_per_group);
}

/* For each group: partial[g][0][c] = middle, about the mean of the group's rows, partial[g][1][c] =
 * sum of x - middle, partial[g][2][c] = sum of (x - middle)^2. The second loop finds the rows in a
 * cache. The middle is rounded; the sum of what remains makes up for that. */
__kernel void batch_norm_moments(const __global float *restrict x, __global float *restrict partial,
                                 long rows, int columns, int blocks, int rows_per_group, int pieces,
                                 int groups)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const int count = group_rows(group, pieces, rows, rows_per_group);
    x += group_first(group, pieces, rows, rows_per_group) * (size_t)columns + (size_t)column;
    VECTOR middle[NC], rest[NC], squares[NC];
    for (int j = 0; j < NC; j++) middle[j] = rest[j] = squares[j] = SPLAT(0.0f);
    const __global float *row = x;
    for (int r = 0; r < count; r++, row += columns) {
        for (int j = 0; j < NC; j++) middle[j] += VLOAD_ALIGNED(row + j * VW);
    }
    for (int j = 0; j < NC; j++) middle[j] /= (float)count;
    row = x;
    for (int r = 0; r < count; r++, row += columns) {
        for (int j = 0; j < NC; j++) {
            const VECTOR difference = VLOAD_ALIGNED(row + j * VW) - middle[j];
            rest[j] += difference;
            squares[j] += difference * difference;
        }
    }
    partial += (size_t)group * 3 * (size_t)columns + (size_t)column;
    for (int j = 0; j < NC; j++, partial += VW) {
        VSTORE_ALIGNED(middle[j], partial);
        VSTORE_ALIGNED(rest[j], partial + columns);
        VSTORE_ALIGNED(squares[j], partial + 2 * columns);
    }
}

/* Second stage: mean and var from the groups' moments (Chan, Golub and LeVeque 1979): with the
 * group's n rows at a distance shift = middle - mean,
 *     sum (x - mean)^2 = sum (x - middle)^2 + 2 shift sum (x - middle) + n shift^2.
 * A group counts as often as its part's weight says. Grid: columns / VW groups of LS. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void batch_norm_merge(const __global float *restrict partial, const __global float *restrict weights,
                      __global float *restrict mean, __global float *restrict var, long rows,
                      int columns, int rows_per_group, int pieces, int groups, int weighted)
{
    __local VECTOR scratch[LS];
    const size_t c = get_group_id(0) * VW, pitch = 3 * (size_t)columns;
    const VECTOR origin = VLOAD_ALIGNED(partial + c); /* the sum is small from there */
    VECTOR total = SPLAT(0.0f), sum = SPLAT(0.0f), lost = SPLAT(0.0f);
    for (int g = get_local_id(0); g < groups; g += LS) {
        const __global float *moments = partial + (size_t)g * pitch + c;
        const float weight = weighted ? weights[g / pieces] : 1.0f;
        const float n = weight * (float)group_rows(g, pieces, rows, rows_per_group);
        const VECTOR shift = VLOAD_ALIGNED(moments) - origin;
        total += n;
        add_compensated(&sum, &lost, weight * VLOAD_ALIGNED(moments + columns) + n * shift);
    }
    total = group_sum(total, scratch);
    const VECTOR middle = origin + group_sum(sum, scratch) / total;
    sum = lost = SPLAT(0.0f);
    for (int g = get_local_id(0); g < groups; g += LS) {
        const __global float *moments = partial + (size_t)g * pitch + c;
        const float weight = weighted ? weights[g / pieces] : 1.0f;
        const float n = (float)group_rows(g, pieces, rows, rows_per_group);
        const VECTOR shift = VLOAD_ALIGNED(moments) - middle;
        const VECTOR across = shift * (2.0f * VLOAD_ALIGNED(moments + columns) + n * shift);
        add_compensated(&sum, &lost, weight * (VLOAD_ALIGNED(moments + 2 * columns) + across));
    }
    sum = group_sum(sum, scratch);
    if (get_local_id(0) != 0) return;
    VSTORE_ALIGNED(middle, mean + c);
    VSTORE_ALIGNED(sum / total, var + c);
}

/* The members of struct batch_norm for each channel, as a table [members][columns]: the first three,
 * and with sums [2][columns] of backward_sums the others. By the expressions of the kernels below,
 * in the same vectors: whoever reads the table finds the same side of every kink.
 * Grid: a column loop with one group. */
__kernel void batch_norm_constants(const __global float *restrict mean,
                                   const __global float *restrict var,
                                   const __global float *restrict gamma,
                                   const __global float *restrict beta,
                                   const __global float *restrict sums, __global float *restrict table,
                                   int columns, int blocks, float eps, int backward)
{
    if (column_group(blocks) > 0) return;
    for (int j = 0; j < NC; j++) {
        const int c = column_first(blocks) + j * VW;
        const VECTOR inverse = rsqrt(VLOAD_ALIGNED(var + c) + eps);
        VSTORE_ALIGNED(VLOAD_ALIGNED(mean + c), table + c);
        VSTORE_ALIGNED(VLOAD_ALIGNED(gamma + c) * inverse, table + columns + c);
        VSTORE_ALIGNED(VLOAD_ALIGNED(beta + c), table + 2 * columns + c);
        if (!backward) continue;
        VSTORE_ALIGNED(VLOAD_ALIGNED(sums + c) * inverse, table + 3 * columns + c);
        VSTORE_ALIGNED(VLOAD_ALIGNED(sums + columns + c), table + 4 * columns + c);
    }
}

/* streamed: the caches have no room for the result. */
void store_result(VECTOR value, __global float *p, int streamed)
{
    if (streamed)
        VSTORE_STREAMED(value, p);
    else
        VSTORE_ALIGNED(value, p);
}

/* y = leaky(z), z = gamma (x - mean) / sqrt(var + eps) + beta. x and y may be one buffer. */
__kernel void batch_norm_apply(const __global float *x, const __global float *restrict mean,
                               const __global float *restrict var,
                               const __global float *restrict gamma,
                               const __global float *restrict beta, __global float *y, long rows,
                               int columns, int blocks, int rows_per_group, int pieces, int groups,
                               float eps, float slope, int accumulate, int streamed)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const int count = group_rows(group, pieces, rows, rows_per_group);
    size_t at = group_first(group, pieces, rows, rows_per_group) * (size_t)columns + (size_t)column;
    struct batch_norm bn[NC];
    for (int j = 0; j < NC; j++) {
        const int c = column + j * VW;
        bn[j].middle = VLOAD_ALIGNED(mean + c);
        bn[j].factor = VLOAD_ALIGNED(gamma + c) * rsqrt(VLOAD_ALIGNED(var + c) + eps);
        bn[j].shift = VLOAD_ALIGNED(beta + c);
    }
    for (int r = 0; r < count; r++, at += (size_t)columns) {
        for (int j = 0; j < NC; j++) {
            const size_t i = at + (size_t)(j * VW);
            VECTOR value = batch_norm_value(bn[j], VLOAD_ALIGNED(x + i), slope);
            if (accumulate) value += VLOAD_ALIGNED(y + i);
            store_result(value, y + i, streamed);
        }
    }
}

/* partial[g][0][c] = sum of dz xhat, partial[g][1][c] = sum of dz over the rows of group g, with
 * xhat = (x - mean) / sqrt(var + eps) and dz = leaky'(z) dy. */
__kernel void batch_norm_backward_partials(
    const __global float *restrict x, const __global float *restrict mean,
    const __global float *restrict var, const __global float *restrict gamma,
    const __global float *restrict beta, const __global float *restrict dy,
    __global float *restrict partial, long rows, int columns, int blocks, int rows_per_group,
    int pieces, int groups, float eps, float slope)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const int count = group_rows(group, pieces, rows, rows_per_group);
    size_t at = group_first(group, pieces, rows, rows_per_group) * (size_t)columns + (size_t)column;
    VECTOR middle[NC], inverse[NC], factor[NC], shift[NC], sum[NC], product[NC];
    for (int j = 0; j < NC; j++) {
        const int c = column + j * VW;
        middle[j] = VLOAD_ALIGNED(mean + c);
        inverse[j] = rsqrt(VLOAD_ALIGNED(var + c) + eps);
        factor[j] = VLOAD_ALIGNED(gamma + c) * inverse[j];
        shift[j] = VLOAD_ALIGNED(beta + c);
        sum[j] = product[j] = SPLAT(0.0f);
    }
    for (int r = 0; r < count; r++, at += (size_t)columns) {
        for (int j = 0; j < NC; j++) {
            const size_t i = at + (size_t)(j * VW);
            const VECTOR difference = VLOAD_ALIGNED(x + i) - middle[j];
            const VECTOR z = before_activation(difference, factor[j], shift[j]);
            const VECTOR d = leaky(z, VLOAD_ALIGNED(dy + i), slope);
            sum[j] += d;
            product[j] += d * difference;
        }
    }
    __global float *out = partial + (size_t)group * 2 * (size_t)columns + (size_t)column;
    for (int j = 0; j < NC; j++) {
        VSTORE_ALIGNED(product[j] * inverse[j], out + j * VW);
        VSTORE_ALIGNED(sum[j], out + columns + j * VW);
    }
}

/* Second stage: the gradients of gamma and beta, which may be added to, and sums [2][columns] = the
 * same sums times `share`, with weights also divided by the sum of these.
 * Grid: columns / VW groups of LS. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void batch_norm_backward_sums(const __global float *restrict partial,
                              const __global float *restrict weights, __global float *restrict sums,
                              __global float *restrict dgamma, __global float *restrict dbeta,
                              int groups, int columns, int parts, float share, int weighted,
                              int accumulate_gamma, int accumulate_beta)
{
    __local VECTOR scratch[LS];
    const size_t c = get_group_id(0) * VW;
    VECTOR product = partials_sum(partial + c, 2 * columns, groups, scratch);
    VECTOR sum = partials_sum(partial + columns + c, 2 * columns, groups, scratch);
    if (get_local_id(0) != 0) return;
    if (weighted) {
        float total = 0.0f;
        for (int p = 0; p < parts; p++) total += weights[p];
        share /= total;
    }
    VSTORE_ALIGNED(share * product, sums + c);
    VSTORE_ALIGNED(share * sum, sums + columns + c);
    if (accumulate_gamma) product += VLOAD_ALIGNED(dgamma + c);
    if (accumulate_beta) sum += VLOAD_ALIGNED(dbeta + c);
    VSTORE_ALIGNED(product, dgamma + c);
    VSTORE_ALIGNED(sum, dbeta + c);
}

/* dx = gamma / sqrt(var + eps) (dz - weight (sums[1] + xhat sums[0])). dx may be the buffer of dy. */
__kernel void batch_norm_backward_data(
    const __global float *restrict x, const __global float *restrict mean,
    const __global float *restrict var, const __global float *restrict gamma,
    const __global float *restrict beta, const __global float *dy,
    const __global float *restrict weights, const __global float *restrict sums, __global float *dx,
    long rows, int columns, int blocks, int rows_per_group, int pieces, int groups, float eps,
    float slope, int weighted, int accumulate, int streamed)
{
    const int group = column_group(blocks);
    const int column = column_first(blocks);
    if (group >= groups) return;
    const int count = group_rows(group, pieces, rows, rows_per_group);
    size_t at = group_first(group, pieces, rows, rows_per_group) * (size_t)columns + (size_t)column;
    const float weight = weighted ? weights[group / pieces] : 1.0f;
    struct batch_norm bn[NC];
    for (int j = 0; j < NC; j++) {
        const int c = column + j * VW;
        const VECTOR inverse = rsqrt(VLOAD_ALIGNED(var + c) + eps);
        bn[j].middle = VLOAD_ALIGNED(mean + c);
        bn[j].factor = VLOAD_ALIGNED(gamma + c) * inverse;
        bn[j].shift = VLOAD_ALIGNED(beta + c);
        bn[j].product = weight * VLOAD_ALIGNED(sums + c) * inverse;
        bn[j].sum = weight * VLOAD_ALIGNED(sums + columns + c);
    }
    for (int r = 0; r < count; r++, at += (size_t)columns) {
        for (int j = 0; j < NC; j++) {
            const size_t i = at + (size_t)(j * VW);
            VECTOR value =
                batch_norm_gradient(bn[j], VLOAD_ALIGNED(x + i), VLOAD_ALIGNED(dy + i), slope);
            if (accumulate) value += VLOAD_ALIGNED(dx + i);
            store_result(value, dx + i, streamed);
        }
    }
}

/* Running statistics: running = keep running + momentum new; the variance enters times `unbiased`.
 * keep = 1 - momentum comes from the host, rounded once. Grid: a flat loop over the channels. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void batch_norm_update(const __global float *restrict mean, const __global float *restrict var,
                       __global float *restrict running_mean, __global float *restrict running_var,
                       long count, int chunk, float keep, float momentum, float unbiased)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const int n = flat_width(i, end);
        const VECTOR new_mean = load_first(mean + i, n), old_mean = load_first(running_mean + i, n);
        const VECTOR new_var = load_first(var + i, n), old_var = load_first(running_var + i, n);
        store_first(keep * old_mean + momentum * new_mean, running_mean + i, n);
        store_first(keep * old_var + momentum * (unbiased * new_var), running_var + i, n);
    }
}

/* Batch-norm behind a convolution with weights w [count / length][length], folded into both:
 * folded = w factor, bias = beta - mean factor, factor = gamma / sqrt(var + eps). length is that of
 * the vectors, the output channels.
 *
 * Grid: a flat loop over w; VW divides length. */
__kernel __attribute__((reqd_work_group_size(LS, 1, 1)))
void batch_norm_fold(const __global float *restrict w, const __global float *restrict mean,
                     const __global float *restrict var, const __global float *restrict gamma,
                     const __global float *restrict beta, __global float *restrict folded,
                     __global float *restrict bias, long count, int chunk, int length, float eps,
                     int accumulate_folded, int accumulate_bias)
{
    const size_t end = flat_end(count, chunk);
    for (size_t i = flat_begin(chunk); i < end; i += FLAT_STEP) {
        const size_t k = i % (size_t)length;
        const VECTOR factor = VLOAD_ALIGNED(gamma + k) * rsqrt(VLOAD_ALIGNED(var + k) + eps);
        VECTOR value = VLOAD_ALIGNED(w + i) * factor;
        if (accumulate_folded) value += VLOAD_ALIGNED(folded + i);
        VSTORE_ALIGNED(value, folded + i);
        if (i >= (size_t)length) continue;
        value = VLOAD_ALIGNED(beta + k) - VLOAD_ALIGNED(mean + k) * factor;
        if (accumulate_bias) value += VLOAD_ALIGNED(bias + k);
        VSTORE_ALIGNED(value, bias + k);
    }
}

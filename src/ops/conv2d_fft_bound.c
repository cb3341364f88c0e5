/* How far the results by Fourier transforms may be from the direct sum: conv2d_fft.h has the
 * derivation. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "ops/conv2d_fft.h"

/* Along one axis: where window w begins in the map and ends, with its border or without. */
static void window_range(const struct conv2d_fft_axis *axis, int w, int size, bool inner,
                         int *first, int *last)
{
    const int before = inner ? 0 : axis->before, read = inner ? axis->step : axis->last;
    *first = w * axis->step - before;
    *last = *first + read < size ? *first + read : size;
    if (*first < 0) *first = 0;
}

/* energy [windows][C]: the sum of squares of a channel in a window. */
static void sum_windows(const struct conv2d_fft_maps *maps, const double *x, double *energy)
{
    const struct conv2d_fft_axis ax = conv2d_fft_axis_x(maps), ay = conv2d_fft_axis_y(maps);
    const size_t C = (size_t)maps->C, row = C * (size_t)maps->W;
    for (int n = 0; n < maps->N; n++, x += row * (size_t)maps->H)
        for (int w = 0; w < ax.windows * ay.windows; w++, energy += C) {
            int left, right, top, bottom;
            window_range(&ax, w % ax.windows, maps->W, maps->inner, &left, &right);
            window_range(&ay, w / ax.windows, maps->H, maps->inner, &top, &bottom);
            for (size_t c = 0; c < C; c++) energy[c] = 0.0;
            for (int i = top; i < bottom; i++)
                for (int j = left; j < right; j++)
                    for (size_t c = 0; c < C; c++) {
                        const double value = x[(size_t)i * row + (size_t)j * C + c];
                        energy[c] += value * value;
                    }
        }
}

/* energy [channels of the first input][K]: the sums of squares of filters [taps][C][K], which
 * backward_data reads as [taps][K][C]. */
static void sum_taps(const double *w, int taps, size_t inputs, size_t outputs, bool flip,
                     double *energy)
{
    for (size_t f = 0; f < inputs * outputs; f++) energy[f] = 0.0;
    for (int tap = 0; tap < taps; tap++)
        for (size_t c = 0; c < inputs; c++)
            for (size_t k = 0; k < outputs; k++) {
                const double value = *(flip ? w + k * inputs + c : w + c * outputs + k);
                energy[c * outputs + k] += value * value;
                if (c + 1 == inputs && k + 1 == outputs) w += inputs * outputs;
            }
}

/* Elements of window w, all channels: out[k] = sqrt(sum over c of x[c] w[c][k] / F). */
static void spread_window(const struct conv2d_fft_maps *out, int window, const double *values,
                          double *scale)
{
    const struct conv2d_fft_axis ax = conv2d_fft_axis_x(out), ay = conv2d_fft_axis_y(out);
    const int across = ax.windows, maps = across * ay.windows, w = window % maps;
    const size_t C = (size_t)out->C, row = C * (size_t)out->W;
    int left, right, top, bottom;
    window_range(&ax, w % across, out->W, true, &left, &right);
    window_range(&ay, w / across, out->H, true, &top, &bottom);
    scale += (size_t)(window / maps) * row * (size_t)out->H;
    for (int i = top; i < bottom; i++)
        for (int j = left; j < right; j++)
            for (size_t k = 0; k < C; k++) scale[(size_t)i * row + (size_t)j * C + k] = values[k];
}

int conv2d_fft_bound(const struct op_call *call, const void *const *in, double *scale,
                     double *reduction)
{
    int status = SAAE_OK;
    const bool weights = call->kind == OP_conv2d_backward_weights;
    const struct device_traits any = {.vector_width = 1};
    const struct conv2d_fft_maps first = conv2d_fft_maps_of(call, 0, &any);
    const struct conv2d_fft_maps other = conv2d_fft_maps_of(call, weights ? 1 : -1, &any);
    const size_t C = (size_t)first.C, K = (size_t)other.C;
    const size_t windows = (size_t)conv2d_fft_windows(&first);
    const double F = (double)conv2d_fft_axis_x(&first).length * conv2d_fft_axis_y(&first).length;
    double *left = NULL, *right = NULL, *values = NULL;
    TRY(memory_allocate(&left, windows * C, sizeof(double)));
    TRY(memory_allocate(&right, (weights ? windows : C) * K, sizeof(double)));
    TRY(memory_allocate(&values, weights ? C * K : K, sizeof(double)));
    sum_windows(&first, in[0], left);
    if (weights) {
        sum_windows(&other, in[1], right);
        for (size_t w = 0; w < windows; w++)
            for (size_t c = 0; c < C; c++)
                for (size_t k = 0; k < K; k++)
                    values[c * K + k] += left[w * C + c] * right[w * K + k] / F;
        for (size_t i = 0; i < shape_count(call->out[0].shape); i++)
            scale[i] = sqrt(values[i % (C * K)]);
    } else {
        sum_taps(in[1], first.R * first.S, C, K, call->kind == OP_conv2d_backward_data, right);
        for (size_t w = 0; w < windows; w++) {
            for (size_t k = 0; k < K; k++) {
                double sum = 0.0;
                for (size_t c = 0; c < C; c++) sum += left[w * C + c] * right[c * K + k];
                values[k] = sqrt(sum / F);
            }
            spread_window(&other, (int)w, values, scale);
        }
    }
    conv2d_finish_bound(call, in, scale);
    *reduction = (weights ? (double)windows : (double)first.C) + 3.0 * 2.0 * log2(F);
done:
    free(left);
    free(right);
    free(values);
    return status;
}

#include "ops/fft_transform.h"

#include <math.h>

static const double two_pi = 6.283185307179586476925287;

/* ---- Complex arithmetic ---- */

struct fft_complex fft_complex_add(struct fft_expressions *e, struct fft_complex x,
                                   struct fft_complex y)
{
    return (struct fft_complex){fft_add(e, x.re, y.re), fft_add(e, x.im, y.im)};
}

struct fft_complex fft_complex_scale(struct fft_complex x, double factor)
{
    return (struct fft_complex){fft_scale(x.re, factor), fft_scale(x.im, factor)};
}

struct fft_complex fft_complex_subtract(struct fft_expressions *e, struct fft_complex x,
                                        struct fft_complex y)
{
    return fft_complex_add(e, x, fft_complex_scale(y, -1.0));
}

struct fft_complex fft_complex_conjugate(struct fft_complex x)
{
    return (struct fft_complex){x.re, fft_scale(x.im, -1.0)};
}

/* i x */
static struct fft_complex quarter_turn(struct fft_complex x)
{
    return (struct fft_complex){fft_scale(x.im, -1.0), x.re};
}

/* exp(2 pi i turns) x */
static struct fft_complex rotate(struct fft_expressions *e, struct fft_complex x, double turns)
{
    const double c = cos(two_pi * turns), s = sin(two_pi * turns);
    return (struct fft_complex){fft_subtract(e, fft_scale(x.re, c), fft_scale(x.im, s)),
                                fft_add(e, fft_scale(x.re, s), fft_scale(x.im, c))};
}

/* ---- Complex transforms ---- */

static int smallest_radix(int n)
{
    return n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : n % 3 == 0 ? 3 : 5;
}

/* n odd: from sums and differences of x[j] and x[n - j]. */
static void transform_odd(struct fft_expressions *e, const struct fft_complex *x, int n, int sign,
                          struct fft_complex *out)
{
    out[0] = x[0];
    for (int k = 1; k <= n / 2; k++) {
        struct fft_complex even = x[0], odd = {fft_zero, fft_zero};
        for (int j = 1; j <= n / 2; j++) {
            const double angle = two_pi * j * k / n;
            even = fft_complex_add(
                e, even, fft_complex_scale(fft_complex_add(e, x[j], x[n - j]), cos(angle)));
            odd = fft_complex_add(
                e, odd,
                fft_complex_scale(fft_complex_subtract(e, x[j], x[n - j]), sign * sin(angle)));
        }
        odd = quarter_turn(odd);
        out[k] = fft_complex_add(e, even, odd);
        out[n - k] = fft_complex_subtract(e, even, odd);
        out[0] = fft_complex_add(e, out[0], fft_complex_add(e, x[k], x[n - k]));
    }
}

void fft_transform(struct fft_expressions *e, const struct fft_complex *x, int step, int n,
                   int sign, struct fft_complex *out)
{
    struct fft_complex part[5][FFT_MOST_LENGTH / 2], in[5] = {{{0}}}, some[5] = {{{0}}};
    const int radix = smallest_radix(n), m = n / radix;
    if (n == 1) {
        out[0] = x[0];
    } else if (n == 2) {
        out[0] = fft_complex_add(e, x[0], x[step]);
        out[1] = fft_complex_subtract(e, x[0], x[step]);
    } else if (n == 4) {
        const struct fft_complex a = fft_complex_add(e, x[0], x[2 * step]);
        const struct fft_complex b = fft_complex_subtract(e, x[0], x[2 * step]);
        const struct fft_complex c = fft_complex_add(e, x[step], x[3 * step]);
        const struct fft_complex d =
            fft_complex_scale(quarter_turn(fft_complex_subtract(e, x[step], x[3 * step])), sign);
        out[0] = fft_complex_add(e, a, c);
        out[1] = fft_complex_add(e, b, d);
        out[2] = fft_complex_subtract(e, a, c);
        out[3] = fft_complex_subtract(e, b, d);
    } else if (m == 1) {
        for (int j = 0; j < n; j++) in[j] = x[j * step];
        transform_odd(e, in, n, sign, out);
    } else {
        for (int q = 0; q < radix; q++)
            fft_transform(e, x + q * step, step * radix, m, sign, part[q]);
        for (int k = 0; k < m; k++) {
            for (int q = 0; q < radix; q++)
                in[q] = rotate(e, part[q][k], (double)(sign * q * k) / n);
            fft_transform(e, in, 1, radix, sign, some);
            for (int p = 0; p < radix; p++) out[k + m * p] = some[p];
        }
    }
}

/* ---- Real transforms: less work than the same over complex numbers ---- */

/* out[k] for k = 0 .. n/2 has its value from here, by symmetry where k is above n/2. */
static void put(struct fft_complex *out, int n, int k, struct fft_complex value)
{
    k %= n;
    if (k <= n / 2) {
        out[k] = value;
    } else {
        out[n - k] = fft_complex_conjugate(value);
    }
}

/* n = 2 m with m odd: the two halves added, and subtracted with alternating signs. */
static void transform_real_halves(struct fft_expressions *e, const struct fft_value *x, int n,
                                  struct fft_complex *out)
{
    const int m = n / 2;
    struct fft_value sum[FFT_MOST_LENGTH / 2] = {{0}}, difference[FFT_MOST_LENGTH / 2] = {{0}};
    struct fft_complex part[FFT_MOST_LENGTH / 2] = {{{0}}};
    for (int j = 0; j < m; j++) {
        sum[j] = fft_add(e, x[j], x[j + m]);
        difference[j] = fft_scale(fft_subtract(e, x[j], x[j + m]), j % 2 ? -1.0 : 1.0);
    }
    fft_transform_real(e, sum, m, part);
    for (int k = 0; k <= m / 2; k++) put(out, n, 2 * k, part[k]);
    fft_transform_real(e, difference, m, part);
    for (int k = 0; k <= m / 2; k++) put(out, n, 2 * k + m, part[k]);
}

/* n = 4 m: X[4k] and X[4k + 2] from real quarters, X[4k + 1] from a complex one. */
static void transform_real_quarters(struct fft_expressions *e, const struct fft_value *x, int n,
                                    struct fft_complex *out)
{
    const int m = n / 4;
    struct fft_value zero[FFT_MOST_LENGTH / 4] = {{0}}, two[FFT_MOST_LENGTH / 4] = {{0}};
    struct fft_complex one[FFT_MOST_LENGTH / 4] = {{{0}}}, part[FFT_MOST_LENGTH / 4] = {{{0}}};
    for (int j = 0; j < m; j++) {
        const struct fft_value *y = x + j;
        const struct fft_value even = fft_add(e, y[0], y[2 * m]);
        const struct fft_value odd = fft_add(e, y[m], y[3 * m]);
        zero[j] = fft_add(e, even, odd);
        two[j] = fft_subtract(e, even, odd);
        const struct fft_complex difference = {fft_subtract(e, y[0], y[2 * m]),
                                               fft_subtract(e, y[3 * m], y[m])};
        one[j] = rotate(e, difference, -(double)j / n);
    }
    fft_transform_real(e, zero, m, part);
    for (int k = 0; k <= m / 2; k++) put(out, n, 4 * k, part[k]);
    fft_transform(e, one, 1, m, -1, part);
    for (int k = 0; k < m; k++) put(out, n, 4 * k + 1, part[k]);
    if (m % 2 != 0) {
        for (int j = 1; j < m; j += 2) two[j] = fft_scale(two[j], -1.0);
        fft_transform_real(e, two, m, part);
        for (int k = 0; k <= m / 2; k++) put(out, n, 2 * (2 * k + m), part[k]);
        return;
    }
    for (int j = 0; j < m / 2; j++) {
        const struct fft_complex z = {two[j], fft_scale(two[j + m / 2], -1.0)};
        one[j] = rotate(e, z, -2.0 * j / n);
    }
    fft_transform(e, one, 1, m / 2, -1, part);
    for (int k = 0; k < m / 2; k++) put(out, n, 8 * k + 2, part[k]);
}

void fft_transform_real(struct fft_expressions *e, const struct fft_value *x, int n,
                        struct fft_complex *out)
{
    if (n % 4 == 0) {
        transform_real_quarters(e, x, n, out);
    } else if (n % 2 == 0 && n > 2) {
        transform_real_halves(e, x, n, out);
    } else {
        struct fft_complex in[FFT_MOST_LENGTH] = {{{0}}}, all[FFT_MOST_LENGTH] = {{{0}}};
        for (int j = 0; j < n; j++) in[j] = (struct fft_complex){x[j], fft_zero};
        fft_transform(e, in, 1, n, -1, all);
        for (int k = 0; k <= n / 2; k++) out[k] = all[k];
    }
}

/* X[k] of a conjugate symmetric spectrum of which X[0 .. n/2] are given. */
static struct fft_complex get(const struct fft_complex *X, int n, int k)
{
    k %= n;
    return k <= n / 2 ? X[k] : fft_complex_conjugate(X[n - k]);
}

/* n odd or 2. */
static void inverse_real_odd(struct fft_expressions *e, const struct fft_complex *X, int n,
                             struct fft_value *out)
{
    if (n % 3 == 0 &&
        n > 3) { /* three thirds: X[3k] is symmetric, X[3k + 2] the mirror of X[3k + 1] */
        const int m = n / 3;
        struct fft_complex part[FFT_MOST_LENGTH / 3] = {{{0}}}, one[FFT_MOST_LENGTH / 3] = {{{0}}};
        struct fft_value zero[FFT_MOST_LENGTH / 3] = {{0}};
        for (int k = 0; k <= m / 2; k++) part[k] = get(X, n, 3 * k);
        fft_inverse_real(e, part, m, zero);
        for (int k = 0; k < m; k++) part[k] = get(X, n, 3 * k + 1);
        fft_transform(e, part, 1, m, 1, one);
        for (int j = 0; j < n; j++) {
            const int third = j / m;
            const struct fft_complex z =
                rotate(e, rotate(e, one[j % m], (double)(j % m) / n), third / 3.0);
            out[j] = fft_add(e, zero[j % m], fft_scale(z.re, 2.0));
        }
        return;
    }
    for (int j = 0; j <= n / 2; j++) {
        struct fft_value even = X[0].re, odd = fft_zero;
        if (n % 2 == 0) even = fft_add(e, even, fft_scale(X[n / 2].re, j % 2 ? -1.0 : 1.0));
        for (int k = 1; 2 * k < n; k++) {
            const double angle = two_pi * j * k / n;
            even = fft_add(e, even, fft_scale(X[k].re, 2.0 * cos(angle)));
            odd = fft_add(e, odd, fft_scale(X[k].im, -2.0 * sin(angle)));
        }
        out[j] = fft_add(e, even, odd);
        if (j > 0) out[n - j] = fft_subtract(e, even, odd);
    }
}

/* n = 2 m with m odd. */
static void inverse_real_halves(struct fft_expressions *e, const struct fft_complex *X, int n,
                                struct fft_value *out)
{
    const int m = n / 2;
    struct fft_complex part[FFT_MOST_LENGTH / 2] = {{{0}}};
    struct fft_value a[FFT_MOST_LENGTH / 2] = {{0}}, b[FFT_MOST_LENGTH / 2] = {{0}};
    for (int k = 0; k <= m / 2; k++) part[k] = get(X, n, 2 * k);
    fft_inverse_real(e, part, m, a);
    for (int k = 0; k <= m / 2; k++) part[k] = get(X, n, 2 * k + m);
    fft_inverse_real(e, part, m, b);
    for (int j = 0; j < m; j++) {
        const struct fft_value odd = fft_scale(b[j], j % 2 ? -1.0 : 1.0);
        out[j] = fft_add(e, a[j], odd);
        out[j + m] = fft_subtract(e, a[j], odd);
    }
}

/* two[j] of X[4k + 2], k = 0 .. m - 1, n = 4 m. */
static void inverse_real_twos(struct fft_expressions *e, const struct fft_complex *X, int n,
                              struct fft_value *two)
{
    const int m = n / 4;
    struct fft_complex part[FFT_MOST_LENGTH / 4] = {{{0}}}, z[FFT_MOST_LENGTH / 4] = {{{0}}};
    if (m % 2 != 0) {
        for (int k = 0; k <= m / 2; k++) part[k] = get(X, n, 2 * (2 * k + m));
        fft_inverse_real(e, part, m, two);
        for (int j = 1; j < m; j += 2) two[j] = fft_scale(two[j], -1.0);
        return;
    }
    for (int k = 0; k < m / 2; k++) part[k] = get(X, n, 8 * k + 2);
    fft_transform(e, part, 1, m / 2, 1, z);
    for (int j = 0; j < m / 2; j++) {
        const struct fft_complex turned = rotate(e, z[j], 2.0 * j / n);
        two[j] = fft_scale(turned.re, 2.0);
        two[j + m / 2] = fft_scale(turned.im, -2.0);
    }
}

/* n = 4 m. */
static void inverse_real_quarters(struct fft_expressions *e, const struct fft_complex *X, int n,
                                  struct fft_value *out)
{
    const int m = n / 4;
    struct fft_complex part[FFT_MOST_LENGTH / 4] = {{{0}}}, one[FFT_MOST_LENGTH / 4] = {{{0}}};
    struct fft_value zero[FFT_MOST_LENGTH / 4] = {{0}}, two[FFT_MOST_LENGTH / 4] = {{0}};
    for (int k = 0; k <= m / 2; k++) part[k] = get(X, n, 4 * k);
    fft_inverse_real(e, part, m, zero);
    inverse_real_twos(e, X, n, two);
    for (int k = 0; k < m; k++) part[k] = get(X, n, 4 * k + 1);
    fft_transform(e, part, 1, m, 1, one);
    for (int j = 0; j < m; j++) {
        const struct fft_complex z = fft_complex_scale(rotate(e, one[j], (double)j / n), 2.0);
        const struct fft_value sum = fft_add(e, zero[j], two[j]);
        const struct fft_value difference = fft_subtract(e, zero[j], two[j]);
        out[j] = fft_add(e, sum, z.re);
        out[j + 2 * m] = fft_subtract(e, sum, z.re);
        out[j + m] = fft_subtract(e, difference, z.im);
        out[j + 3 * m] = fft_add(e, difference, z.im);
    }
}

void fft_inverse_real(struct fft_expressions *e, const struct fft_complex *X, int n,
                      struct fft_value *out)
{
    if (n % 4 == 0) {
        inverse_real_quarters(e, X, n, out);
    } else if (n % 2 == 0 && n > 2) {
        inverse_real_halves(e, X, n, out);
    } else {
        inverse_real_odd(e, X, n, out);
    }
}

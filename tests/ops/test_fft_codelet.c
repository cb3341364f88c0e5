/* Codelets against transforms by their definition, and the source that they are printed as. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/fft_codelet.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const int lengths[] = {4, 6, 8, 10, 12, 16, 18, 20, 24, 30, 32, 36, 40, 48};

typedef double complex spectrum[FFT_MOST_LENGTH];

/* out[k] = sum of in[j] exp(sign 2 pi i j k / n) */
static void transform(const double complex *in, int n, int sign, double complex *out)
{
    const double unit = 2.0 * acos(-1.0) / n;
    for (int k = 0; k < n; k++) {
        out[k] = 0.0;
        for (int j = 0; j < n; j++)
            out[k] += in[j] * cexp(sign * unit * ((j * k) % n) * (double complex)_Complex_I);
    }
}

static double complex pair(const double *values, int number)
{
    return values[2 * number] + values[2 * number + 1] * (double complex)_Complex_I;
}

static void put(double *values, int number, double complex value)
{
    values[2 * number] = creal(value);
    values[2 * number + 1] = cimag(value);
}

static void expect_forward(const struct fft_codelet *c, const double *in, double *out)
{
    const int n = c->length, half = n / 2;
    spectrum x = {0}, other = {0}, X = {0}, Y = {0};
    const bool packed = c->kind == FFT_COLUMN_FORWARD_PACKED;
    for (int j = c->first; j < c->last; j++) {
        const int i = j - c->first;
        x[j] = c->kind == FFT_ROW_FORWARD ? in[i] : packed ? in[2 * i] : pair(in, i);
        if (packed) other[j] = in[2 * i + 1];
    }
    transform(x, n, -1, X);
    transform(other, n, -1, Y);
    for (int k = 0; k < (c->kind == FFT_ROW_FORWARD ? half : n); k++) put(out, k, X[k]);
    if (c->kind == FFT_ROW_FORWARD) out[1] = creal(X[half]);
    if (!packed) return;
    for (int v = half + 1; v < n; v++) put(out, v, Y[n - v]);
    out[1] = creal(Y[0]);
    out[2 * half + 1] = creal(Y[half]);
}

/* The whole spectrum of a real column from the places that a packed one has for it. */
static void unpack(const double *in, int n, int which, double complex *X)
{
    X[0] = in[which];
    X[n / 2] = in[n + which];
    for (int v = 1; v < n / 2; v++) {
        X[v] = pair(in, which ? n - v : v);
        X[n - v] = conj(X[v]);
    }
}

static void expect_inverse(const struct fft_codelet *c, const double *in, double *out)
{
    const int n = c->length, half = n / 2;
    spectrum X = {0}, Y = {0}, x = {0}, y = {0};
    if (c->kind == FFT_COLUMN_INVERSE_PACKED) {
        unpack(in, n, 0, X);
        unpack(in, n, 1, Y);
    } else if (c->kind == FFT_COLUMN_INVERSE) {
        for (int k = 0; k < n; k++) X[k] = pair(in, k);
    } else {
        X[0] = in[0];
        X[half] = in[1];
        for (int k = 1; k < half; k++) {
            X[k] = pair(in, k);
            X[n - k] = conj(X[k]);
        }
    }
    transform(X, n, 1, x);
    transform(Y, n, 1, y);
    for (int j = c->first; j < c->last; j++) {
        const int i = j - c->first;
        if (c->kind == FFT_ROW_INVERSE) {
            out[i] = creal(x[j]);
        } else if (c->kind == FFT_COLUMN_INVERSE) {
            put(out, i, x[j]);
        } else {
            out[2 * i] = creal(x[j]);
            out[2 * i + 1] = creal(y[j]);
        }
    }
}

static void check(struct fft_codelet *c, enum fft_kind kind, int length, int first, int last)
{
    double in[FFT_MOST_VALUES] = {0}, out[FFT_MOST_VALUES] = {0}, expected[FFT_MOST_VALUES] = {0};
    const bool forward =
        kind == FFT_ROW_FORWARD || kind == FFT_COLUMN_FORWARD || kind == FFT_COLUMN_FORWARD_PACKED;
    fft_codelet_create(c, kind, length, first, last);
    for (int i = 0; i < c->inputs; i++) in[i] = sin(1.0 + 7.0 * i) + 0.1;
    fft_evaluate(&c->expressions, c->values, c->outputs, in, out);
    if (forward) {
        expect_forward(c, in, expected);
    } else {
        expect_inverse(c, in, expected);
    }
    for (int o = 0; o < c->outputs; o++) assert_near(out[o], expected[o], 1e-12);
}

static void test_codelets_are_transforms(void **state)
{
    (void)state;
    struct fft_codelet *codelet = malloc(sizeof *codelet);
    assert_non_null(codelet);
    for (size_t i = 0; i < COUNT(lengths); i++)
        for (int kind = 0; kind < FFT_KINDS; kind++) {
            const int n = lengths[i];
            check(codelet, (enum fft_kind)kind, n, 0, n);
            check(codelet, (enum fft_kind)kind, n, 0, n - 1);
            check(codelet, (enum fft_kind)kind, n, 0, 1);
            check(codelet, (enum fft_kind)kind, n, 2, n - 1);
        }
    free(codelet);
}

/* Operations as published for split radices: what a later change must not lose. */
static void test_codelets_are_short(void **state)
{
    (void)state;
    static const struct {
        enum fft_kind kind;
        int length, last, most;
    } cases[] = {
        {FFT_ROW_FORWARD, 32, 28, 148}, {FFT_COLUMN_FORWARD, 32, 28, 360},
        {FFT_ROW_INVERSE, 32, 28, 180}, {FFT_COLUMN_INVERSE, 32, 28, 368},
        {FFT_ROW_FORWARD, 16, 14, 54},  {FFT_COLUMN_FORWARD, 16, 14, 136},
        {FFT_ROW_FORWARD, 30, 28, 208}, {FFT_COLUMN_FORWARD, 30, 28, 424},
        {FFT_ROW_FORWARD, 4, 4, 6},
    };
    struct fft_codelet *codelet = malloc(sizeof *codelet);
    assert_non_null(codelet);
    for (size_t i = 0; i < COUNT(cases); i++) {
        fft_codelet_create(codelet, cases[i].kind, cases[i].length, 0, cases[i].last);
        assert_true(fft_count_operations(&codelet->expressions, codelet->values,
                                         codelet->outputs) <= cases[i].most);
    }
    free(codelet);
}

static void test_source_holds_what_the_options_say(void **state)
{
    (void)state;
    const struct fft_window window = {8, 0, 6, 12, 2, 10};
    char options[FFT_OPTIONS + 32] = "-DVW=4 ", of_window[FFT_OPTIONS], *text = NULL;
    fft_window_options(of_window, &window);
    strcat(options, of_window);
    assert_ok(fft_make_source(options, &text));
    assert_non_null(strstr(text, "SINES_X[8]"));
    assert_non_null(strstr(text, "COSINES_Y[12]"));
    assert_null(strstr(text, "void"));
    free(text);
    strcat(options, " -DFFT_CODELETS");
    assert_ok(fft_make_source(options, &text));
    assert_non_null(strstr(text, "void row_forward(struct source x, __local VECTOR *s)"));
    assert_non_null(strstr(text, "load_pixel(x, 5)"));
    assert_null(strstr(text, "load_pixel(x, 6)"));
    assert_non_null(strstr(text, "s[7 * ROW_PITCH + 1]"));
    assert_null(strstr(text, "s[8 * ROW_PITCH"));
    assert_non_null(strstr(text, "t[11 * slot + plane]"));
    assert_null(strstr(text, "nan"));
    free(text);
    assert_status(SAAE_DEVICE, fft_make_source("-DVW=4", &text));
    assert_message_contains("-DVW=4");
}

const struct CMUnitTest fft_codelet_tests[] = {
    cmocka_unit_test(test_codelets_are_transforms),
    cmocka_unit_test(test_codelets_are_short),
    cmocka_unit_test(test_source_holds_what_the_options_say),
};
const size_t fft_codelet_test_count = COUNT(fft_codelet_tests);

#include "ops/fft_codelet.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "ops/fft_transform.h"

/* ---- The six kinds ---- */

static struct fft_complex complex_input(struct fft_expressions *e, int number)
{
    return (struct fft_complex){fft_input(e, 2 * number), fft_input(e, 2 * number + 1)};
}

static void put_complex(struct fft_codelet *c, int number, struct fft_complex value)
{
    c->values[2 * number] = value.re;
    c->values[2 * number + 1] = value.im;
}

static void make_row_forward(struct fft_codelet *c)
{
    const int half = c->length / 2;
    struct fft_value x[FFT_MOST_LENGTH] = {{0}};
    struct fft_complex X[FFT_MOST_LENGTH] = {{{0}}};
    c->inputs = c->last - c->first;
    c->outputs = c->length;
    for (int j = 0; j < c->length; j++) {
        const bool exists = j >= c->first && j < c->last;
        x[j] = exists ? fft_input(&c->expressions, j - c->first) : fft_zero;
    }
    fft_transform_real(&c->expressions, x, c->length, X);
    c->values[0] = X[0].re;
    c->values[1] = X[half].re;
    for (int k = 1; k < half; k++) put_complex(c, k, X[k]);
}

static void make_row_inverse(struct fft_codelet *c)
{
    const int half = c->length / 2;
    struct fft_value x[FFT_MOST_LENGTH] = {{0}};
    struct fft_complex X[FFT_MOST_LENGTH] = {{{0}}};
    c->inputs = c->length;
    c->outputs = c->last - c->first;
    for (int k = 1; k < half; k++) X[k] = complex_input(&c->expressions, k);
    X[0] = (struct fft_complex){fft_input(&c->expressions, 0), fft_zero};
    X[half] = (struct fft_complex){fft_input(&c->expressions, 1), fft_zero};
    fft_inverse_real(&c->expressions, X, c->length, x);
    for (int j = 0; j < c->outputs; j++) c->values[j] = x[c->first + j];
}

/* Z[v] = A[v] + i B[v] and Z[n - v] = conj(A[v]) + i conj(B[v]). */
static void pack(struct fft_codelet *c, struct fft_complex *Z)
{
    struct fft_expressions *e = &c->expressions;
    for (int v = 1; v < c->length / 2; v++) {
        const struct fft_complex p = Z[v], q = fft_complex_conjugate(Z[c->length - v]);
        const struct fft_complex difference = fft_complex_subtract(e, p, q);
        Z[v] = fft_complex_scale(fft_complex_add(e, p, q), 0.5);
        Z[c->length - v].re = fft_scale(difference.im, 0.5);
        Z[c->length - v].im = fft_scale(difference.re, -0.5);
    }
}

static void unpack(struct fft_codelet *c, struct fft_complex *Z)
{
    struct fft_expressions *e = &c->expressions;
    for (int v = 1; v < c->length / 2; v++) {
        const struct fft_complex A = Z[v], B = Z[c->length - v];
        const struct fft_complex turned = {fft_scale(B.im, -1.0), B.re}; /* i B */
        Z[v] = fft_complex_add(e, A, turned);
        Z[c->length - v] = fft_complex_conjugate(fft_complex_subtract(e, A, turned));
    }
}

static void make_column_forward(struct fft_codelet *c)
{
    struct fft_complex x[FFT_MOST_LENGTH] = {{{0}}}, X[FFT_MOST_LENGTH] = {{{0}}};
    c->inputs = 2 * (c->last - c->first);
    c->outputs = 2 * c->length;
    for (int y = 0; y < c->length; y++) {
        const bool exists = y >= c->first && y < c->last;
        x[y] = exists ? complex_input(&c->expressions, y - c->first)
                      : (struct fft_complex){fft_zero, fft_zero};
    }
    fft_transform(&c->expressions, x, 1, c->length, -1, X);
    if (c->kind == FFT_COLUMN_FORWARD_PACKED) pack(c, X);
    for (int v = 0; v < c->length; v++) put_complex(c, v, X[v]);
}

static void make_column_inverse(struct fft_codelet *c)
{
    struct fft_complex x[FFT_MOST_LENGTH] = {{{0}}}, X[FFT_MOST_LENGTH] = {{{0}}};
    c->inputs = 2 * c->length;
    c->outputs = 2 * (c->last - c->first);
    for (int v = 0; v < c->length; v++) X[v] = complex_input(&c->expressions, v);
    if (c->kind == FFT_COLUMN_INVERSE_PACKED) unpack(c, X);
    fft_transform(&c->expressions, X, 1, c->length, 1, x);
    for (int y = c->first; y < c->last; y++) put_complex(c, y - c->first, x[y]);
}

void fft_codelet_create(struct fft_codelet *codelet, enum fft_kind kind, int length, int first,
                        int last)
{
    static void (*const make[FFT_KINDS])(struct fft_codelet *) = {
        [FFT_ROW_FORWARD] = make_row_forward,
        [FFT_COLUMN_FORWARD] = make_column_forward,
        [FFT_COLUMN_FORWARD_PACKED] = make_column_forward,
        [FFT_COLUMN_INVERSE] = make_column_inverse,
        [FFT_COLUMN_INVERSE_PACKED] = make_column_inverse,
        [FFT_ROW_INVERSE] = make_row_inverse,
    };
    assert(length >= 4 && length % 2 == 0 && length <= FFT_MOST_LENGTH);
    assert(first >= 0 && first < last && last <= length);
    codelet->kind = kind;
    codelet->length = length;
    codelet->first = first;
    codelet->last = last;
    fft_expressions_clear(&codelet->expressions);
    make[kind](codelet);
}

/* ---- Printing ---- */

/* Where the numbers of a codelet's inputs and outputs are, see the header. */
enum place { PIXELS, ROW, COLUMN, SPECTRUM };

struct form {
    const char *signature;
    enum place from, to;
    bool fetch; /* what is transformed next */
};

static const struct form forms[FFT_KINDS] = {
    [FFT_ROW_FORWARD] = {"row_forward(struct source x, __local VECTOR *s)", PIXELS, ROW, false},
    [FFT_COLUMN_FORWARD] = {"column_forward(const __local VECTOR *s, __global VECTOR *t, "
                            "size_t slot, size_t plane)",
                            COLUMN, SPECTRUM, false},
    [FFT_COLUMN_FORWARD_PACKED] = {"column_forward_packed(const __local VECTOR *s, "
                                   "__global VECTOR *t, size_t slot, size_t plane)",
                                   COLUMN, SPECTRUM, false},
    [FFT_COLUMN_INVERSE] = {"column_inverse(const __global VECTOR *t, size_t slot, size_t plane, "
                            "__local VECTOR *s, const __global VECTOR *next)",
                            SPECTRUM, COLUMN, true},
    [FFT_COLUMN_INVERSE_PACKED] = {"column_inverse_packed(const __global VECTOR *t, size_t slot, "
                                   "size_t plane, __local VECTOR *s, "
                                   "const __global VECTOR *next)",
                                   SPECTRUM, COLUMN, true},
    [FFT_ROW_INVERSE] = {"row_inverse(const __local VECTOR *s, struct target y, size_t slot, "
                         "size_t plane, const __global VECTOR *next)",
                         ROW, PIXELS, true},
};

/* A float with all its digits. */
static void print_factor(FILE *text, double factor)
{
    fprintf(text, "SPLAT(%.9ef)", factor);
}

static void print_element(FILE *text, const char *array, int number)
{
    fprintf(text, "%s[%d * slot%s]", array, number / 2, number % 2 ? " + plane" : "");
}

static void print_input(FILE *text, enum place from, int number)
{
    if (from == PIXELS) fprintf(text, "load_pixel(x, %d)", number);
    if (from == ROW) fprintf(text, "s[%d]", number);
    if (from == COLUMN) fprintf(text, "s[%d * ROW_PITCH + %d]", number / 2, number % 2);
    if (from == SPECTRUM) print_element(text, "t", number);
}

static void print_value(FILE *text, const struct fft_value *value)
{
    if (value->node < 0) {
        fprintf(text, "SPLAT(0.0f)");
    } else if (fabs(value->factor - 1.0) < 1e-12) {
        fprintf(text, "t%d", value->node);
    } else if (fabs(value->factor + 1.0) < 1e-12) {
        fprintf(text, "-t%d", value->node);
    } else {
        print_factor(text, value->factor);
        fprintf(text, " * t%d", value->node);
    }
}

static void print_output(FILE *text, enum place to, int number, const struct fft_value *value)
{
    fprintf(text, "    ");
    if (to == PIXELS) fprintf(text, "store_pixel(y, %d, ", number);
    if (to == ROW) fprintf(text, "s[%d] = ", number);
    if (to == COLUMN) fprintf(text, "s[%d * ROW_PITCH + %d] = ", number / 2, number % 2);
    if (to == SPECTRUM) fprintf(text, "STREAM(");
    print_value(text, value);
    if (to == SPECTRUM) {
        fprintf(text, ", &");
        print_element(text, "t", number);
    }
    fprintf(text, to == PIXELS || to == SPECTRUM ? ");\n" : ";\n");
}

static void print_node(FILE *text, const struct fft_codelet *c, int number)
{
    const struct fft_node *node = &c->expressions.nodes[number];
    fprintf(text, "    const VECTOR t%d = ", number);
    switch (node->kind) {
    case FFT_INPUT:
        print_input(text, forms[c->kind].from, node->a);
        break;
    case FFT_ADD:
        fprintf(text, "t%d + t%d", node->a, node->b);
        break;
    case FFT_SUBTRACT:
        fprintf(text, "t%d - t%d", node->a, node->b);
        break;
    case FFT_MULTIPLY_ADD:
        fprintf(text, "multiply_add(t%d, ", node->a);
        print_factor(text, node->factor);
        fprintf(text, ", t%d)", node->b);
        break;
    }
    fprintf(text, ";\n");
}

static void print_outputs_of(FILE *text, const struct fft_codelet *c, int node)
{
    for (int o = 0; o < c->outputs; o++)
        if (c->values[o].node == node) print_output(text, forms[c->kind].to, o, &c->values[o]);
}

/* Inputs are read where they are first used and outputs written where they are known, so that few
 * registers hold them; elements 0 .. fetches - 1 of `next` are fetched all along. */
static void print_codelet(FILE *text, const struct fft_codelet *c, int slots)
{
    const struct fft_expressions *e = &c->expressions;
    const int operations = fft_count_operations(e, c->values, c->outputs);
    const int fetches = forms[c->kind].fetch ? 2 * slots : 0;
    bool needed[FFT_MOST_NODES], read[FFT_MOST_NODES] = {false};
    int done = 0, fetched = 0;
    fft_mark_needed(e, c->values, c->outputs, needed);
    fprintf(text, "\nCODELET void %s\n{\n", forms[c->kind].signature);
    print_outputs_of(text, c, -1);
    for (int i = 0; i < e->count; i++) {
        const struct fft_node *node = &e->nodes[i];
        if (!needed[i] || node->kind == FFT_INPUT) continue;
        const int operands[] = {node->a, node->b};
        for (int k = 0; k < 2; k++) {
            const int operand = operands[k];
            if (e->nodes[operand].kind != FFT_INPUT || read[operand]) continue;
            print_node(text, c, operand);
            read[operand] = true;
        }
        print_node(text, c, i);
        print_outputs_of(text, c, i);
        done++;
        for (; fetched < fetches && fetched * operations < done * fetches; fetched++) {
            fprintf(text, "    PREFETCH(&");
            print_element(text, "next", fetched);
            fprintf(text, ");\n");
        }
    }
    for (int i = 0; i < e->count; i++) { /* inputs that are outputs */
        if (!needed[i] || e->nodes[i].kind != FFT_INPUT) continue;
        if (!read[i]) print_node(text, c, i);
        print_outputs_of(text, c, i);
    }
    fprintf(text, "}\n");
}

static void print_table(FILE *text, const char *name, int length, double (*function)(double))
{
    fprintf(text, "__constant float %s[%d] = {", name, length);
    for (int k = 0; k < length; k++)
        fprintf(text, "%s%.9ef", k ? ", " : "", function(6.283185307179586476925287 * k / length));
    fprintf(text, "};\n");
}

/* ---- Source ---- */

void fft_window_options(char text[FFT_OPTIONS], const struct fft_window *w)
{
    snprintf(text, FFT_OPTIONS, "-DFX=%d -DX_FIRST=%d -DX_LAST=%d -DFY=%d -DY_FIRST=%d -DY_LAST=%d",
             w->FX, w->x_first, w->x_last, w->FY, w->y_first, w->y_last);
}

/* While a window is transformed back, the next one is fetched: half of it by the columns. */
static void print_codelets(FILE *text, const struct fft_window *w, struct fft_codelet *codelet)
{
    const int rows = w->y_last - w->y_first, in_columns = w->FY / 2;
    const int in_rows = (w->FX / 2 * (w->FY - in_columns) + rows - 1) / rows;
    fprintf(text, "#define FETCHED_IN_COLUMN %d\n#define FETCHED_IN_ROW %d\n", in_columns, in_rows);
    for (int kind = 0; kind < FFT_KINDS; kind++) {
        const bool row = kind == FFT_ROW_FORWARD || kind == FFT_ROW_INVERSE;
        fft_codelet_create(codelet, (enum fft_kind)kind, row ? w->FX : w->FY,
                           row ? w->x_first : w->y_first, row ? w->x_last : w->y_last);
        print_codelet(text, codelet, row ? in_rows : in_columns);
    }
}

int fft_make_source(const char *options, char **text)
{
    int status = SAAE_OK;
    struct fft_window w = {0};
    struct fft_codelet *codelet = NULL;
    char *made = NULL;
    size_t size = 0;
    FILE *stream = NULL;
    const char *at = strstr(options, "-DFX=");
    const int read = at ? sscanf(at,
                                 "-DFX=%d -DX_FIRST=%d -DX_LAST=%d -DFY=%d -DY_FIRST=%d "
                                 "-DY_LAST=%d",
                                 &w.FX, &w.x_first, &w.x_last, &w.FY, &w.y_first, &w.y_last)
                        : 0;
    if (read != 6) FAIL(SAAE_DEVICE, "no transform in the build options '%s'", options);
    TRY(memory_allocate(&codelet, 1, sizeof *codelet));
    stream = open_memstream(&made, &size);
    if (!stream) FAIL(SAAE_MEMORY, "out of memory for the source of a transform");
    print_table(stream, "COSINES_X", w.FX, cos);
    print_table(stream, "SINES_X", w.FX, sin);
    print_table(stream, "COSINES_Y", w.FY, cos);
    print_table(stream, "SINES_Y", w.FY, sin);
    if (strstr(options, "-DFFT_CODELETS")) print_codelets(stream, &w, codelet);
    const bool full = ferror(stream) != 0, closed = fclose(stream) == 0;
    stream = NULL;
    if (full || !closed) FAIL(SAAE_MEMORY, "out of memory for the source of a transform");
    *text = made;
    made = NULL;
done:
    if (stream) fclose(stream);
    free(made);
    free(codelet);
    return status;
}

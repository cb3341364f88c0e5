#include "ops/fft_expression.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { HASHES = sizeof((struct fft_expressions *)0)->first / sizeof(int) };

/* Factors come from cosines by different ways, which differ in their last digits. */
static const double same_factor = 1e-13;

const struct fft_value fft_zero = {0.0, -1};

void fft_expressions_clear(struct fft_expressions *e)
{
    e->count = 0;
    memset(e->first, -1, sizeof e->first);
}

static bool equals(double a, double b)
{
    return fabs(a - b) < same_factor;
}

static unsigned hash_node(const struct fft_node *node)
{
    /* Without the factor, of which only "nearly equal" can be asked. */
    const unsigned value = (unsigned)node->a * 2654435761u + (unsigned)node->b * 40503u;
    return (value ^ value >> 15 ^ (unsigned)node->kind) % HASHES;
}

/* The number of this node, new or there already. */
static int find_node(struct fft_expressions *e, const struct fft_node *wanted)
{
    const unsigned hash = hash_node(wanted);
    for (int i = e->first[hash]; i >= 0; i = e->next[i]) {
        const struct fft_node *node = &e->nodes[i];
        if (node->kind == wanted->kind && node->a == wanted->a && node->b == wanted->b &&
            equals(node->factor, wanted->factor))
            return i;
    }
    assert(e->count < FFT_MOST_NODES);
    e->nodes[e->count] = *wanted;
    e->next[e->count] = e->first[hash];
    e->first[hash] = e->count;
    return e->count++;
}

struct fft_value fft_input(struct fft_expressions *e, int number)
{
    return (struct fft_value){1.0, find_node(e, &(struct fft_node){FFT_INPUT, number, -1, 0.0})};
}

struct fft_value fft_scale(struct fft_value x, double factor)
{
    if (x.node < 0 || equals(factor, 0.0)) return fft_zero;
    return (struct fft_value){x.factor * factor, x.node};
}

/* Operands in the order of their numbers, so that a + b and b + a are one node, a - b and b - a
 * too. */
struct fft_value fft_add(struct fft_expressions *e, struct fft_value x, struct fft_value y)
{
    if (x.node < 0) return y;
    if (y.node < 0) return x;
    if (x.node == y.node) {
        if (equals(x.factor, -y.factor)) return fft_zero;
        return (struct fft_value){x.factor + y.factor, x.node};
    }
    const bool sum = equals(x.factor, y.factor), difference = equals(x.factor, -y.factor);
    const bool swap = sum || difference ? x.node > y.node : fabs(x.factor) < fabs(y.factor);
    if (swap) {
        const struct fft_value other = x;
        x = y;
        y = other;
    }
    struct fft_node node = {sum ? FFT_ADD : FFT_SUBTRACT, x.node, y.node, 0.0};
    if (!sum && !difference) {
        node.kind = FFT_MULTIPLY_ADD;
        node.factor = y.factor / x.factor;
    }
    return (struct fft_value){x.factor, find_node(e, &node)};
}

struct fft_value fft_subtract(struct fft_expressions *e, struct fft_value x, struct fft_value y)
{
    return fft_add(e, x, fft_scale(y, -1.0));
}

void fft_mark_needed(const struct fft_expressions *e, const struct fft_value *values, int count,
                     bool needed[FFT_MOST_NODES])
{
    memset(needed, 0, FFT_MOST_NODES * sizeof *needed);
    for (int i = 0; i < count; i++)
        if (values[i].node >= 0) needed[values[i].node] = true;
    for (int i = e->count - 1; i >= 0; i--) {
        if (!needed[i] || e->nodes[i].kind == FFT_INPUT) continue;
        needed[e->nodes[i].a] = needed[e->nodes[i].b] = true;
    }
}

int fft_count_operations(const struct fft_expressions *e, const struct fft_value *values, int count)
{
    bool needed[FFT_MOST_NODES];
    int operations = 0;
    fft_mark_needed(e, values, count, needed);
    for (int i = 0; i < e->count; i++) operations += needed[i] && e->nodes[i].kind != FFT_INPUT;
    for (int i = 0; i < count; i++)
        operations += values[i].node >= 0 && !equals(fabs(values[i].factor), 1.0);
    return operations;
}

void fft_evaluate(const struct fft_expressions *e, const struct fft_value *values, int count,
                  const double *inputs, double *results)
{
    double at[FFT_MOST_NODES] = {0};
    for (int i = 0; i < e->count; i++) {
        const struct fft_node *node = &e->nodes[i];
        switch (node->kind) {
        case FFT_INPUT:
            at[i] = inputs[node->a];
            break;
        case FFT_ADD:
            at[i] = at[node->a] + at[node->b];
            break;
        case FFT_SUBTRACT:
            at[i] = at[node->a] - at[node->b];
            break;
        case FFT_MULTIPLY_ADD:
            at[i] = at[node->a] + node->factor * at[node->b];
            break;
        }
    }
    for (int i = 0; i < count; i++)
        results[i] = values[i].node < 0 ? 0.0 : values[i].factor * at[values[i].node];
}

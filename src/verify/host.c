#include "verify/host.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool host_reads_output(const struct op_call *call, int o)
{
    return ((op_get(call->kind)->updates | call->accumulate) >> o & 1) != 0;
}

int host_create(struct host_case *host, const struct verify_case *item)
{
    int status = SAAE_OK;
    const struct op_call *call = &item->call;
    *host = (struct host_case){.item = item};
    for (int i = 0; i < call->inputs; i++) {
        size_t count = shape_count(call->in[i].shape);
        TRY(memory_allocate(&host->in[i], count, values_element_bytes(call->in[i].dtype)));
    }
    for (int o = 0; o < call->outputs; o++) {
        size_t count = shape_count(call->out[o].shape);
        TRY(memory_allocate(&host->initial[o], count, sizeof(double)));
        TRY(memory_allocate(&host->expected[o], count, sizeof(double)));
        TRY(memory_allocate(&host->bound[o], count, sizeof(double)));
    }
done:
    if (status != SAAE_OK) host_free(host);
    return status;
}

void host_free(struct host_case *host)
{
    for (int i = 0; i < OP_MAX_INPUTS; i++) free(host->in[i]);
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) {
        free(host->initial[o]);
        free(host->expected[o]);
        free(host->bound[o]);
    }
    *host = (struct host_case){0};
}

/* Integers are the numbers of rows where rows are taken by them, else classes: one for each channel
 * of input 0. */
static int label_limit(const struct op_call *call)
{
    switch (call->kind) {
    case OP_gather_forward:
    case OP_select_forward:
        return call->in[0].shape.n;
    case OP_select_backward:
        return call->attributes.count;
    default:
        return call->in[0].shape.c;
    }
}

static void draw_values(struct host_case *host, bool exact, uint64_t seed)
{
    const struct verify_case *item = host->item;
    const struct op_call *call = &item->call;
    int limit = label_limit(call);
    uint32_t step = ((uint32_t)call->kind * 4096 + (uint32_t)item->number) * 16;
    for (int i = 0; i < call->inputs; i++, step++) {
        bool integers = exact && call->in[i].dtype == DTYPE_F32;
        struct rng rng = {seed, RNG_VERIFY, step};
        values_fill(host->in[i], call->in[i].dtype, shape_count(call->in[i].shape),
                    integers ? VALUE_SMALL_INTEGER : item->in_values[i], limit, &rng);
    }
    for (int o = 0; o < call->outputs; o++, step++) {
        struct rng rng = {seed, RNG_VERIFY, step};
        values_fill(host->initial[o], DTYPE_F32, shape_count(call->out[o].shape),
                    exact ? VALUE_SMALL_INTEGER : item->out_values[o], limit, &rng);
    }
}

typedef void (*host_function)(const struct op_call *call, const void *const *in, void *const *out);

/* Outputs updated in place start from their initial values. */
static void run(const struct host_case *host, host_function function, void *const *in,
                double *const *out)
{
    const struct op_call *call = &host->item->call;
    const void *from[OP_MAX_INPUTS] = {0};
    void *to[OP_MAX_OUTPUTS] = {0};
    for (int i = 0; i < call->inputs; i++) from[i] = in[i];
    for (int o = 0; o < call->outputs; o++) {
        to[o] = out[o];
        if (!(op_get(call->kind)->updates >> o & 1)) continue;
        memcpy(out[o], host->initial[o], shape_count(call->out[o].shape) * sizeof(double));
    }
    function(call, from, to);
}

/* bound = sum of (a b)^2, by the reference on squared inputs. */
static int run_on_squares(struct host_case *host)
{
    int status = SAAE_OK;
    const struct op_call *call = &host->item->call;
    void *squares[OP_MAX_INPUTS] = {0};
    for (int i = 0; i < call->inputs; i++) {
        struct tensor_type type = call->in[i];
        size_t count = shape_count(type.shape), bytes = values_element_bytes(type.dtype);
        TRY(memory_allocate(&squares[i], count, bytes));
        memcpy(squares[i], host->in[i], count * bytes);
        if (type.dtype != DTYPE_F32) continue;
        double *values = squares[i];
        for (size_t k = 0; k < count; k++) values[k] *= values[k];
    }
    run(host, op_get(call->kind)->reference, squares, host->bound);
done:
    for (int i = 0; i < OP_MAX_INPUTS; i++) free(squares[i]);
    return status;
}

/* Turns what `bound` holds (a sum of squares or a scale) into the bound of output o, which may be
 * added to an initial value: one more term of the sum. FLT_MIN is for devices that flush denormal
 * numbers to zero. */
static void finish_bound(struct host_case *host, int o, enum op_bound kind, double reduction)
{
    const struct op_call *call = &host->item->call;
    bool added = (call->accumulate >> o & 1) != 0;
    double terms = reduction + (added ? 1 : 0);
    double unit = HOST_BOUND_FACTOR * (double)FLT_EPSILON * sqrt(terms);
    double *bound = host->bound[o];
    size_t count = shape_count(call->out[o].shape);
    for (size_t k = 0; k < count; k++) {
        double initial = added ? host->initial[o][k] : 0;
        if (kind == BOUND_SQUARES) {
            bound[k] = unit * sqrt(bound[k] + initial * initial) + (double)FLT_MIN;
        } else if (kind == BOUND_SCALE) {
            bound[k] = unit * (bound[k] + fabs(initial)) + (double)FLT_MIN;
        } else if (added) { /* the one addition rounds */
            double sum = fabs(initial) + fabs(host->expected[o][k]);
            bound[k] = (double)FLT_EPSILON * sum + (double)FLT_MIN;
        } else {
            host->expected[o][k] = (double)(float)host->expected[o][k];
            bound[k] = 0;
        }
    }
}

/* The bounds of all outputs, by the algorithm's own rule if it has one. */
static int compute_bounds(struct host_case *host)
{
    int status = SAAE_OK;
    const struct op_call *call = &host->item->call;
    const struct op *op = op_get(call->kind);
    const struct op_algorithm *algorithm = &op->algorithms[call->algorithm];
    enum op_bound kind = op->bound;
    double reduction = op_reduction_of(call);
    if (algorithm->bound) {
        const void *in[OP_MAX_INPUTS] = {0};
        for (int i = 0; i < call->inputs; i++) in[i] = host->in[i];
        TRY(algorithm->bound(call, in, host->bound[0], &reduction));
        kind = BOUND_SCALE;
    } else if (kind == BOUND_SQUARES) {
        TRY(run_on_squares(host));
    } else if (kind == BOUND_SCALE) {
        run(host, op->scale, host->in, host->bound);
    }
    for (int o = 0; o < call->outputs; o++) finish_bound(host, o, kind, reduction);
done:
    return status;
}

int host_compute(struct host_case *host, bool exact, uint64_t seed)
{
    int status = SAAE_OK;
    const struct op_call *call = &host->item->call;
    draw_values(host, exact, seed);
    run(host, op_get(call->kind)->reference, host->in, host->expected);
    if (!exact) TRY(compute_bounds(host));
    for (int o = 0; o < call->outputs; o++) {
        size_t count = shape_count(call->out[o].shape);
        if (exact) memset(host->bound[o], 0, count * sizeof(double));
        if (!(call->accumulate >> o & 1)) continue;
        for (size_t k = 0; k < count; k++) host->expected[o][k] += host->initial[o][k];
    }
done:
    return status;
}

bool host_compare(const struct host_case *host, int output, const float *got,
                  struct host_comparison *worst)
{
    size_t count = shape_count(host->item->call.out[output].shape);
    const double *expected = host->expected[output], *bound = host->bound[output];
    bool passed = true;
    *worst = (struct host_comparison){.output = output, .ratio = -1};
    for (size_t k = 0; k < count; k++) {
        double error = fabs((double)got[k] - expected[k]);
        bool within = error <= bound[k]; /* false for a NaN on either side */
        double ratio = within ? 0 : (double)INFINITY;
        if (bound[k] > 0 && error <= DBL_MAX) ratio = error / bound[k];
        passed = passed && within;
        if (ratio <= worst->ratio) continue;
        worst->element = k;
        worst->got = (double)got[k];
        worst->expected = expected[k];
        worst->error = error;
        worst->bound = bound[k];
        worst->ratio = ratio;
    }
    return passed;
}

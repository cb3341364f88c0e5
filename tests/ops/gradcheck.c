#include "gradcheck.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/rng.h"

/* Numbers of tensors as a gradient rule sees them. They start away from 0 so that a rule which
 * confuses an input's index with its tensor is caught. */
enum { TENSOR_INPUT = 100, TENSOR_OUTPUT = 200, TENSOR_OUTPUT_GRADIENT = 300 };

struct check {
    struct op_call call;
    struct gradcheck_options options;
    void *in[OP_MAX_INPUTS];
    double *out[OP_MAX_OUTPUTS], *shifted[OP_MAX_OUTPUTS];
    double *weight[OP_MAX_OUTPUTS];  /* u, which is also dL/dy */
    double *gradient[OP_MAX_INPUTS]; /* what the rule says */
    bool reached[OP_MAX_INPUTS];     /* the rule has contributed */
};

void gradcheck_batch_statistics(const struct op_call *call, void *const *in)
{
    struct op_call statistics;
    const void *from[] = {in[0], in[5]};
    const struct tensor_type types[] = {call->in[0], call->in[5]};
    void *mean_and_variance[] = {in[1], in[2]};
    int inputs = call->inputs == 6 ? 2 : 1;
    if (op_prepare(&statistics, OP_batch_norm_statistics, NULL, types, inputs) == SAAE_OK) {
        op_get(OP_batch_norm_statistics)->reference(&statistics, from, mean_and_variance);
    }
}

static void evaluate(const struct check *check, double *const *out)
{
    const void *in[OP_MAX_INPUTS] = {0};
    void *results[OP_MAX_OUTPUTS] = {0};
    for (int i = 0; i < check->call.inputs; i++) in[i] = check->in[i];
    for (int o = 0; o < check->call.outputs; o++) results[o] = out[o];
    op_get(check->call.kind)->reference(&check->call, in, results);
}

static bool differentiable(const struct check *check, int input)
{
    return check->call.in[input].dtype == DTYPE_F32 && !(check->options.constant >> input & 1);
}

static int create_values(struct check *check)
{
    int status = SAAE_OK;
    for (int i = 0; i < check->call.inputs; i++) {
        struct tensor_type type = check->call.in[i];
        size_t count = shape_count(type.shape);
        enum value_kind kind = check->options.values[i];
        if (type.dtype == DTYPE_I32 && kind == VALUE_NORMAL) kind = VALUE_LABEL;
        struct rng rng = {check->options.seed, RNG_VERIFY, (uint32_t)i};
        TRY(memory_allocate(&check->in[i], count, values_element_bytes(type.dtype)));
        TRY(memory_allocate(&check->gradient[i], count, sizeof(double)));
        values_fill(check->in[i], type.dtype, count, kind, check->call.in[0].shape.c, &rng);
    }
    for (int o = 0; o < check->call.outputs; o++) {
        size_t count = shape_count(check->call.out[o].shape);
        struct rng rng = {check->options.seed, RNG_VERIFY, (uint32_t)(OP_MAX_INPUTS + o)};
        TRY(memory_allocate(&check->out[o], count, sizeof(double)));
        TRY(memory_allocate(&check->shifted[o], count, sizeof(double)));
        TRY(memory_allocate(&check->weight[o], count, sizeof(double)));
        values_fill(check->weight[o], DTYPE_F32, count, VALUE_NORMAL, 0, &rng);
    }
    if (check->options.derive) check->options.derive(&check->call, check->in);
    evaluate(check, check->out);
done:
    return status;
}

static void free_values(struct check *check)
{
    for (int i = 0; i < OP_MAX_INPUTS; i++) {
        free(check->in[i]);
        free(check->gradient[i]);
    }
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) {
        free(check->out[o]);
        free(check->shifted[o]);
        free(check->weight[o]);
    }
}

/* The values and type behind a tensor's number. */
static const void *find_tensor(const struct check *check, int tensor, struct tensor_type *type)
{
    int input = tensor - TENSOR_INPUT, output = tensor - TENSOR_OUTPUT;
    int gradient = tensor - TENSOR_OUTPUT_GRADIENT;
    if (input >= 0 && input < check->call.inputs) {
        *type = check->call.in[input];
        return check->in[input];
    }
    if (output >= 0 && output < check->call.outputs) {
        *type = check->call.out[output];
        return check->out[output];
    }
    if (gradient >= 0 && gradient < check->call.outputs) {
        *type = check->call.out[gradient];
        return check->weight[gradient];
    }
    return NULL;
}

/* Adds output `o` of an emitted node to the gradient of its target. */
static int contribute(struct check *check, const struct gradient *rule, const struct op_call *node,
                      int o, int target, const double *values)
{
    if (target == -1) return SAAE_OK;
    if (target < 0 || target >= check->call.inputs) {
        return status_set(SAAE_FAILED, "a gradient for input %d, which does not exist", target);
    }
    if (!rule->wanted[target]) return SAAE_OK; /* one node may compute several gradients */
    struct shape have = node->out[o].shape, want = check->call.in[target].shape;
    if (!shape_equal(have, want)) {
        return status_set(SAAE_FAILED,
                          "the gradient of input %d has shape %dx%dx%dx%d instead of %dx%dx%dx%d",
                          target, have.n, have.h, have.w, have.c, want.n, want.h, want.w, want.c);
    }
    for (size_t k = 0; k < shape_count(want); k++) check->gradient[target][k] += values[k];
    check->reached[target] = true;
    return SAAE_OK;
}

static int emit(struct gradient *rule, enum op_kind kind, const struct op_attributes *attributes,
                const int *in, int inputs, const int *targets)
{
    int status = SAAE_OK;
    struct check *check = rule->graph;
    struct op_call node;
    struct tensor_type types[OP_MAX_INPUTS];
    const void *values[OP_MAX_INPUTS] = {0};
    void *results[OP_MAX_OUTPUTS] = {0};
    bool useful = false;
    if (inputs > OP_MAX_INPUTS) FAIL(SAAE_FAILED, "%d inputs for a gradient's node", inputs);
    for (int i = 0; i < inputs; i++) {
        values[i] = find_tensor(check, in[i], &types[i]);
        if (!values[i]) FAIL(SAAE_FAILED, "tensor %d as input %d does not exist", in[i], i);
    }
    TRY(op_prepare(&node, kind, attributes, types, inputs));
    for (int o = 0; o < node.outputs; o++) {
        TRY(memory_allocate(&results[o], shape_count(node.out[o].shape), sizeof(double)));
    }
    op_get(kind)->reference(&node, values, results);
    for (int o = 0; o < node.outputs; o++) {
        TRY(contribute(check, rule, &node, o, targets[o], results[o]));
        useful = useful || (targets[o] >= 0 && rule->wanted[targets[o]]);
    }
    if (!useful) FAIL(SAAE_FAILED, "a node that computes no gradient anybody asked for");
done:
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) free(results[o]);
    return status;
}

static int pass_on(struct gradient *rule, int i)
{
    struct check *check = rule->graph;
    if (i < 0 || i >= check->call.inputs || !rule->wanted[i]) {
        return status_set(SAAE_FAILED, "a gradient for input %d that nobody asked for", i);
    }
    return contribute(check, rule, &check->call, 0, i, check->weight[0]);
}

/* Runs the rule for all inputs that can be asked for, or for `only` alone. */
static int run_rule(struct check *check, int only)
{
    struct gradient rule = {.call = &check->call, .graph = check, .emit = emit, .pass_on = pass_on};
    const struct op *op = op_get(check->call.kind);
    if (!op->gradient) {
        return status_set(SAAE_FAILED, "%s.%s has no gradient rule", op->stem, op->pass);
    }
    for (int i = 0; i < OP_MAX_INPUTS; i++) rule.in[i] = -1;
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) rule.out[o] = rule.output_gradient[o] = -1;
    for (int i = 0; i < check->call.inputs; i++) {
        rule.in[i] = TENSOR_INPUT + i;
        rule.wanted[i] = differentiable(check, i) && (only == -1 || only == i);
        check->reached[i] = false;
        size_t count = shape_count(check->call.in[i].shape);
        for (size_t k = 0; k < count; k++) check->gradient[i][k] = 0;
    }
    for (int o = 0; o < check->call.outputs; o++) {
        rule.out[o] = TENSOR_OUTPUT + o;
        rule.output_gradient[o] = TENSOR_OUTPUT_GRADIENT + o;
    }
    int status = op->gradient(&rule);
    if (status != SAAE_OK) {
        return status_prefix(status, "%s.%s, gradient", op->stem, op->pass);
    }
    for (int i = 0; i < check->call.inputs; i++) {
        if (rule.wanted[i] && !check->reached[i]) {
            return status_set(SAAE_FAILED, "%s.%s: no gradient of input %d", op->stem, op->pass, i);
        }
        if (rule.wanted[i]) check->gradient[i][0] += check->options.perturbation;
    }
    return SAAE_OK;
}

/* (L(x + step) - L(x - step)) / (2 step). The difference is taken output by output: those that do
 * not depend on x cancel without rounding. */
static double difference(struct check *check, int input, size_t element)
{
    double *x = (double *)check->in[input] + element;
    double kept = *x, step = check->options.step * fmax(1.0, fabs(kept)), sum = 0;
    double above = kept + step, below = kept - step;
    *x = above;
    if (check->options.derive) check->options.derive(&check->call, check->in);
    evaluate(check, check->shifted);
    for (int o = 0; o < check->call.outputs; o++) {
        double *kept_above = check->out[o];
        check->out[o] = check->shifted[o];
        check->shifted[o] = kept_above;
    }
    *x = below;
    if (check->options.derive) check->options.derive(&check->call, check->in);
    evaluate(check, check->shifted);
    for (int o = 0; o < check->call.outputs; o++) {
        size_t count = shape_count(check->call.out[o].shape);
        for (size_t k = 0; k < count; k++) {
            sum += check->weight[o][k] * (check->out[o][k] - check->shifted[o][k]);
        }
    }
    *x = kept;
    if (check->options.derive) check->options.derive(&check->call, check->in);
    return sum / (above - below);
}

static int compare_input(struct check *check, int input)
{
    const struct op *op = op_get(check->call.kind);
    size_t count = shape_count(check->call.in[input].shape);
    size_t stride = size_divide_up(count, check->options.samples);
    double mean = 0;
    for (size_t k = 0; k < count; k++) mean += fabs(check->gradient[input][k]) / (double)count;
    for (size_t k = 0; k < count; k += stride) {
        double analytic = check->gradient[input][k];
        double numeric = difference(check, input, k);
        double scale = fmax(fmax(fabs(analytic), fabs(numeric)), fmax(mean, 1e-3));
        double error = fabs(analytic - numeric);
        if (!(error <= check->options.tolerance * scale)) {
            return status_set(SAAE_FAILED,
                              "%s.%s, input %d, element %zu: the rule's gradient is %.12g, the "
                              "difference quotient %.12g",
                              op->stem, op->pass, input, k, analytic, numeric);
        }
    }
    return SAAE_OK;
}

int gradcheck_run(enum op_kind kind, const struct op_attributes *attributes,
                  const struct tensor_type *in, int inputs, const struct gradcheck_options *options)
{
    int status = SAAE_OK;
    struct check check = {0};
    if (options) check.options = *options;
    if (!(check.options.step > 0)) check.options.step = 1e-5;
    if (!(check.options.tolerance > 0)) check.options.tolerance = 1e-6;
    if (check.options.samples == 0) check.options.samples = 2000;
    TRY(op_prepare(&check.call, kind, attributes, in, inputs));
    TRY(create_values(&check));
    for (int only = -1; only < inputs; only++) {
        if (only >= 0 && !differentiable(&check, only)) continue;
        evaluate(&check, check.out); /* the differences have used it as scratch */
        TRY(run_rule(&check, only));
        for (int i = 0; i < inputs; i++) {
            if (differentiable(&check, i) && (only == -1 || only == i)) {
                TRY(compare_input(&check, i));
            }
        }
    }
done:
    free_values(&check);
    return status;
}

void gradcheck(enum op_kind kind, const struct op_attributes *attributes,
               const struct tensor_type *in, int inputs, const struct gradcheck_options *options)
{
    if (gradcheck_run(kind, attributes, in, inputs, options) != SAAE_OK) {
        fail_msg("%s", saae_message());
    }
}

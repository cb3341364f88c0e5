#include "verify/step.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "verify/side.h"

static const double bound_factor = 8.0; /* c */

struct comparison {
    const struct verify_step_options *options;
    struct verify_step_result *result;
    struct side device, other; /* other: the reference, or the second device */
    double *depth;             /* [tensors] L of each tensor */
    int number;                /* of the step */
};

static bool float_tensor(const struct graph *graph, int tensor)
{
    return graph->tensors[tensor].type.dtype == DTYPE_F32;
}

/* L of a node's results: the deepest of its inputs, and of what it adds to, plus its own sums. */
static double depth_of(const struct comparison *c, const struct graph_node *node)
{
    double depth = 0.0;
    unsigned kept = node->call.accumulate | op_get(node->call.kind)->updates;
    for (int i = 0; i < node->call.inputs; i++) depth = fmax(depth, c->depth[node->in[i]]);
    for (int o = 0; o < node->call.outputs; o++) {
        if (kept >> o & 1u) depth = fmax(depth, c->depth[node->out[o]]);
    }
    return depth + op_reduction_of(&node->call);
}

static int part(struct comparison *c, const struct graph_node *node, const char *tensor,
                double error, double bound)
{
    struct verify_step_result *r = c->result;
    r->step = c->number;
    snprintf(r->node, sizeof r->node, "%s", node->name);
    snprintf(r->tensor, sizeof r->tensor, "%s", tensor);
    r->error = error;
    r->bound = bound;
    return status_set(SAAE_FAILED,
                      "%s step %d: %s parts at tensor %s: error %.3g, bound %.3g (device %s)",
                      step_name(c->device.step.kind), c->number, node->name, tensor, error, bound,
                      device_traits(c->device.device)->name);
}

/* Compares what both sides read last. */
static int compare(struct comparison *c, const struct graph_node *node, const char *tensor,
                   size_t count, double depth)
{
    const double *ours = c->device.values, *theirs = c->other.values;
    double error = 0.0, largest = 0.0;
    bool finite = true;
    for (size_t i = 0; i < count; i++) {
        finite = finite && isfinite(ours[i]) && isfinite(theirs[i]);
        error = fmax(error, fabs(ours[i] - theirs[i]));
        largest = fmax(largest, fabs(theirs[i]));
    }
    double bound = bound_factor * (double)FLT_EPSILON * sqrt(depth) * largest + (double)FLT_MIN;
    struct verify_step_result *r = c->result;
    r->tensors++;
    if (c->options->report) {
        c->options->report(c->options->context, c->number, node->name, tensor, error, bound);
    }
    if (!finite) return part(c, node, tensor, INFINITY, bound);
    if (!(error <= bound)) return part(c, node, tensor, error, bound);
    if (error / bound > r->worst) {
        r->worst = error / bound;
        snprintf(r->worst_tensor, sizeof r->worst_tensor, "%s", node->name);
    }
    return SAAE_OK;
}

static int compare_outputs(struct comparison *c, const struct graph_node *node)
{
    const struct graph *graph = c->device.step.graph;
    int status = SAAE_OK;
    for (int o = 0; o < node->call.outputs; o++) {
        int tensor = node->out[o];
        if (!float_tensor(graph, tensor)) continue;
        TRY(side_read(&c->device, tensor));
        TRY(side_read(&c->other, tensor));
        TRY(compare(c, node, graph->tensors[tensor].name,
                    shape_count(graph->tensors[tensor].type.shape), c->depth[tensor]));
    }
done:
    return status;
}

/* The reference takes over the device's values of a tensor. */
static int adopt(struct comparison *c, int tensor)
{
    int status = side_read(&c->device, tensor);
    if (status != SAAE_OK) return status;
    memcpy(executor_values(c->other.step.executor, tensor), c->device.values,
           shape_count(c->device.step.graph->tensors[tensor].type.shape) * sizeof(double));
    return SAAE_OK;
}

/* Moves element i of the reference's x of a batch_norm above the kink of the leaky ReLU behind it,
 * or not above: as near to the kink as the reference can tell, so by no more than it differs there.
 */
static void move_beside_kink(struct comparison *c, const struct graph_node *node, size_t i,
                             bool above)
{
    struct executor *other = c->other.step.executor;
    const double *values[5];
    for (int k = 0; k < 5; k++) values[k] = executor_values(other, node->in[k]);
    size_t channel = i % (size_t)node->call.out[0].shape.c;
    double mean = values[1][channel], gamma = values[3][channel], beta = values[4][channel];
    double deviation = sqrt(values[2][channel] + node->call.attributes.eps);
    double x = mean - beta * deviation / gamma, step = DBL_EPSILON * fabs(x) + DBL_MIN;
    while ((gamma * (x - mean) / deviation + beta > 0.0) != above && step <= DBL_MAX) {
        x += above == (gamma > 0.0) ? step : -step;
        step *= 2.0;
    }
    ((double *)executor_values(other, node->in[0]))[i] = x;
}

/* leaky ReLU: where the outputs' signs differ, the reference takes the device's value. Behind a
 * batch_norm the backward pass finds the side from x: that moves to the device's side too. */
static int follow_kinks(struct comparison *c, const struct graph_node *node)
{
    int tensor = node->out[0];
    int status = side_read(&c->device, tensor);
    if (status != SAAE_OK) return status;
    double *reference = executor_values(c->other.step.executor, tensor);
    size_t count = shape_count(node->call.out[0].shape);
    for (size_t i = 0; i < count; i++) {
        bool above = c->device.values[i] > 0.0;
        if ((reference[i] > 0.0) == above) continue;
        reference[i] = c->device.values[i];
        if (node->call.kind == OP_batch_norm_apply) move_beside_kink(c, node, i, above);
        c->result->kinks++;
    }
    c->result->elements += count;
    return SAAE_OK;
}

/* Does the node end in a leaky ReLU? */
static bool has_kink(const struct op_call *call)
{
    if (call->kind == OP_leaky_relu_forward) return true;
    double slope = call->attributes.slope;
    bool may = call->kind == OP_batch_norm_apply || call->kind == OP_bias_forward;
    return may && (slope < 1.0 || slope > 1.0);
}

/* The offset of the largest of a 2x2 window, the first one winning ties. */
static size_t window_maximum(const double *x, struct shape s, size_t corner)
{
    size_t row = (size_t)s.w * (size_t)s.c, column = (size_t)s.c;
    const size_t places[4] = {corner, corner + column, corner + row, corner + row + column};
    size_t best = places[0];
    for (int i = 1; i < 4; i++) {
        if (x[places[i]] > x[best]) best = places[i];
    }
    return best;
}

/* max-pool: where the places of the maxima differ, the reference takes the device's window. Runs
 * before the node, so that its result follows. */
static int follow_ties(struct comparison *c, const struct graph_node *node)
{
    struct shape s = node->call.in[0].shape;
    int status = side_read(&c->device, node->in[0]);
    if (status != SAAE_OK) return status;
    double *reference = executor_values(c->other.step.executor, node->in[0]);
    const double *device = c->device.values;
    size_t row = (size_t)s.w * (size_t)s.c, column = (size_t)s.c;
    for (int n = 0; n < s.n; n++) {
        for (int y = 0; y + 1 < s.h; y += 2) {
            for (int x = 0; x + 1 < s.w; x += 2) {
                for (size_t k = 0; k < column; k++) {
                    size_t corner = (size_t)(n * s.h + y) * row + (size_t)x * column + k;
                    c->result->elements++;
                    if (window_maximum(device, s, corner) == window_maximum(reference, s, corner)) {
                        continue;
                    }
                    c->result->kinks++;
                    reference[corner] = device[corner];
                    reference[corner + column] = device[corner + column];
                    reference[corner + row] = device[corner + row];
                    reference[corner + row + column] = device[corner + row + column];
                }
            }
        }
    }
    return SAAE_OK;
}

static int run_node(struct comparison *c, int number)
{
    const struct graph_node *node = &c->device.step.graph->nodes[number];
    bool choices = c->options->follow_choices && !c->other.device;
    bool state = c->options->follow_state && !c->other.device;
    int status = SAAE_OK;
    enum op_kind kind = node->call.kind;
    double depth = depth_of(c, node);
    if (state && kind == OP_adam_forward) {
        TRY(adopt(c, node->in[0])); /* equal gradients */
        depth = op_reduction_of(&node->call);
    }
    if (choices && kind == OP_max_pool_forward) TRY(follow_ties(c, node));
    TRY(executor_run_nodes(c->device.step.executor, number, number));
    TRY(executor_run_nodes(c->other.step.executor, number, number));
    for (int o = 0; o < node->call.outputs; o++) c->depth[node->out[o]] = depth;
    TRY(compare_outputs(c, node));
    if (choices && has_kink(&node->call)) TRY(follow_kinks(c, node));
    if (state && kind == OP_adam_forward) {
        for (int o = 0; o < node->call.outputs; o++) TRY(adopt(c, node->out[o]));
    }
done:
    return status;
}

/* Nodes first .. last, in all passes of the batch. */
static int run_stretch(struct comparison *c, int first, int last)
{
    int status = SAAE_OK, passes = step_node_runs(&c->device.step, (size_t)first);
    for (int pass = 0; pass < passes; pass++) {
        TRY(side_send(&c->device, c->number, c->options->seed, pass));
        TRY(side_send(&c->other, c->number, c->options->seed, pass));
        for (int i = first; i <= last; i++) TRY(run_node(c, i));
    }
done:
    return status;
}

static int run_step(struct comparison *c)
{
    const struct verify_step_options *o = c->options;
    enum step_kind kind = o->kinds[c->number % o->kind_count];
    int status = SAAE_OK;
    TRY(side_begin(&c->device, kind));
    TRY(side_begin(&c->other, kind));
    const struct graph *graph = c->device.step.graph;
    free(c->depth);
    c->depth = NULL;
    TRY(memory_allocate(&c->depth, graph->tensor_count, sizeof *c->depth));
    /* without following, the parameters carry the roundings of the steps before */
    for (size_t t = 0; !o->follow_state && t < graph->tensor_count; t++) {
        c->depth[t] = graph->tensors[t].external ? 1e4 * c->number : 0.0;
    }
    int nodes = (int)graph->node_count, last;
    for (int first = 0; first < nodes; first = last + 1) {
        last = graph_stretch_end(graph, first);
        TRY(run_stretch(c, first, last));
    }
    TRY(device_finish(c->device.device));
done:
    return status;
}

int verify_steps(struct device *device, const struct verify_step_options *options,
                 struct verify_step_result *result)
{
    int status = SAAE_OK;
    struct comparison c = {.options = options, .result = result};
    *result = (struct verify_step_result){.step = -1};
    TRY(side_create(&c.device, device, options));
    TRY(side_create(&c.other, options->against, options));
    for (c.number = 0; c.number < options->steps; c.number++) TRY(run_step(&c));
    double allowed = fmax(1.0, 1e-5 * (double)result->elements);
    if ((double)result->kinks > allowed) {
        FAIL(SAAE_FAILED, "%zu of %zu choices at kinks and ties differ: at most 1e-5 may",
             result->kinks, result->elements);
    }
done:
    side_free(&c.device);
    side_free(&c.other);
    free(c.depth);
    return status;
}

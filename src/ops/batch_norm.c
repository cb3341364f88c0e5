/* batch_norm: cl/batch_norm.cl, src/reference/batch_norm.c. */
#include "ops/batch_norm.h"

#include <float.h>
#include <math.h>

#include "ops/elementwise.h"
#include "ops/infer.h"
#include "reference/batch_norm.h"

size_t batch_norm_rows(const struct op_call *call)
{
    return elementwise_input_count(call, 0) / (size_t)call->in[0].shape.c;
}

static int infer_statistics(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "f"));
    TRY(infer_outputs(call, 2, tensor_f32(1, 1, 1, call->in[0].shape.c)));
done:
    return status;
}

/* x, mean, var, gamma and a fifth tensor. */
static int check_common(const struct op_call *call)
{
    int status = SAAE_OK;
    TRY(infer_check_types(call, "fffff"));
    for (int i = 1; i < 4; i++) TRY(infer_check_vector(call, i, call->in[0].shape.c));
    if (!(call->attributes.eps > 0.0)) {
        return infer_refuse(call, "eps is %g, it must be above 0", call->attributes.eps);
    }
done:
    return status;
}

static int infer_apply(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(infer_check_vector(call, 4, call->in[0].shape.c));
    TRY(infer_outputs(call, 1, call->in[0]));
done:
    return status;
}

static int infer_backward(struct op_call *call)
{
    int status = SAAE_OK;
    TRY(check_common(call));
    TRY(infer_check_same_shape(call, 0, 4));
    TRY(infer_outputs(call, 3, call->in[3]));
    call->out[0] = call->in[0];
done:
    return status;
}

static int infer_update(struct op_call *call)
{
    const struct op_attributes *a = &call->attributes;
    int status = SAAE_OK;
    TRY(infer_check_types(call, "ff"));
    TRY(infer_check_vector(call, 0, call->in[0].shape.c));
    TRY(infer_check_same_shape(call, 0, 1));
    if (a->count < 1) return infer_refuse(call, "count is %d, it must be at least 1", a->count);
    if (!(a->momentum >= 0.0 && a->momentum <= 1.0)) {
        return infer_refuse(call, "momentum is %g, it must be between 0 and 1", a->momentum);
    }
    TRY(infer_outputs(call, 2, call->in[0]));
done:
    return status;
}

/* One node gives all three: dx needs the sums that dgamma and dbeta are. Nothing goes to mean and
 * var: with `training` dx contains the way through them, else they are constants. */
static int emit_gradients(struct gradient *gradient)
{
    const int in[] = {gradient->in[0], gradient->in[1], gradient->in[2], gradient->in[3],
                      gradient->output_gradient[0]};
    const int targets[] = {gradient->wanted[0] ? 0 : -1, gradient->wanted[3] ? 3 : -1,
                           gradient->wanted[4] ? 4 : -1};
    if (targets[0] < 0 && targets[1] < 0 && targets[2] < 0) return SAAE_OK;
    return gradient->emit(gradient, OP_batch_norm_backward, &gradient->call->attributes, in, 5,
                          targets);
}

static struct reference_batch_norm reference_sizes(const struct op_call *call)
{
    return (struct reference_batch_norm){batch_norm_rows(call), (size_t)call->in[0].shape.c,
                                         call->attributes.eps};
}

static void run_statistics(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    reference_batch_norm_statistics(&s, in[0], out[0], out[1]);
}

/* mean: a sum of x over M. var: a sum of squares d^2, d = x - mean, over M; an error e of the mean
 * adds e^2 to it (its first order vanishes, since the d add up to 0), and e is at most
 * 8 eps sqrt(M) times the scale of the mean. */
static void scale_statistics(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    double rows = (double)s.rows, *mean = out[0], *var = out[1];
    const double *x = in[0];
    run_statistics(call, in, out);
    for (size_t c = 0; c < s.channels; c++) {
        double squares = 0.0, fourths = 0.0;
        for (size_t m = 0; m < s.rows; m++) {
            double value = x[m * s.channels + c];
            squares += value * value;
            fourths += pow(value - mean[c], 4);
        }
        mean[c] = sqrt(squares) / rows;
        double shift = 8.0 * FLT_EPSILON * sqrt(rows) * mean[c];
        var[c] = sqrt(fourths) / rows + shift * shift / (8.0 * FLT_EPSILON * sqrt(rows));
    }
}

static void run_apply(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    reference_batch_norm_apply(&s, in[0], in[1], in[2], in[3], in[4], out[0]);
}

/* x - mean, rounded once, is exact but for half an ulp however large the mean; every later step has
 * an error in proportion to the product, and the last one to the sum with beta. */
static void scale_apply(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    const double *x = in[0], *mean = in[1], *var = in[2], *gamma = in[3], *beta = in[4];
    double *y = out[0];
    for (size_t i = 0; i < s.rows * s.channels; i++) {
        size_t c = i % s.channels;
        y[i] = fabs(gamma[c] * (x[i] - mean[c])) / sqrt(var[c] + s.eps) + fabs(beta[c]);
    }
}

static void run_update(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = {(size_t)call->attributes.count, (size_t)call->in[0].shape.c,
                                     0.0};
    reference_batch_norm_update(&s, call->attributes.momentum, in[0], in[1], out[0], out[1]);
}

/* The magnitudes of both terms added up. */
static void scale_update(const struct op_call *call, const void *const *in, void *const *out)
{
    const double *mean = in[0], *var = in[1];
    double *running_mean = out[0], *running_var = out[1], momentum = call->attributes.momentum;
    double rows = (double)call->attributes.count, unbiased = rows > 1.0 ? rows / (rows - 1.0) : 1.0;
    for (size_t c = 0; c < elementwise_input_count(call, 0); c++) {
        running_mean[c] = fabs(running_mean[c] * (1.0 - momentum)) + fabs(mean[c] * momentum);
        running_var[c] =
            fabs(running_var[c] * (1.0 - momentum)) + fabs(var[c] * momentum * unbiased);
    }
}

static void run_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    reference_batch_norm_backward(&s, call->attributes.training, in[0], in[1], in[2], in[3], in[4],
                                  out[0], out[1], out[2]);
}

/* dgamma and dbeta are sums over M of dy xhat and dy. dx is a difference of terms of its own
 * element, each with an error in proportion to it, and of the two sums over M with theirs; the
 * first part does not grow with M, so the factor sqrt(M) of the bound is taken out of it. */
static void scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = reference_sizes(call);
    const double *x = in[0], *mean = in[1], *var = in[2], *gamma = in[3], *dy = in[4];
    double *dx = out[0], *dgamma = out[1], *dbeta = out[2];
    double rows = (double)s.rows, training = call->attributes.training ? 1.0 : 0.0;
    run_backward(call, in, out);
    for (size_t c = 0; c < s.channels; c++) {
        double deviation = sqrt(var[c] + s.eps), products = 0.0, squares = 0.0;
        for (size_t i = c; i < s.rows * s.channels; i += s.channels) {
            double xhat = (x[i] - mean[c]) / deviation;
            products += dy[i] * xhat * dy[i] * xhat;
            squares += dy[i] * dy[i];
        }
        for (size_t i = c; i < s.rows * s.channels; i += s.channels) {
            double xhat = fabs(x[i] - mean[c]) / deviation;
            double own = fabs(dbeta[c]) / rows + xhat * fabs(dgamma[c]) / rows;
            double sums = sqrt(squares) / rows + xhat * sqrt(products) / rows;
            dx[i] = fabs(gamma[c]) / deviation *
                    ((fabs(dy[i]) + training * own) / sqrt(rows) + training * sums);
        }
        dgamma[c] = sqrt(products);
        dbeta[c] = sqrt(squares);
    }
}

static double terms(const struct op_call *call)
{
    return (double)batch_norm_rows(call);
}

/* Operations for each element of output 0: channels for the statistics, else all. */
static void cost_statistics(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 4.0 * (double)batch_norm_rows(call));
}

static void cost_apply(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 3.0);
}

static void cost_update(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 7.0);
    for (int o = 0; o < 2; o++) cost->bytes += (double)tensor_bytes(call->out[o]);
}

static void cost_backward(const struct op_call *call, struct op_cost *cost)
{
    elementwise_cost(call, cost, 10.0);
}

const struct op op_batch_norm_statistics = {
    .stem = "batch_norm",
    .pass = "statistics",
    .min_inputs = 1,
    .max_inputs = 1,
    .bound = BOUND_SCALE,
    .infer = infer_statistics,
    .reference = run_statistics,
    .scale = scale_statistics,
    .reduction = terms,
    .cost = cost_statistics,
    .algorithms = {{.name = "direct",
                    .workspace = batch_norm_workspace_statistics,
                    .launch = batch_norm_launch_statistics}},
};

const struct op op_batch_norm_apply = {
    .stem = "batch_norm",
    .pass = "apply",
    .min_inputs = 5,
    .max_inputs = 5,
    .bound = BOUND_SCALE,
    .infer = infer_apply,
    .gradient = emit_gradients,
    .reference = run_apply,
    .scale = scale_apply,
    .cost = cost_apply,
    .algorithms = {{.name = "direct", .launch = batch_norm_launch_apply}},
};

const struct op op_batch_norm_update = {
    .stem = "batch_norm",
    .pass = "update",
    .min_inputs = 2,
    .max_inputs = 2,
    .updates = 3,
    .bound = BOUND_SCALE,
    .infer = infer_update,
    .reference = run_update,
    .scale = scale_update,
    .cost = cost_update,
    .algorithms = {{.name = "direct", .launch = batch_norm_launch_update}},
};

const struct op op_batch_norm_backward = {
    .stem = "batch_norm",
    .pass = "backward",
    .min_inputs = 5,
    .max_inputs = 5,
    .bound = BOUND_SCALE,
    .infer = infer_backward,
    .reference = run_backward,
    .scale = scale_backward,
    .reduction = terms,
    .cost = cost_backward,
    .algorithms = {{.name = "direct",
                    .workspace = batch_norm_workspace_backward,
                    .launch = batch_norm_launch_backward}},
};

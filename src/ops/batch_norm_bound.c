/* How far batch_norm may be from its reference: the scales of its errors. */
#include <float.h>
#include <math.h>

#include "ops/batch_norm.h"
#include "ops/elementwise.h"

/* What a bound c * FLT_EPSILON * sqrt(reduction) * scale makes of a scale of 1, c as in op.h. */
static double unit(double reduction)
{
    return 8.0 * (double)FLT_EPSILON * sqrt(reduction);
}

/* mean: a sum of w x over M. var: a sum of squares w d^2, d = x - mean, over M; an error e of the
 * mean adds e^2 to it (its first order vanishes, since the w d add up to 0), and e is at most
 * 8 eps sqrt(rows) times the scale of the mean. */
void batch_norm_scale_statistics(const struct op_call *call, const void *const *in,
                                 void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    double *mean = out[0], *var = out[1], error = unit((double)s.rows);
    double count = reference_batch_norm_count(&s);
    const double *x = in[0];
    reference_batch_norm_statistics(&s, x, mean, var);
    for (size_t c = 0; c < s.channels; c++) {
        double squares = 0.0, fourths = 0.0;
        for (size_t m = 0; m < s.rows; m++) {
            double value = x[m * s.channels + c], weight = reference_batch_norm_weight(&s, m);
            squares += pow(weight * value, 2);
            fourths += pow(weight, 2) * pow(value - mean[c], 4);
        }
        mean[c] = sqrt(squares) / count;
        var[c] = sqrt(fourths) / count + pow(error * mean[c], 2) / error;
    }
}

/* What x becomes on its way to the leaky ReLU. */
struct passage {
    double xhat;
    double scale; /* of the error of z = gamma xhat + beta */
    double slope; /* of the leaky ReLU there */
    bool either;  /* z is so near to 0 that either side is right */
};

/* x - mean, rounded once, is exact but for half an ulp however large the mean; every later step
 * has an error in proportion to the product, and the last one to the sum with beta. */
static struct passage passage_of(const struct reference_batch_norm *s, double x, double mean,
                                 double var, double gamma, double beta)
{
    struct passage p = {.xhat = (x - mean) / sqrt(var + s->eps)};
    double z = gamma * p.xhat + beta;
    p.scale = fabs(gamma * p.xhat) + fabs(beta);
    p.slope = z > 0.0 ? 1.0 : s->slope;
    p.either = fabs(z) < unit(1.0) * p.scale;
    return p;
}

/* The leaky ReLU multiplies the error of z by its slope. */
void batch_norm_scale_apply(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    const double *x = in[0], *mean = in[1], *var = in[2], *gamma = in[3], *beta = in[4];
    double *y = out[0];
    for (size_t i = 0; i < s.rows * s.channels; i++) {
        size_t c = i % s.channels;
        struct passage p = passage_of(&s, x[i], mean[c], var[c], gamma[c], beta[c]);
        y[i] = (p.either ? fmax(1.0, s.slope) : p.slope) * p.scale;
    }
}

/* The magnitudes of both terms added up. */
void batch_norm_scale_update(const struct op_call *call, const void *const *in, void *const *out)
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

/* w' and what is taken from beta are products, each step of which is rounded. */
void batch_norm_scale_fold(const struct op_call *call, const void *const *in, void *const *out)
{
    const double *w = in[0], *mean = in[1], *var = in[2], *gamma = in[3], *beta = in[4];
    double *folded = out[0], *bias = out[1], eps = call->attributes.eps;
    size_t channels = (size_t)call->in[0].shape.c;
    for (size_t i = 0; i < elementwise_input_count(call, 0); i++) {
        size_t k = i % channels;
        folded[i] = fabs(w[i] * gamma[k]) / sqrt(var[k] + eps);
        bias[k] = fabs(beta[k]) + fabs(mean[k] * gamma[k]) / sqrt(var[k] + eps);
    }
}

/* dgamma and dbeta are sums over M of dz xhat and dz. Where either side of the kink is right, dz
 * may be off by `choice`, and so may the sums. dx is a difference of terms of its own element, each
 * with an error in proportion to it, and of the two sums over M with theirs, times the picture's
 * share of the whole as the reference has it; the first part does not grow with M, so the factor
 * sqrt(M) of the bound is taken out of it. */
void batch_norm_scale_backward(const struct op_call *call, const void *const *in, void *const *out)
{
    struct reference_batch_norm s = batch_norm_sizes(call, in);
    const double *x = in[0], *mean = in[1], *var = in[2], *gamma = in[3], *beta = in[4];
    const double *dy = in[5];
    double *dx = out[0], *dgamma = out[1], *dbeta = out[2];
    double rows = (double)s.rows;
    double share = call->attributes.training ? 1.0 / reference_batch_norm_count(&s) : 0.0;
    op_get(call->kind)->reference(call, in, out);
    for (size_t c = 0; c < s.channels; c++) {
        double products = 0.0, squares = 0.0, product_choices = 0.0, choices = 0.0;
        for (size_t i = c; i < s.rows * s.channels; i += s.channels) {
            struct passage p = passage_of(&s, x[i], mean[c], var[c], gamma[c], beta[c]);
            double dz = p.slope * dy[i];
            double choice = p.either ? fabs((1.0 - s.slope) * dy[i]) : 0.0;
            products += dz * p.xhat * dz * p.xhat;
            squares += dz * dz;
            product_choices += choice * fabs(p.xhat);
            choices += choice;
        }
        double scale_gamma = sqrt(products) + product_choices / unit(rows);
        double scale_beta = sqrt(squares) + choices / unit(rows);
        for (size_t i = c; i < s.rows * s.channels; i += s.channels) {
            struct passage p = passage_of(&s, x[i], mean[c], var[c], gamma[c], beta[c]);
            double choice = p.either ? fabs((1.0 - s.slope) * dy[i]) : 0.0;
            double part = share * reference_batch_norm_weight(&s, i / s.channels);
            double own = fabs(p.slope * dy[i]) + part * (fabs(dbeta[c]) + fabs(p.xhat * dgamma[c]));
            double sums = part * (scale_beta + fabs(p.xhat) * scale_gamma);
            dx[i] = fabs(gamma[c]) / sqrt(var[c] + s.eps) *
                    (own / sqrt(rows) + choice / unit(rows) + sums);
        }
        dgamma[c] = scale_gamma;
        dbeta[c] = scale_beta;
    }
}

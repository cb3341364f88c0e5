#include "reference/batch_norm.h"

#include <math.h>

double reference_batch_norm_weight(const struct reference_batch_norm *s, size_t row)
{
    return s->weights ? s->weights[row / s->area] : 1.0;
}

double reference_batch_norm_count(const struct reference_batch_norm *s)
{
    double count = 0.0;
    for (size_t m = 0; m < s->rows; m++) count += reference_batch_norm_weight(s, m);
    return count;
}

void reference_batch_norm_statistics(const struct reference_batch_norm *s, const double *x,
                                     double *mean, double *var)
{
    double count = reference_batch_norm_count(s);
    for (size_t c = 0; c < s->channels; c++) {
        double sum = 0.0, squares = 0.0;
        for (size_t m = 0; m < s->rows; m++) {
            sum += reference_batch_norm_weight(s, m) * x[m * s->channels + c];
        }
        mean[c] = sum / count;
        for (size_t m = 0; m < s->rows; m++) {
            double difference = x[m * s->channels + c] - mean[c];
            squares += reference_batch_norm_weight(s, m) * difference * difference;
        }
        var[c] = squares / count;
    }
}

void reference_batch_norm_apply(const struct reference_batch_norm *s, const double *x,
                                const double *mean, const double *var, const double *gamma,
                                const double *beta, double *y)
{
    for (size_t m = 0; m < s->rows; m++) {
        for (size_t c = 0; c < s->channels; c++) {
            size_t i = m * s->channels + c;
            double z = gamma[c] * (x[i] - mean[c]) / sqrt(var[c] + s->eps) + beta[c];
            y[i] = z > 0.0 ? z : s->slope * z;
        }
    }
}

void reference_batch_norm_backward(const struct reference_batch_norm *s, int training,
                                   const double *x, const double *mean, const double *var,
                                   const double *gamma, const double *beta, const double *dy,
                                   double *dx, double *dgamma, double *dbeta)
{
    double count = reference_batch_norm_count(s);
    for (size_t c = 0; c < s->channels; c++) {
        double deviation = sqrt(var[c] + s->eps);
        dgamma[c] = 0.0;
        dbeta[c] = 0.0;
        for (size_t m = 0; m < s->rows; m++) {
            size_t i = m * s->channels + c;
            double z = gamma[c] * (x[i] - mean[c]) / deviation + beta[c];
            dx[i] = z > 0.0 ? dy[i] : s->slope * dy[i]; /* dz, for the moment */
            dgamma[c] += dx[i] * (x[i] - mean[c]) / deviation;
            dbeta[c] += dx[i];
        }
        for (size_t m = 0; m < s->rows; m++) {
            size_t i = m * s->channels + c;
            double through_statistics = 0.0;
            if (training) {
                double xhat = (x[i] - mean[c]) / deviation;
                double share = reference_batch_norm_weight(s, m) / count;
                through_statistics = share * (dbeta[c] + xhat * dgamma[c]);
            }
            dx[i] = gamma[c] / deviation * (dx[i] - through_statistics);
        }
    }
}

void reference_batch_norm_update(const struct reference_batch_norm *s, double momentum,
                                 const double *mean, const double *var, double *running_mean,
                                 double *running_var)
{
    double rows = (double)s->rows;
    double unbiased = s->rows > 1 ? rows / (rows - 1.0) : 1.0;
    for (size_t c = 0; c < s->channels; c++) {
        running_mean[c] = (1.0 - momentum) * running_mean[c] + momentum * mean[c];
        running_var[c] = (1.0 - momentum) * running_var[c] + momentum * var[c] * unbiased;
    }
}

void reference_batch_norm_fold(const struct reference_batch_norm *s, const double *w,
                               const double *mean, const double *var, const double *gamma,
                               const double *beta, double *folded, double *bias)
{
    for (size_t c = 0; c < s->channels; c++) {
        double factor = gamma[c] / sqrt(var[c] + s->eps);
        for (size_t m = 0; m < s->rows; m++) {
            folded[m * s->channels + c] = w[m * s->channels + c] * factor;
        }
        bias[c] = beta[c] - mean[c] * factor;
    }
}

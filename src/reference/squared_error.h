/* Squared error against a target:
 *     loss  = scale sum (x - t)^2
 *     dx[i] = 2 scale dloss (x[i] - t[i]) */
#ifndef SAAE_REFERENCE_SQUARED_ERROR_H
#define SAAE_REFERENCE_SQUARED_ERROR_H

#include <stddef.h>

/* loss: one number. */
void reference_squared_error_forward(size_t count, double scale, const double *x, const double *t,
                                     double *loss);
void reference_squared_error_backward(size_t count, double scale, const double *x, const double *t,
                                      double dloss, double *dx);

#endif

/* How PyTorch lays the parameters out, and how they lie here.
 *
 * Convolution weights are {R, S, C, K} here and [K][C][R][S] there. A linear layer's are
 * {1, 1, in, out} here and [out][in] there; where its input or output is a flattened map, the
 * index is (h W + w) C + c here (channels last) and (c H + h) W + w there (channels first).
 * Everything else is a vector in the same order in both. */
#ifndef SAAE_MODELS_LAYOUT_H
#define SAAE_MODELS_LAYOUT_H

#include "models/network.h"

enum { LAYOUT_MAX_RANK = 4 };

/* PyTorch's shape of the parameter; returns its rank. */
int layout_shape(const struct parameter *parameter, size_t shape[LAYOUT_MAX_RANK]);

/* shape_count(parameter->shape) elements from one layout to the other; the arrays don't overlap. */
void layout_to_pytorch(const struct parameter *parameter, const float *values, float *pytorch);
void layout_from_pytorch(const struct parameter *parameter, const float *pytorch, float *values);

#endif

/* How many predictions are right, times scale.
 *
 * logits [n][classes], labels [n]. With several classes the prediction is the largest of the first
 * `candidates` logits (1 .. classes), the first of equals. With one class the logit says whether the label is 0: positive means yes. */
#ifndef SAAE_REFERENCE_ACCURACY_H
#define SAAE_REFERENCE_ACCURACY_H

#include <stdint.h>

/* y: one number. */
void reference_accuracy_forward(int n, int classes, int candidates, double scale, const double *logits,
                                const int32_t *labels, double *y);

#endif

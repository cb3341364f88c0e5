/* Watches a run for the ways in which adversarial training goes wrong, and warns once for each. */
#ifndef SAAE_TRAIN_MONITOR_H
#define SAAE_TRAIN_MONITOR_H

#include <stddef.h>

#include "models/steps.h"

struct monitor {
    int classes;
    int seen;                      /* adversarial steps looked at */
    double real, generated, cross; /* running means of D's accuracies */
    bool warned_wins, warned_chance, warned_collapse;
};

/* After each logged step; share: how much of the adversarial steps is done, 0 to 1. */
void monitor_losses(struct monitor *monitor, const struct step_losses *losses, double share);

/* After each sample grid: `drawn` [styles][contents][pixels] with the same contents for every
 * style, `real` [styles][pixels]. Warns when what is drawn hardly depends on the style: variance
 * over styles below 1 % of that of the style images. */
void monitor_samples(struct monitor *monitor, const float *drawn, const float *real, int styles,
                     int contents, size_t pixels);

/* The quotient that monitor_samples looks at; 0 when the style images do not differ. */
double monitor_style_ratio(const float *drawn, const float *real, int styles, int contents,
                           size_t pixels);

#endif

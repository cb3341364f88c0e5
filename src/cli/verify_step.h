/* The part of `saae verify` that runs whole training steps, and its traces. */
#ifndef SAAE_CLI_VERIFY_STEP_H
#define SAAE_CLI_VERIFY_STEP_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "verify/verify.h"

struct verify_step_command {
    bool full, verbose;
    bool brief; /* one update, and only the preset tiny: the others count as skipped */
    uint64_t seed;
    FILE *text;
    cJSON *failures; /* array */
};

/* One step of each kind, with the presets tiny and small (paper too with `full`), against the
 * reference; each counts as a case in *tally. SAAE_FAILED: one of them parted. */
int verify_step_cases(struct device *device, const struct verify_step_command *command,
                      struct verify_tally *tally);

/* `steps` steps of the three kinds in turn, side by side with a second device (NULL: the
 * reference); prints where they part first. */
int verify_step_trace(struct device *device, struct device *against, int steps, const char *preset,
                      const struct verify_step_command *command);

#endif

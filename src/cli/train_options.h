/* The command line of `saae train`, and the settings and data that follow from it. */
#ifndef SAAE_CLI_TRAIN_OPTIONS_H
#define SAAE_CLI_TRAIN_OPTIONS_H

#include "cli/options.h"
#include "data/content.h"
#include "data/dataset.h"
#include "train/settings.h"

struct train_command {
    const char *data, *content, *font, *out, *device, *preset, *discriminator, *head, *encode;
    const char *epochs, *rates;
    struct option_size size;
    int channels;
    bool resume, allow_different_bits, no_tune, retune, exact, dry_run, profile;
    int max_steps;
    struct train_settings settings; /* what the options set; 0 or empty: the preset's */
};

/* OPTIONS_HELP: the help was printed. */
int train_command_parse(struct train_command *command, int argc, char **argv);

/* Opens the data and the contents and completes the settings: those of the run when resuming. */
int train_command_settings(const struct train_command *command, struct train_settings *settings,
                           struct dataset *set, struct contents *contents);

#endif

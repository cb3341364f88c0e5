#include "cli/train_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "cli/common.h"
#include "data/utf8.h"
#include "train/train.h"

int train_command_parse(struct train_command *command, int argc, char **argv)
{
    *command = (struct train_command){.data = "fashion-mnist", .preset = "small"};
    struct train_settings *s = &command->settings;
    train_settings_default(s);
    s->config.slope = -1.0; /* not given */
    const struct option options[] = {
        {"data", OPTION_TEXT, &command->data, "DATA",
         "fashion-mnist, mnist, idx:DIR, folder:DIR (one sub-folder a class)"},
        {"out", OPTION_TEXT, &command->out, "DIR", "folder of the run", .required = true},
        {"content", OPTION_TEXT, &command->content, "KIND",
         "content pictures: glyphs (class names drawn with --font), medoids (the most typical "
         "image "
         "of each class) or folder:DIR; default: glyphs where every class is one character"},
        {"font", OPTION_TEXT, &command->font, "FILE", "font for glyphs (default DejaVu Sans)"},
        {"preset", OPTION_CHOICE, &command->preset, "tiny|small|paper", "sizes of the networks"},
        {"epochs", OPTION_TEXT, &command->epochs, "A,B,C",
         "passes over the images in steps 1, 2 and 3 (default 2,0.3,4)"},
        {"max-steps", OPTION_INT, &command->max_steps, "N", "end after N steps in all",
         .minimum = 1, .maximum = 2e9},
        {"batch", OPTION_INT, &s->batch, "N", "images in a step", .minimum = 1, .maximum = 65536},
        {"micro-batch", OPTION_INT, &s->micro_batch, "N",
         "images at once where the device has no room for a batch, a divisor of it: their "
         "gradients "
         "add up to the batch's, batch-norm works with the statistics of N images",
         .minimum = 1, .maximum = 65536},
        {"seed", OPTION_COUNTER, &s->seed, "S", "everything that is drawn follows from it"},
        {"limit", OPTION_INT, &s->limit, "N", "use N images only", .minimum = 1, .maximum = 2e9},
        {"size", OPTION_SIZE, &command->size, "HxW", "resize all pictures", .minimum = 4,
         .maximum = 4096},
        {"channels", OPTION_INT, &command->channels, "N", "1: grey, 3: colour", .minimum = 1,
         .maximum = 3},
        {"features", OPTION_INT, &s->config.features, "F", "channels of the convolutions",
         .minimum = 1, .maximum = 1024},
        {"filter", OPTION_INT, &s->config.filter, "R", "side of the filters, odd", .minimum = 1,
         .maximum = 15},
        {"style-vector", OPTION_INT, &s->config.style_vector, "N", "length of the style code",
         .minimum = 1, .maximum = 65536},
        {"hidden", OPTION_INT, &s->config.hidden, "N", "width of D's hidden layer", .minimum = 1,
         .maximum = 65536},
        {"slope", OPTION_DOUBLE, &s->config.slope, "X", "of the leaky ReLU", .minimum = 0,
         .maximum = 0.99},
        {"discriminator", OPTION_CHOICE, &command->discriminator, "multiclass|binary",
         "k + 1 classes (default) or real against generated"},
        {"head", OPTION_CHOICE, &command->head, "softmax|sigmoid",
         "of the multiclass discriminator"},
        {"output-batch-norm", OPTION_INT, &s->config.output_batch_norm, "0|1",
         "batch-norm on the decoder's last layer", .minimum = 0, .maximum = 1},
        {"adversarial", OPTION_DOUBLE, &s->adversarial, "L",
         "weight of the adversarial term for each pixel", .minimum = 0, .maximum = 1e6},
        {"rates", OPTION_TEXT, &command->rates, "A,B,C",
         "Adam's rates: G in step 1, D, G in step 3 (default 1e-3,2e-4,2e-4)"},
        {"decay", OPTION_DOUBLE, &s->decay, "X",
         "share of the rates that is left at the end of step 3", .minimum = 0, .maximum = 1},
        {"log-every", OPTION_INT, &s->log_every, "N", "steps between lines of metrics",
         .minimum = 1, .maximum = 1e9},
        {"sample-every", OPTION_INT, &s->sample_every, "N", "steps between sample grids",
         .minimum = 1, .maximum = 1e9},
        {"checkpoint-every", OPTION_INT, &s->checkpoint_every, "N", "steps between checkpoints",
         .minimum = 1, .maximum = 1e9},
        {"resume", OPTION_FLAG, &command->resume, NULL,
         "go on with the run in --out; its settings are taken from there"},
        {"allow-different-bits", OPTION_FLAG, &command->allow_different_bits, NULL,
         "resume on another device, driver or version, or with --retune"},
        {"encode-contents", OPTION_CHOICE, &command->encode, "auto|once|each",
         "each content picture of the set once in a step, or that of each image; auto (default): "
         "once where the set is at most half a batch"},
        {"no-tune", OPTION_FLAG, &command->no_tune, NULL,
         "measure nothing: the algorithms that are usual on such devices (a resumed run keeps its "
         "own)"},
        {"retune", OPTION_FLAG, &command->retune, NULL,
         "measure anew which algorithms are the fastest, forgetting what is kept for this device, "
         "tunings too"},
        {"exact", OPTION_FLAG, &command->exact, NULL,
         "only algorithms that sum what the formulas say: no Winograd, no Fourier transforms; "
         "several times slower on a CPU. A run that goes on keeps to it"},
        {"dry-run", OPTION_FLAG, &command->dry_run, NULL, "print the plan and end"},
        {"profile", OPTION_FLAG, &command->profile, NULL,
         "time every node of each step and end: ms, GFLOP/s, GB/s"},
        {"device", OPTION_TEXT, &command->device, "D",
         "P:D, part of a name, cpu, gpu or reference (default: SAAE_DEVICE, else the best)"},
    };
    const struct option_table table = {
        .command = "train",
        .synopsis = "--out DIR [OPTION...]",
        .summary = "Trains the generator and the discriminator in three steps.",
        .example = "saae train --data fashion-mnist --preset small --out runs/fashion",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    int status = options_parse(&table, argc, argv);
    if (status == SAAE_OK && command->no_tune && command->retune) {
        return status_set(SAAE_USAGE, "--no-tune and --retune contradict each other: give one");
    }
    if (status == SAAE_OK && command->exact && command->retune) {
        return status_set(SAAE_USAGE, "--exact and --retune contradict each other: --retune looks "
                                      "for the fastest algorithms, --exact does without most");
    }
    return status;
}

static int read_three(const char *name, const char *text, double values[3])
{
    char end;
    if (!text) return SAAE_OK;
    if (sscanf(text, "%lf,%lf,%lf%c", &values[0], &values[1], &values[2], &end) == 3) {
        return SAAE_OK;
    }
    return status_set(SAAE_USAGE,
                      "--%s '%s': three numbers parted by commas are wanted, as in "
                      "--%s 2,0.3,4",
                      name, text, name);
}

/* The preset's sizes where no option gave one. */
static int complete_config(const struct train_command *command, const struct dataset *set,
                           struct saae_config *config)
{
    const struct saae_config given = command->settings.config;
    struct saae_config preset = {0};
    int status = saae_config_preset(&preset, command->preset);
    if (status != SAAE_OK) return status;
    *config = preset;
    if (given.features) config->features = given.features;
    if (given.filter) config->filter = given.filter;
    if (given.style_vector) config->style_vector = given.style_vector;
    if (given.hidden) config->hidden = given.hidden;
    if (given.slope >= 0.0) config->slope = given.slope;
    config->output_batch_norm = given.output_batch_norm;
    if (config->features != preset.features || config->filter != preset.filter ||
        config->style_vector != preset.style_vector || config->hidden != preset.hidden) {
        snprintf(config->preset, sizeof config->preset, "custom");
    }
    if (command->discriminator && strcmp(command->discriminator, "binary") == 0) {
        config->discriminator = SAAE_BINARY;
        config->head = SAAE_SIGMOID;
    }
    if (command->head) {
        config->head = strcmp(command->head, "sigmoid") == 0 ? SAAE_SIGMOID : SAAE_SOFTMAX;
    }
    config->height = config->style_height = set->height;
    config->width = config->style_width = set->width;
    config->channels = set->channels;
    config->classes = set->classes;
    return SAAE_OK;
}

static bool names_are_characters(const struct dataset *set)
{
    for (int k = 0; k < set->classes; k++) {
        const char *name = set->class_names[k];
        size_t at = 0, size = strlen(name);
        uint32_t character;
        if (!utf8_decode(name, size, &at, &character) || at != size) return false;
    }
    return true;
}

static int open_contents(const char *wanted, const char *font, const struct dataset *set,
                         struct contents *contents)
{
    int status = SAAE_OK;
    const char *const *names = (const char *const *)set->class_names;
    bool glyphs = wanted[0] ? strcmp(wanted, "glyphs") == 0 : names_are_characters(set);
    if (glyphs) {
        char text[8192] = "";
        struct glyph_options options = glyph_default_options(set->height, set->width);
        options.channels = set->channels;
        for (int k = 0; k < set->classes; k++) {
            if (strlen(text) + strlen(names[k]) + 1 > sizeof text) {
                FAIL(SAAE_USAGE, "too many classes for glyphs: use --content medoids");
            }
            strcat(text, names[k]);
        }
        if (!names_are_characters(set)) {
            FAIL(SAAE_USAGE,
                 "--content glyphs: the class names of '%s' are not single characters; "
                 "use medoids or folder:DIR",
                 set->name);
        }
        TRY(contents_from_text(text, font, &options, contents));
    } else if (!wanted[0] || strcmp(wanted, "medoids") == 0) {
        TRY(contents_from_medoids(set, contents));
    } else if (strncmp(wanted, "folder:", 7) == 0) {
        TRY(contents_from_folder(wanted + 7, names, set->classes, set->height, set->width,
                                 set->channels, contents));
    } else {
        FAIL(SAAE_USAGE, "--content '%s': choose glyphs, medoids or folder:DIR", wanted);
    }
    TRY(contents_check(contents, names, set->classes));
done:
    return status;
}

/* Content pictures as settings.contents has them: KIND, a newline and the font if one was given. */
static int open_kept_contents(const struct train_settings *settings, const struct dataset *set,
                              struct contents *contents)
{
    char kind[sizeof settings->contents];
    snprintf(kind, sizeof kind, "%s", settings->contents);
    char *font = strchr(kind, '\n');
    if (font) *font++ = '\0';
    return open_contents(kind, font, set, contents);
}

/* A run's settings are its own; these are what somebody may want to change on the way. */
static int check_kept(const struct train_command *command, const struct train_settings *kept)
{
    int micro = command->settings.micro_batch;
    if (micro && micro != train_settings_rows(kept)) {
        return status_set(SAAE_USAGE,
                          "--micro-batch %d: the run in '%s' began with --micro-batch %d and keeps "
                          "it: batch-norm depends on it",
                          micro, command->out, train_settings_rows(kept));
    }
    if (!command->exact || kept->exact) return SAAE_OK;
    return status_set(SAAE_USAGE,
                      "--exact: the run in '%s' began without it and keeps its algorithms; go on "
                      "without --exact, or begin a new run",
                      command->out);
}

int train_command_settings(const struct train_command *command, struct train_settings *settings,
                           struct dataset *set, struct contents *contents)
{
    int status = SAAE_OK;
    struct dataset_options data = {.height = command->size.height,
                                   .width = command->size.width,
                                   .channels = command->channels,
                                   .limit = command->settings.limit};
    if (command->resume) {
        TRY(train_read_settings(command->out, settings));
        TRY(check_kept(command, settings));
        data = (struct dataset_options){.height = settings->config.height,
                                        .width = settings->config.width,
                                        .channels = settings->config.channels,
                                        .limit = settings->limit};
        TRY(dataset_open(settings->data, DATASET_TRAIN, &data, set));
        TRY(open_kept_contents(settings, set, contents));
        goto done;
    }
    *settings = command->settings;
    settings->encode_contents = (int)common_encode_contents(command->encode);
    settings->exact = command->exact;
    snprintf(settings->data, sizeof settings->data, "%s", command->data);
    snprintf(settings->contents, sizeof settings->contents, "%s%s%s",
             command->content ? command->content : "", command->font ? "\n" : "",
             command->font ? command->font : "");
    TRY(read_three("epochs", command->epochs, settings->epochs));
    TRY(read_three("rates", command->rates, settings->rates));
    TRY(dataset_open(command->data, DATASET_TRAIN, &data, set));
    TRY(complete_config(command, set, &settings->config));
    TRY(train_settings_check(settings));
    TRY(open_kept_contents(settings, set, contents));
done:
    return status;
}

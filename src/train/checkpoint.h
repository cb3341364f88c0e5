/* A trained model in one file, from which generation, evaluation and further training go on.
 *
 * A safetensors file. Tensors, parameters under PyTorch's names and in its layouts
 * (models/layout.h), so that Python's safetensors loads them as they are:
 *     generator.enc_content.0.conv.weight ...   parameters and running statistics, F32
 *     optimiser.m.NAME, optimiser.v.NAME        Adam's moments of parameter NAME, F32; optional:
 *                                               0 where state.adam_steps are
 *     contents.pixels [count][C][H][W] U8       the content pictures, none if count is 0,
 *     contents.class [count] I32                and their classes
 *     state.seed, state.step, state.adam_steps  I64 [1], [1], [2]
 * and strings in the metadata: "format" ("1"), "saae" (the program's version), "model" (the
 * configuration, a JSON object), "preset", "classes" and "contents" (JSON arrays of names),
 * "data", "command" and "run" (JSON of the caller's own). Random numbers are drawn by counter, so
 * that the seed and the step are all there is to keep of them. */
#ifndef SAAE_TRAIN_CHECKPOINT_H
#define SAAE_TRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "data/content.h"
#include "data/safetensors.h"
#include "models/saae.h"

enum { CHECKPOINT_FORMAT = 1 };

struct checkpoint_state {
    uint64_t seed;
    int64_t step;          /* training steps done */
    int64_t adam_steps[2]; /* updates of the generator, of the discriminator */
};

/* What a model comes with. NULL texts are kept as "". */
struct checkpoint_notes {
    const char *version;             /* of the program */
    const char *data;                /* the data set's name */
    const char *command;             /* that trained it */
    const char *run;                 /* JSON; "" or NULL: {} */
    const char *const *class_names;  /* config.classes of them */
    const struct contents *contents; /* of the configuration's size; NULL or empty: none */
};

/* Writes the model whole or not at all; a file that was there is kept as "path.previous".
 * SAAE_NUMERIC: a value is not finite (the message names the tensor): a bad state never replaces a
 * good one. SAAE_USAGE: the contents' size is not the model's; SAAE_IO. */
int checkpoint_save(const char *path, const struct saae_model *model,
                    const struct checkpoint_state *state, const struct checkpoint_notes *notes,
                    bool with_moments);

struct checkpoint {
    int format;
    struct saae_config config;
    struct checkpoint_state state;
    char *path, *version, *data, *command, *run;
    char **class_names; /* config.classes */
    struct contents contents;
    bool has_moments;
    struct safetensors tensors;
};

/* Reads a file that may come from anywhere and checks that it holds all tensors of the model that
 * its metadata describe, of the right shapes, and no others of a network. SAAE_INPUT: the message
 * names the file, the tensor, what was expected and found, and the cure. */
int checkpoint_open(const char *path, struct checkpoint *checkpoint);
void checkpoint_free(struct checkpoint *checkpoint); /* leaves it empty */

/* Fills those networks of a model, made with the checkpoint's config, that are allocated (for
 * training, if with_moments): inference needs no discriminator.
 * SAAE_INPUT: a value is not finite, the moments are asked for and neither there nor 0, or the
 * model is another one. */
int checkpoint_restore(const struct checkpoint *checkpoint, struct saae_model *model,
                       bool with_moments);

#endif

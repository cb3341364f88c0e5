/* What `saae generate` writes: a grid, a labelled set, or an array. */
#ifndef SAAE_CLI_GENERATE_OUTPUTS_H
#define SAAE_CLI_GENERATE_OUTPUTS_H

#include "cli/generate_inputs.h"
#include "models/pairs.h"

/* All that the outputs are made from. */
struct generation {
    const struct checkpoint *checkpoint;
    uint64_t checksum; /* of the checkpoint's file */
    struct pairs *pairs;
    const char *device; /* its name */
    bool batch_statistics;
    uint64_t seed;
    struct inputs contents, styles;
};

/* Every content (a column) in every style (a row). */
int output_grid(struct generation *generation, const char *path);

/* per_class pictures of each content, in styles drawn for it by the seed without repetition.
 *
 * A folder, which must not exist or be empty and appears whole or not at all:
 *     000000.png ...    content by content
 *     labels.txt        a line "000000.png LABEL" for each: the first blank parts them
 *     provenance.jsonl  a JSON object for each: image, label, content, style, seed, checkpoint ...
 * or a .npy file, float32 [count][C][H][W], what the generator gave before it became bytes. */
int output_set(struct generation *generation, const char *folder, int per_class);
int output_array(struct generation *generation, const char *path, int per_class);

#endif

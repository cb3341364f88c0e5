#include "models/step_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SLOT_UNIT = BUFFER_ALIGNMENT / 4 }; /* elements of 4 bytes */

size_t step_feed_offset(const struct step_feed *feed, int slot)
{
    int longest = feed->rows > feed->contents ? feed->rows : feed->contents;
    return (size_t)slot * size_round_up((size_t)longest, SLOT_UNIT);
}

size_t step_feed_bytes(const struct step_feed *feed)
{
    return 4 * (step_feed_offset(feed, FEED_INTEGERS) + step_feed_offset(feed, FEED_FLOATS));
}

int step_feed_create(struct step_feed *feed, struct device *device, int rows, int contents)
{
    int status = SAAE_OK;
    *feed = (struct step_feed){.rows = rows, .contents = contents};
    size_t integers = step_feed_offset(feed, FEED_INTEGERS);
    size_t floats = step_feed_offset(feed, FEED_FLOATS);
    TRY(storage_create(&feed->integers, device, DTYPE_I32, integers, "batch"));
    TRY(storage_create(&feed->floats, device, DTYPE_F32, floats, "scalars"));
    TRY(memory_allocate(&feed->staged_integers, integers, sizeof *feed->staged_integers));
    TRY(memory_allocate(&feed->staged_floats, floats, sizeof *feed->staged_floats));
    int32_t *every = feed->staged_integers + step_feed_offset(feed, FEED_EVERY_CONTENT);
    for (int i = 0; i < contents; i++) every[i] = i;
done:
    if (status != SAAE_OK) step_feed_free(feed);
    return status;
}

void step_feed_free(struct step_feed *feed)
{
    storage_free(feed->integers);
    storage_free(feed->floats);
    free(feed->staged_integers);
    free(feed->staged_floats);
    *feed = (struct step_feed){0};
}

static void stage_integers(struct step_feed *feed, const struct saae_config *config,
                           const struct step_input *input, size_t first)
{
    const int32_t *const sources[FEED_INTEGERS] = {
        [FEED_IMAGE] = input->image, [FEED_STYLE] = input->style,
        [FEED_OWN] = input->own,     [FEED_CROSS] = input->cross,
        [FEED_LABEL] = input->label, [FEED_CROSS_LABEL] = input->cross_label};
    bool binary = config->discriminator == SAAE_BINARY;
    size_t rows = (size_t)feed->rows;
    for (int slot = 0; slot < FEED_INTEGERS; slot++) {
        /* the binary D knows two classes: 0 real, 1 generated */
        bool class = slot == FEED_LABEL || slot == FEED_CROSS_LABEL;
        if (!sources[slot] || (class && binary)) continue;
        memcpy(feed->staged_integers + step_feed_offset(feed, slot), sources[slot] + first,
               rows * sizeof(int32_t));
    }
    int32_t *generated = feed->staged_integers + step_feed_offset(feed, FEED_GENERATED_LABEL);
    for (size_t i = 0; i < rows; i++) generated[i] = saae_generated_label(config);
}

/* How often each content picture occurs; an index out of range counts as the nearest one, as it
 * does where it selects. */
static void count_contents(struct step_feed *feed, int slot, const int32_t *index)
{
    float *counts = feed->staged_floats + step_feed_offset(feed, slot);
    for (int i = 0; i < feed->contents; i++) counts[i] = 0.0f;
    for (int i = 0; index && i < feed->rows; i++) {
        int last = feed->contents - 1, content = index[i] < last ? index[i] : last;
        counts[content > 0 ? content : 0] += 1.0f;
    }
}

static void stage_floats(struct step_feed *feed, const struct step_input *input, size_t first)
{
    float *generator = feed->staged_floats + step_feed_offset(feed, FEED_GENERATOR_ADAM);
    float *discriminator = feed->staged_floats + step_feed_offset(feed, FEED_DISCRIMINATOR_ADAM);
    for (int i = 0; i < 2; i++) {
        generator[i] = input->generator[i];
        discriminator[i] = input->discriminator[i];
    }
    count_contents(feed, FEED_OWN_COUNTS, input->own ? input->own + first : NULL);
    count_contents(feed, FEED_CROSS_COUNTS, input->cross ? input->cross + first : NULL);
}

int step_feed_send(struct step_feed *feed, const struct saae_config *config,
                   const struct step_input *input, int pass)
{
    const size_t first = (size_t)pass * (size_t)feed->rows;
    stage_integers(feed, config, input, first);
    stage_floats(feed, input, first);
    int status = storage_send(feed->integers, 0, feed->staged_integers, feed->integers->count);
    if (status != SAAE_OK) return status;
    return storage_send(feed->floats, 0, feed->staged_floats, feed->floats->count);
}

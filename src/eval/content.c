#include "eval/content.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"

/* Steps of RNG_SAMPLE, far from those of training's sample grids. */
enum { STYLE_STEP = 0x10000000, CLASS_STEP = 0x20000000, PICTURE_STEP = 0x30000000 };

void content_pairs_free(struct content_pairs *pairs)
{
    free(pairs->style);
    free(pairs->content);
    free(pairs->content_class);
    *pairs = (struct content_pairs){0};
}

/* The picture `wanted` (counted from 0) of those of the class; wanted -1: how many there are. */
static int find_content(const struct contents *contents, int class, int wanted)
{
    int seen = 0;
    for (int i = 0; i < contents->count; i++) {
        if (contents->class_of[i] != class) continue;
        if (seen == wanted) return i;
        seen++;
    }
    return seen;
}

static void draw_contents(struct content_pairs *pairs, const struct dataset *styles,
                          const struct contents *contents, uint64_t seed)
{
    struct rng class_rng = {seed, RNG_SAMPLE, CLASS_STEP};
    struct rng picture_rng = {seed, RNG_SAMPLE, PICTURE_STEP};
    for (int i = 0; i < pairs->count; i++) {
        int32_t own = styles->labels[pairs->style[i]];
        int32_t step = (int32_t)rng_below(&class_rng, (uint64_t)i, (uint32_t)styles->classes - 1);
        int32_t other = step + (step >= own);
        uint32_t of_class = (uint32_t)find_content(contents, other, -1);
        uint32_t picture = of_class > 1 ? rng_below(&picture_rng, (uint64_t)i, of_class) : 0;
        pairs->content_class[i] = other;
        pairs->content[i] = find_content(contents, other, (int)picture);
    }
}

int content_pairs_draw(struct content_pairs *pairs, const struct dataset *styles,
                       const struct contents *contents, int count, uint64_t seed)
{
    int status = SAAE_OK, epoch = -1;
    uint32_t *order = NULL;
    size_t n = (size_t)count;
    *pairs = (struct content_pairs){.count = count};
    if (styles->classes < 2) {
        FAIL(SAAE_INPUT, "'%s' has one class: a content of another class needs two", styles->name);
    }
    TRY(contents_check(contents, (const char *const *)styles->class_names, styles->classes));
    TRY(memory_allocate(&order, (size_t)styles->count, sizeof *order));
    TRY(memory_allocate(&pairs->style, n, sizeof *pairs->style));
    TRY(memory_allocate(&pairs->content, n, sizeof *pairs->content));
    TRY(memory_allocate(&pairs->content_class, n, sizeof *pairs->content_class));
    for (int i = 0; i < count; i++) {
        if (i / styles->count != epoch) {
            epoch = i / styles->count;
            struct rng rng = {seed, RNG_SAMPLE, STYLE_STEP + (uint32_t)epoch};
            rng_permutation(&rng, order, (size_t)styles->count);
        }
        pairs->style[i] = (int32_t)order[i % styles->count];
    }
    draw_contents(pairs, styles, contents, seed);
done:
    free(order);
    if (status != SAAE_OK) content_pairs_free(pairs);
    return status;
}

int content_confusion_create(struct content_confusion *confusion, int classes)
{
    size_t k = (size_t)classes, cells = 0;
    *confusion = (struct content_confusion){.classes = classes};
    if (!size_multiply(k, k, &cells)) {
        return status_set(SAAE_MEMORY, "%d classes are too many for a confusion matrix", classes);
    }
    return memory_allocate(&confusion->counts, cells, sizeof *confusion->counts);
}

void content_confusion_free(struct content_confusion *confusion)
{
    free(confusion->counts);
    *confusion = (struct content_confusion){0};
}

void content_confusion_add(struct content_confusion *confusion, int wanted, int found)
{
    confusion->counts[(size_t)wanted * (size_t)confusion->classes + (size_t)found]++;
    confusion->total++;
    confusion->right += wanted == found;
}

double content_class_accuracy(const struct content_confusion *confusion, int wanted)
{
    const int32_t *row = confusion->counts + (size_t)wanted * (size_t)confusion->classes;
    int total = 0;
    for (int k = 0; k < confusion->classes; k++) total += row[k];
    return content_share(row[wanted], total);
}

double content_share(int right, int total)
{
    return total ? (double)right / total : (double)NAN;
}

double content_share_error(int right, int total)
{
    double p = content_share(right, total);
    return total ? sqrt(p * (1.0 - p) / total) : (double)NAN;
}

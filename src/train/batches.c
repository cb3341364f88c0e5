#include "train/batches.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"
#include "base/status.h"

int batches_create(struct batches *batches, uint64_t seed, int batch, const int32_t *labels,
                   int images, const int32_t *content_of, int contents, int classes)
{
    int status = SAAE_OK;
    *batches = (struct batches){.seed = seed,
                                .batch = batch,
                                .images = images,
                                .classes = classes,
                                .contents = contents,
                                .labels = labels,
                                .content_of = content_of,
                                .epoch = -1};
    size_t n = (size_t)batch;
    if (classes < 2) FAIL(SAAE_INPUT, "one class only: a cross content needs at least two");
    TRY(memory_allocate(&batches->class_first, (size_t)classes + 1, sizeof(int)));
    TRY(memory_allocate(&batches->class_contents, (size_t)contents, sizeof(int32_t)));
    TRY(memory_allocate(&batches->order, (size_t)images, sizeof(uint32_t)));
    TRY(memory_allocate(&batches->image, n, sizeof(int32_t)));
    TRY(memory_allocate(&batches->own, n, sizeof(int32_t)));
    TRY(memory_allocate(&batches->cross, n, sizeof(int32_t)));
    TRY(memory_allocate(&batches->label, n, sizeof(int32_t)));
    TRY(memory_allocate(&batches->cross_label, n, sizeof(int32_t)));
    int used = 0;
    for (int k = 0; k < classes; k++) {
        batches->class_first[k] = used;
        for (int i = 0; i < contents; i++) {
            if (content_of[i] == k) batches->class_contents[used++] = i;
        }
        if (used == batches->class_first[k]) {
            FAIL(SAAE_INPUT, "class %d has no content picture", k);
        }
    }
    batches->class_first[classes] = used;
done:
    if (status != SAAE_OK) batches_free(batches);
    return status;
}

void batches_free(struct batches *batches)
{
    free(batches->class_first);
    free(batches->class_contents);
    free(batches->order);
    free(batches->image);
    free(batches->own);
    free(batches->cross);
    free(batches->label);
    free(batches->cross_label);
    *batches = (struct batches){0};
}

static int32_t content_for(const struct batches *batches, const struct rng *rng, uint64_t index,
                           int class)
{
    int first = batches->class_first[class], count = batches->class_first[class + 1] - first;
    uint32_t chosen = count > 1 ? rng_below(rng, index, (uint32_t)count) : 0;
    return batches->class_contents[first + (int)chosen];
}

void batches_make(struct batches *batches, int64_t number)
{
    struct rng cross = {batches->seed, RNG_CROSS, (uint32_t)number};
    struct rng content = {batches->seed, RNG_CONTENT, (uint32_t)number};
    for (int i = 0; i < batches->batch; i++) {
        int64_t sample = number * batches->batch + i;
        int64_t epoch = sample / batches->images;
        if (epoch != batches->epoch) {
            struct rng shuffle = {batches->seed, RNG_SHUFFLE, (uint32_t)epoch};
            rng_permutation(&shuffle, batches->order, (size_t)batches->images);
            batches->epoch = epoch;
        }
        int32_t image = (int32_t)batches->order[sample % batches->images];
        int32_t own = batches->labels[image];
        uint32_t step = rng_below(&cross, (uint64_t)i, (uint32_t)batches->classes - 1);
        int32_t other = (int32_t)step + ((int32_t)step >= own);
        batches->image[i] = image;
        batches->label[i] = own;
        batches->cross_label[i] = other;
        batches->own[i] = content_for(batches, &content, 2 * (uint64_t)i, own);
        batches->cross[i] = content_for(batches, &content, 2 * (uint64_t)i + 1, other);
    }
}

#include "eval/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/utf8.h"

enum { PREDICTING_BATCH = 64 };

void judge_free(struct judge *judge)
{
    file_free_names(judge->class_names, (size_t)judge->recogniser.config.classes);
    recogniser_free(&judge->recogniser);
    *judge = (struct judge){0};
}

int judge_check(const struct judge *judge, const char *path, const struct dataset *set)
{
    const struct recogniser_config *c = &judge->recogniser.config;
    if (c->height != set->height || c->width != set->width || c->channels != set->channels ||
        c->classes != set->classes) {
        return status_set(SAAE_INPUT,
                          "the judge '%s' knows %d classes of %dx%d pictures with %d channels, "
                          "'%s' has %d of %dx%d with %d: name another file, which is then made",
                          path, c->classes, c->height, c->width, c->channels, set->name,
                          set->classes, set->height, set->width, set->channels);
    }
    for (int k = 0; k < c->classes; k++) {
        if (!strcmp(judge->class_names[k], set->class_names[k])) continue;
        return status_set(SAAE_INPUT,
                          "the judge '%s' calls class %d '%s', '%s' calls it '%s': name another "
                          "file, which is then made",
                          path, k, judge->class_names[k], set->name, set->class_names[k]);
    }
    return SAAE_OK;
}

int judge_count_right(struct judge *judge, const struct dataset *set, int *right)
{
    int status = SAAE_OK;
    struct predictor *predictor = NULL;
    int32_t *labels = NULL;
    *right = 0;
    TRY(memory_allocate(&labels, (size_t)set->count, sizeof *labels));
    TRY(predictor_create(&predictor, &judge->recogniser, PREDICTING_BATCH));
    TRY(predictor_run_bytes(predictor, set->pixels, set->count, labels, NULL));
    for (int i = 0; i < set->count; i++) *right += labels[i] == set->labels[i];
done:
    predictor_free(predictor);
    free(labels);
    return status;
}

static int copy_names(char ***copies, char **names, int count)
{
    int status = SAAE_OK;
    TRY(memory_allocate(copies, (size_t)count, sizeof **copies));
    for (int k = 0; k < count; k++) TRY(memory_copy_text(&(*copies)[k], names[k]));
done:
    return status;
}

int judge_train(struct judge *judge, const struct dataset *train, const struct dataset *test,
                const struct recogniser_options *options, struct device *device,
                recogniser_progress progress, void *context)
{
    int status = SAAE_OK;
    struct recogniser_config config = {train->height, train->width, train->channels,
                                       train->classes};
    struct recogniser_set set = {train->count, train->pixels, train->labels};
    struct judge_training *t = &judge->training;
    size_t at = 0;
    *judge = (struct judge){0};
    t->train_images = train->count;
    t->test_images = test->count;
    t->epochs = options->epochs;
    t->rate = options->rate;
    t->batch = options->batch;
    t->seed = options->seed;
    if (utf8_check(train->name, strlen(train->name), &at)) {
        snprintf(t->data, sizeof t->data, "%s", train->name);
    } else {
        utf8_show(t->data, train->name); /* a path need not be UTF-8, the file's metadata are */
    }
    TRY(recogniser_create(&judge->recogniser, &config));
    TRY(copy_names(&judge->class_names, train->class_names, train->classes));
    TRY(judge_check(judge, "trained on the training pictures", test));
    TRY(network_allocate(&judge->recogniser.network, device, true));
    TRY(recogniser_train(&judge->recogniser, &set, options, progress, context));
    TRY(judge_count_right(judge, test, &t->test_right));
done:
    if (status != SAAE_OK) judge_free(judge);
    return status;
}

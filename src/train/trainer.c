#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct step_options step_options_of(const struct trainer *trainer)
{
    const struct train_settings *settings = trainer->settings;
    return (struct step_options){
        .batch = settings->batch,
        .micro_batch = settings->micro_batch,
        .adversarial = settings->adversarial,
        .beta1 = settings->beta1,
        .beta2 = settings->beta2,
        .eps = settings->adam_eps,
        .discriminator_beta1 = settings->discriminator_beta1,
        .discriminator_beta2 = settings->discriminator_beta2,
        .contents_once = train_settings_contents_once(settings, trainer->contents->count)};
}

/* Do the pictures fit the model? */
static int check_data(const struct trainer *trainer)
{
    const struct saae_config *c = &trainer->settings->config;
    const struct dataset *set = trainer->set;
    const struct contents *contents = trainer->contents;
    if (set->height != c->height || set->width != c->width || set->channels != c->channels ||
        set->classes != c->classes) {
        return status_set(SAAE_USAGE,
                          "data set '%s' has %d classes of %dx%dx%d, the model %d of %dx%dx%d",
                          set->name, set->classes, set->height, set->width, set->channels,
                          c->classes, c->height, c->width, c->channels);
    }
    if (c->style_height != c->height || c->style_width != c->width) {
        return status_set(SAAE_USAGE,
                          "with data set '%s' the style is the image itself: its size "
                          "cannot differ (%dx%d against %dx%d)",
                          set->name, c->style_height, c->style_width, c->height, c->width);
    }
    if (contents->height != c->height || contents->width != c->width ||
        contents->channels != c->channels) {
        return status_set(SAAE_USAGE, "content pictures are %dx%dx%d, the images %dx%dx%d",
                          contents->height, contents->width, contents->channels, c->height,
                          c->width, c->channels);
    }
    return SAAE_OK;
}

static int upload(struct storage **storage, struct device *device, const uint8_t *pixels,
                  size_t bytes, const char *what)
{
    int status = storage_create(storage, device, DTYPE_U8, bytes, what);
    return status == SAAE_OK ? storage_write(*storage, 0, pixels, bytes) : status;
}

int trainer_create(struct trainer *trainer, const struct train_options *options,
                   const struct dataset *set, const struct contents *contents,
                   struct device *device, bool dry)
{
    const struct train_settings *settings = &options->settings;
    int status = SAAE_OK;
    *trainer = (struct trainer){.options = options,
                                .settings = settings,
                                .set = set,
                                .contents = contents,
                                .device = device,
                                .state = {.seed = settings->seed}};
    size_t picture = (size_t)set->height * (size_t)set->width * (size_t)set->channels;
    TRY(memory_copy_text(&trainer->command, options->command ? options->command : ""));
    TRY(train_settings_check(settings));
    TRY(check_data(trainer));
    TRY(train_schedule_make(&trainer->schedule, settings, set->count));
    trainer->end = trainer->schedule.total;
    if (options->max_steps > 0 && options->max_steps < trainer->end) {
        trainer->end = options->max_steps;
    }
    trainer->monitor.classes = set->classes;
    TRY(saae_model_create(&trainer->model, &settings->config));
    TRY(batches_create(&trainer->batches, settings->seed, settings->batch, set->labels, set->count,
                       contents->class_of, contents->count, set->classes));
    /* for plans; the storages follow */
    trainer->model.generator.device = trainer->model.discriminator.device = device;
    trainer->data.image_count = set->count;
    trainer->data.content_count = contents->count;
    trainer->feed =
        (struct step_feed){.rows = train_settings_rows(settings), .contents = contents->count};
    /* before the networks take their memory: measuring needs some, for a while */
    TRY(trainer_choose(trainer, dry));
    if (dry) goto done;
    TRY(network_allocate(&trainer->model.generator, device, true));
    TRY(network_allocate(&trainer->model.discriminator, device, true));
    TRY(upload(&trainer->data.images, device, set->pixels, picture * (size_t)set->count, "images"));
    TRY(upload(&trainer->data.contents, device, contents->pixels, picture * (size_t)contents->count,
               "contents"));
    TRY(step_feed_create(&trainer->feed, device, trainer->feed.rows, contents->count));
done:
    if (status != SAAE_OK) trainer_free(trainer);
    return status;
}

void trainer_free(struct trainer *trainer)
{
    generator_free(trainer->generator);
    free(trainer->command);
    free(trainer->sample_style);
    free(trainer->sample_content);
    free(trainer->sample_drawn);
    step_free(&trainer->step);
    record_close(&trainer->record);
    step_feed_free(&trainer->feed);
    batches_free(&trainer->batches);
    storage_free(trainer->data.images);
    storage_free(trainer->data.contents);
    saae_model_free(&trainer->model);
    choices_free(&trainer->choices);
    *trainer = (struct trainer){0};
}

int trainer_use_step(struct trainer *trainer, enum step_kind kind, bool dry)
{
    if (trainer->step.graph && trainer->step.kind == kind) return SAAE_OK;
    struct step_options options = step_options_of(trainer);
    step_free(&trainer->step);
    return step_create(&trainer->step, kind, &trainer->model, &trainer->data, &trainer->feed,
                       &options, trainer->device, dry);
}

/* Adam's two scalars for update number t (from 1). */
static void adam_scalars(float scalars[2], double rate, double beta1, double beta2, int64_t t)
{
    scalars[0] = (float)(rate / (1.0 - pow(beta1, (double)t)));
    scalars[1] = (float)(1.0 / sqrt(1.0 - pow(beta2, (double)t)));
}

int trainer_step(struct trainer *trainer, int64_t number)
{
    const struct train_settings *s = trainer->settings;
    struct batches *b = &trainer->batches;
    double generator_rate, discriminator_rate;
    enum step_kind kind = train_schedule_kind(&trainer->schedule, number);
    int status = trainer_use_step(trainer, kind, false);
    if (status != SAAE_OK) return status;
    batches_make(b, number);
    train_schedule_rates(&trainer->schedule, s, number, &generator_rate, &discriminator_rate);
    struct step_input input = {.image = b->image,
                               .own = b->own,
                               .cross = b->cross,
                               .label = b->label,
                               .cross_label = b->cross_label};
    if (kind != STEP_DISCRIMINATOR) {
        adam_scalars(input.generator, generator_rate, s->beta1, s->beta2,
                     ++trainer->state.adam_steps[0]);
    }
    if (kind != STEP_AUTOENCODER) {
        adam_scalars(input.discriminator, discriminator_rate, s->discriminator_beta1,
                     s->discriminator_beta2, ++trainer->state.adam_steps[1]);
    }
    return step_run(&trainer->step, &input);
}

static size_t state_bytes(const struct saae_model *model)
{
    size_t values = model->generator.values + model->discriminator.values;
    size_t statistics = model->generator.statistics + model->discriminator.statistics;
    return (4 * values + statistics) * sizeof(float);
}

static size_t trained_parameters(const struct network *network)
{
    size_t count = 0;
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        if (parameter_trained(parameter)) count += shape_count(parameter->shape);
    }
    return count;
}

int trainer_estimate(struct trainer *trainer)
{
    const struct dataset *set = trainer->set;
    struct train_estimate *e = &trainer->estimate;
    size_t picture = (size_t)set->height * (size_t)set->width * (size_t)set->channels;
    size_t largest = 0, sampler = 0;
    int status = SAAE_OK;
    *e = (struct train_estimate){0};
    for (int k = 0; k < 3; k++) {
        int64_t first = trainer->schedule.first[k], count = trainer->schedule.count[k];
        if (first + count > trainer->end) count = trainer->end > first ? trainer->end - first : 0;
        e->kinds[k].steps = count;
        if (!count) continue;
        TRY(trainer_use_step(trainer, (enum step_kind)(k + 1), true));
        const struct plan_result *plan = executor_plan(trainer->step.executor);
        struct op_cost cost = step_cost(&trainer->step);
        e->kinds[k].nodes = trainer->step.graph->node_count;
        e->kinds[k].plan_bytes = plan->total;
        e->kinds[k].naive_bytes = plan->naive;
        e->kinds[k].flops = cost.flops;
        e->kinds[k].bytes = cost.bytes;
        if (plan->total > largest) largest = plan->total;
    }
    e->parameters = trained_parameters(&trainer->model.generator) +
                    trained_parameters(&trainer->model.discriminator);
    e->state_bytes = state_bytes(&trainer->model);
    e->data_bytes = picture * (size_t)(set->count + trainer->contents->count);
    TRY(generator_plan(&trainer->model, SAMPLE_BATCH, BATCH_NORM_INFER, &sampler));
    e->peak_bytes =
        largest + e->state_bytes + e->data_bytes + step_feed_bytes(&trainer->feed) + sampler;
    e->disk_bytes = 2 * 3 * e->parameters * sizeof(float) + e->parameters * sizeof(float);
done:
    step_free(&trainer->step);
    return status;
}

void trainer_estimate_time(struct trainer *trainer, double seconds)
{
    struct train_estimate *e = &trainer->estimate;
    const double pace = seconds / e->kinds[trainer->step.kind - 1].flops;
    e->seconds = 0.0;
    for (int k = 0; k < 3; k++) {
        e->kinds[k].seconds = pace * e->kinds[k].flops;
        e->seconds += e->kinds[k].seconds * (double)e->kinds[k].steps;
    }
}

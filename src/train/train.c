#include "train/train.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "train/trainer.h"

int train_read_settings(const char *folder, struct train_settings *settings)
{
    int status = SAAE_OK;
    char *path = NULL;
    struct checkpoint checkpoint = {0};
    cJSON *run = NULL;
    TRY(file_join(&path, folder, "checkpoint.safetensors"));
    if (!file_exists(path)) {
        FAIL(SAAE_INPUT, "'%s' holds no run to resume: there is no checkpoint.safetensors", folder);
    }
    TRY(checkpoint_open(path, &checkpoint));
    run = cJSON_Parse(checkpoint.run);
    const cJSON *kept = cJSON_GetObjectItemCaseSensitive(run, "settings");
    if (!kept) FAIL(SAAE_INPUT, "'%s' was not written by 'saae train'", path);
    status = train_settings_from_json(settings, kept);
    if (status != SAAE_OK) status = status_prefix(status, "'%s'", path);
done:
    cJSON_Delete(run);
    checkpoint_free(&checkpoint);
    free(path);
    return status;
}

int train_plan(const struct train_options *options, const struct dataset *set,
               const struct contents *contents, struct device *device,
               struct train_estimate *estimate)
{
    struct trainer trainer;
    int status = trainer_create(&trainer, options, set, contents, device, true);
    if (status != SAAE_OK) return status;
    status = trainer_estimate(&trainer);
    *estimate = trainer.estimate;
    trainer_free(&trainer);
    return status;
}

/* Names the first parameter that is not finite, else the loss. */
static int numeric_fault(struct trainer *trainer, const char *loss)
{
    int status = SAAE_OK;
    float *values = NULL;
    const struct network *networks[] = {&trainer->model.generator, &trainer->model.discriminator};
    const char *tensor = loss;
    for (int n = 0; n < 2 && tensor == loss; n++) {
        for (size_t p = 0; p < networks[n]->count && tensor == loss; p++) {
            const struct parameter *parameter = &networks[n]->parameters[p];
            size_t count = shape_count(parameter->shape);
            struct storage *storage =
                parameter_trained(parameter) ? networks[n]->value : networks[n]->statistic;
            free(values);
            values = NULL;
            TRY(memory_allocate(&values, count, sizeof *values));
            TRY(storage_read(storage, parameter->offset, values, count));
            for (size_t i = 0; i < count && tensor == loss; i++) {
                if (!isfinite(values[i])) tensor = parameter->name;
            }
        }
    }
    FAIL(SAAE_NUMERIC,
         "step %lld: '%s' is not finite; the last good checkpoint in '%s' was kept: go on from it "
         "with --resume and lower --rates",
         (long long)trainer->state.step, tensor, trainer->options->folder);
done:
    free(values);
    return status;
}

static int check_finite(struct trainer *trainer, const struct step_losses *losses)
{
    static const char *const names[] = {"reconstruction", "discriminator_real",
                                        "discriminator_generated", "adversarial"};
    const double values[] = {losses->reconstruction, losses->discriminator_real,
                             losses->discriminator_generated, losses->adversarial};
    for (int i = 0; i < 4; i++) {
        if (trainer->step.losses[i] >= 0 && !isfinite(values[i])) {
            return numeric_fault(trainer, names[i]);
        }
    }
    return SAAE_OK;
}

/* Time that went into steps, without samples and checkpoints. */
struct pace {
    double begun;  /* clock at the start of training */
    int kind;      /* of the steps that are timed; 0: none yet */
    double since;  /* clock when the steps since the last logged one began */
    int64_t steps; /* steps since then */
    double rate;   /* images/s of the last logged stretch of this kind; NAN: none yet */
    double timed;  /* clock after the first step */
    int64_t first; /* its number */
};

static double seconds_left(const struct trainer *trainer, double rate)
{
    const struct train_estimate *e = &trainer->estimate;
    enum step_kind kind = trainer->step.kind;
    double now = e->kinds[kind - 1].seconds, left = 0.0;
    double scale = now > 0.0 && rate > 0.0 ? trainer->settings->batch / rate / now : 1.0;
    for (int k = 0; k < 3; k++) {
        int64_t first = trainer->schedule.first[k], count = e->kinds[k].steps;
        int64_t done = trainer->state.step > first ? trainer->state.step - first : 0;
        if (done < count) left += (double)(count - done) * e->kinds[k].seconds * scale;
    }
    return left;
}

static int log_step(struct trainer *trainer, struct pace *pace)
{
    int status = SAAE_OK;
    struct record_line line = {.step = trainer->state.step, .kind = trainer->step.kind};
    TRY(step_read(&trainer->step, &line.losses));
    TRY(check_finite(trainer, &line.losses));
    double now = clock_seconds();
    if (pace->steps) {
        pace->rate = (double)pace->steps * trainer->settings->batch / (now - pace->since);
    }
    pace->since = now;
    pace->steps = 0;
    line.images_per_s = pace->rate;
    line.seconds = now - pace->begun;
    train_schedule_rates(&trainer->schedule, trainer->settings, trainer->state.step - 1,
                         &line.rate_generator, &line.rate_discriminator);
    TRY(record_add(&trainer->record, &line));
    int64_t adversarial = trainer->schedule.count[2];
    double share =
        adversarial ? (double)(line.step - trainer->schedule.first[2]) / (double)adversarial : 0;
    monitor_losses(&trainer->monitor, &line.losses, share);
    if (trainer->options->progressed) {
        trainer->options->progressed(
            trainer->options->context,
            &(struct train_progress){.step = line.step,
                                     .total = trainer->end,
                                     .kind = line.kind,
                                     .losses = line.losses,
                                     .images_per_s = pace->rate,
                                     .seconds_left = seconds_left(trainer, pace->rate)});
    }
done:
    return status;
}

static bool due(int64_t step, int every, int64_t end)
{
    return step == end || (every > 0 && step % every == 0);
}

/* The step's scalars, checked: nothing that is not finite is shown or saved. */
static int check_step(struct trainer *trainer)
{
    struct step_losses losses;
    int status = step_read(&trainer->step, &losses);
    return status == SAAE_OK ? check_finite(trainer, &losses) : status;
}

/* The first step of a kind builds kernels: the clock of those that follow starts behind it. */
static int start_clock(struct trainer *trainer, struct pace *pace)
{
    if (pace->kind == (int)trainer->step.kind) return SAAE_OK;
    int status = check_step(trainer); /* waits for the device */
    pace->since = clock_seconds();
    pace->steps = 0;
    pace->rate = NAN;
    if (!pace->kind) pace->timed = pace->since;
    pace->kind = (int)trainer->step.kind;
    return status;
}

/* The first steps say how long the run will take. */
static int estimate_time(struct trainer *trainer, struct pace *pace)
{
    enum { TIMED = 4 };
    const struct train_options *options = trainer->options;
    int64_t done = trainer->state.step - pace->first;
    bool last = done == 1 + TIMED || (done <= TIMED && trainer->state.step == trainer->end);
    if (!last) return SAAE_OK;
    int status = check_step(trainer); /* waits for the device */
    double passed = clock_seconds() - pace->timed;
    if (status != SAAE_OK) return status;
    if (done > 1) trainer_estimate_time(trainer, passed / (double)(done - 1));
    if (options->estimated) options->estimated(options->context, &trainer->estimate);
    return SAAE_OK;
}

/* What is written follows from the step alone, not from where a process began or ended: an
 * interrupted run leaves the same files as one that went through. */
static int train_one(struct trainer *trainer, struct pace *pace)
{
    const struct train_settings *s = trainer->settings;
    int64_t total = trainer->schedule.total;
    int status = SAAE_OK;
    TRY(trainer_step(trainer, trainer->state.step));
    int64_t step = ++trainer->state.step;
    pace->steps++;
    TRY(start_clock(trainer, pace));
    TRY(estimate_time(trainer, pace));
    bool sample = due(step, s->sample_every, total), save = due(step, s->checkpoint_every, total);
    if (due(step, s->log_every, total) || sample || save) TRY(log_step(trainer, pace));
    if (sample) TRY(trainer_sample(trainer));
    if (save) TRY(trainer_save(trainer, "checkpoint.safetensors"));
    if (sample || save) pace->since = clock_seconds();
    if (save) trainer->saved = step;
done:
    return status;
}

static int train_steps(struct trainer *trainer)
{
    const volatile sig_atomic_t *stop = trainer->options->stop;
    struct pace pace = {
        .begun = clock_seconds(), .since = clock_seconds(), .first = trainer->state.step};
    int status = SAAE_OK;
    trainer->saved = trainer->state.step;
    while (trainer->state.step < trainer->end && !(stop && *stop)) TRY(train_one(trainer, &pace));
    if (trainer->saved != trainer->state.step) {
        TRY(check_step(trainer));
        TRY(trainer_save(trainer, "checkpoint.safetensors"));
    }
    if (trainer->state.step < trainer->end) {
        FAIL(SAAE_INTERRUPTED, "stopped after step %lld of %lld; saved: go on with --resume",
             (long long)trainer->state.step, (long long)trainer->end);
    }
done:
    return status;
}

int train_run(const struct train_options *options, const struct dataset *set,
              const struct contents *contents, struct device *device)
{
    int status = SAAE_OK;
    struct trainer trainer = {0};
    char *path = NULL;
    TRY(file_join(&path, options->folder, "checkpoint.safetensors"));
    if (!options->resume && file_exists(path)) {
        FAIL(SAAE_USAGE, "'%s' holds a run already: go on with --resume or choose another --out",
             options->folder);
    }
    TRY(train_check_room(options, set, contents, device));
    TRY(file_make_folder(options->folder));
    TRY(trainer_create(&trainer, options, set, contents, device, false));
    TRY(trainer_estimate(&trainer));
    TRY(trainer_start(&trainer));
    TRY(train_steps(&trainer));
done:
    trainer_free(&trainer);
    free(path);
    return status;
}

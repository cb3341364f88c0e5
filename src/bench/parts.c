/* Timing training steps and generation. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/pixel.h"
#include "bench/resident.h"
#include "bench/work.h"

/* One part on one device. */
struct runner {
    struct work *work;
    enum bench_part part;
    int64_t number;
    struct generator *generator;
    float *content, *style, *images;
    struct pairs *pairs;
    struct pair *list;
};

static int check_losses(const struct step *step, const struct step_losses *losses)
{
    const double values[] = {losses->reconstruction, losses->discriminator_real,
                             losses->discriminator_generated, losses->adversarial};
    for (int i = 0; i < 4; i++) {
        if (step->losses[i] < 0 || isfinite(values[i])) continue;
        return status_set(SAAE_NUMERIC, "a loss of the %s step is not finite",
                          step_name(step->kind));
    }
    return SAAE_OK;
}

/* The scalars are read once a sample: every 10 steps, as training does by default, or more often
 * where a step takes so long that it does not matter. */
static int run_steps(void *context, int runs)
{
    struct runner *runner = context;
    struct trainer *trainer = &runner->work->trainer;
    struct step_losses losses;
    int kind = (int)runner->part - BENCH_STEP_1, status = SAAE_OK;
    int64_t first = trainer->schedule.first[kind], count = trainer->schedule.count[kind];
    for (int i = 0; i < runs; i++) {
        TRY(trainer_step(trainer, first + runner->number++ % count));
    }
    TRY(step_read(&trainer->step, &losses));
    TRY(check_losses(&trainer->step, &losses));
done:
    return status;
}

static int run_generation(void *context, int runs)
{
    struct runner *runner = context;
    int status = SAAE_OK;
    for (int i = 0; i < runs; i++) {
        TRY(generator_run(runner->generator, runner->content, runner->style,
                          runner->work->options->batch, runner->images));
    }
done:
    return status;
}

static int ignore_pictures(void *context, const float *images, int first, int count)
{
    (void)context;
    (void)images;
    (void)first;
    (void)count;
    return SAAE_OK;
}

static int run_set(void *context, int runs)
{
    struct runner *runner = context;
    int status = SAAE_OK, count = bench_part_images(BENCH_SET, runner->work->options->batch);
    for (int i = 0; i < runs; i++) {
        pairs_forget(runner->pairs);
        TRY(pairs_draw(runner->pairs, runner->list, count, ignore_pictures, NULL));
    }
done:
    return status;
}

/* Content by content, as a labelled set is made. */
static int prepare_set(struct runner *runner)
{
    int status = SAAE_OK, batch = runner->work->options->batch;
    int count = bench_part_images(BENCH_SET, batch);
    TRY(memory_allocate(&runner->list, (size_t)count, sizeof *runner->list));
    for (int i = 0; i < count; i++) runner->list[i] = (struct pair){i / batch, i % batch};
    TRY(work_create_pairs(runner->work, &runner->work->trainer.model, batch, &runner->pairs));
done:
    return status;
}

static int prepare_generation(struct runner *runner)
{
    int status = SAAE_OK;
    const struct work_data *data = runner->work->data;
    int batch = runner->work->options->batch;
    size_t picture = dataset_image_bytes(&data->set), count = (size_t)batch * picture;
    TRY(memory_allocate(&runner->content, count, sizeof(float)));
    TRY(memory_allocate(&runner->style, count, sizeof(float)));
    TRY(memory_allocate(&runner->images, count, sizeof(float)));
    for (size_t i = 0; i < count; i++) {
        size_t content = i / picture % (size_t)data->contents.count * picture + i % picture;
        runner->content[i] = pixel_to_float(data->contents.pixels[content]);
        runner->style[i] = pixel_to_float(data->set.pixels[i]);
    }
    TRY(generator_create(&runner->generator, &runner->work->trainer.model, batch,
                         BATCH_NORM_INFER));
done:
    return status;
}

static int prepare(struct runner *runner, struct race_entry *entry)
{
    int status = SAAE_OK;
    struct bench_result *result = runner->work->result;
    entry->context = runner;
    if (runner->part == BENCH_GENERATE) {
        entry->run = run_generation;
        TRY(prepare_generation(runner));
    } else if (runner->part == BENCH_SET) {
        entry->run = run_set;
        TRY(prepare_set(runner));
    } else {
        entry->run = run_steps;
        TRY(trainer_use_step(&runner->work->trainer,
                             (enum step_kind)((int)runner->part - BENCH_STEP_1 + 1), false));
    }
    size_t bytes = device_allocated(result->device);
    if (bytes > result->peak_device_bytes) result->peak_device_bytes = bytes;
done:
    return status;
}

static void release(struct runner *runner)
{
    generator_free(runner->generator);
    pairs_free(runner->pairs);
    free(runner->list);
    if (runner->work) step_free(&runner->work->trainer.step);
    free(runner->content);
    free(runner->style);
    free(runner->images);
}

struct shown {
    const struct bench_options *options;
    const char *what;
};

static void show_progress(void *context, size_t done, size_t planned)
{
    const struct shown *shown = context;
    const struct bench_options *options = shown->options;
    if (options->progress) options->progress(options->context, shown->what, done, planned);
}

/* One part, of all devices that verified. */
static int time_part(struct work *works, int count, enum bench_part part)
{
    static const char *const names[] = {"timing step 1", "timing step 2", "timing step 3",
                                        "timing generation", "timing a labelled set"};
    int status = SAAE_OK;
    size_t entered = 0;
    struct runner *runners = NULL;
    struct race_entry *entries = NULL;
    struct shown shown = {works[0].options, names[part]};
    struct race_options race = {.rounds = works[0].options->rounds,
                                .sample_seconds = 0.2,
                                .most_runs = 10,
                                .progress = show_progress,
                                .context = &shown};
    TRY(memory_allocate(&runners, (size_t)count, sizeof *runners));
    TRY(memory_allocate(&entries, (size_t)count, sizeof *entries));
    for (int d = 0; d < count; d++) {
        if (!works[d].result->verified) continue;
        struct runner *runner = &runners[entered];
        *runner = (struct runner){.work = &works[d], .part = part};
        TRY(prepare(runner, &entries[entered++]));
    }
    TRY(race_run(entries, entered, &race));
    for (size_t e = 0; e < entered; e++) {
        runners[e].work->result->parts[part] = entries[e].times;
    }
done:
    for (int d = 0; runners && d < count; d++) release(&runners[d]);
    free(runners);
    free(entries);
    return status;
}

int work_time_parts(struct work *works, int count)
{
    int status = SAAE_OK;
    bool any = false;
    resident_reset();
    for (int p = 0; p < BENCH_PARTS; p++) {
        if (!works[0].options->parts[p]) continue;
        TRY(time_part(works, count, (enum bench_part)p));
        any = true;
    }
    size_t resident = any ? resident_peak() : 0;
    for (int d = 0; d < count; d++) works[d].result->peak_rss_bytes = resident;
done:
    return status;
}

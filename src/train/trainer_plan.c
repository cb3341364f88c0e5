/* The algorithms of a run: chosen once for all its steps, kept with it, and taken from there when
 * it goes on, so that its bits do not depend on what the cache holds by then. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "graph/choose_cache.h"
#include "graph/tune.h"
#include "train/trainer.h"

/* The list in the folder's checkpoint; none in one that was written without. */
static int read_kept(const struct train_options *options, struct choices *kept)
{
    int status = SAAE_OK;
    char *path = NULL;
    struct checkpoint checkpoint = {0};
    cJSON *run = NULL;
    TRY(file_join(&path, options->folder, "checkpoint.safetensors"));
    TRY(checkpoint_open(path, &checkpoint));
    run = cJSON_Parse(checkpoint.run);
    const cJSON *algorithms = cJSON_GetObjectItemCaseSensitive(run, "algorithms");
    if (!algorithms) goto done;
    status = choices_from_json(kept, algorithms);
    if (status != SAAE_OK) status = status_prefix(status, "'%s'", path);
done:
    cJSON_Delete(run);
    checkpoint_free(&checkpoint);
    free(path);
    return status;
}

/* All kinds of the schedule, also those that this process will not come to. */
static int choose_for_steps(struct trainer *trainer)
{
    int status = SAAE_OK;
    for (int k = 0; k < 3; k++) {
        if (!trainer->schedule.count[k]) continue;
        TRY(trainer_use_step(trainer, (enum step_kind)(k + 1), true));
        TRY(choices_add_graph(&trainer->choices, trainer->step.graph));
    }
done:
    step_free(&trainer->step);
    return status;
}

int trainer_choose(struct trainer *trainer, bool dry)
{
    const struct train_options *o = trainer->options;
    bool keep = o->resume && !o->retune;
    double spent = 0.0;
    struct choices kept = {0};
    int status = SAAE_OK;
    if (o->resume && o->retune && !o->allow_different_bits) {
        FAIL(SAAE_USAGE, "with --retune the bits of a resumed run may differ from an unbroken "
                         "run's; go on all the same with --allow-different-bits");
    }
    if (keep) TRY(read_kept(o, &kept));
    if (!trainer->device) { /* nothing to choose; the list is there for a later device */
        trainer->choices = kept;
        kept = (struct choices){0};
        goto done;
    }
    if (o->retune && !dry) TRY(choose_cache_forget(device_traits(trainer->device)));
    trainer->choose = choose_default_options(o->version);
    /* what an earlier kind of step has chosen holds for the later ones */
    trainer->choose.given = keep ? &kept : &trainer->choices;
    trainer->choose.lenient = o->allow_different_bits;
    trainer->choose.by_rule = keep || o->no_tune;
    trainer->choose.exact = trainer->settings->exact;
    trainer->choose.spent = &spent; /* one budget for all kinds of steps */
    if (o->measuring > 0.0) trainer->choose.budget = o->measuring;
    if (dry) trainer->choose.budget = 0.0;
    trainer->model.choose = &trainer->choose;
    TRY(choose_for_steps(trainer));
    trainer->choose = (struct choose_options){
        .given = &trainer->choices, .by_rule = true, .exact = trainer->settings->exact};
done:
    choices_free(&kept);
    return status;
}

static int add_graphs(struct trainer *trainer, struct tune *tune)
{
    int status = SAAE_OK;
    struct generator *generator = NULL;
    for (int k = 0; k < 3; k++) {
        if (!trainer->schedule.count[k]) continue;
        TRY(trainer_use_step(trainer, (enum step_kind)(k + 1), true));
        TRY(tune_add_graph(tune, trainer->step.graph));
    }
    TRY(generator_create(&generator, &trainer->model, trainer->settings->batch, BATCH_NORM_INFER));
    TRY(tune_add_graph(tune, generator_graph(generator)));
done:
    generator_free(generator);
    step_free(&trainer->step);
    return status;
}

int train_tune(const struct train_options *options, const struct dataset *set,
               const struct contents *contents, struct device *device,
               const struct tune_options *tuning, struct tune *tune)
{
    int status = SAAE_OK;
    struct train_options measured = *options;
    struct tune_options rest = *tuning;
    struct trainer trainer = {0};
    double start = clock_seconds();
    measured.measuring = 0.5 * tuning->budget;
    TRY(train_check_room(&measured, set, contents, device));
    TRY(trainer_create(&trainer, &measured, set, contents, device, false));
    TRY(add_graphs(&trainer, tune));
    rest.budget = fmax(tuning->budget - (clock_seconds() - start), 0.0);
    TRY(tune_run(tune, device, &rest));
done:
    trainer_free(&trainer);
    return status;
}

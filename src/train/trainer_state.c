/* Starting, resuming and saving a run. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "train/trainer.h"

/* What made a run, and what must be the same for the same bits. */
static cJSON *origin_json(const struct trainer *trainer)
{
    cJSON *origin = cJSON_CreateObject();
    const struct device_traits *traits = trainer->device ? device_traits(trainer->device) : NULL;
    cJSON_AddStringToObject(origin, "version", trainer->options->version);
    cJSON_AddStringToObject(origin, "device", traits ? traits->name : "reference");
    cJSON_AddStringToObject(origin, "platform", traits ? traits->platform : "");
    cJSON_AddStringToObject(origin, "driver", traits ? traits->driver : "");
    cJSON_AddNumberToObject(origin, "compute_units", traits ? traits->compute_units : 0);
    return origin;
}

static int run_json(const struct trainer *trainer, char **text)
{
    cJSON *run = cJSON_CreateObject();
    cJSON_AddItemToObject(run, "settings", train_settings_to_json(trainer->settings));
    cJSON_AddItemToObject(run, "origin", origin_json(trainer));
    cJSON_AddItemToObject(run, "algorithms", choices_to_json(&trainer->choices));
    *text = cJSON_Print(run);
    cJSON_Delete(run);
    return *text ? SAAE_OK : status_set(SAAE_MEMORY, "out of memory for the run's description");
}

int trainer_save(struct trainer *trainer, const char *name)
{
    int status = SAAE_OK;
    char *path = NULL, *run = NULL;
    struct checkpoint_notes notes = {.version = trainer->options->version,
                                     .data = trainer->settings->data,
                                     .command = trainer->command,
                                     .class_names = (const char *const *)trainer->set->class_names,
                                     .contents = trainer->contents};
    TRY(record_path(&trainer->record, name, &path));
    TRY(run_json(trainer, &run));
    notes.run = run;
    /* before the first step the moments are 0: two thirds of the file, and of the time for it */
    TRY(checkpoint_save(path, &trainer->model, &trainer->state, &notes, trainer->state.step > 0));
done:
    free(path);
    cJSON_free(run);
    return status;
}

static int write_description(const struct trainer *trainer)
{
    int status = SAAE_OK;
    char *path = NULL, *text = NULL;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "command", trainer->command);
    cJSON_AddItemToObject(json, "origin", origin_json(trainer));
    cJSON_AddItemToObject(json, "settings", train_settings_to_json(trainer->settings));
    cJSON_AddItemToObject(json, "algorithms", choices_to_json(&trainer->choices));
    text = cJSON_Print(json);
    if (!text) FAIL(SAAE_MEMORY, "out of memory for the run's description");
    TRY(record_path(&trainer->record, "run.json", &path));
    TRY(file_write(path, text, strlen(text)));
done:
    cJSON_free(text);
    cJSON_Delete(json);
    free(path);
    return status;
}

/* The run goes on to the same bits only with the device, driver and program that began it. */
static int compare_origin(const struct trainer *trainer, const struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    cJSON *run = cJSON_Parse(checkpoint->run), *now = origin_json(trainer);
    const cJSON *then = cJSON_GetObjectItemCaseSensitive(run, "origin");
    for (const cJSON *item = now->child; item; item = item->next) {
        cJSON *kept = cJSON_GetObjectItemCaseSensitive(then, item->string);
        if (kept && cJSON_Compare(kept, item, true)) continue;
        char *was = kept ? cJSON_PrintUnformatted(kept) : NULL, *is = cJSON_PrintUnformatted(item);
        if (!trainer->options->allow_different_bits) {
            status = status_set(
                SAAE_USAGE,
                "the run's %s was %s and is %s now: its bits would differ from an unbroken "
                "run's; go on all the same with --allow-different-bits",
                item->string, was ? was : "unknown", is);
        } else {
            log_warning("the run's %s was %s and is %s now: its bits differ from an unbroken run's",
                        item->string, was ? was : "unknown", is);
        }
        cJSON_free(was);
        cJSON_free(is);
        if (status != SAAE_OK) break;
    }
    cJSON_Delete(run);
    cJSON_Delete(now);
    return status;
}

static int resume(struct trainer *trainer)
{
    int status = SAAE_OK;
    char *path = NULL;
    struct checkpoint checkpoint = {0};
    TRY(file_join(&path, trainer->options->folder, "checkpoint.safetensors"));
    TRY(checkpoint_open(path, &checkpoint));
    TRY(compare_origin(trainer, &checkpoint));
    TRY(checkpoint_restore(&checkpoint, &trainer->model, true));
    trainer->state = checkpoint.state;
    free(trainer->command);
    trainer->command = NULL;
    TRY(memory_copy_text(&trainer->command, checkpoint.command));
    TRY(record_open(&trainer->record, trainer->options->folder, checkpoint.state.step));
done:
    checkpoint_free(&checkpoint);
    free(path);
    return status;
}

static int begin(struct trainer *trainer)
{
    enum { DISCRIMINATOR_SALT = 100000 }; /* apart from the generator's streams */
    int status = SAAE_OK;
    char *initial = NULL, *checkpoint = NULL;
    TRY(network_initialise(&trainer->model.generator, trainer->settings->seed, 0));
    TRY(network_initialise(&trainer->model.discriminator, trainer->settings->seed,
                           DISCRIMINATOR_SALT));
    TRY(record_open(&trainer->record, trainer->options->folder, 0));
    TRY(write_description(trainer));
    TRY(trainer_save(trainer, "initial.safetensors"));
    TRY(record_path(&trainer->record, "initial.safetensors", &initial));
    TRY(record_path(&trainer->record, "checkpoint.safetensors", &checkpoint));
    if (!file_link(initial, checkpoint)) TRY(trainer_save(trainer, "checkpoint.safetensors"));
done:
    free(initial);
    free(checkpoint);
    return status;
}

int trainer_start(struct trainer *trainer)
{
    return trainer->options->resume ? resume(trainer) : begin(trainer);
}

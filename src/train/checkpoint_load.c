#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/utf8.h"
#include "models/layout.h"
#include "train/checkpoint.h"
#include "train/config_json.h"

void checkpoint_free(struct checkpoint *checkpoint)
{
    free(checkpoint->path);
    free(checkpoint->version);
    free(checkpoint->data);
    free(checkpoint->command);
    free(checkpoint->run);
    file_free_names(checkpoint->class_names, (size_t)checkpoint->config.classes);
    contents_free(&checkpoint->contents);
    safetensors_free(&checkpoint->tensors);
    *checkpoint = (struct checkpoint){0};
}

/* safetensors_require with the cure. */
static int require(const struct checkpoint *checkpoint, const char *name,
                   enum safetensors_type type, int rank, const size_t *shape, const void **data)
{
    int status = safetensors_require(&checkpoint->tensors, name, type, rank, shape, data);
    if (status == SAAE_OK) return status;
    return status_set(status,
                      "%s; the file is damaged or holds another model than it says: use another "
                      "checkpoint, '%s.previous' if it is there",
                      saae_message(), checkpoint->path);
}

/* ---- Metadata -------------------------------------------------------------------------------- */

static int copy_metadata(const struct checkpoint *checkpoint, const char *key, char **text)
{
    const char *value = safetensors_metadata(&checkpoint->tensors, key);
    return memory_copy_text(text, value ? value : "");
}

static int read_format(struct checkpoint *checkpoint)
{
    char shown[UTF8_SHOWN_SIZE], wanted[16];
    const char *format = safetensors_metadata(&checkpoint->tensors, "format");
    const char *version = safetensors_metadata(&checkpoint->tensors, "saae");
    snprintf(wanted, sizeof wanted, "%d", CHECKPOINT_FORMAT);
    if (!format || !version) {
        return status_set(SAAE_INPUT,
                          "'%s' is no checkpoint of saae: its metadata lack '%s'; name a file that "
                          "'saae train' wrote",
                          checkpoint->path, format ? "saae" : "format");
    }
    if (strcmp(format, wanted) != 0) {
        return status_set(SAAE_INPUT,
                          "'%s' has the format '%s', this version reads %s: use the version that "
                          "wrote it",
                          checkpoint->path, utf8_show(shown, format), wanted);
    }
    checkpoint->format = CHECKPOINT_FORMAT;
    return SAAE_OK;
}

static int read_config(struct checkpoint *checkpoint)
{
    char where[1024];
    const char *model = safetensors_metadata(&checkpoint->tensors, "model");
    snprintf(where, sizeof where, "'%s'", checkpoint->path);
    if (!model) return status_set(SAAE_INPUT, "%s: the metadata lack 'model'", where);
    return config_from_text(where, model, &checkpoint->config);
}

/* *names (file_free_names) = the strings of a JSON array that must have `count`. */
static int read_names(const struct checkpoint *checkpoint, const char *key, int count,
                      char ***names)
{
    int status = SAAE_OK, used = 0;
    char **list = NULL;
    const cJSON *item = NULL;
    const char *text = safetensors_metadata(&checkpoint->tensors, key);
    cJSON *array = text ? cJSON_Parse(text) : NULL;
    int found = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : -1;
    if (found != count) {
        FAIL(SAAE_INPUT, "'%s': the metadata '%s' are no list of %d names", checkpoint->path, key,
             count);
    }
    TRY(memory_allocate(&list, (size_t)count, sizeof *list));
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsString(item) || !*item->valuestring) {
            FAIL(SAAE_INPUT, "'%s': entry %d of the metadata '%s' is no name", checkpoint->path,
                 used, key);
        }
        TRY(memory_copy_text(&list[used], item->valuestring));
        used++;
    }
    *names = list;
    list = NULL;
done:
    file_free_names(list, (size_t)used);
    cJSON_Delete(array);
    return status;
}

static int read_notes(struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    TRY(copy_metadata(checkpoint, "saae", &checkpoint->version));
    TRY(copy_metadata(checkpoint, "data", &checkpoint->data));
    TRY(copy_metadata(checkpoint, "command", &checkpoint->command));
    TRY(copy_metadata(checkpoint, "run", &checkpoint->run));
    TRY(read_names(checkpoint, "classes", checkpoint->config.classes, &checkpoint->class_names));
done:
    return status;
}

/* ---- Tensors --------------------------------------------------------------------------------- */

static int read_state(struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    struct checkpoint_state *state = &checkpoint->state;
    const size_t one = 1, two = 2;
    const void *seed = NULL, *step = NULL, *adam_steps = NULL;
    TRY(require(checkpoint, "state.seed", SAFETENSORS_I64, 1, &one, &seed));
    TRY(require(checkpoint, "state.step", SAFETENSORS_I64, 1, &one, &step));
    TRY(require(checkpoint, "state.adam_steps", SAFETENSORS_I64, 1, &two, &adam_steps));
    memcpy(&state->seed, seed, sizeof state->seed);
    memcpy(&state->step, step, sizeof state->step);
    memcpy(state->adam_steps, adam_steps, sizeof state->adam_steps);
    if (state->step < 0 || state->adam_steps[0] < 0 || state->adam_steps[1] < 0) {
        FAIL(SAAE_INPUT, "'%s': a number of steps is negative; the file is damaged",
             checkpoint->path);
    }
done:
    return status;
}

static void interleave(const uint8_t *planes, struct contents *contents)
{
    size_t channels = (size_t)contents->channels;
    size_t pixels = (size_t)contents->height * (size_t)contents->width;
    for (size_t i = 0; i < (size_t)contents->count * channels * pixels; i++) {
        size_t picture = i / (channels * pixels), channel = i / pixels % channels;
        contents->pixels[(picture * pixels + i % pixels) * channels + channel] = planes[i];
    }
}

static int read_contents(struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    const struct saae_config *config = &checkpoint->config;
    struct contents *contents = &checkpoint->contents;
    const void *planes = NULL, *classes = NULL;
    const struct safetensors_entry *entry =
        safetensors_find(&checkpoint->tensors, "contents.pixels");
    if (!entry) goto done;
    if (entry->rank < 1 || entry->shape[0] < 1 || entry->shape[0] > INT_MAX) {
        FAIL(SAAE_INPUT, "'%s': 'contents.pixels' does not say how many there are",
             checkpoint->path);
    }
    const size_t shape[] = {entry->shape[0], (size_t)config->channels, (size_t)config->height,
                            (size_t)config->width};
    TRY(require(checkpoint, "contents.pixels", SAFETENSORS_U8, 4, shape, &planes));
    TRY(require(checkpoint, "contents.class", SAFETENSORS_I32, 1, shape, &classes));
    contents->height = config->height;
    contents->width = config->width;
    contents->channels = config->channels;
    TRY(memory_allocate(&contents->pixels, entry->count, 1));
    TRY(memory_allocate(&contents->class_of, shape[0], sizeof *contents->class_of));
    TRY(read_names(checkpoint, "contents", (int)shape[0], &contents->names));
    contents->count = (int)shape[0];
    interleave(planes, contents);
    memcpy(contents->class_of, classes, shape[0] * sizeof *contents->class_of);
    for (int i = 0; i < contents->count; i++) {
        if (contents->class_of[i] >= 0 && contents->class_of[i] < config->classes) continue;
        FAIL(SAAE_INPUT, "'%s': content %d is of class %d; the model has %d", checkpoint->path, i,
             contents->class_of[i], config->classes);
    }
done:
    return status;
}

static int require_range(const struct checkpoint *checkpoint, const char *prefix,
                         const struct parameter *parameter, const void **data)
{
    char name[128];
    size_t shape[LAYOUT_MAX_RANK];
    int rank = layout_shape(parameter, shape);
    snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
    return require(checkpoint, name, SAFETENSORS_F32, rank, shape, data);
}

static int check_network(const struct checkpoint *checkpoint, const struct network *network)
{
    int status = SAAE_OK;
    const void *data = NULL;
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        TRY(require_range(checkpoint, "", parameter, &data));
        if (!checkpoint->has_moments || !parameter_trained(parameter)) continue;
        TRY(require_range(checkpoint, "optimiser.m.", parameter, &data));
        TRY(require_range(checkpoint, "optimiser.v.", parameter, &data));
    }
done:
    return status;
}

static bool has_parameter(const struct network *network, const char *name)
{
    for (size_t p = 0; p < network->count; p++) {
        if (!strcmp(network->parameters[p].name, name)) return true;
    }
    return false;
}

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The tensors are those of the model that the metadata describe: none missing, none beyond. */
static int check_tensors(struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    struct saae_model model = {0};
    char shown[UTF8_SHOWN_SIZE];
    status = saae_model_create(&model, &checkpoint->config);
    if (status != SAAE_OK) {
        status = status_prefix(SAAE_INPUT, "'%s'", checkpoint->path);
        goto done;
    }
    for (size_t i = 0; i < checkpoint->tensors.count; i++) {
        const char *name = checkpoint->tensors.entries[i].name;
        if (begins_with(name, "optimiser.")) checkpoint->has_moments = true;
        if (!begins_with(name, "generator.") && !begins_with(name, "discriminator.")) continue;
        if (has_parameter(&model.generator, name) || has_parameter(&model.discriminator, name)) {
            continue;
        }
        FAIL(SAAE_INPUT,
             "'%s' has a tensor '%s', which its model lacks; it holds another model than it says",
             checkpoint->path, utf8_show(shown, name));
    }
    TRY(check_network(checkpoint, &model.generator));
    TRY(check_network(checkpoint, &model.discriminator));
done:
    saae_model_free(&model);
    return status;
}

int checkpoint_open(const char *path, struct checkpoint *checkpoint)
{
    int status = SAAE_OK;
    *checkpoint = (struct checkpoint){0};
    TRY(memory_copy_text(&checkpoint->path, path));
    TRY(safetensors_read(path, &checkpoint->tensors));
    TRY(read_format(checkpoint));
    TRY(read_config(checkpoint));
    TRY(read_notes(checkpoint));
    TRY(check_tensors(checkpoint));
    TRY(read_state(checkpoint));
    TRY(read_contents(checkpoint));
done:
    if (status != SAAE_OK) checkpoint_free(checkpoint);
    return status;
}

/* ---- Restoring ------------------------------------------------------------------------------- */

static int restore_range(const struct checkpoint *checkpoint, const char *prefix,
                         const struct parameter *parameter, struct storage *storage)
{
    int status = SAAE_OK;
    float *values = NULL;
    const void *data = NULL;
    size_t count = shape_count(parameter->shape);
    TRY(require_range(checkpoint, prefix, parameter, &data));
    TRY(memory_allocate(&values, count, sizeof *values));
    layout_from_pytorch(parameter, data, values);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        FAIL(SAAE_INPUT,
             "'%s': '%s%s' holds a value that is not finite; use another checkpoint, "
             "'%s.previous' if it is there",
             checkpoint->path, prefix, parameter->name, checkpoint->path);
    }
    TRY(storage_write(storage, parameter->offset, values, count));
done:
    free(values);
    return status;
}

/* Of a run in which Adam has not been yet. */
static int clear_moments(struct network *network)
{
    int status = SAAE_OK;
    float *zeros = NULL;
    TRY(memory_allocate(&zeros, network->values, sizeof *zeros));
    TRY(storage_write(network->moment1, 0, zeros, network->values));
    TRY(storage_write(network->moment2, 0, zeros, network->values));
done:
    free(zeros);
    return status;
}

static int restore_network(const struct checkpoint *checkpoint, struct network *network,
                           bool with_moments)
{
    int status = SAAE_OK;
    if (!network->value) return SAAE_OK;
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        bool trained = parameter_trained(parameter);
        TRY(restore_range(checkpoint, "", parameter,
                          trained ? network->value : network->statistic));
        if (!trained || !with_moments || !checkpoint->has_moments) continue;
        TRY(restore_range(checkpoint, "optimiser.m.", parameter, network->moment1));
        TRY(restore_range(checkpoint, "optimiser.v.", parameter, network->moment2));
    }
    if (with_moments && !checkpoint->has_moments) TRY(clear_moments(network));
done:
    return status;
}

int checkpoint_restore(const struct checkpoint *checkpoint, struct saae_model *model,
                       bool with_moments)
{
    int status = SAAE_OK;
    const int64_t *updates = checkpoint->state.adam_steps;
    if (with_moments && !checkpoint->has_moments && (updates[0] || updates[1])) {
        FAIL(SAAE_INPUT,
             "'%s' was saved without the optimiser's moments, which training goes on from; use "
             "the checkpoint of a run",
             checkpoint->path);
    }
    TRY(restore_network(checkpoint, &model->generator, with_moments));
    TRY(restore_network(checkpoint, &model->discriminator, with_moments));
done:
    return status;
}

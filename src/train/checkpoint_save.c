#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/utf8.h"
#include "models/layout.h"
#include "train/checkpoint.h"
#include "train/config_json.h"

/* One parameter's range of a storage. */
struct range {
    const struct parameter *parameter;
    struct storage *storage;
};
struct ranges {
    struct range *list; /* as long as the networks need */
    size_t count;
};

/* safetensors_source: from the device when it is its turn, so that the model is never in the host's
 * memory as a whole. */
static int read_range(const struct safetensors_entry *entry, void *data)
{
    int status = SAAE_OK;
    const struct range *range = entry->context;
    float *values = NULL, *pytorch = data;
    TRY(memory_allocate(&values, entry->count, sizeof *values));
    TRY(storage_read(range->storage, range->parameter->offset, values, entry->count));
    layout_to_pytorch(range->parameter, values, pytorch);
    for (size_t i = 0; i < entry->count; i++) {
        if (isfinite(pytorch[i])) continue;
        FAIL(SAAE_NUMERIC,
             "'%s' is %g at element %zu: training has diverged, and nothing was saved; go back to "
             "the last checkpoint with a smaller learning rate",
             entry->name, (double)pytorch[i], i);
    }
done:
    free(values);
    return status;
}

/* As the tensor "<prefix><name>". */
static int add_range(struct safetensors *st, struct ranges *ranges, const char *prefix,
                     const struct parameter *parameter, struct storage *storage)
{
    char name[128];
    size_t shape[LAYOUT_MAX_RANK];
    int rank = layout_shape(parameter, shape);
    struct range *range = &ranges->list[ranges->count++];
    *range = (struct range){parameter, storage};
    snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
    return safetensors_add_later(st, name, SAFETENSORS_F32, rank, shape, read_range, range);
}

static int add_network(struct safetensors *st, struct ranges *ranges, const struct network *network,
                       bool with_moments)
{
    int status = SAAE_OK;
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        bool trained = parameter_trained(parameter);
        TRY(add_range(st, ranges, "", parameter, trained ? network->value : network->statistic));
        if (!trained || !with_moments) continue;
        TRY(add_range(st, ranges, "optimiser.m.", parameter, network->moment1));
        TRY(add_range(st, ranges, "optimiser.v.", parameter, network->moment2));
    }
done:
    return status;
}

static int add_state(struct safetensors *st, const struct checkpoint_state *state)
{
    int status = SAAE_OK;
    const size_t one = 1, two = 2;
    TRY(safetensors_add(st, "state.seed", SAFETENSORS_I64, 1, &one, &state->seed));
    TRY(safetensors_add(st, "state.step", SAFETENSORS_I64, 1, &one, &state->step));
    TRY(safetensors_add(st, "state.adam_steps", SAFETENSORS_I64, 1, &two, state->adam_steps));
done:
    return status;
}

static int add_contents(struct safetensors *st, const struct contents *contents,
                        const struct saae_config *config)
{
    int status = SAAE_OK;
    uint8_t *planes = NULL;
    if (contents->height != config->height || contents->width != config->width ||
        contents->channels != config->channels) {
        FAIL(SAAE_USAGE, "content pictures of %dx%dx%d; the model's are %dx%dx%d", contents->height,
             contents->width, contents->channels, config->height, config->width, config->channels);
    }
    size_t count = (size_t)contents->count, channels = (size_t)contents->channels;
    size_t height = (size_t)contents->height, width = (size_t)contents->width;
    size_t pixels = height * width;
    const size_t shape[] = {count, channels, height, width};
    TRY(memory_allocate(&planes, count, channels * pixels));
    for (size_t i = 0; i < count * channels * pixels; i++) {
        size_t picture = i / (channels * pixels), channel = i / pixels % channels;
        planes[i] = contents->pixels[(picture * pixels + i % pixels) * channels + channel];
    }
    TRY(safetensors_add(st, "contents.pixels", SAFETENSORS_U8, 4, shape, planes));
    TRY(safetensors_add(st, "contents.class", SAFETENSORS_I32, 1, shape, contents->class_of));
done:
    free(planes);
    return status;
}

/* The metadata are UTF-8; a path or a command line need not be, and is then shown as messages show
 * it. */
static int set_text(struct safetensors *st, const char *key, const char *text)
{
    char shown[UTF8_SHOWN_SIZE];
    size_t at = 0;
    if (!text) text = "";
    if (!utf8_check(text, strlen(text), &at)) text = utf8_show(shown, text);
    return safetensors_set_metadata(st, key, text);
}

static int set_names(struct safetensors *st, const char *key, const char *const *names, int count)
{
    int status = SAAE_OK;
    char shown[UTF8_SHOWN_SIZE], *text = NULL;
    size_t at = 0;
    cJSON *array = cJSON_CreateArray();
    for (int i = 0; i < count; i++) {
        const char *name = names[i];
        if (!utf8_check(name, strlen(name), &at)) name = utf8_show(shown, name);
        if (!cJSON_AddItemToArray(array, cJSON_CreateString(name))) {
            FAIL(SAAE_MEMORY, "out of memory");
        }
    }
    text = cJSON_PrintUnformatted(array);
    if (!text) FAIL(SAAE_MEMORY, "out of memory");
    TRY(safetensors_set_metadata(st, key, text));
done:
    cJSON_Delete(array);
    free(text);
    return status;
}

static int set_notes(struct safetensors *st, const struct saae_config *config,
                     const struct checkpoint_notes *notes)
{
    int status = SAAE_OK;
    const struct contents *contents = notes->contents;
    char *model = NULL, format[16];
    snprintf(format, sizeof format, "%d", CHECKPOINT_FORMAT);
    TRY(config_to_text(config, &model));
    TRY(set_text(st, "format", format));
    TRY(set_text(st, "saae", notes->version));
    TRY(set_text(st, "model", model));
    TRY(set_text(st, "preset", config->preset));
    TRY(set_text(st, "data", notes->data));
    TRY(set_text(st, "command", notes->command));
    TRY(set_text(st, "run", notes->run && *notes->run ? notes->run : "{}"));
    TRY(set_names(st, "classes", notes->class_names, config->classes));
    TRY(set_names(st, "contents", contents ? (const char *const *)contents->names : NULL,
                  contents ? contents->count : 0));
done:
    free(model);
    return status;
}

int checkpoint_save(const char *path, const struct saae_model *model,
                    const struct checkpoint_state *state, const struct checkpoint_notes *notes,
                    bool with_moments)
{
    int status = SAAE_OK;
    struct safetensors st = {0};
    struct ranges ranges = {0};
    size_t most = 3 * (model->generator.count + model->discriminator.count);
    TRY(memory_allocate(&ranges.list, most, sizeof *ranges.list));
    TRY(add_network(&st, &ranges, &model->generator, with_moments));
    TRY(add_network(&st, &ranges, &model->discriminator, with_moments));
    TRY(add_state(&st, state));
    if (notes->contents && notes->contents->count) {
        TRY(add_contents(&st, notes->contents, &model->config));
    }
    TRY(set_notes(&st, &model->config, notes));
    TRY(safetensors_write(path, &st, true));
done:
    safetensors_free(&st);
    free(ranges.list);
    return status;
}

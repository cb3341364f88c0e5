/* A judge's file. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/memory.h"
#include "data/safetensors.h"
#include "eval/judge.h"
#include "models/layout.h"

static const char kind[] = "recogniser";

/* Seeds are 64-bit and JSON's numbers double: they are kept as text. */
enum { SEED_TEXT = 24 };

/* ---- Writing --------------------------------------------------------------------------------- */

static struct storage *storage_of(const struct network *network, const struct parameter *parameter)
{
    return parameter_trained(parameter) ? network->value : network->statistic;
}

static int add_parameter(struct safetensors *st, const struct network *network,
                         const struct parameter *parameter)
{
    int status = SAAE_OK;
    float *values = NULL, *pytorch = NULL;
    size_t count = shape_count(parameter->shape), shape[LAYOUT_MAX_RANK];
    int rank = layout_shape(parameter, shape);
    TRY(memory_allocate(&values, count, sizeof *values));
    TRY(memory_allocate(&pytorch, count, sizeof *pytorch));
    TRY(storage_read(storage_of(network, parameter), parameter->offset, values, count));
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        FAIL(SAAE_NUMERIC, "'%s' is not finite at element %zu: nothing was saved", parameter->name,
             i);
    }
    layout_to_pytorch(parameter, values, pytorch);
    TRY(safetensors_add(st, parameter->name, SAFETENSORS_F32, rank, shape, pytorch));
done:
    free(values);
    free(pytorch);
    return status;
}

/* Sets the metadata `key` to the JSON text and releases the JSON (NULL: out of memory). */
static int set_json(struct safetensors *st, const char *key, cJSON *json)
{
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    int status = text ? safetensors_set_metadata(st, key, text)
                      : status_set(SAAE_MEMORY, "out of memory for the metadata '%s'", key);
    free(text);
    cJSON_Delete(json);
    return status;
}

static cJSON *model_json(const struct recogniser_config *config)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "height", config->height);
    cJSON_AddNumberToObject(json, "width", config->width);
    cJSON_AddNumberToObject(json, "channels", config->channels);
    cJSON_AddNumberToObject(json, "classes", config->classes);
    return json;
}

static cJSON *training_json(const struct judge_training *t)
{
    char seed[SEED_TEXT];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "data", t->data);
    cJSON_AddNumberToObject(json, "train_images", t->train_images);
    cJSON_AddNumberToObject(json, "test_images", t->test_images);
    cJSON_AddNumberToObject(json, "test_right", t->test_right);
    cJSON_AddNumberToObject(json, "epochs", t->epochs);
    cJSON_AddNumberToObject(json, "rate", t->rate);
    cJSON_AddNumberToObject(json, "batch", t->batch);
    cJSON_AddStringToObject(json, "seed", seed);
    return json;
}

int judge_save(const char *path, struct judge *judge, const char *version)
{
    int status = SAAE_OK;
    struct safetensors st = {0};
    const struct network *network = &judge->recogniser.network;
    char format[16];
    snprintf(format, sizeof format, "%d", JUDGE_FORMAT);
    for (size_t p = 0; p < network->count; p++) {
        TRY(add_parameter(&st, network, &network->parameters[p]));
    }
    TRY(safetensors_set_metadata(&st, "format", format));
    TRY(safetensors_set_metadata(&st, "kind", kind));
    TRY(safetensors_set_metadata(&st, "saae", version));
    TRY(set_json(&st, "model", model_json(&judge->recogniser.config)));
    TRY(set_json(&st, "training", training_json(&judge->training)));
    TRY(set_json(&st, "classes",
                 cJSON_CreateStringArray((const char *const *)judge->class_names,
                                         judge->recogniser.config.classes)));
    TRY(safetensors_write(path, &st, false));
done:
    safetensors_free(&st);
    return status;
}

/* ---- Reading --------------------------------------------------------------------------------- */

struct reading {
    const char *path;
    struct safetensors st;
    cJSON *json; /* of the metadata `key` */
    const char *key;
};

static int check_kind(const struct reading *r)
{
    char wanted[16];
    const char *is = safetensors_metadata(&r->st, "kind");
    const char *format = safetensors_metadata(&r->st, "format");
    snprintf(wanted, sizeof wanted, "%d", JUDGE_FORMAT);
    if (!is || strcmp(is, kind) != 0 || !format) {
        return status_set(SAAE_INPUT,
                          "'%s' holds no recogniser; name a file that 'saae evaluate --judge' "
                          "wrote, or a new one",
                          r->path);
    }
    if (strcmp(format, wanted) != 0) {
        return status_set(SAAE_INPUT,
                          "'%s' is a recogniser of another format than %s: name a new file, which "
                          "is then made",
                          r->path, wanted);
    }
    return SAAE_OK;
}

static int read_json(struct reading *r, const char *key)
{
    const char *text = safetensors_metadata(&r->st, key);
    cJSON_Delete(r->json);
    r->key = key;
    r->json = text ? cJSON_Parse(text) : NULL;
    if (r->json) return SAAE_OK;
    return status_set(SAAE_INPUT, "'%s': the metadata '%s' are missing or no JSON", r->path, key);
}

static int read_number(const struct reading *r, const char *field, double least, double most,
                       double *value)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->json, field);
    if (cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most) {
        *value = item->valuedouble;
        return SAAE_OK;
    }
    return status_set(SAAE_INPUT, "'%s': '%s' of the metadata '%s' is no number from %g to %g",
                      r->path, field, r->key, least, most);
}

static int read_integer(const struct reading *r, const char *field, int least, int *value)
{
    double number = 0.0;
    int status = read_number(r, field, least, INT_MAX, &number);
    *value = (int)number;
    return status;
}

static int read_text(const struct reading *r, const char *field, char *text, size_t size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->json, field);
    if (!cJSON_IsString(item)) {
        return status_set(SAAE_INPUT, "'%s': '%s' of the metadata '%s' is no text", r->path, field,
                          r->key);
    }
    snprintf(text, size, "%s", item->valuestring);
    return SAAE_OK;
}

static int read_config(struct reading *r, struct recogniser_config *config)
{
    int status = SAAE_OK;
    TRY(read_json(r, "model"));
    TRY(read_integer(r, "height", 1, &config->height));
    TRY(read_integer(r, "width", 1, &config->width));
    TRY(read_integer(r, "channels", 1, &config->channels));
    TRY(read_integer(r, "classes", 2, &config->classes));
done:
    return status;
}

static int read_training(struct reading *r, struct judge_training *t)
{
    int status = SAAE_OK;
    char seed[SEED_TEXT];
    TRY(read_json(r, "training"));
    TRY(read_text(r, "data", t->data, sizeof t->data));
    TRY(read_integer(r, "train_images", 1, &t->train_images));
    TRY(read_integer(r, "test_images", 0, &t->test_images));
    TRY(read_integer(r, "test_right", 0, &t->test_right));
    TRY(read_number(r, "epochs", 0.0, 1e6, &t->epochs));
    TRY(read_number(r, "rate", 0.0, 1e6, &t->rate));
    TRY(read_integer(r, "batch", 1, &t->batch));
    TRY(read_text(r, "seed", seed, sizeof seed));
    t->seed = strtoull(seed, NULL, 10);
done:
    return status;
}

static int read_names(struct reading *r, int classes, char **names)
{
    int status = SAAE_OK, used = 0;
    const cJSON *item = NULL;
    TRY(read_json(r, "classes"));
    if (!cJSON_IsArray(r->json) || cJSON_GetArraySize(r->json) != classes) {
        FAIL(SAAE_INPUT, "'%s': the metadata 'classes' are no list of %d names", r->path, classes);
    }
    cJSON_ArrayForEach(item, r->json)
    {
        if (!cJSON_IsString(item)) {
            FAIL(SAAE_INPUT, "'%s': entry %d of the metadata 'classes' is no name", r->path, used);
        }
        TRY(memory_copy_text(&names[used++], item->valuestring));
    }
done:
    return status;
}

static int require(const struct reading *r, const struct parameter *parameter, const void **data)
{
    size_t shape[LAYOUT_MAX_RANK];
    int rank = layout_shape(parameter, shape);
    return safetensors_require(&r->st, parameter->name, SAFETENSORS_F32, rank, shape, data);
}

static int check_parameters(const struct reading *r, const struct network *network)
{
    int status = SAAE_OK;
    const void *data = NULL;
    for (size_t p = 0; p < network->count; p++) TRY(require(r, &network->parameters[p], &data));
done:
    return status;
}

static int read_parameter(const struct reading *r, const struct network *network,
                          const struct parameter *parameter)
{
    int status = SAAE_OK;
    float *values = NULL;
    const void *data = NULL;
    size_t count = shape_count(parameter->shape);
    TRY(require(r, parameter, &data));
    TRY(memory_allocate(&values, count, sizeof *values));
    layout_from_pytorch(parameter, data, values);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) continue;
        FAIL(SAAE_INPUT,
             "'%s': '%s' holds a value that is not finite: name a new file, which is "
             "then made",
             r->path, parameter->name);
    }
    TRY(storage_write(storage_of(network, parameter), parameter->offset, values, count));
done:
    free(values);
    return status;
}

int judge_load(const char *path, struct judge *judge, struct device *device)
{
    int status = SAAE_OK;
    struct reading r = {.path = path};
    struct recogniser_config config = {0};
    struct network *network = &judge->recogniser.network;
    *judge = (struct judge){0};
    TRY(safetensors_read(path, &r.st));
    TRY(check_kind(&r));
    TRY(read_config(&r, &config));
    status = recogniser_create(&judge->recogniser, &config);
    if (status != SAAE_OK) {
        status = status_prefix(SAAE_INPUT, "'%s'", path);
        goto done;
    }
    TRY(check_parameters(&r, network)); /* before memory is asked for: sizes may be anything */
    TRY(network_allocate(network, device, false));
    TRY(memory_allocate(&judge->class_names, (size_t)config.classes, sizeof *judge->class_names));
    TRY(read_names(&r, config.classes, judge->class_names));
    TRY(read_training(&r, &judge->training));
    for (size_t p = 0; p < network->count; p++) {
        TRY(read_parameter(&r, network, &network->parameters[p]));
    }
done:
    safetensors_free(&r.st);
    cJSON_Delete(r.json);
    if (status != SAAE_OK) judge_free(judge);
    return status;
}

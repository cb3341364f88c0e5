#include "train/config_json.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/memory.h"
#include "base/status.h"
#include "models/saae.h"

enum kind { TEXT, INTEGER, NUMBER, FLAG, DISCRIMINATOR, HEAD };

static const char *const discriminators[] = {
    [SAAE_MULTICLASS] = "multiclass", [SAAE_BINARY] = "binary", NULL};
static const char *const heads[] = {[SAAE_SOFTMAX] = "softmax", [SAAE_SIGMOID] = "sigmoid", NULL};

#define FIELD(kind, name)                                                                          \
    {                                                                                              \
        kind, #name, offsetof(struct saae_config, name)                                            \
    }
static const struct field {
    enum kind kind;
    const char *name;
    size_t offset;
} fields[] = {
    FIELD(TEXT, preset),
    FIELD(INTEGER, height),
    FIELD(INTEGER, width),
    FIELD(INTEGER, style_height),
    FIELD(INTEGER, style_width),
    FIELD(INTEGER, channels),
    FIELD(INTEGER, classes),
    FIELD(INTEGER, features),
    FIELD(INTEGER, filter),
    FIELD(INTEGER, style_vector),
    FIELD(INTEGER, hidden),
    FIELD(DISCRIMINATOR, discriminator),
    FIELD(HEAD, head),
    FIELD(FLAG, output_batch_norm),
    FIELD(NUMBER, slope),
    FIELD(NUMBER, batch_norm_eps),
    FIELD(NUMBER, batch_norm_momentum),
};
enum { FIELDS = sizeof fields / sizeof *fields };

static cJSON *value_of(const struct saae_config *config, const struct field *field)
{
    const void *at = (const char *)config + field->offset;
    switch (field->kind) {
    case TEXT:
        return cJSON_CreateString(at);
    case INTEGER:
        return cJSON_CreateNumber(*(const int *)at);
    case NUMBER:
        return cJSON_CreateNumber(*(const double *)at);
    case FLAG:
        return cJSON_CreateBool(*(const int *)at);
    case DISCRIMINATOR:
        return cJSON_CreateString(discriminators[*(const enum saae_discriminator *)at]);
    case HEAD:
        return cJSON_CreateString(heads[*(const enum saae_head *)at]);
    }
    return NULL;
}

int config_to_json(const struct saae_config *config, struct cJSON **json)
{
    cJSON *object = cJSON_CreateObject();
    bool good = object != NULL;
    for (int i = 0; good && i < FIELDS; i++) {
        good = cJSON_AddItemToObject(object, fields[i].name, value_of(config, &fields[i]));
    }
    if (!good) {
        cJSON_Delete(object);
        return status_set(SAAE_MEMORY, "out of memory");
    }
    *json = object;
    return SAAE_OK;
}

int config_to_text(const struct saae_config *config, char **text)
{
    cJSON *json = NULL;
    int status = config_to_json(config, &json);
    if (status != SAAE_OK) return status;
    *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return *text ? SAAE_OK : status_set(SAAE_MEMORY, "out of memory");
}

/* The index of the word in a list that ends with NULL, or -1. */
static int find_word(const char *const *words, const cJSON *item)
{
    if (!cJSON_IsString(item)) return -1;
    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], item->valuestring)) return i;
    }
    return -1;
}

/* False: the value is of another type, or out of the type's range. */
static bool read_value(const cJSON *item, const struct field *field, struct saae_config *config)
{
    void *at = (char *)config + field->offset;
    double number = cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
    int word;
    switch (field->kind) {
    case TEXT:
        if (!cJSON_IsString(item) || strlen(item->valuestring) >= sizeof config->preset) {
            return false;
        }
        memcpy(at, item->valuestring, strlen(item->valuestring) + 1);
        return true;
    case INTEGER:
        if (!(fabs(number) <= INT_MAX) || number != floor(number)) return false;
        *(int *)at = (int)number;
        return true;
    case NUMBER:
        *(double *)at = number;
        return isfinite(number);
    case FLAG:
        *(int *)at = cJSON_IsTrue(item);
        return cJSON_IsBool(item);
    case DISCRIMINATOR:
        word = find_word(discriminators, item);
        if (word >= 0) *(enum saae_discriminator *)at = (enum saae_discriminator)word;
        return word >= 0;
    case HEAD:
        word = find_word(heads, item);
        if (word >= 0) *(enum saae_head *)at = (enum saae_head)word;
        return word >= 0;
    }
    return false;
}

static bool is_field(const char *name)
{
    for (int i = 0; i < FIELDS; i++) {
        if (!strcmp(fields[i].name, name)) return true;
    }
    return false;
}

int config_from_text(const char *where, const char *text, struct saae_config *config)
{
    int status = SAAE_OK;
    struct saae_config read = {0};
    const cJSON *item = NULL;
    cJSON *json = cJSON_Parse(text);
    if (!cJSON_IsObject(json)) {
        FAIL(SAAE_INPUT, "%s: the model's description is no JSON object", where);
    }
    for (int i = 0; i < FIELDS; i++) {
        item = cJSON_GetObjectItemCaseSensitive(json, fields[i].name);
        if (!item) FAIL(SAAE_INPUT, "%s: the model's '%s' is missing", where, fields[i].name);
        if (!read_value(item, &fields[i], &read)) {
            FAIL(SAAE_INPUT, "%s: the model's '%s' has no value that it can have", where,
                 fields[i].name);
        }
    }
    cJSON_ArrayForEach(item, json)
    {
        if (is_field(item->string)) continue;
        FAIL(SAAE_INPUT, "%s: this version knows no '%.64s' of a model; use the one that wrote it",
             where, item->string);
    }
    status = saae_config_check(&read);
    if (status != SAAE_OK) {
        status_prefix(status, "%s", where);
        status = SAAE_INPUT;
        goto done;
    }
    *config = read;
done:
    cJSON_Delete(json);
    return status;
}

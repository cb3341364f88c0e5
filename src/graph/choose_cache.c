#include "graph/choose_cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/memory.h"
#include "graph/choices.h"

enum { FORMAT = 2 };

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* *document = the file's content, a new, empty one where there is no file or it cannot be
 * understood. *path is released with free(). */
static int read_document(char **path, cJSON **document)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    cJSON *found = NULL;
    TRY(file_join(path, device_cache_folder(), "algorithms.json"));
    if (file_exists(*path) && file_read(*path, &bytes, &size) == SAAE_OK) {
        found = cJSON_ParseWithLength((const char *)bytes, size);
    }
    const cJSON *format = member(found, "format");
    if (!cJSON_IsNumber(format) || format->valueint != FORMAT ||
        !cJSON_IsObject(member(found, "devices"))) {
        cJSON_Delete(found);
        found = cJSON_CreateObject();
        if (!cJSON_AddNumberToObject(found, "format", FORMAT) ||
            !cJSON_AddObjectToObject(found, "devices")) {
            FAIL(SAAE_MEMORY, "out of memory: '%s'", *path);
        }
    }
    *document = found;
    found = NULL;
done:
    cJSON_Delete(found);
    free(bytes);
    return status;
}

static int write_document(const char *path, const cJSON *document)
{
    int status = SAAE_OK;
    char *text = cJSON_Print(document);
    if (!text) FAIL(SAAE_MEMORY, "out of memory: '%s'", path);
    TRY(file_make_folder(device_cache_folder()));
    TRY(file_write(path, text, strlen(text)));
done:
    cJSON_free(text);
    return status;
}

static bool has_text(const cJSON *object, const char *name, const char *text)
{
    const cJSON *item = member(object, name);
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

/* The calls measured on this device under its present driver by this version, or NULL. */
static cJSON *calls_of(const cJSON *document, const struct device_traits *traits,
                       const char *version)
{
    const cJSON *device = member(member(document, "devices"), traits->key);
    bool same = has_text(device, "driver", traits->driver) && has_text(device, "version", version);
    cJSON *calls = cJSON_GetObjectItemCaseSensitive(device, "calls");
    return same && cJSON_IsObject(calls) ? calls : NULL;
}

static void fill_times(struct choose_time *time, double value)
{
    time->pass = value;
    for (int i = 0; i < OP_MAX_INPUTS; i++) time->forms[i] = value;
}

static bool read_time(const cJSON *json, int inputs, struct choose_time *time)
{
    int place = 0;
    const cJSON *item = NULL;
    fill_times(time, cJSON_IsNull(json) ? (double)INFINITY : 0.0);
    if (cJSON_IsNull(json)) return true;
    if (!cJSON_IsArray(json) || cJSON_GetArraySize(json) != 1 + inputs) return false;
    cJSON_ArrayForEach(item, json)
    {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0)) return false;
        *(place ? &time->forms[place - 1] : &time->pass) = 1e-3 * item->valuedouble;
        place++;
    }
    return true;
}

void choose_entry_begin(struct choose_entry *entry, const struct op_call *call,
                        const struct device_traits *traits)
{
    const struct op *op = op_get(call->kind);
    *entry = (struct choose_entry){.call = call};
    for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
        const struct op_algorithm *algorithm = &op->algorithms[a];
        if (traits->cpu && strcmp(algorithm->name, "clblast") == 0) continue;
        if (a && algorithm->supports && !algorithm->supports(call, traits)) continue;
        entry->variants[entry->count++].algorithm = algorithm;
    }
}

/* A variant's key in the file. */
static void name_variant(const struct choose_entry *entry, int v, char text[TUNING_TEXT])
{
    tuning_print(entry->variants[v].algorithm, entry->variants[v].tuning, text);
}

/* A kept tuning of an algorithm that the entry has. */
static void add_tuning(const cJSON *item, struct choose_entry *entry)
{
    struct op_call call = *entry->call;
    bool known = false, tuned = false;
    if (entry->count == CHOOSE_MOST || tuning_parse(&call, item->string) != SAAE_OK) return;
    const struct op_algorithm *algorithm = op_algorithm_of(&call);
    for (int i = 0; i < entry->count; i++) known |= entry->variants[i].algorithm == algorithm;
    for (int t = 0; t < OP_MAX_TUNABLES; t++) tuned |= call.tuning[t] != 0;
    if (!known || !tuned) return;
    struct choose_variant *variant = &entry->variants[entry->count];
    *variant = (struct choose_variant){.algorithm = algorithm};
    memcpy(variant->tuning, call.tuning, sizeof variant->tuning);
    entry->count += read_time(item, call.inputs, &entry->times[entry->count]);
}

/* The plain algorithm, the first, is the one that needs a time. */
static bool read_entry(const cJSON *json, struct choose_entry *entry)
{
    char text[TUNING_TEXT];
    const cJSON *item = NULL;
    for (int i = 0; i < entry->count; i++) {
        name_variant(entry, i, text);
        if (!read_time(member(json, text), entry->call->inputs, &entry->times[i])) return false;
    }
    cJSON_ArrayForEach(item, json)
    {
        add_tuning(item, entry);
    }
    entry->tuned = cJSON_IsTrue(member(json, "tuned"));
    return isfinite(entry->times[0].pass);
}

bool choose_cache_find(const struct device_traits *traits, const char *version,
                       struct choose_entry *entry)
{
    char *path = NULL, call[CHOICE_TEXT];
    cJSON *document = NULL;
    bool found = false;
    if (!device_cache_folder()[0]) return false;
    choices_name_call(entry->call, call);
    if (read_document(&path, &document) == SAAE_OK) {
        found = read_entry(member(calls_of(document, traits, version), call), entry);
    }
    cJSON_Delete(document);
    free(path);
    return found;
}

/* The device's calls, after dropping what another driver or version left. NULL: out of memory. */
static cJSON *make_calls(cJSON *document, const struct device_traits *traits, const char *version)
{
    cJSON *calls = calls_of(document, traits, version);
    if (calls) return calls;
    cJSON *devices = cJSON_GetObjectItemCaseSensitive(document, "devices");
    cJSON_DeleteItemFromObjectCaseSensitive(devices, traits->key);
    cJSON *device = cJSON_AddObjectToObject(devices, traits->key);
    cJSON_AddStringToObject(device, "driver", traits->driver);
    cJSON_AddStringToObject(device, "version", version);
    return cJSON_AddObjectToObject(device, "calls");
}

static bool add_time(cJSON *json, const char *name, int inputs, const struct choose_time *time)
{
    if (!isfinite(time->pass)) return cJSON_AddNullToObject(json, name) != NULL;
    cJSON *list = cJSON_AddArrayToObject(json, name);
    for (int i = 0; i <= inputs; i++) {
        /* microseconds and their thousandths: more digits would be noise */
        double seconds = i ? time->forms[i - 1] : time->pass;
        cJSON *item = cJSON_CreateNumber(round(seconds * 1e9) * 1e-6);
        if (!cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return false;
        }
    }
    return true;
}

static bool write_entry(cJSON *calls, const struct choose_entry *entry)
{
    char text[CHOICE_TEXT];
    choices_name_call(entry->call, text);
    cJSON_DeleteItemFromObjectCaseSensitive(calls, text);
    cJSON *json = cJSON_AddObjectToObject(calls, text);
    bool whole = json != NULL;
    for (int i = 0; whole && i < entry->count; i++) {
        name_variant(entry, i, text);
        whole = add_time(json, text, entry->call->inputs, &entry->times[i]);
    }
    if (whole && entry->tuned) whole = cJSON_AddTrueToObject(json, "tuned") != NULL;
    return whole;
}

int choose_cache_store(const struct device_traits *traits, const char *version,
                       const struct choose_entry *entry)
{
    int status = SAAE_OK;
    char *path = NULL;
    cJSON *document = NULL;
    if (!device_cache_folder()[0]) return SAAE_OK;
    TRY(read_document(&path, &document));
    if (!write_entry(make_calls(document, traits, version), entry)) {
        FAIL(SAAE_MEMORY, "out of memory: '%s'", path);
    }
    TRY(write_document(path, document));
done:
    cJSON_Delete(document);
    free(path);
    return status;
}

int choose_cache_forget(const struct device_traits *traits)
{
    int status = SAAE_OK;
    char *path = NULL;
    cJSON *document = NULL;
    if (!device_cache_folder()[0]) return SAAE_OK;
    TRY(read_document(&path, &document));
    cJSON *devices = cJSON_GetObjectItemCaseSensitive(document, "devices");
    if (!member(devices, traits->key)) goto done;
    cJSON_DeleteItemFromObjectCaseSensitive(devices, traits->key);
    TRY(write_document(path, document));
done:
    cJSON_Delete(document);
    free(path);
    return status;
}

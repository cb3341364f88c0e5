#include "graph/choose_cache.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/memory.h"

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

/* The plain algorithm, the first, is the one that needs a time. */
static bool read_entry(const cJSON *json, struct choose_entry *entry)
{
    for (int i = 0; i < entry->count; i++) {
        const cJSON *time = member(json, entry->candidates[i]->name);
        if (!read_time(time, entry->inputs, &entry->times[i])) return false;
    }
    return isfinite(entry->times[0].pass);
}

bool choose_cache_find(const struct device_traits *traits, const char *version, const char *call,
                       struct choose_entry *entry)
{
    char *path = NULL;
    cJSON *document = NULL;
    bool found = false;
    if (!device_cache_folder()[0]) return false;
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

static bool write_entry(cJSON *calls, const char *call, const struct choose_entry *entry)
{
    cJSON_DeleteItemFromObjectCaseSensitive(calls, call);
    cJSON *json = cJSON_AddObjectToObject(calls, call);
    bool whole = json != NULL;
    for (int i = 0; whole && i < entry->count; i++) {
        whole = add_time(json, entry->candidates[i]->name, entry->inputs, &entry->times[i]);
    }
    return whole;
}

int choose_cache_store(const struct device_traits *traits, const char *version, const char *call,
                       const struct choose_entry *entry)
{
    int status = SAAE_OK;
    char *path = NULL;
    cJSON *document = NULL;
    if (!device_cache_folder()[0]) return SAAE_OK;
    TRY(read_document(&path, &document));
    if (!write_entry(make_calls(document, traits, version), call, entry)) {
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

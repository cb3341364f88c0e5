/* What devices were measured to give, kept in devices.json in the cache folder:
 *
 *     {"format": 1, "devices": {"KEY, driver VERSION": {"gflops": 245.1, "gbs": 21.3}}}
 *
 * A driver update begins anew: it may make a device faster or slower. */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/file.h"

static void name_entry(const struct device_traits *traits, char *name, size_t size)
{
    snprintf(name, size, "%s, driver %s", traits->key, traits->driver);
}

/* The file's content; a new, empty one where there is no file or it cannot be understood. NULL:
 * out of memory. */
static cJSON *read_document(const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    cJSON *document = NULL;
    if (file_exists(path) && file_read(path, &bytes, &size) == SAAE_OK) {
        document = cJSON_Parse((const char *)bytes);
    }
    free(bytes);
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(document, "format");
    if (cJSON_IsNumber(format) && format->valueint == 1 &&
        cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(document, "devices"))) {
        return document;
    }
    cJSON_Delete(document);
    document = cJSON_CreateObject();
    if (!cJSON_AddNumberToObject(document, "format", 1) ||
        !cJSON_AddObjectToObject(document, "devices")) {
        cJSON_Delete(document);
        return NULL;
    }
    return document;
}

static double read_number(const cJSON *entry, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(entry, name);
    return cJSON_IsNumber(number) && number->valuedouble > 0 ? number->valuedouble : 0;
}

void measurements_apply(struct scan *scan)
{
    char *path = NULL;
    if (!device_cache_folder()[0]) return;
    if (file_join(&path, device_cache_folder(), "devices.json") != SAAE_OK) return;
    cJSON *document = read_document(path);
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(document, "devices");
    for (size_t i = 0; i < scan->count; i++) {
        struct device_info *info = &scan->entries[i].info;
        char name[512];
        name_entry(&info->traits, name, sizeof name);
        const cJSON *entry = cJSON_GetObjectItemCaseSensitive(devices, name);
        info->gflops = read_number(entry, "gflops");
        info->gbs = read_number(entry, "gbs");
    }
    cJSON_Delete(document);
    free(path);
}

int measurements_store(const struct device_traits *traits, double gflops, double gbs)
{
    int status = SAAE_OK;
    char *path = NULL, *text = NULL;
    char name[512];
    cJSON *document = NULL;
    const char *folder = device_cache_folder();
    if (!folder[0]) return SAAE_OK;
    TRY(file_join(&path, folder, "devices.json"));
    document = read_document(path);
    cJSON *devices = cJSON_GetObjectItemCaseSensitive(document, "devices");
    name_entry(traits, name, sizeof name);
    cJSON_DeleteItemFromObjectCaseSensitive(devices, name);
    cJSON *entry = cJSON_AddObjectToObject(devices, name);
    if (!cJSON_AddNumberToObject(entry, "gflops", gflops) ||
        !cJSON_AddNumberToObject(entry, "gbs", gbs) || !(text = cJSON_Print(document))) {
        FAIL(SAAE_MEMORY, "out of memory: the measurements of %s", traits->name);
    }
    TRY(file_make_folder(folder));
    TRY(file_write(path, text, strlen(text)));
done:
    cJSON_free(text);
    cJSON_Delete(document);
    free(path);
    return status;
}

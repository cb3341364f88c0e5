#include "cli/common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"

/* NULL when the variable is not set. */
static const char *value_of(const char *name)
{
    return getenv(name);
}

static bool is_set(const char *name)
{
    const char *value = value_of(name);
    return value && value[0] && strcmp(value, "0") != 0;
}

static void find_cache_folder(char *folder, size_t size)
{
    const char *own = value_of("SAAE_CACHE_DIR");
    if (own) {
        snprintf(folder, size, "%s", own);
    } else if (is_set("XDG_CACHE_HOME")) {
        snprintf(folder, size, "%s/saae", value_of("XDG_CACHE_HOME"));
    } else if (is_set("HOME")) {
        snprintf(folder, size, "%s/.cache/saae", value_of("HOME"));
    } else {
        folder[0] = '\0';
    }
}

void common_setup_runtime(void)
{
    char folder[4096];
    find_cache_folder(folder, sizeof folder);
    device_set_cache_folder(folder);
    device_set_kernel_folder(is_set("SAAE_CL_DIR") ? value_of("SAAE_CL_DIR") : NULL);
    device_set_debug(is_set("SAAE_DEBUG"));
}

int common_open_device(struct device **device, const char *wanted, bool profiling)
{
    *device = NULL;
    common_setup_runtime();
    if (!wanted) wanted = value_of("SAAE_DEVICE");
    if (wanted && strcmp(wanted, "reference") == 0) return SAAE_OK;
    return device_open(device, wanted, profiling);
}

int common_write_json(const char *path, const cJSON *document)
{
    int status = SAAE_OK;
    size_t length = 0;
    char *text = cJSON_Print(document);
    if (!text) FAIL(SAAE_MEMORY, "out of memory: the JSON for '%s'", path);
    length = strlen(text);
    text[length++] = '\n'; /* in place of the zero byte: what follows goes by the length */
    if (strcmp(path, "-") != 0) {
        TRY(file_write(path, text, length));
    } else if (fwrite(text, 1, length, stdout) != length || fflush(stdout) != 0) {
        FAIL(SAAE_IO, "cannot write to standard output: %s", strerror(errno));
    }
done:
    cJSON_free(text);
    return status;
}

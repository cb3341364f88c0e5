#include "cli/common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "version.h"

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

static int open_and_test(struct device **device, const char *wanted, bool profiling,
                         enum self_test_scope scope)
{
    int status = common_open_device(device, wanted, profiling);
    if (status == SAAE_OK && *device)
        status = self_test_run(*device, scope, SAAE_VERSION " " SAAE_REVISION);
    if (status != SAAE_OK) {
        device_close(*device);
        *device = NULL;
    }
    return status;
}

static int better_first(const void *a, const void *b)
{
    const struct device_info *x = a, *y = b;
    if (x->chosen != y->chosen) return x->chosen ? -1 : 1;
    return (x->rank < y->rank) - (x->rank > y->rank);
}

int common_open_checked_device(struct device **device, const char *wanted, bool profiling,
                               enum self_test_scope scope)
{
    struct device_info *infos = NULL;
    char note[1024];
    int count = 0;
    if (!wanted) wanted = value_of("SAAE_DEVICE");
    int status = open_and_test(device, wanted, profiling, scope);
    if (status == SAAE_OK || (wanted && *wanted)) return status;
    if (status != SAAE_FAILED || device_list(&infos, &count, note, sizeof note) != SAAE_OK) {
        return status;
    }
    /* nobody asked for the device that failed: the next best one that passes will do */
    qsort(infos, (size_t)count, sizeof *infos, better_first);
    for (int i = 1; i < count && status == SAAE_FAILED; i++) {
        if (infos[i].why_not[0]) continue;
        log_warning("%s; trying %s", saae_message(), infos[i].traits.name);
        status = open_and_test(device, infos[i].traits.id, profiling, scope);
    }
    free(infos);
    return status;
}

int common_encode_contents(const char *choice)
{
    if (!choice || strcmp(choice, "auto") == 0) return ENCODE_AUTO;
    return strcmp(choice, "once") == 0 ? ENCODE_ONCE : ENCODE_EACH;
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

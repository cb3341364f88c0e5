/* Settings of the process, made before devices are opened. */
#include "runtime/internal.h"

#include <stdio.h>

enum { FOLDER_SIZE = 4096 }; /* as long as a path may be on Linux */

static struct {
    char cache_folder[FOLDER_SIZE], kernel_folder[FOLDER_SIZE];
    bool debug;
} settings;

void device_set_cache_folder(const char *folder)
{
    snprintf(settings.cache_folder, sizeof settings.cache_folder, "%s", folder ? folder : "");
}

const char *device_cache_folder(void)
{
    return settings.cache_folder;
}

void device_set_kernel_folder(const char *folder)
{
    snprintf(settings.kernel_folder, sizeof settings.kernel_folder, "%s", folder ? folder : "");
}

void device_set_debug(bool debug)
{
    settings.debug = debug;
}

const char *settings_kernel_folder(void)
{
    return settings.kernel_folder[0] ? settings.kernel_folder : NULL;
}

bool settings_debug(void)
{
    return settings.debug;
}

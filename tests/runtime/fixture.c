#include "runtime/fixture.h"

#include <stdlib.h>

struct device *fixture_open(bool profiling)
{
    struct device *device = NULL;
    device_set_cache_folder("");
    if (device_open(&device, getenv("SAAE_DEVICE"), profiling) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

void fixture_close(struct device *device)
{
    device_close(device);
    device_set_kernel_folder(NULL);
    device_set_cache_folder("");
    device_set_debug(false);
}

void fixture_kernel(const char *text)
{
    test_write_text("cl/test.cl", text);
    device_set_kernel_folder(test_path("cl"));
}

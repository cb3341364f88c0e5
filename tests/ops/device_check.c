#include "device_check.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "verify/check.h"

struct device *device_check_open(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    return device;
}

void device_check(struct device *device, enum op_kind kind, const struct op_attributes *attributes,
                  const struct tensor_type *in, int inputs)
{
    const struct op *op = op_get(kind);
    const struct check_options options = {.seed = 1};
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        struct verify_case item = {0};
        assert_ok(op_prepare(&item.call, kind, attributes, in, inputs));
        item.call.accumulate = accumulate;
        for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
            struct check_result result;
            const struct op_algorithm *algorithm = &op->algorithms[a];
            /* An interpreter is for our own kernels: the library's take minutes there. */
            if (test_small() && strcmp(algorithm->name, "clblast") == 0) continue;
            bool fits =
                !algorithm->supports || algorithm->supports(&item.call, device_traits(device));
            if (fits) assert_ok(check_run(device, &item, a, &options, &result));
        }
    }
}

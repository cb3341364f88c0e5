/* What several commands do the same way. */
#ifndef SAAE_CLI_COMMON_H
#define SAAE_CLI_COMMON_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "runtime/device.h"
#include "train/settings.h"
#include "verify/self_test.h"

/* Takes over the settings of the runtime from the environment: the cache folder (SAAE_CACHE_DIR,
 * else $XDG_CACHE_HOME/saae, else ~/.cache/saae; SAAE_CACHE_DIR set to nothing keeps none), the
 * folder of kernel sources (SAAE_CL_DIR) and the debug mode (SAAE_DEBUG=1). */
void common_setup_runtime(void);

/* Opens the device that --device names (NULL: SAAE_DEVICE, else the best there is), after
 * common_setup_runtime. With *device NULL and SAAE_OK it is "reference", the oracle. */
int common_open_device(struct device **device, const char *wanted, bool profiling);

/* The same, and checks the kernels that are about to be used (verify/self_test.h). A device that
 * was asked for must pass; a default that does not gives way, with a warning, to the next best. */
int common_open_checked_device(struct device **device, const char *wanted, bool profiling,
                               enum self_test_scope scope);

/* --encode-contents: auto, once or each; NULL: auto. */
int common_encode_contents(const char *choice);

/* Writes the document into the file, or to standard output for "-". SAAE_IO. */
int common_write_json(const char *path, const cJSON *document);

#endif

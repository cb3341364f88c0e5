#include "verify/self_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "verify/cases.h"
#include "verify/check.h"

/* The most expensive case below this cost stands for its pass: large enough for several tiles,
 * small enough for the reference to take a millisecond. */
static const double largest_cost = 3e5;

static bool wanted(enum self_test_scope scope, const struct op *op)
{
    /* no network here has these two */
    if (strcmp(op->stem, "tanh") == 0 || strcmp(op->stem, "concat") == 0) return false;
    if (scope == SELF_TEST_TRAINING) return true;
    bool loss = strstr(op->stem, "error") || strstr(op->stem, "entropy");
    return !loss && (strcmp(op->pass, "forward") == 0 || strcmp(op->pass, "apply") == 0) &&
           strcmp(op->stem, "adam") != 0 && strcmp(op->stem, "accuracy") != 0;
}

/* Are the channels whole vectors on every device? Then the work that begins has such programs too:
 * no others need to be built, and what is tested is what will run. */
static bool has_whole_vectors(const struct verify_case *item)
{
    return item->call.inputs == 0 || item->call.in[0].shape.c % 16 == 0;
}

static const struct verify_case *choose(const struct case_list *list, enum op_kind kind)
{
    const struct verify_case *best = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct verify_case *item = &list->cases[i];
        double cost = cases_cost(item);
        if (item->call.kind != kind || item->full || cost > largest_cost) continue;
        int whole = has_whole_vectors(item) - (best && has_whole_vectors(best));
        if (!best || whole > 0 || (whole == 0 && cost > cases_cost(best))) best = item;
    }
    return best;
}

static int run_case(struct device *device, const struct verify_case *item)
{
    const struct op *op = op_get(item->call.kind);
    struct check_options options = {.runs = 2};
    struct check_result result;
    int status = check_run(device, item, 0, &options, &result);
    if (status == SAAE_OK) return status;
    return status_prefix(status,
                         "self-test of device %s: %s.%s (repeat: saae verify --device %s "
                         "--op %s.%s --case %d)",
                         device_traits(device)->id, op->stem, op->pass, device_traits(device)->id,
                         op->stem, op->pass, item->number);
}

static int run_cases(struct device *device, enum self_test_scope scope)
{
    struct case_list list = {0};
    int status = cases_create(&list);
    for (int kind = 0; kind < OP_COUNT && status == SAAE_OK; kind++) {
        if (!wanted(scope, op_get((enum op_kind)kind))) continue;
        const struct verify_case *item = choose(&list, (enum op_kind)kind);
        if (item) status = run_case(device, item);
    }
    cases_free(&list);
    return status;
}

/* ---- What passed before ---- */

/* *path = the note's file, *text = all that the result depends on; both NULL: nothing is noted. */
static int name_note(const struct device *device, enum self_test_scope scope, const char *version,
                     char **path, char **text)
{
    static const char format[] = "%s\n%s\ndriver %s\n%d compute units, vectors of %d\n"
                                 "saae %s, kernels %016" PRIx64 "\n%s\n";
    const struct device_traits *t = device_traits(device);
    const char *what = scope == SELF_TEST_TRAINING ? "training" : "generation";
    const uint64_t kernels = device_kernels_checksum();
    int status = SAAE_OK;
    char name[64], *folder = NULL;
    *path = *text = NULL;
    if (!version || !kernels || !device_cache_folder()[0]) return SAAE_OK;
    int length = snprintf(NULL, 0, format, t->platform, t->name, t->driver, t->compute_units,
                          t->vector_width, version, kernels, what);
    TRY(memory_allocate(text, (size_t)length + 1, 1));
    snprintf(*text, (size_t)length + 1, format, t->platform, t->name, t->driver, t->compute_units,
             t->vector_width, version, kernels, what);
    snprintf(name, sizeof name, "%016" PRIx64, checksum_bytes(*text, (size_t)length));
    TRY(file_join(&folder, device_cache_folder(), "self-tests"));
    TRY(file_join(path, folder, name));
done:
    free(folder);
    return status;
}

static bool is_noted(const struct device *device, enum self_test_scope scope, const char *version)
{
    char *path = NULL, *text = NULL;
    uint8_t *kept = NULL;
    size_t size = 0;
    bool noted = name_note(device, scope, version, &path, &text) == SAAE_OK && path &&
                 file_exists(path) && file_read(path, &kept, &size) == SAAE_OK &&
                 strcmp((const char *)kept, text) == 0;
    free(kept);
    free(path);
    free(text);
    return noted;
}

/* What cannot be noted is tested again next time. */
static void note(const struct device *device, enum self_test_scope scope, const char *version)
{
    int status = SAAE_OK;
    char *path = NULL, *text = NULL, *folder = NULL;
    TRY(name_note(device, scope, version, &path, &text));
    if (!path) goto done;
    TRY(file_join(&folder, device_cache_folder(), "self-tests"));
    TRY(file_make_folder(folder));
    TRY(file_write(path, text, strlen(text)));
done:
    if (status != SAAE_OK) log_warning("the self-test is not noted: %s", saae_message());
    free(path);
    free(text);
    free(folder);
}

int self_test_run(struct device *device, enum self_test_scope scope, const char *version)
{
    if (is_noted(device, SELF_TEST_TRAINING, version) || is_noted(device, scope, version)) {
        return SAAE_OK;
    }
    int status = run_cases(device, scope);
    if (status == SAAE_OK) note(device, scope, version);
    return status;
}

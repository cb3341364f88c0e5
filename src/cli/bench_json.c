#include "cli/bench_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "version.h"

/* ---- Making ---- */

static void add_times(cJSON *object, const struct race_times *times)
{
    cJSON_AddNumberToObject(object, "ms", 1e3 * times->median);
    cJSON_AddNumberToObject(object, "ms_min", 1e3 * times->least);
    cJSON_AddNumberToObject(object, "ms_max", 1e3 * times->most);
}

static void add_figures(cJSON *entry, const struct bench_op *op, const struct bench_result *result)
{
    struct op_cost cost = op_cost_of(&op->call);
    double unit = 1e-9 / op->times.median;
    double really = op_flops_done(&op->call) * unit;
    add_times(entry, &op->times);
    cJSON_AddNumberToObject(entry, "gflops", cost.flops * unit);
    cJSON_AddNumberToObject(entry, "gbs", cost.bytes * unit);
    cJSON_AddNumberToObject(entry, "peak_gflops_percent", 100.0 * really / result->gflops);
    cJSON_AddNumberToObject(entry, "peak_gbs_percent", 100.0 * cost.bytes * unit / result->gbs);
}

static void add_op(cJSON *list, const struct bench_op *op, const struct bench_result *result)
{
    static const char *const figures[] = {"ms", "ms_min", "ms_max", "gflops", "gbs"};
    const struct op *entry = op_get(op->call.kind);
    cJSON *object = cJSON_CreateObject();
    char text[BENCH_CASE_TEXT];
    bench_describe_call(&op->call, text);
    cJSON_AddStringToObject(object, "op", entry->stem);
    cJSON_AddStringToObject(object, "pass", entry->pass);
    cJSON_AddStringToObject(object, "case", text);
    cJSON_AddStringToObject(object, "algorithm", entry->algorithms[op->call.algorithm].name);
    cJSON_AddBoolToObject(object, "chosen", op->chosen);
    if (op->times.median > 0.0) {
        add_figures(object, op, result);
    } else {
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
            cJSON_AddNullToObject(object, figures[i]);
        }
    }
    cJSON *calls = cJSON_AddObjectToObject(object, "calls");
    for (int p = 0; p < BENCH_PARTS; p++) {
        cJSON_AddNumberToObject(calls, bench_part_name((enum bench_part)p), op->uses[p]);
    }
    cJSON_AddBoolToObject(object, "verified", op->verdict == BENCH_PASSED);
    if (op->verdict == BENCH_FAILED) cJSON_AddStringToObject(object, "why", op->why);
    cJSON_AddItemToArray(list, object);
}

static void add_part(cJSON *root, enum bench_part part, const struct race_times *times, int images)
{
    if (!(times->median > 0.0)) return;
    cJSON *object = cJSON_AddObjectToObject(root, bench_part_name(part));
    add_times(object, times);
    cJSON_AddNumberToObject(object, "images_per_s", images / times->median);
}

static void add_device(cJSON *root, const struct device_traits *traits)
{
    cJSON_AddStringToObject(root, "device", traits->name);
    cJSON_AddStringToObject(root, "id", traits->id);
    cJSON_AddStringToObject(root, "platform", traits->platform);
    cJSON_AddStringToObject(root, "driver", traits->driver);
    cJSON_AddNumberToObject(root, "compute_units", traits->compute_units);
    cJSON_AddNumberToObject(root, "clock_mhz", traits->clock_mhz);
    cJSON_AddStringToObject(root, "version", SAAE_VERSION);
    cJSON_AddStringToObject(root, "revision", SAAE_REVISION);
}

cJSON *bench_json_make(const struct bench_result *result, const struct bench_options *options)
{
    cJSON *root = cJSON_CreateObject();
    add_device(root, device_traits(result->device));
    cJSON_AddStringToObject(root, "preset", options->preset);
    cJSON_AddNumberToObject(root, "batch", options->batch);
    cJSON_AddNumberToObject(root, "micro_batch",
                            options->micro_batch ? options->micro_batch : options->batch);
    cJSON_AddNumberToObject(root, "rounds", options->rounds);
    cJSON_AddBoolToObject(root, "contents_once", result->contents_once);
    cJSON_AddBoolToObject(root, "exact", options->exact);
    cJSON_AddBoolToObject(root, "verified", result->verified);
    if (result->verified) {
        cJSON_AddNullToObject(root, "why");
    } else {
        cJSON_AddStringToObject(root, "why", result->why);
    }
    cJSON_AddNumberToObject(root, "peak_device_bytes", (double)result->peak_device_bytes);
    cJSON_AddNumberToObject(root, "peak_rss_bytes", (double)result->peak_rss_bytes);
    for (int p = 0; p < BENCH_PARTS; p++) {
        add_part(root, (enum bench_part)p, &result->parts[p],
                 bench_part_images((enum bench_part)p, options->batch));
    }
    cJSON *peak = cJSON_AddObjectToObject(root, "peak");
    cJSON_AddNumberToObject(peak, "gflops", result->gflops);
    cJSON_AddNumberToObject(peak, "gbs", result->gbs);
    cJSON *ops = cJSON_AddArrayToObject(root, "ops");
    for (size_t i = 0; i < result->op_count; i++) {
        const struct bench_op *op = &result->ops[i];
        if (bench_op_wanted(options, op->call.kind)) add_op(ops, op, result);
    }
    return root;
}

/* ---- Reading ---- */

static bool is_result(const cJSON *object)
{
    static const char *const texts[] = {"device", "driver", "preset"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object, texts[i]))) return false;
    }
    return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(object, "batch"));
}

int bench_json_read(const char *path, cJSON *list)
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    cJSON *document = NULL;
    TRY(file_read(path, &bytes, &size));
    document = cJSON_ParseWithLength((const char *)bytes, size);
    if (cJSON_IsObject(document)) { /* one device: a list of one */
        cJSON *alone = document;
        document = cJSON_CreateArray();
        cJSON_AddItemToArray(document, alone);
    }
    if (!cJSON_IsArray(document) || cJSON_GetArraySize(document) == 0) {
        FAIL(SAAE_INPUT, "'%s' was not written by 'saae bench --json'", path);
    }
    while (cJSON_GetArraySize(document) > 0) {
        cJSON *object = cJSON_DetachItemFromArray(document, 0);
        if (!is_result(object)) {
            cJSON_Delete(object);
            FAIL(SAAE_INPUT,
                 "'%s' was not written by 'saae bench --json': a result lacks "
                 "device, driver, preset or batch",
                 path);
        }
        cJSON_AddItemToArray(list, object);
    }
done:
    cJSON_Delete(document);
    free(bytes);
    return status;
}

int bench_json_check_alike(const cJSON *list, const char *preset, double batch)
{
    const cJSON *result = NULL;
    cJSON_ArrayForEach(result, list)
    {
        const char *its = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result, "preset"));
        double size = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(result, "batch"));
        if (!preset) {
            preset = its;
            batch = size;
        }
        if (strcmp(its, preset) == 0 && fabs(size - batch) < 0.5) continue;
        return status_set(SAAE_USAGE,
                          "preset %s in batches of %g and preset %s in batches of %g are different "
                          "work: compare like with like (--preset, --batch)",
                          preset, batch, its, size);
    }
    return SAAE_OK;
}

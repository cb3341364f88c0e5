#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/work.h"

const char *bench_part_name(enum bench_part part)
{
    static const char *const names[BENCH_PARTS] = {"1", "2", "3", "generate", "set"};
    return names[part];
}

int bench_part_images(enum bench_part part, int batch)
{
    return part == BENCH_SET ? WORK_CLASSES * batch : batch;
}

bool bench_op_wanted(const struct bench_options *options, enum op_kind kind)
{
    const struct op *op = op_get(kind);
    if (!options->ops) return false;
    if (!options->op) return true;
    size_t length = strlen(op->stem);
    if (strncmp(options->op, op->stem, length) != 0) return false;
    const char *rest = options->op + length;
    return rest[0] == '\0' || (rest[0] == '.' && strcmp(rest + 1, op->pass) == 0);
}

/* ---- Descriptions ---- */

/* The sizes of a product by the names of its forward pass: x, w and the output's rows. */
static struct shape weights_of(const struct op_call *call)
{
    bool weights = strcmp(op_get(call->kind)->pass, "backward_weights") == 0;
    return weights ? call->out[0].shape : call->in[1].shape;
}

static void describe_convolution(const struct op_call *call, char *text, size_t size)
{
    struct shape w = weights_of(call);
    struct shape x = call->in[0].shape;
    if (call->kind == OP_conv2d_backward_data) x = call->out[0].shape;
    int used = snprintf(text, size, "%dx%dx%dx%d->%d %dx%d", x.n, x.h, x.w, x.c, w.c, w.n, w.h);
    if (call->attributes.stride > 1 && used > 0) {
        snprintf(text + used, size - (size_t)used, " stride %d", call->attributes.stride);
    }
}

void bench_describe_call(const struct op_call *call, char text[BENCH_CASE_TEXT])
{
    const struct op *op = op_get(call->kind);
    if (strcmp(op->stem, "conv2d") == 0) {
        describe_convolution(call, text, BENCH_CASE_TEXT);
    } else if (strcmp(op->stem, "fully_connected") == 0) {
        struct shape w = weights_of(call);
        snprintf(text, BENCH_CASE_TEXT, "%dx%d->%d", call->in[0].shape.n, w.w, w.c);
    } else {
        op_describe(call, text, BENCH_CASE_TEXT);
        return;
    }
    /* a gradient of weights is always added, the others are where two ways meet */
    if (call->accumulate && strcmp(op->pass, "backward_weights") != 0) {
        size_t used = strlen(text);
        snprintf(text + used, BENCH_CASE_TEXT - used, " added");
    }
}

/* ---- Running ---- */

/* The most that was seen counts: whatever else the machine does can only take from it. */
static int measure_peaks(struct bench_result *result)
{
    double gflops = 0.0, gbs = 0.0;
    int status = device_measure(result->device, &gflops, &gbs);
    if (gflops > result->gflops) result->gflops = gflops;
    if (gbs > result->gbs) result->gbs = gbs;
    return status;
}

static int measure_all(struct work *works, int count)
{
    const struct bench_options *options = works[0].options;
    int status = SAAE_OK;
    if (options->ops) TRY(work_time_ops(works, count));
    TRY(work_time_parts(works, count));
    for (int d = 0; d < count; d++) TRY(measure_peaks(works[d].result));
done:
    return status;
}

static int begin(struct work *work, struct device *device, const struct bench_options *options,
                 const struct work_data *data, struct bench_result *result)
{
    int status = SAAE_OK;
    result->device = device;
    TRY(measure_peaks(result));
    TRY(work_create(work, device, options, data, result));
    result->contents_once = work_contents_once(work);
    TRY(work_collect_ops(work));
    TRY(work_verify(work));
done:
    return status;
}

static int tell_fault(const struct bench_result *results, int count)
{
    for (int d = 0; d < count; d++) {
        if (results[d].verified) continue;
        return status_set(SAAE_FAILED,
                          "not all was timed: %s computes something else than the "
                          "reference: %s",
                          device_traits(results[d].device)->name, results[d].why);
    }
    return SAAE_OK;
}

int bench_run(struct device *const *devices, int count, const struct bench_options *options,
              struct bench_result *results)
{
    int status = SAAE_OK;
    struct work_data data = {0};
    struct work *works = NULL;
    memset(results, 0, (size_t)count * sizeof *results);
    TRY(memory_allocate(&works, (size_t)count, sizeof *works));
    TRY(work_data_create(&data, options->batch, options->seed));
    for (int d = 0; d < count; d++) {
        TRY(begin(&works[d], devices[d], options, &data, &results[d]));
    }
    TRY(measure_all(works, count));
    TRY(tell_fault(results, count));
done:
    for (int d = 0; works && d < count; d++) work_free(&works[d]);
    free(works);
    work_data_free(&data);
    return status;
}

void bench_result_free(struct bench_result *result)
{
    free(result->ops);
    *result = (struct bench_result){0};
}

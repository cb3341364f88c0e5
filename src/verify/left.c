#include "verify/left.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "runtime/launch.h"
#include "verify/host.h"

bool left_of(const struct op_call *call, const struct device_traits *traits, struct left *left)
{
    const struct op_algorithm *algorithm = op_algorithm_of(call);
    if (!algorithm->leaves) return false;
    int status = op_prepare(&left->reader, OP_batch_norm_statistics, NULL, &call->out[0], 1);
    return status == SAAE_OK &&
           op_form_of(op_algorithm_of(&left->reader), &left->reader, 0, traits, &left->form) &&
           algorithm->leaves(call, traits, &left->form);
}

/* The reader's results, found on the device. */
static int run_reader(struct device *device, const struct left *left, float *const *got)
{
    int status = SAAE_OK;
    const struct op_call *reader = &left->reader;
    struct op_buffers buffers = {.in = {left->buffer.view}};
    struct launch_list *list = NULL;
    for (int o = 0; o < reader->outputs; o++) {
        size_t bytes = tensor_bytes(reader->out[o]);
        TRY(buffer_create(&buffers.out[o], device, bytes, "results of a reader"));
    }
    TRY(launch_list_create(&list, device));
    TRY(op_algorithm_of(reader)->launch(reader, &buffers, list));
    TRY(launch_list_run(list, 0, 0));
    for (int o = 0; o < reader->outputs; o++) {
        TRY(buffer_read(buffers.out[o], 0, got[o], tensor_bytes(reader->out[o])));
    }
done:
    launch_list_free(list);
    for (int o = 0; o < reader->outputs; o++) buffer_free(buffers.out[o]);
    return status;
}

static int compare(const struct left *left, int o, const float *got, const double *expected,
                   const double *scale)
{
    double unit = HOST_BOUND_FACTOR * (double)FLT_EPSILON * sqrt(op_reduction_of(&left->reader));
    for (size_t i = 0; i < shape_count(left->reader.out[o].shape); i++) {
        double error = fabs((double)got[i] - expected[i]), bound = unit * scale[i];
        if (error <= bound) continue;
        return status_set(
            SAAE_FAILED,
            "what is left of output 0 (%s) gives output %d, element %zu: %.9g instead "
            "of %.9g, error %.3g, bound %.3g",
            left->form.name, o, i, (double)got[i], expected[i], error, bound);
    }
    return SAAE_OK;
}

int left_compare(struct device *device, const struct left *left, const float *output)
{
    int status = SAAE_OK;
    const struct op_call *reader = &left->reader;
    const struct op *op = op_get(reader->kind);
    size_t count = shape_count(reader->in[0].shape);
    double *x = NULL, *expected[OP_MAX_OUTPUTS] = {0}, *scale[OP_MAX_OUTPUTS] = {0};
    float *got[OP_MAX_OUTPUTS] = {0};
    TRY(memory_allocate(&x, count, sizeof *x));
    for (size_t i = 0; i < count; i++) x[i] = (double)output[i];
    for (int o = 0; o < reader->outputs; o++) {
        size_t room = shape_count(reader->out[o].shape);
        TRY(memory_allocate(&expected[o], room, sizeof(double)));
        TRY(memory_allocate(&scale[o], room, sizeof(double)));
        TRY(memory_allocate(&got[o], room, sizeof(float)));
    }
    op->reference(reader, (const void *const *)&x, (void *const *)expected);
    op->scale(reader, (const void *const *)&x, (void *const *)scale);
    TRY(run_reader(device, left, got));
    for (int o = 0; o < reader->outputs; o++) {
        TRY(compare(left, o, got[o], expected[o], scale[o]));
    }
done:
    free(x);
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) {
        free(expected[o]);
        free(scale[o]);
        free(got[o]);
    }
    return status;
}

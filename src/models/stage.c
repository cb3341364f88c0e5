#include "models/stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ELEMENT = 4 }; /* bytes of a float and of an integer */

int stage_begin(struct stage *stage, const char *name, struct saae_model *model, int batch,
                enum batch_norm_mode mode)
{
    int status = SAAE_OK;
    *stage = (struct stage){.model = model, .batch = batch};
    if (batch < 1) FAIL(SAAE_USAGE, "a batch of %d pictures; it is at least 1", batch);
    if (mode == BATCH_NORM_TRAIN) {
        FAIL(SAAE_USAGE, "inference does not move the running statistics: use another mode");
    }
    TRY(graph_create(&stage->graph, name));
    stage->layers = saae_layers(model, &model->generator, stage->graph, &stage->links, mode);
    TRY(layers_begin(&stage->layers));
done:
    return status;
}

int stage_input(struct stage *stage, const char *name, struct tensor_type type)
{
    struct stage_port *port = &stage->inputs[stage->input_count++];
    port->row = shape_row(type.shape);
    port->tensor = links_external(&stage->links, stage->graph, name, type, &port->storage, 0);
    return port->tensor;
}

static int make_room(const struct stage *stage, struct stage_port *port)
{
    return memory_allocate(&port->staged, (size_t)stage->batch * port->row, ELEMENT);
}

int stage_end(struct stage *stage, int output)
{
    struct device *device = stage->model->generator.device;
    int status = SAAE_OK;
    const bool dry = stage->dry;
    graph_keep(stage->graph, output);
    TRY(graph_status(stage->graph));
    stage->output = (struct stage_port){.tensor = output,
                                        .row = shape_row(stage->graph->tensors[output].type.shape)};
    if (!dry) TRY(make_room(stage, &stage->output));
    for (int i = 0; !dry && i < stage->input_count; i++) {
        struct stage_port *port = &stage->inputs[i];
        const struct graph_tensor *tensor = &stage->graph->tensors[port->tensor];
        TRY(make_room(stage, port));
        TRY(storage_create(&port->storage, device, tensor->type.dtype,
                           shape_count(tensor->type.shape), tensor->name));
    }
    TRY(choose_algorithms(stage->graph, device, stage->model->choose));
    TRY(executor_create(&stage->executor, stage->graph, device, NULL));
    if (!dry) TRY(links_bind(&stage->links, stage->executor));
    TRY(executor_prepare(stage->executor, dry));
done:
    return status;
}

size_t stage_bytes(const struct stage *stage)
{
    size_t bytes = executor_plan(stage->executor)->total;
    for (int i = 0; i < stage->input_count; i++) {
        bytes += (size_t)stage->batch * stage->inputs[i].row * ELEMENT;
    }
    return bytes;
}

void stage_free(struct stage *stage)
{
    executor_free(stage->executor);
    layers_end(&stage->layers);
    links_free(&stage->links);
    graph_free(stage->graph);
    for (int i = 0; i < STAGE_INPUTS; i++) {
        storage_free(stage->inputs[i].storage);
        free(stage->inputs[i].staged);
    }
    free(stage->output.staged);
    *stage = (struct stage){0};
}

/* `used` rows become the input's batch; a short one repeats them in turn. */
static int give(struct stage *stage, const struct stage_port *port, const char *rows, int used)
{
    size_t bytes = port->row * ELEMENT;
    for (int i = 0; used < stage->batch && i < stage->batch; i++) {
        memcpy((char *)port->staged + (size_t)i * bytes, rows + (size_t)(i % used) * bytes, bytes);
    }
    return executor_write(stage->executor, port->tensor, used < stage->batch ? port->staged : rows);
}

static int take(struct stage *stage, float *results, int used)
{
    const struct stage_port *port = &stage->output;
    bool whole = used == stage->batch;
    int status =
        executor_read(stage->executor, port->tensor, whole ? (void *)results : port->staged);
    if (status != SAAE_OK || whole) return status;
    memcpy(results, port->staged, (size_t)used * port->row * ELEMENT);
    return SAAE_OK;
}

int stage_run(struct stage *stage, const void *const *rows, int n, float *results)
{
    int status = SAAE_OK, used;
    for (int first = 0; first < n; first += used) {
        used = n - first < stage->batch ? n - first : stage->batch;
        for (int i = 0; i < stage->input_count; i++) {
            const struct stage_port *port = &stage->inputs[i];
            TRY(give(stage, port, (const char *)rows[i] + (size_t)first * port->row * ELEMENT,
                     used));
        }
        TRY(executor_run(stage->executor));
        TRY(take(stage, results + (size_t)first * stage->output.row, used));
    }
done:
    return status;
}

int stage_check_finite(const struct stage *stage, const float *rows, int first, int count)
{
    size_t row = stage->output.row;
    for (size_t i = 0; i < (size_t)count * row; i++) {
        if (isfinite(rows[i])) continue;
        return status_set(SAAE_NUMERIC,
                          "what the generator makes of input %zu is not finite: parameters or "
                          "running statistics are out of range",
                          (size_t)first + i / row);
    }
    return SAAE_OK;
}

#include "models/recogniser.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pixel.h"

enum { FILTER = 5, FIRST_CHANNELS = 16, SECOND_CHANNELS = 32, HIDDEN = 128, LEAST_POOLED_SIDE = 8 };

struct layers recogniser_layers(struct recogniser *recogniser, struct graph *graph,
                                struct links *links, enum batch_norm_mode mode)
{
    return (struct layers){.graph = graph,
                           .network = &recogniser->network,
                           .links = links,
                           .mode = mode,
                           .slope = 0.1,
                           .eps = 1e-5,
                           .momentum = 0.1};
}

static int block_and_pool(struct layers *layers, const char *name, int x, int channels)
{
    x = layer_block(layers, name, x, channels, FILTER);
    if (x < 0) return -1;
    struct shape shape = layers->graph->tensors[x].type.shape;
    if (shape.h < LEAST_POOLED_SIDE || shape.w < LEAST_POOLED_SIDE) return x;
    return graph_max_pool(layers->graph, x);
}

int recogniser_logits(struct layers *layers, const struct recogniser_config *config, int image)
{
    int x = block_and_pool(layers, "recogniser.0", image, FIRST_CHANNELS);
    x = block_and_pool(layers, "recogniser.1", x, SECOND_CHANNELS);
    x = layer_linear_leaky(layers, "recogniser.fc_hidden", x, (struct shape){0, 1, 1, HIDDEN});
    return layer_linear(layers, "recogniser.fc_out", x, (struct shape){0, 1, 1, config->classes});
}

static int check_config(const struct recogniser_config *c)
{
    if (c->height < 4 || c->width < 4 || c->height > 4096 || c->width > 4096) {
        return status_set(SAAE_USAGE, "a recogniser of %dx%d pictures: sides are 4 to 4096",
                          c->height, c->width);
    }
    if (c->channels != 1 && c->channels != 3) {
        return status_set(SAAE_USAGE, "a recogniser of %d channels: 1 or 3 are possible",
                          c->channels);
    }
    if (c->classes < 2) {
        return status_set(SAAE_USAGE, "a recogniser of %d classes: it needs at least 2",
                          c->classes);
    }
    return SAAE_OK;
}

/* Builds the network once, on one image, to enter its parameters. */
static int register_parameters(struct recogniser *recogniser)
{
    const struct recogniser_config *c = &recogniser->config;
    int status = SAAE_OK;
    struct graph *graph = NULL;
    struct links links = {0};
    struct layers layers = {0};
    TRY(graph_create(&graph, "parameters"));
    layers = recogniser_layers(recogniser, graph, &links, BATCH_NORM_TRAIN);
    layers.registers = true;
    TRY(layers_begin(&layers));
    recogniser_logits(
        &layers, c,
        graph_external(graph, "image", tensor_f32(1, c->height, c->width, c->channels)));
    TRY(graph_status(graph));
done:
    layers_end(&layers);
    links_free(&links);
    graph_free(graph);
    return status;
}

int recogniser_create(struct recogniser *recogniser, const struct recogniser_config *config)
{
    int status = SAAE_OK;
    *recogniser = (struct recogniser){.config = *config, .network = {.name = "recogniser"}};
    TRY(check_config(config));
    TRY(register_parameters(recogniser));
done:
    if (status != SAAE_OK) recogniser_free(recogniser);
    return status;
}

void recogniser_free(struct recogniser *recogniser)
{
    network_free(&recogniser->network);
}

struct predictor {
    int batch, classes;
    size_t row; /* elements of one image */
    struct graph *graph;
    struct links links;
    struct layers layers;
    struct executor *executor;
    struct storage *images;
    int image, logits;     /* tensors */
    float *staged, *found; /* a batch of images, of logits */
};

int predictor_create(struct predictor **predictor, struct recogniser *recogniser, int batch)
{
    const struct recogniser_config *c = &recogniser->config;
    struct device *device = recogniser->network.device;
    int status = SAAE_OK;
    struct predictor *made = NULL;
    if (batch < 1) FAIL(SAAE_USAGE, "a batch of %d pictures; it is at least 1", batch);
    TRY(memory_allocate(&made, 1, sizeof *made));
    made->batch = batch;
    made->classes = c->classes;
    struct tensor_type type = tensor_f32(batch, c->height, c->width, c->channels);
    size_t count = shape_count(type.shape), logits = (size_t)batch * (size_t)c->classes;
    made->row = shape_row(type.shape);
    TRY(memory_allocate(&made->staged, count, sizeof *made->staged));
    TRY(memory_allocate(&made->found, logits, sizeof *made->found));
    TRY(storage_create(&made->images, device, DTYPE_F32, count, "pictures to recognise"));
    TRY(graph_create(&made->graph, "recognise"));
    made->layers = recogniser_layers(recogniser, made->graph, &made->links, BATCH_NORM_INFER);
    TRY(layers_begin(&made->layers));
    made->image = links_external(&made->links, made->graph, "image", type, &made->images, 0);
    made->logits = recogniser_logits(&made->layers, c, made->image);
    graph_keep(made->graph, made->logits);
    TRY(graph_status(made->graph));
    TRY(choose_algorithms(made->graph, device, recogniser->choose));
    TRY(executor_create(&made->executor, made->graph, device, NULL));
    TRY(links_bind(&made->links, made->executor));
    TRY(executor_prepare(made->executor, false));
    *predictor = made;
    made = NULL;
done:
    predictor_free(made);
    return status;
}

void predictor_free(struct predictor *predictor)
{
    if (!predictor) return;
    executor_free(predictor->executor);
    layers_end(&predictor->layers);
    links_free(&predictor->links);
    graph_free(predictor->graph);
    storage_free(predictor->images);
    free(predictor->staged);
    free(predictor->found);
    free(predictor);
}

/* The class of one row of logits, and its probabilities unless NULL. -1: not finite. */
static int32_t decide(const float *logits, int classes, float *probabilities)
{
    int best = 0;
    for (int k = 0; k < classes; k++) {
        if (!isfinite(logits[k])) return -1;
        if (logits[k] > logits[best]) best = k;
    }
    if (!probabilities) return best;
    double sum = 0.0;
    for (int k = 0; k < classes; k++) sum += exp((double)logits[k] - (double)logits[best]);
    for (int k = 0; k < classes; k++) {
        probabilities[k] = (float)(exp((double)logits[k] - (double)logits[best]) / sum);
    }
    return best;
}

/* `used` pictures are staged; the rest of a short batch is what an earlier one left there, which
 * with running statistics changes nothing. */
static int run_staged(struct predictor *p, int first, int used, int32_t *labels,
                      float *probabilities)
{
    int status = SAAE_OK;
    size_t classes = (size_t)p->classes;
    TRY(executor_write(p->executor, p->image, p->staged));
    TRY(executor_run(p->executor));
    TRY(executor_read(p->executor, p->logits, p->found));
    for (int i = 0; i < used; i++) {
        size_t at = (size_t)first + (size_t)i;
        float *row = probabilities ? probabilities + at * classes : NULL;
        labels[at] = decide(p->found + (size_t)i * classes, p->classes, row);
        if (labels[at] >= 0) continue;
        FAIL(SAAE_NUMERIC,
             "what the recogniser makes of picture %zu is not finite: the picture or "
             "the recogniser's parameters are out of range",
             at);
    }
done:
    return status;
}

int predictor_run(struct predictor *predictor, const float *images, int n, int32_t *labels,
                  float *probabilities)
{
    int status = SAAE_OK, used;
    for (int first = 0; first < n; first += used) {
        used = n - first < predictor->batch ? n - first : predictor->batch;
        memcpy(predictor->staged, images + (size_t)first * predictor->row,
               (size_t)used * predictor->row * sizeof *images);
        TRY(run_staged(predictor, first, used, labels, probabilities));
    }
done:
    return status;
}

int predictor_run_bytes(struct predictor *predictor, const uint8_t *images, int n, int32_t *labels,
                        float *probabilities)
{
    int status = SAAE_OK, used;
    for (int first = 0; first < n; first += used) {
        used = n - first < predictor->batch ? n - first : predictor->batch;
        const uint8_t *from = images + (size_t)first * predictor->row;
        for (size_t i = 0; i < (size_t)used * predictor->row; i++) {
            predictor->staged[i] = pixel_to_float(from[i]);
        }
        TRY(run_staged(predictor, first, used, labels, probabilities));
    }
done:
    return status;
}

#include "models/generator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pixel.h"

/* Where data enters and leaves. Maps and vectors do both. */
enum port { CONTENT, STYLE, MAPS, VECTORS, IMAGES, PORTS };

/* The graph's nodes lie in this order, each part's behind the one before. */
enum part { ENCODE_CONTENT, ENCODE_STYLE, DECODE, PARTS };

struct generator {
    int batch;
    struct graph *graph;
    struct links links;
    struct layers layers;
    struct executor *executor;
    struct storage *content, *style;
    int tensors[PORTS];
    size_t rows[PORTS];   /* elements of one picture, map or vector */
    float *staged[PORTS]; /* one batch */
    int end[PARTS];       /* behind the part's last node */
};

static int build(struct generator *generator, const struct saae_config *c)
{
    struct graph *graph = generator->graph;
    struct layers *layers = &generator->layers;
    int *tensors = generator->tensors, n = generator->batch;
    struct tensor_type content = tensor_f32(n, c->height, c->width, c->channels);
    struct tensor_type style = tensor_f32(n, c->style_height, c->style_width, c->channels);
    struct links *links = &generator->links;
    tensors[CONTENT] = links_external(links, graph, "content", content, &generator->content, 0);
    tensors[STYLE] = links_external(links, graph, "style", style, &generator->style, 0);
    tensors[MAPS] = saae_encode_content(layers, c, tensors[CONTENT]);
    generator->end[ENCODE_CONTENT] = (int)graph->node_count;
    tensors[VECTORS] = saae_style_vector(layers, c, tensors[STYLE]);
    generator->end[ENCODE_STYLE] = (int)graph->node_count;
    tensors[IMAGES] =
        saae_decode(layers, c, tensors[MAPS], saae_style_map(layers, c, tensors[VECTORS]));
    generator->end[DECODE] = (int)graph->node_count;
    for (int port = MAPS; port < PORTS; port++) graph_keep(graph, tensors[port]);
    return graph_status(graph);
}

static int create_storages(struct generator *generator, struct device *device)
{
    int status = SAAE_OK;
    size_t counts[PORTS];
    for (int port = 0; port < PORTS; port++) {
        struct shape shape = generator->graph->tensors[generator->tensors[port]].type.shape;
        generator->rows[port] = shape_row(shape);
        counts[port] = shape_count(shape);
        TRY(memory_allocate(&generator->staged[port], counts[port], sizeof(float)));
    }
    TRY(storage_create(&generator->content, device, DTYPE_F32, counts[CONTENT], "contents"));
    TRY(storage_create(&generator->style, device, DTYPE_F32, counts[STYLE], "styles"));
done:
    return status;
}

int generator_create(struct generator **generator, struct saae_model *model, int batch,
                     enum batch_norm_mode mode)
{
    int status = SAAE_OK;
    struct generator *made = NULL;
    if (batch < 1) FAIL(SAAE_USAGE, "a batch of %d pictures; it is at least 1", batch);
    if (mode == BATCH_NORM_TRAIN) {
        FAIL(SAAE_USAGE, "inference does not move the running statistics: use another mode");
    }
    TRY(memory_allocate(&made, 1, sizeof *made));
    made->batch = batch;
    TRY(graph_create(&made->graph, "generate"));
    made->layers = saae_layers(model, &model->generator, made->graph, &made->links, mode);
    TRY(layers_begin(&made->layers));
    TRY(build(made, &model->config));
    TRY(create_storages(made, model->generator.device));
    TRY(choose_algorithms(made->graph, model->generator.device, model->choose));
    TRY(executor_create(&made->executor, made->graph, model->generator.device, NULL));
    TRY(links_bind(&made->links, made->executor));
    TRY(executor_prepare(made->executor, false));
    *generator = made;
    made = NULL;
done:
    generator_free(made);
    return status;
}

void generator_free(struct generator *generator)
{
    if (!generator) return;
    executor_free(generator->executor);
    layers_end(&generator->layers);
    links_free(&generator->links);
    graph_free(generator->graph);
    storage_free(generator->content);
    storage_free(generator->style);
    for (int port = 0; port < PORTS; port++) free(generator->staged[port]);
    free(generator);
}

int generator_batch(const struct generator *generator)
{
    return generator->batch;
}

const struct graph *generator_graph(const struct generator *generator)
{
    return generator->graph;
}

struct executor *generator_executor(struct generator *generator)
{
    return generator->executor;
}

/* `used` rows from number `first` on become the port's batch; a short one repeats them in turn. */
static int give(struct generator *generator, enum port port, const float *rows, int first, int used)
{
    size_t row = generator->rows[port];
    const float *from = rows + (size_t)first * row;
    float *staged = generator->staged[port];
    if (used < generator->batch) {
        for (int i = 0; i < generator->batch; i++) {
            memcpy(staged + (size_t)i * row, from + (size_t)(i % used) * row, row * sizeof *staged);
        }
        from = staged;
    }
    return executor_write(generator->executor, generator->tensors[port], from);
}

static int take(struct generator *generator, enum port port, float *rows, int first, int used)
{
    size_t row = generator->rows[port], count = row * (size_t)used;
    float *to = rows + (size_t)first * row;
    float *staged = used < generator->batch ? generator->staged[port] : to;
    int status = executor_read(generator->executor, generator->tensors[port], staged);
    if (status != SAAE_OK) return status;
    if (staged != to) memcpy(to, staged, count * sizeof *to);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(to[i])) continue;
        return status_set(SAAE_NUMERIC,
                          "what the generator makes of input %zu is not finite: parameters or "
                          "running statistics are out of range",
                          (size_t)first + i / row);
    }
    return SAAE_OK;
}

struct input {
    enum port port;
    const float *rows;
};

/* Runs parts first_part .. last_part on n rows, batch by batch. */
static int run_parts(struct generator *generator, enum part first_part, enum part last_part,
                     const struct input *inputs, int input_count, enum port result, float *rows,
                     int n)
{
    int status = SAAE_OK, used;
    int first_node = first_part ? generator->end[first_part - 1] : 0;
    for (int first = 0; first < n; first += used) {
        used = n - first < generator->batch ? n - first : generator->batch;
        for (int i = 0; i < input_count; i++) {
            TRY(give(generator, inputs[i].port, inputs[i].rows, first, used));
        }
        TRY(executor_run_nodes(generator->executor, first_node, generator->end[last_part] - 1));
        TRY(take(generator, result, rows, first, used));
    }
done:
    return status;
}

int generator_run(struct generator *generator, const float *content, const float *style, int n,
                  float *images)
{
    const struct input inputs[] = {{CONTENT, content}, {STYLE, style}};
    return run_parts(generator, ENCODE_CONTENT, DECODE, inputs, 2, IMAGES, images, n);
}

int generator_encode_content(struct generator *generator, const float *content, int n, float *maps)
{
    const struct input inputs[] = {{CONTENT, content}};
    return run_parts(generator, ENCODE_CONTENT, ENCODE_CONTENT, inputs, 1, MAPS, maps, n);
}

int generator_encode_style(struct generator *generator, const float *style, int n, float *vectors)
{
    const struct input inputs[] = {{STYLE, style}};
    return run_parts(generator, ENCODE_STYLE, ENCODE_STYLE, inputs, 1, VECTORS, vectors, n);
}

int generator_decode(struct generator *generator, const float *maps, const float *vectors, int n,
                     float *images)
{
    const struct input inputs[] = {{MAPS, maps}, {VECTORS, vectors}};
    return run_parts(generator, DECODE, DECODE, inputs, 2, IMAGES, images, n);
}

int generator_run_bytes(struct generator *generator, const uint8_t *content, const uint8_t *style,
                        int n, uint8_t *images)
{
    int status = SAAE_OK, used;
    float *floats[PORTS] = {NULL};
    const size_t *rows = generator->rows;
    for (int port = 0; port < PORTS; port++) {
        if (port == MAPS || port == VECTORS) continue;
        TRY(memory_allocate(&floats[port], (size_t)generator->batch * rows[port], sizeof(float)));
    }
    for (int first = 0; first < n; first += used) {
        used = n - first < generator->batch ? n - first : generator->batch;
        size_t from = (size_t)first, count = (size_t)used;
        for (size_t i = 0; i < count * rows[CONTENT]; i++) {
            floats[CONTENT][i] = pixel_to_float(content[from * rows[CONTENT] + i]);
        }
        for (size_t i = 0; i < count * rows[STYLE]; i++) {
            floats[STYLE][i] = pixel_to_float(style[from * rows[STYLE] + i]);
        }
        TRY(generator_run(generator, floats[CONTENT], floats[STYLE], used, floats[IMAGES]));
        for (size_t i = 0; i < count * rows[IMAGES]; i++) {
            images[from * rows[IMAGES] + i] = pixel_from_float(floats[IMAGES][i]);
        }
    }
done:
    for (int port = 0; port < PORTS; port++) free(floats[port]);
    return status;
}

#include "models/steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Slots of the feed. */
enum { IMAGE, STYLE, OWN, CROSS, LABEL, CROSS_LABEL, GENERATED_LABEL, INTEGER_SLOTS };
enum { GENERATOR_SCALARS, DISCRIMINATOR_SCALARS, SCALAR_SLOTS };
enum { SLOT_UNIT = BUFFER_ALIGNMENT / 4 }; /* elements of 4 bytes */

/* Order of struct step_losses. */
enum {
    RECONSTRUCTION,
    DISCRIMINATOR_REAL,
    DISCRIMINATOR_GENERATED,
    ADVERSARIAL,
    ACCURACY_REAL,
    ACCURACY_GENERATED,
    ACCURACY_CROSS,
    LOSS_COUNT
};

const char *step_name(enum step_kind kind)
{
    switch (kind) {
    case STEP_AUTOENCODER:
        return "autoencoder";
    case STEP_DISCRIMINATOR:
        return "discriminator";
    case STEP_ADVERSARIAL:
        return "adversarial";
    }
    return "unknown";
}

static size_t slot_elements(const struct step_feed *feed)
{
    return size_round_up((size_t)feed->batch, SLOT_UNIT);
}

int step_feed_create(struct step_feed *feed, struct device *device, int batch)
{
    int status = SAAE_OK;
    *feed = (struct step_feed){.batch = batch};
    size_t count = slot_elements(feed) * INTEGER_SLOTS;
    TRY(storage_create(&feed->integers, device, DTYPE_I32, count, "batch"));
    TRY(storage_create(&feed->scalars, device, DTYPE_F32, SLOT_UNIT * SCALAR_SLOTS, "scalars"));
    TRY(memory_allocate(&feed->staging, count, sizeof *feed->staging));
done:
    if (status != SAAE_OK) step_feed_free(feed);
    return status;
}

void step_feed_free(struct step_feed *feed)
{
    storage_free(feed->integers);
    storage_free(feed->scalars);
    free(feed->staging);
    *feed = (struct step_feed){0};
}

/* What the functions below share while a step's graph is built. */
struct building {
    struct step *step;
    struct saae_model *model;
    const struct saae_config *config;
    const struct step_data *data;
    const struct step_options *options;
    struct graph *graph;
    struct layers generator, discriminator;
    int image, style, own, cross; /* pictures as floats; -1: not used */
    int label, cross_label, generated_label;
};

static int integers(struct building *b, const char *name, int slot)
{
    struct tensor_type type = {{b->step->feed->batch, 1, 1, 1}, DTYPE_I32};
    return links_external(&b->step->links, b->graph, name, type, &b->step->feed->integers,
                          slot_elements(b->step->feed) * (size_t)slot);
}

static int scalars(struct building *b, const char *name, int slot)
{
    return links_external(&b->step->links, b->graph, name, tensor_f32(1, 1, 1, 2),
                          &b->step->feed->scalars, (size_t)slot * SLOT_UNIT);
}

/* The pictures at the indices in `slot`. */
static int pictures(struct building *b, const char *name, struct storage *const *set, int count,
                    int height, int width, int slot)
{
    char index[48];
    struct tensor_type type = {{count, height, width, b->config->channels}, DTYPE_U8};
    int bytes = links_external(&b->step->links, b->graph, name, type, set, 0);
    snprintf(index, sizeof index, "%s.index", name);
    graph_scope(b->graph, "%s", name);
    return graph_gather(b->graph, bytes, integers(b, index, slot));
}

static void add_inputs(struct building *b, bool own, bool cross)
{
    const struct saae_config *c = b->config;
    const struct step_data *data = b->data;
    b->image = pictures(b, "image", &data->images, data->image_count, c->height, c->width, IMAGE);
    b->style = b->image;
    if (data->styles) {
        b->style = pictures(b, "style", &data->styles, data->style_count, c->style_height,
                            c->style_width, STYLE);
    }
    b->own = b->cross = -1;
    if (own) {
        b->own = pictures(b, "own", &data->contents, data->content_count, c->height, c->width, OWN);
    }
    if (cross) {
        b->cross =
            pictures(b, "cross", &data->contents, data->content_count, c->height, c->width, CROSS);
        b->label = integers(b, "label", LABEL);
        b->cross_label = integers(b, "cross_label", CROSS_LABEL);
        b->generated_label = integers(b, "generated_label", GENERATED_LABEL);
    }
}

static int style_map(struct building *b)
{
    int vector = saae_style_vector(&b->generator, b->config, b->style);
    return saae_style_map(&b->generator, b->config, vector);
}

static int draw(struct building *b, int content, int z_style)
{
    return saae_decode(&b->generator, b->config,
                       saae_encode_content(&b->generator, b->config, content), z_style);
}

static void keep_loss(struct building *b, int which, int tensor)
{
    b->step->losses[which] = tensor;
    graph_keep(b->graph, tensor);
}

static int reconstruction(struct building *b, int drawn)
{
    graph_scope(b->graph, "reconstruction");
    int loss = graph_squared_error(b->graph, drawn, b->image, 1.0 / b->options->batch);
    keep_loss(b, RECONSTRUCTION, loss);
    return loss;
}

/* Cross-entropy and accuracy of D on one batch. */
static int classify(struct building *b, const char *scope, int image, int labels, int which_loss,
                    int which_accuracy)
{
    int n = b->options->batch;
    int logits = saae_discriminate(&b->discriminator, b->config, image);
    graph_scope(b->graph, "%s", scope);
    int loss = saae_classification_loss(b->graph, b->config, logits, labels, n);
    keep_loss(b, which_loss, loss);
    bool content = which_accuracy == ACCURACY_CROSS && b->config->discriminator == SAAE_MULTICLASS;
    int candidates = content ? b->config->classes : 0;
    keep_loss(b, which_accuracy, graph_accuracy(b->graph, logits, labels, candidates, 1.0 / n));
    return loss;
}

static void update_discriminator(struct building *b, int drawn)
{
    const struct step_options *o = b->options;
    layers_clear_gradients(&b->discriminator);
    int real = classify(b, "real", b->image, b->label, DISCRIMINATOR_REAL, ACCURACY_REAL);
    int generated = classify(b, "generated", drawn, b->generated_label, DISCRIMINATOR_GENERATED,
                             ACCURACY_GENERATED);
    graph_scope(b->graph, "discriminator.loss");
    layers_backward(&b->discriminator, graph_add_scaled(b->graph, real, 1.0, generated, 1.0));
    layers_adam(&b->discriminator, scalars(b, "discriminator.adam", DISCRIMINATOR_SCALARS),
                o->discriminator_beta1, o->discriminator_beta2, o->eps);
}

static void update_generator(struct building *b, int loss)
{
    const struct step_options *o = b->options;
    layers_backward(&b->generator, loss);
    layers_adam(&b->generator, scalars(b, "generator.adam", GENERATOR_SCALARS), o->beta1, o->beta2,
                o->eps);
}

static void build_autoencoder(struct building *b)
{
    add_inputs(b, true, false);
    layers_clear_gradients(&b->generator);
    update_generator(b, reconstruction(b, draw(b, b->own, style_map(b))));
}

static void build_discriminator(struct building *b)
{
    add_inputs(b, false, true);
    b->generator.mode = BATCH_NORM_FROZEN;
    update_discriminator(b, draw(b, b->cross, style_map(b)));
}

static void build_adversarial(struct building *b)
{
    const struct saae_config *c = b->config;
    double lambda = b->options->adversarial * c->height * c->width * c->channels;
    add_inputs(b, true, true);
    layers_clear_gradients(&b->generator);
    int z_style = style_map(b);
    int own = draw(b, b->own, z_style);
    int cross = draw(b, b->cross, z_style);
    update_discriminator(b, cross);
    b->discriminator.mode = BATCH_NORM_FROZEN;
    int adversarial =
        classify(b, "adversarial", cross, b->cross_label, ADVERSARIAL, ACCURACY_CROSS);
    int error = reconstruction(b, own);
    graph_scope(b->graph, "generator.loss");
    update_generator(b, graph_add_scaled(b->graph, error, 1.0, adversarial, lambda));
}

static int build(struct step *step, struct saae_model *model, const struct step_data *data,
                 const struct step_options *options)
{
    int status = SAAE_OK;
    struct building b = {.step = step,
                         .model = model,
                         .config = &model->config,
                         .data = data,
                         .options = options,
                         .graph = step->graph};
    b.generator = saae_layers(model, &model->generator, b.graph, &step->links, BATCH_NORM_TRAIN);
    b.discriminator =
        saae_layers(model, &model->discriminator, b.graph, &step->links, BATCH_NORM_TRAIN);
    TRY(layers_begin(&b.generator));
    TRY(layers_begin(&b.discriminator));
    switch (step->kind) {
    case STEP_AUTOENCODER:
        build_autoencoder(&b);
        break;
    case STEP_DISCRIMINATOR:
        build_discriminator(&b);
        break;
    case STEP_ADVERSARIAL:
        build_adversarial(&b);
        break;
    }
    TRY(graph_status(b.graph));
    TRY(graph_prune(b.graph));
done:
    layers_end(&b.generator);
    layers_end(&b.discriminator);
    return status;
}

static int find_adam(const struct graph *graph, const char *network)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        bool here = strncmp(node->name, network, strlen(network)) == 0;
        if (node->call.kind == OP_adam_forward && here) return (int)i;
    }
    return -1;
}

int step_create(struct step *step, enum step_kind kind, struct saae_model *model,
                const struct step_data *data, struct step_feed *feed,
                const struct step_options *options, struct device *device, bool dry)
{
    int status = SAAE_OK;
    struct executor_options executor = {.keep_all = options->keep_all};
    *step = (struct step){.kind = kind, .feed = feed, .model = model};
    for (int i = 0; i < LOSS_COUNT; i++) step->losses[i] = -1;
    TRY(graph_create(&step->graph, step_name(kind)));
    TRY(build(step, model, data, options));
    step->generator_adam = find_adam(step->graph, "generator");
    step->discriminator_adam = find_adam(step->graph, "discriminator");
    TRY(choose_algorithms(step->graph, device, model->choose));
    TRY(executor_create(&step->executor, step->graph, device, &executor));
    if (!dry) TRY(links_bind(&step->links, step->executor));
    TRY(executor_prepare(step->executor, dry));
done:
    if (status != SAAE_OK) step_free(step);
    return status;
}

void step_free(struct step *step)
{
    executor_free(step->executor);
    links_free(&step->links);
    graph_free(step->graph);
    *step = (struct step){0};
}

int step_send(struct step *step, const struct step_input *input)
{
    struct step_feed *feed = step->feed;
    const struct saae_config *config = &step->model->config;
    bool binary = config->discriminator == SAAE_BINARY;
    size_t slot = slot_elements(feed), batch = (size_t)feed->batch;
    const int32_t *sources[INTEGER_SLOTS] = {
        [IMAGE] = input->image, [STYLE] = input->style, [OWN] = input->own,
        [CROSS] = input->cross, [LABEL] = input->label, [CROSS_LABEL] = input->cross_label};
    float values[SLOT_UNIT * SCALAR_SLOTS] = {0};
    for (int s = 0; s < INTEGER_SLOTS; s++) {
        /* the binary D knows two classes: 0 real, 1 generated */
        bool class = s == LABEL || s == CROSS_LABEL;
        if (!sources[s] || (class && binary)) continue;
        memcpy(feed->staging + slot * (size_t)s, sources[s], batch * sizeof(int32_t));
    }
    for (size_t i = 0; i < batch; i++) {
        feed->staging[slot * GENERATED_LABEL + i] = saae_generated_label(config);
    }
    for (size_t i = 0; i < 2; i++) {
        values[GENERATOR_SCALARS * SLOT_UNIT + i] = input->generator[i];
        values[DISCRIMINATOR_SCALARS * SLOT_UNIT + i] = input->discriminator[i];
    }
    int status = storage_send(feed->integers, 0, feed->staging, slot * INTEGER_SLOTS);
    if (status != SAAE_OK) return status;
    return storage_send(feed->scalars, 0, values, SLOT_UNIT * SCALAR_SLOTS);
}

int step_run(struct step *step, const struct step_input *input)
{
    int status = step_send(step, input);
    return status == SAAE_OK ? executor_run(step->executor) : status;
}

int step_read(struct step *step, struct step_losses *losses)
{
    int status = SAAE_OK;
    double values[LOSS_COUNT];
    for (int i = 0; i < LOSS_COUNT; i++) {
        float value = NAN;
        if (step->losses[i] >= 0) TRY(executor_read(step->executor, step->losses[i], &value));
        values[i] = (double)value;
    }
    *losses = (struct step_losses){values[RECONSTRUCTION],          values[DISCRIMINATOR_REAL],
                                   values[DISCRIMINATOR_GENERATED], values[ADVERSARIAL],
                                   values[ACCURACY_REAL],           values[ACCURACY_GENERATED],
                                   values[ACCURACY_CROSS]};
done:
    return status;
}

#include "models/steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

/* What the functions below share while a step's graph is built. */
struct building {
    struct step *step;
    struct saae_model *model;
    const struct saae_config *config;
    const struct step_data *data;
    const struct step_options *options;
    struct graph *graph;
    struct layers generator, discriminator;
    int image, style; /* pictures as floats */
    struct content {
        int pictures;                 /* of each row; contents_once: of the set */
        int index;                    /* contents_once: of each row into the set */
        struct graph_repeats repeats; /* ... and how often the rows name each */
    } own, cross;
    int label, cross_label, generated_label;
};

static int integers(struct building *b, const char *name, enum feed_integers slot, int count)
{
    struct step_feed *feed = b->step->feed;
    struct tensor_type type = {{count, 1, 1, 1}, DTYPE_I32};
    return links_external(&b->step->links, b->graph, name, type, &feed->integers,
                          step_feed_offset(feed, (int)slot));
}

static int floats(struct building *b, const char *name, enum feed_floats slot,
                  struct tensor_type type)
{
    struct step_feed *feed = b->step->feed;
    return links_external(&b->step->links, b->graph, name, type, &feed->floats,
                          step_feed_offset(feed, (int)slot));
}

/* A set of pictures on the device. */
struct picture_set {
    struct storage *const *storage;
    int count, height, width;
};

/* The pictures at `count` indices. */
static int pictures(struct building *b, const char *name, const struct picture_set *set,
                    enum feed_integers slot, int count)
{
    char index[48];
    struct tensor_type type = {{set->count, set->height, set->width, b->config->channels},
                               DTYPE_U8};
    int bytes = links_external(&b->step->links, b->graph, name, type, set->storage, 0);
    snprintf(index, sizeof index, "%s.index", name);
    graph_scope(b->graph, "%s", name);
    return graph_gather(b->graph, bytes, integers(b, index, slot, count));
}

/* Own or cross contents. */
static struct content add_content(struct building *b, const char *name, int every,
                                  enum feed_integers slot, enum feed_floats counts)
{
    const struct saae_config *c = b->config;
    const struct step_data *data = b->data;
    int batch = b->options->batch;
    char text[48];
    if (!b->options->contents_once) {
        struct picture_set set = {&data->contents, data->content_count, c->height, c->width};
        return (struct content){.pictures = pictures(b, name, &set, slot, batch)};
    }
    snprintf(text, sizeof text, "%s.index", name);
    struct content content = {.pictures = every, .index = integers(b, text, slot, batch)};
    snprintf(text, sizeof text, "%s.counts", name);
    content.repeats = (struct graph_repeats){
        floats(b, text, counts, tensor_f32(data->content_count, 1, 1, 1)), batch};
    return content;
}

static void add_inputs(struct building *b, bool own, bool cross)
{
    const struct saae_config *c = b->config;
    const struct step_data *data = b->data;
    struct picture_set images = {&data->images, data->image_count, c->height, c->width};
    struct picture_set styles = {&data->styles, data->style_count, c->style_height, c->style_width};
    struct picture_set contents = {&data->contents, data->content_count, c->height, c->width};
    int batch = b->options->batch, every = -1;
    b->image = pictures(b, "image", &images, FEED_IMAGE, batch);
    b->style = data->styles ? pictures(b, "style", &styles, FEED_STYLE, batch) : b->image;
    if (b->options->contents_once) {
        every = pictures(b, "contents", &contents, FEED_EVERY_CONTENT, contents.count);
    }
    if (own) b->own = add_content(b, "own", every, FEED_OWN, FEED_OWN_COUNTS);
    if (cross) {
        b->cross = add_content(b, "cross", every, FEED_CROSS, FEED_CROSS_COUNTS);
        b->label = integers(b, "label", FEED_LABEL, batch);
        b->cross_label = integers(b, "cross_label", FEED_CROSS_LABEL, batch);
        b->generated_label = integers(b, "generated_label", FEED_GENERATED_LABEL, batch);
    }
}

/* The style's part of all drawings. */
static int mix_style(struct building *b)
{
    int vector = saae_style_vector(&b->generator, b->config, b->style);
    int z_style = saae_style_map(&b->generator, b->config, vector);
    return saae_mix(&b->generator, b->config, SAAE_STYLE, z_style);
}

/* The content's part of each row, added to the style's. */
static int mix_content(struct building *b, const struct content *content, int style)
{
    bool once = b->options->contents_once;
    b->generator.repeats = once ? &content->repeats : NULL;
    int z_content = saae_encode_content(&b->generator, b->config, content->pictures);
    b->generator.repeats = NULL;
    int part = saae_mix(&b->generator, b->config, SAAE_CONTENT, z_content);
    return once ? graph_select(b->graph, part, content->index, style)
                : graph_add_scaled(b->graph, part, 1.0, style, 1.0);
}

static int draw(struct building *b, const struct content *content, int style)
{
    return saae_decode(&b->generator, b->config, mix_content(b, content, style));
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
    int real = classify(b, "real", b->image, b->label, DISCRIMINATOR_REAL, ACCURACY_REAL);
    int generated = classify(b, "generated", drawn, b->generated_label, DISCRIMINATOR_GENERATED,
                             ACCURACY_GENERATED);
    graph_scope(b->graph, "discriminator.loss");
    layers_backward(&b->discriminator, graph_add_scaled(b->graph, real, 1.0, generated, 1.0));
    layers_adam(&b->discriminator,
                floats(b, "discriminator.adam", FEED_DISCRIMINATOR_ADAM, tensor_f32(1, 1, 1, 2)),
                o->discriminator_beta1, o->discriminator_beta2, o->eps);
}

static void update_generator(struct building *b, int loss)
{
    const struct step_options *o = b->options;
    layers_backward(&b->generator, loss);
    layers_adam(&b->generator,
                floats(b, "generator.adam", FEED_GENERATOR_ADAM, tensor_f32(1, 1, 1, 2)), o->beta1,
                o->beta2, o->eps);
}

static void build_autoencoder(struct building *b)
{
    add_inputs(b, true, false);
    update_generator(b, reconstruction(b, draw(b, &b->own, mix_style(b))));
}

static void build_discriminator(struct building *b)
{
    add_inputs(b, false, true);
    b->generator.mode = BATCH_NORM_FROZEN;
    update_discriminator(b, draw(b, &b->cross, mix_style(b)));
}

static void build_adversarial(struct building *b)
{
    const struct saae_config *c = b->config;
    double lambda = b->options->adversarial * c->height * c->width * c->channels;
    add_inputs(b, true, true);
    int style = mix_style(b);
    int own = draw(b, &b->own, style);
    int cross = draw(b, &b->cross, style);
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
    return step_feed_send(step->feed, &step->model->config, input);
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

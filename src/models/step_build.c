#include "models/step_build.h"

#include <stdio.h>

/* What the functions below share while a step's graph is built. */
struct building {
    struct step *step;
    struct saae_model *model;
    const struct saae_config *config;
    const struct step_data *data;
    const struct step_options *options;
    int rows;   /* of a pass */
    bool split; /* a batch has several passes */
    enum batch_norm_mode trained, frozen;
    struct graph *graph;
    struct layers generator, discriminator;
    int image, style; /* pictures as floats */
    struct content {
        int pictures;                 /* of each row; contents_once: of the set */
        int index;                    /* contents_once: of each row into the set */
        struct graph_repeats repeats; /* ... and how often the rows name each */
    } own, cross;
    int label, cross_label, generated_label;
    int sums[LOSS_COUNT]; /* split: of the losses of all passes */
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
    char text[48];
    if (!b->options->contents_once) {
        struct picture_set set = {&data->contents, data->content_count, c->height, c->width};
        return (struct content){.pictures = pictures(b, name, &set, slot, b->rows)};
    }
    snprintf(text, sizeof text, "%s.index", name);
    struct content content = {.pictures = every, .index = integers(b, text, slot, b->rows)};
    snprintf(text, sizeof text, "%s.counts", name);
    content.repeats = (struct graph_repeats){
        floats(b, text, counts, tensor_f32(data->content_count, 1, 1, 1)), b->rows};
    return content;
}

static void add_inputs(struct building *b, bool own, bool cross)
{
    const struct saae_config *c = b->config;
    const struct step_data *data = b->data;
    struct picture_set images = {&data->images, data->image_count, c->height, c->width};
    struct picture_set styles = {&data->styles, data->style_count, c->style_height, c->style_width};
    struct picture_set contents = {&data->contents, data->content_count, c->height, c->width};
    int rows = b->rows, every = -1;
    b->image = pictures(b, "image", &images, FEED_IMAGE, rows);
    b->style = data->styles ? pictures(b, "style", &styles, FEED_STYLE, rows) : b->image;
    if (b->options->contents_once) {
        every = pictures(b, "contents", &contents, FEED_EVERY_CONTENT, contents.count);
    }
    if (own) b->own = add_content(b, "own", every, FEED_OWN, FEED_OWN_COUNTS);
    if (cross) {
        b->cross = add_content(b, "cross", every, FEED_CROSS, FEED_CROSS_COUNTS);
        b->label = integers(b, "label", FEED_LABEL, rows);
        b->cross_label = integers(b, "cross_label", FEED_CROSS_LABEL, rows);
        b->generated_label = integers(b, "generated_label", FEED_GENERATED_LABEL, rows);
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
    if (b->split) {
        graph_add_to(b->graph, tensor, b->sums[which]);
        tensor = b->sums[which];
    }
    b->step->losses[which] = tensor;
    graph_keep(b->graph, tensor);
}

/* ---- Passes ---- */

/* What is added next runs in each pass, and its gradients of the network add up. */
static void begin_passes(struct building *b, struct layers *layers, int loop)
{
    if (!b->split) return;
    layers_clear(layers);
    graph_loop(b->graph, loop);
}

/* The sums begin at 0; those that nothing is added to are pruned. */
static void begin_sums(struct building *b)
{
    graph_scope(b->graph, "sums");
    for (int i = 0; b->split && i < LOSS_COUNT; i++) b->sums[i] = graph_constant(b->graph, 1, 0.0);
}

/* ---- Parts of the steps ---- */

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
    graph_loop(b->graph, 0);
    layers_adam(&b->discriminator,
                floats(b, "discriminator.adam", FEED_DISCRIMINATOR_ADAM, tensor_f32(1, 1, 1, 2)),
                o->discriminator_beta1, o->discriminator_beta2, o->eps);
}

static void update_generator(struct building *b, int loss)
{
    const struct step_options *o = b->options;
    layers_backward(&b->generator, loss);
    graph_loop(b->graph, 0);
    layers_adam(&b->generator,
                floats(b, "generator.adam", FEED_GENERATOR_ADAM, tensor_f32(1, 1, 1, 2)), o->beta1,
                o->beta2, o->eps);
}

static void build_autoencoder(struct building *b)
{
    begin_passes(b, &b->generator, 1);
    add_inputs(b, true, false);
    update_generator(b, reconstruction(b, draw(b, &b->own, mix_style(b))));
}

static void build_discriminator(struct building *b)
{
    begin_passes(b, &b->discriminator, 1);
    add_inputs(b, false, true);
    b->generator.mode = b->frozen;
    update_discriminator(b, draw(b, &b->cross, mix_style(b)));
}

static void build_adversarial(struct building *b)
{
    const struct saae_config *c = b->config;
    double lambda = b->options->adversarial * c->height * c->width * c->channels;
    if (b->split) { /* D is updated when all of the batch went through it */
        build_discriminator(b);
        b->generator.mode = b->trained;
        begin_passes(b, &b->generator, 2);
    }
    add_inputs(b, true, true);
    int style = mix_style(b);
    int own = draw(b, &b->own, style);
    int cross = draw(b, &b->cross, style);
    if (!b->split) update_discriminator(b, cross);
    b->discriminator.mode = b->frozen;
    int adversarial =
        classify(b, "adversarial", cross, b->cross_label, ADVERSARIAL, ACCURACY_CROSS);
    int error = reconstruction(b, own);
    graph_scope(b->graph, "generator.loss");
    update_generator(b, graph_add_scaled(b->graph, error, 1.0, adversarial, lambda));
}

int step_build(struct step *step, struct saae_model *model, const struct step_data *data,
               const struct step_options *options)
{
    int status = SAAE_OK;
    struct building b = {.step = step,
                         .model = model,
                         .config = &model->config,
                         .data = data,
                         .options = options,
                         .rows = step_rows(options),
                         .split = step->passes > 1,
                         .trained = BATCH_NORM_TRAIN,
                         .frozen = BATCH_NORM_FROZEN,
                         .graph = step->graph};
    if (options->running_statistics) b.trained = b.frozen = BATCH_NORM_INFER;
    b.generator = saae_layers(model, &model->generator, b.graph, &step->links, b.trained);
    b.discriminator = saae_layers(model, &model->discriminator, b.graph, &step->links, b.trained);
    TRY(layers_begin(&b.generator));
    TRY(layers_begin(&b.discriminator));
    begin_sums(&b);
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

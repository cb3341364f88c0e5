#include "models/saae.h"

#include <stdio.h>

int saae_logits(const struct saae_config *config)
{
    return config->discriminator == SAAE_BINARY ? 1 : config->classes + 1;
}

int saae_generated_label(const struct saae_config *config)
{
    return config->discriminator == SAAE_BINARY ? 1 : config->classes;
}

struct layers saae_layers(struct saae_model *model, struct network *network, struct graph *graph,
                          struct links *links, enum batch_norm_mode mode)
{
    return (struct layers){.graph = graph,
                           .network = network,
                           .links = links,
                           .mode = mode,
                           .slope = model->config.slope,
                           .eps = model->config.batch_norm_eps,
                           .momentum = model->config.batch_norm_momentum};
}

/* Blocks first .. last, named "<part>.<i>". */
static int blocks(struct layers *layers, const struct saae_config *config, const char *part, int x,
                  int first, int last)
{
    char name[64];
    for (int i = first; i <= last; i++) {
        snprintf(name, sizeof name, "%s.%d", part, i);
        x = layer_block(layers, name, x, config->features, config->filter);
    }
    return x;
}

int saae_encode_content(struct layers *layers, const struct saae_config *config, int content)
{
    return blocks(layers, config, "generator.enc_content", content, 0, 2);
}

int saae_style_vector(struct layers *layers, const struct saae_config *config, int style)
{
    int x = blocks(layers, config, "generator.enc_style", style, 0, 2);
    return layer_linear_leaky(layers, "generator.enc_style.fc_vector", x,
                              (struct shape){0, 1, 1, config->style_vector});
}

int saae_style_map(struct layers *layers, const struct saae_config *config, int vector)
{
    struct shape rows = {0, config->height, config->width, config->features};
    return layer_linear_leaky(layers, "generator.enc_style.fc_map", vector, rows);
}

static struct layer_part part_of(const struct saae_config *config, enum saae_half half)
{
    int features = config->features;
    return (struct layer_part){.inputs = 2 * features,
                               .offset = half == SAAE_STYLE ? features : 0,
                               .last = half == SAAE_STYLE};
}

int saae_mix(struct layers *layers, const struct saae_config *config, enum saae_half half, int z)
{
    struct layer_part part = part_of(config, half);
    return layer_convolution_part(layers, "generator.decoder.0", z, &part, config->features,
                                  config->filter);
}

/* What follows the decoder's first block. */
static int decode(struct layers *layers, const struct saae_config *config, int x)
{
    const char *last = "generator.decoder.2";
    x = blocks(layers, config, "generator.decoder", x, 1, 1);
    if (config->output_batch_norm) {
        x = layer_convolution(layers, last, x, config->channels, config->filter);
        x = layer_batch_norm(layers, last, x);
    } else {
        x = layer_convolution_bias(layers, last, x, config->channels, config->filter);
    }
    return graph_sigmoid(layers->graph, x);
}

int saae_decode(struct layers *layers, const struct saae_config *config, int sum)
{
    return decode(layers, config, layer_sum_end(layers, "generator.decoder.0", sum));
}

int saae_decode_pair(struct layers *layers, const struct saae_config *config, int content,
                     int z_style)
{
    struct layer_part part = part_of(config, SAAE_STYLE);
    int x = layer_block_part(layers, "generator.decoder.0", z_style, &part, config->features,
                             config->filter, content);
    return decode(layers, config, x);
}

int saae_discriminate(struct layers *layers, const struct saae_config *config, int image)
{
    int x = blocks(layers, config, "discriminator", image, 0, 0);
    x = graph_max_pool(layers->graph, x);
    x = blocks(layers, config, "discriminator", x, 1, 2);
    x = layer_linear_leaky(layers, "discriminator.fc_hidden", x,
                           (struct shape){0, 1, 1, config->hidden});
    return layer_linear(layers, "discriminator.fc_out", x,
                        (struct shape){0, 1, 1, saae_logits(config)});
}

int saae_classification_loss(struct graph *graph, const struct saae_config *config, int logits,
                             int labels, int n)
{
    if (config->head == SAAE_SOFTMAX) {
        return graph_softmax_cross_entropy(graph, logits, labels, 1.0 / n);
    }
    return graph_binary_cross_entropy(graph, logits, labels, 1.0 / n);
}

/* Builds both networks once, on one image, to enter their parameters. */
static int register_parameters(struct saae_model *model)
{
    const struct saae_config *c = &model->config;
    struct graph *graph = NULL;
    struct links links = {0};
    struct layers g = {0}, d = {0};
    int status = SAAE_OK;
    TRY(graph_create(&graph, "parameters"));
    g = saae_layers(model, &model->generator, graph, &links, BATCH_NORM_TRAIN);
    d = saae_layers(model, &model->discriminator, graph, &links, BATCH_NORM_TRAIN);
    g.registers = d.registers = true;
    TRY(layers_begin(&g));
    TRY(layers_begin(&d));
    int content = graph_external(graph, "content", tensor_f32(1, c->height, c->width, c->channels));
    int style =
        graph_external(graph, "style", tensor_f32(1, c->style_height, c->style_width, c->channels));
    int z_content = saae_encode_content(&g, c, content);
    int z_style = saae_style_map(&g, c, saae_style_vector(&g, c, style));
    int sum = graph_add_scaled(graph, saae_mix(&g, c, SAAE_CONTENT, z_content), 1.0,
                               saae_mix(&g, c, SAAE_STYLE, z_style), 1.0);
    saae_discriminate(&d, c, saae_decode(&g, c, sum));
    TRY(graph_status(graph));
done:
    layers_end(&g);
    layers_end(&d);
    links_free(&links);
    graph_free(graph);
    return status;
}

int saae_model_create(struct saae_model *model, const struct saae_config *config)
{
    int status = SAAE_OK;
    *model = (struct saae_model){.config = *config,
                                 .generator = {.name = "generator"},
                                 .discriminator = {.name = "discriminator"}};
    TRY(saae_config_check(config));
    TRY(register_parameters(model));
done:
    if (status != SAAE_OK) saae_model_free(model);
    return status;
}

void saae_model_free(struct saae_model *model)
{
    network_free(&model->generator);
    network_free(&model->discriminator);
}

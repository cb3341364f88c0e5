#include "models/generator.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/pixel.h"
#include "models/stage.h"

struct generator {
    struct stage stage;              /* inputs: content, style */
    float *content, *style, *images; /* a batch of generator_run_bytes */
};

static int build(struct stage *stage, struct saae_model *model, int batch,
                 enum batch_norm_mode mode, bool dry)
{
    const struct saae_config *c = &model->config;
    int status = SAAE_OK;
    TRY(stage_begin(stage, "generate", model, batch, mode));
    stage->dry = dry;
    struct tensor_type content = tensor_f32(batch, c->height, c->width, c->channels);
    struct tensor_type style = tensor_f32(batch, c->style_height, c->style_width, c->channels);
    int z_content = saae_encode_content(&stage->layers, c, stage_input(stage, "content", content));
    int vector = saae_style_vector(&stage->layers, c, stage_input(stage, "style", style));
    int z_style = saae_style_map(&stage->layers, c, vector);
    int content_part = saae_mix(&stage->layers, c, SAAE_CONTENT, z_content);
    TRY(stage_end(stage, saae_decode_pair(&stage->layers, c, content_part, z_style)));
done:
    return status;
}

int generator_create(struct generator **generator, struct saae_model *model, int batch,
                     enum batch_norm_mode mode)
{
    int status = SAAE_OK;
    struct generator *made = NULL;
    TRY(memory_allocate(&made, 1, sizeof *made));
    TRY(build(&made->stage, model, batch, mode, false));
    const size_t rows = (size_t)batch;
    TRY(memory_allocate(&made->content, rows * made->stage.inputs[0].row, sizeof(float)));
    TRY(memory_allocate(&made->style, rows * made->stage.inputs[1].row, sizeof(float)));
    TRY(memory_allocate(&made->images, rows * made->stage.output.row, sizeof(float)));
    *generator = made;
    made = NULL;
done:
    generator_free(made);
    return status;
}

int generator_plan(struct saae_model *model, int batch, enum batch_norm_mode mode, size_t *bytes)
{
    struct stage stage = {0};
    int status = build(&stage, model, batch, mode, true);
    if (status == SAAE_OK) *bytes = stage_bytes(&stage);
    stage_free(&stage);
    return status;
}

void generator_free(struct generator *generator)
{
    if (!generator) return;
    stage_free(&generator->stage);
    free(generator->content);
    free(generator->style);
    free(generator->images);
    free(generator);
}

int generator_batch(const struct generator *generator)
{
    return generator->stage.batch;
}

const struct graph *generator_graph(const struct generator *generator)
{
    return generator->stage.graph;
}

int generator_run(struct generator *generator, const float *content, const float *style, int n,
                  float *images)
{
    int status = stage_run(&generator->stage, (const void *[]){content, style}, n, images);
    if (status != SAAE_OK) return status;
    return stage_check_finite(&generator->stage, images, 0, n);
}

int generator_run_bytes(struct generator *generator, const uint8_t *content, const uint8_t *style,
                        int n, uint8_t *images)
{
    int status = SAAE_OK, used, batch = generator->stage.batch;
    size_t content_row = generator->stage.inputs[0].row, style_row = generator->stage.inputs[1].row;
    size_t image_row = generator->stage.output.row;
    for (int first = 0; first < n; first += used) {
        used = n - first < batch ? n - first : batch;
        size_t from = (size_t)first, count = (size_t)used;
        pixels_to_floats(content + from * content_row, count * content_row, generator->content);
        pixels_to_floats(style + from * style_row, count * style_row, generator->style);
        TRY(generator_run(generator, generator->content, generator->style, used,
                          generator->images));
        for (size_t i = 0; i < count * image_row; i++) {
            images[from * image_row + i] = pixel_from_float(generator->images[i]);
        }
    }
done:
    return status;
}

#include "models/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pixel.h"
#include "models/generator.h"
#include "models/stage.h"

enum { USUAL_ROOM = 128 << 20 }; /* OpenCL promises buffers of this size */

enum kind { CONTENT, STYLE, KINDS };

/* One kind of pictures and where their encodings are. */
struct encoder {
    struct pairs_source source;
    struct stage stage;
    struct storage *bank; /* [capacity] rows of the stage's output */
    int used, capacity;
    int *slot;                 /* [source.count] of the picture in the bank; -1: not there */
    int *wanted;               /* [stage.batch] pictures to encode next */
    float *pictures, *encoded; /* [stage.batch] */
};

struct pairs {
    int batch;
    struct generator *generator; /* of the whole: with the statistics of the batch */
    float *rows[KINDS];          /* its inputs */
    struct encoder encoders[KINDS];
    bool style_parts;      /* styles are encoded to the end; else to vectors */
    struct stage decoder;  /* inputs: slots of content and style */
    int32_t *slots[KINDS]; /* [batch] */
    float *images;         /* [batch] */
    size_t picture[KINDS]; /* bytes of one */
};

static int number_of(struct pair pair, enum kind kind)
{
    return kind == CONTENT ? pair.content : pair.style;
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* Batches of a power of two, or those of the decoder: few shapes, whose algorithms are known after
 * some runs, and never twice the work that is needed. */
static int encoder_batch(int pictures, int batch)
{
    int size = 1;
    while (size < pictures && size < batch) size *= 2;
    return size < batch ? size : batch;
}

static int create_encoder(struct pairs *pairs, struct saae_model *model, enum kind kind,
                          size_t room)
{
    const struct saae_config *c = &model->config;
    struct encoder *encoder = &pairs->encoders[kind];
    struct stage *stage = &encoder->stage;
    int pictures = encoder->source.count, batch = encoder_batch(pictures, pairs->batch);
    int status = SAAE_OK;
    if (kind == CONTENT) {
        TRY(stage_begin(stage, "encode contents", model, batch, BATCH_NORM_INFER));
        struct tensor_type type = tensor_f32(batch, c->height, c->width, c->channels);
        int x = stage_input(stage, "content", type);
        int z_content = saae_encode_content(&stage->layers, c, x);
        TRY(stage_end(stage, saae_mix(&stage->layers, c, SAAE_CONTENT, z_content)));
    } else {
        TRY(stage_begin(stage, "encode styles", model, batch, BATCH_NORM_INFER));
        struct tensor_type type = tensor_f32(batch, c->style_height, c->style_width, c->channels);
        int x = saae_style_vector(&stage->layers, c, stage_input(stage, "style", type));
        if (pairs->style_parts) {
            x = saae_mix(&stage->layers, c, SAAE_STYLE, saae_style_map(&stage->layers, c, x));
        }
        TRY(stage_end(stage, x));
    }
    size_t n = (size_t)batch, row = stage->output.row, fit = room / (row * sizeof(float));
    encoder->capacity = (size_t)pictures < fit ? pictures : (int)fit;
    if (encoder->capacity < pairs->batch) encoder->capacity = pairs->batch;
    TRY(memory_allocate(&encoder->slot, (size_t)pictures, sizeof *encoder->slot));
    TRY(memory_allocate(&encoder->wanted, n, sizeof *encoder->wanted));
    TRY(memory_allocate(&encoder->pictures, n * stage->inputs[0].row, sizeof(float)));
    TRY(memory_allocate(&encoder->encoded, n * row, sizeof(float)));
    TRY(storage_create(&encoder->bank, model->generator.device, DTYPE_F32,
                       (size_t)encoder->capacity * row, "encodings"));
done:
    return status;
}

/* The encodings in the slots of a batch, and what is added to them (-1: nothing). */
static int select_encodings(struct pairs *pairs, enum kind kind, struct tensor_type type, int slots,
                            int added)
{
    static const char *const names[] = {"content", "style"};
    struct stage *decoder = &pairs->decoder;
    struct encoder *encoder = &pairs->encoders[kind];
    type.shape.n = encoder->capacity;
    int bank =
        links_external(&decoder->links, decoder->graph, names[kind], type, &encoder->bank, 0);
    graph_scope(decoder->graph, "%s", names[kind]);
    return graph_select(decoder->graph, bank, slots, added);
}

static int create_decoder(struct pairs *pairs, struct saae_model *model)
{
    const struct saae_config *c = &model->config;
    struct stage *stage = &pairs->decoder;
    int status = SAAE_OK;
    TRY(stage_begin(stage, "decode", model, pairs->batch, BATCH_NORM_INFER));
    struct tensor_type batch = {{pairs->batch, 1, 1, 1}, DTYPE_I32};
    int slots[KINDS];
    for (int k = 0; k < KINDS; k++) slots[k] = stage_input(stage, "slots", batch);
    struct tensor_type maps = tensor_f32(1, c->height, c->width, c->features);
    if (pairs->style_parts) {
        int styles = select_encodings(pairs, STYLE, maps, slots[STYLE], -1);
        int sum = select_encodings(pairs, CONTENT, maps, slots[CONTENT], styles);
        TRY(stage_end(stage, saae_decode(&stage->layers, c, sum)));
    } else {
        struct tensor_type vector = tensor_f32(1, 1, 1, c->style_vector);
        int contents = select_encodings(pairs, CONTENT, maps, slots[CONTENT], -1);
        int z_style = saae_style_map(&stage->layers, c,
                                     select_encodings(pairs, STYLE, vector, slots[STYLE], -1));
        TRY(stage_end(stage, saae_decode_pair(&stage->layers, c, contents, z_style)));
    }
done:
    return status;
}

int pairs_create(struct pairs **pairs, struct saae_model *model,
                 const struct pairs_options *options, const struct pairs_source *contents,
                 const struct pairs_source *styles)
{
    const struct saae_config *c = &model->config;
    size_t room = options->room ? options->room : USUAL_ROOM;
    int status = SAAE_OK, batch = options->batch;
    struct pairs *made = NULL;
    if (batch < 1) FAIL(SAAE_USAGE, "a batch of %d pictures; it is at least 1", batch);
    TRY(memory_allocate(&made, 1, sizeof *made));
    made->batch = batch;
    made->picture[CONTENT] = (size_t)c->height * (size_t)c->width * (size_t)c->channels;
    made->picture[STYLE] = (size_t)c->style_height * (size_t)c->style_width * (size_t)c->channels;
    made->encoders[CONTENT].source = *contents;
    made->encoders[STYLE].source = *styles;
    size_t map = made->picture[CONTENT] / (size_t)c->channels * (size_t)c->features * sizeof(float);
    made->style_parts = (size_t)styles->count <= room / map;
    TRY(memory_allocate(&made->images, (size_t)batch * made->picture[CONTENT], sizeof(float)));
    if (options->mode != BATCH_NORM_INFER) {
        TRY(generator_create(&made->generator, model, batch, options->mode));
        for (int k = 0; k < KINDS; k++) {
            TRY(memory_allocate(&made->rows[k], (size_t)batch * made->picture[k], sizeof(float)));
        }
    } else {
        TRY(create_encoder(made, model, CONTENT, room));
        TRY(create_encoder(made, model, STYLE, room));
        TRY(create_decoder(made, model));
        for (int k = 0; k < KINDS; k++) {
            TRY(memory_allocate(&made->slots[k], (size_t)batch, sizeof *made->slots[k]));
        }
        pairs_forget(made);
    }
    *pairs = made;
    made = NULL;
done:
    pairs_free(made);
    return status;
}

void pairs_free(struct pairs *pairs)
{
    if (!pairs) return;
    generator_free(pairs->generator);
    stage_free(&pairs->decoder);
    for (int k = 0; k < KINDS; k++) {
        struct encoder *encoder = &pairs->encoders[k];
        stage_free(&encoder->stage);
        storage_free(encoder->bank);
        free(encoder->slot);
        free(encoder->wanted);
        free(encoder->pictures);
        free(encoder->encoded);
        free(pairs->rows[k]);
        free(pairs->slots[k]);
    }
    free(pairs->images);
    free(pairs);
}

static void forget(struct encoder *encoder)
{
    encoder->used = 0;
    for (int i = 0; i < encoder->source.count; i++) encoder->slot[i] = -1;
}

void pairs_forget(struct pairs *pairs)
{
    for (int k = 0; !pairs->generator && k < KINDS; k++) forget(&pairs->encoders[k]);
}

const struct graph *pairs_graph(const struct pairs *pairs, int number)
{
    if (pairs->generator) return number == 0 ? generator_graph(pairs->generator) : NULL;
    if (number < KINDS) return pairs->encoders[number].stage.graph;
    return number == KINDS ? pairs->decoder.graph : NULL;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/* Gives the next pictures of the list that have no slot one each, until the encoder's batch or the
 * bank is full. */
static int claim_slots(struct encoder *encoder, enum kind kind, const struct pair *list, int n)
{
    int count = 0;
    for (int i = 0; i < n && count < encoder->stage.batch; i++) {
        int number = number_of(list[i], kind);
        if (encoder->slot[number] >= 0) continue;
        if (encoder->used == encoder->capacity) break;
        encoder->slot[number] = encoder->used++;
        encoder->wanted[count++] = number;
    }
    return count;
}

/* Encodes the first pictures of the list that are not in the bank, which is emptied if it is full.
 */
static int encode_next(struct encoder *encoder, enum kind kind, const struct pair *list, int n)
{
    int status = SAAE_OK;
    size_t picture = encoder->stage.inputs[0].row, row = encoder->stage.output.row;
    if (encoder->used == encoder->capacity) forget(encoder);
    int first = encoder->used, count = claim_slots(encoder, kind, list, n);
    for (int i = 0; i < count; i++) {
        pixels_to_floats(encoder->source.pixels + (size_t)encoder->wanted[i] * picture, picture,
                         encoder->pictures + (size_t)i * picture);
    }
    TRY(stage_run(&encoder->stage, (const void *[]){encoder->pictures}, count, encoder->encoded));
    TRY(storage_write(encoder->bank, (size_t)first * row, encoder->encoded, (size_t)count * row));
done:
    if (status != SAAE_OK) forget(encoder);
    return status;
}

static bool all_encoded(const struct encoder *encoder, enum kind kind, const struct pair *list,
                        int used)
{
    for (int i = 0; i < used; i++) {
        if (encoder->slot[number_of(list[i], kind)] < 0) return false;
    }
    return true;
}

/* Slots for the first `used` of the n pairs that are still to be drawn. What is encoded for them
 * fills its batch with what comes later; emptying the bank may take from them too, but not twice:
 * it holds a batch at least, and theirs are the next to be encoded. */
static int find_slots(struct pairs *pairs, enum kind kind, const struct pair *list, int used, int n)
{
    struct encoder *encoder = &pairs->encoders[kind];
    int status = SAAE_OK;
    while (!all_encoded(encoder, kind, list, used)) TRY(encode_next(encoder, kind, list, n));
    for (int i = 0; i < used; i++) {
        pairs->slots[kind][i] = encoder->slot[number_of(list[i], kind)];
    }
done:
    return status;
}

static int draw_apart(struct pairs *pairs, const struct pair *list, int used, int n)
{
    int status = SAAE_OK;
    for (int k = 0; k < KINDS; k++) TRY(find_slots(pairs, (enum kind)k, list, used, n));
    TRY(stage_run(&pairs->decoder, (const void *[]){pairs->slots[CONTENT], pairs->slots[STYLE]},
                  used, pairs->images));
done:
    return status;
}

static int draw_whole(struct pairs *pairs, const struct pair *list, int used)
{
    for (int k = 0; k < KINDS; k++) {
        size_t picture = pairs->picture[k];
        const uint8_t *pixels = pairs->encoders[k].source.pixels;
        for (int i = 0; i < used; i++) {
            pixels_to_floats(pixels + (size_t)number_of(list[i], (enum kind)k) * picture, picture,
                             pairs->rows[k] + (size_t)i * picture);
        }
    }
    return generator_run(pairs->generator, pairs->rows[CONTENT], pairs->rows[STYLE], used,
                         pairs->images);
}

static int check_list(const struct pairs *pairs, const struct pair *list, int n)
{
    int contents = pairs->encoders[CONTENT].source.count;
    int styles = pairs->encoders[STYLE].source.count;
    for (int i = 0; i < n; i++) {
        bool there = list[i].content >= 0 && list[i].content < contents && list[i].style >= 0 &&
                     list[i].style < styles;
        if (there) continue;
        return status_set(SAAE_USAGE,
                          "pair %d: content %d of %d in style %d of %d; they count from 0", i,
                          list[i].content, contents, list[i].style, styles);
    }
    return SAAE_OK;
}

int pairs_draw(struct pairs *pairs, const struct pair *list, int n, pairs_taker take, void *context)
{
    int status = SAAE_OK, used;
    TRY(check_list(pairs, list, n));
    for (int first = 0; first < n; first += used) {
        used = n - first < pairs->batch ? n - first : pairs->batch;
        if (pairs->generator) {
            TRY(draw_whole(pairs, list + first, used));
        } else {
            TRY(draw_apart(pairs, list + first, used, n - first));
            TRY(stage_check_finite(&pairs->decoder, pairs->images, first, used));
        }
        TRY(take(context, pairs->images, first, used));
    }
done:
    return status;
}

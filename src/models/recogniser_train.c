#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "models/recogniser.h"

static const double BETA1 = 0.9, BETA2 = 0.999, EPS = 1e-8;

/* Apart from the salts of the model's own networks, so that equal seeds share no initial values. */
enum { INITIAL_SALT = 100000 };

enum { SLOT_UNIT = BUFFER_ALIGNMENT / 4 }; /* elements of 4 bytes */

struct recogniser_options recogniser_default_options(void)
{
    return (struct recogniser_options){
        .epochs = 3, .batch = 64, .rate = 0.002, .last = 0.02, .seed = 1};
}

struct training {
    struct recogniser *recogniser;
    const struct recogniser_set *set;
    const struct recogniser_options *options;
    int batch;
    int64_t steps;
    size_t slot; /* elements of one of the two arrays in `integers` */
    struct storage *images, *integers, *scalars;
    int32_t *chosen; /* [2 slot] picture numbers, then labels: one batch */
    uint32_t *order; /* [count] permutation of `epoch` */
    int64_t epoch;   /* -1: none yet */
    struct graph *graph;
    struct links links;
    struct layers layers;
    struct executor *executor;
    int loss; /* tensor */
};

static int check_training(const struct training *t)
{
    const struct recogniser_options *o = t->options;
    if (t->set->count < 1) return status_set(SAAE_INPUT, "no picture to train the recogniser on");
    if (!(o->epochs > 0.0) || o->epochs > 1e6) {
        return status_set(SAAE_USAGE, "%g epochs for the recogniser; above 0, at most 1e6",
                          o->epochs);
    }
    if (o->batch < 1 || !(o->rate > 0.0) || !(o->last >= 0.0)) {
        return status_set(SAAE_USAGE, "the recogniser's batch and rate must be positive");
    }
    for (int i = 0; i < t->set->count; i++) {
        int32_t label = t->set->labels[i];
        if (label >= 0 && label < t->recogniser->config.classes) continue;
        return status_set(SAAE_INPUT, "picture %d has the label %d; the recogniser has %d classes",
                          i, label, t->recogniser->config.classes);
    }
    return SAAE_OK;
}

static int integers(struct training *t, const char *name, size_t slot)
{
    struct tensor_type type = {{t->batch, 1, 1, 1}, DTYPE_I32};
    return links_external(&t->links, t->graph, name, type, &t->integers, slot * t->slot);
}

static int build(struct training *t)
{
    const struct recogniser_config *c = &t->recogniser->config;
    int status = SAAE_OK;
    struct tensor_type pixels = {{t->set->count, c->height, c->width, c->channels}, DTYPE_U8};
    TRY(graph_create(&t->graph, "train the recogniser"));
    t->layers = recogniser_layers(t->recogniser, t->graph, &t->links, BATCH_NORM_TRAIN);
    TRY(layers_begin(&t->layers));
    int images = links_external(&t->links, t->graph, "images", pixels, &t->images, 0);
    int batch = graph_gather(t->graph, images, integers(t, "images.index", 0));
    int logits = recogniser_logits(&t->layers, c, batch);
    t->loss =
        graph_softmax_cross_entropy(t->graph, logits, integers(t, "labels", 1), 1.0 / t->batch);
    graph_keep(t->graph, t->loss);
    TRY(layers_backward(&t->layers, t->loss));
    int scalars =
        links_external(&t->links, t->graph, "adam", tensor_f32(1, 1, 1, 2), &t->scalars, 0);
    layers_adam(&t->layers, scalars, BETA1, BETA2, EPS);
    TRY(graph_status(t->graph));
    TRY(graph_prune(t->graph));
done:
    return status;
}

static int create_storages(struct training *t, struct device *device)
{
    const struct recogniser_config *c = &t->recogniser->config;
    int status = SAAE_OK;
    size_t count = (size_t)t->set->count, pixels = 0;
    t->slot = size_round_up((size_t)t->batch, SLOT_UNIT);
    size_t row = (size_t)c->height * (size_t)c->width * (size_t)c->channels;
    if (!size_multiply(count, row, &pixels)) FAIL(SAAE_MEMORY, "%zu pictures: too many", count);
    TRY(memory_allocate(&t->chosen, 2 * t->slot, sizeof *t->chosen));
    TRY(memory_allocate(&t->order, count, sizeof *t->order));
    TRY(storage_create(&t->integers, device, DTYPE_I32, 2 * t->slot, "batch"));
    TRY(storage_create(&t->scalars, device, DTYPE_F32, SLOT_UNIT, "scalars"));
    TRY(storage_create(&t->images, device, DTYPE_U8, pixels, "training pictures"));
    TRY(storage_write(t->images, 0, t->set->pixels, pixels));
done:
    return status;
}

/* The moments may be those of an earlier training. */
static int clear_moments(struct network *network)
{
    int status = SAAE_OK;
    float *zeros = NULL;
    if (!network->moment1) FAIL(SAAE_USAGE, "the recogniser was made without room for training");
    TRY(memory_allocate(&zeros, network->values, sizeof *zeros));
    TRY(storage_write(network->moment1, 0, zeros, network->values));
    TRY(storage_write(network->moment2, 0, zeros, network->values));
done:
    free(zeros);
    return status;
}

static int prepare(struct training *t)
{
    struct network *network = &t->recogniser->network;
    int status = SAAE_OK;
    TRY(check_training(t));
    t->epoch = -1;
    t->batch = t->options->batch < t->set->count ? t->options->batch : t->set->count;
    t->steps = (int64_t)ceil(t->options->epochs * t->set->count / t->batch);
    TRY(create_storages(t, network->device));
    TRY(clear_moments(network));
    TRY(network_initialise(network, t->options->seed, INITIAL_SALT));
    TRY(build(t));
    TRY(choose_algorithms(t->graph, network->device, t->recogniser->choose));
    TRY(executor_create(&t->executor, t->graph, network->device, NULL));
    TRY(links_bind(&t->links, t->executor));
    TRY(executor_prepare(t->executor, false));
done:
    return status;
}

static void release(struct training *t)
{
    executor_free(t->executor);
    layers_end(&t->layers);
    links_free(&t->links);
    graph_free(t->graph);
    storage_free(t->images);
    storage_free(t->integers);
    storage_free(t->scalars);
    free(t->chosen);
    free(t->order);
}

/* The pictures of step `number` (from 0): batches run on over the end of an epoch. */
static int send_batch(struct training *t, int64_t number)
{
    for (int i = 0; i < t->batch; i++) {
        int64_t sample = number * t->batch + i, epoch = sample / t->set->count;
        if (epoch != t->epoch) {
            struct rng shuffle = {t->options->seed, RNG_SHUFFLE, (uint32_t)epoch};
            rng_permutation(&shuffle, t->order, (size_t)t->set->count);
            t->epoch = epoch;
        }
        uint32_t image = t->order[sample % t->set->count];
        t->chosen[i] = (int32_t)image;
        t->chosen[t->slot + (size_t)i] = t->set->labels[image];
    }
    return storage_write(t->integers, 0, t->chosen, 2 * t->slot);
}

static int send_scalars(struct training *t, int64_t number)
{
    const struct recogniser_options *o = t->options;
    double done = (double)number / (double)t->steps, update = (double)number + 1.0;
    double rate = o->rate * (1.0 - (1.0 - o->last) * done);
    float scalars[2] = {(float)(rate / (1.0 - pow(BETA1, update))),
                        (float)(1.0 / sqrt(1.0 - pow(BETA2, update)))};
    return storage_write(t->scalars, 0, scalars, 2);
}

int recogniser_train(struct recogniser *recogniser, const struct recogniser_set *set,
                     const struct recogniser_options *options, recogniser_progress progress,
                     void *context)
{
    int status = SAAE_OK;
    struct training t = {.recogniser = recogniser, .set = set, .options = options};
    float loss = NAN;
    recogniser->choose = options->choose;
    TRY(prepare(&t));
    for (int64_t step = 0; step < t.steps; step++) {
        TRY(send_batch(&t, step));
        TRY(send_scalars(&t, step));
        TRY(executor_run(t.executor));
        if (step % RECOGNISER_READ_EVERY == 0 || step + 1 == t.steps) {
            TRY(executor_read(t.executor, t.loss, &loss));
            if (!isfinite(loss)) {
                FAIL(SAAE_NUMERIC,
                     "the recogniser's loss is not finite at step %lld: try a lower "
                     "learning rate",
                     (long long)step + 1);
            }
        }
        if (progress && !progress(context, step + 1, t.steps, (double)loss)) {
            FAIL(SAAE_INTERRUPTED, "the recogniser's training was interrupted");
        }
    }
done:
    release(&t);
    return status;
}

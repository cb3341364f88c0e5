#include "graph/choose_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/rng.h"
#include "runtime/launch.h"

enum {
    PARTS = OP_PASS + 1, /* of a variant: the forms of its inputs, the pass */
    ROUNDS = 5,          /* timed samples of each part; the median counts */
    MOST_REPEATS = 100,  /* runs in a sample */
    PATTERN = 65521,     /* input values drawn; longer inputs repeat them. A prime, so that rows of
                            usual lengths differ */
};
static const double sample_seconds = 2e-3; /* a sample, at least: the clock and the wait for the
                                              device are little of it */
static const double hopeless = 3.0;        /* times slower than the fastest: once is enough */
static const double tolerance = 1e-4;      /* of the largest value, between two results */

struct bench {
    struct device *device;
    const struct op_call *call;
    const struct choose_variant *variants;
    int count;
    float *pattern;
    struct buffer *in[OP_MAX_INPUTS], *out[OP_MAX_OUTPUTS], *workspace[CHOOSE_MOST];
    struct buffer *forms[CHOOSE_MOST][OP_MAX_INPUTS];
    struct launch_list *lists[CHOOSE_MOST];
    float *expected[OP_MAX_OUTPUTS], *found; /* results of the first variant, of another */
    bool races[CHOOSE_MOST];
    bool has_part[CHOOSE_MOST][PARTS];
    int repeats[CHOOSE_MOST][PARTS]; /* runs in a sample */
    double seconds[CHOOSE_MOST][PARTS];
    double first_time[CHOOSE_MOST]; /* seconds of all parts, run once */
};

struct op_call choose_variant_call(const struct op_call *call, const struct choose_variant *variant)
{
    struct op_call tuned = *call;
    memcpy(tuned.tuning, variant->tuning, sizeof tuned.tuning);
    return tuned;
}

/* ---- Scratch ---- */

/* Small positive numbers: a variance may be among them. Integers are 0, which is a valid index and
 * label. */
static int fill_input(struct bench *b, int i)
{
    struct tensor_type type = b->call->in[i];
    int status = SAAE_OK;
    if (type.dtype != DTYPE_F32) return buffer_fill(b->in[i], 0);
    size_t count = shape_count(type.shape);
    for (size_t at = 0; at < count; at += PATTERN) {
        size_t part = count - at < PATTERN ? count - at : PATTERN;
        TRY(buffer_write(b->in[i], at * sizeof(float), b->pattern, part * sizeof(float)));
    }
done:
    return status;
}

static int create_buffers(struct bench *b)
{
    int status = SAAE_OK;
    size_t largest = 0;
    const struct rng rng = {.purpose = RNG_VERIFY};
    TRY(memory_allocate(&b->pattern, PATTERN, sizeof *b->pattern));
    for (size_t k = 0; k < PATTERN; k++) b->pattern[k] = (float)rng_uniform(&rng, k);
    for (int i = 0; i < b->call->inputs; i++) {
        TRY(buffer_create(&b->in[i], b->device, tensor_bytes(b->call->in[i]), "measuring"));
        TRY(fill_input(b, i));
    }
    for (int o = 0; o < b->call->outputs; o++) {
        size_t bytes = tensor_bytes(b->call->out[o]);
        TRY(buffer_create(&b->out[o], b->device, bytes, "measuring"));
        TRY(memory_allocate(&b->expected[o], bytes, 1));
        if (bytes > largest) largest = bytes;
    }
    TRY(memory_allocate(&b->found, largest, 1));
done:
    return status;
}

static void free_bench(struct bench *b)
{
    for (int c = 0; c < b->count; c++) {
        launch_list_free(b->lists[c]);
        buffer_free(b->workspace[c]);
        for (int i = 0; i < OP_MAX_INPUTS; i++) buffer_free(b->forms[c][i]);
    }
    for (int i = 0; i < OP_MAX_INPUTS; i++) buffer_free(b->in[i]);
    for (int o = 0; o < OP_MAX_OUTPUTS; o++) {
        buffer_free(b->out[o]);
        free(b->expected[o]);
    }
    free(b->found);
    free(b->pattern);
}

static int record(struct bench *b, int c)
{
    const struct op_algorithm *algorithm = b->variants[c].algorithm;
    const struct op_call call = choose_variant_call(b->call, &b->variants[c]);
    const struct device_traits *traits = device_traits(b->device);
    size_t bytes = algorithm->workspace ? algorithm->workspace(&call, traits) : 0;
    struct op_buffers buffers = {0};
    int status = SAAE_OK;
    if (bytes) TRY(buffer_create(&b->workspace[c], b->device, bytes, "measuring"));
    for (int i = 0; i < b->call->inputs; i++) {
        struct op_form form;
        buffers.in[i] = b->in[i];
        b->has_part[c][i] = op_form_of(algorithm, &call, i, traits, &form);
        if (!b->has_part[c][i]) continue;
        TRY(buffer_create(&b->forms[c][i], b->device, form.bytes, "measuring"));
    }
    b->has_part[c][OP_PASS] = true;
    for (int o = 0; o < b->call->outputs; o++) buffers.out[o] = b->out[o];
    buffers.workspace = b->workspace[c];
    TRY(launch_list_create(&b->lists[c], b->device));
    TRY(op_record(algorithm, &call, &buffers, b->forms[c], b->lists[c]));
done:
    return status;
}

/* ---- Results ---- */

/* Outputs that are read begin at 0, the others are poisoned: a kernel that did not run shows. */
static int reset_outputs(struct bench *b)
{
    const uint32_t not_a_number = 0x7fc00000u;
    unsigned read = b->call->accumulate | op_get(b->call->kind)->updates;
    int status = SAAE_OK;
    for (int o = 0; o < b->call->outputs; o++) {
        TRY(buffer_fill(b->out[o], read >> o & 1u ? 0 : not_a_number));
    }
done:
    return status;
}

static bool agrees(const float *found, const float *expected, size_t count)
{
    double largest = 0.0;
    for (size_t k = 0; k < count; k++) largest = fmax(largest, fabs((double)expected[k]));
    for (size_t k = 0; k < count; k++) {
        double error = fabs((double)found[k] - (double)expected[k]);
        if (!(error <= tolerance * largest)) return false; /* NaN too */
    }
    return true;
}

/* Runs the variant for the first time and compares what it makes with the first one's. */
static int check_result(struct bench *b, int c)
{
    int status = SAAE_OK;
    TRY(record(b, c));
    TRY(reset_outputs(b));
    TRY(launch_list_run(b->lists[c], 0, OP_PASS));
    TRY(device_finish(b->device));
    for (int o = 0; o < b->call->outputs; o++) {
        struct tensor_type type = b->call->out[o];
        float *values = c ? b->found : b->expected[o];
        TRY(buffer_read(b->out[o], 0, values, tensor_bytes(type)));
        if (c == 0 || type.dtype != DTYPE_F32) continue;
        if (!agrees(values, b->expected[o], shape_count(type.shape))) {
            FAIL(SAAE_FAILED, "its result differs from that of '%s'",
                 b->variants[0].algorithm->name);
        }
    }
done:
    return status;
}

/* ---- Times ---- */

/* Seconds of one run of a part of a variant, a form or the pass, out of `repeats`. */
static int take_sample(struct bench *b, int c, int part, int repeats, double *seconds)
{
    int status = SAAE_OK;
    TRY(device_finish(b->device));
    double start = clock_seconds();
    for (int r = 0; r < repeats; r++) TRY(launch_list_run(b->lists[c], part, part));
    TRY(device_finish(b->device));
    *seconds = (clock_seconds() - start) / repeats;
done:
    return status;
}

/* The first timed run says how many make a sample, and which variants need none. */
static int begin_race(struct bench *b, int c)
{
    int status = SAAE_OK;
    double all = 0.0;
    TRY(check_result(b, c));
    for (int p = 0; p < PARTS; p++) {
        double *seconds = &b->seconds[c][p];
        if (!b->has_part[c][p]) continue;
        TRY(take_sample(b, c, p, 1, seconds));
        double wanted = ceil(sample_seconds / fmax(*seconds, 1e-9));
        b->repeats[c][p] = wanted < MOST_REPEATS ? (int)fmax(wanted, 1.0) : MOST_REPEATS;
        all += *seconds;
    }
    b->first_time[c] = all;
    b->races[c] = true;
done:
    return status;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int race(struct bench *b)
{
    int status = SAAE_OK, runners = 0;
    double samples[CHOOSE_MOST][PARTS][ROUNDS];
    double least = (double)INFINITY;
    for (int c = 0; c < b->count; c++) {
        if (b->races[c]) least = fmin(least, b->first_time[c]);
    }
    for (int c = 0; c < b->count; c++) {
        b->races[c] = b->races[c] && b->first_time[c] <= hopeless * fmax(least, sample_seconds);
        runners += b->races[c];
    }
    if (runners < 2) return SAAE_OK; /* nobody to compare with: the first run's time will do */
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < b->count * PARTS; i++) {
            int c = i / PARTS, p = i % PARTS;
            if (!b->races[c] || !b->has_part[c][p]) continue;
            TRY(take_sample(b, c, p, b->repeats[c][p], &samples[c][p][round]));
        }
    }
    for (int i = 0; i < b->count * PARTS; i++) {
        int c = i / PARTS, p = i % PARTS;
        if (!b->races[c] || !b->has_part[c][p]) continue;
        qsort(samples[c][p], ROUNDS, sizeof(double), by_value);
        b->seconds[c][p] = samples[c][p][ROUNDS / 2];
    }
done:
    return status;
}

int choose_measure(void *context, struct device *device, const struct op_call *call,
                   const struct choose_variant *variants, int count, struct choose_time *times)
{
    (void)context;
    int status = SAAE_OK;
    struct bench b = {.device = device, .call = call, .variants = variants, .count = count};
    TRY(create_buffers(&b));
    TRY(begin_race(&b, 0));
    for (int c = 1; c < count; c++) {
        if (begin_race(&b, c) == SAAE_OK) continue;
        log_warning("%s: algorithm '%s' is not used: %s", op_get(call->kind)->stem,
                    variants[c].algorithm->name, saae_message());
        for (int p = 0; p < PARTS; p++) b.seconds[c][p] = (double)INFINITY;
        b.races[c] = false;
    }
    TRY(race(&b));
    for (int c = 0; c < count; c++) {
        times[c].pass = b.seconds[c][OP_PASS];
        for (int i = 0; i < OP_MAX_INPUTS; i++) times[c].forms[i] = b.seconds[c][i];
    }
done:
    free_bench(&b);
    return status;
}

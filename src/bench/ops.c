/* Timing single calls.
 *
 * The calls of a device share their buffers: inputs by what they must hold, outputs, state, and
 * scratch, each as large as the largest call needs. A call's time is that of the call alone: with
 * the forms of its inputs, which a graph may make once for several. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/rng.h"
#include "bench/work.h"
#include "runtime/launch.h"

enum slot_kind {
    SLOT_SIGNED,   /* floats of both signs */
    SLOT_POSITIVE, /* floats in 0.5 .. 1.5: variances, Adam's scalars, weights */
    SLOT_INTEGERS, /* 0: a valid label and index; bytes */
    SLOT_RESULT,   /* overwritten or added to */
    SLOT_STATE,    /* updated in place, 0 at first, as training begins */
    SLOT_KINDS
};
enum { SLOTS = OP_MAX_INPUTS, PATTERN = 65521 }; /* values drawn; longer inputs repeat them */

struct pool {
    struct device *device;
    size_t bytes[SLOT_KINDS][SLOTS], form_bytes[SLOTS], workspace_bytes;
    struct buffer *buffers[SLOT_KINDS][SLOTS], *forms[SLOTS], *workspace;
};

static enum slot_kind kind_of_input(const struct bench_op *op, int i)
{
    if (op->call.in[i].dtype != DTYPE_F32) return SLOT_INTEGERS;
    enum value_kind values = op->check.in_values[i];
    return values == VALUE_POSITIVE || values == VALUE_REPEATS ? SLOT_POSITIVE : SLOT_SIGNED;
}

static enum slot_kind kind_of_output(const struct bench_op *op, int o)
{
    return op_get(op->call.kind)->updates >> o & 1u ? SLOT_STATE : SLOT_RESULT;
}

static void reserve(size_t *room, size_t bytes)
{
    if (bytes > *room) *room = bytes;
}

static void reserve_op(struct pool *pool, const struct bench_op *op)
{
    const struct op_call *call = &op->call;
    const struct device_traits *traits = device_traits(pool->device);
    struct op_form form;
    for (int i = 0; i < call->inputs; i++) {
        reserve(&pool->bytes[kind_of_input(op, i)][i], tensor_bytes(call->in[i]));
        op_form_of(op_algorithm_of(call), call, i, traits, &form);
        reserve(&pool->form_bytes[i], form.bytes);
    }
    for (int o = 0; o < call->outputs; o++) {
        reserve(&pool->bytes[kind_of_output(op, o)][o], tensor_bytes(call->out[o]));
    }
    reserve(&pool->workspace_bytes, op_workspace_of(call, traits));
}

static int fill(struct buffer *buffer, enum slot_kind kind, const float *pattern)
{
    int status = SAAE_OK;
    size_t bytes = buffer_bytes(buffer), most = PATTERN * sizeof *pattern;
    if (kind != SLOT_SIGNED && kind != SLOT_POSITIVE) return buffer_fill(buffer, 0);
    for (size_t at = 0; at < bytes; at += most) {
        TRY(buffer_write(buffer, at, pattern, bytes - at < most ? bytes - at : most));
    }
done:
    return status;
}

static int allocate_pool(struct pool *pool)
{
    int status = SAAE_OK;
    const struct rng rng = {.purpose = RNG_VERIFY};
    float *signs = NULL, *positive = NULL;
    TRY(memory_allocate(&signs, PATTERN, sizeof *signs));
    TRY(memory_allocate(&positive, PATTERN, sizeof *positive));
    for (size_t k = 0; k < PATTERN; k++) {
        signs[k] = (float)(rng_uniform(&rng, k) - 0.5);
        positive[k] = signs[k] + 1.0f;
    }
    for (int kind = 0; kind < SLOT_KINDS; kind++) {
        for (int s = 0; s < SLOTS; s++) {
            if (!pool->bytes[kind][s]) continue;
            TRY(buffer_create(&pool->buffers[kind][s], pool->device, pool->bytes[kind][s],
                              "timing an op"));
            TRY(fill(pool->buffers[kind][s], (enum slot_kind)kind,
                     kind == SLOT_POSITIVE ? positive : signs));
        }
    }
    for (int s = 0; s < SLOTS; s++) {
        if (!pool->form_bytes[s]) continue;
        TRY(buffer_create(&pool->forms[s], pool->device, pool->form_bytes[s], "timing an op"));
    }
    if (pool->workspace_bytes) {
        TRY(buffer_create(&pool->workspace, pool->device, pool->workspace_bytes, "timing an op"));
    }
done:
    free(signs);
    free(positive);
    return status;
}

static void free_pool(struct pool *pool)
{
    for (int kind = 0; kind < SLOT_KINDS; kind++) {
        for (int s = 0; s < SLOTS; s++) buffer_free(pool->buffers[kind][s]);
    }
    for (int s = 0; s < SLOTS; s++) buffer_free(pool->forms[s]);
    buffer_free(pool->workspace);
}

static int record(const struct pool *pool, const struct bench_op *op, struct launch_list **list)
{
    int status = SAAE_OK;
    const struct op_call *call = &op->call;
    struct op_buffers buffers = {.workspace = pool->workspace};
    for (int i = 0; i < call->inputs; i++) {
        buffers.in[i] = pool->buffers[kind_of_input(op, i)][i];
    }
    for (int o = 0; o < call->outputs; o++) {
        buffers.out[o] = pool->buffers[kind_of_output(op, o)][o];
    }
    TRY(launch_list_create(list, pool->device));
    TRY(op_record(op_algorithm_of(call), call, &buffers, pool->forms, *list));
done:
    return status;
}

static int run_launches(void *context, int runs)
{
    int status = SAAE_OK;
    struct launch_list *list = context;
    for (int i = 0; i < runs; i++) TRY(launch_list_run(list, 0, OP_PASS));
    TRY(device_finish(launch_list_device(list)));
done:
    return status;
}

static bool is_timed(const struct bench_options *options, const struct bench_op *op)
{
    return op->verdict == BENCH_PASSED && bench_op_wanted(options, op->call.kind);
}

/* The race of one op on one device, and where its result belongs. */
struct racer {
    struct bench_op *op;
    struct launch_list *list;
};

/* Fills racers and entries from `at` on; returns where the next device's begin. */
static int enter(const struct work *work, struct pool *pool, struct racer *racers,
                 struct race_entry *entries, size_t *at)
{
    int status = SAAE_OK;
    struct bench_result *result = work->result;
    pool->device = result->device;
    for (size_t i = 0; i < result->op_count; i++) {
        if (is_timed(work->options, &result->ops[i])) reserve_op(pool, &result->ops[i]);
    }
    TRY(allocate_pool(pool));
    for (size_t i = 0; i < result->op_count; i++) {
        struct bench_op *op = &result->ops[i];
        if (!is_timed(work->options, op)) continue;
        struct racer *racer = &racers[*at];
        racer->op = op;
        TRY(record(pool, op, &racer->list));
        entries[(*at)++] = (struct race_entry){.run = run_launches, .context = racer->list};
    }
done:
    return status;
}

static void show_progress(void *context, size_t done, size_t planned)
{
    const struct bench_options *options = context;
    if (options->progress) options->progress(options->context, "timing ops", done, planned);
}

int work_time_ops(struct work *works, int count)
{
    int status = SAAE_OK;
    size_t all = 0, entered = 0;
    struct pool *pools = NULL;
    struct racer *racers = NULL;
    struct race_entry *entries = NULL;
    const struct bench_options *options = works[0].options;
    struct race_options race = {.rounds = options->rounds,
                                .sample_seconds = 5e-3,
                                .most_runs = 1000,
                                .progress = show_progress,
                                .context = (void *)options};
    for (int d = 0; d < count; d++) all += works[d].result->op_count;
    TRY(memory_allocate(&pools, (size_t)count, sizeof *pools));
    TRY(memory_allocate(&racers, all, sizeof *racers));
    TRY(memory_allocate(&entries, all, sizeof *entries));
    for (int d = 0; d < count; d++) TRY(enter(&works[d], &pools[d], racers, entries, &entered));
    TRY(race_run(entries, entered, &race));
    for (size_t i = 0; i < entered; i++) racers[i].op->times = entries[i].times;
done:
    for (size_t i = 0; racers && i < all; i++) launch_list_free(racers[i].list);
    for (int d = 0; pools && d < count; d++) free_pool(&pools[d]);
    free(entries);
    free(racers);
    free(pools);
    return status;
}

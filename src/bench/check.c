/* Verifying what is about to be timed. */
#include <stdio.h>
#include <string.h>

#include "bench/work.h"
#include "verify/check.h"
#include "verify/step.h"

static void note_fault(struct bench_result *result, const char *text)
{
    if (result->verified) snprintf(result->why, sizeof result->why, "%s", text);
    result->verified = false;
}

/* Is a figure wanted that depends on this call? */
static bool is_needed(const struct bench_options *options, const struct bench_op *op)
{
    if (options->ops && bench_op_wanted(options, op->call.kind)) return true;
    for (int p = 0; p < BENCH_PARTS; p++) {
        if (options->parts[p] && op->uses[p]) return true;
    }
    return false;
}

static void check_op(struct bench_result *result, struct bench_op *op)
{
    const struct op *entry = op_get(op->call.kind);
    int algorithm = op->call.algorithm;
    const struct op_algorithm *way = &entry->algorithms[algorithm];
    struct check_options options = {.runs = 2};
    struct check_result found;
    char text[sizeof result->why];
    /* an algorithm may be made for large batches only */
    if (way->supports && !way->supports(&op->check.call, device_traits(result->device))) {
        op->check.call = op->call;
    }
    if (check_run(result->device, &op->check, algorithm, &options, &found) == SAAE_OK) {
        op->verdict = BENCH_PASSED;
        return;
    }
    op->verdict = BENCH_FAILED;
    snprintf(op->why, sizeof op->why, "%s", saae_message());
    snprintf(text, sizeof text, "%.200s (%s): %.200s", op->name, way->name, saae_message());
    note_fault(result, text);
}

/* How the calls are put together does not depend on the sizes: the smallest preset shows it. */
static void check_step(struct work *work, enum step_kind kind)
{
    struct verify_step_options options = {.preset = "tiny",
                                          .batch = WORK_CHECKED_BATCH,
                                          .micro_batch = work_is_split(work) ? 1 : 0,
                                          .contents_once = work_contents_once(work),
                                          .steps = 1,
                                          .kinds = {kind},
                                          .kind_count = 1,
                                          .follow_choices = true,
                                          .follow_state = true};
    struct verify_step_result found;
    if (verify_steps(work->result->device, &options, &found) != SAAE_OK) {
        note_fault(work->result, saae_message());
    }
}

int work_verify(struct work *work)
{
    const struct bench_options *options = work->options;
    struct bench_result *result = work->result;
    size_t matching = 0, done = 0;
    result->verified = true;
    for (size_t i = 0; i < result->op_count; i++) {
        struct bench_op *op = &result->ops[i];
        matching += bench_op_wanted(options, op->call.kind);
        if (is_needed(options, op)) check_op(result, op);
        if (options->progress) {
            options->progress(options->context, "verifying", ++done, result->op_count);
        }
    }
    if (options->ops && matching == 0) {
        return status_set(SAAE_USAGE,
                          "no op '%s' in the preset '%s': give a name such as conv2d "
                          "or conv2d.forward, 'all' or 'none'",
                          options->op, options->preset);
    }
    for (int k = 0; k < 3; k++) {
        if (options->parts[BENCH_STEP_1 + k]) check_step(work, (enum step_kind)(k + 1));
    }
    return SAAE_OK;
}

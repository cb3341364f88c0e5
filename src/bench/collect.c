/* Which calls the parts make. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "bench/work.h"

static struct bench_op *find_op(const struct bench_result *result, const char *name)
{
    for (size_t i = 0; i < result->op_count; i++) {
        if (strcmp(result->ops[i].name, name) == 0) return &result->ops[i];
    }
    return NULL;
}

static int add_op(struct bench_result *result, const struct bench_op *op)
{
    int status =
        memory_grow(&result->ops, result->op_count, &result->op_capacity, sizeof *result->ops);
    if (status == SAAE_OK) result->ops[result->op_count++] = *op;
    return status;
}

/* The reference would take seconds and a gigabyte for all of a network's parameters at once, in
 * which every element is treated alike. */
static int shorten_vector(struct op_call *call)
{
    enum { MOST = 1 << 20, REST = 8192 }; /* the rest keeps the tail's length */
    struct op_call made;
    struct op_attributes attributes = call->attributes;
    struct tensor_type in[OP_MAX_INPUTS];
    memcpy(in, call->in, sizeof in);
    int *length = call->kind == OP_adam_forward ? &in[0].shape.c : &attributes.channels;
    if (call->kind != OP_adam_forward && call->kind != OP_fill_forward) return SAAE_OK;
    if (*length <= MOST + REST) return SAAE_OK;
    *length = MOST + *length % REST;
    int status = op_prepare(&made, call->kind, &attributes, in, call->inputs);
    if (status != SAAE_OK) return status;
    made.accumulate = call->accumulate;
    made.algorithm = call->algorithm;
    *call = made;
    return SAAE_OK;
}

/* Adds the graph's calls, those of its loops `passes` times. `small` is the same graph at a smaller
 * batch, node by node. */
static int add_graph(struct bench_result *result, const struct graph *graph, int passes,
                     const struct graph *small, enum bench_part part)
{
    int status = SAAE_OK;
    assert(graph->node_count == small->node_count);
    for (size_t i = 0; i < graph->node_count; i++) {
        struct bench_op op = {.call = graph->nodes[i].call, .chosen = true};
        assert(small->nodes[i].call.kind == op.call.kind);
        const int runs = graph->nodes[i].loop ? passes : 1;
        choices_name_call(&op.call, op.name);
        struct bench_op *known = find_op(result, op.name);
        if (known) {
            known->uses[part] += runs;
            continue;
        }
        op.uses[part] = runs;
        op.check.call = small->nodes[i].call;
        op.check.call.algorithm = op.call.algorithm;
        TRY(shorten_vector(&op.check.call));
        TRY(add_op(result, &op));
    }
done:
    return status;
}

/* Values as the first case of the pass has them in `saae verify`. */
static int set_values(struct bench_result *result)
{
    struct case_list list = {0};
    int status = cases_create(&list);
    for (size_t i = 0; i < result->op_count; i++) {
        struct verify_case *check = &result->ops[i].check;
        for (size_t c = 0; c < list.count; c++) {
            const struct verify_case *model = &list.cases[c];
            if (model->call.kind != check->call.kind) continue;
            memcpy(check->in_values, model->in_values, sizeof check->in_values);
            memcpy(check->out_values, model->out_values, sizeof check->out_values);
            break;
        }
    }
    cases_free(&list);
    return status;
}

/* The other algorithms that this device has for the same calls. */
static int add_algorithms(struct bench_result *result)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(result->device);
    for (size_t i = 0; i < result->op_count; i++) {
        if (!result->ops[i].chosen) break; /* these have been added here */
        const struct op *op = op_get(result->ops[i].call.kind);
        for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
            struct bench_op other = result->ops[i];
            if (a == other.call.algorithm) continue;
            other.chosen = false;
            other.call.algorithm = other.check.call.algorithm = a;
            memset(other.uses, 0, sizeof other.uses);
            const struct op_algorithm *algorithm = &op->algorithms[a];
            if (algorithm->supports && !algorithm->supports(&other.call, traits)) continue;
            TRY(add_op(result, &other));
        }
    }
done:
    return status;
}

static int add_steps(struct work *work, struct trainer *small, const bool *wanted)
{
    int status = SAAE_OK;
    for (int k = 0; k < 3; k++) {
        if (!wanted[BENCH_STEP_1 + k]) continue;
        TRY(trainer_use_step(&work->trainer, (enum step_kind)(k + 1), true));
        TRY(trainer_use_step(small, (enum step_kind)(k + 1), true));
        TRY(add_graph(work->result, work->trainer.step.graph, work->trainer.step.passes,
                      small->step.graph, (enum bench_part)(BENCH_STEP_1 + k)));
    }
done:
    step_free(&work->trainer.step);
    return status;
}

static int add_generation(struct work *work, int small_batch)
{
    int status = SAAE_OK;
    struct generator *whole = NULL, *small = NULL;
    struct saae_model *model = &work->trainer.model;
    TRY(generator_create(&whole, model, work->options->batch, BATCH_NORM_INFER));
    TRY(generator_create(&small, model, small_batch, BATCH_NORM_INFER));
    TRY(add_graph(work->result, generator_graph(whole), 1, generator_graph(small), BENCH_GENERATE));
done:
    generator_free(whole);
    generator_free(small);
    return status;
}

static int add_set(struct work *work, int small_batch)
{
    int status = SAAE_OK;
    struct pairs *whole = NULL, *small = NULL;
    struct saae_model *model = &work->trainer.model;
    TRY(work_create_pairs(work, model, work->options->batch, &whole));
    TRY(work_create_pairs(work, model, small_batch, &small));
    for (int g = 0; pairs_graph(whole, g); g++) {
        TRY(add_graph(work->result, pairs_graph(whole, g), 1, pairs_graph(small, g), BENCH_SET));
    }
done:
    pairs_free(whole);
    pairs_free(small);
    return status;
}

int work_collect_ops(struct work *work)
{
    const struct bench_options *options = work->options;
    int status = SAAE_OK;
    struct train_options training = work->training;
    struct trainer small = {0};
    bool wanted[BENCH_PARTS];
    for (int p = 0; p < BENCH_PARTS; p++) wanted[p] = options->ops || options->parts[p];
    if (training.settings.batch > WORK_CHECKED_BATCH) training.settings.batch = WORK_CHECKED_BATCH;
    training.settings.micro_batch = work_is_split(work) ? 1 : 0;
    training.settings.encode_contents = work_contents_once(work) ? ENCODE_ONCE : ENCODE_EACH;
    training.no_tune = true; /* only the shapes count */
    TRY(trainer_create(&small, &training, &work->data->set, &work->data->contents,
                       work->result->device, true));
    TRY(add_steps(work, &small, wanted));
    if (wanted[BENCH_GENERATE]) TRY(add_generation(work, training.settings.batch));
    if (wanted[BENCH_SET]) TRY(add_set(work, training.settings.batch));
    if (options->every_algorithm) TRY(add_algorithms(work->result));
    TRY(set_values(work->result));
done:
    trainer_free(&small);
    return status;
}

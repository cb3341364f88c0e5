/* batch_norm on a device: cl/batch_norm.cl. */
#include "base/memory.h"
#include "ops/batch_norm.h"
#include "ops/reduce.h"

/* On a CPU a plain store reads the line that it is about to write; past the caches that is a third
 * of a copy's time, within them a plain store is faster: measuring decides. */
bool batch_norm_supports_streamed(const struct op_call *call, const struct device_traits *traits)
{
    (void)call;
    return elementwise_is_cpu(traits);
}

/* With weights each picture is a part of its own. */
static struct column_plan make_plan(const struct op_call *call, const struct device_traits *traits,
                                    enum column_use use)
{
    struct column_plan plan;
    struct shape x = call->in[0].shape;
    int parts = batch_norm_weights(call) >= 0 ? x.n : 1;
    column_plan_make_parts(&plan, traits, parts, batch_norm_rows(call) / (size_t)parts, x.c, 0,
                           use);
    return plan;
}

/* A kernel that does not use the weights is given another buffer in their place. */
static struct buffer *weights_of(const struct op_call *call, const struct op_buffers *buffers)
{
    int weights = batch_norm_weights(call);
    return buffers->in[weights < 0 ? 0 : weights];
}

static int is_streamed(const struct op_call *call)
{
    return call->algorithm == BATCH_NORM_STREAMED;
}

static int is_weighted(const struct op_call *call)
{
    return batch_norm_weights(call) >= 0;
}

/* The workspace: moments [groups][3][channels]. */
size_t batch_norm_workspace_statistics(const struct op_call *call,
                                       const struct device_traits *traits)
{
    struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    return 3 * column_plan_bytes(&plan);
}

int batch_norm_launch_statistics(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list)
{
    char options[48];
    const struct device_traits *traits = elementwise_traits(list);
    struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    int status = SAAE_OK;
    TRY(LAUNCH(list, "batch_norm", plan.options, "batch_norm_moments", plan.grid,
               ARG(buffers->in[0]), ARG(buffers->workspace), ARG((long)plan.rows),
               ARG(plan.columns), ARG(plan.blocks), ARG(plan.rows_per_group), ARG(plan.pieces),
               ARG(plan.groups)));
    struct launch_grid grid = reduce_partials_grid(traits, plan.columns, options, sizeof options);
    TRY(LAUNCH(list, "batch_norm", options, "batch_norm_merge", grid, ARG(buffers->workspace),
               ARG(weights_of(call, buffers)), ARG(buffers->out[0]), ARG(buffers->out[1]),
               ARG((long)plan.rows), ARG(plan.columns), ARG(plan.rows_per_group), ARG(plan.pieces),
               ARG(plan.groups), ARG(is_weighted(call))));
done:
    return status;
}

int batch_norm_launch_apply(const struct op_call *call, const struct op_buffers *buffers,
                            struct launch_list *list)
{
    struct column_plan plan = make_plan(call, elementwise_traits(list), COLUMN_MAP);
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_apply", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->in[3]), ARG(buffers->in[4]), ARG(buffers->out[0]),
                  ARG((long)plan.rows), ARG(plan.columns), ARG(plan.blocks),
                  ARG(plan.rows_per_group), ARG(plan.pieces), ARG(plan.groups),
                  ARG((float)call->attributes.eps), ARG((float)call->attributes.slope),
                  ARG(elementwise_accumulate(call, 0)), ARG(is_streamed(call)));
}

/* The workspace: partial sums [groups][2][channels], then from `offset` the sums [2][channels]. */
static size_t backward_offset(const struct column_plan *plan)
{
    return size_round_up(2 * column_plan_bytes(plan), BUFFER_ALIGNMENT);
}

size_t batch_norm_workspace_backward(const struct op_call *call, const struct device_traits *traits)
{
    struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    return backward_offset(&plan) + 2 * (size_t)plan.columns * sizeof(float);
}

static int launch_backward_sums(const struct op_call *call, const struct op_buffers *buffers,
                                struct launch_list *list, const struct column_plan *plan,
                                struct buffer *sums)
{
    char options[48];
    int status = SAAE_OK, channels = plan->columns, parts = plan->groups / plan->pieces;
    double share = call->attributes.training ? 1.0 / (double)plan->rows : 0.0;
    TRY(LAUNCH(list, "batch_norm", plan->options, "batch_norm_backward_partials", plan->grid,
               ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]), ARG(buffers->in[3]),
               ARG(buffers->in[4]), ARG(buffers->in[5]), ARG(buffers->workspace),
               ARG((long)plan->rows), ARG(channels), ARG(plan->blocks), ARG(plan->rows_per_group),
               ARG(plan->pieces), ARG(plan->groups), ARG((float)call->attributes.eps),
               ARG((float)call->attributes.slope)));
    struct launch_grid grid =
        reduce_partials_grid(elementwise_traits(list), channels, options, sizeof options);
    TRY(LAUNCH(list, "batch_norm", options, "batch_norm_backward_sums", grid,
               ARG(buffers->workspace), ARG(weights_of(call, buffers)), ARG(sums),
               ARG(buffers->out[1]), ARG(buffers->out[2]), ARG(plan->groups), ARG(channels),
               ARG(parts), ARG((float)share), ARG(is_weighted(call)),
               ARG(elementwise_accumulate(call, 1)), ARG(elementwise_accumulate(call, 2))));
done:
    return status;
}

int batch_norm_launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                               struct launch_list *list)
{
    const struct device_traits *traits = elementwise_traits(list);
    struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    int status = SAAE_OK, channels = plan.columns;
    struct buffer *sums = NULL;
    TRY(launch_view(list, buffers->workspace, backward_offset(&plan),
                    2 * (size_t)channels * sizeof(float), &sums));
    TRY(launch_backward_sums(call, buffers, list, &plan, sums));
    plan = make_plan(call, traits, COLUMN_MAP);
    TRY(LAUNCH(list, "batch_norm", plan.options, "batch_norm_backward_data", plan.grid,
               ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]), ARG(buffers->in[3]),
               ARG(buffers->in[4]), ARG(buffers->in[5]), ARG(weights_of(call, buffers)), ARG(sums),
               ARG(buffers->out[0]), ARG((long)plan.rows), ARG(channels), ARG(plan.blocks),
               ARG(plan.rows_per_group), ARG(plan.pieces), ARG(plan.groups),
               ARG((float)call->attributes.eps), ARG((float)call->attributes.slope),
               ARG(is_weighted(call)), ARG(elementwise_accumulate(call, 0)),
               ARG(is_streamed(call))));
done:
    return status;
}

int batch_norm_launch_update(const struct op_call *call, const struct op_buffers *buffers,
                             struct launch_list *list)
{
    struct elementwise_plan plan = elementwise_plan_output(call, list);
    double momentum = call->attributes.momentum, rows = call->attributes.count;
    double unbiased = rows > 1.0 ? rows / (rows - 1.0) : 1.0;
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_update", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->out[0]),
                  ARG(buffers->out[1]), ARG(plan.count), ARG(plan.chunk),
                  ARG((float)(1.0 - momentum)), ARG((float)momentum), ARG((float)unbiased));
}

int batch_norm_launch_fold(const struct op_call *call, const struct op_buffers *buffers,
                           struct launch_list *list)
{
    const int channels = call->in[0].shape.c;
    struct elementwise_plan plan =
        elementwise_plan_make(elementwise_traits(list), elementwise_output_count(call),
                              (size_t)channels, ELEMENTWISE_MAP);
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_fold", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->in[3]), ARG(buffers->in[4]), ARG(buffers->out[0]),
                  ARG(buffers->out[1]), ARG(plan.count), ARG(plan.chunk), ARG(channels),
                  ARG((float)call->attributes.eps), ARG(elementwise_accumulate(call, 0)),
                  ARG(elementwise_accumulate(call, 1)));
}

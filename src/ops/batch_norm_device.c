/* batch_norm on a device: cl/batch_norm.cl, cl/reduce.cl. */
#include "base/memory.h"
#include "ops/batch_norm.h"
#include "ops/reduce.h"

size_t batch_norm_workspace_statistics(const struct op_call *call,
                                       const struct device_traits *traits)
{
    struct column_plan plan;
    column_plan_make(&plan, traits, batch_norm_rows(call), call->in[0].shape.c, 0, COLUMN_SUM);
    size_t deviations = column_plan_bytes(&plan);
    size_t sums = reduce_columns_bytes(traits, batch_norm_rows(call), call->in[0].shape.c);
    return deviations > sums ? deviations : sums;
}

int batch_norm_launch_statistics(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list)
{
    size_t rows = batch_norm_rows(call);
    int channels = call->in[0].shape.c, status = SAAE_OK;
    double share = 1.0 / (double)rows;
    struct buffer *x = buffers->in[0], *mean = buffers->out[0], *workspace = buffers->workspace;
    struct column_plan plan;
    column_plan_make(&plan, elementwise_traits(list), rows, channels, 0, COLUMN_SUM);
    TRY(reduce_launch_columns(list, rows, channels, x, workspace, mean, share, false));
    TRY(LAUNCH(list, "batch_norm", plan.options, "batch_norm_deviations", plan.grid, ARG(x),
               ARG(mean), ARG(workspace), ARG((long)rows), ARG(channels), ARG(plan.blocks),
               ARG(plan.rows_per_group), ARG(plan.groups)));
    TRY(reduce_launch_partials(list, (size_t)plan.groups, channels, workspace, buffers->out[1],
                               share, false));
done:
    return status;
}

int batch_norm_launch_apply(const struct op_call *call, const struct op_buffers *buffers,
                            struct launch_list *list)
{
    struct column_plan plan;
    column_plan_make(&plan, elementwise_traits(list), batch_norm_rows(call), call->in[0].shape.c, 0,
                     COLUMN_MAP);
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_apply", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->in[3]), ARG(buffers->in[4]), ARG(buffers->out[0]),
                  ARG((long)plan.rows), ARG(plan.columns), ARG(plan.blocks),
                  ARG(plan.rows_per_group), ARG(plan.groups), ARG((float)call->attributes.eps),
                  ARG((float)call->attributes.slope), ARG(elementwise_accumulate(call, 0)));
}

/* The workspace: partial sums [groups][2][channels], then from `offset` the sums [2][channels]. */
static size_t backward_offset(const struct column_plan *plan)
{
    return size_round_up(2 * column_plan_bytes(plan), BUFFER_ALIGNMENT);
}

size_t batch_norm_workspace_backward(const struct op_call *call, const struct device_traits *traits)
{
    struct column_plan plan;
    column_plan_make(&plan, traits, batch_norm_rows(call), call->in[0].shape.c, 0, COLUMN_SUM);
    return backward_offset(&plan) + 2 * (size_t)plan.columns * sizeof(float);
}

static int launch_backward_sums(const struct op_call *call, const struct op_buffers *buffers,
                                struct launch_list *list, struct buffer *sums)
{
    char options[48];
    struct column_plan plan;
    const struct device_traits *traits = elementwise_traits(list);
    int channels = call->in[0].shape.c, status = SAAE_OK;
    column_plan_make(&plan, traits, batch_norm_rows(call), channels, 0, COLUMN_SUM);
    TRY(LAUNCH(list, "batch_norm", plan.options, "batch_norm_backward_partials", plan.grid,
               ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]), ARG(buffers->in[3]),
               ARG(buffers->in[4]), ARG(buffers->in[5]), ARG(buffers->workspace),
               ARG((long)plan.rows), ARG(channels), ARG(plan.blocks), ARG(plan.rows_per_group),
               ARG(plan.groups), ARG((float)call->attributes.eps),
               ARG((float)call->attributes.slope)));
    struct launch_grid grid = reduce_partials_grid(traits, channels, options, sizeof options);
    TRY(LAUNCH(list, "batch_norm", options, "batch_norm_backward_sums", grid,
               ARG(buffers->workspace), ARG(sums), ARG(buffers->out[1]), ARG(buffers->out[2]),
               ARG(plan.groups), ARG(channels), ARG(elementwise_accumulate(call, 1)),
               ARG(elementwise_accumulate(call, 2))));
done:
    return status;
}

int batch_norm_launch_backward(const struct op_call *call, const struct op_buffers *buffers,
                               struct launch_list *list)
{
    const struct device_traits *traits = elementwise_traits(list);
    size_t rows = batch_norm_rows(call);
    int channels = call->in[0].shape.c, status = SAAE_OK;
    double share = call->attributes.training ? 1.0 / (double)rows : 0.0;
    struct buffer *sums = NULL;
    struct column_plan plan;
    column_plan_make(&plan, traits, rows, channels, 0, COLUMN_SUM);
    TRY(launch_view(list, buffers->workspace, backward_offset(&plan),
                    2 * (size_t)channels * sizeof(float), &sums));
    TRY(launch_backward_sums(call, buffers, list, sums));
    column_plan_make(&plan, traits, rows, channels, 0, COLUMN_MAP);
    TRY(LAUNCH(list, "batch_norm", plan.options, "batch_norm_backward_data", plan.grid,
               ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]), ARG(buffers->in[3]),
               ARG(buffers->in[4]), ARG(buffers->in[5]), ARG(sums), ARG(buffers->out[0]),
               ARG((long)rows), ARG(channels), ARG(plan.blocks), ARG(plan.rows_per_group),
               ARG(plan.groups), ARG((float)call->attributes.eps),
               ARG((float)call->attributes.slope), ARG((float)share),
               ARG(elementwise_accumulate(call, 0))));
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

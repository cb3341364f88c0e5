/* batch_norm on a device: cl/batch_norm.cl. */
#include <string.h>

#include "base/memory.h"
#include "ops/batch_norm.h"
#include "ops/load.h"
#include "ops/reduce.h"
#include "ops/tile.h"

enum { LEAST_PIXELS = 16 }; /* of a map: moments stay a small part of it */

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

/* ---- Statistics ---- */

_Static_assert(sizeof(struct batch_norm_moments) <= sizeof(((struct op_form *)0)->parameters),
               "a form holds what describes moments");

/* On a CPU groups are whole rows of a map where these are short enough: whoever makes the map can
 * leave its moments. */
static struct batch_norm_moments moments_of_call(const struct op_call *call,
                                                 const struct device_traits *traits)
{
    const struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    const struct shape x = call->in[0].shape;
    struct batch_norm_moments m = {
        x.n, x.h, x.w, x.c, plan.groups / plan.pieces, plan.rows_per_group, plan.pieces};
    const int rows = plan.rows_per_group / x.w;
    if (!elementwise_is_cpu(traits) || rows == 0 || x.h * x.w < LEAST_PIXELS) return m;
    m.parts = x.n;
    m.pieces = tile_divide_up(x.h, tile_min(rows, x.h));
    m.pixels = tile_divide_up(x.h, m.pieces) * x.w;
    m.pieces = tile_divide_up(x.h * x.w, m.pixels);
    return m;
}

static long moments_rows(const struct batch_norm_moments *m)
{
    return (long)m->N * m->H * m->W / m->parts;
}

static int launch_moments(const struct op_form *form, struct buffer *source, struct buffer *target,
                          struct launch_list *list)
{
    const struct device_traits *traits = elementwise_traits(list);
    struct batch_norm_moments m;
    struct column_plan plan;
    memcpy(&m, form->parameters, sizeof m);
    const int groups = m.parts * m.pieces;
    column_plan_make(&plan, traits, (size_t)moments_rows(&m), m.C, 0, COLUMN_SUM);
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_moments",
                  elementwise_grid(traits, (size_t)plan.blocks * (size_t)groups), ARG(source),
                  ARG(target), ARG(moments_rows(&m)), ARG(m.C), ARG(plan.blocks), ARG(m.pixels),
                  ARG(m.pieces), ARG(groups));
}

void batch_norm_form_statistics(const struct op_call *call, int input,
                                const struct device_traits *traits, struct op_form *form)
{
    if (input != 0) return;
    const struct batch_norm_moments m = moments_of_call(call, traits);
    form->name = "moments";
    form->bytes = 3 * (size_t)m.parts * (size_t)m.pieces * (size_t)m.C * sizeof(float);
    form->launch = launch_moments;
    memcpy(form->parameters, &m, sizeof m);
}

bool batch_norm_moments_of(const struct op_form *form, struct batch_norm_moments *moments)
{
    memcpy(moments, form->parameters, sizeof *moments);
    return form->launch == launch_moments;
}

int batch_norm_launch_statistics(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list)
{
    char options[48];
    const struct device_traits *traits = elementwise_traits(list);
    const struct batch_norm_moments m = moments_of_call(call, traits);
    struct launch_grid grid = reduce_partials_grid(traits, m.C, options, sizeof options);
    return LAUNCH(list, "batch_norm", options, "batch_norm_merge", grid, ARG(buffers->in[0]),
                  ARG(weights_of(call, buffers)), ARG(buffers->out[0]), ARG(buffers->out[1]),
                  ARG(moments_rows(&m)), ARG(m.C), ARG(m.pixels), ARG(m.pieces),
                  ARG(m.parts * m.pieces), ARG(is_weighted(call)));
}

/* ---- Loads: cl/load.clh ---- */

enum { APPLY_MEMBERS = 3, BACKWARD_MEMBERS = 5 };

/* The table of constants. sums: of backward, NULL for apply. */
static int launch_constants(const struct op_call *call, const struct op_buffers *buffers,
                            struct launch_list *list, struct buffer *sums, struct buffer *table)
{
    struct column_plan plan = make_plan(call, elementwise_traits(list), COLUMN_MAP);
    plan.grid = elementwise_grid(elementwise_traits(list), (size_t)plan.blocks);
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_constants", plan.grid,
                  ARG(buffers->in[1]), ARG(buffers->in[2]), ARG(buffers->in[3]),
                  ARG(buffers->in[4]), ARG(sums ? sums : buffers->in[1]), ARG(table),
                  ARG(plan.columns), ARG(plan.blocks), ARG((float)call->attributes.eps),
                  ARG(sums ? 1 : 0));
}

size_t batch_norm_workspace_apply(const struct op_call *call, const struct device_traits *traits)
{
    (void)traits;
    return APPLY_MEMBERS * (size_t)call->in[0].shape.c * sizeof(float);
}

int batch_norm_load_apply(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list, struct op_load *load)
{
    *load = (struct op_load){.name = "batch_norm_apply",
                             .arguments = {ARG(buffers->in[0]), ARG(buffers->workspace),
                                           ARG((float)call->attributes.slope)},
                             .count = 3};
    return launch_constants(call, buffers, list, NULL, buffers->workspace);
}

/* ---- */

int batch_norm_launch_apply(const struct op_call *call, const struct op_buffers *buffers,
                            struct launch_list *list)
{
    struct column_plan plan = make_plan(call, elementwise_traits(list), COLUMN_MAP);
    if (!buffers->out[0]) return SAAE_OK;
    return LAUNCH(list, "batch_norm", plan.options, "batch_norm_apply", plan.grid,
                  ARG(buffers->in[0]), ARG(buffers->in[1]), ARG(buffers->in[2]),
                  ARG(buffers->in[3]), ARG(buffers->in[4]), ARG(buffers->out[0]),
                  ARG((long)plan.rows), ARG(plan.columns), ARG(plan.blocks),
                  ARG(plan.rows_per_group), ARG(plan.pieces), ARG(plan.groups),
                  ARG((float)call->attributes.eps), ARG((float)call->attributes.slope),
                  ARG(elementwise_accumulate(call, 0)), ARG(is_streamed(call)));
}

/* The workspace: partial sums [groups][2][channels], the sums [2][channels] and the constants
 * [5][channels], each beginning at a multiple of BUFFER_ALIGNMENT. */
struct backward_offsets {
    size_t sums, constants, end;
};

static struct backward_offsets backward_offsets(const struct op_call *call,
                                                const struct device_traits *traits)
{
    struct column_plan plan = make_plan(call, traits, COLUMN_SUM);
    size_t row = (size_t)plan.columns * sizeof(float);
    struct backward_offsets at;
    at.sums = size_round_up(2 * column_plan_bytes(&plan), BUFFER_ALIGNMENT);
    at.constants = size_round_up(at.sums + 2 * row, BUFFER_ALIGNMENT);
    at.end = at.constants + BACKWARD_MEMBERS * row;
    return at;
}

size_t batch_norm_workspace_backward(const struct op_call *call, const struct device_traits *traits)
{
    return backward_offsets(call, traits).end;
}

static int view_sums(const struct op_call *call, const struct op_buffers *buffers,
                     struct launch_list *list, struct buffer **sums)
{
    const struct backward_offsets at = backward_offsets(call, elementwise_traits(list));
    return launch_view(list, buffers->workspace, at.sums, at.constants - at.sums, sums);
}

int batch_norm_load_backward(const struct op_call *call, const struct op_buffers *buffers,
                             struct launch_list *list, struct op_load *load)
{
    const struct backward_offsets at = backward_offsets(call, elementwise_traits(list));
    struct buffer *sums = NULL, *constants = NULL;
    int status = SAAE_OK;
    TRY(view_sums(call, buffers, list, &sums));
    TRY(launch_view(list, buffers->workspace, at.constants, at.end - at.constants, &constants));
    TRY(launch_constants(call, buffers, list, sums, constants));
    *load =
        (struct op_load){.name = "batch_norm_backward",
                         .arguments = {ARG(buffers->in[0]), ARG(buffers->in[5]), ARG(constants),
                                       ARG(weights_of(call, buffers)),
                                       ARG((float)call->attributes.slope), ARG(is_weighted(call))},
                         .count = 6};
done:
    return status;
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
    TRY(view_sums(call, buffers, list, &sums));
    TRY(launch_backward_sums(call, buffers, list, &plan, sums));
    if (!buffers->out[0]) goto done;
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

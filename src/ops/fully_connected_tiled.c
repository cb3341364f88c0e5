#include "ops/fully_connected_tiled.h"

#include <stdio.h>

#include "ops/elementwise.h"
#include "ops/tile.h"

enum {
    CPU_CHUNK = 1024,     /* depths of a split on a CPU: its parts of A and B stay in the
                             second-level cache */
    CPU_FEW_TILES = 64,   /* above so many tiles the depth is not split there */
    GPU_ITEMS = 16384,    /* items wanted on a GPU */
    GPU_LEAST_DEPTH = 64, /* depths of a split there, at least */
};

/* How B comes to have whole vectors in a row. */
enum right_side { RIGHT_AS_IS, RIGHT_PADDED, RIGHT_TRANSPOSED };

/* C [M][columns] = A B as the kernel file describes it. */
struct product_plan {
    int M, columns, depth;
    int a_row, a_step;
    bool transposed; /* C is [columns][M] */
    enum right_side right;
    struct tile tile;
    int vectors, row_tiles, column_tiles, chunk, splits;
};

static void plan_splits(struct product_plan *plan, const struct device_traits *traits)
{
    const int tiles = plan->row_tiles * plan->column_tiles;
    int chunk = plan->depth;
    if (elementwise_is_cpu(traits)) {
        if (tiles < CPU_FEW_TILES && plan->depth >= 2 * CPU_CHUNK) chunk = CPU_CHUNK;
    } else if (tiles < GPU_ITEMS) {
        chunk = tile_divide_up(plan->depth, GPU_ITEMS / tiles);
        if (chunk < GPU_LEAST_DEPTH) chunk = GPU_LEAST_DEPTH;
    }
    const int most = tile_most_steps(tile_iterations(plan->tile), traits);
    plan->chunk = chunk < most ? chunk : most;
    plan->splits = tile_divide_up(plan->depth, plan->chunk);
}

static struct product_plan plan_make(const struct op_call *call, const struct device_traits *traits)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    struct product_plan plan = {0};
    switch (call->kind) {
    case OP_fully_connected_forward:
        plan = (struct product_plan){
            .M = d.N, .columns = d.O, .depth = d.I, .a_row = d.I, .a_step = 1};
        break;
    case OP_fully_connected_backward_data:
        plan = (struct product_plan){
            .M = d.I, .columns = d.N, .depth = d.O, .a_row = d.O, .a_step = 1, .transposed = true};
        break;
    default:
        plan = (struct product_plan){
            .M = d.I, .columns = d.O, .depth = d.N, .a_row = 1, .a_step = d.I};
        break;
    }
    const int VW = tile_vector(plan.columns, traits);
    if (plan.transposed)
        plan.right = RIGHT_TRANSPOSED;
    else
        plan.right = plan.columns % VW ? RIGHT_PADDED : RIGHT_AS_IS;
    plan.tile = tile_choose(plan.M, plan.columns, VW, 8, true, traits);
    plan.vectors = tile_divide_up(plan.columns, VW);
    plan.row_tiles = tile_divide_up(plan.M, plan.tile.MR);
    plan.column_tiles = plan.vectors / plan.tile.NV;
    plan_splits(&plan, traits);
    return plan;
}

/* Bytes of B's copy and of the partial sums. */
static void plan_pieces(const struct product_plan *plan, size_t *right, size_t *partial)
{
    const size_t pitch = (size_t)plan->vectors * (size_t)plan->tile.VW;
    *right = plan->right == RIGHT_AS_IS ? 0 : tile_piece((size_t)plan->depth * pitch);
    *partial = plan->splits == 1 ? 0 : tile_piece((size_t)plan->splits * (size_t)plan->M * pitch);
}

size_t fully_connected_tiled_workspace(const struct op_call *call,
                                       const struct device_traits *traits)
{
    size_t right, partial;
    struct product_plan plan = plan_make(call, traits);
    plan_pieces(&plan, &right, &partial);
    return right + partial;
}

static int launch_right(struct launch_list *list, const char *options,
                        const struct product_plan *plan, struct buffer *source,
                        struct buffer *target)
{
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const int VW = plan->tile.VW, pitch = plan->vectors * VW;
    if (plan->right == RIGHT_TRANSPOSED) {
        const int blocks = tile_divide_up(plan->depth, VW);
        return LAUNCH(list, "fully_connected", options, "fully_connected_transpose",
                      tile_grid(blocks, plan->vectors, traits), ARG(source), ARG(target),
                      ARG(plan->columns), ARG(plan->depth), ARG(pitch));
    }
    int chunk = 1;
    if (elementwise_is_cpu(traits)) chunk = pitch;
    return LAUNCH(list, "fully_connected", options, "fully_connected_pad",
                  tile_grid(pitch / chunk, plan->depth, traits), ARG(source), ARG(target),
                  ARG(plan->depth), ARG(plan->columns), ARG(pitch), ARG(chunk));
}

static int launch_product(struct launch_list *list, const char *options,
                          const struct product_plan *plan, struct buffer *a, struct buffer *b,
                          struct buffer *c, int accumulate)
{
    const struct device_traits *traits = device_traits(launch_list_device(list));
    /* A core keeps the tiles of the smaller side in its cache and goes once through the other;
     * a GPU's neighbours read B side by side. */
    const int columns_first = !elementwise_is_cpu(traits) || plan->M >= plan->columns;
    return LAUNCH(list, "fully_connected", options, "fully_connected_product",
                  tile_grid(plan->row_tiles * plan->column_tiles * plan->splits, 1, traits), ARG(a),
                  ARG(b), ARG(c), ARG(plan->M), ARG(plan->columns), ARG(plan->depth),
                  ARG(plan->vectors), ARG(plan->row_tiles), ARG(plan->column_tiles),
                  ARG(plan->splits), ARG(plan->chunk), ARG(plan->a_row), ARG(plan->a_step),
                  ARG((int)plan->transposed), ARG(columns_first), ARG(accumulate));
}

int fully_connected_reduce(struct launch_list *list, const char *options,
                           const struct fully_connected_sums *sums, struct buffer *partial,
                           struct buffer *c, int accumulate)
{
    return LAUNCH(list, "fully_connected", options, "fully_connected_reduce",
                  tile_grid(sums->M * sums->vectors, 1, device_traits(launch_list_device(list))),
                  ARG(partial), ARG(c), ARG(sums->M), ARG(sums->columns), ARG(sums->vectors),
                  ARG(sums->splits), ARG((int)sums->transposed), ARG(accumulate));
}

int fully_connected_tiled_launch(const struct op_call *call, const struct op_buffers *buffers,
                                 struct launch_list *list)
{
    int status = SAAE_OK;
    const struct device_traits *traits = device_traits(launch_list_device(list));
    const struct product_plan plan = plan_make(call, traits);
    const int accumulate = (int)(call->accumulate & 1u);
    const bool data = call->kind == OP_fully_connected_backward_data;
    struct buffer *a = buffers->in[data ? 1 : 0], *b = buffers->in[data ? 0 : 1];
    struct buffer *c = buffers->out[0];
    char options[TILE_OPTIONS];
    size_t right, partial;

    plan_pieces(&plan, &right, &partial);
    tile_options(options, plan.tile);
    if (right) {
        struct buffer *copy = NULL;
        TRY(launch_view(list, buffers->workspace, 0, right, &copy));
        TRY(launch_right(list, options, &plan, b, copy));
        b = copy;
    }
    if (!partial) {
        TRY(launch_product(list, options, &plan, a, b, c, accumulate));
    } else {
        struct buffer *sums = NULL;
        TRY(launch_view(list, buffers->workspace, right, partial, &sums));
        TRY(launch_product(list, options, &plan, a, b, sums, 0));
        const struct fully_connected_sums all = {plan.M, plan.columns, plan.vectors, plan.splits,
                                                 plan.transposed};
        TRY(fully_connected_reduce(list, options, &all, sums, c, accumulate));
    }
done:
    return status;
}

/* ---- CLBlast ---- */

bool fully_connected_clblast_supports(const struct op_call *call,
                                      const struct device_traits *traits)
{
    (void)call;
    (void)traits;
    return launch_has_product();
}

int fully_connected_clblast_launch(const struct op_call *call, const struct op_buffers *buffers,
                                   struct launch_list *list)
{
    const struct reference_fully_connected d = fully_connected_dimensions(call);
    struct launch_product product = {.a = buffers->in[0],
                                     .b = buffers->in[1],
                                     .c = buffers->out[0],
                                     .alpha = 1.0f,
                                     .beta = call->accumulate & 1u ? 1.0f : 0.0f};
    if (call->kind == OP_fully_connected_forward) { /* y [N][O] = x [N][I] w [I][O] */
        product.m = d.N, product.n = d.O, product.k = d.I;
        product.lda = d.I, product.ldb = d.O, product.ldc = d.O;
    } else if (call->kind == OP_fully_connected_backward_data) { /* dx [N][I] = dy [N][O] w^T */
        product.m = d.N, product.n = d.I, product.k = d.O;
        product.lda = d.O, product.ldb = d.O, product.ldc = d.I;
        product.transpose_b = true;
    } else { /* dw [I][O] = x^T dy [N][O] */
        product.m = d.I, product.n = d.O, product.k = d.N;
        product.lda = d.I, product.ldb = d.O, product.ldc = d.O;
        product.transpose_a = true;
    }
    return launch_add_product(list, &product);
}

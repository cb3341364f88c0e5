/* Where a step's time goes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "train/trainer.h"

enum { WARM = 2, TIMED = 5 };

static int slower_first(const void *a, const void *b)
{
    double x = ((const struct train_profile_row *)a)->seconds;
    double y = ((const struct train_profile_row *)b)->seconds;
    return (x < y) - (x > y);
}

static int run_steps(struct trainer *trainer, int64_t number, int count)
{
    int status = SAAE_OK;
    struct step_losses losses;
    for (int i = 0; i < count; i++) {
        TRY(trainer_step(trainer, number));
        TRY(step_read(&trainer->step, &losses));
    }
done:
    return status;
}

static int profile_kind(struct trainer *trainer, int64_t number,
                        void (*report)(void *context, const struct train_profile_row *row),
                        const char **source)
{
    int status = SAAE_OK;
    double *before = NULL, *after = NULL;
    struct train_profile_row *rows = NULL;
    TRY(run_steps(trainer, number, WARM));
    const struct graph *graph = trainer->step.graph;
    size_t nodes = graph->node_count;
    TRY(memory_allocate(&before, nodes, sizeof *before));
    TRY(memory_allocate(&after, nodes, sizeof *after));
    TRY(memory_allocate(&rows, nodes, sizeof *rows));
    TRY(executor_times(trainer->step.executor, before, source));
    TRY(run_steps(trainer, number, TIMED));
    TRY(executor_times(trainer->step.executor, after, source));
    for (size_t i = 0; i < nodes; i++) {
        const struct op_call *call = &graph->nodes[i].call;
        rows[i] = (struct train_profile_row){
            .kind = trainer->step.kind,
            .node = graph->nodes[i].name,
            .algorithm = op_get(call->kind)->algorithms[call->algorithm].name,
            .seconds = (after[i] - before[i]) / TIMED,
            .cost = op_cost_of(call)};
        rows[i].cost.flops *= step_node_runs(&trainer->step, i);
        rows[i].cost.bytes *= step_node_runs(&trainer->step, i);
        op_describe(call, rows[i].shapes, sizeof rows[i].shapes);
    }
    qsort(rows, nodes, sizeof *rows, slower_first);
    for (size_t i = 0; i < nodes; i++) report(trainer->options->context, &rows[i]);
done:
    free(before);
    free(after);
    free(rows);
    return status;
}

int train_profile(const struct train_options *options, const struct dataset *set,
                  const struct contents *contents, struct device *device,
                  void (*row)(void *context, const struct train_profile_row *row),
                  const char **source)
{
    int status = SAAE_OK;
    struct trainer trainer = {0};
    TRY(train_check_room(options, set, contents, device));
    TRY(trainer_create(&trainer, options, set, contents, device, false));
    TRY(network_initialise(&trainer.model.generator, options->settings.seed, 0));
    TRY(network_initialise(&trainer.model.discriminator, options->settings.seed, 100000));
    for (int k = 0; k < 3; k++) {
        if (trainer.schedule.count[k]) {
            TRY(profile_kind(&trainer, trainer.schedule.first[k], row, source));
        }
    }
done:
    trainer_free(&trainer);
    return status;
}

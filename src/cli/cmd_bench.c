/* saae bench: how fast ops, training steps and generation are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "bench/bench.h"
#include "cli/bench_json.h"
#include "cli/bench_table.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "version.h"

enum { MOST_DEVICES = 16 };

struct settings {
    struct option_arguments devices, compare, files;
    const char *preset, *op, *json, *encode;
    int batch, micro_batch, rounds;
    bool step, generate, every_algorithm, exact;
    uint64_t seed;
};

static int parse(struct settings *my, int argc, char **argv)
{
    const struct option options[] = {
        {"device", OPTION_LIST, &my->devices, "D",
         "a device as in 'saae devices'; given several times, they take turns and stand side by "
         "side (default: SAAE_DEVICE, else the best)"},
        {"preset", OPTION_CHOICE, &my->preset, "tiny|small|paper", "the model (default paper)"},
        {"batch", OPTION_INT, &my->batch, "N", "pictures in a batch (default 64)", .minimum = 1,
         .maximum = 65536},
        {"micro-batch", OPTION_INT, &my->micro_batch, "N", "of the steps, as 'saae train' has it",
         .minimum = 1, .maximum = 65536},
        {"op", OPTION_TEXT, &my->op, "NAME",
         "only this op (conv2d) or pass (conv2d.forward); all; or none"},
        {"step", OPTION_FLAG, &my->step, NULL, "a training step of each kind"},
        {"generate", OPTION_FLAG, &my->generate, NULL,
         "generation of one batch, and of a labelled set: 10 contents in a batch of styles"},
        {"encode-contents", OPTION_CHOICE, &my->encode, "auto|once|each",
         "in steps, as 'saae train' has it; PyTorch's peer encodes each"},
        {"every-algorithm", OPTION_FLAG, &my->every_algorithm, NULL,
         "time the algorithms too that a step does not use"},
        {"exact", OPTION_FLAG, &my->exact, NULL,
         "only algorithms that sum what the formulas say: no Winograd, no Fourier transforms"},
        {"rounds", OPTION_INT, &my->rounds, "N", "of measurements; their median counts (default 7)",
         .minimum = 1, .maximum = 1000},
        {"seed", OPTION_COUNTER, &my->seed, "N", "of pictures and parameters (default 1)"},
        {"compare", OPTION_LIST, &my->compare, "FILE",
         "set results that --json wrote, here or on other machines, beside; further files may "
         "follow. Without --device, --op, --step and --generate nothing is measured"},
        {"json", OPTION_TEXT, &my->json, "FILE",
         "write the results as JSON, of several devices as a list; - is standard output"},
    };
    const struct option_table table = {
        .command = "bench",
        .synopsis = "[OPTION...] [FILE...]",
        .summary =
            "Times each different op call of a model's training and generation, a training step of "
            "each kind and generation; ops with their share of what this device was measured to "
            "give in multiply-adds and in copying. With --step or --generate, only those parts and "
            "the ops; with --op, only that. What differs from the double-precision reference is "
            "not timed, and the exit code is 1.",
        .example = "saae bench --preset paper --step --op none --device cpu --json cpu.json",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .arguments = &my->files,
        .most_arguments = OPTION_VALUES_MAX,
    };
    return options_parse(&table, argc, argv);
}

static void show_progress(void *context, const char *what, size_t done, size_t planned)
{
    (void)context;
    terminal_progress("bench: %s, %zu of %zu", what, done, planned);
}

static struct bench_options options_of(const struct settings *my)
{
    bool all = !my->op && !my->step && !my->generate;
    bool step = all || my->step, generate = all || my->generate;
    bool every_op = !my->op || strcmp(my->op, "all") == 0;
    return (struct bench_options){
        .preset = my->preset,
        .batch = my->batch,
        .micro_batch = my->micro_batch,
        .rounds = my->rounds,
        .seed = my->seed,
        .encode_contents = (enum encode_contents)common_encode_contents(my->encode),
        .ops = every_op || strcmp(my->op, "none") != 0,
        .op = every_op ? NULL : my->op,
        .every_algorithm = my->every_algorithm,
        .exact = my->exact,
        .parts = {[BENCH_STEP_1] = step,
                  [BENCH_STEP_2] = step,
                  [BENCH_STEP_3] = step,
                  [BENCH_GENERATE] = generate,
                  [BENCH_SET] = generate},
        .version = SAAE_VERSION,
        .progress = show_progress,
    };
}

static int open_devices(const struct settings *my, struct device **devices, int *count)
{
    int wanted = my->devices.count ? my->devices.count : 1;
    if (wanted > MOST_DEVICES) {
        return status_set(SAAE_USAGE, "--device: at most %d at once", MOST_DEVICES);
    }
    for (*count = 0; *count < wanted; ++*count) {
        const char *name = my->devices.count ? my->devices.values[*count] : NULL;
        int status = common_open_checked_device(&devices[*count], name, false, SELF_TEST_TRAINING);
        if (status != SAAE_OK) return status;
        if (!devices[*count]) {
            return status_set(SAAE_USAGE, "the reference is there to be right, not fast; it is "
                                          "not timed: name another --device");
        }
    }
    return SAAE_OK;
}

/* Appends what this machine's devices gave. SAAE_FAILED: only that of it which verified; nothing,
 * where a device failed its self-test. */
static int measure(const struct settings *my, cJSON *list)
{
    int status = SAAE_OK, count = 0, outcome = SAAE_OK;
    struct device *devices[MOST_DEVICES] = {NULL};
    struct bench_result results[MOST_DEVICES] = {{0}};
    struct bench_options options = options_of(my);
    TRY(open_devices(my, devices, &count));
    outcome = bench_run(devices, count, &options, results);
    terminal_progress_end();
    if (outcome != SAAE_OK && outcome != SAAE_FAILED) {
        status = outcome;
        goto done;
    }
    for (int d = 0; d < count; d++) {
        cJSON_AddItemToArray(list, bench_json_make(&results[d], &options));
    }
    status = outcome;
done:
    for (int d = 0; d < MOST_DEVICES; d++) {
        bench_result_free(&results[d]);
        device_close(devices[d]);
    }
    return status;
}

static int read_others(const struct settings *my, cJSON *list)
{
    int status = SAAE_OK;
    if (my->files.count && !my->compare.count) {
        FAIL(SAAE_USAGE, "'%s': what is it for? results to compare with follow --compare",
             my->files.values[0]);
    }
    for (int i = 0; i < my->compare.count; i++) {
        TRY(bench_json_read(my->compare.values[i], list));
    }
    for (int i = 0; i < my->files.count; i++) TRY(bench_json_read(my->files.values[i], list));
done:
    return status;
}

/* `own` of the list's results were measured now. */
static int write_json(const char *path, const cJSON *list, int own)
{
    if (own == 1) return common_write_json(path, cJSON_GetArrayItem(list, 0));
    cJSON *some = cJSON_CreateArray();
    for (int i = 0; i < own; i++) {
        cJSON_AddItemReferenceToArray(some, cJSON_GetArrayItem(list, i));
    }
    int status = common_write_json(path, some);
    cJSON_Delete(some);
    return status;
}

int cmd_bench(int argc, char **argv)
{
    struct settings my = {.preset = "paper", .batch = 64, .rounds = 7, .seed = 1};
    cJSON *list = cJSON_CreateArray(), *others = cJSON_CreateArray();
    int status = SAAE_OK, outcome = SAAE_OK;
    TRY(parse(&my, argc, argv));
    bool only_compare = my.compare.count && !my.devices.count && !my.op && !my.step && !my.generate;
    if (only_compare && my.json) FAIL(SAAE_USAGE, "--json: nothing is measured that it could hold");
    TRY(read_others(&my, others)); /* before minutes are spent on measuring */
    TRY(bench_json_check_alike(others, only_compare ? NULL : my.preset, my.batch));
    if (!only_compare) outcome = measure(&my, list);
    if (outcome != SAAE_OK && cJSON_GetArraySize(list) == 0) {
        status = outcome;
        goto done;
    }
    int own = cJSON_GetArraySize(list);
    while (cJSON_GetArraySize(others) > 0) {
        cJSON_AddItemToArray(list, cJSON_DetachItemFromArray(others, 0));
    }
    if (my.json) TRY(write_json(my.json, list, own));
    if (!my.json || strcmp(my.json, "-") != 0) TRY(bench_table_print(stdout, list));
    status = outcome;
done:
    cJSON_Delete(others);
    cJSON_Delete(list);
    return status;
}

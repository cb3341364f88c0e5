/* saae verify: every kernel against the double-precision reference. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/verify_step.h"
#include "verify/verify.h"

struct settings {
    const char *device, *op, *which, *json, *against, *preset, *vector_width;
    bool full, repeat, verbose, as_gpu, step;
    int trace;
    double budget;
    uint64_t seed;
};

struct output {
    const struct settings *settings;
    FILE *text;      /* standard output, or standard error when JSON goes to the former */
    cJSON *failures; /* array */
};

static const char *const outcomes[] = {"ok", "FAILED", "skipped"};

static void add_failure(cJSON *failures, const struct verify_line *line)
{
    const struct op *op = op_get(line->item->call.kind);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "op", op->stem);
    cJSON_AddStringToObject(entry, "pass", op->pass);
    cJSON_AddStringToObject(entry, "case", line->description);
    cJSON_AddNumberToObject(entry, "number", line->item->number);
    cJSON_AddStringToObject(entry, "algorithm", line->algorithm);
    cJSON_AddNumberToObject(entry, "error", line->error);
    cJSON_AddNumberToObject(entry, "bound", line->bound);
    cJSON_AddStringToObject(entry, "why", line->why);
    cJSON_AddStringToObject(entry, "repeat", line->repeat);
    cJSON_AddItemToArray(failures, entry);
}

static void print_line(void *context, const struct verify_line *line)
{
    struct output *output = context;
    const struct op *op = op_get(line->item->call.kind);
    bool failed = line->outcome == VERIFY_FAILED;
    terminal_progress("verify: %zu of %zu, %s.%s", line->done, line->planned, op->stem, op->pass);
    if (failed && output->failures) add_failure(output->failures, line);
    if (!failed && !output->settings->verbose) return;
    terminal_progress_end();
    fprintf(output->text, "%-8s%s.%s case %d (%s): %s", outcomes[line->outcome], op->stem, op->pass,
            line->item->number, line->algorithm, line->description);
    if (line->outcome == VERIFY_PASSED) {
        fprintf(output->text, ", %.2g of the bound, %.3f s\n", line->ratio, line->seconds);
    } else {
        fprintf(output->text, "\n        %s\n", line->why);
    }
    if (failed) fprintf(output->text, "        %s\n", line->repeat);
}

static void print_row(FILE *text, const char *name, const struct verify_tally *tally)
{
    fprintf(text, "%-36s%8zu%8zu%9zu%10.2g\n", name, tally->passed, tally->failed, tally->skipped,
            tally->worst);
}

static void print_summary(FILE *text, const struct verify_summary *summary)
{
    fprintf(text, "%-36s%8s%8s%9s%10s\n", "op", "passed", "failed", "skipped", "of bound");
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = op_get((enum op_kind)kind);
        char name[64];
        if (summary->passes[kind].cases == 0) continue;
        snprintf(name, sizeof name, "%s.%s", op->stem, op->pass);
        print_row(text, name, &summary->passes[kind]);
    }
    print_row(text, "all", &summary->all);
}

static void add_tally(cJSON *object, const struct verify_tally *tally)
{
    cJSON_AddNumberToObject(object, "cases", (double)tally->cases);
    cJSON_AddNumberToObject(object, "passed", (double)tally->passed);
    cJSON_AddNumberToObject(object, "failed", (double)tally->failed);
    cJSON_AddNumberToObject(object, "skipped", (double)tally->skipped);
    cJSON_AddNumberToObject(object, "worst", tally->worst);
}

static int write_json(const char *path, const struct device_traits *traits,
                      const struct verify_summary *summary, cJSON *failures)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "device", traits->name);
    cJSON_AddStringToObject(root, "id", traits->id);
    cJSON_AddStringToObject(root, "driver", traits->driver);
    add_tally(root, &summary->all);
    cJSON *ops = cJSON_AddArrayToObject(root, "ops");
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = op_get((enum op_kind)kind);
        if (summary->passes[kind].cases == 0) continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(entry, "op", op->stem);
        cJSON_AddStringToObject(entry, "pass", op->pass);
        add_tally(entry, &summary->passes[kind]);
        cJSON_AddItemToArray(ops, entry);
    }
    cJSON_AddItemReferenceToObject(root, "failures", failures);
    int status = common_write_json(path, root);
    cJSON_Delete(root);
    return status;
}

static int parse(struct settings *my, int argc, char **argv)
{
    const struct option options[] = {
        {"device", OPTION_TEXT, &my->device, "D",
         "platform and device numbers P:D, part of a "
         "name, cpu or gpu (default: SAAE_DEVICE, else the best)"},
        {"op", OPTION_TEXT, &my->op, "NAME", "only this op (conv2d) or pass (conv2d.forward)"},
        {"case", OPTION_TEXT, &my->which, "K", "only this case: its number or its description"},
        {"repeat", OPTION_FLAG, &my->repeat, NULL,
         "run each case ten times and compare the bits, "
         "instead of twice"},
        {"step", OPTION_FLAG, &my->step, NULL,
         "only whole training steps of each kind, tensor by tensor"},
        {"trace", OPTION_INT, &my->trace, "K",
         "run K training steps side by side with --against and name the first tensor that parts",
         .minimum = 1, .maximum = 1e6},
        {"against", OPTION_TEXT, &my->against, "D",
         "the other side of --trace: a device, or reference (the default)"},
        {"preset", OPTION_CHOICE, &my->preset, "tiny|small|paper", "of --trace (default tiny)"},
        {"full", OPTION_FLAG, &my->full, NULL, "with every layer at a batch of 64: many minutes"},
        {"budget", OPTION_DOUBLE, &my->budget, "SECONDS",
         "start no case that would end later, cheap ones first, and no training step but the "
         "smallest; what is left out counts as skipped; 0: no limit; default: 240 on emulators, "
         "else 0",
         .minimum = 0, .maximum = 1e9},
        {"seed", OPTION_COUNTER, &my->seed, "N", "of the random values (default 0)"},
        {"as-gpu", OPTION_FLAG, &my->as_gpu, NULL,
         "launch as on a GPU (work-groups of many items) on a CPU too"},
        {"vector-width", OPTION_CHOICE, &my->vector_width, "1|2|4|8|16",
         "vectors of that many floats, as on other machines (default: the device's own)"},
        {"verbose", OPTION_FLAG, &my->verbose, NULL, "a line for each case, not only for failures"},
        {"json", OPTION_TEXT, &my->json, "FILE", "write the result as JSON; - is standard output"},
    };
    const struct option_table table = {
        .command = "verify",
        .synopsis = "[OPTION...]",
        .summary = "Runs every kernel in many shapes and compares it with the double-precision "
                   "reference, element by element, within a bound that follows from the length of "
                   "its sums. Small integers must come out exactly, two runs must agree in their "
                   "bits, and nothing outside a result may change.",
        .example = "saae verify --device cpu --op conv2d --verbose",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    return options_parse(&table, argc, argv);
}

/* Emulators would take hours for the whole list. */
static double budget_of(const struct device *device, double given)
{
    if (given >= 0.0) return given;
    return device_traits(device)->emulator ? 240.0 : 0.0;
}

/* 0: the device's own. */
static int vector_width_of(const struct settings *my)
{
    return my->vector_width ? (int)strtol(my->vector_width, NULL, 10) : 0;
}

static int run_ops(struct device *device, struct output *output, struct verify_summary *summary)
{
    const struct settings *my = output->settings;
    struct verify_options options = {
        .op = my->op,
        .which = my->which,
        .full = my->full,
        .as_gpu = my->as_gpu,
        .vector_width = vector_width_of(my),
        .runs = my->repeat ? 10 : 2,
        .seed = my->seed,
        .budget_seconds = budget_of(device, my->budget),
        .report = print_line,
        .context = output,
    };
    int status = verify_run(device, &options, summary);
    terminal_progress_end();
    return status;
}

int cmd_verify(int argc, char **argv)
{
    struct settings my = {.budget = -1.0};
    struct device *device = NULL;
    struct device *against = NULL;
    struct verify_summary summary = {0};
    struct output output = {.settings = &my, .failures = cJSON_CreateArray()};
    int status = SAAE_OK;
    TRY(parse(&my, argc, argv));
    TRY(common_open_device(&device, my.device, false));
    if (!device) FAIL(SAAE_USAGE, "the reference is what devices are verified against; name one");
    output.text = my.json && strcmp(my.json, "-") == 0 ? stderr : stdout;
    fprintf(output.text, "device %s: %s, %s%s\n", device_traits(device)->id,
            device_traits(device)->name, device_traits(device)->platform,
            my.as_gpu ? ", launched as a GPU" : "");
    if (my.vector_width) fprintf(output.text, "vectors of %s floats\n", my.vector_width);
    struct verify_step_command steps = {.full = my.full,
                                        .verbose = my.verbose,
                                        .brief = budget_of(device, my.budget) > 0.0,
                                        .seed = my.seed,
                                        .text = output.text,
                                        .failures = output.failures};
    if (my.trace) {
        if (my.against) TRY(common_open_device(&against, my.against, false));
        TRY(verify_step_trace(device, against, my.trace, my.preset, &steps));
        goto done;
    }
    int outcome = my.step ? SAAE_OK : run_ops(device, &output, &summary);
    if (outcome != SAAE_OK && outcome != SAAE_FAILED) {
        status = outcome;
        goto done;
    }
    if (!my.op && !my.as_gpu) {
        struct verify_tally tally = {0};
        int stepped = verify_step_cases(device, &steps, &tally);
        if (stepped != SAAE_OK) outcome = stepped;
        summary.all.cases += tally.cases;
        summary.all.passed += tally.passed;
        summary.all.failed += tally.failed;
        summary.all.skipped += tally.skipped;
    }
    print_summary(output.text, &summary);
    if (my.json) TRY(write_json(my.json, device_traits(device), &summary, output.failures));
    status = outcome;
done:
    cJSON_Delete(output.failures);
    device_close(against);
    device_close(device);
    return status;
}

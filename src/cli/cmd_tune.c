/* saae tune */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/bench.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "graph/choose_cache.h"
#include "graph/tune.h"
#include "train/train.h"
#include "verify/call.h"
#include "version.h"

struct settings {
    const char *device, *preset, *json;
    struct train_settings train;
    struct option_size size;
    int channels, classes;
    double budget;
    bool again;
};

static int parse(struct settings *my, int argc, char **argv)
{
    struct saae_config *config = &my->train.config;
    const struct option options[] = {
        {"device", OPTION_TEXT, &my->device, "D",
         "platform and device numbers P:D, part of a name, cpu or gpu (default: SAAE_DEVICE, else "
         "the best)"},
        {"preset", OPTION_CHOICE, &my->preset, "tiny|small|paper", "the model (default small)"},
        {"batch", OPTION_INT, &my->train.batch, "N", "pictures in a batch", .minimum = 1,
         .maximum = 65536},
        {"size", OPTION_SIZE, &my->size, "HxW", "of the pictures (default 28x28)", .minimum = 4,
         .maximum = 4096},
        {"channels", OPTION_INT, &my->channels, "N", "1: grey, 3: colour", .minimum = 1,
         .maximum = 3},
        {"classes", OPTION_INT, &my->classes, "N", "of the pictures (default 10)", .minimum = 2,
         .maximum = 65536},
        {"features", OPTION_INT, &config->features, "F", "channels of the convolutions",
         .minimum = 1, .maximum = 1024},
        {"filter", OPTION_INT, &config->filter, "R", "side of the filters, odd", .minimum = 1,
         .maximum = 15},
        {"style-vector", OPTION_INT, &config->style_vector, "N", "length of the style code",
         .minimum = 1, .maximum = 65536},
        {"hidden", OPTION_INT, &config->hidden, "N", "width of D's hidden layer", .minimum = 1,
         .maximum = 65536},
        {"budget", OPTION_DOUBLE, &my->budget, "SECONDS",
         "about how long to search (default 300); a later search goes on where this one ends",
         .minimum = 1, .maximum = 1e6},
        {"again", OPTION_FLAG, &my->again, NULL, "forget what is kept for this device first"},
        {"json", OPTION_TEXT, &my->json, "FILE", "write the table as JSON; - is standard output"},
    };
    const struct option_table table = {
        .command = "tune",
        .synopsis = "[OPTION...]",
        .summary = "Searches for the fastest algorithms and their tunings for the calls of a "
                   "model's training and generation on this device, checks them against the "
                   "double-precision reference and keeps them for all later runs on shapes like "
                   "these.",
        .example = "saae tune --preset paper --batch 64 --budget 600",
        .options = options,
        .option_count = sizeof options / sizeof *options,
    };
    return options_parse(&table, argc, argv);
}

/* The preset's sizes where no option gave one. */
static int complete(struct settings *my)
{
    struct saae_config *config = &my->train.config;
    struct saae_config made = {.height = my->size.height,
                               .width = my->size.width,
                               .style_height = my->size.height,
                               .style_width = my->size.width,
                               .channels = my->channels,
                               .classes = my->classes};
    int status = saae_config_preset(&made, my->preset);
    if (config->features) made.features = config->features;
    if (config->filter) made.filter = config->filter;
    if (config->style_vector) made.style_vector = config->style_vector;
    if (config->hidden) made.hidden = config->hidden;
    *config = made;
    return status;
}

/* Blank pictures: the shapes count. */
static int make_pictures(const struct settings *my, struct dataset *set, struct contents *contents)
{
    static const struct dataset_options as_they_are;
    int status = SAAE_OK;
    int count = my->train.batch > my->classes ? my->train.batch : my->classes;
    struct image image = {0};
    TRY(image_create(&image, my->size.height, my->size.width, my->channels));
    TRY(dataset_create(set, "blank", count, my->classes));
    for (int k = 0; k < my->classes; k++) {
        char name[16];
        snprintf(name, sizeof name, "%d", k);
        TRY(memory_copy_text(&set->class_names[k], name));
    }
    for (int i = 0; i < count; i++) {
        TRY(dataset_place(set, i, &image, "blank", &as_they_are));
        set->labels[i] = i % my->classes;
    }
    TRY(contents_from_medoids(set, contents));
done:
    image_free(&image);
    return status;
}

static int check(void *context, struct device *device, const struct op_call *call)
{
    (void)context;
    return verify_call(device, call);
}

static void show_progress(void *context, const struct tune_row *row, size_t done, size_t count,
                          double seconds_left)
{
    char text[BENCH_CASE_TEXT];
    const struct op *op = op_get(row->call.kind);
    (void)context;
    bench_describe_call(&row->call, text);
    terminal_progress("tune: call %zu of %zu, %s.%s %s, %.0f s left", done + 1, count, op->stem,
                      op->pass, text, seconds_left);
}

/* ---- Output ---- */

static void print_table(const struct tune *tune)
{
    printf("%10s %10s %6s  call: usual -> chosen\n", "usual ms", "chosen ms", "ratio");
    size_t left = 0;
    for (size_t i = 0; i < tune->count; i++) {
        const struct tune_row *row = &tune->rows[i];
        const struct op *op = op_get(row->call.kind);
        char text[BENCH_CASE_TEXT];
        if (!row->tuned) left++;
        if (!(row->seconds > 0.0)) continue;
        bench_describe_call(&row->call, text);
        printf("%10.4f %10.4f %6.2f  %s.%s %s: %s", 1e3 * row->usual_seconds, 1e3 * row->seconds,
               row->usual_seconds / row->seconds, op->stem, op->pass, text, row->usual);
        if (strcmp(row->usual, row->chosen) != 0) printf(" -> %s", row->chosen);
        printf("%s\n", row->tuned ? "" : " (not tuned)");
    }
    if (left)
        printf("%zu of %zu calls were not tuned in this time: go on with the same command\n", left,
               tune->count);
}

static int write_json(const struct settings *my, const struct device_traits *traits,
                      const struct tune *tune)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "device", traits->name);
    cJSON_AddStringToObject(root, "driver", traits->driver);
    cJSON_AddStringToObject(root, "preset", my->preset);
    cJSON_AddNumberToObject(root, "batch", my->train.batch);
    cJSON *calls = cJSON_AddArrayToObject(root, "calls");
    for (size_t i = 0; i < tune->count; i++) {
        const struct tune_row *row = &tune->rows[i];
        char text[CHOICE_TEXT];
        cJSON *entry = cJSON_CreateObject();
        choices_name_call(&row->call, text);
        cJSON_AddStringToObject(entry, "call", text);
        cJSON_AddNumberToObject(entry, "uses", row->uses);
        cJSON_AddStringToObject(entry, "usual", row->usual);
        cJSON_AddStringToObject(entry, "chosen", row->chosen);
        cJSON_AddNumberToObject(entry, "usual_ms", 1e3 * row->usual_seconds);
        cJSON_AddNumberToObject(entry, "ms", 1e3 * row->seconds);
        cJSON_AddBoolToObject(entry, "tuned", row->tuned);
        cJSON_AddItemToArray(calls, entry);
    }
    int status = common_write_json(my->json, root);
    cJSON_Delete(root);
    return status;
}

int cmd_tune(int argc, char **argv)
{
    int status = SAAE_OK;
    struct settings my = {
        .preset = "small", .size = {28, 28}, .channels = 1, .classes = 10, .budget = 300.0};
    struct device *device = NULL;
    struct dataset set = {0};
    struct contents contents = {0};
    struct tune tune = {0};
    train_settings_default(&my.train);
    TRY(parse(&my, argc, argv));
    TRY(complete(&my));
    TRY(common_open_checked_device(&device, my.device, false, SELF_TEST_TRAINING));
    if (!device) FAIL(SAAE_USAGE, "the reference has nothing to tune: name a device");
    if (device_traits(device)->emulator) {
        FAIL(SAAE_USAGE, "%s is an emulator: its times mean nothing", device_traits(device)->name);
    }
    if (my.again) TRY(choose_cache_forget(device_traits(device)));
    TRY(make_pictures(&my, &set, &contents));
    const struct train_options training = {.settings = my.train, .version = SAAE_VERSION};
    const struct tune_options options = {
        .budget = my.budget, .version = SAAE_VERSION, .check = check, .progress = show_progress};
    TRY(train_tune(&training, &set, &contents, device, &options, &tune));
    terminal_progress_end();
    if (my.json) TRY(write_json(&my, device_traits(device), &tune));
    if (!my.json || strcmp(my.json, "-") != 0) print_table(&tune);
done:
    terminal_progress_end();
    tune_free(&tune);
    contents_free(&contents);
    dataset_free(&set);
    device_close(device);
    return status;
}

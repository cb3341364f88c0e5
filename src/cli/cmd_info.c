/* saae info: what a checkpoint holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/options.h"
#include "train/checkpoint.h"
#include "train/config_json.h"

/* A whole number that a double might round. */
static void add_integer(cJSON *object, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddRawToObject(object, name, text);
}

static cJSON *shapes_of(const struct safetensors *tensors)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < tensors->count; i++) {
        const struct safetensors_entry *entry = &tensors->entries[i];
        cJSON *shape = cJSON_AddArrayToObject(object, entry->name);
        for (int d = 0; d < entry->rank; d++) {
            cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)entry->shape[d]));
        }
    }
    return object;
}

static int write_json(const struct checkpoint *c, const char *path)
{
    int status = SAAE_OK;
    cJSON *model = NULL, *document = cJSON_CreateObject();
    TRY(config_to_json(&c->config, &model));
    cJSON_AddNumberToObject(document, "format", c->format);
    cJSON_AddStringToObject(document, "saae", c->version);
    cJSON_AddStringToObject(document, "preset", c->config.preset);
    cJSON_AddItemToObject(document, "model", model);
    add_integer(document, "step", (uint64_t)c->state.step);
    add_integer(document, "seed", c->state.seed);
    cJSON_AddStringToObject(document, "data", c->data);
    cJSON_AddStringToObject(document, "command", c->command);
    cJSON_AddItemToObject(
        document, "classes",
        cJSON_CreateStringArray((const char *const *)c->class_names, c->config.classes));
    cJSON_AddNumberToObject(document, "contents", c->contents.count);
    cJSON_AddBoolToObject(document, "moments", c->has_moments);
    cJSON *run = cJSON_Parse(c->run);
    cJSON_AddItemToObject(document, "run", run ? run : cJSON_CreateObject());
    cJSON_AddItemToObject(document, "tensors", shapes_of(&c->tensors));
    TRY(common_write_json(path, document));
done:
    cJSON_Delete(document);
    return status;
}

static void print_model(const struct checkpoint *c)
{
    const struct saae_config *m = &c->config;
    printf("model          %s: F %d, %dx%d filters, style vector %d, D hidden %d\n", m->preset,
           m->features, m->filter, m->filter, m->style_vector, m->hidden);
    printf("pictures       %dx%d %s (height x width), styles %dx%d\n", m->height, m->width,
           m->channels == 1 ? "grey" : "RGB", m->style_height, m->style_width);
    printf("discriminator  %s, %s head\n",
           m->discriminator == SAAE_BINARY ? "binary" : "multi-class",
           m->head == SAAE_SIGMOID ? "sigmoid" : "softmax");
    printf("batch-norm     eps %g, momentum %g%s; slope %g\n", m->batch_norm_eps,
           m->batch_norm_momentum, m->output_batch_norm ? ", also on the output" : "", m->slope);
}

static void print_text(const struct checkpoint *c)
{
    size_t elements = 0;
    printf("file           %s\n", c->path);
    printf("format         %d, written by saae %s\n", c->format, c->version);
    print_model(c);
    printf("trained        %" PRId64 " steps (generator %" PRId64 ", discriminator %" PRId64
           " updates), seed %" PRIu64 "\n",
           c->state.step, c->state.adam_steps[0], c->state.adam_steps[1], c->state.seed);
    printf("data           %s\n", c->data);
    printf("command        %s\n", c->command);
    printf("classes        %d:", c->config.classes);
    for (int k = 0; k < c->config.classes; k++) printf("%s %s", k ? "," : "", c->class_names[k]);
    printf("\ncontents       %d pictures\n", c->contents.count);
    printf("moments        %s\n", c->has_moments ? "yes: training can go on" : "no");
    printf("tensors\n");
    for (size_t i = 0; i < c->tensors.count; i++) {
        const struct safetensors_entry *entry = &c->tensors.entries[i];
        printf("  %s %s [", safetensors_type_name(entry->type), entry->name);
        for (int d = 0; d < entry->rank; d++) printf("%s%zu", d ? ", " : "", entry->shape[d]);
        printf("]\n");
        elements += entry->count;
    }
    printf("  %zu tensors, %zu elements\n", c->tensors.count, elements);
}

int cmd_info(int argc, char **argv)
{
    const char *json = NULL;
    struct option_arguments arguments = {0};
    struct checkpoint checkpoint = {0};
    const struct option options[] = {
        {"json", OPTION_TEXT, &json, "FILE", "write it as JSON; - is standard output"},
    };
    const struct option_table table = {
        .command = "info",
        .synopsis = "FILE [OPTION...]",
        .summary = "Prints what a checkpoint holds, after checking all of it.",
        .example = "saae info run/checkpoint.safetensors",
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .arguments = &arguments,
        .least_arguments = 1,
        .most_arguments = 1,
    };
    int status = options_parse(&table, argc, argv);
    if (status != SAAE_OK) return status;
    TRY(checkpoint_open(arguments.values[0], &checkpoint));
    if (json) {
        TRY(write_json(&checkpoint, json));
    } else {
        print_text(&checkpoint);
    }
done:
    checkpoint_free(&checkpoint);
    return status;
}

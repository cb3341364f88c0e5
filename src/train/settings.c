#include "train/settings.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "train/config_json.h"

void train_settings_default(struct train_settings *settings)
{
    settings->batch = 64;
    settings->encode_contents = ENCODE_AUTO;
    settings->epochs[0] = 2.0;
    settings->epochs[1] = 0.3;
    settings->epochs[2] = 4.0;
    settings->rates[0] = 1e-3;
    settings->rates[1] = 2e-4;
    settings->rates[2] = 2e-4;
    settings->decay = 0.05;
    settings->decay_from = 0.6;
    settings->adversarial = 0.004;
    settings->beta1 = 0.9;
    settings->beta2 = 0.999;
    settings->discriminator_beta1 = 0.5;
    settings->discriminator_beta2 = 0.999;
    settings->adam_eps = 1e-8;
    settings->seed = 1;
    settings->log_every = 10;
    settings->sample_every = 500;
    settings->checkpoint_every = 500;
}

/* One entry for each number, so that writing, reading and checking cannot drift apart. */
struct field {
    const char *name;
    enum { FIELD_INT, FIELD_DOUBLE } kind;
    size_t offset;
    double least, most;
};
/* clang-format off */
#define INT_FIELD(name, least, most) \
    {#name, FIELD_INT, offsetof(struct train_settings, name), least, most}
#define DOUBLE_FIELD(label, member, least, most) \
    {label, FIELD_DOUBLE, offsetof(struct train_settings, member), least, most}
/* clang-format on */

static const struct field fields[] = {
    INT_FIELD(batch, 1, 65536),
    INT_FIELD(micro_batch, 0, 65536),
    INT_FIELD(encode_contents, ENCODE_EACH, ENCODE_AUTO),
    INT_FIELD(exact, 0, 1),
    INT_FIELD(limit, 0, 2147483647),
    INT_FIELD(log_every, 0, 1000000000),
    INT_FIELD(sample_every, 0, 1000000000),
    INT_FIELD(checkpoint_every, 0, 1000000000),
    DOUBLE_FIELD("epochs_1", epochs[0], 0, 1e6),
    DOUBLE_FIELD("epochs_2", epochs[1], 0, 1e6),
    DOUBLE_FIELD("epochs_3", epochs[2], 0, 1e6),
    DOUBLE_FIELD("rate_1", rates[0], 0, 1e30),
    DOUBLE_FIELD("rate_2", rates[1], 0, 1e30),
    DOUBLE_FIELD("rate_3", rates[2], 0, 1e30),
    DOUBLE_FIELD("decay", decay, 0, 1),
    DOUBLE_FIELD("decay_from", decay_from, 0, 1),
    DOUBLE_FIELD("adversarial", adversarial, 0, 1e6),
    DOUBLE_FIELD("beta1", beta1, 0, 0.999999),
    DOUBLE_FIELD("beta2", beta2, 0, 0.999999),
    DOUBLE_FIELD("discriminator_beta1", discriminator_beta1, 0, 0.999999),
    DOUBLE_FIELD("discriminator_beta2", discriminator_beta2, 0, 0.999999),
    DOUBLE_FIELD("adam_eps", adam_eps, 1e-30, 1),
};
enum { FIELD_COUNT = sizeof fields / sizeof *fields };

static double field_value(const struct train_settings *settings, const struct field *field)
{
    const char *at = (const char *)settings + field->offset;
    int integer;
    double real;
    if (field->kind == FIELD_INT) {
        memcpy(&integer, at, sizeof integer);
        return integer;
    }
    memcpy(&real, at, sizeof real);
    return real;
}

int train_settings_rows(const struct train_settings *settings)
{
    return settings->micro_batch ? settings->micro_batch : settings->batch;
}

/* A pass of N rows names up to min(contents, N) different pictures, and the graph has a place for
 * each: between half a pass and all of it there is little to be saved. */
bool train_settings_contents_once(const struct train_settings *settings, int contents)
{
    if (settings->encode_contents != ENCODE_AUTO) return settings->encode_contents == ENCODE_ONCE;
    return 2 * (int64_t)contents <= train_settings_rows(settings);
}

int train_settings_check(const struct train_settings *settings)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        double value = field_value(settings, &fields[i]);
        if (!(value >= fields[i].least && value <= fields[i].most)) {
            return status_set(SAAE_USAGE, "%s is %g: it must be in %g to %g", fields[i].name, value,
                              fields[i].least, fields[i].most);
        }
    }
    if (settings->batch % train_settings_rows(settings)) {
        return status_set(
            SAAE_USAGE,
            "a batch of %d is no whole number of micro-batches of %d: the micro-batch "
            "must divide the batch",
            settings->batch, settings->micro_batch);
    }
    return saae_config_check(&settings->config);
}

struct cJSON *train_settings_to_json(const struct train_settings *settings)
{
    char seed[24];
    cJSON *json = cJSON_CreateObject(), *model = NULL;
    if (!json) return NULL;
    if (config_to_json(&settings->config, &model) == SAAE_OK) {
        cJSON_AddItemToObject(json, "model", model);
    }
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)settings->seed);
    cJSON_AddStringToObject(json, "data", settings->data);
    cJSON_AddStringToObject(json, "contents", settings->contents);
    cJSON_AddStringToObject(json, "seed", seed); /* 64 bits do not fit a JSON number */
    for (int i = 0; i < FIELD_COUNT; i++) {
        cJSON_AddNumberToObject(json, fields[i].name, field_value(settings, &fields[i]));
    }
    return json;
}

static int read_text(const cJSON *json, const char *name, char *text, size_t size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= size) {
        return status_set(SAAE_INPUT, "the run's settings lack the text '%s'", name);
    }
    snprintf(text, size, "%s", item->valuestring);
    return SAAE_OK;
}

int train_settings_from_json(struct train_settings *settings, const struct cJSON *json)
{
    int status = SAAE_OK;
    char seed[24], *model = NULL;
    *settings = (struct train_settings){0};
    TRY(read_text(json, "data", settings->data, sizeof settings->data));
    TRY(read_text(json, "contents", settings->contents, sizeof settings->contents));
    TRY(read_text(json, "seed", seed, sizeof seed));
    settings->seed = strtoull(seed, NULL, 10);
    model = cJSON_Print(cJSON_GetObjectItemCaseSensitive(json, "model"));
    if (!model) FAIL(SAAE_INPUT, "the run's settings lack the object 'model'");
    TRY(config_from_text("the run's settings", model, &settings->config));
    for (int i = 0; i < FIELD_COUNT; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, fields[i].name);
        char *at = (char *)settings + fields[i].offset;
        if (!cJSON_IsNumber(item)) {
            FAIL(SAAE_INPUT, "the run's settings lack the number '%s'", fields[i].name);
        }
        if (fields[i].kind == FIELD_INT)
            memcpy(at, &item->valueint, sizeof item->valueint);
        else
            memcpy(at, &item->valuedouble, sizeof item->valuedouble);
    }
    TRY(train_settings_check(settings));
done:
    cJSON_free(model);
    return status;
}

int train_schedule_make(struct train_schedule *schedule, const struct train_settings *settings,
                        int images)
{
    *schedule = (struct train_schedule){0};
    for (int k = 0; k < 3; k++) {
        double steps = ceil(settings->epochs[k] * (double)images / (double)settings->batch);
        if (steps > 4e9) return status_set(SAAE_USAGE, "epochs %g: too many", settings->epochs[k]);
        schedule->first[k] = schedule->total;
        schedule->count[k] = (int64_t)steps;
        schedule->total += schedule->count[k];
    }
    return SAAE_OK;
}

enum step_kind train_schedule_kind(const struct train_schedule *schedule, int64_t number)
{
    if (number < schedule->first[1]) return STEP_AUTOENCODER;
    return number < schedule->first[2] ? STEP_DISCRIMINATOR : STEP_ADVERSARIAL;
}

void train_schedule_rates(const struct train_schedule *schedule,
                          const struct train_settings *settings, int64_t number, double *generator,
                          double *discriminator)
{
    enum step_kind kind = train_schedule_kind(schedule, number);
    double share = 1.0;
    if (kind == STEP_ADVERSARIAL && settings->decay_from < 1.0) {
        double done = (double)(number - schedule->first[2]) / (double)schedule->count[2];
        double fall = (done - settings->decay_from) / (1.0 - settings->decay_from);
        if (fall > 0.0) share = 1.0 - (1.0 - settings->decay) * fall;
    }
    *generator = (kind == STEP_AUTOENCODER ? settings->rates[0] : settings->rates[2]) * share;
    *discriminator = settings->rates[1] * share;
}

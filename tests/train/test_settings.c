/* Settings as JSON and back, and the schedule that follows from them. */
#include "train/settings.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static struct train_settings example(void)
{
    struct train_settings s = {0};
    train_settings_default(&s);
    assert_ok(saae_config_preset(&s.config, "small"));
    s.config.height = s.config.width = s.config.style_height = s.config.style_width = 28;
    s.config.channels = 1;
    s.config.classes = 10;
    s.seed = 0xfedcba9876543210u; /* more than a JSON number holds */
    snprintf(s.data, sizeof s.data, "folder:a \"b\"");
    return s;
}

static void json_keeps_everything(void **state)
{
    (void)state;
    struct train_settings s = example(), back;
    s.rates[1] = 1.0 / 3.0;
    s.exact = 1;
    cJSON *json = train_settings_to_json(&s);
    char *text = cJSON_Print(json);
    cJSON *again = cJSON_Parse(text);
    assert_ok(train_settings_from_json(&back, again));
    assert_true(back.seed == s.seed);
    assert_string_equal(back.data, s.data);
    assert_true(back.rates[1] == s.rates[1]);
    assert_int_equal(back.batch, s.batch);
    assert_int_equal(back.exact, 1);
    assert_int_equal(back.config.features, 16);
    assert_string_equal(back.config.preset, "small");
    assert_true(back.decay_from == s.decay_from && back.adversarial == s.adversarial);
    cJSON_Delete(json);
    cJSON_Delete(again);
    cJSON_free(text);
}

static void a_missing_field_is_named(void **state)
{
    (void)state;
    struct train_settings s = example(), back;
    cJSON *json = train_settings_to_json(&s);
    cJSON_DeleteItemFromObject(json, "beta2");
    assert_status(SAAE_INPUT, train_settings_from_json(&back, json));
    assert_message_contains("beta2");
    cJSON_Delete(json);
}

/* By the sizes, unless it is said; another process of the run decides alike. */
static void contents_are_encoded_once_where_they_repeat(void **state)
{
    (void)state;
    struct train_settings s = example(), back;
    s.batch = 64;
    s.encode_contents = ENCODE_AUTO;
    assert_true(train_settings_contents_once(&s, 10) && train_settings_contents_once(&s, 32));
    assert_false(train_settings_contents_once(&s, 33) || train_settings_contents_once(&s, 2000));
    s.encode_contents = ENCODE_EACH;
    assert_false(train_settings_contents_once(&s, 10));
    cJSON *json = train_settings_to_json(&s);
    assert_ok(train_settings_from_json(&back, json));
    assert_int_equal(back.encode_contents, ENCODE_EACH);
    cJSON_Delete(json);
    s.encode_contents = ENCODE_ONCE;
    assert_true(train_settings_contents_once(&s, 2000));
    s.encode_contents = ENCODE_AUTO; /* in passes of so many rows */
    s.micro_batch = 16;
    assert_true(train_settings_contents_once(&s, 8));
    assert_false(train_settings_contents_once(&s, 10));
    s.micro_batch = 24;
    assert_status(SAAE_USAGE, train_settings_check(&s));
    assert_message_contains("micro-batches of 24");
    s.micro_batch = 0;
    s.encode_contents = 3;
    assert_status(SAAE_USAGE, train_settings_check(&s));
    assert_message_contains("encode_contents");
}

static void ranges_are_checked(void **state)
{
    (void)state;
    struct train_settings s = example();
    s.beta1 = 1.0;
    assert_status(SAAE_USAGE, train_settings_check(&s));
    assert_message_contains("beta1");
    s = example();
    s.rates[0] = 0.0 / 0.0;
    assert_status(SAAE_USAGE, train_settings_check(&s));
    s = example();
    s.config.filter = 4;
    assert_status(SAAE_USAGE, train_settings_check(&s));
    assert_message_contains("odd");
}

static void the_schedule_covers_the_epochs(void **state)
{
    (void)state;
    struct train_settings s = example();
    struct train_schedule schedule;
    double g, d;
    s.batch = 10;
    s.epochs[0] = 1.0;
    s.epochs[1] = 0.25;
    s.epochs[2] = 2.0;
    assert_ok(train_schedule_make(&schedule, &s, 100));
    assert_int_equal(schedule.count[0], 10);
    assert_int_equal(schedule.count[1], 3); /* 2.5 rounded up */
    assert_int_equal(schedule.total, 33);
    assert_int_equal(train_schedule_kind(&schedule, 9), STEP_AUTOENCODER);
    assert_int_equal(train_schedule_kind(&schedule, 10), STEP_DISCRIMINATOR);
    assert_int_equal(train_schedule_kind(&schedule, 13), STEP_ADVERSARIAL);
    train_schedule_rates(&schedule, &s, 0, &g, &d);
    assert_near(g, 1e-3, 1e-12);
    train_schedule_rates(&schedule, &s, 13, &g, &d);
    assert_near(g, 2e-4, 1e-12);
    /* step 20 of 20 in step 3, rates falling from 60 % on: 19/20 done, 0.35/0.4 of the way */
    train_schedule_rates(&schedule, &s, 32, &g, &d);
    assert_near(g, 2e-4 * (1.0 - 0.95 * 0.875), 1e-12);
    assert_near(d, g, 1e-12);
}

static void steps_can_be_left_out(void **state)
{
    (void)state;
    struct train_settings s = example();
    struct train_schedule schedule;
    s.epochs[0] = s.epochs[1] = 0.0;
    assert_ok(train_schedule_make(&schedule, &s, 64));
    assert_int_equal(schedule.total, 4);
    assert_int_equal(train_schedule_kind(&schedule, 0), STEP_ADVERSARIAL);
}

const struct CMUnitTest settings_tests[] = {
    cmocka_unit_test(json_keeps_everything),
    cmocka_unit_test(a_missing_field_is_named),
    cmocka_unit_test(contents_are_encoded_once_where_they_repeat),
    cmocka_unit_test(ranges_are_checked),
    cmocka_unit_test(the_schedule_covers_the_epochs),
    cmocka_unit_test(steps_can_be_left_out),
};
const size_t settings_test_count = sizeof settings_tests / sizeof *settings_tests;

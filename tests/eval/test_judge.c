/* A judge's file: what is written is what is read, and damage is named. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/safetensors.h"
#include "eval/judge.h"
#include "support.h"

enum { SIDE = 8, CLASSES = 2, COUNT = 6, ROW = SIDE * SIDE };

/* Black pictures are "dark", the others "light": learned in a few steps. */
static void make_set(struct dataset *set, const char *name)
{
    assert_ok(dataset_create(set, name, COUNT, CLASSES));
    set->height = set->width = SIDE;
    set->channels = 1;
    set->pixels = calloc(COUNT, ROW);
    assert_non_null(set->pixels);
    for (int i = 0; i < COUNT; i++) {
        set->labels[i] = i % CLASSES;
        memset(set->pixels + i * ROW, 20 + 200 * (i % CLASSES) + i, ROW);
    }
    const char *const names[CLASSES] = {"dark", "light"};
    for (int k = 0; k < CLASSES; k++) {
        set->class_names[k] = strdup(names[k]);
        assert_non_null(set->class_names[k]);
    }
}

static void make_judge(struct judge *judge, const struct dataset *set)
{
    struct recogniser_options options = recogniser_default_options();
    options.epochs = 2;
    options.batch = 4;
    options.seed = 12345678901234567890u;
    assert_ok(judge_train(judge, set, set, &options, NULL, NULL, NULL));
}

static void assert_same_parameters(struct network *a, struct network *b)
{
    assert_int_equal(a->values, b->values);
    assert_int_equal(a->statistics, b->statistics);
    size_t count = a->values > a->statistics ? a->values : a->statistics;
    float *x = calloc(count, sizeof *x), *y = calloc(count, sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    assert_ok(storage_read(a->value, 0, x, a->values));
    assert_ok(storage_read(b->value, 0, y, b->values));
    for (size_t p = 0; p < a->count; p++) {
        const struct parameter *parameter = &a->parameters[p];
        size_t bytes = shape_count(parameter->shape) * sizeof *x;
        if (!parameter_trained(parameter)) continue;
        assert_memory_equal(x + parameter->offset, y + parameter->offset, bytes);
    }
    assert_ok(storage_read(a->statistic, 0, x, a->statistics));
    assert_ok(storage_read(b->statistic, 0, y, b->statistics));
    assert_memory_equal(x, y, a->statistics * sizeof *x);
    free(x);
    free(y);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct dataset set;
    struct judge made, read;
    int right = 0, again = 0;
    make_set(&set, "six pictures");
    make_judge(&made, &set);
    assert_ok(judge_save(test_path("judge.safetensors"), &made, "1.2.3"));
    assert_ok(judge_load(test_path("judge.safetensors"), &read, NULL));
    assert_same_parameters(&made.recogniser.network, &read.recogniser.network);
    assert_string_equal(read.training.data, "six pictures");
    assert_int_equal(read.training.train_images, COUNT);
    assert_int_equal(read.training.test_images, COUNT);
    assert_int_equal(read.training.test_right, made.training.test_right);
    assert_int_equal(read.training.batch, 4);
    assert_true(read.training.seed == 12345678901234567890u);
    assert_near(read.training.epochs, 2.0, 0.0);
    assert_ok(judge_check(&read, "it", &set));
    assert_ok(judge_count_right(&made, &set, &right));
    assert_ok(judge_count_right(&read, &set, &again));
    assert_int_equal(right, made.training.test_right);
    assert_int_equal(again, right);
    judge_free(&made);
    judge_free(&read);
    dataset_free(&set);
}

static void test_other_sets_are_refused(void **state)
{
    (void)state;
    struct dataset set;
    struct judge judge;
    make_set(&set, "six pictures");
    make_judge(&judge, &set);
    set.class_names[1][0] = 'L';
    assert_status(SAAE_INPUT, judge_check(&judge, "j.safetensors", &set));
    assert_message_contains("'j.safetensors' calls class 1 'light'");
    set.channels = 3;
    assert_status(SAAE_INPUT, judge_check(&judge, "j.safetensors", &set));
    assert_message_contains("8x8 with 3");
    set.channels = 1;
    judge_free(&judge);
    dataset_free(&set);
}

static void test_files_that_are_no_judge(void **state)
{
    (void)state;
    struct dataset set;
    struct judge judge;
    struct safetensors st = {0};
    const char *path = test_path("judge.safetensors");
    assert_status(SAAE_INPUT, judge_load(test_path("missing"), &judge, NULL));
    assert_status(SAAE_INPUT, judge_load(test_write_text("text", "not a file"), &judge, NULL));
    assert_ok(safetensors_write(path, &st, false));
    assert_status(SAAE_INPUT, judge_load(path, &judge, NULL));
    assert_message_contains("holds no recogniser");

    make_set(&set, "six pictures");
    make_judge(&judge, &set);
    assert_ok(judge_save(path, &judge, "1.2.3"));
    judge_free(&judge);
    dataset_free(&set);
    const struct {
        const char *key, *value, *message;
    } damage[] = {
        {"format", "2", "another format"},
        {"training", "{}", "'data' of the metadata 'training'"},
        {"training", "[", "'training' are missing or no JSON"},
        {"classes", "[\"dark\"]", "no list of 2 names"},
        {"model", "{\"height\":8,\"width\":8,\"channels\":1,\"classes\":3}", "fc_out"},
        {"model", "{\"height\":999,\"width\":999,\"channels\":1,\"classes\":2}", "fc_hidden"},
        {"model", "{\"height\":8,\"width\":8,\"channels\":2,\"classes\":2}", "2 channels"},
        {"model", "{\"height\":-8,\"width\":8,\"channels\":1,\"classes\":2}", "'height'"},
    };
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        assert_ok(safetensors_read(path, &st));
        assert_ok(safetensors_set_metadata(&st, damage[i].key, damage[i].value));
        assert_ok(safetensors_write(test_path("damaged"), &st, false));
        safetensors_free(&st);
        assert_status(SAAE_INPUT, judge_load(test_path("damaged"), &judge, NULL));
        assert_message_contains(damage[i].message);
        assert_message_contains("damaged");
    }
}

const struct CMUnitTest judge_tests[] = {
    cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_other_sets_are_refused),
    cmocka_unit_test(test_files_that_are_no_judge),
};
const size_t judge_test_count = sizeof judge_tests / sizeof judge_tests[0];

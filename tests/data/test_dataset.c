#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "data/dataset.h"
#include "data/files.h"
#include "data/idx.h"

static const struct dataset_options as_found = {0};

enum { COUNT = 20 };

/* Both sets of COUNT pictures of 3 x 2; the training labels run 0 1 2 0 1 2 ..., one of the test
 * labels is 3. Pixel p of picture i is 10 i + p. */
static void write_idx_folder(void)
{
    static const uint32_t shape[3] = {COUNT, 3, 2};
    uint8_t pixels[COUNT * 6], labels[COUNT];
    for (int i = 0; i < COUNT; i++) {
        labels[i] = (uint8_t)(i % 3);
        for (int p = 0; p < 6; p++) pixels[6 * i + p] = (uint8_t)(10 * i + p);
    }
    assert_ok(idx_write(test_path("train-images-idx3-ubyte"), 3, shape, pixels));
    assert_ok(idx_write(test_path("train-labels-idx1-ubyte"), 1, shape, labels));
    labels[0] = 3;
    assert_ok(idx_write(test_path("t10k-images-idx3-ubyte"), 3, shape, pixels));
    assert_ok(idx_write(test_path("t10k-labels-idx1-ubyte"), 1, shape, labels));
}

/* The warnings that a call gives, one behind the other. */
static char warnings[2048];

static void keep_line(void *context, enum log_level level, const char *line)
{
    (void)context;
    if (level == LOG_WARNING) strncat(warnings, line, sizeof warnings - strlen(warnings) - 1);
}

static void collect_warnings(void)
{
    warnings[0] = '\0';
    log_set_sink(keep_line, NULL);
}

static void test_idx_folder(void **state)
{
    (void)state;
    struct dataset set = {0};
    char spec[1024];
    write_idx_folder();
    snprintf(spec, sizeof spec, "idx:%s", test_folder());
    const char *specs[2] = {spec, test_folder()};
    for (int s = 0; s < 2; s++) {
        assert_ok(dataset_open(specs[s], DATASET_TRAIN, &as_found, &set));
        assert_string_equal(set.name, specs[s]);
        assert_int_equal(set.count, COUNT);
        assert_int_equal(set.classes, 4); /* of both sets */
        assert_string_equal(set.class_names[3], "3");
        assert_null(set.files);
        struct image view = dataset_image(&set, 7);
        assert_shape(&view, 3, 2, 1);
        assert_int_equal(view.pixels[5], 75);
        assert_int_equal(set.labels[7], 1);
        dataset_free(&set);
        dataset_free(&set);
    }
    assert_ok(dataset_open(spec, DATASET_TEST, &as_found, &set));
    assert_int_equal(set.labels[0], 3);
    assert_int_equal(set.classes, 4);
    dataset_free(&set);
}

static void test_options(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct dataset_options options = {.height = 6, .width = 4, .channels = 3, .limit = 5};
    write_idx_folder();
    assert_ok(dataset_open(test_folder(), DATASET_TRAIN, &options, &set));
    assert_int_equal(set.count, 5);
    struct image view = dataset_image(&set, 3);
    assert_shape(&view, 6, 4, 3);
    assert_int_equal(view.pixels[0], 120); /* evenly spaced: picture 12, its first pixel */
    assert_int_equal(view.pixels[6 * 4 * 3 - 1], 125);
    assert_int_equal(set.labels[3], 0);
    dataset_free(&set);
    static const struct dataset_options wrong[] = {{.height = 5},
                                                   {.width = 5},
                                                   {.height = -1, .width = 1},
                                                   {.height = 1, .width = 16385},
                                                   {.channels = 2},
                                                   {.channels = -1},
                                                   {.limit = -1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_status(SAAE_USAGE, dataset_open(test_folder(), DATASET_TRAIN, &wrong[i], &set));
    }
    options = (struct dataset_options){.limit = 1000};
    assert_ok(dataset_open(test_folder(), DATASET_TRAIN, &options, &set));
    assert_int_equal(set.count, COUNT);
    dataset_free(&set);
}

static void test_specs(void **state)
{
    (void)state;
    struct dataset set = {0};
    assert_status(SAAE_USAGE, dataset_open("no-such", DATASET_TRAIN, &as_found, &set));
    assert_message_contains("'no-such' is no data set: fashion-mnist, mnist, idx:DIR");
    assert_status(SAAE_INPUT, dataset_open("idx:/nowhere", DATASET_TRAIN, &as_found, &set));
    assert_message_contains("/nowhere");
    assert_status(SAAE_INPUT, dataset_open("folder:/nowhere", DATASET_TRAIN, &as_found, &set));
    assert_message_contains("/nowhere");
    assert_null(set.name);
}

/* "mnist" looks below the current folder first; an empty folder there is named in the message. */
static void test_mnist(void **state)
{
    (void)state;
    struct dataset set = {0};
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_ok(file_make_folder(test_path("data/mnist")));
    assert_int_equal(chdir(test_folder()), 0);
    int status = dataset_open("mnist", DATASET_TRAIN, &as_found, &set);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(status, SAAE_INPUT);
    assert_message_contains(
        "no 'train-images-idx3-ubyte' or '....gz' in the folder './data/mnist'");
    if (file_is_folder("data/mnist") || file_is_folder("/usr/share/datasets/mnist")) return;
    assert_status(SAAE_INPUT, dataset_open("mnist", DATASET_TRAIN, &as_found, &set));
    assert_message_contains("with idx:DIR");
}

static void test_fashion_mnist(void **state)
{
    (void)state;
    struct dataset set = {0};
    if (!file_is_folder("/usr/share/datasets/fashion-mnist")) {
        test_skip("dataset-fashion-mnist: the package is not installed");
    }
    assert_ok(dataset_open("fashion-mnist", DATASET_TEST, &as_found, &set));
    assert_int_equal(set.count, 10000);
    struct image view = dataset_image(&set, 9999);
    assert_shape(&view, 28, 28, 1);
    assert_int_equal(set.classes, 10);
    assert_string_equal(set.class_names[0], "T-shirt/top");
    assert_string_equal(set.class_names[9], "Ankle boot");
    int counts[10] = {0};
    for (int i = 0; i < set.count; i++) counts[set.labels[i]]++;
    for (int k = 0; k < 10; k++) assert_int_equal(counts[k], 1000);
    dataset_free(&set);
}

static void test_check(void **state)
{
    (void)state;
    uint8_t pixels[4 * 4] = {1, 2, 3, 4, 9, 9, 9, 9, 5, 5, 5, 6, 0, 0, 0, 0};
    int32_t labels[4] = {0, 1, 1, 0};
    char *names[3] = {"a", "b", "c"}, *files[4] = {"f0", "f1", "f2", "f3"};
    struct dataset set = {.name = "s",
                          .count = 4,
                          .height = 2,
                          .width = 2,
                          .channels = 1,
                          .classes = 2,
                          .pixels = pixels,
                          .labels = labels,
                          .class_names = names};
    collect_warnings();
    assert_ok(dataset_check(&set));
    assert_string_equal(warnings, "'s': 2 of 4 pictures have a single value everywhere, the first "
                                  "is number 1");
    collect_warnings();
    set.files = files;
    set.classes = 3;
    pixels[12] = 1;
    assert_ok(dataset_check(&set));
    assert_string_equal(warnings, "'s': class 2 ('c') has no picture"
                                  "'s': 1 of 4 pictures have a single value everywhere, the first "
                                  "is number 1, f1");
    log_set_sink(NULL, NULL);
    for (int wrong = -1; wrong <= 3; wrong += 4) {
        labels[2] = wrong;
        assert_status(SAAE_INPUT, dataset_check(&set));
        assert_message_contains("'s': picture 2 has the label");
    }
}

const struct CMUnitTest dataset_tests[] = {
    cmocka_unit_test(test_idx_folder),    cmocka_unit_test(test_options),
    cmocka_unit_test(test_specs),         cmocka_unit_test(test_mnist),
    cmocka_unit_test(test_fashion_mnist), cmocka_unit_test(test_check),
};
const size_t dataset_test_count = sizeof dataset_tests / sizeof *dataset_tests;

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "data/files.h"
#include "data/folder.h"

static const struct dataset_options as_found = {0};

static int read_split(enum dataset_split split, const struct dataset_options *options,
                      struct dataset *set)
{
    *set = (struct dataset){0};
    int status = folder_read_dataset("set", test_folder(), split, options, set);
    if (status != SAAE_OK) dataset_free(set);
    return status;
}

/* folder/000.png .. of 4 x 4, grey. The bytes are encoded once: most tests count files only. */
static void put_pictures(const char *folder, int count)
{
    struct image image = make_image(4, 4, 1, 1);
    uint8_t *bytes = NULL;
    size_t size = 0;
    char name[256];
    assert_ok(png_encode(&image, &bytes, &size));
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s/%03d.png", folder, i);
        test_write_file(name, bytes, size);
    }
    free(bytes);
    image_free(&image);
}

static void test_recursive_and_in_byte_order(void **state)
{
    (void)state;
    struct dataset set = {0};
    put_picture(test_path("b/2.PNG"), 4, 4, 1, 1);
    put_picture(test_path("b/deep/er/1.png"), 4, 4, 1, 2);
    put_picture(test_path("B/x.jpg"), 4, 4, 1, 3); /* a PNG by its bytes */
    test_write_text("B/notes.txt", "no picture");
    test_write_text("B/.hidden.png", "no picture");
    test_write_text(".hidden/x.png", "no picture");
    test_write_text("stray.png", "not in a class");
    assert_ok(read_split(DATASET_TRAIN, &as_found, &set));
    assert_int_equal(set.classes, 2);
    assert_string_equal(set.class_names[0], "B");
    assert_string_equal(set.class_names[1], "b");
    assert_int_equal(set.count, 3);
    static const int32_t labels[] = {0, 1, 1};
    assert_memory_equal(set.labels, labels, sizeof labels);
    assert_string_equal(set.files[0], test_path("B/x.jpg"));
    assert_string_equal(set.files[1], test_path("b/2.PNG"));
    assert_string_equal(set.files[2], test_path("b/deep/er/1.png"));
    struct image expected = make_image(4, 4, 1, 2), view = dataset_image(&set, 2);
    assert_memory_equal(view.pixels, expected.pixels, 16);
    image_free(&expected);
    dataset_free(&set);
}

/* Each picture is in one split exactly, and each full run of ten gives one test picture. */
static void test_hold_out(void **state)
{
    (void)state;
    struct dataset train = {0}, test = {0}, again = {0};
    put_pictures("a", 37);
    put_pictures("b", 9);
    put_pictures("c", 50);
    assert_ok(read_split(DATASET_TRAIN, &as_found, &train));
    assert_ok(read_split(DATASET_TEST, &as_found, &test));
    assert_int_equal(test.count, 3 + 0 + 5);
    assert_int_equal(train.count, 37 + 9 + 50 - 8);
    int runs[3][5] = {{0}};
    for (int i = 0; i < test.count; i++) {
        const char *name = strrchr(test.files[i], '/') + 1;
        runs[test.labels[i]][atoi(name) / 10]++;
        for (int j = 0; j < train.count; j++) {
            assert_string_not_equal(test.files[i], train.files[j]);
        }
    }
    for (int run = 0; run < 5; run++) {
        assert_int_equal(runs[0][run], run < 3);
        assert_int_equal(runs[2][run], 1);
    }
    assert_ok(read_split(DATASET_TEST, &as_found, &again));
    for (int i = 0; i < test.count; i++) assert_string_equal(test.files[i], again.files[i]);
    dataset_free(&train);
    dataset_free(&test);
    dataset_free(&again);
}

static void test_train_and_test_folders(void **state)
{
    (void)state;
    struct dataset set = {0};
    put_pictures("train/a", 12);
    put_pictures("train/b", 2);
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set)); /* one class: "train" */
    assert_message_contains("has 1 class folder;");
    put_pictures("test/a", 3);
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("has 1 class folder;");
    put_pictures("test/b", 1);
    assert_ok(read_split(DATASET_TRAIN, &as_found, &set));
    assert_int_equal(set.count, 14);
    assert_string_equal(set.class_names[0], "a");
    dataset_free(&set);
    assert_ok(read_split(DATASET_TEST, &as_found, &set));
    assert_int_equal(set.count, 4);
    assert_string_equal(set.files[3], test_path("test/b/000.png"));
    dataset_free(&set);
    put_pictures("test/aa", 1);
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("the class 'aa' is in");
}

static void test_faults_name_the_picture(void **state)
{
    (void)state;
    struct dataset set = {0};
    const struct dataset_options sized = {.height = 4, .width = 4}, grey = {.channels = 1};
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("has 0 class folders");
    put_pictures("a", 2);
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("has 1 class folder;");
    test_write_text("b/notes.txt", "");
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("/b' has no picture");
    put_picture(test_path("b/1.png"), 5, 6, 1, 1);
    assert_status(SAAE_INPUT, read_split(DATASET_TEST, &as_found, &set));
    assert_message_contains("holds out no picture");
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("b/1.png' is 5x6 (height x width), the first picture 4x4; resize all "
                            "with --size 4x4");
    assert_ok(read_split(DATASET_TRAIN, &sized, &set));
    dataset_free(&set);
    put_picture(test_path("b/1.png"), 4, 4, 3, 1);
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &as_found, &set));
    assert_message_contains("b/1.png' is RGB, the first picture grey; convert all with --channels");
    assert_ok(read_split(DATASET_TRAIN, &grey, &set));
    dataset_free(&set);
    test_write_text("b/2.png", "no picture");
    assert_status(SAAE_INPUT, read_split(DATASET_TRAIN, &grey, &set));
    assert_message_contains("b/2.png': neither PNG");
}

static void test_link_that_points_back(void **state)
{
    (void)state;
    char **paths = NULL;
    size_t count = 0;
    put_pictures("a", 1);
    assert_int_equal(symlink(test_folder(), test_path("a/back")), 0);
    assert_status(SAAE_INPUT, folder_list_pictures(test_folder(), &paths, &count));
    assert_message_contains("nested deeper than 32");
    assert_null(paths);
}

const struct CMUnitTest folder_tests[] = {
    cmocka_unit_test(test_recursive_and_in_byte_order),
    cmocka_unit_test(test_hold_out),
    cmocka_unit_test(test_train_and_test_folders),
    cmocka_unit_test(test_faults_name_the_picture),
    cmocka_unit_test(test_link_that_points_back),
};
const size_t folder_test_count = sizeof folder_tests / sizeof *folder_tests;

/* Batches follow from the step's number alone. */
#include "train/batches.h"

#include <string.h>

#include "support.h"

enum { IMAGES = 10, CLASSES = 3, CONTENTS = 4, BATCH = 4 };

static const int32_t labels[IMAGES] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
static const int32_t content_of[CONTENTS] = {2, 0, 1, 0}; /* class 0 has two */

static void set_up(struct batches *batches, uint64_t seed)
{
    assert_ok(batches_create(batches, seed, BATCH, labels, IMAGES, content_of, CONTENTS, CLASSES));
}

static void each_epoch_shows_every_image_once(void **state)
{
    (void)state;
    struct batches batches;
    int seen[3][IMAGES] = {{0}};
    set_up(&batches, 1);
    for (int step = 0; step * BATCH < 2 * IMAGES; step++) {
        batches_make(&batches, step);
        for (int i = 0; i < BATCH; i++) seen[(step * BATCH + i) / IMAGES][batches.image[i]]++;
    }
    for (int image = 0; image < IMAGES; image++) {
        assert_int_equal(seen[0][image], 1);
        assert_int_equal(seen[1][image], 1);
    }
    batches_free(&batches);
}

static void contents_are_of_their_classes(void **state)
{
    (void)state;
    struct batches batches;
    bool both[2] = {false, false};
    int cross[CLASSES][CLASSES] = {{0}};
    set_up(&batches, 2);
    for (int step = 0; step < 200; step++) {
        batches_make(&batches, step);
        for (int i = 0; i < BATCH; i++) {
            int32_t label = batches.label[i], other = batches.cross_label[i];
            assert_int_equal(label, labels[batches.image[i]]);
            assert_int_equal(content_of[batches.own[i]], label);
            assert_int_equal(content_of[batches.cross[i]], other);
            assert_int_not_equal(label, other);
            cross[label][other]++;
            if (batches.own[i] == 1) both[0] = true;
            if (batches.own[i] == 3) both[1] = true;
        }
    }
    assert_true(both[0] && both[1]);
    for (int a = 0; a < CLASSES; a++) {
        for (int b = 0; b < CLASSES; b++) {
            if (a != b) assert_true(cross[a][b] > 80); /* 133 expected, at least 106 */
        }
    }
    batches_free(&batches);
}

static void a_step_alone_is_that_step_of_a_run(void **state)
{
    (void)state;
    struct batches run, alone, other;
    set_up(&run, 3);
    set_up(&alone, 3);
    set_up(&other, 4);
    for (int step = 0; step <= 17; step++) batches_make(&run, step);
    batches_make(&alone, 17);
    batches_make(&other, 17);
    assert_memory_equal(run.image, alone.image, BATCH * sizeof(int32_t));
    assert_memory_equal(run.cross, alone.cross, BATCH * sizeof(int32_t));
    assert_memory_not_equal(run.image, other.image, BATCH * sizeof(int32_t));
    batches_free(&run);
    batches_free(&alone);
    batches_free(&other);
}

static void a_class_without_content_is_refused(void **state)
{
    (void)state;
    struct batches batches;
    assert_status(SAAE_INPUT,
                  batches_create(&batches, 1, BATCH, labels, IMAGES, content_of, 1, CLASSES));
    assert_message_contains("class 0");
    assert_status(SAAE_INPUT, batches_create(&batches, 1, BATCH, labels, IMAGES, content_of, 4, 1));
    assert_message_contains("one class");
}

const struct CMUnitTest batches_tests[] = {
    cmocka_unit_test(each_epoch_shows_every_image_once),
    cmocka_unit_test(contents_are_of_their_classes),
    cmocka_unit_test(a_step_alone_is_that_step_of_a_run),
    cmocka_unit_test(a_class_without_content_is_refused),
};
const size_t batches_test_count = sizeof batches_tests / sizeof *batches_tests;

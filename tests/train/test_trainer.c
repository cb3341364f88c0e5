/* A running training neither waits nor makes anything but steps. */
#include "train/trainer.h"

#include <stdio.h>

#include "base/memory.h"
#include "ops/device_check.h"
#include "support.h"

enum { CLASSES = 2, BATCH = 2, LENGTH = 8 };

static void make_pictures(struct dataset *set, struct contents *contents)
{
    static const struct dataset_options as_they_are;
    struct image image = {0};
    assert_ok(image_create(&image, LENGTH, LENGTH, 1));
    assert_ok(dataset_create(set, "spots", 8 * BATCH, CLASSES));
    for (int k = 0; k < CLASSES; k++) {
        char name[2] = {(char)('a' + k), '\0'};
        assert_ok(memory_copy_text(&set->class_names[k], name));
    }
    for (int i = 0; i < 8 * BATCH; i++) {
        image.pixels[i] = (uint8_t)(40 * (i % 7));
        assert_ok(dataset_place(set, i, &image, "spot", &as_they_are));
        set->labels[i] = i % CLASSES;
    }
    assert_ok(contents_from_medoids(set, contents));
    image_free(&image);
}

static void steps_neither_wait_nor_allocate(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct contents contents = {0};
    struct trainer trainer;
    struct train_options options = {.version = "1", .no_tune = true};
    struct device *device = device_check_open();
    train_settings_default(&options.settings);
    options.settings.batch = BATCH;
    options.settings.config = (struct saae_config){.height = LENGTH,
                                                   .width = LENGTH,
                                                   .style_height = LENGTH,
                                                   .style_width = LENGTH,
                                                   .channels = 1,
                                                   .classes = CLASSES};
    assert_ok(saae_config_preset(&options.settings.config, "tiny"));
    for (int k = 0; k < 3; k++) options.settings.epochs[k] = 1.0;
    make_pictures(&set, &contents);
    assert_ok(trainer_create(&trainer, &options, &set, &contents, device, false));
    assert_ok(network_initialise(&trainer.model.generator, 1, 0));
    assert_ok(network_initialise(&trainer.model.discriminator, 1, 1000));
    for (int k = 0; k < 3; k++) {
        const int64_t first = trainer.schedule.first[k], count = trainer.schedule.count[k];
        struct step_losses losses;
        assert_true(count >= 4);
        assert_ok(trainer_step(&trainer, first)); /* builds */
        assert_ok(device_finish(device));
        const struct device_counts before = device_counts(device);
        for (int64_t n = first + 1; n < first + count; n++) assert_ok(trainer_step(&trainer, n));
        const struct device_counts after = device_counts(device);
        assert_int_equal(after.objects, before.objects);
        /* Oclgrind takes its writes another way */
        if (!test_small()) assert_int_equal(after.waits, before.waits);
        assert_ok(step_read(&trainer.step, &losses)); /* the counters count */
        assert_true(device_counts(device).waits > after.waits);
    }
    trainer_free(&trainer);
    contents_free(&contents);
    dataset_free(&set);
    device_close(device);
}

const struct CMUnitTest trainer_tests[] = {
    cmocka_unit_test(steps_neither_wait_nor_allocate),
};
const size_t trainer_test_count = sizeof trainer_tests / sizeof *trainer_tests;

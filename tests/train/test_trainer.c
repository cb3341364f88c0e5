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

static struct train_options usual_options(void)
{
    struct train_options options = {.version = "1", .no_tune = true};
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
    return options;
}

static void steps_neither_wait_nor_allocate(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct contents contents = {0};
    struct trainer trainer;
    struct train_options options = usual_options();
    struct device *device = device_check_open();
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

static void take_estimate(void *context, const struct train_estimate *estimate)
{
    *(struct train_estimate *)context = *estimate;
}

/* A whole run takes what was planned, to the byte, in micro-batches too. */
static void what_is_planned_is_taken(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct contents contents = {0};
    char folder[512];
    make_pictures(&set, &contents);
    for (int micro = 0; micro < 2; micro++) {
        struct device *device = device_check_open();
        struct train_estimate planned, taken = {0};
        struct train_options options = usual_options();
        snprintf(folder, sizeof folder, "%s/run%d", test_folder(), micro);
        options.settings.micro_batch = micro;
        options.folder = folder;
        options.estimated = take_estimate;
        options.context = &taken;
        assert_ok(train_plan(&options, &set, &contents, device, &planned));
        assert_int_equal(device_allocated_peak(device), 0);
        assert_ok(train_run(&options, &set, &contents, device));
        assert_int_equal(taken.peak_bytes, planned.peak_bytes);
        assert_int_equal(device_allocated_peak(device), planned.peak_bytes);
        device_close(device);
    }
    contents_free(&contents);
    dataset_free(&set);
}

/* On a device that is given less memory than the plan needs. */
static void what_does_not_fit_names_the_cure(void **state)
{
    (void)state;
    struct dataset set = {0};
    struct contents contents = {0};
    struct train_estimate whole, single;
    struct train_options options = usual_options();
    struct device *device = device_check_open();
    struct device_traits *traits = (struct device_traits *)device_traits(device);
    options.folder = test_path("run");
    options.settings.batch = 4;
    make_pictures(&set, &contents);
    assert_ok(train_check_room(&options, &set, &contents, device));
    assert_ok(train_plan(&options, &set, &contents, device, &whole));
    options.settings.micro_batch = 1;
    assert_ok(train_plan(&options, &set, &contents, device, &single));
    options.settings.micro_batch = 0;
    assert_true(single.peak_bytes < whole.peak_bytes);
    traits->memory_bytes = whole.peak_bytes - 1;
    assert_status(SAAE_MEMORY, train_run(&options, &set, &contents, device));
    assert_message_contains("--micro-batch 2 fits");
    assert_message_contains(traits->name);
    traits->memory_bytes = single.peak_bytes;
    assert_status(SAAE_MEMORY, train_check_room(&options, &set, &contents, device));
    assert_message_contains("--micro-batch 1 fits");
    options.settings.micro_batch = 1;
    assert_ok(train_check_room(&options, &set, &contents, device));
    traits->memory_bytes = single.peak_bytes - 1;
    assert_status(SAAE_MEMORY, train_check_room(&options, &set, &contents, device));
    assert_message_contains("too little for one row");
    traits->memory_bytes = (size_t)1 << 40;
    traits->largest_buffer = 64; /* no tensor of the plan fits into one piece */
    assert_status(SAAE_MEMORY, train_check_room(&options, &set, &contents, device));
    assert_message_contains("largest buffer");
    contents_free(&contents);
    dataset_free(&set);
    device_close(device);
}

const struct CMUnitTest trainer_tests[] = {
    cmocka_unit_test(steps_neither_wait_nor_allocate),
    cmocka_unit_test(what_is_planned_is_taken),
    cmocka_unit_test(what_does_not_fit_names_the_cure),
};
const size_t trainer_test_count = sizeof trainer_tests / sizeof *trainer_tests;

/* The run directory's metrics: whole lines, cut back to the checkpoint when a run goes on. */
#include "train/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support.h"

static void add(struct record *record, int64_t step)
{
    struct record_line line = {.step = step,
                               .kind = STEP_AUTOENCODER,
                               .losses = {.reconstruction = 0.5 * (double)step,
                                          .discriminator_real = NAN,
                                          .adversarial = INFINITY},
                               .images_per_s = 10};
    assert_ok(record_add(record, &line));
}

static char *content(const char *name)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(file_read(test_path(name), &bytes, &size));
    return (char *)bytes;
}

static int lines(const char *text)
{
    int count = 0;
    for (; *text; text++) count += *text == '\n';
    return count;
}

static void lines_beyond_the_checkpoint_are_dropped(void **state)
{
    (void)state;
    struct record record;
    assert_ok(record_open(&record, test_path("run"), 0));
    for (int64_t step = 1; step <= 9; step++) add(&record, step);
    record_close(&record);
    assert_ok(record_open(&record, test_path("run"), 4));
    add(&record, 5);
    record_close(&record);
    char *csv = content("run/metrics.csv"), *jsonl = content("run/metrics.jsonl");
    assert_int_equal(lines(csv), 6); /* the header and steps 1 to 5 */
    assert_int_equal(lines(jsonl), 5);
    assert_non_null(strstr(csv, "\n5,autoencoder,2.5,,"));
    assert_null(strstr(csv, "\n6,"));
    assert_non_null(strstr(jsonl, "\"discriminator_real\":null"));
    free(csv);
    free(jsonl);
}

static void a_line_cut_short_is_dropped(void **state)
{
    (void)state;
    struct record record;
    assert_ok(file_make_folder(test_path("run")));
    test_write_text("run/metrics.csv", "header\n1,autoencoder,2\n2,autoenc");
    test_write_text("run/metrics.jsonl", "{\"step\":1}\nnonsense\n{\"step\":2}\n{\"st");
    assert_ok(record_open(&record, test_path("run"), 2));
    record_close(&record);
    char *csv = content("run/metrics.csv"), *jsonl = content("run/metrics.jsonl");
    assert_int_equal(lines(csv), 2);
    assert_string_equal(jsonl, "{\"step\":1}\n{\"step\":2}\n");
    free(csv);
    free(jsonl);
}

static void one_process_a_folder(void **state)
{
    (void)state;
    struct record first, second;
    assert_ok(record_open(&first, test_path("run"), 0));
    assert_status(SAAE_USAGE, record_open(&second, test_path("run"), 0));
    assert_message_contains("another process");
    record_close(&first);
    assert_ok(record_open(&second, test_path("run"), 0));
    record_close(&second);
}

const struct CMUnitTest record_tests[] = {
    cmocka_unit_test(lines_beyond_the_checkpoint_are_dropped),
    cmocka_unit_test(a_line_cut_short_is_dropped),
    cmocka_unit_test(one_process_a_folder),
};
const size_t record_test_count = sizeof record_tests / sizeof *record_tests;

/* The warnings of a run that goes wrong, and their absence in one that goes well. */
#include "train/monitor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "support.h"

static struct {
    int count;
    char last[1024];
} warnings;

static void collect(void *context, enum log_level level, const char *line)
{
    (void)context;
    if (level != LOG_WARNING) return;
    warnings.count++;
    snprintf(warnings.last, sizeof warnings.last, "%s", line);
}

static void feed(struct monitor *monitor, double real, double generated, double cross, double share)
{
    struct step_losses losses = {
        .accuracy_real = real, .accuracy_generated = generated, .accuracy_cross = cross};
    memset(&warnings, 0, sizeof warnings);
    log_set_sink(collect, NULL);
    for (int i = 0; i < 100; i++) monitor_losses(monitor, &losses, share);
    log_set_sink(NULL, NULL);
}

static void a_winning_discriminator_is_named_once(void **state)
{
    (void)state;
    struct monitor monitor = {.classes = 10};
    feed(&monitor, 1.0, 1.0, 0.6, 0.9);
    assert_int_equal(warnings.count, 1);
    assert_non_null(strstr(warnings.last, "wins outright"));
}

static void content_at_chance_is_named_late_only(void **state)
{
    (void)state;
    struct monitor early = {.classes = 10}, late = {.classes = 10};
    feed(&early, 0.9, 0.6, 0.1, 0.2);
    assert_int_equal(warnings.count, 0);
    feed(&late, 0.9, 0.6, 0.1, 0.8);
    assert_int_equal(warnings.count, 1);
    assert_non_null(strstr(warnings.last, "at chance"));
}

static void a_good_run_is_left_alone(void **state)
{
    (void)state;
    struct monitor monitor = {.classes = 10};
    feed(&monitor, 0.9, 0.7, 0.5, 0.9);
    assert_int_equal(warnings.count, 0);
    feed(&monitor, NAN, NAN, NAN, 0.9); /* other steps say nothing */
    assert_int_equal(warnings.count, 0);
}

enum { STYLES = 4, CONTENTS = 3, PIXELS = 5 };

static void style_ratio_by_hand(void **state)
{
    (void)state;
    float real[STYLES * PIXELS], drawn[STYLES * CONTENTS * PIXELS];
    for (int s = 0; s < STYLES; s++) {
        for (int p = 0; p < PIXELS; p++) real[s * PIXELS + p] = (float)s;
        for (int i = 0; i < CONTENTS * PIXELS; i++) {
            drawn[s * CONTENTS * PIXELS + i] = 0.5f * (float)s + (float)i;
        }
    }
    /* half of every difference between styles arrives: a quarter of the variance */
    assert_near(monitor_style_ratio(drawn, real, STYLES, CONTENTS, PIXELS), 0.25, 1e-6);
}

static void outputs_that_ignore_the_style_are_named(void **state)
{
    (void)state;
    float real[STYLES * PIXELS], drawn[STYLES * CONTENTS * PIXELS];
    struct monitor monitor = {.classes = 10};
    for (int i = 0; i < STYLES * PIXELS; i++) real[i] = (float)(i % 7) / 7.0f;
    for (int i = 0; i < STYLES * CONTENTS * PIXELS; i++) drawn[i] = (float)(i % PIXELS);
    memset(&warnings, 0, sizeof warnings);
    log_set_sink(collect, NULL);
    monitor_samples(&monitor, drawn, real, STYLES, CONTENTS, PIXELS);
    monitor_samples(&monitor, drawn, real, STYLES, CONTENTS, PIXELS);
    log_set_sink(NULL, NULL);
    assert_int_equal(warnings.count, 1);
    assert_non_null(strstr(warnings.last, "collapsed"));
}

const struct CMUnitTest monitor_tests[] = {
    cmocka_unit_test(a_winning_discriminator_is_named_once),
    cmocka_unit_test(content_at_chance_is_named_late_only),
    cmocka_unit_test(a_good_run_is_left_alone),
    cmocka_unit_test(style_ratio_by_hand),
    cmocka_unit_test(outputs_that_ignore_the_style_are_named),
};
const size_t monitor_test_count = sizeof monitor_tests / sizeof *monitor_tests;

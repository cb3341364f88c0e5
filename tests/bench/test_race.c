/* Medians, and races of runners that count. */
#include "bench/race.h"

#include <string.h>

#include "base/clock.h"
#include "support.h"

static void medians_of_odd_and_even_numbers(void **state)
{
    (void)state;
    double one[] = {4.0}, two[] = {3.0, 1.0}, five[] = {9.0, 1.0, 5.0, 2.0, 4.0};
    struct race_times times = race_times_of(one, 1);
    assert_near(times.median, 4.0, 0.0);
    assert_near(times.least, 4.0, 0.0);
    assert_near(times.most, 4.0, 0.0);
    times = race_times_of(two, 2);
    assert_near(times.median, 2.0, 0.0);
    times = race_times_of(five, 5);
    assert_near(times.median, 4.0, 0.0);
    assert_near(times.least, 1.0, 0.0);
    assert_near(times.most, 9.0, 0.0);
}

/* Who ran, in order, and how often in a sample. */
static struct {
    char order[64];
    int runs[64];
    size_t count;
} seen;

struct counter {
    char name;
    double seconds;
    size_t fails_at; /* call number, from 1; 0: never */
    size_t calls;
};

static int run_counter(void *context, int runs)
{
    struct counter *counter = context;
    double end = clock_seconds() + counter->seconds * runs;
    if (++counter->calls == counter->fails_at) return status_set(SAAE_FAILED, "as it should");
    seen.order[seen.count] = counter->name;
    seen.runs[seen.count++] = runs;
    while (clock_seconds() < end) continue;
    return SAAE_OK;
}

static size_t progressed;

static void note_progress(void *context, size_t done, size_t planned)
{
    (void)context;
    assert_int_equal(planned, 6);
    assert_int_equal(done, ++progressed);
}

static void runners_take_turns(void **state)
{
    (void)state;
    struct counter quick = {.name = 'q', .seconds = 1e-7}, slow = {.name = 's', .seconds = 3e-3};
    struct race_entry entries[] = {{.run = run_counter, .context = &quick},
                                   {.run = run_counter, .context = &slow}};
    struct race_options options = {
        .rounds = 3, .sample_seconds = 0.0, .most_runs = 10, .progress = note_progress};
    memset(&seen, 0, sizeof seen);
    progressed = 0;
    assert_ok(race_run(entries, 2, &options));
    assert_string_equal(seen.order, "qqssqsqsqs");
    assert_int_equal(progressed, 6);
    for (size_t i = 0; i < seen.count; i++) assert_int_equal(seen.runs[i], 1);
    assert_true(entries[1].times.least >= 3e-3);
    assert_true(entries[0].times.least < 3e-3);
    for (int e = 0; e < 2; e++) {
        assert_true(entries[e].times.least > 0.0);
        assert_true(entries[e].times.least <= entries[e].times.median);
        assert_true(entries[e].times.median <= entries[e].times.most);
    }

    /* samples that cannot be long enough hold as many runs as may be; seconds are those of one */
    options.sample_seconds = 1e9;
    memset(&seen, 0, sizeof seen);
    progressed = 0;
    assert_ok(race_run(entries, 2, &options));
    for (size_t i = 4; i < seen.count; i++) assert_int_equal(seen.runs[i], 10);
    assert_true(entries[1].times.least >= 3e-3 && entries[1].times.least < 30e-3);
}

static void a_fault_ends_the_race(void **state)
{
    (void)state;
    struct counter good = {.name = 'g'}, bad = {.name = 'b', .fails_at = 3};
    struct race_entry entries[] = {{.run = run_counter, .context = &good},
                                   {.run = run_counter, .context = &bad}};
    const struct race_options options = {.rounds = 5, .sample_seconds = 0.0, .most_runs = 1};
    memset(&seen, 0, sizeof seen);
    assert_status(SAAE_FAILED, race_run(entries, 2, &options));
    assert_message_contains("as it should");
    assert_string_equal(seen.order, "ggbbg");
    assert_true(entries[0].times.median == 0.0);
    assert_ok(race_run(entries, 0, &options));
}

const struct CMUnitTest race_tests[] = {
    cmocka_unit_test(medians_of_odd_and_even_numbers),
    cmocka_unit_test(runners_take_turns),
    cmocka_unit_test(a_fault_ends_the_race),
};
const size_t race_test_count = sizeof race_tests / sizeof *race_tests;

#include "support.h"

#include <pthread.h>
#include <string.h>

static int fail_deep(int value)
{
    int status = SAAE_OK;
    if (value > 2) FAIL(SAAE_INPUT, "value %d is above 2", value);
done:
    return status;
}

static int call_deep(int value, bool *released)
{
    int status = SAAE_OK;
    TRY(fail_deep(value));
    TRY(fail_deep(value - 1));
done:
    *released = true;
    return status;
}

static void test_try_passes_the_code_up_and_releases(void **state)
{
    (void)state;
    bool released = false;
    assert_ok(call_deep(2, &released));
    assert_true(released);
    released = false;
    assert_status(SAAE_INPUT, call_deep(3, &released));
    assert_true(released);
    assert_string_equal(saae_message(), "value 3 is above 2");
}

static void test_set_may_quote_the_last_message(void **state)
{
    (void)state;
    status_set(SAAE_IO, "inner");
    assert_int_equal(status_set(SAAE_DEVICE, "outer (%s)", saae_message()), SAAE_DEVICE);
    assert_string_equal(saae_message(), "outer (inner)");
}

static void test_prefix_keeps_the_message(void **state)
{
    (void)state;
    status_set(SAAE_INPUT, "offset %d", 4);
    assert_int_equal(status_prefix(SAAE_INPUT, "'%s'", "a.idx"), SAAE_INPUT);
    assert_string_equal(saae_message(), "'a.idx': offset 4");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, 'x', sizeof text - 1);
    status_set(SAAE_FAILED, "%s", text);
    size_t length = strlen(saae_message());
    assert_in_range(length, 4000, 19000);
    status_prefix(SAAE_FAILED, "front");
    assert_int_equal(strlen(saae_message()), length);
    assert_memory_equal(saae_message(), "front: xxx", 10);
    status_prefix(SAAE_FAILED, "%s", text); /* no room for any of it: the message stays */
    assert_memory_equal(saae_message(), "front: xxx", 10);
}

static void *set_elsewhere(void *out)
{
    status_set(SAAE_FAILED, "the other thread");
    *(bool *)out = strcmp(saae_message(), "the other thread") == 0;
    return NULL;
}

static void test_each_thread_has_its_message(void **state)
{
    (void)state;
    pthread_t thread;
    bool seen = false;
    status_set(SAAE_FAILED, "this thread");
    assert_int_equal(pthread_create(&thread, NULL, set_elsewhere, &seen), 0);
    pthread_join(thread, NULL);
    assert_true(seen);
    assert_string_equal(saae_message(), "this thread");
}

static void test_names(void **state)
{
    (void)state;
    for (int status = SAAE_OK; status <= SAAE_INTERRUPTED; status++) {
        assert_memory_equal(saae_status_name(status), "SAAE_", 5);
    }
    assert_string_equal(saae_status_name(SAAE_USAGE), "SAAE_USAGE");
    assert_string_equal(saae_status_name(SAAE_INTERRUPTED + 1), "unknown status");
    assert_string_equal(saae_status_name(-1), "unknown status");
}

const struct CMUnitTest status_tests[] = {
    cmocka_unit_test(test_try_passes_the_code_up_and_releases),
    cmocka_unit_test(test_set_may_quote_the_last_message),
    cmocka_unit_test(test_prefix_keeps_the_message),
    cmocka_unit_test(test_long_messages_are_cut),
    cmocka_unit_test(test_each_thread_has_its_message),
    cmocka_unit_test(test_names),
};
const size_t status_test_count = sizeof status_tests / sizeof status_tests[0];

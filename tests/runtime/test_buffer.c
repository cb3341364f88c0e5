#include "runtime/fixture.h"

#include <string.h>

static struct buffer *make_buffer(struct device *device, size_t bytes)
{
    struct buffer *buffer = NULL;
    assert_ok(buffer_create(&buffer, device, bytes, "test data"));
    assert_non_null(buffer);
    return buffer;
}

static void write_and_read_back(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *buffer = make_buffer(device, 1000);
    uint8_t in[1000], out[1000] = {0};
    for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)(i * 37);
    assert_int_equal(buffer_bytes(buffer), 1000);
    assert_ok(buffer_write(buffer, 0, in, 600));
    assert_ok(buffer_write(buffer, 600, in + 600, 400));
    assert_ok(buffer_write(buffer, 1000, in, 0));
    assert_ok(buffer_read(buffer, 0, out, sizeof out));
    assert_memory_equal(in, out, sizeof in);
    assert_ok(buffer_read(buffer, 7, out, 5));
    assert_memory_equal(in + 7, out, 5);
    buffer_free(buffer);
    fixture_close(device);
}

static void fill_covers_words_and_tail(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    static const size_t sizes[] = {3, 4, 7, 4096, 4099};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct buffer *buffer = make_buffer(device, sizes[s]);
        uint8_t out[4099];
        assert_ok(buffer_fill(buffer, 0x44332211u));
        assert_ok(buffer_read(buffer, 0, out, sizes[s]));
        for (size_t i = 0; i < sizes[s]; i++) assert_int_equal(out[i], 0x11 * (i % 4 + 1));
        buffer_free(buffer);
    }
    fixture_close(device);
}

static void copy_moves_a_range(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *source = make_buffer(device, 64), *target = make_buffer(device, 64);
    uint8_t in[64], out[64];
    for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)i;
    assert_ok(buffer_write(source, 0, in, sizeof in));
    assert_ok(buffer_fill(target, 0));
    assert_ok(buffer_copy(target, 8, source, 16, 20));
    assert_ok(buffer_read(target, 0, out, sizeof out));
    for (size_t i = 0; i < sizeof out; i++) {
        assert_int_equal(out[i], i >= 8 && i < 28 ? i + 8 : 0);
    }
    assert_ok(buffer_copy(source, 0, source, 32, 32));
    assert_status(SAAE_DEVICE, buffer_copy(source, 0, source, 16, 32));
    assert_message_contains("overlap");
    buffer_free(source);
    buffer_free(target);
    fixture_close(device);
}

static void views_share_the_memory(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *whole = make_buffer(device, 4 * BUFFER_ALIGNMENT), *view = NULL, *inner = NULL;
    uint32_t words[4 * BUFFER_ALIGNMENT / 4];
    assert_ok(buffer_fill(whole, 1));
    assert_ok(buffer_view(&view, whole, BUFFER_ALIGNMENT, 2 * BUFFER_ALIGNMENT));
    assert_ok(buffer_fill(view, 2));
    assert_ok(buffer_view(&inner, view, BUFFER_ALIGNMENT, 100));
    assert_int_equal(buffer_bytes(inner), 100);
    assert_ok(buffer_fill(inner, 3));
    assert_ok(buffer_copy(whole, 0, inner, 0, 8));
    assert_ok(buffer_read(whole, 0, words, sizeof words));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t byte = 4 * i;
        uint32_t expected = byte < 8                            ? 3
                            : byte < BUFFER_ALIGNMENT           ? 1
                            : byte < 2 * BUFFER_ALIGNMENT       ? 2
                            : byte < 2 * BUFFER_ALIGNMENT + 100 ? 3
                            : byte < 3 * BUFFER_ALIGNMENT       ? 2
                                                                : 1;
        assert_int_equal(words[i], expected);
    }
    buffer_free(inner);
    buffer_free(view);
    buffer_free(whole);
    fixture_close(device);
}

static void ranges_are_checked(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *whole = make_buffer(device, 2 * BUFFER_ALIGNMENT), *view = NULL;
    uint8_t data[16] = {0};
    assert_status(SAAE_DEVICE, buffer_view(&view, whole, BUFFER_ALIGNMENT, BUFFER_ALIGNMENT + 1));
    assert_message_contains("test data");
    assert_status(SAAE_DEVICE, buffer_view(&view, whole, 3 * BUFFER_ALIGNMENT, 4));
    assert_status(SAAE_DEVICE, buffer_view(&view, whole, BUFFER_ALIGNMENT, SIZE_MAX));
    assert_status(SAAE_DEVICE, buffer_view(&view, whole, 4, 4));
    assert_message_contains("multiples of 512");
    assert_null(view);
    assert_status(SAAE_DEVICE, buffer_write(whole, 2 * BUFFER_ALIGNMENT - 15, data, 16));
    assert_status(SAAE_DEVICE, buffer_read(whole, SIZE_MAX - 4, data, 16));
    assert_status(SAAE_DEVICE, buffer_copy(whole, 2 * BUFFER_ALIGNMENT - 4, whole, 0, 8));
    assert_ok(buffer_view(&view, whole, BUFFER_ALIGNMENT, 8));
    assert_status(SAAE_DEVICE, buffer_write(view, 0, data, 16));
    buffer_free(view);
    buffer_free(whole);
    fixture_close(device);
}

static void memory_is_accounted_for(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *a = make_buffer(device, 1000), *b = make_buffer(device, 2000), *view = NULL;
    assert_int_equal(device_allocated(device), 3000);
    assert_ok(buffer_view(&view, a, 0, 500));
    assert_int_equal(device_allocated(device), 3000);
    buffer_free(view);
    buffer_free(a);
    assert_int_equal(device_allocated(device), 2000);
    a = make_buffer(device, 0);
    assert_int_equal(buffer_bytes(a), 4);
    assert_int_equal(device_allocated_peak(device), 3000);
    buffer_free(a);
    buffer_free(b);
    buffer_free(NULL);
    assert_int_equal(device_allocated(device), 0);
    fixture_close(device);
}

static void too_large_a_buffer_is_refused(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct buffer *buffer = NULL;
    size_t most = device_traits(device)->largest_buffer;
    assert_status(SAAE_MEMORY, buffer_create(&buffer, device, most + 1, "the arena"));
    assert_message_contains("the arena");
    assert_message_contains("MiB");
    assert_message_contains("smaller batches");
    assert_null(buffer);
    assert_int_equal(device_allocated(device), 0);
    fixture_close(device);
}

static void what_is_sent_arrives_in_order(void **state)
{
    (void)state;
    enum { COUNT = 256 };
    struct device *device = fixture_open(false);
    struct buffer *buffer = make_buffer(device, 1024);
    const bool emulated = strstr(device_traits(device)->platform, "Oclgrind") != NULL;
    uint32_t in[COUNT], out[COUNT];
    const struct device_counts before = device_counts(device);
    for (uint32_t round = 0; round < 20; round++) { /* more than are kept at a time */
        for (uint32_t i = 0; i < COUNT; i++) in[i] = round * COUNT + i;
        const size_t count = COUNT - 12 * (round % 20);
        assert_ok(buffer_send(buffer, 0, in, 4 * count));
        memset(in, 0xee, sizeof in); /* a copy was taken */
    }
    if (!emulated) assert_int_equal(device_counts(device).waits, before.waits);
    assert_ok(buffer_read(buffer, 0, out, sizeof out));
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t round = 19;
        while (i >= COUNT - 12 * round) round--;
        assert_int_equal(out[i], round * COUNT + i);
    }
    assert_ok(buffer_send(buffer, 1024, in, 0));
    assert_status(SAAE_DEVICE, buffer_send(buffer, 1000, in, 25));
    assert_message_contains("test data");
    assert_ok(buffer_send(buffer, 4, in, 4)); /* is still on its way when the device closes */
    buffer_free(buffer);
    fixture_close(device);
}

const struct CMUnitTest buffer_tests[] = {
    cmocka_unit_test(write_and_read_back),        cmocka_unit_test(what_is_sent_arrives_in_order),
    cmocka_unit_test(fill_covers_words_and_tail), cmocka_unit_test(copy_moves_a_range),
    cmocka_unit_test(views_share_the_memory),     cmocka_unit_test(ranges_are_checked),
    cmocka_unit_test(memory_is_accounted_for),    cmocka_unit_test(too_large_a_buffer_is_refused),
};
const size_t buffer_test_count = sizeof buffer_tests / sizeof buffer_tests[0];

#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/file.h"
#include "data/files.h"
#include "data/idx.h"

static const uint32_t shape[3] = {2, 2, 3};
static const uint8_t data[12] = {0, 1, 2, 3, 4, 5, 60, 70, 80, 90, 100, 255};
static const uint8_t plain[28] = {0, 0, 8, 3, 0, 0, 0, 2, 0,  0,  0,  2,  0,   0,
                                  0, 3, 0, 1, 2, 3, 4, 5, 60, 70, 80, 90, 100, 255};

/* One gzip member behind `used` bytes; returns the new size. */
static size_t zip(uint8_t *out, size_t used, size_t room, const uint8_t *bytes, size_t size)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes,
                  .avail_in = (uInt)size,
                  .next_out = out + used,
                  .avail_out = (uInt)(room - used)};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (size_t)(z.next_out - out);
}

static void assert_sound(const char *path)
{
    struct idx idx = {0};
    assert_ok(idx_read(path, 3, &idx));
    assert_int_equal(idx.rank, 3);
    assert_memory_equal(idx.shape, shape, sizeof shape);
    assert_memory_equal(idx.data, data, sizeof data);
    idx_free(&idx);
    assert_null(idx.data);
}

static void assert_fault(const char *path, const void *bytes, size_t size, const char *message)
{
    struct idx idx = {0};
    put_file(path, bytes, size);
    assert_status(SAAE_INPUT, idx_read(path, 3, &idx));
    assert_message_contains(path);
    assert_message_contains(message);
    assert_null(idx.data);
}

static void test_round_trip(void **state)
{
    (void)state;
    const char *path = test_path("a");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(idx_write(path, 3, shape, data));
    assert_ok(file_read(path, &bytes, &size));
    assert_int_equal(size, sizeof plain);
    assert_memory_equal(bytes, plain, sizeof plain);
    free(bytes);
    assert_sound(path);
}

static void test_gzip(void **state)
{
    (void)state;
    const char *path = test_path("a.gz");
    uint8_t zipped[256];
    put_file(path, zipped, zip(zipped, 0, sizeof zipped, plain, sizeof plain));
    assert_sound(path);
    size_t half = zip(zipped, 0, sizeof zipped, plain, 9); /* two members are one content */
    put_file(path, zipped, zip(zipped, half, sizeof zipped, plain + 9, sizeof plain - 9));
    assert_sound(path);
}

static void test_damage_of_a_plain_file(void **state)
{
    (void)state;
    const char *path = test_path("a");
    uint8_t bytes[sizeof plain + 1] = {0};
    for (size_t length = 0; length < sizeof plain; length++) {
        assert_fault(path, plain, length, "cut short");
    }
    memcpy(bytes, plain, sizeof plain);
    assert_fault(path, bytes, sizeof bytes, "bytes behind the data, from byte 28");
    for (int at = 0; at < 4; at++) {
        static const char *const messages[4] = {"magic at byte 0", "magic at byte 0",
                                                "element type 0x0d at byte 2",
                                                "6 dimensions at byte 3, 3 expected"};
        memcpy(bytes, plain, sizeof plain);
        bytes[at] ^= 5;
        assert_fault(path, bytes, sizeof plain, messages[at]);
    }
    memcpy(bytes, plain, sizeof plain);
    memset(bytes + 4, 0xff, 12);
    assert_fault(path, bytes, sizeof plain, "bytes 4 to 15, overflow");
    memset(bytes + 12, 0, 4);
    bytes[15] = 1;
    assert_fault(path, bytes, sizeof plain, "cut short: the header promises 18446744065119617025");
}

static void test_damage_of_a_gzip_file(void **state)
{
    (void)state;
    const char *path = test_path("a.gz");
    uint8_t zipped[256], longer[sizeof plain + 1] = {0}, huge[16];
    size_t size = zip(zipped, 0, sizeof zipped, plain, sizeof plain);
    for (size_t length = 2; length < size; length++) {
        assert_fault(path, zipped, length, "the gzip data is cut short at byte");
    }
    zipped[size - 8] ^= 1; /* CRC-32 */
    assert_fault(path, zipped, size, "the gzip data is damaged near byte");
    zipped[size - 8] ^= 1;
    zipped[size] = 'x';
    assert_fault(path, zipped, size + 1, "1 bytes behind the gzip data");
    size = zip(zipped, 0, sizeof zipped, plain, sizeof plain - 1);
    assert_fault(path, zipped, size, "the content ends at byte 27, 1 bytes are missing");
    memcpy(longer, plain, sizeof plain);
    size = zip(zipped, 0, sizeof zipped, longer, sizeof longer);
    assert_fault(path, zipped, size, "bytes behind the data, from byte 28");
    memcpy(huge, plain, sizeof huge); /* a few bytes that promise 4 GB: no memory is asked for */
    memset(huge + 4, 0xff, 4);
    size = zip(zipped, 0, sizeof zipped, huge, sizeof huge);
    assert_fault(path, zipped, size, "gzip data can hold at most");
    for (size_t at = 2; at < size; at++) {
        struct idx idx = {0};
        zipped[at] ^= 0x5a;
        put_file(path, zipped, size);
        assert_int_equal(idx_read(path, 3, &idx), SAAE_INPUT);
        zipped[at] ^= 0x5a;
    }
}

static void test_sets(void **state)
{
    (void)state;
    static const uint8_t labels[3] = {7, 9, 1};
    static const uint32_t two[1] = {2}, three[1] = {3}, none[3] = {0, 2, 3}, flat[3] = {2, 0, 3};
    struct idx images = {0}, marks = {0};
    char *found = NULL;
    const char *folder = test_folder();
    assert_status(SAAE_INPUT, idx_read_set(folder, "train", &images, &marks));
    assert_message_contains("no 'train-images-idx3-ubyte'");
    assert_ok(idx_write(test_path("train-images.idx3-ubyte"), 3, shape, data));
    assert_status(SAAE_INPUT, idx_read_set(folder, "train", &images, &marks));
    assert_message_contains("no 'train-labels-idx1-ubyte'");
    assert_null(images.data);
    assert_ok(idx_write(test_path("train-labels-idx1-ubyte"), 1, two, labels));
    assert_ok(idx_read_set(folder, "train", &images, &marks));
    assert_memory_equal(images.data, data, sizeof data);
    assert_memory_equal(marks.data, labels, 2);
    idx_free(&images);
    idx_free(&marks);
    assert_ok(idx_write(test_path("train-labels-idx1-ubyte"), 1, three, labels));
    assert_status(SAAE_INPUT, idx_read_set(folder, "train", &images, &marks));
    assert_message_contains("2 images but");
    assert_ok(idx_write(test_path("train-images.idx3-ubyte"), 3, none, data));
    assert_status(SAAE_INPUT, idx_read_set(folder, "train", &images, &marks));
    assert_message_contains("0 images at byte 4");
    assert_ok(idx_write(test_path("train-images.idx3-ubyte"), 3, flat, data));
    assert_status(SAAE_INPUT, idx_read_set(folder, "train", &images, &marks));
    assert_message_contains("a picture of 3x0");
    assert_ok(idx_find(folder, "t10k", "images", &found));
    assert_null(found);
    put_file(test_path("t10k-images.idx3-ubyte.gz"), "", 0);
    assert_ok(idx_find(folder, "t10k", "images", &found));
    assert_string_equal(found, test_path("t10k-images.idx3-ubyte.gz"));
    free(found);
}

const struct CMUnitTest idx_tests[] = {
    cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_gzip),
    cmocka_unit_test(test_damage_of_a_plain_file),
    cmocka_unit_test(test_damage_of_a_gzip_file),
    cmocka_unit_test(test_sets),
};
const size_t idx_test_count = sizeof idx_tests / sizeof *idx_tests;

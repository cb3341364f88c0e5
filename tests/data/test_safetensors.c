#include "support.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/bytes.h"
#include "data/files.h"
#include "data/safetensors.h"

static const size_t shape[8] = {2, 3, 1, 1, 1, 1, 1, 1};
static const float floats[6] = {1, -2, 3.5f, 0, 1e-30f, 1e30f};
static const uint8_t octets[3] = {1, 2, 255};

/* A header and `size` zero bytes of data in the file; the length may be made wrong. */
static void put_raw(const char *path, const void *header, size_t header_size, uint64_t length,
                    size_t size)
{
    uint8_t *bytes = calloc(1, 8 + header_size + size + 1);
    assert_non_null(bytes);
    bytes_store_le64(bytes, length);
    memcpy(bytes + 8, header, header_size);
    put_file(path, bytes, 8 + header_size + size);
    free(bytes);
}

static void assert_fault(const char *header, size_t size, const char *message)
{
    struct safetensors st = {0};
    const char *path = test_path("bad.safetensors");
    put_raw(path, header, strlen(header), strlen(header), size);
    assert_status(SAAE_INPUT, safetensors_read(path, &st));
    assert_message_contains(path);
    assert_message_contains(message);
    assert_null(st.entries);
}

static void fill(struct safetensors *st, bool backwards)
{
    static const int64_t big = -5000000000;
    for (int i = 0; i < 6; i++) {
        switch (backwards ? 5 - i : i) {
        case 0:
            assert_ok(safetensors_add(st, "w", SAFETENSORS_F32, 2, shape, floats));
            break;
        case 1:
            assert_ok(safetensors_add(st, "odd", SAFETENSORS_U8, 1, shape + 1, octets));
            break;
        case 2:
            assert_ok(safetensors_add(st, "step", SAFETENSORS_I64, 0, NULL, &big));
            break;
        case 3:
            assert_ok(safetensors_add(st, "\"\\\n\xc3\xa4", SAFETENSORS_I32, 8, shape, NULL));
            break;
        case 4:
            assert_ok(safetensors_set_metadata(st, "b", "x \"y\"\t\xe4\xba\xac"));
            break;
        default:
            assert_ok(safetensors_set_metadata(st, "a", ""));
            break;
        }
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    struct safetensors st = {0}, back = {0};
    const char *path = test_path("a.safetensors");
    const void *data = NULL;
    fill(&st, false);
    assert_ok(safetensors_write(path, &st, false));
    assert_ok(safetensors_read(path, &back));
    assert_string_equal(back.path, path);
    assert_int_equal(back.count, 4);
    assert_int_equal(back.metadata_count, 2);
    assert_string_equal(safetensors_metadata(&back, "b"), "x \"y\"\t\xe4\xba\xac");
    assert_string_equal(safetensors_metadata(&back, "a"), "");
    assert_null(safetensors_metadata(&back, "c"));
    for (size_t i = 0; i < st.count; i++) {
        const struct safetensors_entry *left = &st.entries[i];
        const struct safetensors_entry *right = safetensors_find(&back, left->name);
        assert_non_null(right);
        assert_int_equal(right->type, left->type);
        assert_int_equal(right->rank, left->rank);
        assert_int_equal(right->count, left->count);
        assert_memory_equal(right->shape, left->shape, sizeof left->shape);
        assert_memory_equal(right->data, left->data,
                            left->count * safetensors_type_bytes(left->type));
    }
    assert_ok(safetensors_require(&back, "w", SAFETENSORS_F32, 2, shape, &data));
    assert_memory_equal(data, floats, sizeof floats);
    assert_status(SAAE_INPUT, safetensors_require(&back, "w", SAFETENSORS_F32, 1, shape, &data));
    assert_message_contains("tensor 'w' is F32 [2, 3], F32 [2] is needed");
    assert_status(SAAE_INPUT, safetensors_require(&back, "w", SAFETENSORS_F64, 2, shape, &data));
    assert_status(SAAE_INPUT, safetensors_require(&back, "v", SAFETENSORS_F32, 2, shape, &data));
    assert_message_contains("a.safetensors': no tensor 'v'");
    safetensors_free(&st);
    safetensors_free(&back);
    safetensors_free(&back);
}

static int count_up(const struct safetensors_entry *entry, void *data)
{
    const float *first = entry->context;
    float *values = data;
    if (*first < 0.0f) return status_set(SAAE_NUMERIC, "'%s' is negative", entry->name);
    for (size_t i = 0; i < entry->count; i++) values[i] = *first + (float)i;
    return SAAE_OK;
}

/* The same file as of data that was there; a fault of the source leaves none behind. */
static void test_made_when_written(void **state)
{
    (void)state;
    static const float values[6] = {2, 3, 4, 5, 6, 7};
    struct safetensors st = {0}, later = {0};
    uint8_t *a = NULL, *b = NULL;
    size_t a_size = 0, b_size = 0;
    float first = -1.0f;
    assert_ok(safetensors_add(&st, "w", SAFETENSORS_F32, 2, shape, values));
    assert_ok(safetensors_add_later(&later, "w", SAFETENSORS_F32, 2, shape, count_up, &first));
    assert_status(SAAE_INPUT,
                  safetensors_add_later(&later, "w", SAFETENSORS_F32, 2, shape, count_up, &first));
    assert_status(SAAE_NUMERIC, safetensors_write(test_path("b"), &later, false));
    assert_false(file_exists(test_path("b")));
    first = 2.0f;
    assert_ok(safetensors_write(test_path("a"), &st, false));
    assert_ok(safetensors_write(test_path("b"), &later, false));
    assert_ok(file_read(test_path("a"), &a, &a_size));
    assert_ok(file_read(test_path("b"), &b, &b_size));
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
    free(a);
    free(b);
    safetensors_free(&st);
    safetensors_free(&later);
}

/* Another writer may end its header anywhere. */
static void test_unaligned_data(void **state)
{
    (void)state;
    for (int blanks = 0; blanks < 9; blanks++) {
        struct safetensors st = {0};
        const void *data = NULL;
        char header[128];
        const size_t one = 1;
        snprintf(header, sizeof header,
                 "{%*s\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", blanks, "");
        put_raw(test_path("odd"), header, strlen(header), strlen(header), 8);
        assert_ok(safetensors_read(test_path("odd"), &st));
        assert_ok(safetensors_require(&st, "x", SAFETENSORS_I64, 1, &one, &data));
        assert_int_equal((uintptr_t)data % 8, 0);
        assert_int_equal(*(const int64_t *)data, 0);
        safetensors_free(&st);
    }
}

static void test_bytes_do_not_depend_on_order(void **state)
{
    (void)state;
    static const char expected[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"b\":{\"dtype\":\"F32\",\"shape\":[1],"
        "\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[4,5]}}";
    struct safetensors one = {0}, two = {0}, small = {0};
    uint8_t *bytes[2] = {NULL, NULL};
    size_t sizes[2] = {0, 0};
    fill(&one, false);
    fill(&two, true);
    const char *path = test_path("a.safetensors");
    assert_ok(safetensors_write(path, &one, false));
    assert_ok(file_read(path, &bytes[0], &sizes[0]));
    assert_ok(safetensors_write(path, &two, false));
    assert_ok(file_read(path, &bytes[1], &sizes[1]));
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
    assert_ok(safetensors_add(&small, "a", SAFETENSORS_U8, 0, NULL, octets));
    assert_ok(safetensors_add(&small, "b", SAFETENSORS_F32, 1, (const size_t[]){1}, floats));
    assert_ok(safetensors_set_metadata(&small, "k", "u"));
    assert_ok(safetensors_set_metadata(&small, "k", "v"));
    assert_ok(safetensors_write(path, &small, false));
    assert_ok(file_read(path, &bytes[0], &sizes[0]));
    uint64_t length = bytes_load_le64(bytes[0]);
    assert_int_equal(length % 8, 0);
    assert_int_equal(sizes[0], 8 + length + 5);
    assert_memory_equal(bytes[0] + 8, expected, sizeof expected - 1);
    for (size_t i = 8 + sizeof expected - 1; i < 8 + length; i++) {
        assert_int_equal(bytes[0][i], ' ');
    }
    free(bytes[0]);
    safetensors_free(&one);
    safetensors_free(&two);
    safetensors_free(&small);
}

static void test_keeps_the_previous_file(void **state)
{
    (void)state;
    const char *path = test_path("a.safetensors"), *previous = test_path("a.safetensors.previous");
    for (int round = 0; round < 3; round++) {
        struct safetensors st = {0}, back = {0};
        char number[2] = {(char)('0' + round), '\0'};
        assert_ok(safetensors_set_metadata(&st, "round", number));
        assert_ok(safetensors_write(path, &st, true));
        assert_ok(safetensors_read(path, &back));
        assert_string_equal(safetensors_metadata(&back, "round"), number);
        safetensors_free(&back);
        assert_int_equal(file_exists(previous), round > 0);
        if (round) {
            number[0]--;
            assert_ok(safetensors_read(previous, &back));
            assert_string_equal(safetensors_metadata(&back, "round"), number);
            safetensors_free(&back);
        }
        safetensors_free(&st);
    }
}

static void test_adding_faults(void **state)
{
    (void)state;
    struct safetensors st = {0};
    static const size_t wide[2] = {SIZE_MAX / 2, 3};
    assert_ok(safetensors_add(&st, "a", SAFETENSORS_U8, 0, NULL, octets));
    assert_status(SAAE_INPUT, safetensors_add(&st, "a", SAFETENSORS_U8, 0, NULL, octets));
    assert_status(SAAE_INPUT, safetensors_add(&st, "__metadata__", SAFETENSORS_U8, 0, NULL, NULL));
    assert_status(SAAE_INPUT, safetensors_add(&st, "\xff", SAFETENSORS_U8, 0, NULL, octets));
    assert_status(SAAE_INPUT, safetensors_add(&st, "b", SAFETENSORS_U8, 9, shape, octets));
    assert_status(SAAE_MEMORY, safetensors_add(&st, "b", SAFETENSORS_U8, 2, wide, octets));
    assert_status(SAAE_MEMORY, safetensors_add(&st, "b", SAFETENSORS_F64, 1, wide, octets));
    assert_status(SAAE_INPUT, safetensors_set_metadata(&st, "k", "\xc3"));
    assert_status(SAAE_INPUT, safetensors_set_metadata(&st, "\xc3", "v"));
    assert_int_equal(st.count, 1);
    assert_int_equal(st.metadata_count, 0);
    assert_status(SAAE_IO, safetensors_write("/nowhere/a", &st, true));
    safetensors_free(&st);
}

static void test_cut_or_changed_anywhere(void **state)
{
    (void)state;
    struct safetensors st = {0}, back = {0};
    const char *path = test_path("a.safetensors");
    uint8_t *bytes = NULL;
    size_t size = 0;
    fill(&st, false);
    assert_ok(safetensors_write(path, &st, false));
    assert_ok(file_read(path, &bytes, &size));
    for (size_t length = 0; length < size; length++) {
        put_file(path, bytes, length);
        assert_status(SAAE_INPUT, safetensors_read(path, &back));
        assert_message_contains("a.safetensors");
        assert_null(back.entries);
    }
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1 << bit);
            put_file(path, bytes, size);
            int status = safetensors_read(path, &back);
            assert_true(status == SAAE_OK || status == SAAE_INPUT);
            if (at < 8) assert_int_equal(status, SAAE_INPUT);
            bytes[at] ^= (uint8_t)(1 << bit);
            safetensors_free(&back);
        }
    }
    free(bytes);
    safetensors_free(&st);
}

static void test_header_faults(void **state)
{
    (void)state;
    struct safetensors st = {0};
    const char *path = test_path("a.safetensors");
    put_raw(path, "{}", 2, 3, 0);
    assert_status(SAAE_INPUT, safetensors_read(path, &st));
    assert_message_contains("length at byte 0 is 3; 2 bytes follow");
    put_raw(path, "{}", 2, UINT64_MAX, 0);
    assert_status(SAAE_INPUT, safetensors_read(path, &st));
    put_raw(path, "{}", 2, 1, 0);
    assert_status(SAAE_INPUT, safetensors_read(path, &st));
    put_raw(path, "{\"a\0\":1}", 8, 8, 0);
    assert_status(SAAE_INPUT, safetensors_read(path, &st));
    assert_message_contains("a zero character in the header at byte 11");
    put_raw(path, "{}  ", 4, 4, 0);
    assert_ok(safetensors_read(path, &st));
    assert_int_equal(st.count, 0);
    safetensors_free(&st);
    assert_fault(" {}", 0, "does not begin with '{' at byte 8");
    assert_fault("{\"\xff\":1}", 0, "not UTF-8 at byte 10");
    assert_fault("{\"a\\u0000\":1}", 0, "a zero character in the header at byte 11");
    assert_fault("{\"a\":}", 0, "no JSON object: see byte 13");
    assert_fault("{} x", 0, "no JSON object");
    assert_fault("{", 0, "does not begin");
    assert_fault("{{", 0, "no JSON object");
    assert_fault("{}", 1, "1 bytes behind the last tensor, from byte 10");
    assert_fault("{\"__metadata__\":1}", 0, "not an object");
    assert_fault("{\"__metadata__\":{\"k\":1}}", 0, "'k' is no string");
    assert_fault("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}", 0, "'k' is repeated");
    assert_fault("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "there twice");
}

#define U8(name, shape, from, to)                                                                  \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"

static void test_tensor_faults(void **state)
{
    (void)state;
    assert_fault("{\"a\":1}", 0, "'a' is not described by an object");
    assert_fault("{\"a\":{}}", 0, "dtype ''");
    assert_fault("{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "'F16'");
    assert_fault("{\"a\":{\"dtype\":5,\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "dtype ''");
    assert_fault("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,2]}}", 2, "has no shape");
    assert_fault("{\"a\":{\"dtype\":\"U8\",\"shape\":[2]}}", 2, "not two whole numbers");
    assert_fault("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 2, "a repeated field 'dtype'");
    assert_fault("{\"a\":{\"more\":1}}", 0, "an unknown field 'more'");
    assert_fault("{" U8("a", "[-1]", "0", "1") "}", 1, "dimension 0 is not a whole number");
    assert_fault("{" U8("a", "[1,0.5]", "0", "1") "}", 1, "dimension 1 is not a whole number");
    assert_fault("{" U8("a", "[1e300]", "0", "1") "}", 1, "dimension 0 is not a whole number");
    assert_fault("{" U8("a", "[\"1\"]", "0", "1") "}", 1, "dimension 0 is not a whole number");
    assert_fault("{" U8("a", "{\"x\":1}", "0", "1") "}", 1, "has no shape");
    assert_fault("{" U8("a", "[1,1,1,1,1,1,1,1,1]", "0", "1") "}", 1, "more than 8 dimensions");
    assert_fault("{" U8("a", "[4294967296,4294967296]", "0", "0") "}", 0, "overflows");
    assert_fault("{" U8("a", "[2]", "0", "1") "}", 1, "are 1 bytes, its shape has 2 elements of 1");
    assert_fault("{" U8("a", "[]", "0", "2") "}", 2, "its shape has 1 elements");
    assert_fault("{" U8("a", "[1]", "1", "0") "}", 1, "data_offsets 1 to 0");
    assert_fault("{" U8("a", "[2]", "0", "2") "}", 1, "data_offsets 0 to 2, the data has 1 bytes");
    assert_fault("{" U8("a", "[1]", "-1", "0") "}", 1, "not two whole numbers");
    assert_fault("{" U8("a", "[1]", "0.5", "1.5") "}", 2, "not two whole numbers");
    assert_fault("{" U8("a", "[1]", "0,1", "2") "}", 2, "not two whole numbers");
    assert_fault("{" U8("a", "[2]", "0", "2") "," U8("b", "[2]", "1", "3") "}", 3,
                 "'b' begins at offset 1 of the data, an overlap");
    assert_fault("{" U8("a", "[2]", "0", "2") "," U8("b", "[2]", "0", "2") "}", 2, "an overlap");
    assert_fault("{" U8("a", "[1]", "0", "1") "," U8("b", "[1]", "2", "3") "}", 3,
                 "'b' begins at offset 2 of the data, behind a hole");
    assert_fault("{" U8("a", "[1]", "1", "2") "}", 2, "behind a hole");
    assert_fault("{" U8("a", "[1]", "0", "1") "," U8("a", "[1]", "1", "2") "}", 2,
                 "tensor 'a' is there twice");
    assert_fault("{" U8("a\\n", "[1]", "0", "2") "}", 2, "tensor 'a?': data_offsets");
}

static void test_accepts_any_order_and_empty_tensors(void **state)
{
    (void)state;
    struct safetensors st = {0};
    const char *path = test_path("a.safetensors");
    static const char header[] = "{" U8("b", "[2]", "1", "3") "," U8(
        "empty", "[0,5]", "1", "1") "," U8("a", "[]", "0", "1") "}";
    put_raw(path, header, sizeof header - 1, sizeof header - 1, 3);
    assert_ok(safetensors_read(path, &st));
    assert_int_equal(st.count, 3);
    assert_int_equal(safetensors_find(&st, "empty")->count, 0);
    assert_int_equal(safetensors_find(&st, "a")->count, 1);
    safetensors_free(&st);
}

const struct CMUnitTest safetensors_tests[] = {
    cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_made_when_written),
    cmocka_unit_test(test_unaligned_data),
    cmocka_unit_test(test_bytes_do_not_depend_on_order),
    cmocka_unit_test(test_keeps_the_previous_file),
    cmocka_unit_test(test_adding_faults),
    cmocka_unit_test(test_cut_or_changed_anywhere),
    cmocka_unit_test(test_header_faults),
    cmocka_unit_test(test_tensor_faults),
    cmocka_unit_test(test_accepts_any_order_and_empty_tensors),
};
const size_t safetensors_test_count = sizeof safetensors_tests / sizeof *safetensors_tests;

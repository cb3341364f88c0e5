#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/files.h"
#include "data/npy.h"

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t shape[8] = {2, 3, 1, 2, 1, 1, 2, 1};
    static const size_t counts[9] = {1, 2, 6, 6, 12, 12, 12, 24, 24};
    float data[24];
    const char *path = test_path("a.npy");
    for (int i = 0; i < 24; i++) data[i] = (float)i * 0.1f - 1.0f;
    for (int rank = 0; rank <= 8; rank++) {
        struct npy npy = {0};
        assert_ok(npy_write(path, rank, shape, data));
        assert_ok(npy_read(path, &npy));
        assert_int_equal(npy.rank, rank);
        assert_int_equal(npy.count, counts[rank]);
        assert_memory_equal(npy.shape, shape, (size_t)rank * sizeof *shape);
        assert_memory_equal(npy.data, data, npy.count * sizeof *data);
        npy_free(&npy);
    }
    assert_status(SAAE_MEMORY, npy_write(path, 9, shape, data));
    assert_status(SAAE_MEMORY, npy_write(path, 2, (const size_t[]){SIZE_MAX, 2}, data));
}

/* The bytes that numpy.save writes for np.arange(3, dtype=np.float32). */
static void test_same_bytes_as_numpy(void **state)
{
    (void)state;
    static const float data[] = {0, 1, 2};
    static const uint8_t tail[] = {'\n', 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40};
    static const char head[] = "\x93NUMPY\x01\x00\x76\x00"
                               "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    const char *path = test_path("a.npy");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_ok(npy_write(path, 1, (const size_t[]){3}, data));
    assert_ok(file_read(path, &bytes, &size));
    assert_int_equal(size, 128 + 12);
    assert_memory_equal(bytes, head, sizeof head - 1);
    for (size_t i = sizeof head - 1; i < 127; i++) assert_int_equal(bytes[i], ' ');
    assert_memory_equal(bytes + 127, tail, sizeof tail);
    free(bytes);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    static const float data[] = {1, 2};
    const char *path = test_path("a.npy");
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct npy npy = {0};
    assert_ok(npy_write(path, 1, (const size_t[]){2}, data));
    assert_ok(file_read(path, &bytes, &size));
    for (size_t length = 0; length < size; length++) {
        put_file(path, bytes, length);
        assert_status(SAAE_INPUT, npy_read(path, &npy));
        assert_message_contains("a.npy");
        assert_null(npy.data);
    }
    free(bytes);
}

/* A header of our own with one float behind it. */
static void read_header(const char *header, int expected)
{
    char bytes[256] = "\x93NUMPY\x01";
    struct npy npy = {0};
    size_t length = strlen(header);
    bytes[8] = (char)length;
    snprintf(bytes + 10, sizeof bytes - 10, "%s", header);
    const char *path = test_path("h.npy");
    put_file(path, bytes, 10 + length + sizeof(float));
    int status = npy_read(path, &npy);
    if (status != expected) print_error("header: %s\n", header);
    assert_int_equal(status, expected);
    npy_free(&npy);
}

static void test_headers(void **state)
{
    (void)state;
    read_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }\n", SAAE_OK);
    read_header("{'shape':(1,1),'fortran_order':False,'descr':'<f4'}", SAAE_OK);
    read_header("{'shape':(),'fortran_order':False,'descr':'<f4'}", SAAE_OK);
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1 1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,) ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,4294967297), }",
        "{'descr': '<f4', 'fortran_order': False, 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) read_header(bad[i], SAAE_INPUT);
}

const struct CMUnitTest npy_tests[] = {
    cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_same_bytes_as_numpy),
    cmocka_unit_test(test_cut_anywhere),
    cmocka_unit_test(test_headers),
};
const size_t npy_test_count = sizeof npy_tests / sizeof *npy_tests;

#include "runtime/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "runtime/internal.h"

static const char kernel_text[] = "#ifndef VALUE\n"
                                  "#define VALUE 1\n"
                                  "#endif\n"
                                  "kernel void set(global int *x)\n"
                                  "{\n"
                                  "    x[get_global_id(0)] = VALUE;\n"
                                  "}\n";

/* What kernel `set` of cl/test.cl writes. */
static int run_set(struct device *device, const char *options)
{
    int value = -1;
    struct buffer *buffer = NULL;
    struct launch_list *list = NULL;
    assert_ok(buffer_create(&buffer, device, sizeof value, "x"));
    assert_ok(launch_list_create(&list, device));
    assert_ok(LAUNCH(list, "test", options, "set", ((struct launch_grid){{1, 1, 1}, {1, 1, 1}}),
                     ARG(buffer)));
    assert_ok(launch_list_run(list, 0, 0));
    assert_ok(buffer_read(buffer, 0, &value, sizeof value));
    launch_list_free(list);
    buffer_free(buffer);
    return value;
}

static void options_make_other_programs(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    cl_program one = NULL, two = NULL, again = NULL;
    fixture_kernel(kernel_text);
    assert_int_equal(run_set(device, ""), 1);
    assert_int_equal(run_set(device, "-DVALUE=2"), 2);
    assert_int_equal(run_set(device, "-DVALUE=22"), 22);
    assert_int_equal(run_set(device, ""), 1);
    assert_ok(program_get(device, "test", "-DVALUE=2", NULL, &one));
    assert_ok(program_get(device, "test", "-DVALUE=22", NULL, &two));
    assert_ok(program_get(device, "test", "-DVALUE=2", NULL, &again));
    assert_ptr_equal(one, again);
    assert_ptr_not_equal(one, two);
    fixture_close(device);
}

static void includes_are_put_in_place_once(void **state)
{
    (void)state;
    char *text = NULL;
    test_write_text("cl/common.clh", "#define BASE 40\n#include \"deep.clh\"\nint base_line;");
    test_write_text("cl/deep.clh", "#define DEEP 2\n");
    fixture_kernel(
        "#include \"common.clh\"\n  #  include \"deep.clh\"\n#include <none>\nint last;\n");
    assert_ok(source_load("test", "", NULL, &text));
    assert_string_equal(text, "#line 1 \"test.cl\"\n"
                              "#line 1 \"common.clh\"\n#define BASE 40\n"
                              "#line 1 \"deep.clh\"\n#define DEEP 2\n"
                              "#line 3 \"common.clh\"\nint base_line;\n"
                              "#line 2 \"test.cl\"\n"
                              "\n"
                              "#include <none>\nint last;\n");
    free(text);
    device_set_kernel_folder(NULL);
}

static void includes_reach_the_compiler(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    test_write_text("cl/common.clh", "#define VALUE 42\n");
    fixture_kernel("#include \"common.clh\"\nkernel void set(global int *x) { x[0] = VALUE; }\n");
    assert_int_equal(run_set(device, ""), 42);
    fixture_close(device);
}

/* A definition that the options complete. */
static int make_value(const char *options, char **text)
{
    const char *value = strstr(options, "-DMADE=");
    if (!value) return status_set(SAAE_DEVICE, "nothing to make of '%s'", options);
    *text = strdup("#define VALUE (MADE + 1)\n");
    return *text ? SAAE_OK : status_set(SAAE_MEMORY, "out of memory");
}

static void source_may_be_made(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    char *text = NULL;
    cl_program one = NULL, two = NULL;
    fixture_kernel("#include \"made.clh\"\nkernel void set(global int *x) { x[0] = VALUE; }\n");
    assert_ok(source_load("test", "-DMADE=4", make_value, &text));
    assert_non_null(strstr(text, "#define VALUE (MADE + 1)\n"));
    free(text);
    text = NULL;
    assert_status(SAAE_DEVICE, source_load("test", "-DOTHER", make_value, &text));
    assert_message_contains("cl/test.cl:1");
    assert_message_contains("-DOTHER");
    assert_null(text);
    assert_ok(program_get(device, "test", "-DMADE=4", make_value, &one));
    assert_ok(program_get(device, "test", "-DMADE=4", make_value, &two));
    assert_ptr_equal(one, two);
    fixture_close(device);
}

static void missing_include_is_named(void **state)
{
    (void)state;
    char *text = NULL;
    fixture_kernel("\n#include \"absent.clh\"\n");
    assert_status(SAAE_INPUT, source_load("test", "", NULL, &text));
    assert_message_contains("cl/test.cl:2");
    assert_message_contains("absent.clh");
    assert_null(text);
    device_set_kernel_folder(NULL);
}

static void a_file_may_include_itself(void **state)
{
    (void)state;
    char *text = NULL;
    test_write_text("cl/common.clh", "#include \"common.clh\"\nint x;\n");
    fixture_kernel("#include \"common.clh\"\n");
    assert_ok(source_load("test", "", NULL, &text));
    assert_non_null(strstr(text, "int x;"));
    free(text);
    device_set_kernel_folder(NULL);
}

static void failed_builds_show_the_log(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    struct launch_list *list = NULL;
    if (oclgrind_runs(device)) { /* its --check-api takes a failed build for a fault of ours */
        fixture_close(device);
        return;
    }
    fixture_kernel("kernel void set(global int *x)\n{\n    x[0] = undeclared_thing;\n}\n");
    assert_ok(launch_list_create(&list, device));
    assert_status(SAAE_DEVICE, LAUNCH(list, "test", "-DVALUE=3", "set",
                                      ((struct launch_grid){{1, 1, 1}, {1, 1, 1}}), ARG(1)));
    assert_message_contains("cl/test.cl");
    assert_message_contains("-DVALUE=3");
    assert_message_contains("BUILD_PROGRAM_FAILURE");
    assert_message_contains("undeclared_thing");
    launch_list_free(list);
    fixture_close(device);
}

/* ---- The cache on disk ---- */

/* Number of entries; *path is the last one's, valid until the test ends. */
static size_t list_entries(const char **path)
{
    char **names = NULL, name[256] = "cache/programs/";
    size_t count = 0;
    const char *folder = test_path("cache/programs");
    if (!file_exists(folder)) return 0;
    assert_ok(file_list(folder, &names, &count));
    if (count) {
        strncat(name, names[count - 1], sizeof name - strlen(name) - 1);
        *path = test_path(name);
    }
    file_free_names(names, count);
    return count;
}

static void entries_come_back(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    const char *path = NULL, *options = "-cl-std=CL1.2";
    cl_program built = NULL, loaded = NULL;
    cl_int code = CL_SUCCESS;
    fixture_kernel(kernel_text);
    assert_ok(program_get(device, "test", "", NULL, &built));
    device_set_cache_folder(test_path("cache"));
    program_cache_load(device, "test", options, "the key", &loaded);
    assert_null(loaded);
    program_cache_store(device, "test", "the key", built);
    if (list_entries(&path) == 0) {
        fixture_close(device);
        test_skip("binaries: this driver gives none");
    }
    program_cache_load(device, "test", options, "the key", &loaded);
    if (strcmp(device_traits(device)->platform, "Oclgrind") != 0) {
        assert_non_null(loaded);
        cl_kernel kernel = clCreateKernel(loaded, "set", &code);
        assert_int_equal(code, CL_SUCCESS);
        clReleaseKernel(kernel);
    }
    if (loaded) clReleaseProgram(loaded);
    program_cache_load(device, "test", options, "another key", &loaded);
    assert_null(loaded);
    fixture_close(device);
}

/* Cut, lengthened, and with one byte changed: in the header, in the key, in the binary. */
static void damaged_entries_are_not_used(void **state)
{
    (void)state;
    struct device *device = fixture_open(false);
    const char *path = NULL;
    cl_program built = NULL, loaded = NULL;
    uint8_t *entry = NULL;
    size_t size = 0;
    fixture_kernel(kernel_text);
    assert_ok(program_get(device, "test", "", NULL, &built));
    device_set_cache_folder(test_path("cache"));
    program_cache_store(device, "test", "the key", built);
    if (list_entries(&path) == 0) {
        fixture_close(device);
        test_skip("binaries: this driver gives none");
    }
    program_cache_load(device, "test", "", "the key", &loaded);
    if (loaded) clReleaseProgram(loaded);
    assert_ok(file_read(path, &entry, &size));
    const size_t places[] = {0, 9, 17, 25, 33, size / 2, size - 1};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        entry[places[i]] ^= 0x40;
        assert_ok(file_write(path, entry, size));
        entry[places[i]] ^= 0x40;
        program_cache_load(device, "test", "", "the key", &loaded);
        assert_null(loaded);
    }
    const size_t sizes[] = {0, 8, 31, 32, 36, size / 2, size - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_ok(file_write(path, entry, sizes[i]));
        program_cache_load(device, "test", "", "the key", &loaded);
        assert_null(loaded);
    }
    free(entry);
    fixture_close(device);
}

/* The whole way: a second device takes the entry, and one that is damaged is made anew. */
static void programs_are_kept_between_runs(void **state)
{
    (void)state;
    const char *path = NULL;
    uint8_t *entry = NULL, *made_anew = NULL;
    size_t size = 0, size_anew = 0;
    struct device *device = fixture_open(false);
    device_set_cache_folder(test_path("cache"));
    fixture_kernel(kernel_text);
    bool wanted = program_cache_wanted(device);
    assert_int_equal(run_set(device, "-DVALUE=5"), 5);
    device_close(device);
    if (!wanted) {
        assert_int_equal(list_entries(&path), 0); /* the driver keeps its own */
        fixture_close(NULL);
        return;
    }
    assert_int_equal(list_entries(&path), 1);
    assert_ok(file_read(path, &entry, &size));
    assert_ok(device_open(&device, getenv("SAAE_DEVICE"), false));
    assert_int_equal(run_set(device, "-DVALUE=5"), 5);
    device_close(device);
    entry[size - 1] ^= 1;
    assert_ok(file_write(path, entry, size));
    assert_ok(device_open(&device, getenv("SAAE_DEVICE"), false));
    assert_int_equal(run_set(device, "-DVALUE=5"), 5);
    assert_ok(file_read(path, &made_anew, &size_anew));
    assert_true(size_anew != size || memcmp(entry, made_anew, size) != 0);
    free(entry);
    free(made_anew);
    fixture_close(device);
}

static void error_names(void **state)
{
    (void)state;
    assert_string_equal(opencl_error_name(-5), "CL_OUT_OF_RESOURCES");
    assert_string_equal(opencl_error_name(CL_INVALID_KERNEL_ARGS), "CL_INVALID_KERNEL_ARGS");
    assert_string_equal(opencl_error_name(-1011), "CLBlastInsufficientMemoryA");
    assert_string_equal(opencl_error_name(-123456), "unknown OpenCL error");
    assert_status(SAAE_MEMORY, opencl_fault(CL_MEM_OBJECT_ALLOCATION_FAILURE, "no room"));
    assert_message_contains("no room: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4); ");
    assert_status(SAAE_DEVICE, opencl_fault(CL_INVALID_VALUE, "a call"));
    assert_message_contains("a call: CL_INVALID_VALUE (-30)");
}

const struct CMUnitTest program_tests[] = {
    cmocka_unit_test(options_make_other_programs),
    cmocka_unit_test(includes_are_put_in_place_once),
    cmocka_unit_test(includes_reach_the_compiler),
    cmocka_unit_test(source_may_be_made),
    cmocka_unit_test(missing_include_is_named),
    cmocka_unit_test(a_file_may_include_itself),
    cmocka_unit_test(failed_builds_show_the_log),
    cmocka_unit_test(entries_come_back),
    cmocka_unit_test(damaged_entries_are_not_used),
    cmocka_unit_test(programs_are_kept_between_runs),
    cmocka_unit_test(error_names),
};
const size_t program_test_count = sizeof program_tests / sizeof program_tests[0];

/* The positive control of `saae verify`: with a fault in a kernel it must fail. tests/verify/
 * faults.def lists the faults; each is a test of its own. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "runtime/device.h"
#include "runtime/embedded.h"
#include "support.h"
#include "verify/verify.h"

struct fault {
    const char *file, *function, *text, *replacement, *op, *which;
    enum { AS_IT_IS, AS_GPU, ON_CPU } devices;
};

static const char *find_source(const char *file)
{
    for (int i = 0; i < embedded_kernel_count; i++) {
        if (strcmp(embedded_kernels[i].name, file) == 0) return embedded_kernels[i].text;
    }
    fail_msg("no kernel file '%s'", file);
    return NULL;
}

/* Where the definition of `name` begins: in a line that is neither indented nor in a comment, with
 * a bracket behind the name. NULL: there is none. */
static const char *find_function(const char *source, const char *name)
{
    char call[80];
    snprintf(call, sizeof call, " %s(", name);
    for (const char *at = source; (at = strstr(at, call)) != NULL; at++) {
        const char *line = at;
        while (line > source && line[-1] != '\n') line--;
        if (isalpha((unsigned char)*line) || *line == '_') return at;
    }
    return NULL;
}

/* The source with the fault in it, released with free(). */
static char *spoil(const struct fault *fault)
{
    const char *source = find_source(fault->file);
    const char *function = find_function(source, fault->function);
    const char *text = function ? strstr(function, fault->text) : NULL;
    const char *end = function ? strstr(function, "\n}\n") : NULL;
    if (!text || !end || text > end) {
        fail_msg("%s, %s: the text '%s' is not there", fault->file, fault->function, fault->text);
        abort(); /* fail_msg() does not return */
    }
    size_t before = (size_t)(text - source), cut = strlen(fault->text);
    size_t added = strlen(fault->replacement), rest = strlen(text + cut) + 1;
    char *spoilt = NULL;
    assert_ok(memory_allocate(&spoilt, before + added + rest, 1));
    memcpy(spoilt, source, before);
    memcpy(spoilt + before, fault->replacement, added);
    memcpy(spoilt + before + added, text + cut, rest);
    return spoilt;
}

/* The kernels in the test's folder, one of them with a fault unless `fault` is NULL. */
static void write_kernels(const struct fault *fault)
{
    for (int i = 0; i < embedded_kernel_count; i++) {
        const struct embedded_kernel *kernel = &embedded_kernels[i];
        char *spoilt = NULL;
        if (fault && strcmp(kernel->name, fault->file) == 0) spoilt = spoil(fault);
        test_write_text(kernel->name, spoilt ? spoilt : kernel->text);
        free(spoilt);
    }
}

static int verify_folder(const struct verify_options *options, struct verify_summary *summary)
{
    struct device *device = NULL;
    device_set_kernel_folder(test_folder());
    int status = device_open(&device, getenv("SAAE_DEVICE"), false);
    if (status == SAAE_OK) {
        status = verify_run(device, options, summary);
        device_close(device);
    }
    device_set_kernel_folder(NULL);
    if (status == SAAE_DEVICE) test_skip("OpenCL: %s", saae_message());
    return status;
}

/* Skips the test on other devices. */
static void need_cpu(void)
{
    struct device *device = NULL;
    if (device_open(&device, getenv("SAAE_DEVICE"), false) != SAAE_OK) {
        test_skip("OpenCL: %s", saae_message());
    }
    const bool cpu = device_traits(device)->cpu;
    device_close(device);
    if (!cpu) test_skip("CPU: the device is another one, and the kernel does not run there");
}

struct first_failure {
    char why[512];
};

static void note_failure(void *context, const struct verify_line *line)
{
    struct first_failure *first = context;
    if (line->outcome != VERIFY_FAILED) return;
    snprintf(first->why, sizeof first->why, "%s", line->why);
}

static void test_fault(void **state)
{
    const struct fault *fault = *state;
    struct verify_summary summary;
    struct first_failure first = {""};
    struct verify_options options = {.op = fault->op,
                                     .which = fault->which,
                                     .as_gpu = fault->devices == AS_GPU,
                                     .most_failures = 1,
                                     .report = note_failure,
                                     .context = &first};
    if (fault->devices == ON_CPU) need_cpu();
    write_kernels(fault);
    int status = verify_folder(&options, &summary);
    if (status != SAAE_FAILED) {
        fail_msg("%s, %s: '%s' instead of '%s' was not noticed", fault->file, fault->function,
                 fault->replacement, fault->text);
    }
    /* A kernel that no longer builds fails too, but proves nothing. */
    bool compared =
        strstr(first.why, "output") || strstr(first.why, "outside") || strstr(first.why, "changed");
    if (!compared) fail_msg("%s, %s: %s", fault->file, fault->function, first.why);
}

/* The cheapest case of a pass always runs, others as long as there is time. */
static void check_all_ops(bool as_gpu)
{
    write_kernels(NULL);
    for (int kind = 0; kind < OP_COUNT; kind++) {
        const struct op *op = op_get((enum op_kind)kind);
        char name[64];
        struct verify_summary summary = {0};
        struct verify_options options = {.op = name, .as_gpu = as_gpu, .budget_seconds = 0.3};
        snprintf(name, sizeof name, "%s.%s", op->stem, op->pass);
        assert_ok(verify_folder(&options, &summary));
        assert_int_equal(summary.all.failed, 0);
        assert_true(summary.passes[kind].passed > 0);
    }
}

static void test_kernels_without_fault_pass(void **state)
{
    (void)state;
    check_all_ops(false);
}

static void test_kernels_without_fault_pass_as_gpu(void **state)
{
    (void)state;
    check_all_ops(true);
}

/* Reads the name of the kernel whose `__kernel` is at `at`: the word before the first bracket
 * that does not belong to an attribute. */
static void read_kernel_name(const char *at, char *name, size_t size)
{
    const char *open = strstr(at, "void ");
    assert_non_null(open);
    open += strlen("void ");
    size_t length = 0;
    while (isalnum((unsigned char)open[length]) || open[length] == '_') length++;
    snprintf(name, size, "%.*s", (int)length, open);
}

extern const struct CMUnitTest faults_tests[];
extern const size_t faults_test_count;

static bool has_fault(const char *file, const char *kernel)
{
    for (size_t i = 0; i < faults_test_count; i++) {
        const struct fault *fault = faults_tests[i].initial_state;
        if (!fault || strcmp(fault->file, file) != 0) continue;
        if (strcmp(fault->function, kernel) == 0) return true;
    }
    return false;
}

static void test_every_kernel_has_a_fault(void **state)
{
    (void)state;
    int kernels = 0;
    for (int i = 0; i < embedded_kernel_count; i++) {
        const char *file = embedded_kernels[i].name;
        if (strcmp(file, "measure.cl") == 0) continue; /* times the device, belongs to no op */
        for (const char *at = embedded_kernels[i].text; (at = strstr(at, "__kernel ")); at++) {
            char name[64];
            read_kernel_name(at, name, sizeof name);
            kernels++;
            if (!has_fault(file, name)) fail_msg("cl/%s: no fault for %s", file, name);
        }
    }
    assert_true(kernels >= OP_COUNT);
}

const struct CMUnitTest faults_tests[] = {
    cmocka_unit_test(test_every_kernel_has_a_fault),
    cmocka_unit_test(test_kernels_without_fault_pass),
    cmocka_unit_test(test_kernels_without_fault_pass_as_gpu),
#define FAULT(file, function, text, replacement, op, which, devices)                               \
    {file " " #function ": " replacement, test_fault, NULL, NULL,                                  \
     &(struct fault){file, #function, text, replacement, op, which, devices}},
#include "faults.def"
#undef FAULT
};
const size_t faults_test_count = sizeof faults_tests / sizeof *faults_tests;

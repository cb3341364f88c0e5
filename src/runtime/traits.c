/* What a device says about itself, and whether and how readily we use it. */
#include "runtime/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Leaves `value` as it is when the driver does not answer in that size. */
static bool ask(cl_device_id id, cl_device_info what, void *value, size_t size)
{
    size_t given = 0;
    char answer[64];
    if (clGetDeviceInfo(id, what, sizeof answer, answer, &given) != CL_SUCCESS || given != size) {
        return false;
    }
    memcpy(value, answer, size);
    return true;
}

static cl_uint ask_uint(cl_device_id id, cl_device_info what)
{
    cl_uint value = 0;
    ask(id, what, &value, sizeof value);
    return value;
}

static size_t ask_ulong(cl_device_id id, cl_device_info what)
{
    cl_ulong value = 0;
    ask(id, what, &value, sizeof value);
    return value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

static bool ask_bool(cl_device_id id, cl_device_info what)
{
    cl_bool value = CL_FALSE;
    ask(id, what, &value, sizeof value);
    return value != CL_FALSE;
}

/* Copies without outer blanks; longer texts are cut. */
static void copy_trimmed(char *target, size_t size, const char *text)
{
    while (isspace((unsigned char)*text)) text++;
    snprintf(target, size, "%s", text);
    size_t length = strlen(target);
    while (length > 0 && isspace((unsigned char)target[length - 1])) target[--length] = '\0';
}

static void ask_text(cl_device_id id, cl_device_info what, char *target, size_t size)
{
    char answer[1024] = "";
    if (clGetDeviceInfo(id, what, sizeof answer - 1, answer, NULL) != CL_SUCCESS) answer[0] = '\0';
    copy_trimmed(target, size, answer);
}

static bool is_version(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '.' && isdigit((unsigned char)text[digits + 1]);
}

/* Words such as "15.0.6" change with updates that leave the device what it is. */
static void append_without_versions(char *key, size_t size, const char *text)
{
    size_t used = strlen(key);
    for (const char *c = text; *c && used + 1 < size;) {
        bool start = c == text || !isalnum((unsigned char)c[-1]);
        if (start && is_version(c)) {
            c += strcspn(c, " ,)");
        } else {
            key[used++] = *c++;
        }
    }
    key[used] = '\0';
}

static bool has_word(const struct device_traits *traits, const char *word)
{
    return strstr(traits->name, word) != NULL || strstr(traits->platform, word) != NULL;
}

static int vector_width(cl_device_id id, const struct device_traits *traits)
{
    cl_uint native = ask_uint(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
    int width = 16;
    while (width > 1 && (cl_uint)width > native) width /= 2;
    bool llvmpipe = has_word(traits, "llvmpipe"); /* takes vectors apart: they gain nothing */
    return width == 1 && !llvmpipe ? 4 : width;
}

void traits_read(struct scan_entry *entry)
{
    cl_device_id id = entry->id;
    struct device_traits *traits = &entry->info.traits;
    cl_device_type type = 0;
    ask(id, CL_DEVICE_TYPE, &type, sizeof type);
    char platform[1024] = "";
    if (clGetPlatformInfo(entry->platform, CL_PLATFORM_NAME, sizeof platform - 1, platform, NULL) !=
        CL_SUCCESS) {
        platform[0] = '\0';
    }
    copy_trimmed(traits->platform, sizeof traits->platform, platform);
    ask_text(id, CL_DEVICE_NAME, traits->name, sizeof traits->name);
    ask_text(id, CL_DRIVER_VERSION, traits->driver, sizeof traits->driver);
    append_without_versions(traits->key, sizeof traits->key - 1, traits->platform);
    size_t used = strlen(traits->key);
    snprintf(traits->key + used, sizeof traits->key - used, "/");
    append_without_versions(traits->key, sizeof traits->key, traits->name);

    bool llvmpipe = has_word(traits, "llvmpipe"), oclgrind = has_word(traits, "Oclgrind");
    traits->emulator = llvmpipe || oclgrind || has_word(traits, "FPGA Emulation");
    traits->cpu = ((type & CL_DEVICE_TYPE_CPU) || traits->emulator) && !llvmpipe;
    traits->loop_limit = llvmpipe ? 65535 : UINT64_MAX;
    traits->compute_units = (int)ask_uint(id, CL_DEVICE_MAX_COMPUTE_UNITS);
    traits->clock_mhz = (int)ask_uint(id, CL_DEVICE_MAX_CLOCK_FREQUENCY);
    traits->vector_width = vector_width(id, traits);
    traits->memory_bytes = ask_ulong(id, CL_DEVICE_GLOBAL_MEM_SIZE);
    traits->largest_buffer = ask_ulong(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    traits->local_bytes = ask_ulong(id, CL_DEVICE_LOCAL_MEM_SIZE);
    ask(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, &traits->largest_group, sizeof(size_t));
}

/* "" or what is missing. */
static void find_obstacle(const struct scan_entry *entry, char *why, size_t size)
{
    cl_device_id id = entry->id;
    char version[128], profile[64];
    int major = 0, minor = 0;
    cl_device_type type = 0;
    ask(id, CL_DEVICE_TYPE, &type, sizeof type);
    ask_text(id, CL_DEVICE_VERSION, version, sizeof version);
    ask_text(id, CL_DEVICE_PROFILE, profile, sizeof profile);
    unsigned alignment = ask_uint(id, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    if (sscanf(version, "OpenCL %d.%d", &major, &minor) != 2 || major * 10 + minor < 12) {
        snprintf(why, size, "it says '%s', OpenCL 1.2 is needed: update its driver", version);
    } else if (type == CL_DEVICE_TYPE_CUSTOM) {
        snprintf(why, size, "a custom device: it runs built-in kernels only");
    } else if (!ask_bool(id, CL_DEVICE_AVAILABLE)) {
        snprintf(why, size, "the driver says that it is not available: end what holds it");
    } else if (!ask_bool(id, CL_DEVICE_COMPILER_AVAILABLE)) {
        snprintf(why, size, "no OpenCL C compiler: install the driver's compiler package");
    } else if (!ask_bool(id, CL_DEVICE_ENDIAN_LITTLE)) {
        snprintf(why, size, "big-endian: files and kernels are made for little-endian devices");
    } else if (strcmp(profile, "EMBEDDED_PROFILE") == 0) {
        snprintf(why, size, "embedded profile: its arithmetic is too inexact and has no 'long'");
    } else if (alignment > BUFFER_ALIGNMENT) {
        snprintf(why, size, "parts of buffers must be aligned to %u bytes, more than %d", alignment,
                 (int)BUFFER_ALIGNMENT);
    } else if (entry->info.traits.largest_group == 0 || entry->info.traits.largest_buffer == 0) {
        snprintf(why, size, "its driver does not tell its limits: update or reinstall it");
    }
}

void traits_judge(struct scan_entry *entry)
{
    const struct device_traits *traits = &entry->info.traits;
    cl_device_type type = 0;
    ask(entry->id, CL_DEVICE_TYPE, &type, sizeof type);
    entry->info.why_not[0] = '\0';
    find_obstacle(entry, entry->info.why_not, sizeof entry->info.why_not);
    if (entry->info.why_not[0]) {
        entry->class = RANK_UNUSABLE;
    } else if (traits->emulator || strcmp(traits->platform, "Clover") == 0) {
        entry->class = RANK_EMULATOR;
    } else if (!(type & CL_DEVICE_TYPE_GPU)) {
        entry->class = RANK_CPU;
    } else {
        bool shared = ask_bool(entry->id, CL_DEVICE_HOST_UNIFIED_MEMORY);
        entry->class = shared ? RANK_SHARED_GPU : RANK_GPU;
    }
}

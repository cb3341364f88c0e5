/* Finding devices, ranking them, and choosing one by what the user says. */
#include "runtime/internal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { CL_PLATFORM_NOT_FOUND = -1001 }; /* CL_PLATFORM_NOT_FOUND_KHR of CL/cl_ext.h */

/* ---- Scan ---- */

static void add_note(struct scan *scan, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_note(struct scan *scan, const char *format, ...)
{
    size_t used = strlen(scan->note);
    va_list arguments;
    va_start(arguments, format);
    if (used && used + 2 < sizeof scan->note) {
        memcpy(scan->note + used, "; ", 3);
        used += 2;
    }
    vsnprintf(scan->note + used, sizeof scan->note - used, format, arguments);
    va_end(arguments);
}

static void note_empty_platform(struct scan *scan, cl_platform_id platform, cl_uint number)
{
    char name[256] = "";
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL) != CL_SUCCESS) {
        snprintf(name, sizeof name, "without a name");
    }
    const char *hint = "";
    if (strstr(name, "rusticl")) {
        hint = " (RUSTICL_ENABLE=llvmpipe, or the name of your GPU's Mesa driver, switches it on)";
    }
    add_note(scan, "platform %u, %s, has no device%s", (unsigned)number, name, hint);
}

static int scan_platform(struct scan *scan, cl_platform_id platform, cl_uint number)
{
    int status = SAAE_OK;
    cl_device_id *ids = NULL;
    cl_uint count = 0;
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count);
    if (code != CL_SUCCESS || count == 0) {
        note_empty_platform(scan, platform, number);
        goto done;
    }
    TRY(memory_allocate(&ids, count, sizeof *ids));
    TRY_CL(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, ids, NULL),
           "cannot list the devices of OpenCL platform %u", (unsigned)number);
    for (cl_uint i = 0; i < count; i++) {
        TRY(memory_grow(&scan->entries, scan->count, &scan->capacity, sizeof *scan->entries));
        struct scan_entry *entry = &scan->entries[scan->count++];
        *entry = (struct scan_entry){.platform = platform, .id = ids[i]};
        snprintf(entry->info.traits.id, sizeof entry->info.traits.id, "%u:%u", (unsigned)number,
                 (unsigned)i);
        traits_read(entry);
        traits_judge(entry);
    }
done:
    free(ids);
    return status;
}

/* ---- Rank ---- */

/* Measurements count where all of the class have one: an estimate says nothing about them. */
static bool class_measured(const struct scan *scan, enum rank_class class)
{
    for (size_t i = 0; i < scan->count; i++) {
        if (scan->entries[i].class == class && !(scan->entries[i].info.gflops > 0)) return false;
    }
    return true;
}

static int rank_of(const struct scan *scan, const struct scan_entry *entry)
{
    const int step = 100000000;
    const struct device_traits *traits = &entry->info.traits;
    double clock = traits->clock_mhz > 0 ? traits->clock_mhz : 1000;
    double score = clock * traits->compute_units * traits->vector_width;
    if (class_measured(scan, entry->class)) score = entry->info.gflops * 10;
    if (!(score < step - 1)) score = step - 1;
    return (int)entry->class * step + (int)score;
}

static const struct scan_entry *best_of(const struct scan *scan,
                                        bool (*fits)(const struct scan_entry *, const char *),
                                        const char *wanted)
{
    const struct scan_entry *best = NULL;
    for (size_t i = 0; i < scan->count; i++) {
        const struct scan_entry *entry = &scan->entries[i];
        if (!fits(entry, wanted)) continue;
        if (!best || entry->info.rank > best->info.rank) best = entry;
    }
    return best;
}

static bool is_usable(const struct scan_entry *entry, const char *wanted)
{
    (void)wanted;
    return entry->class != RANK_UNUSABLE;
}

int scan_run(struct scan *scan)
{
    int status = SAAE_OK;
    cl_platform_id *platforms = NULL;
    cl_uint count = 0;
    *scan = (struct scan){0};
    topology_stand_in("/sys/devices/system/cpu");
    cl_int code = clGetPlatformIDs(0, NULL, &count);
    if (code == CL_PLATFORM_NOT_FOUND || (code == CL_SUCCESS && count == 0)) {
        add_note(scan, "no OpenCL driver is installed: 'apt install pocl-opencl-icd' for the CPU, "
                       "nvidia-opencl-icd, intel-opencl-icd or mesa-opencl-icd for a GPU; the "
                       "device 'reference' needs none");
        goto done;
    }
    TRY_CL(code, "cannot list the OpenCL platforms");
    TRY(memory_allocate(&platforms, count, sizeof *platforms));
    TRY_CL(clGetPlatformIDs(count, platforms, NULL), "cannot list the OpenCL platforms");
    for (cl_uint i = 0; i < count; i++) TRY(scan_platform(scan, platforms[i], i));
    measurements_apply(scan);
    for (size_t i = 0; i < scan->count; i++) {
        scan->entries[i].info.rank = rank_of(scan, &scan->entries[i]);
    }
    const struct scan_entry *best = best_of(scan, is_usable, NULL);
    if (best) scan->entries[best - scan->entries].info.chosen = true;
done:
    free(platforms);
    if (status != SAAE_OK) scan_free(scan);
    return status;
}

void scan_free(struct scan *scan)
{
    free(scan->entries);
    *scan = (struct scan){0};
}

int device_list(struct device_info **infos, int *count, char *note, size_t note_size)
{
    struct scan scan;
    struct device_info *list = NULL;
    int status = scan_run(&scan);
    if (status != SAAE_OK) return status;
    TRY(memory_allocate(&list, scan.count, sizeof *list));
    for (size_t i = 0; i < scan.count; i++) list[i] = scan.entries[i].info;
    if (note_size) snprintf(note, note_size, "%s", scan.note);
    *infos = list;
    *count = (int)scan.count;
done:
    scan_free(&scan);
    return status;
}

/* ---- Choice ---- */

static bool contains(const char *text, const char *part)
{
    size_t length = strlen(part);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == length) return true;
    }
    return false;
}

static bool fits_wanted(const struct scan_entry *entry, const char *wanted)
{
    const struct device_traits *traits = &entry->info.traits;
    bool on_host = traits->cpu || traits->emulator;
    if (strcmp(wanted, "cpu") == 0) return on_host;
    if (strcmp(wanted, "gpu") == 0) return !on_host;
    size_t number = strspn(wanted, "0123456789");
    if (number && wanted[number] == ':' && isdigit((unsigned char)wanted[number + 1])) {
        return strcmp(wanted, traits->id) == 0;
    }
    return contains(traits->name, wanted) || contains(traits->platform, wanted);
}

/* "0:0 NAME (PLATFORM), ..." or why there is nothing. */
static void describe_all(const struct scan *scan, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < scan->count && used < size; i++) {
        const struct device_traits *traits = &scan->entries[i].info.traits;
        int more = snprintf(text + used, size - used, "%s%s %s (%s)%s", i ? ", " : "there is ",
                            traits->id, traits->name, traits->platform,
                            scan->entries[i].class == RANK_UNUSABLE ? " [not usable]" : "");
        used += more > 0 ? (size_t)more : 0;
    }
    if (scan->note[0] && used < size) {
        snprintf(text + used, size - used, "%s%s", used ? "; " : "", scan->note);
    }
}

const struct scan_entry *scan_choose(const struct scan *scan, const char *wanted)
{
    char there[2048];
    bool any = !wanted || !wanted[0];
    const struct scan_entry *entry = best_of(scan, any ? is_usable : fits_wanted, wanted);
    if (entry && entry->class != RANK_UNUSABLE) return entry;
    describe_all(scan, there, sizeof there);
    if (entry) {
        const struct device_traits *traits = &entry->info.traits;
        status_set(SAAE_DEVICE, "device %s, %s, cannot be used: %s; %s", traits->id, traits->name,
                   entry->info.why_not, there);
    } else if (any) {
        status_set(SAAE_DEVICE, "no OpenCL device can be used: %s",
                   there[0] ? there : "there is none");
    } else {
        status_set(SAAE_DEVICE, "no OpenCL device matches '%s': %s", wanted,
                   there[0] ? there : "there is none");
    }
    return NULL;
}

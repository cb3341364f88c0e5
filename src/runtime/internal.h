/* What the files of this folder share. It and they alone see OpenCL. */
#ifndef SAAE_RUNTIME_INTERNAL_H
#define SAAE_RUNTIME_INTERNAL_H

#define CL_TARGET_OPENCL_VERSION          120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS /* clCreateCommandQueue, under newer headers */
#include <CL/cl.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "runtime/device.h"
#include "runtime/launch.h"

/* ---- Errors (errors.c) ---- */

/* "CL_OUT_OF_RESOURCES"; "unknown OpenCL error" for another value. CLBlast's codes too. */
const char *opencl_error_name(cl_int code);

/* Records "what: NAME (code); cure" and returns SAAE_DEVICE, or SAAE_MEMORY for codes that say that
 * memory ran out. */
int opencl_fault(cl_int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* TRY() for OpenCL calls: the text says what failed. */
#define TRY_CL(call, ...)                                                                          \
    do {                                                                                           \
        cl_int tried_code = (call);                                                                \
        if (tried_code != CL_SUCCESS) {                                                            \
            status = opencl_fault(tried_code, __VA_ARGS__);                                        \
            goto done;                                                                             \
        }                                                                                          \
    } while (0)

/* ---- Settings (settings.c) ---- */

const char *settings_kernel_folder(void); /* NULL: the sources in the binary */
bool settings_debug(void);

/* ---- Listing (traits.c, device_list.c) ---- */

/* Default devices come from the highest class there is; speed decides only within one. */
enum rank_class {
    RANK_UNUSABLE,
    RANK_EMULATOR,   /* Oclgrind, llvmpipe, FPGA emulators, and Clover, which is unmaintained */
    RANK_CPU,        /* and other accelerators */
    RANK_SHARED_GPU, /* works in the host's memory */
    RANK_GPU,
};

struct scan_entry {
    cl_platform_id platform;
    cl_device_id id;
    struct device_info info;
    enum rank_class class;
};

struct scan {
    struct scan_entry *entries;
    size_t count, capacity;
    char note[1024];
};

/* Fills platform, driver, name, key and the rest; what the driver does not say is 0 or "". */
void traits_read(struct scan_entry *entry);
/* Sets why_not and class. */
void traits_judge(struct scan_entry *entry);

/* Before the first OpenCL call: where `system_folder` ("/sys/devices/system/cpu") does not exist,
 * tells PoCL's hwloc by HWLOC_SYNTHETIC what it would read there (topology.c). */
void topology_stand_in(const char *system_folder);

int scan_run(struct scan *scan);
void scan_free(struct scan *scan);
/* The usable entry that device_open(wanted) would take, or NULL with the message recorded. */
const struct scan_entry *scan_choose(const struct scan *scan, const char *wanted);

/* ---- Measurements (measurements.c) ---- */

/* Sets gflops and gbs of the devices that were measured under the driver they have now. */
void measurements_apply(struct scan *scan);
int measurements_store(const struct device_traits *traits, double gflops, double gbs);

/* ---- Devices (device.c) ---- */

struct program;

enum { LABEL_SIZE = 160 }; /* of a launch's name in messages */

/* A write that the device may not have read yet (send.c). */
struct outgoing {
    void *copy;
    size_t room;   /* bytes at copy */
    cl_event sent; /* NULL: read */
};
enum { SENDS_AHEAD = 4 }; /* the host stays at most so many writes ahead of the device */

struct device {
    struct device_traits traits;
    cl_platform_id platform;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    size_t largest_item[3]; /* work-items in each dimension of a group */
    bool profiling;
    bool events; /* times of events agree with the clock: calibrated at opening */
    size_t allocated, allocated_peak;
    struct program *programs; /* built so far, the latest first */
    size_t unflushed;         /* launches since the last flush */
    /* Launches since the last device_finish, for the message of a fault found there. */
    char first_launch[LABEL_SIZE], last_launch[LABEL_SIZE];
    struct outgoing outgoing[SENDS_AHEAD];
    size_t sends;
    struct device_counts counts;
    /* Of oclgrind.c; nothing on other devices. */
    cl_kernel move_bytes, move_words;
    cl_mem stage, *released;
    size_t stage_bytes, released_count, released_capacity;
};

/* ---- Buffers (buffer.c) ---- */

struct buffer {
    struct device *device;
    cl_mem memory;
    size_t bytes;
    struct buffer *whole; /* the allocation that a view lies in; NULL for an allocation */
    size_t offset;        /* in that allocation */
    char what[48];
};

/* SAAE_DEVICE unless the bytes lie within the buffer. */
int buffer_check_range(const struct buffer *buffer, size_t offset, size_t bytes, const char *verb);

/* Releases what buffer_send keeps; the queue has run. */
void send_free(struct device *device);

/* What buffer.c does under Oclgrind (oclgrind.c); the ranges are checked and not empty. */
bool oclgrind_runs(const struct device *device);
int oclgrind_write(const struct buffer *target, size_t offset, const void *data, size_t bytes);
int oclgrind_fill(const struct buffer *target, uint32_t word, size_t bytes);
int oclgrind_copy(const struct buffer *target, size_t offset, const struct buffer *origin,
                  size_t at, size_t bytes);
/* Instead of releasing an allocation. */
void oclgrind_release(struct device *device, cl_mem memory);
void oclgrind_free(struct device *device);

/* ---- Programs (source.c, program.c, program_cache.c) ---- */

/* *text = cl/<stem>.cl with every #include "FILE" replaced by that file, once each, "made.clh" by
 * what `maker` (or NULL) makes for the options; released with free(). SAAE_DEVICE: there is no such
 * kernel file. */
int source_load(const char *stem, const char *options, launch_maker maker, char **text);

/* The program of a stem and its options, built now unless it was before. It belongs to the device.
 */
int program_get(struct device *device, const char *stem, const char *options, launch_maker maker,
                cl_program *program);
void program_free_all(struct device *device);

/* What a binary depends on; compared as a whole with the text in the entry. */
int program_cache_key(const struct device *device, const char *options, const char *source,
                      char **key);
/* *program = the cached program, built, or NULL when there is none or the entry is of no use. */
void program_cache_load(struct device *device, const char *stem, const char *options,
                        const char *key, cl_program *program);
/* Keeps the program's binary. A fault is logged: the program works all the same. */
void program_cache_store(struct device *device, const char *stem, const char *key,
                         cl_program program);
/* False where the driver keeps its own cache, or where none makes sense. */
bool program_cache_wanted(const struct device *device);

/* ---- Launches (launch.c, launch_run.c, product.c) ---- */

struct launch {
    cl_kernel kernel; /* NULL: a product */
    struct launch_product product;
    int owner;
    char label[LABEL_SIZE]; /* "conv2d_forward (conv1, node 3)" */
    size_t global[3], local[3];
    double seconds; /* over all profiled runs */
};

struct pending_event {
    cl_event event;
    size_t launch;
};

struct launch_list {
    struct device *device;
    struct launch *launches;
    size_t count, capacity;
    int owner; /* of the launches to come */
    char what[80];
    launch_maker maker; /* of their source */
    struct buffer **views;
    size_t view_count, view_capacity;
    struct pending_event *events; /* of launches whose time was not read yet */
    size_t event_count, event_capacity;
};

/* Adds a launch of the present owner with its label. */
int launch_list_append(struct launch_list *list, const char *name, struct launch **launch);

/* Enqueues a product; what CLBlast says. */
cl_int product_enqueue(struct device *device, const struct launch_product *product);
/* Releases the programs that CLBlast keeps, which hold on to the contexts of devices. */
void product_forget(void);

/* Compares event times with the wall clock and sets device->events. */
int profile_calibrate(struct device *device);

#endif

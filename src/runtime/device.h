/* Devices, memory on them, and the queue.
 *
 * Nothing here shows an OpenCL type: the rest of the program includes these headers in a build
 * without OpenCL too, where src/runtime/none.c answers every call with SAAE_DEVICE. */
#ifndef SAAE_RUNTIME_DEVICE_H
#define SAAE_RUNTIME_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct device;

/* What a device is and can do; fixed once it is open. */
struct device_traits {
    char id[24];    /* "P:D": platform and device numbers as the loader lists them */
    char name[128]; /* as the driver says, outer blanks removed */
    char platform[128];
    char driver[128]; /* driver version */
    char key[256];    /* names the device in caches: platform and name without versions */
    bool cpu;         /* work-items are loop iterations, not lanes (llvmpipe's are lanes) */
    bool emulator;    /* Oclgrind, llvmpipe, FPGA emulators: correct and slow */
    int compute_units;
    int clock_mhz;         /* 0: the driver does not say */
    int vector_width;      /* floats to handle at once: 1, 2, 4, 8 or 16. The native width as the
                              driver says; where a GPU or a CPU says 1: 4 (a 16-byte load) */
    size_t memory_bytes;   /* of the whole device */
    size_t largest_buffer; /* bytes in one allocation */
    size_t local_bytes;    /* local memory of a work-group */
    size_t largest_group;  /* work-items in a work-group; a kernel's own limit may be lower */
    uint64_t loop_limit;   /* iterations that one work-item may run; llvmpipe stops silently at
                              65,535, other devices have no limit (UINT64_MAX) */
};

/* One line of `saae devices`. `why_not` is empty when the device is usable, else it says what is
 * missing and the cure. rank: the higher, the better as a default. */
struct device_info {
    struct device_traits traits;
    char why_not[256];
    int rank;
    bool chosen;        /* what device_open(NULL or "") would take */
    double gflops, gbs; /* as device_measure kept them for this driver version; 0: not measured */
};

/* Lists the devices of all platforms in the loader's order; *infos is released with free().
 * *note explains an empty or shortened list (a platform without devices, no ICD at all) with the
 * cure; it is empty otherwise. Not an error when there is nothing: *count is 0. */
int device_list(struct device_info **infos, int *count, char *note, size_t note_size);

/* Opens one. `wanted`: "P:D", part of a name or platform (any case), "cpu", "gpu", or NULL or ""
 * for the highest rank; of several that match, the usable one of the highest rank. SAAE_DEVICE,
 * with the list of what there is: none matches, not usable. profiling: keep the time of each launch
 * (launch_list_times). */
int device_open(struct device **device, const char *wanted, bool profiling);
/* Accepts NULL. Buffers and lists of the device must be gone. */
void device_close(struct device *device);

const struct device_traits *device_traits(const struct device *device);
/* Makes the traits those of a GPU (lanes in groups, vectors of at most 4), so that the launches
 * and barriers meant for GPUs can be verified on a CPU. Call before anything is launched. */
void device_treat_as_gpu(struct device *device);
/* Makes the traits those of a device with vectors of `floats`: 1, 2, 4, 8 or 16. So one machine can
 * verify what narrower ones will run. Call before anything is launched. */
void device_set_vector_width(struct device *device, int floats);
bool device_profiling(const struct device *device);

/* Waits until everything queued has run. SAAE_DEVICE: a launch failed. The message names it after
 * device_set_debug(true), else the first and the last launch that it may be. */
int device_finish(struct device *device);
/* Hands queued work to the device without waiting. */
int device_flush(struct device *device);

/* Where OpenCL programs and measurements are kept between runs; "" keeps none. The folder is made
 * when first needed. Call before device_open. */
void device_set_cache_folder(const char *folder);
const char *device_cache_folder(void); /* as set; "" when nothing is kept */
/* Takes cl/ sources from this folder instead of those in the binary; NULL: the binary's. */
void device_set_kernel_folder(const char *folder);
/* Of all kernel sources in the binary; 0 where they come from a folder. */
uint64_t device_kernels_checksum(void);
/* true: wait after each launch of every device, so that a fault names its launch. Slow. */
void device_set_debug(bool debug);

/* Measures what the device gives: *gflops from multiply-adds between registers, *gbs (bytes read
 * plus bytes written) from copying a buffer too large for the caches; medians of several runs on
 * the wall clock, about a second. Both are kept in the cache folder, for device_list. */
int device_measure(struct device *device, double *gflops, double *gbs);

/* Bytes allocated on the device by buffers that exist now, and the most there ever were. */
size_t device_allocated(const struct device *device);
size_t device_allocated_peak(const struct device *device);

/* What costs time in a loop over recorded launches. */
struct device_counts {
    size_t objects; /* buffers, views, programs and kernels made */
    size_t waits;   /* for all that was queued: device_finish, buffer_write, buffer_read */
};
struct device_counts device_counts(const struct device *device);

/* A range of device memory: an allocation, or a view into one. */
struct buffer;

/* Bytes; every view starts at a multiple. A device that wants more is not usable. */
enum { BUFFER_ALIGNMENT = 512 };

/* `what` names the buffer in messages and is copied. bytes 0 is made 4. The content is undefined.
 * SAAE_MEMORY: more than the device has, or than it takes in one buffer. */
int buffer_create(struct buffer **buffer, struct device *device, size_t bytes, const char *what);
/* bytes (0 is made 4) from `offset`, a multiple of BUFFER_ALIGNMENT, of `whole`, which must outlive
 * the view and may be a view itself. SAAE_DEVICE: out of range. */
int buffer_view(struct buffer **buffer, struct buffer *whole, size_t offset, size_t bytes);
void buffer_free(struct buffer *buffer); /* accepts NULL */
size_t buffer_bytes(const struct buffer *buffer);

/* Queued in order with launches. A write returns when `data` may be reused; a read when `data`
 * holds the result (it waits for all that was queued before). SAAE_DEVICE: out of range. */
int buffer_write(struct buffer *buffer, size_t offset, const void *data, size_t bytes);
int buffer_read(struct buffer *buffer, size_t offset, void *data, size_t bytes);
/* As buffer_write, but from a copy of `data`: waits for nothing that was queued, only until the
 * device has begun to catch up with what was sent before. */
int buffer_send(struct buffer *buffer, size_t offset, const void *data, size_t bytes);
/* Every 32-bit word of the buffer becomes `word`; a tail below 4 bytes gets its first bytes. */
int buffer_fill(struct buffer *buffer, uint32_t word);
/* Copies bytes inside the device; the two ranges must not overlap. */
int buffer_copy(struct buffer *target, size_t target_offset, struct buffer *source,
                size_t source_offset, size_t bytes);

#endif

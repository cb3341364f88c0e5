/* Buffers under Oclgrind, so that its search for uninitialised values can be trusted.
 *
 * Oclgrind 21.10 books what the host fills, or writes, copies or maps at an offset, to the wrong
 * addresses, and then reports every kernel that reads it. What kernels write it books right: here a
 * kernel moves the bytes. And it takes a new buffer at the address of a released one to have the
 * released one's size: here nothing is released before the device is closed. */
#include "runtime/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char source[] =
    "kernel void move_bytes(global const uchar *from, const long at, global uchar *to,\n"
    "                       const long offset)\n"
    "{\n"
    "    to[offset + get_global_id(0)] = from[at + get_global_id(0)];\n"
    "}\n"
    "kernel void move_words(global const uint *from, const long at, global uint *to,\n"
    "                       const long offset)\n"
    "{\n"
    "    to[offset + get_global_id(0)] = from[at + get_global_id(0)];\n"
    "}\n";

bool oclgrind_runs(const struct device *device)
{
    return strcmp(device->traits.platform, "Oclgrind") == 0;
}

static int build_movers(struct device *device)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    const char *text = source;
    cl_program program = clCreateProgramWithSource(device->context, 1, &text, NULL, &code);
    TRY_CL(code, "cannot make a program that moves bytes");
    TRY_CL(clBuildProgram(program, 1, &device->id, "-cl-std=CL1.2", NULL, NULL),
           "cannot build a program that moves bytes");
    device->move_bytes = clCreateKernel(program, "move_bytes", &code);
    TRY_CL(code, "cannot make a kernel that moves bytes");
    device->move_words = clCreateKernel(program, "move_words", &code);
    TRY_CL(code, "cannot make a kernel that moves words");
done:
    if (program) clReleaseProgram(program);
    return status;
}

void oclgrind_release(struct device *device, cl_mem memory)
{
    if (memory_grow(&device->released, device->released_count, &device->released_capacity,
                    sizeof(cl_mem)) != SAAE_OK) {
        return; /* it stays allocated: a leak in a simulator that is about to end */
    }
    device->released[device->released_count++] = memory;
}

/* At least so many bytes from which a kernel moves them on. */
static int find_stage(struct device *device, size_t bytes)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    size_t size = device->stage_bytes ? device->stage_bytes : 4096;
    if (bytes <= device->stage_bytes) return SAAE_OK;
    while (size < bytes) size *= 2;
    if (device->stage) oclgrind_release(device, device->stage);
    device->stage_bytes = 0;
    device->stage = clCreateBuffer(device->context, CL_MEM_READ_ONLY, size, NULL, &code);
    TRY_CL(code, "cannot stage %zu bytes", size);
    device->stage_bytes = size;
done:
    return status;
}

void oclgrind_free(struct device *device)
{
    for (size_t i = 0; i < device->released_count; i++) clReleaseMemObject(device->released[i]);
    free(device->released);
    if (device->stage) clReleaseMemObject(device->stage);
    if (device->move_bytes) clReleaseKernel(device->move_bytes);
    if (device->move_words) clReleaseKernel(device->move_words);
}

static int move(struct device *device, cl_mem from, size_t at, cl_mem to, size_t offset,
                size_t bytes)
{
    int status = SAAE_OK;
    if (!device->move_words) TRY(build_movers(device));
    size_t unit = (at | offset | bytes) % sizeof(cl_uint) == 0 ? sizeof(cl_uint) : 1;
    cl_kernel kernel = unit == 1 ? device->move_bytes : device->move_words;
    cl_long first = (cl_long)(at / unit), target = (cl_long)(offset / unit);
    size_t items = bytes / unit;
    cl_int code = clSetKernelArg(kernel, 0, sizeof from, &from);
    if (code == CL_SUCCESS) code = clSetKernelArg(kernel, 1, sizeof first, &first);
    if (code == CL_SUCCESS) code = clSetKernelArg(kernel, 2, sizeof to, &to);
    if (code == CL_SUCCESS) code = clSetKernelArg(kernel, 3, sizeof target, &target);
    TRY_CL(code, "cannot set the arguments of a kernel that moves bytes");
    TRY_CL(clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL),
           "cannot move %zu bytes", bytes);
    TRY_CL(clFinish(device->queue), "cannot move %zu bytes", bytes);
done:
    return status;
}

int oclgrind_copy(const struct buffer *target, size_t offset, const struct buffer *origin,
                  size_t at, size_t bytes)
{
    return move(origin->device, origin->whole ? origin->whole->memory : origin->memory,
                origin->offset + at, target->whole ? target->whole->memory : target->memory,
                target->offset + offset, bytes);
}

int oclgrind_write(const struct buffer *target, size_t offset, const void *data, size_t bytes)
{
    int status = SAAE_OK;
    struct device *device = target->device;
    cl_mem whole = target->whole ? target->whole->memory : target->memory;
    TRY(find_stage(device, bytes));
    TRY_CL(
        clEnqueueWriteBuffer(device->queue, device->stage, CL_TRUE, 0, bytes, data, 0, NULL, NULL),
        "cannot stage %zu bytes for %s", bytes, target->what);
    TRY(move(device, device->stage, 0, whole, target->offset + offset, bytes));
done:
    return status;
}

int oclgrind_fill(const struct buffer *target, uint32_t word, size_t bytes)
{
    uint32_t *words = NULL;
    int status = memory_allocate(&words, bytes, 1);
    if (status != SAAE_OK) return status;
    for (size_t i = 0; i < bytes / sizeof word; i++) words[i] = word;
    status = oclgrind_write(target, 0, words, bytes);
    free(words);
    return status;
}

/* Programs: built once for each (stem, options) of a device. */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct program {
    char *stem, *options;
    cl_program program;
    struct program *next;
};

/* Arguments are compared with the kernel's by what the second option makes the compiler keep.
 * CACHES (cl/common.clh): emulators of CPUs know no built-in functions of compilers. */
static const char *options_always(const struct device *device)
{
    return device->traits.cpu && !device->traits.emulator
               ? "-cl-std=CL1.2 -cl-kernel-arg-info -DCACHES=1"
               : "-cl-std=CL1.2 -cl-kernel-arg-info";
}

static int build_fault(struct device *device, const char *stem, const char *options,
                       cl_program program, cl_int code)
{
    enum { LOG_SIZE = 4096 }; /* the first error is in the head; all of a log can be megabytes */
    size_t size = 0;
    char *log = NULL;
    clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    if (memory_allocate(&log, size + 1, 1) != SAAE_OK) return SAAE_MEMORY;
    clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
    int status = status_set(SAAE_DEVICE, "cl/%s.cl does not build on %s with '%s': %s (%d)\n%.*s%s",
                            stem, device->traits.name, options, opencl_error_name(code), (int)code,
                            (int)LOG_SIZE, log, strlen(log) > LOG_SIZE ? "\n..." : "");
    free(log);
    return status;
}

static int build_source(struct device *device, const char *stem, const char *options,
                        const char *source, cl_program *program)
{
    int status = SAAE_OK;
    cl_int code = CL_SUCCESS;
    cl_program made = clCreateProgramWithSource(device->context, 1, &source, NULL, &code);
    TRY_CL(code, "cannot make a program of cl/%s.cl", stem);
    code = clBuildProgram(made, 1, &device->id, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        status = build_fault(device, stem, options, made, code);
        goto done;
    }
    *program = made;
    made = NULL;
done:
    if (made) clReleaseProgram(made);
    return status;
}

/* From the cache on disk, else from the source. */
static int build(struct device *device, const char *stem, const char *options, launch_maker maker,
                 cl_program *program)
{
    int status = SAAE_OK;
    char *source = NULL, *key = NULL;
    bool cached = program_cache_wanted(device);
    TRY(source_load(stem, options, maker, &source));
    if (cached) {
        TRY(program_cache_key(device, options, source, &key));
        program_cache_load(device, stem, options, key, program);
        if (*program) goto done;
    }
    TRY(build_source(device, stem, options, source, program));
    if (cached) program_cache_store(device, stem, key, *program);
done:
    free(source);
    free(key);
    return status;
}

static void program_free(struct program *program)
{
    if (!program) return;
    if (program->program) clReleaseProgram(program->program);
    free(program->stem);
    free(program->options);
    free(program);
}

int program_get(struct device *device, const char *stem, const char *options, launch_maker maker,
                cl_program *program)
{
    int status = SAAE_OK;
    struct program *made = NULL;
    const char *always = options_always(device);
    const size_t own = strlen(always) + 1;
    if (!options) options = "";
    for (struct program *p = device->programs; p; p = p->next) {
        if (strcmp(p->stem, stem) == 0 && strcmp(p->options + own, options) == 0) {
            *program = p->program;
            return SAAE_OK;
        }
    }
    TRY(memory_allocate(&made, 1, sizeof *made));
    TRY(memory_copy_text(&made->stem, stem));
    size_t size = own + strlen(options) + 1;
    TRY(memory_allocate(&made->options, size, 1));
    snprintf(made->options, size, "%s %s", always, options);
    TRY(build(device, stem, made->options, maker, &made->program));
    device->counts.objects++;
    made->next = device->programs;
    device->programs = made;
    *program = made->program;
    made = NULL;
done:
    program_free(made);
    return status;
}

void program_free_all(struct device *device)
{
    while (device->programs) {
        struct program *next = device->programs->next;
        program_free(device->programs);
        device->programs = next;
    }
}

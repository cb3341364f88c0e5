#include "runtime/internal.h"

#include <stdarg.h>
#include <stdio.h>

static const char less_memory[] =
    "the device's memory is full: use smaller batches, or end other programs that use it";
static const char lost_device[] =
    "if it comes again, switch on the debug mode (SAAE_DEBUG=1), which names the launch";

/* The codes of CL/cl.h up to OpenCL 1.2, of the loader, and of CLBlast 1.5 (clblast_c.h), where
 * they differ from OpenCL's. By number, so that neither header's version matters. */
static const struct {
    cl_int code;
    const char *name, *cure;
} errors[] = {
    {0, "CL_SUCCESS", NULL},
    {-1, "CL_DEVICE_NOT_FOUND", NULL},
    {-2, "CL_DEVICE_NOT_AVAILABLE", "another program may hold the device"},
    {-3, "CL_COMPILER_NOT_AVAILABLE", "the driver lacks its compiler: install it whole"},
    {-4, "CL_MEM_OBJECT_ALLOCATION_FAILURE", less_memory},
    {-5, "CL_OUT_OF_RESOURCES", lost_device},
    {-6, "CL_OUT_OF_HOST_MEMORY", less_memory},
    {-7, "CL_PROFILING_INFO_NOT_AVAILABLE", NULL},
    {-8, "CL_MEM_COPY_OVERLAP", NULL},
    {-9, "CL_IMAGE_FORMAT_MISMATCH", NULL},
    {-10, "CL_IMAGE_FORMAT_NOT_SUPPORTED", NULL},
    {-11, "CL_BUILD_PROGRAM_FAILURE", NULL},
    {-12, "CL_MAP_FAILURE", NULL},
    {-13, "CL_MISALIGNED_SUB_BUFFER_OFFSET", NULL},
    {-14, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST", lost_device},
    {-15, "CL_COMPILE_PROGRAM_FAILURE", NULL},
    {-16, "CL_LINKER_NOT_AVAILABLE", NULL},
    {-17, "CL_LINK_PROGRAM_FAILURE", NULL},
    {-18, "CL_DEVICE_PARTITION_FAILED", NULL},
    {-19, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE", NULL},
    {-30, "CL_INVALID_VALUE", NULL},
    {-31, "CL_INVALID_DEVICE_TYPE", NULL},
    {-32, "CL_INVALID_PLATFORM", NULL},
    {-33, "CL_INVALID_DEVICE", NULL},
    {-34, "CL_INVALID_CONTEXT", NULL},
    {-35, "CL_INVALID_QUEUE_PROPERTIES", NULL},
    {-36, "CL_INVALID_COMMAND_QUEUE", lost_device},
    {-37, "CL_INVALID_HOST_PTR", NULL},
    {-38, "CL_INVALID_MEM_OBJECT", NULL},
    {-39, "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR", NULL},
    {-40, "CL_INVALID_IMAGE_SIZE", NULL},
    {-41, "CL_INVALID_SAMPLER", NULL},
    {-42, "CL_INVALID_BINARY", NULL},
    {-43, "CL_INVALID_BUILD_OPTIONS", NULL},
    {-44, "CL_INVALID_PROGRAM", NULL},
    {-45, "CL_INVALID_PROGRAM_EXECUTABLE", NULL},
    {-46, "CL_INVALID_KERNEL_NAME", NULL},
    {-47, "CL_INVALID_KERNEL_DEFINITION", NULL},
    {-48, "CL_INVALID_KERNEL", NULL},
    {-49, "CL_INVALID_ARG_INDEX", NULL},
    {-50, "CL_INVALID_ARG_VALUE", NULL},
    {-51, "CL_INVALID_ARG_SIZE", NULL},
    {-52, "CL_INVALID_KERNEL_ARGS", NULL},
    {-53, "CL_INVALID_WORK_DIMENSION", NULL},
    {-54, "CL_INVALID_WORK_GROUP_SIZE", NULL},
    {-55, "CL_INVALID_WORK_ITEM_SIZE", NULL},
    {-56, "CL_INVALID_GLOBAL_OFFSET", NULL},
    {-57, "CL_INVALID_EVENT_WAIT_LIST", NULL},
    {-58, "CL_INVALID_EVENT", NULL},
    {-59, "CL_INVALID_OPERATION", NULL},
    {-60, "CL_INVALID_GL_OBJECT", NULL},
    {-61, "CL_INVALID_BUFFER_SIZE", NULL},
    {-62, "CL_INVALID_MIP_LEVEL", NULL},
    {-63, "CL_INVALID_GLOBAL_WORK_SIZE", NULL},
    {-64, "CL_INVALID_PROPERTY", NULL},
    {-65, "CL_INVALID_IMAGE_DESCRIPTOR", NULL},
    {-66, "CL_INVALID_COMPILER_OPTIONS", NULL},
    {-67, "CL_INVALID_LINKER_OPTIONS", NULL},
    {-68, "CL_INVALID_DEVICE_PARTITION_COUNT", NULL},
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR", NULL},
    {-1007, "CLBlastInsufficientMemoryY", NULL},
    {-1008, "CLBlastInsufficientMemoryX", NULL},
    {-1009, "CLBlastInsufficientMemoryC", NULL},
    {-1010, "CLBlastInsufficientMemoryB", NULL},
    {-1011, "CLBlastInsufficientMemoryA", NULL},
    {-1012, "CLBlastInvalidIncrementY", NULL},
    {-1013, "CLBlastInvalidIncrementX", NULL},
    {-1014, "CLBlastInvalidLeadDimC", NULL},
    {-1015, "CLBlastInvalidLeadDimB", NULL},
    {-1016, "CLBlastInvalidLeadDimA", NULL},
    {-1017, "CLBlastInvalidDimension", NULL},
    {-1018, "CLBlastInvalidVectorY", NULL},
    {-1019, "CLBlastInvalidVectorX", NULL},
    {-1020, "CLBlastInvalidMatrixC", NULL},
    {-1021, "CLBlastInvalidMatrixB", NULL},
    {-1022, "CLBlastInvalidMatrixA", NULL},
    {-1024, "CLBlastNotImplemented", NULL},
    {-2039, "CLBlastUnexpectedError", NULL},
    {-2040, "CLBlastUnknownError", NULL},
    {-2041, "CLBlastDatabaseError", NULL},
    {-2042, "CLBlastInsufficientMemoryScalar", NULL},
    {-2043, "CLBlastInvalidVectorScalar", NULL},
    {-2044, "CLBlastNoDoublePrecision", NULL},
    {-2045, "CLBlastNoHalfPrecision", NULL},
    {-2046, "CLBlastInvalidLocalMemUsage", NULL},
    {-2047, "CLBlastMissingOverrideParameter", NULL},
    {-2048, "CLBlastInvalidOverrideKernel", NULL},
    {-2049, "CLBlastInvalidBatchCount", NULL},
    {-2050, "CLBlastInsufficientMemoryTemp", NULL},
};
static const size_t error_count = sizeof errors / sizeof errors[0];

static size_t find_error(cl_int code)
{
    size_t i = 0;
    while (i < error_count && errors[i].code != code) i++;
    return i;
}

const char *opencl_error_name(cl_int code)
{
    size_t i = find_error(code);
    return i < error_count ? errors[i].name : "unknown OpenCL error";
}

int opencl_fault(cl_int code, const char *format, ...)
{
    char what[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    size_t i = find_error(code);
    const char *cure = i < error_count ? errors[i].cure : NULL;
    return status_set(cure == less_memory ? SAAE_MEMORY : SAAE_DEVICE, "%s: %s (%d)%s%s", what,
                      opencl_error_name(code), (int)code, cure ? "; " : "", cure ? cure : "");
}

/* Built programs on disk, so that the second start is quick.
 *
 * An entry is  MAGIC, key length, binary length, checksum of the binary (64-bit little-endian each
 * after the magic), key text, binary.  The key text is compared as a whole; the checksum is there
 * because drivers crash on damaged binaries. Whatever is wrong with an entry, the program is built
 * from its source and the entry written anew. */
#include "runtime/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"

static const char magic[8] = {'S', 'A', 'A', 'E', 'C', 'L', '0', '1'};

struct header {
    char magic[8];
    uint64_t key_bytes, binary_bytes, checksum;
};

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) hash = (hash ^ byte[i]) * 1099511628211u;
    return hash;
}

bool program_cache_wanted(const struct device *device)
{
    const char *platform = device->traits.platform;
    if (!device_cache_folder()[0]) return false;
    /* These two keep their own, which know better what a binary depends on; Oclgrind's reports
     * need the source. */
    return !strstr(platform, "Portable Computing Language") && !strstr(platform, "NVIDIA") &&
           !strstr(platform, "Oclgrind");
}

int program_cache_key(const struct device *device, const char *options, const char *source,
                      char **key)
{
    const struct device_traits *traits = &device->traits;
    char version[256] = "";
    if (clGetDeviceInfo(device->id, CL_DEVICE_VERSION, sizeof version - 1, version, NULL) !=
        CL_SUCCESS) {
        version[0] = '\0';
    }
    static const char format[] = "platform %s\ndevice %s\nversion %s\ndriver %s\noptions %s\n%s";
    int length = snprintf(NULL, 0, format, traits->platform, traits->name, version, traits->driver,
                          options, source);
    size_t size = (size_t)length + 1;
    int status = memory_allocate(key, size, 1);
    if (status == SAAE_OK) {
        snprintf(*key, size, format, traits->platform, traits->name, version, traits->driver,
                 options, source);
    }
    return status;
}

static int entry_path(const char *stem, const char *key, char **folder, char **path)
{
    char name[128];
    int status = file_join(folder, device_cache_folder(), "programs");
    if (status != SAAE_OK) return status;
    snprintf(name, sizeof name, "%.64s-%016" PRIx64 ".bin", stem, hash_bytes(key, strlen(key)));
    return file_join(path, *folder, name);
}

/* The binary within an entry, or NULL. */
static const uint8_t *check_entry(const uint8_t *entry, size_t size, const char *key,
                                  size_t *binary_bytes)
{
    struct header header;
    if (size < sizeof header) return NULL;
    memcpy(&header, entry, sizeof header);
    size_t rest = size - sizeof header, key_bytes = strlen(key);
    if (memcmp(header.magic, magic, sizeof magic) != 0 || header.key_bytes != key_bytes ||
        key_bytes > rest || header.binary_bytes != rest - key_bytes || header.binary_bytes == 0) {
        return NULL;
    }
    const uint8_t *binary = entry + sizeof header + key_bytes;
    *binary_bytes = rest - key_bytes;
    if (memcmp(entry + sizeof header, key, key_bytes) != 0) return NULL;
    return hash_bytes(binary, *binary_bytes) == header.checksum ? binary : NULL;
}

void program_cache_load(struct device *device, const char *stem, const char *options,
                        const char *key, cl_program *program)
{
    char *folder = NULL, *path = NULL;
    uint8_t *entry = NULL;
    size_t size = 0, bytes = 0;
    *program = NULL;
    if (entry_path(stem, key, &folder, &path) != SAAE_OK || !file_exists(path)) goto done;
    if (file_read(path, &entry, &size) != SAAE_OK) goto done;
    const uint8_t *binary = check_entry(entry, size, key, &bytes);
    if (!binary) {
        log_warning("'%s' is damaged: cl/%s.cl is built again", path, stem);
        goto done;
    }
    cl_int code = CL_SUCCESS, accepted = CL_SUCCESS;
    cl_program made = clCreateProgramWithBinary(device->context, 1, &device->id, &bytes, &binary,
                                                &accepted, &code);
    if (code == CL_SUCCESS && accepted == CL_SUCCESS &&
        clBuildProgram(made, 1, &device->id, options, NULL, NULL) == CL_SUCCESS) {
        *program = made;
        made = NULL;
    }
    if (code == CL_SUCCESS && made) clReleaseProgram(made);
done:
    free(entry);
    free(folder);
    free(path);
}

static int get_binary(cl_program program, uint8_t **binary, size_t *bytes)
{
    int status = SAAE_OK;
    *binary = NULL;
    TRY_CL(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *bytes, bytes, NULL),
           "the driver does not give a program's binary");
    if (*bytes == 0) FAIL(SAAE_DEVICE, "the driver gives an empty binary");
    TRY(memory_allocate(binary, *bytes, 1));
    TRY_CL(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof *binary, binary, NULL),
           "the driver does not give a program's binary");
done:
    return status;
}

static int store(const char *stem, const char *key, cl_program program)
{
    int status = SAAE_OK;
    char *folder = NULL, *path = NULL;
    uint8_t *binary = NULL;
    size_t bytes = 0;
    struct file_writer writer = {0};
    TRY(get_binary(program, &binary, &bytes));
    TRY(entry_path(stem, key, &folder, &path));
    TRY(file_make_folder(folder));
    struct header header = {
        .key_bytes = strlen(key), .binary_bytes = bytes, .checksum = hash_bytes(binary, bytes)};
    memcpy(header.magic, magic, sizeof magic);
    TRY(file_begin(&writer, path));
    TRY(file_append(&writer, &header, sizeof header));
    TRY(file_append(&writer, key, strlen(key)));
    TRY(file_append(&writer, binary, bytes));
    TRY(file_commit(&writer));
done:
    file_abandon(&writer);
    free(binary);
    free(folder);
    free(path);
    return status;
}

void program_cache_store(struct device *device, const char *stem, const char *key,
                         cl_program program)
{
    static bool warned; /* once is enough: the folder will not be better for the next program */
    (void)device;
    if (store(stem, key, program) == SAAE_OK || warned) return;
    warned = true;
    log_warning("built programs are not kept: %s", saae_message());
}

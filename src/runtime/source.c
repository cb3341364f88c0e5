/* Kernel sources, from the binary or from a folder.
 *
 * Includes are put in place here rather than by the driver: it works the same with sources inside
 * the binary, and the text that names a program in the cache is all that the program is made of. */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/memory.h"
#include "runtime/embedded.h"

enum { INCLUDES_MAX = 16, NAME_SIZE = 64 };

static const char made_name[] = "made.clh";

struct assembly {
    const char *options;
    launch_maker maker;
    char *text;
    size_t used, capacity;
    char included[INCLUDES_MAX][NAME_SIZE];
    int included_count;
};

static int append(struct assembly *assembly, const char *text, size_t length)
{
    size_t wanted = assembly->used + length + 1;
    if (!assembly->text || wanted > assembly->capacity) {
        char *grown = realloc(assembly->text, wanted * 2);
        if (!grown) return status_set(SAAE_MEMORY, "out of memory: %zu bytes of source", wanted);
        assembly->text = grown;
        assembly->capacity = wanted * 2;
    }
    memcpy(assembly->text + assembly->used, text, length);
    assembly->used += length;
    assembly->text[assembly->used] = '\0';
    return SAAE_OK;
}

/* *held is what to free, NULL for text inside the binary. */
static int find_file(const struct assembly *assembly, const char *name, const char **text,
                     char **held)
{
    int status = SAAE_OK;
    const char *folder = settings_kernel_folder();
    char *path = NULL;
    if (assembly->maker && strcmp(name, made_name) == 0) {
        TRY(assembly->maker(assembly->options, held));
        *text = *held;
        goto done;
    }
    if (folder) {
        uint8_t *bytes = NULL;
        size_t size = 0;
        TRY(file_join(&path, folder, name));
        TRY(file_read(path, &bytes, &size));
        *text = *held = (char *)bytes;
        goto done;
    }
    for (int i = 0; i < embedded_kernel_count; i++) {
        if (strcmp(embedded_kernels[i].name, name) == 0) {
            *text = embedded_kernels[i].text;
            goto done;
        }
    }
    FAIL(SAAE_DEVICE, "this program holds no kernel file '%s'", name);
done:
    free(path);
    return status;
}

/* The file that the line includes; false for any other line and for <...>. */
static bool parse_include(const char *line, size_t length, char name[NAME_SIZE])
{
    char copy[256], given[64];
    if (length >= sizeof copy) return false;
    memcpy(copy, line, length);
    copy[length] = '\0';
    if (sscanf(copy, " # include \"%63[^\"\n]\"", given) != 1) return false;
    snprintf(name, NAME_SIZE, "%s", given);
    return true;
}

static int append_file(struct assembly *assembly, const char *name);

/* A file is included once: a second include, from another file say, adds nothing. */
static int include_file(struct assembly *assembly, const char *name, const char *from, int line)
{
    int status = SAAE_OK;
    char mark[NAME_SIZE + 32];
    for (int i = 0; i < assembly->included_count; i++) {
        if (strcmp(assembly->included[i], name) == 0) return append(assembly, "\n", 1);
    }
    if (assembly->included_count == INCLUDES_MAX) {
        FAIL(SAAE_DEVICE, "cl/%s includes more than %d files", from, (int)INCLUDES_MAX);
    }
    snprintf(assembly->included[assembly->included_count++], NAME_SIZE, "%s", name);
    status = append_file(assembly, name);
    if (status != SAAE_OK) {
        status = status_prefix(status, "cl/%s:%d", from, line);
        goto done;
    }
    snprintf(mark, sizeof mark, "#line %d \"%s\"\n", line + 1, from);
    TRY(append(assembly, mark, strlen(mark)));
done:
    return status;
}

static int append_file(struct assembly *assembly, const char *name)
{
    int status = SAAE_OK, line = 0;
    const char *text = "";
    char *held = NULL;
    char included[NAME_SIZE], mark[NAME_SIZE + 32];
    TRY(find_file(assembly, name, &text, &held));
    snprintf(mark, sizeof mark, "#line 1 \"%s\"\n", name);
    TRY(append(assembly, mark, strlen(mark)));
    while (*text) {
        size_t length = strcspn(text, "\n");
        line++;
        if (parse_include(text, length, included)) {
            TRY(include_file(assembly, included, name, line));
        } else {
            TRY(append(assembly, text, length));
            TRY(append(assembly, "\n", 1));
        }
        text += length + (text[length] == '\n');
    }
done:
    free(held);
    return status;
}

int source_load(const char *stem, const char *options, launch_maker maker, char **text)
{
    int status = SAAE_OK;
    struct assembly assembly = {.options = options, .maker = maker};
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s.cl", stem);
    TRY(append_file(&assembly, name));
    *text = assembly.text;
    assembly.text = NULL;
done:
    free(assembly.text);
    return status;
}

uint64_t device_kernels_checksum(void)
{
    uint64_t all = 0;
    for (int i = 0; i < embedded_kernel_count && !settings_kernel_folder(); i++) {
        const char *text = embedded_kernels[i].text;
        const uint64_t pair[] = {all, checksum_bytes(text, strlen(text))};
        all = checksum_bytes(pair, sizeof pair);
    }
    return all;
}

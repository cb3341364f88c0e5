#define _GNU_SOURCE
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/status.h"

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int file_read(const char *path, uint8_t **bytes, size_t *size)
{
    int status = SAAE_OK;
    uint8_t *content = NULL;
    struct stat info;
    FILE *stream = fopen(path, "rb");
    if (!stream) FAIL(SAAE_INPUT, "cannot open '%s': %s", path, strerror(errno));
    if (fstat(fileno(stream), &info) != 0 || !S_ISREG(info.st_mode)) {
        FAIL(SAAE_INPUT, "'%s' is not a regular file", path);
    }
    size_t length = (size_t)info.st_size;
    TRY(memory_allocate(&content, length + 1, 1));
    if (fread(content, 1, length, stream) != length) {
        FAIL(SAAE_INPUT, "cannot read '%s' to its end (%zu bytes)", path, length);
    }
    *bytes = content;
    *size = length;
    content = NULL;
done:
    free(content);
    if (stream) fclose(stream);
    return status;
}

int file_join(char **out, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] != '/';
    size_t bytes = length + strlen(name) + 2;
    int status = memory_allocate(out, bytes, 1);
    if (status == SAAE_OK) snprintf(*out, bytes, "%s%s%s", folder, slash ? "/" : "", name);
    return status;
}

/* Of a temporary's name, before the number of the process. */
#define TEMPORARY ".part"

int file_begin(struct file_writer *writer, const char *path)
{
    int status = SAAE_OK;
    *writer = (struct file_writer){0};
    size_t bytes = strlen(path) + 32;
    TRY(memory_copy_text(&writer->path, path));
    TRY(memory_allocate(&writer->temporary, bytes, 1));
    snprintf(writer->temporary, bytes, "%s" TEMPORARY "%ld", path, (long)getpid());
    writer->stream = fopen(writer->temporary, "wb");
    if (!writer->stream) {
        FAIL(SAAE_IO, "cannot write '%s': %s; choose a folder that can be written", path,
             strerror(errno));
    }
done:
    if (status != SAAE_OK) file_abandon(writer);
    return status;
}

static int write_fault(const struct file_writer *writer)
{
    return status_set(SAAE_IO, "cannot write '%s': %s; nothing was changed", writer->path,
                      strerror(errno));
}

int file_append(struct file_writer *writer, const void *bytes, size_t size)
{
    if (size && fwrite(bytes, 1, size, writer->stream) != size) return write_fault(writer);
    return SAAE_OK;
}

static void sync_folder_of(const char *path)
{
    char *copy = NULL;
    if (memory_copy_text(&copy, path) != SAAE_OK) return;
    char *slash = strrchr(copy, '/');
    if (slash) slash[slash == copy] = '\0';
    int folder = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY);
    if (folder >= 0) {
        fsync(folder); /* some file systems refuse: the rename has happened all the same */
        close(folder);
    }
    free(copy);
}

/* The old file gets a second name, which replaces that of the one before it. */
static int keep_previous(const struct file_writer *writer)
{
    int status = SAAE_OK;
    size_t size = strlen(writer->temporary) + sizeof ".previous";
    char *previous = NULL, *link_name = NULL;
    if (file_is_folder(writer->path)) return SAAE_OK; /* stays; the commit is going to fail */
    TRY(memory_allocate(&previous, size, 1));
    TRY(memory_allocate(&link_name, size, 1));
    snprintf(previous, size, "%s.previous", writer->path);
    snprintf(link_name, size, "%s.previous", writer->temporary);
    bool kept = link(writer->path, link_name) == 0 ? rename(link_name, previous) == 0
                                                   : rename(writer->path, previous) == 0;
    if (!kept && errno != ENOENT) {
        FAIL(SAAE_IO, "cannot keep '%s' as '%s': %s", writer->path, previous, strerror(errno));
    }
done:
    if (link_name) unlink(link_name); /* there after a fault, or if it was `previous` already */
    free(previous);
    free(link_name);
    return status;
}

static int commit(struct file_writer *writer, bool keeps)
{
    int status = SAAE_OK;
    bool written = fflush(writer->stream) == 0 && fsync(fileno(writer->stream)) == 0;
    if (!written) status = write_fault(writer);
    if (fclose(writer->stream) != 0 && status == SAAE_OK) status = write_fault(writer);
    writer->stream = NULL;
    if (status == SAAE_OK && keeps) status = keep_previous(writer);
    if (status == SAAE_OK && rename(writer->temporary, writer->path) != 0) {
        status = write_fault(writer);
    }
    if (status == SAAE_OK) {
        sync_folder_of(writer->path);
        free(writer->temporary);
        writer->temporary = NULL;
    }
    file_abandon(writer);
    return status;
}

int file_commit(struct file_writer *writer)
{
    return commit(writer, false);
}

int file_commit_keeping(struct file_writer *writer)
{
    return commit(writer, true);
}

void file_abandon(struct file_writer *writer)
{
    if (writer->stream) fclose(writer->stream);
    if (writer->temporary) unlink(writer->temporary);
    free(writer->temporary);
    free(writer->path);
    *writer = (struct file_writer){0};
}

int file_write(const char *path, const void *bytes, size_t size)
{
    struct file_writer writer;
    int status = file_begin(&writer, path);
    if (status != SAAE_OK) return status;
    status = file_append(&writer, bytes, size);
    if (status == SAAE_OK) return file_commit(&writer);
    file_abandon(&writer);
    return status;
}

bool file_link(const char *path, const char *name)
{
    bool linked = link(path, name) == 0;
    if (linked) sync_folder_of(name);
    return linked;
}

int file_make_folder(const char *path)
{
    int status = SAAE_OK;
    char *copy = NULL;
    TRY(memory_copy_text(&copy, path));
    for (char *end = copy + 1;; end++) {
        char kept = *end;
        if (kept != '/' && kept != '\0') continue;
        *end = '\0';
        if (mkdir(copy, 0777) != 0 && !file_is_folder(copy)) {
            FAIL(SAAE_IO, "cannot make the folder '%s': %s", copy,
                 errno == EEXIST ? "a file of that name is there" : strerror(errno));
        }
        *end = kept;
        if (kept == '\0') break;
    }
done:
    free(copy);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *folder, char ***names, size_t *count)
{
    int status = SAAE_OK;
    char **list = NULL;
    size_t used = 0, capacity = 0;
    DIR *stream = opendir(folder);
    if (!stream) FAIL(SAAE_INPUT, "cannot open the folder '%s': %s", folder, strerror(errno));
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        TRY(memory_grow(&list, used, &capacity, sizeof *list));
        TRY(memory_copy_text(&list[used], entry->d_name));
        used++;
    }
    if (used) qsort(list, used, sizeof *list, by_bytes);
    *names = list;
    *count = used;
    list = NULL;
done:
    if (list) file_free_names(list, used);
    if (stream) closedir(stream);
    return status;
}

void file_free_names(char **names, size_t count)
{
    if (!names) return;
    for (size_t i = 0; i < count; i++) free(names[i]);
    free(names);
}

/* Is it "name.part123" or "name.part123.previous"? */
static bool is_temporary(const char *name)
{
    const char *part = strstr(name, TEMPORARY), *later;
    if (!part) return false;
    while ((later = strstr(part + 1, TEMPORARY))) part = later;
    part += strlen(TEMPORARY);
    size_t digits = strspn(part, "0123456789");
    return digits > 0 && (part[digits] == '\0' || strcmp(part + digits, ".previous") == 0);
}

void file_remove_temporaries(const char *folder)
{
    char **names = NULL, *path = NULL;
    size_t count = 0;
    if (file_list(folder, &names, &count) != SAAE_OK) return;
    for (size_t i = 0; i < count; i++) {
        if (is_temporary(names[i]) && file_join(&path, folder, names[i]) == SAAE_OK) {
            unlink(path);
            free(path);
        }
    }
    file_free_names(names, count);
}

bool file_has_extension(const char *name, const char *extension)
{
    size_t length = strlen(name), tail = strlen(extension);
    return length > tail + 1 && name[length - tail - 1] == '.' &&
           strcasecmp(name + length - tail, extension) == 0;
}

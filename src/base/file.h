/* Files: read whole, written whole or not at all. */
#ifndef SAAE_BASE_FILE_H
#define SAAE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* *bytes = the file's content (released with free()), one zero byte behind it.
 * SAAE_INPUT: missing, not a regular file, unreadable; SAAE_MEMORY: too large. */
int file_read(const char *path, uint8_t **bytes, size_t *size);

/* A file that appears under `path` only when file_commit succeeds: until then it is a temporary
 * beside it. Any fault (disk full, read-only folder) is SAAE_IO and leaves an old file as it was.
 */
struct file_writer {
    FILE *stream;
    char *path, *temporary;
};
int file_begin(struct file_writer *writer, const char *path);
int file_append(struct file_writer *writer, const void *bytes, size_t size);
int file_commit(struct file_writer *writer); /* flush, sync, rename, sync the folder */
/* The same, and a file that was there is kept as "path.previous" in place of an older one. That
 * happens once the new file is complete, and at every moment `path` is the old or the new one
 * (where the file system has no hard links, "path.previous" may for a moment be the only one). */
int file_commit_keeping(struct file_writer *writer);
void file_abandon(struct file_writer *writer); /* removes the temporary; harmless after commit */

/* Removes the temporaries in a folder that killed processes have left. For folders in which nobody
 * else is writing; what cannot be removed stays. */
void file_remove_temporaries(const char *folder);

/* The three in one. */
int file_write(const char *path, const void *bytes, size_t size);

/* A second name for a file that is never changed in place, only replaced. False: there is no such
 * thing here, or `name` is taken. */
bool file_link(const char *path, const char *name);

/* Makes the folder and those above it; fine if it exists. SAAE_IO. */
int file_make_folder(const char *path);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* *out = "folder/name", released with free(). */
int file_join(char **out, const char *folder, const char *name);

/* The names in a folder without "." and "..", in byte order. *names and each entry are released
 * by file_free_names. SAAE_INPUT: no such folder. */
int file_list(const char *folder, char ***names, size_t *count);
void file_free_names(char **names, size_t count);

/* Case-insensitive: does the name end in ".extension"? */
bool file_has_extension(const char *name, const char *extension);

#endif

#include "train/record.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static const char csv_header[] =
    "step,kind,reconstruction,discriminator_real,discriminator_generated,adversarial,"
    "accuracy_real,accuracy_generated,accuracy_cross,rate_generator,rate_discriminator,"
    "images_per_s,seconds\n";

int record_path(const struct record *record, const char *name, char **out)
{
    return file_join(out, record->folder, name);
}

static int64_t jsonl_step(const char *line, size_t length)
{
    int64_t step = -1;
    cJSON *json = cJSON_ParseWithLength(line, length);
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "step");
    if (cJSON_IsNumber(item)) step = (int64_t)item->valuedouble;
    cJSON_Delete(json);
    return step;
}

static int64_t csv_step(const char *line, size_t length)
{
    char *end = NULL;
    long long step = strtoll(line, &end, 10);
    return end > line && end < line + length && *end == ',' ? (int64_t)step : -1;
}

/* Rewrites the file with its header and the whole lines of steps 1 .. done. */
static int cut(const char *path, int64_t done, const char *header,
               int64_t (*step_of)(const char *, size_t))
{
    int status = SAAE_OK;
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct file_writer writer = {0};
    if (done > 0 && file_exists(path)) TRY(file_read(path, &bytes, &size));
    TRY(file_begin(&writer, path));
    TRY(file_append(&writer, header, strlen(header)));
    for (size_t at = 0; at < size;) {
        const char *line = (const char *)bytes + at, *end = memchr(line, '\n', size - at);
        if (!end) break; /* a line that was being written */
        size_t length = (size_t)(end - line) + 1;
        int64_t step = step_of(line, length);
        if (step >= 1 && step <= done) TRY(file_append(&writer, line, length));
        at += length;
    }
    TRY(file_commit(&writer));
done:
    file_abandon(&writer);
    free(bytes);
    return status;
}

static int reopen(const struct record *record, const char *name, int64_t done, const char *header,
                  int64_t (*step_of)(const char *, size_t), FILE **stream)
{
    int status = SAAE_OK;
    char *path = NULL;
    TRY(record_path(record, name, &path));
    TRY(cut(path, done, header, step_of));
    *stream = fopen(path, "a");
    if (!*stream) FAIL(SAAE_IO, "cannot write '%s': %s", path, strerror(errno));
done:
    free(path);
    return status;
}

/* Two processes in one folder would mix their runs. The lock goes with the process, however it
 * ends. */
static int lock_folder(struct record *record)
{
    int folder = open(record->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return status_set(SAAE_IO, "cannot open '%s': %s", record->folder, strerror(errno));
    }
    if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
        int fault = errno;
        close(folder);
        if (fault != EWOULDBLOCK) return SAAE_OK; /* a file system without locks */
        return status_set(SAAE_USAGE,
                          "another process is training in '%s': wait for it, or choose "
                          "another --out",
                          record->folder);
    }
    record->lock = folder;
    return SAAE_OK;
}

int record_open(struct record *record, const char *folder, int64_t done)
{
    int status = SAAE_OK;
    char *samples = NULL;
    *record = (struct record){0};
    TRY(memory_copy_text(&record->folder, folder));
    TRY(record_path(record, "samples", &samples));
    TRY(file_make_folder(samples));
    TRY(lock_folder(record));
    if (record->lock) {
        file_remove_temporaries(folder);
        file_remove_temporaries(samples);
    }
    TRY(reopen(record, "metrics.jsonl", done, "", jsonl_step, &record->jsonl));
    TRY(reopen(record, "metrics.csv", done, csv_header, csv_step, &record->csv));
done:
    free(samples);
    if (status != SAAE_OK) record_close(record);
    return status;
}

void record_close(struct record *record)
{
    if (record->jsonl) fclose(record->jsonl);
    if (record->csv) fclose(record->csv);
    if (record->lock) close(record->lock);
    free(record->folder);
    *record = (struct record){0};
}

static void add_number(cJSON *json, FILE *csv, const char *name, double value)
{
    if (isfinite(value)) {
        cJSON_AddNumberToObject(json, name, value);
        fprintf(csv, ",%.9g", value);
    } else {
        cJSON_AddNullToObject(json, name);
        fputc(',', csv);
    }
}

int record_add(struct record *record, const struct record_line *line)
{
    int status = SAAE_OK;
    char *text = NULL;
    cJSON *json = cJSON_CreateObject();
    FILE *csv = record->csv;
    const struct step_losses *l = &line->losses;
    cJSON_AddNumberToObject(json, "step", (double)line->step);
    cJSON_AddStringToObject(json, "kind", step_name(line->kind));
    fprintf(csv, "%lld,%s", (long long)line->step, step_name(line->kind));
    add_number(json, csv, "reconstruction", l->reconstruction);
    add_number(json, csv, "discriminator_real", l->discriminator_real);
    add_number(json, csv, "discriminator_generated", l->discriminator_generated);
    add_number(json, csv, "adversarial", l->adversarial);
    add_number(json, csv, "accuracy_real", l->accuracy_real);
    add_number(json, csv, "accuracy_generated", l->accuracy_generated);
    add_number(json, csv, "accuracy_cross", l->accuracy_cross);
    add_number(json, csv, "rate_generator", line->rate_generator);
    add_number(json, csv, "rate_discriminator", line->rate_discriminator);
    add_number(json, csv, "images_per_s", line->images_per_s);
    add_number(json, csv, "seconds", line->seconds);
    fputc('\n', csv);
    text = cJSON_PrintUnformatted(json);
    if (!text) FAIL(SAAE_MEMORY, "out of memory for a line of metrics");
    fprintf(record->jsonl, "%s\n", text);
    if (fflush(record->jsonl) != 0 || fflush(csv) != 0) {
        FAIL(SAAE_IO,
             "cannot write the metrics in '%s': %s; free some space and go on with --resume",
             record->folder, strerror(errno));
    }
done:
    cJSON_free(text);
    cJSON_Delete(json);
    return status;
}

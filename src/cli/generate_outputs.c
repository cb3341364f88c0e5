#include "cli/generate_outputs.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/pixel.h"
#include "base/status.h"
#include "cli/terminal.h"
#include "data/grid.h"
#include "data/npy.h"
#include "data/png.h"
#include "data/utf8.h"

struct list {
    struct pair *pairs;
    int count;
};

static int list_allocate(struct list *list, size_t count)
{
    *list = (struct list){0};
    if (count > INT_MAX) {
        return status_set(SAAE_USAGE, "%zu pictures; at most %d at a time", count, INT_MAX);
    }
    list->count = (int)count;
    return memory_allocate(&list->pairs, count, sizeof *list->pairs);
}

/* Style by style, as a grid's cells lie. */
static int pair_all(const struct generation *generation, struct list *list)
{
    int contents = generation->contents.count;
    int status = list_allocate(list, (size_t)generation->styles.count * (size_t)contents);
    for (int i = 0; status == SAAE_OK && i < list->count; i++) {
        list->pairs[i] = (struct pair){i % contents, i / contents};
    }
    return status;
}

/* Content by content, each with styles of its own. */
static int pair_drawn(const struct generation *generation, int per_class, struct list *list)
{
    int status = SAAE_OK;
    uint32_t *picks = NULL;
    size_t each = (size_t)per_class, styles = (size_t)generation->styles.count;
    TRY(list_allocate(list, (size_t)generation->contents.count * each));
    TRY(memory_allocate(&picks, each, sizeof *picks));
    for (int c = 0; c < generation->contents.count; c++) {
        TRY(inputs_draw(picks, each, styles, generation->seed, 1 + (uint32_t)c));
        for (size_t i = 0; i < each; i++) {
            /* clang's analyser does not see that list_allocate filled it */
            list->pairs[(size_t)c * each + i] = /* NOLINT(clang-analyzer-*) */
                (struct pair){c, (int)picks[i]};
        }
    }
done:
    free(picks);
    return status;
}

/* ---- Making the pictures --------------------------------------------------------------------- */

struct making {
    pairs_taker take;
    void *context;
    int total;
};

static int take_and_tell(void *context, const float *images, int first, int count)
{
    const struct making *making = context;
    int status = making->take(making->context, images, first, count);
    if (status == SAAE_OK) {
        terminal_progress("%d of %d pictures", first + count, making->total);
    }
    return status;
}

static int make(struct generation *generation, const struct list *list, pairs_taker take,
                void *context)
{
    struct making making = {take, context, list->count};
    int status = pairs_draw(generation->pairs, list->pairs, list->count, take_and_tell, &making);
    if (status == SAAE_OK) terminal_progress_end();
    return status;
}

/* ---- A grid ---------------------------------------------------------------------------------- */

struct cells {
    uint8_t *pixels;
    size_t bytes; /* of one */
};

static int take_cells(void *context, const float *images, int first, int count)
{
    struct cells *cells = context;
    grid_bytes_from_floats(images, (size_t)count * cells->bytes,
                           cells->pixels + (size_t)first * cells->bytes);
    return SAAE_OK;
}

int output_grid(struct generation *generation, const char *path)
{
    int status = SAAE_OK;
    const struct inputs *contents = &generation->contents, *styles = &generation->styles;
    struct list list = {0};
    struct cells cells = {.bytes = inputs_bytes(contents)};
    TRY(pair_all(generation, &list));
    TRY(memory_allocate(&cells.pixels, (size_t)list.count, cells.bytes));
    TRY(make(generation, &list, take_cells, &cells));
    const struct grid grid = {.rows = styles->count,
                              .columns = contents->count,
                              .height = contents->height,
                              .width = contents->width,
                              .channels = contents->channels,
                              .style_height = styles->height,
                              .style_width = styles->width,
                              .contents = contents->pixels,
                              .styles = styles->pixels,
                              .cells = cells.pixels};
    TRY(grid_write(path, &grid));
done:
    free(list.pairs);
    free(cells.pixels);
    return status;
}

/* ---- An array -------------------------------------------------------------------------------- */

struct array {
    float *values; /* [count][C][H][W] */
    size_t channels, pixels;
};

static int take_array(void *context, const float *images, int first, int count)
{
    const struct array *array = context;
    size_t row = array->channels * array->pixels;
    for (int i = 0; i < count; i++) {
        float *to = array->values + (size_t)(first + i) * row;
        const float *from = images + (size_t)i * row;
        for (size_t p = 0; p < row; p++) {
            to[p] = from[p % array->pixels * array->channels + p / array->pixels];
        }
    }
    return SAAE_OK;
}

int output_array(struct generation *generation, const char *path, int per_class)
{
    int status = SAAE_OK;
    const struct inputs *contents = &generation->contents;
    struct list list = {0};
    struct array array = {.channels = (size_t)contents->channels,
                          .pixels = (size_t)contents->height * (size_t)contents->width};
    TRY(pair_drawn(generation, per_class, &list));
    const size_t shape[] = {(size_t)list.count, array.channels, (size_t)contents->height,
                            (size_t)contents->width};
    TRY(memory_allocate(&array.values, shape[0], array.channels * array.pixels * sizeof(float)));
    TRY(make(generation, &list, take_array, &array));
    TRY(npy_write(path, 4, shape, array.values));
done:
    free(list.pairs);
    free(array.values);
    return status;
}

/* ---- A labelled set -------------------------------------------------------------------------- */

struct set {
    struct generation *generation;
    struct list list;
    char *folder; /* where it is made before it is renamed */
    struct file_writer labels, provenance;
};

/* JSON is UTF-8; a path need not be. */
static void add_text(cJSON *line, const char *key, const char *text)
{
    char shown[UTF8_SHOWN_SIZE];
    size_t at = 0;
    bool good = utf8_check(text, strlen(text), &at);
    cJSON_AddStringToObject(line, key, good ? text : utf8_show(shown, text));
}

static int add_provenance(struct set *set, const char *name, struct pair pair)
{
    int status = SAAE_OK;
    const struct generation *generation = set->generation;
    char number[32], *text = NULL;
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "image", name);
    add_text(line, "label", generation->contents.labels[pair.content]);
    add_text(line, "content", generation->contents.sources[pair.content]);
    add_text(line, "style", generation->styles.sources[pair.style]);
    snprintf(number, sizeof number, "%" PRIu64, generation->seed);
    cJSON_AddRawToObject(line, "seed", number); /* a double would round it */
    add_text(line, "checkpoint", generation->checkpoint->path);
    snprintf(number, sizeof number, "%016" PRIx64, generation->checksum);
    cJSON_AddStringToObject(line, "checkpoint_" CHECKSUM_NAME, number);
    cJSON_AddStringToObject(line, "device", generation->device);
    cJSON_AddBoolToObject(line, "batch_statistics", generation->batch_statistics);
    text = cJSON_PrintUnformatted(line);
    if (!text) FAIL(SAAE_MEMORY, "out of memory");
    TRY(file_append(&set->provenance, text, strlen(text)));
    TRY(file_append(&set->provenance, "\n", 1));
done:
    cJSON_free(text);
    cJSON_Delete(line);
    return status;
}

static int take_set(void *context, const float *images, int first, int count)
{
    int status = SAAE_OK;
    struct set *set = context;
    const struct inputs *contents = &set->generation->contents;
    struct image image = {0};
    char name[32], *path = NULL;
    TRY(image_create(&image, contents->height, contents->width, contents->channels));
    for (int i = 0; i < count; i++) {
        struct pair pair = set->list.pairs[first + i];
        const char *label = contents->labels[pair.content];
        grid_bytes_from_floats(images + (size_t)i * image_bytes(&image), image_bytes(&image),
                               image.pixels);
        snprintf(name, sizeof name, "%06d.png", first + i);
        TRY(file_join(&path, set->folder, name));
        TRY(png_write(path, &image));
        free(path);
        path = NULL;
        TRY(file_append(&set->labels, name, strlen(name)));
        TRY(file_append(&set->labels, " ", 1));
        TRY(file_append(&set->labels, label, strlen(label)));
        TRY(file_append(&set->labels, "\n", 1));
        TRY(add_provenance(set, name, pair));
    }
done:
    image_free(&image);
    free(path);
    return status;
}

static int begin_file(struct set *set, const char *name, struct file_writer *writer)
{
    char *path = NULL;
    int status = file_join(&path, set->folder, name);
    if (status == SAAE_OK) status = file_begin(writer, path);
    free(path);
    return status;
}

/* The folder is ours alone: made under a name with our process's number. */
static void remove_folder(const char *folder)
{
    char **names = NULL, *path = NULL;
    size_t count = 0;
    if (file_list(folder, &names, &count) != SAAE_OK) return;
    for (size_t i = 0; i < count; i++) {
        if (file_join(&path, folder, names[i]) == SAAE_OK) unlink(path);
        free(path);
        path = NULL;
    }
    file_free_names(names, count);
    rmdir(folder);
}

/* *partial (released with free()) = the name that `folder` has until it is complete. */
static int prepare_folder(const char *folder, char **partial)
{
    int status = SAAE_OK;
    char **names = NULL;
    size_t count = 0, length = strlen(folder), size = length + 32;
    while (length > 1 && folder[length - 1] == '/') length--;
    if (file_is_folder(folder)) {
        TRY(file_list(folder, &names, &count));
        if (count) {
            FAIL(SAAE_IO, "'%s' is not empty: name a new folder for the set", folder);
        }
    } else if (file_exists(folder)) {
        FAIL(SAAE_IO, "'%s' is a file: name a folder, FILE.png or FILE.npy", folder);
    }
    TRY(memory_allocate(partial, size, 1));
    snprintf(*partial, size, "%.*s.part%ld", (int)length, folder, (long)getpid());
    TRY(file_make_folder(*partial));
done:
    file_free_names(names, count);
    return status;
}

int output_set(struct generation *generation, const char *folder, int per_class)
{
    int status = SAAE_OK;
    struct set set = {.generation = generation};
    TRY(prepare_folder(folder, &set.folder));
    TRY(begin_file(&set, "labels.txt", &set.labels));
    TRY(begin_file(&set, "provenance.jsonl", &set.provenance));
    TRY(pair_drawn(generation, per_class, &set.list));
    TRY(make(generation, &set.list, take_set, &set));
    TRY(file_commit(&set.labels));
    TRY(file_commit(&set.provenance));
    if (rename(set.folder, folder) != 0) {
        FAIL(SAAE_IO, "cannot make the folder '%s': %s", folder, strerror(errno));
    }
done:
    file_abandon(&set.labels);
    file_abandon(&set.provenance);
    if (status != SAAE_OK && set.folder) {
        char *message = NULL; /* cleaning up must not replace it */
        if (memory_copy_text(&message, saae_message()) == SAAE_OK) {
            remove_folder(set.folder);
            status_set(status, "%s", message);
        }
        free(message);
    }
    free(set.list.pairs);
    free(set.folder);
    return status;
}

#include "cli/generate_inputs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/folder.h"
#include "data/idx.h"
#include "data/picture.h"
#include "data/utf8.h"

void inputs_free(struct inputs *inputs)
{
    free(inputs->pixels);
    file_free_names(inputs->labels, (size_t)inputs->count);
    file_free_names(inputs->sources, (size_t)inputs->count);
    *inputs = (struct inputs){0};
}

size_t inputs_bytes(const struct inputs *inputs)
{
    return (size_t)inputs->height * (size_t)inputs->width * (size_t)inputs->channels;
}

/* The picture has the inputs' shape. */
static int add(struct inputs *inputs, const uint8_t *pixels, const char *label, const char *source)
{
    int status = SAAE_OK;
    char *kept_label = NULL, *kept_source = NULL;
    size_t bytes = inputs_bytes(inputs), count = (size_t)inputs->count;
    if (inputs->count == INT_MAX) FAIL(SAAE_MEMORY, "more than %d pictures", INT_MAX);
    TRY(memory_grow(&inputs->pixels, count, &inputs->pixels_capacity, bytes));
    TRY(memory_grow(&inputs->labels, count, &inputs->labels_capacity, sizeof(char *)));
    TRY(memory_grow(&inputs->sources, count, &inputs->sources_capacity, sizeof(char *)));
    TRY(memory_copy_text(&kept_label, label));
    TRY(memory_copy_text(&kept_source, source));
    memcpy(inputs->pixels + count * bytes, pixels, bytes);
    inputs->labels[count] = kept_label;
    inputs->sources[count] = kept_source;
    inputs->count++;
    kept_label = kept_source = NULL;
done:
    free(kept_label);
    free(kept_source);
    return status;
}

static int refuse_shape(const struct inputs *inputs, const char *source, int height, int width,
                        int channels)
{
    return status_set(SAAE_INPUT,
                      "'%s' is %dx%d %s (height x width), the checkpoint takes %dx%d %s: --resize "
                      "fits it",
                      source, height, width, channels == 1 ? "grey" : "RGB", inputs->height,
                      inputs->width, inputs->channels == 1 ? "grey" : "RGB");
}

/* "a/b/seven.png" gives "seven". */
static int add_file(struct inputs *inputs, const char *path, bool resize)
{
    int status = SAAE_OK;
    struct image read = {0}, resized = {0}, converted = {0};
    char *label = NULL, *dot;
    const char *slash = strrchr(path, '/');
    TRY(memory_copy_text(&label, slash ? slash + 1 : path));
    dot = strrchr(label, '.');
    if (dot && dot != label) *dot = '\0';
    TRY(picture_read(path, &read));
    if (!resize && (read.height != inputs->height || read.width != inputs->width ||
                    read.channels != inputs->channels)) {
        status = refuse_shape(inputs, path, read.height, read.width, read.channels);
        goto done;
    }
    TRY(image_resize(&read, inputs->height, inputs->width, &resized));
    TRY(image_convert(&resized, inputs->channels, &converted));
    TRY(add(inputs, converted.pixels, label, path));
done:
    image_free(&read);
    image_free(&resized);
    image_free(&converted);
    free(label);
    return status;
}

int inputs_draw(uint32_t *picks, size_t count, size_t total, uint64_t seed, uint32_t step)
{
    int status = SAAE_OK;
    struct rng rng = {seed, RNG_SAMPLE, step};
    uint32_t *order = NULL;
    TRY(memory_allocate(&order, total, sizeof *order));
    for (size_t i = 0; i < total; i++) order[i] = (uint32_t)i;
    if (count < total) rng_permutation(&rng, order, total);
    memcpy(picks, order, count * sizeof *picks);
done:
    free(order);
    return status;
}

/* ---- Contents -------------------------------------------------------------------------------- */

static int find_class(const struct checkpoint *checkpoint, const char *name, size_t length)
{
    for (int k = 0; k < checkpoint->config.classes; k++) {
        const char *class_name = checkpoint->class_names[k];
        if (strlen(class_name) == length && !memcmp(class_name, name, length)) return k;
    }
    return -1;
}

static int add_class(struct inputs *inputs, const struct checkpoint *checkpoint, int number)
{
    const struct contents *contents = &checkpoint->contents;
    for (int i = 0; i < contents->count; i++) {
        if (contents->class_of[i] != number) continue;
        return add(inputs, contents_image(contents, i).pixels, checkpoint->class_names[number],
                   contents->names[i]);
    }
    return status_set(SAAE_INPUT,
                      "'%s' has no content picture of the class '%s': give a picture or a folder",
                      checkpoint->path, checkpoint->class_names[number]);
}

/* The length of the next part of a list of names, or of the next character. */
static size_t part_length(const char *text, bool characters)
{
    uint32_t character;
    size_t length = 0;
    if (!characters) return strcspn(text, ",");
    return utf8_decode(text, strlen(text), &length, &character) ? length : 1;
}

/* Is each part a class's name? If not, *failed is the first that is none. */
static bool are_classes(const struct checkpoint *checkpoint, const char *text, bool characters,
                        const char **failed)
{
    while (*text) {
        size_t length = part_length(text, characters);
        *failed = text;
        if (find_class(checkpoint, text, length) < 0) return false;
        text += length;
        if (!characters && *text == ',') text++;
    }
    return true;
}

static int add_classes(struct inputs *inputs, const struct checkpoint *checkpoint, const char *text,
                       bool characters)
{
    int status = SAAE_OK;
    while (*text) {
        size_t length = part_length(text, characters);
        TRY(add_class(inputs, checkpoint, find_class(checkpoint, text, length)));
        text += length;
        if (!characters && *text == ',') text++;
    }
done:
    return status;
}

/* `failed`: where in `wanted` the part begins that is no class. */
static int refuse_content(const struct checkpoint *checkpoint, const char *wanted,
                          const char *failed, bool characters)
{
    char list[512] = "", part[256], shown[UTF8_SHOWN_SIZE], shown_part[UTF8_SHOWN_SIZE];
    size_t used = 0;
    for (int k = 0; k < checkpoint->config.classes; k++) {
        const char *name = checkpoint->class_names[k];
        if (used + strlen(name) + 24 > sizeof list) {
            snprintf(list + used, sizeof list - used, " and %d more",
                     checkpoint->config.classes - k);
            break;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", k ? ", " : "", name);
    }
    snprintf(part, sizeof part, "%.*s", (int)part_length(failed, characters), failed);
    return status_set(SAAE_USAGE,
                      "--content '%s': '%s' is no class of the checkpoint, and there is no picture "
                      "or folder of that name; the classes are %s",
                      utf8_show(shown, wanted), utf8_show(shown_part, part), list);
}

static int add_path(struct inputs *inputs, const char *path, bool resize)
{
    int status = SAAE_OK;
    char **paths = NULL;
    size_t count = 0;
    if (!file_is_folder(path)) return add_file(inputs, path, resize);
    TRY(folder_list_pictures(path, &paths, &count));
    for (size_t i = 0; i < count; i++) TRY(add_file(inputs, paths[i], resize));
    if (!count) FAIL(SAAE_INPUT, "no picture in '%s' (png, jpg, jpeg, pgm, ppm, pnm)", path);
done:
    file_free_names(paths, count);
    return status;
}

int inputs_read_contents(struct inputs *inputs, const struct checkpoint *checkpoint,
                         const char *wanted, bool resize)
{
    int status = SAAE_OK;
    const struct saae_config *config = &checkpoint->config;
    const char *failed = wanted;
    bool characters = !strchr(wanted, ',');
    *inputs = (struct inputs){
        .height = config->height, .width = config->width, .channels = config->channels};
    int number = find_class(checkpoint, wanted, strlen(wanted));
    if (number >= 0) {
        TRY(add_class(inputs, checkpoint, number));
    } else if (!strcmp(wanted, "all")) {
        for (int k = 0; k < config->classes; k++) TRY(add_class(inputs, checkpoint, k));
    } else if (are_classes(checkpoint, wanted, characters, &failed)) {
        TRY(add_classes(inputs, checkpoint, wanted, characters));
    } else if (file_exists(wanted)) {
        TRY(add_path(inputs, wanted, resize));
    } else {
        status = refuse_content(checkpoint, wanted, failed, characters);
    }
done:
    if (status != SAAE_OK) inputs_free(inputs);
    return status;
}

/* ---- Styles ---------------------------------------------------------------------------------- */

/* How many of `total` styles: as asked for, or at most `usual`. */
static int decide_count(const char *wanted, size_t total, int count, int usual, size_t *decided)
{
    if (total == 0) return status_set(SAAE_INPUT, "no picture in '%s'", wanted);
    if ((size_t)count > total) {
        return status_set(SAAE_USAGE, "--count %d: '%s' has %zu", count, wanted, total);
    }
    size_t most = (size_t)(count ? count : usual);
    *decided = most < total ? most : total;
    return SAAE_OK;
}

static int add_folder_styles(struct inputs *inputs, const char *folder, bool resize, int count,
                             int usual, uint64_t seed)
{
    int status = SAAE_OK;
    char **paths = NULL;
    uint32_t *picks = NULL;
    size_t total = 0, decided = 0;
    TRY(folder_list_pictures(folder, &paths, &total));
    TRY(decide_count(folder, total, count, usual, &decided));
    TRY(memory_allocate(&picks, decided, sizeof *picks));
    TRY(inputs_draw(picks, decided, total, seed, 0));
    for (size_t i = 0; i < decided; i++) TRY(add_file(inputs, paths[picks[i]], resize));
done:
    file_free_names(paths, total);
    free(picks);
    return status;
}

/* *spec (released with free()) = `wanted` without ":train" or ":test". */
static int split_spec(const char *wanted, char **spec, enum dataset_split *split)
{
    int status = memory_copy_text(spec, wanted);
    if (status != SAAE_OK) return status;
    char *colon = strrchr(*spec, ':');
    bool train = colon && !strcmp(colon, ":train"), test = colon && !strcmp(colon, ":test");
    *split = train ? DATASET_TRAIN : DATASET_TEST;
    if (train || test) *colon = '\0';
    return SAAE_OK;
}

static int add_dataset_styles(struct inputs *inputs, const char *wanted, bool resize, int count,
                              int usual, uint64_t seed)
{
    int status = SAAE_OK;
    char *spec = NULL, source[512];
    enum dataset_split split = DATASET_TEST;
    struct dataset dataset = {0};
    struct dataset_options options = {0};
    uint32_t *picks = NULL;
    size_t decided = 0;
    if (resize)
        options = (struct dataset_options){inputs->height, inputs->width, inputs->channels, 0};
    TRY(split_spec(wanted, &spec, &split));
    TRY(dataset_open(spec, split, &options, &dataset));
    if (dataset.height != inputs->height || dataset.width != inputs->width ||
        dataset.channels != inputs->channels) {
        status = refuse_shape(inputs, wanted, dataset.height, dataset.width, dataset.channels);
        goto done;
    }
    TRY(decide_count(wanted, (size_t)dataset.count, count, usual, &decided));
    TRY(memory_allocate(&picks, decided, sizeof *picks));
    TRY(inputs_draw(picks, decided, (size_t)dataset.count, seed, 0));
    for (size_t i = 0; i < decided; i++) {
        int number = (int)picks[i];
        snprintf(source, sizeof source, "%.200s:%s #%d", spec,
                 split == DATASET_TRAIN ? "train" : "test", number);
        TRY(add(inputs, dataset_image(&dataset, number).pixels,
                dataset.class_names[dataset.labels[number]],
                dataset.files ? dataset.files[number] : source));
    }
done:
    dataset_free(&dataset);
    free(spec);
    free(picks);
    return status;
}

/* *found: does the folder hold an IDX file of pictures? */
static int has_idx_files(const char *folder, bool *found)
{
    int status = SAAE_OK;
    char *train = NULL, *test = NULL;
    TRY(idx_find(folder, "train", "images", &train));
    TRY(idx_find(folder, "t10k", "images", &test));
    *found = train || test;
done:
    free(train);
    free(test);
    return status;
}

int inputs_read_styles(struct inputs *inputs, const struct checkpoint *checkpoint,
                       const char *wanted, bool resize, int count, int usual, uint64_t seed)
{
    int status = SAAE_OK;
    const struct saae_config *config = &checkpoint->config;
    bool folder = file_is_folder(wanted), idx = false;
    size_t one;
    *inputs = (struct inputs){
        .height = config->style_height, .width = config->style_width, .channels = config->channels};
    if (folder) TRY(has_idx_files(wanted, &idx));
    if (folder && !idx) {
        TRY(add_folder_styles(inputs, wanted, resize, count, usual, seed));
    } else if (!folder && file_exists(wanted)) {
        TRY(decide_count(wanted, 1, count, usual, &one));
        TRY(add_file(inputs, wanted, resize));
    } else {
        status = add_dataset_styles(inputs, wanted, resize, count, usual, seed);
        if (status == SAAE_USAGE && !folder) {
            status_prefix(status, "--style '%s', no picture or folder", wanted);
        }
    }
done:
    if (status != SAAE_OK) inputs_free(inputs);
    return status;
}

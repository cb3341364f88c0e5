#include "data/content.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/folder.h"
#include "data/picture.h"
#include "data/utf8.h"

void contents_free(struct contents *contents)
{
    free(contents->pixels);
    free(contents->class_of);
    file_free_names(contents->names, (size_t)contents->count);
    *contents = (struct contents){0};
}

struct image contents_image(const struct contents *contents, int index)
{
    struct image view = {
        .height = contents->height, .width = contents->width, .channels = contents->channels};
    view.pixels = contents->pixels + (size_t)index * image_bytes(&view);
    return view;
}

static int create(struct contents *contents, size_t count, int height, int width, int channels)
{
    int status = SAAE_OK;
    if (count > INT32_MAX) {
        FAIL(SAAE_INPUT, "%zu contents; at most %d are possible", count, INT32_MAX);
    }
    *contents = (struct contents){
        .count = (int)count, .height = height, .width = width, .channels = channels};
    size_t bytes = (size_t)height * (size_t)width * (size_t)channels;
    TRY(memory_allocate(&contents->names, count, sizeof *contents->names));
    TRY(memory_allocate(&contents->class_of, count, sizeof *contents->class_of));
    TRY(memory_allocate(&contents->pixels, count, bytes));
done:
    return status;
}

/* The picture has the contents' shape. */
static int place(struct contents *contents, int index, const struct image *image, int class,
                 const char *name)
{
    struct image view = contents_image(contents, index);
    memcpy(view.pixels, image->pixels, image_bytes(&view));
    contents->class_of[index] = class;
    return memory_copy_text(&contents->names[index], name);
}

/* *characters (released with free()) = the code points of a text without repetitions. */
static int decode_text(const char *text, uint32_t **characters, size_t *count)
{
    int status = SAAE_OK;
    size_t size = strlen(text), used = 0, at = 0;
    uint32_t *decoded = NULL;
    if (!size) FAIL(SAAE_USAGE, "the text of contents is empty; give one character a class");
    TRY(memory_allocate(&decoded, size, sizeof *decoded));
    while (at < size) {
        size_t start = at;
        if (!utf8_decode(text, size, &at, &decoded[used])) {
            FAIL(SAAE_USAGE, "the text of contents is not UTF-8 at byte %zu", at);
        }
        for (size_t i = 0; i < used; i++) {
            if (decoded[i] != decoded[used]) continue;
            FAIL(SAAE_USAGE,
                 "the text of contents has U+%04" PRIX32 " twice, again at byte %zu; each "
                 "character is a class of its own",
                 decoded[used], start);
        }
        used++;
    }
    *characters = decoded;
    *count = used;
    decoded = NULL;
done:
    free(decoded);
    return status;
}

static int render_all(const struct glyph_font *font, const uint32_t *characters, const char *text,
                      const struct glyph_options *options, struct contents *contents)
{
    int status = SAAE_OK;
    struct image image = {0};
    size_t left = strlen(text), length;
    for (int k = 0; k < contents->count; k++, text += length, left -= length) {
        char name[8];
        uint32_t character;
        length = 0;
        utf8_decode(text, left, &length, &character);
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        TRY(glyph_render(font, characters[k], options, &image));
        TRY(place(contents, k, &image, k, name));
        image_free(&image);
    }
done:
    image_free(&image);
    return status;
}

/* The largest size at which every character leaves the margin free; also checks the options. */
static int fit_all(const struct glyph_font *font, const uint32_t *characters, size_t count,
                   const struct glyph_options *options, double *size)
{
    *size = 0;
    for (size_t k = 0; k < count; k++) {
        double fitting = 0;
        int status = glyph_fit(font, characters[k], options, &fitting);
        if (status != SAAE_OK) return status;
        if (k == 0 || fitting < *size) *size = fitting;
    }
    return SAAE_OK;
}

int contents_from_text(const char *text, const char *font, const struct glyph_options *options,
                       struct contents *contents)
{
    int status = SAAE_OK;
    struct glyph_font *opened = NULL;
    uint32_t *characters = NULL;
    size_t count = 0;
    double size = 0;
    struct glyph_options sized = *options;
    *contents = (struct contents){0};
    TRY(decode_text(text, &characters, &count));
    TRY(glyph_font_open(font, &opened));
    TRY(fit_all(opened, characters, count, options, &size));
    if (sized.size == 0) sized.size = size;
    TRY(create(contents, count, options->height, options->width, options->channels));
    TRY(render_all(opened, characters, text, &sized, contents));
done:
    free(characters);
    glyph_font_close(opened);
    if (status != SAAE_OK) contents_free(contents);
    return status;
}

/* Is the picture at `below` (its path below the folder) one of this class? */
static bool belongs_to(const char *below, const char *class)
{
    size_t length = strlen(class);
    for (size_t i = 0; i < length; i++) {
        if (below[i] != (class[i] == '/' ? '_' : class[i])) return false;
    }
    if (below[length] == '/') return true;
    return below[length] == '.' && !strchr(below + length + 1, '/') &&
           strrchr(below, '.') == below + length;
}

static int read_fitting(const char *path, const struct contents *shape, struct image *image)
{
    int status = SAAE_OK;
    struct image read = {0}, resized = {0};
    TRY(picture_read(path, &read));
    TRY(image_resize(&read, shape->height, shape->width, &resized));
    TRY(image_convert(&resized, shape->channels, image));
done:
    image_free(&read);
    image_free(&resized);
    return status;
}

/* classes_of[i] = the class of path i, or -1. Returns how many have one. */
static size_t assign_classes(const char *folder, char **paths, size_t count,
                             const char *const *class_names, int classes, int *classes_of)
{
    size_t root = strlen(folder), used = 0, stray = 0, first = 0;
    for (size_t i = 0; i < count; i++) {
        const char *below = paths[i] + root;
        while (*below == '/') below++;
        classes_of[i] = -1;
        for (int k = 0; k < classes && classes_of[i] < 0; k++) {
            if (belongs_to(below, class_names[k])) classes_of[i] = k;
        }
        if (classes_of[i] >= 0) {
            used++;
        } else if (stray++ == 0) {
            first = i;
        }
    }
    if (stray) {
        log_warning("'%s': %zu pictures belong to no class, the first is '%s'", folder, stray,
                    paths[first]);
    }
    return used;
}

int contents_from_folder(const char *folder, const char *const *class_names, int classes,
                         int height, int width, int channels, struct contents *contents)
{
    int status = SAAE_OK, placed = 0;
    char **paths = NULL;
    int *classes_of = NULL;
    size_t count = 0, used = 0;
    struct image image = {0};
    *contents = (struct contents){0};
    TRY(folder_list_pictures(folder, &paths, &count));
    TRY(memory_allocate(&classes_of, count, sizeof *classes_of));
    used = assign_classes(folder, paths, count, class_names, classes, classes_of);
    TRY(create(contents, used, height, width, channels));
    for (int k = 0; k < classes; k++) {
        for (size_t i = 0; i < count; i++) {
            if (classes_of[i] != k) continue;
            TRY(read_fitting(paths[i], contents, &image));
            TRY(place(contents, placed++, &image, k, paths[i]));
            image_free(&image);
        }
    }
    status = contents_check(contents, class_names, classes);
    if (status != SAAE_OK) status_prefix(status, "'%s'", folder);
done:
    image_free(&image);
    free(classes_of);
    file_free_names(paths, count);
    if (status != SAAE_OK) contents_free(contents);
    return status;
}

/* The index of the class's medoid in *medoid. `sums` has room for one picture. Every sum fits
 * into 64 bits: n |x|^2 <= 65025 * (bytes of all pictures). */
static int find_medoid(const struct dataset *dataset, int class, int64_t *sums, int *medoid)
{
    size_t bytes = dataset_image_bytes(dataset);
    int64_t count = 0, least = INT64_MAX;
    memset(sums, 0, bytes * sizeof *sums);
    for (int i = 0; i < dataset->count; i++) {
        if (dataset->labels[i] != class) continue;
        const uint8_t *pixels = dataset->pixels + (size_t)i * bytes;
        for (size_t p = 0; p < bytes; p++) sums[p] += pixels[p];
        count++;
    }
    if (!count) {
        return status_set(SAAE_INPUT,
                          "'%s': the class '%s' has no picture that could be its medoid",
                          dataset->name, dataset->class_names[class]);
    }
    for (int i = 0; i < dataset->count; i++) {
        if (dataset->labels[i] != class) continue;
        const uint8_t *pixels = dataset->pixels + (size_t)i * bytes;
        int64_t distance = 0;
        for (size_t p = 0; p < bytes; p++)
            distance += pixels[p] * (count * pixels[p] - 2 * sums[p]);
        if (distance < least) least = distance, *medoid = i;
    }
    return SAAE_OK;
}

int contents_from_medoids(const struct dataset *dataset, struct contents *contents)
{
    int status = SAAE_OK, medoid = 0;
    int64_t *sums = NULL;
    char *name = NULL;
    *contents = (struct contents){0};
    TRY(create(contents, (size_t)dataset->classes, dataset->height, dataset->width,
               dataset->channels));
    TRY(memory_allocate(&sums, dataset_image_bytes(dataset), sizeof *sums));
    for (int k = 0; k < dataset->classes; k++) {
        TRY(find_medoid(dataset, k, sums, &medoid));
        struct image image = dataset_image(dataset, medoid);
        size_t size = strlen(dataset->class_names[k]) + 32;
        TRY(memory_allocate(&name, size, 1));
        snprintf(name, size, "%s (picture %d)", dataset->class_names[k], medoid);
        TRY(place(contents, k, &image, k, name));
        free(name);
        name = NULL;
    }
done:
    free(sums);
    free(name);
    if (status != SAAE_OK) contents_free(contents);
    return status;
}

int contents_check(const struct contents *contents, const char *const *class_names, int classes)
{
    int status = SAAE_OK;
    bool *seen = NULL;
    TRY(memory_allocate(&seen, (size_t)classes, sizeof *seen));
    for (int i = 0; i < contents->count; i++) {
        int class = contents->class_of[i];
        if (class < 0 || class >= classes) {
            FAIL(SAAE_INPUT, "the content '%s' is of class %d, there are %d classes",
                 contents->names[i], class, classes);
        }
        seen[class] = true;
    }
    for (int k = 0; k < classes; k++) {
        if (seen[k]) continue;
        FAIL(SAAE_INPUT, "no content picture for the class '%s' (number %d); add NAME.png",
             class_names[k], k);
    }
done:
    free(seen);
    return status;
}

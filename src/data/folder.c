#include "data/folder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/status.h"
#include "data/picture.h"

enum { MAX_DEPTH = 32, RUN = 10 };

struct list {
    char **paths;
    size_t count, capacity;
};

/* The entry's path, or NULL for a name that is passed over. */
static int visible_path(const char *folder, const char *name, char **path)
{
    *path = NULL;
    return name[0] == '.' ? SAAE_OK : file_join(path, folder, name);
}

static int list_below(const char *folder, int depth, struct list *list)
{
    int status = SAAE_OK;
    char **names = NULL, *path = NULL;
    size_t count = 0;
    if (depth > MAX_DEPTH) {
        FAIL(SAAE_INPUT, "'%s' is nested deeper than %d folders; does a link point back?", folder,
             MAX_DEPTH);
    }
    TRY(file_list(folder, &names, &count));
    for (size_t i = 0; i < count; i++) {
        TRY(visible_path(folder, names[i], &path));
        if (path && file_is_folder(path)) {
            TRY(list_below(path, depth + 1, list));
        } else if (path && picture_has_name(path)) {
            TRY(memory_grow(&list->paths, list->count, &list->capacity, sizeof *list->paths));
            list->paths[list->count++] = path;
            path = NULL;
        }
        free(path);
        path = NULL;
    }
done:
    free(path);
    file_free_names(names, count);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int folder_list_pictures(const char *folder, char ***paths, size_t *count)
{
    struct list list = {0};
    int status = list_below(folder, 1, &list);
    if (status != SAAE_OK) {
        file_free_names(list.paths, list.count);
        return status;
    }
    if (list.count) qsort(list.paths, list.count, sizeof *list.paths, by_bytes);
    *paths = list.paths;
    *count = list.count;
    return SAAE_OK;
}

/* The sub-folders' names in byte order. */
static int list_classes(const char *folder, char ***classes, size_t *count)
{
    int status = SAAE_OK;
    char **names = NULL, *path = NULL;
    size_t found = 0, kept = 0;
    TRY(file_list(folder, &names, &found));
    for (size_t i = 0; i < found; i++) {
        TRY(visible_path(folder, names[i], &path));
        bool is_class = path && file_is_folder(path);
        free(path);
        path = NULL;
        if (!is_class) continue;
        char *name = names[i];
        names[i] = names[kept];
        names[kept++] = name;
    }
    for (size_t i = kept; i < found; i++) free(names[i]);
    found = kept;
    if (kept < 2) {
        FAIL(SAAE_INPUT,
             "'%s' has %zu class folder%s; a folder of classes has at least two: DIR/class/picture",
             folder, kept, kept == 1 ? "" : "s");
    }
    *classes = names;
    *count = kept;
    names = NULL;
done:
    file_free_names(names, found);
    return status;
}

static bool is_held_out(uint32_t class, size_t index, size_t count)
{
    struct rng rng = {.purpose = RNG_SPLIT, .step = class};
    size_t run = index / RUN;
    return (run + 1) * RUN <= count && index % RUN == rng_below(&rng, run, RUN);
}

/* Which pictures of a class a split takes. */
enum selection { TAKE_ALL, TAKE_KEPT, TAKE_HELD_OUT };

struct survey {
    struct list list; /* the paths of all classes, one class behind the other */
    int32_t *labels;
    size_t labels_capacity;
};

static int survey_class(const char *folder, int32_t class, enum selection selection,
                        struct survey *survey)
{
    int status = SAAE_OK;
    struct list *list = &survey->list;
    char **paths = NULL;
    size_t count = 0;
    TRY(folder_list_pictures(folder, &paths, &count));
    if (!count) {
        FAIL(SAAE_INPUT, "the class '%s' has no picture (png, jpg, jpeg, pgm, ppm, pnm)", folder);
    }
    for (size_t i = 0; i < count; i++) {
        bool held_out = is_held_out((uint32_t) class, i, count);
        if (selection != TAKE_ALL && held_out != (selection == TAKE_HELD_OUT)) continue;
        TRY(memory_grow(&survey->labels, list->count, &survey->labels_capacity,
                        sizeof *survey->labels));
        TRY(memory_grow(&list->paths, list->count, &list->capacity, sizeof *list->paths));
        survey->labels[list->count] = class;
        list->paths[list->count++] = paths[i];
        paths[i] = NULL;
    }
done:
    file_free_names(paths, count);
    return status;
}

/* Where the split lies: *root (released with free()) and which pictures it takes. Both splits must
 * have the same classes, or the labels would not mean the same. */
static int find_split(const char *folder, enum dataset_split split, char **root,
                      enum selection *selection)
{
    int status = SAAE_OK;
    char *roots[2] = {NULL, NULL}, **names[2] = {NULL, NULL};
    size_t counts[2] = {0, 0};
    TRY(file_join(&roots[0], folder, "train"));
    TRY(file_join(&roots[1], folder, "test"));
    if (!file_is_folder(roots[0]) || !file_is_folder(roots[1])) {
        *selection = split == DATASET_TRAIN ? TAKE_KEPT : TAKE_HELD_OUT;
        TRY(memory_copy_text(root, folder));
        goto done;
    }
    for (int s = 0; s < 2; s++) TRY(list_classes(roots[s], &names[s], &counts[s]));
    for (size_t a = 0, b = 0; a < counts[0] || b < counts[1]; a++, b++) {
        int order = a == counts[0] ? 1 : b == counts[1] ? -1 : strcmp(names[0][a], names[1][b]);
        if (!order) continue;
        FAIL(SAAE_INPUT, "the class '%s' is in '%s' but not in '%s'; both need the same classes",
             order < 0 ? names[0][a] : names[1][b], roots[order > 0], roots[order < 0]);
    }
    *selection = TAKE_ALL;
    *root = roots[split == DATASET_TEST];
    roots[split == DATASET_TEST] = NULL;
done:
    for (int s = 0; s < 2; s++) {
        free(roots[s]);
        file_free_names(names[s], counts[s]);
    }
    return status;
}

static int place_pictures(struct dataset *dataset, struct survey *survey,
                          const struct dataset_options *options)
{
    int status = SAAE_OK;
    struct image image = {0};
    for (int k = 0; k < dataset->count; k++) {
        size_t i = dataset_limited_index(k, dataset->count, survey->list.count);
        char *path = survey->list.paths[i];
        TRY(picture_read(path, &image));
        TRY(dataset_place(dataset, k, &image, path, options));
        image_free(&image);
        dataset->labels[k] = survey->labels[i];
        dataset->files[k] = path;
        survey->list.paths[i] = NULL;
    }
done:
    image_free(&image);
    return status;
}

int folder_read_dataset(const char *name, const char *folder, enum dataset_split split,
                        const struct dataset_options *options, struct dataset *dataset)
{
    int status = SAAE_OK, count = 0;
    struct survey survey = {0};
    enum selection selection = TAKE_ALL;
    char *root = NULL, *path = NULL, **classes = NULL;
    size_t class_count = 0;
    TRY(find_split(folder, split, &root, &selection));
    TRY(list_classes(root, &classes, &class_count));
    for (size_t k = 0; k < class_count; k++) {
        TRY(file_join(&path, root, classes[k]));
        TRY(survey_class(path, (int32_t)k, selection, &survey));
        free(path);
        path = NULL;
    }
    if (!survey.list.count) {
        FAIL(SAAE_INPUT,
             "'%s' holds out no picture for testing: no class has %d; add pictures, or folders "
             "'train' and 'test'",
             root, RUN);
    }
    TRY(dataset_limited_count(options, survey.list.count, &count));
    TRY(dataset_create(dataset, name, count, (int)class_count));
    for (size_t k = 0; k < class_count; k++) {
        dataset->class_names[k] = classes[k];
        classes[k] = NULL;
    }
    TRY(memory_allocate(&dataset->files, (size_t)count, sizeof *dataset->files));
    TRY(place_pictures(dataset, &survey, options));
done:
    free(root);
    free(path);
    free(survey.labels);
    file_free_names(classes, class_count);
    file_free_names(survey.list.paths, survey.list.count);
    return status;
}

#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/folder.h"
#include "data/idx.h"

static const char *const fashion_classes[] = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                              "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                              "Bag",         "Ankle boot"};

static const char fashion_folder[] = "/usr/share/datasets/fashion-mnist";
static const char *const mnist_folders[] = {"./data/mnist", "/usr/share/datasets/mnist"};

void dataset_free(struct dataset *dataset)
{
    size_t classes = (size_t)dataset->classes, count = (size_t)dataset->count;
    free(dataset->name);
    free(dataset->pixels);
    free(dataset->labels);
    file_free_names(dataset->class_names, classes);
    file_free_names(dataset->files, count);
    *dataset = (struct dataset){0};
}

size_t dataset_image_bytes(const struct dataset *dataset)
{
    return (size_t)dataset->height * (size_t)dataset->width * (size_t)dataset->channels;
}

struct image dataset_image(const struct dataset *dataset, int index)
{
    return (struct image){.height = dataset->height,
                          .width = dataset->width,
                          .channels = dataset->channels,
                          .pixels = dataset->pixels + (size_t)index * dataset_image_bytes(dataset)};
}

int dataset_create(struct dataset *dataset, const char *name, int count, int classes)
{
    int status = SAAE_OK;
    *dataset = (struct dataset){.count = count, .classes = classes};
    TRY(memory_copy_text(&dataset->name, name));
    TRY(memory_allocate(&dataset->labels, (size_t)count, sizeof *dataset->labels));
    TRY(memory_allocate(&dataset->class_names, (size_t)classes, sizeof *dataset->class_names));
done:
    return status;
}

int dataset_limited_count(const struct dataset_options *options, size_t total, int *count)
{
    size_t limit = (size_t)options->limit;
    size_t left = limit && limit < total ? limit : total;
    if (left > INT32_MAX) {
        return status_set(SAAE_INPUT, "%zu pictures; at most %d are read: set a limit", total,
                          INT32_MAX);
    }
    *count = (int)left;
    return SAAE_OK;
}

size_t dataset_limited_index(int k, int count, size_t total)
{
    return (size_t)((uint64_t)k * total / (uint64_t)count);
}

/* The first picture fixes what the options leave open. */
static int fix_shape(struct dataset *dataset, const struct image *image,
                     const struct dataset_options *options)
{
    dataset->height = options->height ? options->height : image->height;
    dataset->width = options->width ? options->width : image->width;
    dataset->channels = options->channels ? options->channels : image->channels;
    return memory_allocate(&dataset->pixels, (size_t)dataset->count, dataset_image_bytes(dataset));
}

int dataset_place(struct dataset *dataset, int index, const struct image *image, const char *where,
                  const struct dataset_options *options)
{
    int status = SAAE_OK;
    struct image resized = {0}, converted = {0};
    const struct image *fitting = image;
    if (!dataset->pixels) TRY(fix_shape(dataset, image, options));
    if (image->height != dataset->height || image->width != dataset->width) {
        if (!options->height) {
            FAIL(SAAE_INPUT,
                 "'%s' is %dx%d (height x width), the first picture %dx%d; resize all with "
                 "--size %dx%d",
                 where, image->height, image->width, dataset->height, dataset->width,
                 dataset->height, dataset->width);
        }
        TRY(image_resize(fitting, dataset->height, dataset->width, &resized));
        fitting = &resized;
    }
    if (image->channels != dataset->channels) {
        if (!options->channels) {
            FAIL(SAAE_INPUT, "'%s' is %s, the first picture %s; convert all with --channels 1 or 3",
                 where, image->channels == 1 ? "grey" : "RGB",
                 dataset->channels == 1 ? "grey" : "RGB");
        }
        TRY(image_convert(fitting, dataset->channels, &converted));
        fitting = &converted;
    }
    size_t bytes = dataset_image_bytes(dataset);
    memcpy(dataset->pixels + (size_t)index * bytes, fitting->pixels, bytes);
done:
    image_free(&resized);
    image_free(&converted);
    return status;
}

/* The number of classes is the same for both splits: the largest label of either file decides. */
static int count_idx_classes(const char *folder, int *classes)
{
    int status = SAAE_OK;
    static const char *const sets[] = {"train", "t10k"};
    char *path = NULL;
    struct idx labels = {0};
    *classes = 0;
    for (int s = 0; s < 2; s++) {
        TRY(idx_find(folder, sets[s], "labels", &path));
        if (!path) continue;
        TRY(idx_read(path, 1, &labels));
        for (size_t i = 0; i < labels.shape[0]; i++) {
            if (labels.data[i] >= *classes) *classes = labels.data[i] + 1;
        }
        idx_free(&labels);
        free(path);
        path = NULL;
    }
done:
    free(path);
    return status;
}

static int place_idx_images(struct dataset *dataset, const struct idx *images,
                            const struct idx *labels, const struct dataset_options *options)
{
    struct image view = {
        .height = (int)images->shape[1], .width = (int)images->shape[2], .channels = 1};
    size_t bytes = image_bytes(&view);
    for (int k = 0; k < dataset->count; k++) {
        size_t i = dataset_limited_index(k, dataset->count, images->shape[0]);
        view.pixels = images->data + i * bytes;
        dataset->labels[k] = labels->data[i];
        int status = dataset_place(dataset, k, &view, dataset->name, options);
        if (status != SAAE_OK) return status;
    }
    return SAAE_OK;
}

/* `names` NULL: the classes are "0" .. "k-1", k from the labels. */
static int read_idx_dataset(const char *name, const char *folder, enum dataset_split split,
                            const struct dataset_options *options, const char *const *names,
                            int classes, struct dataset *dataset)
{
    int status = SAAE_OK, count = 0;
    struct idx images = {0}, labels = {0};
    TRY(idx_read_set(folder, split == DATASET_TRAIN ? "train" : "t10k", &images, &labels));
    if (!classes) TRY(count_idx_classes(folder, &classes));
    TRY(dataset_limited_count(options, images.shape[0], &count));
    TRY(dataset_create(dataset, name, count, classes));
    for (int k = 0; k < classes; k++) {
        char number[16];
        snprintf(number, sizeof number, "%d", k);
        TRY(memory_copy_text(&dataset->class_names[k], names ? names[k] : number));
    }
    TRY(place_idx_images(dataset, &images, &labels, options));
done:
    idx_free(&images);
    idx_free(&labels);
    return status;
}

static int open_mnist(const char *spec, enum dataset_split split,
                      const struct dataset_options *options, struct dataset *dataset)
{
    for (size_t i = 0; i < sizeof mnist_folders / sizeof *mnist_folders; i++) {
        if (file_is_folder(mnist_folders[i])) {
            return read_idx_dataset(spec, mnist_folders[i], split, options, NULL, 10, dataset);
        }
    }
    return status_set(SAAE_INPUT,
                      "no MNIST in '%s' or '%s'; name the folder of its files with idx:DIR",
                      mnist_folders[0], mnist_folders[1]);
}

static int open_fashion(const char *spec, enum dataset_split split,
                        const struct dataset_options *options, struct dataset *dataset)
{
    if (!file_is_folder(fashion_folder)) {
        return status_set(SAAE_INPUT,
                          "no folder '%s'; install the package dataset-fashion-mnist, or name the "
                          "folder of its files with idx:DIR",
                          fashion_folder);
    }
    return read_idx_dataset(spec, fashion_folder, split, options, fashion_classes, 10, dataset);
}

static int open_folder(const char *spec, enum dataset_split split,
                       const struct dataset_options *options, struct dataset *dataset)
{
    int status = SAAE_OK;
    char *train = NULL, *test = NULL;
    if (!file_is_folder(spec)) {
        FAIL(SAAE_USAGE,
             "'%s' is no data set: fashion-mnist, mnist, idx:DIR, folder:DIR or a folder", spec);
    }
    TRY(idx_find(spec, "train", "images", &train));
    TRY(idx_find(spec, "t10k", "images", &test));
    if (train || test) {
        TRY(read_idx_dataset(spec, spec, split, options, NULL, 0, dataset));
    } else {
        TRY(folder_read_dataset(spec, spec, split, options, dataset));
    }
done:
    free(train);
    free(test);
    return status;
}

static int check_options(const struct dataset_options *options)
{
    if ((options->height == 0) != (options->width == 0)) {
        return status_set(SAAE_USAGE, "a size of %dx%d; both sides are given, or neither",
                          options->height, options->width);
    }
    if (options->height < 0 || options->height > IMAGE_MAX_SIDE || options->width < 0 ||
        options->width > IMAGE_MAX_SIDE) {
        return status_set(SAAE_USAGE, "a size of %dx%d; from 1 to %d a side are possible",
                          options->height, options->width, IMAGE_MAX_SIDE);
    }
    if (options->channels != 0 && options->channels != 1 && options->channels != 3) {
        return status_set(SAAE_USAGE, "%d channels; 1 (grey) or 3 (RGB) are possible",
                          options->channels);
    }
    if (options->limit < 0) {
        return status_set(SAAE_USAGE, "a limit of %d pictures; it is at least 1", options->limit);
    }
    return SAAE_OK;
}

int dataset_open(const char *spec, enum dataset_split split, const struct dataset_options *options,
                 struct dataset *dataset)
{
    int status = SAAE_OK;
    *dataset = (struct dataset){0};
    TRY(check_options(options));
    if (!strncmp(spec, "idx:", 4)) {
        TRY(read_idx_dataset(spec, spec + 4, split, options, NULL, 0, dataset));
    } else if (!strncmp(spec, "folder:", 7)) {
        TRY(folder_read_dataset(spec, spec + 7, split, options, dataset));
    } else if (!strcmp(spec, "fashion-mnist")) {
        TRY(open_fashion(spec, split, options, dataset));
    } else if (!strcmp(spec, "mnist")) {
        TRY(open_mnist(spec, split, options, dataset));
    } else {
        TRY(open_folder(spec, split, options, dataset));
    }
    TRY(dataset_check(dataset));
done:
    if (status != SAAE_OK) dataset_free(dataset);
    return status;
}

static int check_labels(const struct dataset *dataset)
{
    int status = SAAE_OK;
    int32_t *counts = NULL;
    TRY(memory_allocate(&counts, (size_t)dataset->classes, sizeof *counts));
    for (int i = 0; i < dataset->count; i++) {
        int32_t label = dataset->labels[i];
        if (label < 0 || label >= dataset->classes) {
            FAIL(SAAE_INPUT, "'%s': picture %d has the label %d; %d classes: 0 to %d",
                 dataset->name, i, label, dataset->classes, dataset->classes - 1);
        }
        counts[label]++;
    }
    for (int k = 0; k < dataset->classes; k++) {
        if (counts[k]) continue;
        log_warning("'%s': class %d ('%s') has no picture", dataset->name, k,
                    dataset->class_names[k]);
    }
done:
    free(counts);
    return status;
}

int dataset_check(const struct dataset *dataset)
{
    size_t bytes = dataset_image_bytes(dataset);
    int constant = 0, first = 0;
    int status = check_labels(dataset);
    if (status != SAAE_OK) return status;
    for (int i = 0; i < dataset->count; i++) {
        const uint8_t *pixels = dataset->pixels + (size_t)i * bytes;
        if (memcmp(pixels, pixels + 1, bytes - 1) != 0) continue; /* each equals its neighbour */
        if (constant++ == 0) first = i;
    }
    if (constant) {
        const char *file = dataset->files ? dataset->files[first] : "";
        log_warning("'%s': %d of %d pictures have a single value everywhere, the first is number "
                    "%d%s%s",
                    dataset->name, constant, dataset->count, first, *file ? ", " : "", file);
    }
    return SAAE_OK;
}

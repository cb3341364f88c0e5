#include "cli/evaluate_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "cli/common.h"

static const char *mode_of(const struct evaluation *e)
{
    return e->batch_statistics ? "batch" : "running";
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void print_judge(const struct evaluation *e)
{
    const struct judge_training *t = &e->judge->training;
    printf("judge           %.2f %% +- %.2f of %d real test images of %s; trained on %d real "
           "images of %s, %g epochs, seed %" PRIu64 "; ",
           100 * content_share(e->test_right, e->test_images),
           100 * content_share_error(e->test_right, e->test_images), e->test_images, e->data,
           t->train_images, t->data, t->epochs, t->seed);
    if (e->judge_path)
        printf("%s, %s %016" PRIx64 "\n", e->judge_path, CHECKSUM_NAME, e->judge_checksum);
    else
        printf("not kept\n");
}

static void print_classes(const struct evaluation *e)
{
    const struct content_confusion *c = &e->confusion;
    printf("  by class     ");
    for (int k = 0; k < c->classes; k++) {
        double share = content_class_accuracy(c, k);
        if (isfinite(share)) printf(" %s %.1f", e->checkpoint->class_names[k], 100 * share);
        if (k + 1 < c->classes) putchar(',');
    }
    printf(" %%\n");
}

void evaluation_print(const struct evaluation *e)
{
    const struct content_confusion *c = &e->confusion;
    const struct content_ink *ink = &e->ink;
    double accuracy = content_share(c->right, c->total);
    double ceiling = content_share(e->test_right, e->test_images);
    printf("checkpoint      %s, step %lld, %s %016" PRIx64 "; %s statistics%s, on %s\n",
           e->checkpoint_path, (long long)e->checkpoint->state.step, CHECKSUM_NAME,
           e->checkpoint_checksum, mode_of(e), e->batch_statistics ? " of each batch" : "",
           e->device);
    print_judge(e);
    printf("content         %.2f %% +- %.2f of %d cross pairs read as their content by the judge, "
           "%.1f %% of its own accuracy; styles: %s images, seed %" PRIu64 "\n",
           100 * accuracy, 100 * content_share_error(c->right, c->total), c->total,
           100 * accuracy / ceiling, e->styles, e->seed);
    print_classes(e);
    printf("style           correlation of ink with the style's %.3f, within contents %.3f; "
           "shuffled %.3f +- %.3f, %.3f +- %.3f; the same %d pairs, %d shuffles\n",
           ink->all, ink->within, ink->shuffled_all, ink->shuffled_all_deviation,
           ink->shuffled_within, ink->shuffled_within_deviation, c->total, CONTENT_SHUFFLES);
    if (!isfinite(ink->within)) {
        printf("                (undefined: the ink of the pictures does not vary)\n");
    }
    printf("reconstruction  %.3f +- %.3f squared error an image, mean of %d test images in their "
           "own style\n",
           e->reconstruction.mean, e->reconstruction.error, e->reconstruction.images);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A number, or null where it is not finite, which JSON cannot say. */
static void add_number(cJSON *object, const char *name, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, value);
    else
        cJSON_AddNullToObject(object, name);
}

/* A whole number that a double might round. */
static void add_integer(cJSON *object, const char *name, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddRawToObject(object, name, text);
}

static void add_checksum(cJSON *object, uint64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    cJSON_AddStringToObject(object, CHECKSUM_NAME, text);
}

static void add_checkpoint(cJSON *document, const struct evaluation *e)
{
    cJSON *o = cJSON_AddObjectToObject(document, "checkpoint");
    cJSON_AddStringToObject(o, "file", e->checkpoint_path);
    add_checksum(o, e->checkpoint_checksum);
    add_integer(o, "step", (uint64_t)e->checkpoint->state.step);
    add_integer(o, "seed", e->checkpoint->state.seed);
    cJSON_AddStringToObject(o, "data", e->checkpoint->data);
}

static void add_judge(cJSON *document, const struct evaluation *e)
{
    const struct judge_training *t = &e->judge->training;
    cJSON *o = cJSON_AddObjectToObject(document, "judge");
    if (e->judge_path) {
        cJSON_AddStringToObject(o, "file", e->judge_path);
        add_checksum(o, e->judge_checksum);
    } else {
        cJSON_AddNullToObject(o, "file");
    }
    cJSON_AddStringToObject(o, "trained_on", t->data);
    cJSON_AddNumberToObject(o, "train_images", t->train_images);
    cJSON_AddNumberToObject(o, "epochs", t->epochs);
    add_integer(o, "seed", t->seed);
    cJSON_AddNumberToObject(o, "test_images", e->test_images);
    cJSON_AddNumberToObject(o, "test_right", e->test_right);
    add_number(o, "accuracy", content_share(e->test_right, e->test_images));
    add_number(o, "standard_error", content_share_error(e->test_right, e->test_images));
}

static void add_content(cJSON *document, const struct evaluation *e)
{
    const struct content_confusion *c = &e->confusion;
    double accuracy = content_share(c->right, c->total);
    cJSON *o = cJSON_AddObjectToObject(document, "content");
    cJSON_AddNumberToObject(o, "pairs", c->total);
    cJSON_AddNumberToObject(o, "right", c->right);
    add_number(o, "accuracy", accuracy);
    add_number(o, "standard_error", content_share_error(c->right, c->total));
    add_number(o, "of_ceiling", accuracy / content_share(e->test_right, e->test_images));
    cJSON *classes = cJSON_AddArrayToObject(o, "by_class");
    cJSON *confusion = cJSON_AddArrayToObject(o, "confusion");
    for (int k = 0; k < c->classes; k++) {
        const int32_t *row = c->counts + (size_t)k * (size_t)c->classes;
        cJSON *class = cJSON_CreateObject();
        cJSON_AddStringToObject(class, "class", e->checkpoint->class_names[k]);
        add_number(class, "accuracy", content_class_accuracy(c, k));
        cJSON_AddItemToArray(classes, class);
        cJSON_AddItemToArray(confusion, cJSON_CreateIntArray(row, c->classes));
    }
}

static void add_style(cJSON *document, const struct evaluation *e)
{
    const struct content_ink *ink = &e->ink;
    cJSON *o = cJSON_AddObjectToObject(document, "style");
    cJSON_AddStringToObject(o, "measure", "correlation of ink, the mean of all pixels");
    cJSON_AddNumberToObject(o, "pairs", e->confusion.total);
    add_number(o, "correlation", ink->all);
    add_number(o, "correlation_within_content", ink->within);
    cJSON_AddNumberToObject(o, "shuffles", CONTENT_SHUFFLES);
    add_number(o, "shuffled", ink->shuffled_all);
    add_number(o, "shuffled_deviation", ink->shuffled_all_deviation);
    add_number(o, "shuffled_within_content", ink->shuffled_within);
    add_number(o, "shuffled_within_content_deviation", ink->shuffled_within_deviation);
}

int evaluation_write_json(const struct evaluation *e, const char *path)
{
    cJSON *document = cJSON_CreateObject();
    add_checkpoint(document, e);
    cJSON_AddStringToObject(document, "device", e->device);
    cJSON_AddStringToObject(document, "data", e->data);
    cJSON_AddStringToObject(document, "styles", e->styles);
    cJSON_AddStringToObject(document, "statistics", mode_of(e));
    cJSON_AddBoolToObject(document, "exact", e->exact);
    cJSON_AddNumberToObject(document, "batch", e->batch);
    add_integer(document, "seed", e->seed);
    add_judge(document, e);
    add_content(document, e);
    add_style(document, e);
    cJSON *o = cJSON_AddObjectToObject(document, "reconstruction");
    cJSON_AddStringToObject(o, "measure", "squared error summed over an image");
    cJSON_AddNumberToObject(o, "images", e->reconstruction.images);
    add_number(o, "mean", e->reconstruction.mean);
    add_number(o, "standard_error", e->reconstruction.error);
    int status = common_write_json(path, document);
    cJSON_Delete(document);
    return status;
}

/* ---- Confusion ------------------------------------------------------------------------------- */

/* A name in quotes (RFC 4180), then `end`. */
static int append_name(struct file_writer *writer, const char *name, const char *end)
{
    int status = SAAE_OK;
    TRY(file_append(writer, "\"", 1));
    for (const char *at = name; *at; at++) {
        if (*at == '"') TRY(file_append(writer, "\"", 1));
        TRY(file_append(writer, at, 1));
    }
    TRY(file_append(writer, "\"", 1));
    TRY(file_append(writer, end, strlen(end)));
done:
    return status;
}

int evaluation_write_confusion(const struct evaluation *e, const char *path)
{
    int status = SAAE_OK, classes = e->confusion.classes;
    char **names = e->checkpoint->class_names, number[32];
    struct file_writer writer = {0};
    TRY(file_begin(&writer, path));
    TRY(append_name(&writer, "wanted", ","));
    for (int k = 0; k < classes; k++) {
        TRY(append_name(&writer, names[k], k + 1 < classes ? "," : "\n"));
    }
    for (int wanted = 0; wanted < classes; wanted++) {
        const int32_t *row = e->confusion.counts + (size_t)wanted * (size_t)classes;
        TRY(append_name(&writer, names[wanted], ","));
        for (int k = 0; k < classes; k++) {
            int length = snprintf(number, sizeof number, "%" PRId32 "%s", row[k],
                                  k + 1 < classes ? "," : "\n");
            TRY(file_append(&writer, number, (size_t)length));
        }
    }
    TRY(file_commit(&writer));
done:
    file_abandon(&writer);
    return status;
}

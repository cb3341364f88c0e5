#include <stdlib.h>

#include "base/memory.h"
#include "base/pixel.h"
#include "base/rng.h"
#include "eval/content.h"
#include "eval/correlation.h"

enum { SHUFFLE_STEP = 0x40000000 }; /* of RNG_SAMPLE: see content.c */
enum { PART = 256 };                /* pictures drawn, judged and forgotten at a time */

/* ---- Ink ------------------------------------------------------------------------------------- */

/* Mean and standard deviation (n - 1) of values without NANs; NANs leave NANs. */
static void summarise(const double *values, int n, double *mean, double *deviation)
{
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < n; i++) sum += values[i];
    *mean = sum / n;
    for (int i = 0; i < n; i++) squares += (values[i] - *mean) * (values[i] - *mean);
    *deviation = sqrt(squares / (n - 1));
}

int content_ink_measure(struct content_ink *ink, const double *drawn, const double *style,
                        const int32_t *content_class, int classes, int count, uint64_t seed)
{
    int status = SAAE_OK;
    double *shuffled = NULL, all[CONTENT_SHUFFLES], within[CONTENT_SHUFFLES];
    uint32_t *order = NULL;
    size_t n = (size_t)count;
    ink->all = correlation(drawn, style, n);
    TRY(correlation_within(drawn, style, content_class, classes, n, &ink->within));
    TRY(memory_allocate(&shuffled, n, sizeof *shuffled));
    TRY(memory_allocate(&order, n, sizeof *order));
    for (int s = 0; s < CONTENT_SHUFFLES; s++) {
        struct rng rng = {seed, RNG_SAMPLE, SHUFFLE_STEP + (uint32_t)s};
        rng_permutation(&rng, order, n);
        for (size_t i = 0; i < n; i++) shuffled[i] = style[order[i]];
        all[s] = correlation(drawn, shuffled, n);
        TRY(correlation_within(drawn, shuffled, content_class, classes, n, &within[s]));
    }
    summarise(all, CONTENT_SHUFFLES, &ink->shuffled_all, &ink->shuffled_all_deviation);
    summarise(within, CONTENT_SHUFFLES, &ink->shuffled_within, &ink->shuffled_within_deviation);
done:
    free(shuffled);
    free(order);
    return status;
}

static double ink_of(const float *pixels, size_t row)
{
    double sum = 0.0;
    for (size_t i = 0; i < row; i++) sum += (double)pixels[i];
    return sum / (double)row;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

/* Room for one part. */
struct drawing {
    size_t content_row, style_row; /* elements of a picture; the drawn one has the content's */
    float *content, *style, *drawn;
    int32_t *found;
};

static int drawing_create(struct drawing *drawing, const struct contents *contents,
                          const struct dataset *styles)
{
    int status = SAAE_OK;
    struct image picture = contents_image(contents, 0);
    *drawing = (struct drawing){.content_row = image_bytes(&picture),
                                .style_row = dataset_image_bytes(styles)};
    TRY(memory_allocate(&drawing->content, PART * drawing->content_row, sizeof(float)));
    TRY(memory_allocate(&drawing->drawn, PART * drawing->content_row, sizeof(float)));
    TRY(memory_allocate(&drawing->style, PART * drawing->style_row, sizeof(float)));
    TRY(memory_allocate(&drawing->found, PART, sizeof *drawing->found));
done:
    return status;
}

static void drawing_free(struct drawing *drawing)
{
    free(drawing->content);
    free(drawing->style);
    free(drawing->drawn);
    free(drawing->found);
}

static void copy_picture(float *to, const uint8_t *pixels, size_t row, int32_t number)
{
    const uint8_t *from = pixels + (size_t)number * row;
    for (size_t i = 0; i < row; i++) to[i] = pixel_to_float(from[i]);
}

/* Draws `used` pictures of the given numbers into drawing->drawn. */
static int draw(const struct content_subject *subject, struct drawing *drawing,
                const struct dataset *styles, const int32_t *style, const int32_t *content,
                int used)
{
    for (size_t i = 0; i < (size_t)used; i++) {
        copy_picture(drawing->content + i * drawing->content_row, subject->contents->pixels,
                     drawing->content_row, content[i]);
        copy_picture(drawing->style + i * drawing->style_row, styles->pixels, drawing->style_row,
                     style[i]);
    }
    return generator_run(subject->generator, drawing->content, drawing->style, used,
                         drawing->drawn);
}

static int report(const struct content_subject *subject, const char *what, int done, int total)
{
    if (!subject->progress || subject->progress(subject->context, what, done, total)) {
        return SAAE_OK;
    }
    return status_set(SAAE_INTERRUPTED, "the evaluation was interrupted");
}

int content_measure_pairs(const struct content_subject *subject, const struct dataset *styles,
                          const struct content_pairs *pairs, uint64_t seed,
                          struct content_confusion *confusion, struct content_ink *ink)
{
    int status = SAAE_OK, used = 0, classes = styles->classes;
    struct drawing drawing = {0};
    struct predictor *predictor = NULL;
    double *drawn_ink = NULL, *style_ink = NULL;
    TRY(content_confusion_create(confusion, classes));
    TRY(drawing_create(&drawing, subject->contents, styles));
    TRY(predictor_create(&predictor, &subject->judge->recogniser, PART));
    TRY(memory_allocate(&drawn_ink, (size_t)pairs->count, sizeof *drawn_ink));
    TRY(memory_allocate(&style_ink, (size_t)pairs->count, sizeof *style_ink));
    for (int first = 0; first < pairs->count; first += used) {
        used = pairs->count - first < PART ? pairs->count - first : PART;
        TRY(draw(subject, &drawing, styles, pairs->style + first, pairs->content + first, used));
        TRY(predictor_run(predictor, drawing.drawn, used, drawing.found, NULL));
        for (int i = 0; i < used; i++) {
            const float *drawn = drawing.drawn + (size_t)i * drawing.content_row;
            const float *style = drawing.style + (size_t)i * drawing.style_row;
            drawn_ink[first + i] = ink_of(drawn, drawing.content_row);
            style_ink[first + i] = ink_of(style, drawing.style_row);
            content_confusion_add(confusion, pairs->content_class[first + i], drawing.found[i]);
        }
        TRY(report(subject, "cross pairs", first + used, pairs->count));
    }
    TRY(content_ink_measure(ink, drawn_ink, style_ink, pairs->content_class, classes, pairs->count,
                            seed));
done:
    predictor_free(predictor);
    drawing_free(&drawing);
    free(drawn_ink);
    free(style_ink);
    if (status != SAAE_OK) content_confusion_free(confusion);
    return status;
}

static int own_content(const struct contents *contents, int32_t class)
{
    for (int i = 0; i < contents->count; i++) {
        if (contents->class_of[i] == class) return i;
    }
    return 0; /* contents_check has found one of each class */
}

static double squared_error(const float *a, const float *b, size_t row)
{
    double sum = 0.0;
    for (size_t i = 0; i < row; i++) {
        double d = (double)a[i] - (double)b[i];
        sum += d * d;
    }
    return sum;
}

int content_measure_reconstruction(const struct content_subject *subject,
                                   const struct dataset *test, int images,
                                   struct content_reconstruction *reconstruction)
{
    int status = SAAE_OK, used = 0;
    struct drawing drawing = {0};
    int32_t style[PART], content[PART];
    double *errors = NULL, deviation = 0.0;
    if (images > test->count) images = test->count;
    *reconstruction = (struct content_reconstruction){.images = images};
    TRY(contents_check(subject->contents, (const char *const *)test->class_names, test->classes));
    TRY(drawing_create(&drawing, subject->contents, test));
    TRY(memory_allocate(&errors, (size_t)images, sizeof *errors));
    for (int first = 0; first < images; first += used) {
        used = images - first < PART ? images - first : PART;
        for (int i = 0; i < used; i++) {
            style[i] = (int32_t)dataset_limited_index(first + i, images, (size_t)test->count);
            content[i] = own_content(subject->contents, test->labels[style[i]]);
        }
        TRY(draw(subject, &drawing, test, style, content, used));
        for (int i = 0; i < used; i++) {
            size_t row = drawing.content_row, at = (size_t)i * row;
            errors[first + i] = squared_error(drawing.drawn + at, drawing.style + at, row);
        }
        TRY(report(subject, "reconstructions", first + used, images));
    }
    summarise(errors, images, &reconstruction->mean, &deviation);
    reconstruction->error = deviation / sqrt((double)images);
done:
    drawing_free(&drawing);
    free(errors);
    return status;
}

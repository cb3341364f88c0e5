/* Cross pairs, counts and style following on hand-made data; the whole measure on a tiny model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/content.h"
#include "support.h"

enum { SIDE = 8, CLASSES = 3, COUNT = 9, ROW = SIDE * SIDE };

static void make_set(struct dataset *set)
{
    assert_ok(dataset_create(set, "nine pictures", COUNT, CLASSES));
    set->height = set->width = SIDE;
    set->channels = 1;
    set->pixels = calloc(COUNT, ROW);
    assert_non_null(set->pixels);
    for (int i = 0; i < COUNT; i++) {
        set->labels[i] = i % CLASSES;
        for (int p = 0; p < ROW; p++) {
            set->pixels[i * ROW + p] = p % CLASSES == i % CLASSES ? (uint8_t)(100 + 10 * i) : 0;
        }
    }
    for (int k = 0; k < CLASSES; k++) {
        set->class_names[k] = strdup((const char[]){(char)('a' + k), '\0'});
        assert_non_null(set->class_names[k]);
    }
}

/* Two pictures of class 1, one of the others. */
static void make_contents(struct contents *contents, int32_t class_of[4], char *names[4],
                          uint8_t pixels[4 * ROW])
{
    const int32_t classes[4] = {0, 1, 1, 2};
    static char name[] = "content";
    memset(pixels, 90, 4 * ROW);
    for (int i = 0; i < 4; i++) {
        class_of[i] = classes[i];
        names[i] = name;
    }
    *contents = (struct contents){.count = 4,
                                  .height = SIDE,
                                  .width = SIDE,
                                  .channels = 1,
                                  .pixels = pixels,
                                  .class_of = class_of,
                                  .names = names};
}

static void test_pairs(void **state)
{
    (void)state;
    enum { PAIRS = 900 };
    struct dataset set;
    struct contents contents;
    struct content_pairs pairs, again, other;
    int32_t class_of[4];
    char *names[4];
    uint8_t pixels[4 * ROW];
    int classes[CLASSES] = {0}, used[4] = {0}, seen[COUNT] = {0}, different = 0;
    make_set(&set);
    make_contents(&contents, class_of, names, pixels);
    assert_ok(content_pairs_draw(&pairs, &set, &contents, PAIRS, 3));
    assert_ok(content_pairs_draw(&again, &set, &contents, PAIRS, 3));
    assert_ok(content_pairs_draw(&other, &set, &contents, PAIRS, 4));
    for (int i = 0; i < PAIRS; i++) {
        assert_int_not_equal(pairs.content_class[i], set.labels[pairs.style[i]]);
        assert_int_equal(pairs.content_class[i], class_of[pairs.content[i]]);
        assert_int_equal(pairs.style[i], again.style[i]);
        assert_int_equal(pairs.content[i], again.content[i]);
        different += pairs.style[i] != other.style[i];
        classes[pairs.content_class[i]]++;
        used[pairs.content[i]]++;
        seen[pairs.style[i]]++;
    }
    /* each style equally often; classes and a class's pictures within 5 standard deviations */
    for (int i = 0; i < COUNT; i++) assert_int_equal(seen[i], PAIRS / COUNT);
    for (int k = 0; k < CLASSES; k++) assert_in_range(classes[k], 230, 370);
    assert_in_range(used[1], 90, 210);
    assert_in_range(used[2], 90, 210);
    assert_true(different > PAIRS / 2);
    content_pairs_free(&pairs);
    content_pairs_free(&again);
    content_pairs_free(&other);
    class_of[3] = 1;
    assert_status(SAAE_INPUT, content_pairs_draw(&pairs, &set, &contents, PAIRS, 3));
    assert_message_contains("'c'");
    dataset_free(&set);
}

static void test_confusion(void **state)
{
    (void)state;
    struct content_confusion confusion;
    const int wanted[] = {0, 0, 0, 0, 1, 1, 1}, found[] = {0, 0, 0, 2, 1, 0, 0};
    const int32_t expected[9] = {3, 0, 1, 2, 1, 0, 0, 0, 0};
    assert_ok(content_confusion_create(&confusion, CLASSES));
    for (int i = 0; i < 7; i++) content_confusion_add(&confusion, wanted[i], found[i]);
    assert_memory_equal(confusion.counts, expected, sizeof expected);
    assert_int_equal(confusion.right, 4);
    assert_int_equal(confusion.total, 7);
    assert_near(content_class_accuracy(&confusion, 0), 0.75, 1e-15);
    assert_near(content_class_accuracy(&confusion, 1), 1.0 / 3, 1e-15);
    assert_true(isnan(content_class_accuracy(&confusion, 2)));
    assert_near(content_share_error(3, 4), sqrt(0.75 * 0.25 / 4), 1e-15);
    assert_true(isnan(content_share(0, 0)));
    content_confusion_free(&confusion);
}

/* Output ink = the content's own ink + half of the style's. */
static void test_ink(void **state)
{
    (void)state;
    enum { N = 400 };
    double drawn[N], style[N];
    int32_t class[N];
    struct content_ink ink;
    for (int i = 0; i < N; i++) {
        class[i] = i % 4;
        style[i] = 0.2 + 0.5 * ((i * 37) % N) / N;
        drawn[i] = 0.3 * class[i] + 0.5 * style[i];
    }
    assert_ok(content_ink_measure(&ink, drawn, style, class, 4, N, 1));
    assert_near(ink.within, 1.0, 1e-12);
    assert_true(ink.all > 0.05 && ink.all < 0.5);
    /* chance: 0 +- 1/sqrt(N) = 0.05, and its mean over the shuffles a tenth of that */
    assert_near(ink.shuffled_within, 0.0, 0.03);
    assert_near(ink.shuffled_within_deviation, 0.05, 0.02);
    assert_near(ink.shuffled_all, 0.0, 0.03);

    for (int i = 0; i < N; i++) drawn[i] = 0.25; /* collapsed */
    assert_ok(content_ink_measure(&ink, drawn, style, class, 4, N, 1));
    assert_true(isnan(ink.all) && isnan(ink.within) && isnan(ink.shuffled_within));
}

static bool stop_after(void *context, const char *what, int done, int total)
{
    (void)what;
    (void)total;
    int *left = context;
    assert_true(done > 0);
    return (*left)-- > 0;
}

static void test_untrained_model(void **state)
{
    (void)state;
    struct dataset set;
    struct contents contents;
    struct content_pairs pairs;
    struct content_confusion confusion;
    struct content_ink ink;
    struct content_reconstruction reconstruction;
    struct judge judge;
    struct saae_model model;
    struct generator *generator = NULL;
    int32_t class_of[4];
    char *names[4];
    uint8_t pixels[4 * ROW];
    struct saae_config config = {.height = SIDE,
                                 .width = SIDE,
                                 .style_height = SIDE,
                                 .style_width = SIDE,
                                 .channels = 1,
                                 .classes = CLASSES};
    struct recogniser_options options = recogniser_default_options();
    options.epochs = 1;
    make_set(&set);
    make_contents(&contents, class_of, names, pixels);
    assert_ok(judge_train(&judge, &set, &set, &options, NULL, NULL, NULL));
    assert_ok(saae_config_preset(&config, "tiny"));
    assert_ok(saae_model_create(&model, &config));
    assert_ok(network_allocate(&model.generator, NULL, false));
    assert_ok(network_initialise(&model.generator, 1, 0));
    assert_ok(generator_create(&generator, &model, 4, BATCH_NORM_INFER));
    struct content_subject subject = {generator, &judge, &contents, NULL, NULL};

    assert_ok(content_pairs_draw(&pairs, &set, &contents, 10, 1));
    assert_ok(content_measure_pairs(&subject, &set, &pairs, 1, &confusion, &ink));
    int total = 0;
    for (int i = 0; i < CLASSES * CLASSES; i++) total += confusion.counts[i];
    assert_int_equal(total, 10);
    assert_int_equal(confusion.total, 10);

    /* against a direct computation of the first picture */
    float content[ROW], style[ROW], drawn[COUNT][ROW];
    double errors[COUNT], mean = 0.0, squares = 0.0;
    for (int i = 0; i < COUNT; i++) {
        errors[i] = 0.0;
        for (int p = 0; p < ROW; p++) {
            content[p] = 90 / 255.0f;
            style[p] = (float)(set.pixels[i * ROW + p] / 255.0);
        }
        assert_ok(generator_run(generator, content, style, 1, drawn[i]));
        for (int p = 0; p < ROW; p++) errors[i] += pow((double)(drawn[i][p] - style[p]), 2);
        mean += errors[i] / COUNT;
    }
    for (int i = 0; i < COUNT; i++) squares += pow(errors[i] - mean, 2);
    assert_ok(content_measure_reconstruction(&subject, &set, COUNT + 1, &reconstruction));
    assert_int_equal(reconstruction.images, COUNT);
    assert_near(reconstruction.mean, mean, 1e-5 * mean);
    assert_near(reconstruction.error, sqrt(squares / (COUNT - 1) / COUNT), 1e-5 * mean);

    assert_ok(content_measure_reconstruction(&subject, &set, 1, &reconstruction));
    assert_int_equal(reconstruction.images, 1);
    assert_near(reconstruction.mean, errors[0], 1e-5 * mean);

    int left = 0;
    content_confusion_free(&confusion);
    subject.progress = stop_after;
    subject.context = &left;
    assert_status(SAAE_INTERRUPTED,
                  content_measure_pairs(&subject, &set, &pairs, 1, &confusion, &ink));
    assert_null(confusion.counts);
    content_pairs_free(&pairs);
    generator_free(generator);
    saae_model_free(&model);
    judge_free(&judge);
    dataset_free(&set);
}

const struct CMUnitTest content_measure_tests[] = {
    cmocka_unit_test(test_pairs),
    cmocka_unit_test(test_confusion),
    cmocka_unit_test(test_ink),
    cmocka_unit_test(test_untrained_model),
};
const size_t content_measure_test_count =
    sizeof content_measure_tests / sizeof content_measure_tests[0];

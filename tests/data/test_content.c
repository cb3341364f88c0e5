#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/content.h"
#include "data/files.h"

static void need_font(void)
{
    if (!file_exists("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")) {
        test_skip("fonts-dejavu-core: the package is not installed");
    }
}

static int ink_rows(const struct image *image)
{
    int rows = 0;
    for (int y = 0; y < image->height; y++) {
        bool any = false;
        for (int x = 0; x < image->width; x++) any |= image->pixels[y * image->width + x] > 0;
        rows += any;
    }
    return rows;
}

static void test_text(void **state)
{
    (void)state;
    need_font();
    struct contents contents = {0};
    struct glyph_options options = glyph_default_options(28, 28);
    assert_ok(contents_from_text("Oo\xc3\xa4", NULL, &options, &contents));
    assert_int_equal(contents.count, 3);
    for (int k = 0; k < 3; k++) assert_int_equal(contents.class_of[k], k);
    assert_string_equal(contents.names[2], "\xc3\xa4");
    struct image large = contents_image(&contents, 0), small = contents_image(&contents, 1);
    assert_shape(&large, 28, 28, 1);
    assert_true(ink_rows(&small) < ink_rows(&large)); /* one size for all */
    contents_free(&contents);
    contents_free(&contents);
    assert_ok(contents_from_text("0123456789", NULL, &options, &contents));
    assert_int_equal(contents.count, 10);
    for (int a = 0; a < 10; a++) {
        for (int b = 0; b < a; b++) {
            assert_memory_not_equal(contents_image(&contents, a).pixels,
                                    contents_image(&contents, b).pixels, 784);
        }
    }
    contents_free(&contents);
}

static void test_text_faults(void **state)
{
    (void)state;
    need_font();
    struct contents contents = {0};
    struct glyph_options options = glyph_default_options(28, 28);
    assert_status(SAAE_USAGE, contents_from_text("", NULL, &options, &contents));
    assert_status(SAAE_USAGE, contents_from_text("a\xff", NULL, &options, &contents));
    assert_message_contains("not UTF-8 at byte 1");
    assert_status(SAAE_USAGE, contents_from_text("aba", NULL, &options, &contents));
    assert_message_contains("U+0061 twice, again at byte 2");
    assert_status(SAAE_INPUT, contents_from_text("a\xe4\xba\xac", NULL, &options, &contents));
    assert_message_contains("U+4EAC");
    options.height = -5;
    assert_status(SAAE_USAGE, contents_from_text("a", NULL, &options, &contents));
    assert_null(contents.pixels);
}

static void test_folder_of_contents(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "T-shirt/top", "b.c"};
    struct contents contents = {0};
    put_picture(test_path("contents/a.png"), 8, 8, 3, 1);
    put_picture(test_path("contents/T-shirt_top/2.png"), 4, 4, 1, 2);
    put_picture(test_path("contents/T-shirt_top/1.png"), 4, 4, 1, 3);
    put_picture(test_path("contents/ab.png"), 4, 4, 1, 4); /* of no class */
    const char *folder = test_path("contents");
    assert_status(SAAE_INPUT, contents_from_folder(folder, classes, 3, 4, 4, 1, &contents));
    assert_message_contains("no content picture for the class 'b.c' (number 2)");
    assert_message_contains(folder);
    assert_null(contents.pixels);
    put_picture(test_path("contents/b.c.png"), 4, 4, 1, 5);
    assert_ok(contents_from_folder(folder, classes, 3, 4, 4, 1, &contents));
    assert_int_equal(contents.count, 4);
    static const int32_t expected[] = {0, 1, 1, 2};
    assert_memory_equal(contents.class_of, expected, sizeof expected);
    assert_string_equal(contents.names[1], test_path("contents/T-shirt_top/1.png"));
    struct image source = make_image(4, 4, 1, 3), view = contents_image(&contents, 1);
    assert_shape(&view, 4, 4, 1);
    assert_memory_equal(view.pixels, source.pixels, 16);
    image_free(&source);
    contents_free(&contents);
    test_write_text("contents/a.ppm", "P3 broken");
    assert_status(SAAE_INPUT, contents_from_folder(folder, classes, 3, 4, 4, 1, &contents));
    assert_message_contains("a.ppm");
    assert_status(SAAE_INPUT, contents_from_folder("/nowhere", classes, 3, 4, 4, 1, &contents));
}

/* Against the definition: the sum over all pairs. */
static void test_medoids(void **state)
{
    (void)state;
    enum { COUNT = 30, CLASSES = 3, BYTES = 5 * 4 * 3 };
    struct image noise = make_image(5 * COUNT, 4, 3, 77);
    int32_t labels[COUNT];
    char *names[CLASSES] = {"x", "y", "z"};
    struct dataset set = {.name = "s",
                          .count = COUNT,
                          .height = 5,
                          .width = 4,
                          .channels = 3,
                          .classes = CLASSES,
                          .pixels = noise.pixels,
                          .labels = labels,
                          .class_names = names};
    for (int i = 0; i < COUNT; i++) labels[i] = i * i % CLASSES == 1 ? 1 : i % 2 * 2;
    struct contents contents = {0};
    assert_ok(contents_from_medoids(&set, &contents));
    assert_int_equal(contents.count, CLASSES);
    for (int k = 0; k < CLASSES; k++) {
        long least = -1;
        int medoid = 0;
        for (int i = 0; i < COUNT; i++) {
            long sum = 0;
            for (int j = 0; j < COUNT && labels[i] == k; j++) {
                for (int p = 0; p < BYTES && labels[j] == k; p++) {
                    int difference = noise.pixels[i * BYTES + p] - noise.pixels[j * BYTES + p];
                    sum += difference * difference;
                }
            }
            if (labels[i] == k && (least < 0 || sum < least)) least = sum, medoid = i;
        }
        assert_int_equal(contents.class_of[k], k);
        assert_memory_equal(contents_image(&contents, k).pixels, noise.pixels + medoid * BYTES,
                            BYTES);
    }
    contents_free(&contents);
    for (int i = 0; i < COUNT; i++) labels[i] = i % 2;
    assert_status(SAAE_INPUT, contents_from_medoids(&set, &contents));
    assert_message_contains("'s': the class 'z' has no picture");
    image_free(&noise);
}

static void test_check(void **state)
{
    (void)state;
    static const char *const classes[] = {"a", "b"};
    int32_t class_of[2] = {1, 0};
    char *names[2] = {"one", "two"};
    struct contents contents = {.count = 2, .class_of = class_of, .names = names};
    assert_ok(contents_check(&contents, classes, 2));
    class_of[0] = 0;
    assert_status(SAAE_INPUT, contents_check(&contents, classes, 2));
    assert_message_contains("class 'b' (number 1)");
    class_of[0] = 2;
    assert_status(SAAE_INPUT, contents_check(&contents, classes, 2));
    assert_message_contains("'one' is of class 2");
}

const struct CMUnitTest content_tests[] = {
    cmocka_unit_test(test_text),
    cmocka_unit_test(test_text_faults),
    cmocka_unit_test(test_folder_of_contents),
    cmocka_unit_test(test_medoids),
    cmocka_unit_test(test_check),
};
const size_t content_test_count = sizeof content_tests / sizeof *content_tests;

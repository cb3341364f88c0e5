#include "support.h"

#include "data/files.h"
#include "data/picture.h"

static void test_names(void **state)
{
    (void)state;
    assert_true(picture_has_name("a.png"));
    assert_true(picture_has_name("folder.x/A.JPeG"));
    assert_true(picture_has_name("a.b.PGM"));
    assert_false(picture_has_name("png"));
    assert_false(picture_has_name("a.png.txt"));
    assert_false(picture_has_name("a.gif"));
}

static void test_kind_follows_from_the_bytes(void **state)
{
    (void)state;
    struct image image = {0};
    const char *path = test_path("really.jpg");
    put_picture(path, 3, 4, 3, 1);
    assert_ok(picture_read(path, &image));
    assert_shape(&image, 3, 4, 3);
    image_free(&image);
    assert_ok(picture_read(test_write_text("a.png", "P2 1 1 255 7"), &image));
    assert_shape(&image, 1, 1, 1);
    image_free(&image);
    assert_status(SAAE_INPUT, picture_read(test_write_text("b.jpg", "\xff\xd8\xff"), &image));
    assert_message_contains("not a sound JPEG");
    assert_status(SAAE_INPUT, picture_read(test_write_text("c.png", "GIF89a"), &image));
    assert_message_contains("c.png': neither PNG");
    assert_status(SAAE_INPUT, picture_read(test_write_text("d.png", ""), &image));
    assert_status(SAAE_INPUT, picture_read(test_path("none.png"), &image));
    assert_null(image.pixels);
}

const struct CMUnitTest picture_tests[] = {
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_kind_follows_from_the_bytes),
};
const size_t picture_test_count = sizeof picture_tests / sizeof *picture_tests;

#include "checkpoint_fixture.h"

#include "support.h"

static const char *const class_names[] = {"zero", "T-shirt/top", "\303\244"};

const struct checkpoint_state some_state = {
    .seed = 0xfedcba9876543210, .step = 1234567890123, .adam_steps = {17, 5}};

void fixture_create(struct fixture *f, int channels, bool trained)
{
    static char *names[] = {"a.png", "b.png", "c.png", "not UTF-8: \xff"};
    static int32_t class_of[] = {0, 1, 1, 2};
    static uint8_t pixels[4 * 6 * 5 * 3];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 7 + 3);
    tiny_model_create(&f->model, NULL, channels, 1, trained);
    f->contents = (struct contents){4, 6, 5, channels, pixels, class_of, names};
    f->notes = (struct checkpoint_notes){.version = "1.2.3",
                                         .data = "idx:data",
                                         .command = "saae train \"quoted\"",
                                         .run = "{\"epochs\":3}",
                                         .class_names = class_names,
                                         .contents = &f->contents};
    f->path = test_path("model.safetensors");
}

void fixture_free(struct fixture *f)
{
    saae_model_free(&f->model);
}

int fixture_save(const struct fixture *f, bool with_moments)
{
    return checkpoint_save(f->path, &f->model, &some_state, &f->notes, with_moments);
}

void fixture_create_saved(struct fixture *f, bool with_moments)
{
    fixture_create(f, 1, true);
    assert_ok(fixture_save(f, with_moments));
}

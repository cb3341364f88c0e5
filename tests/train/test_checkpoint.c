#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "checkpoint_fixture.h"

/* The parameters agree; the padding between them is nobody's. */
static void assert_same_storage(const struct network *network, struct storage *a, struct storage *b,
                                bool trained)
{
    assert_int_equal(a->count, b->count);
    for (size_t p = 0; p < network->count; p++) {
        const struct parameter *parameter = &network->parameters[p];
        if (parameter_trained(parameter) != trained) continue;
        const double *x = (const double *)a->host + parameter->offset;
        const double *y = (const double *)b->host + parameter->offset;
        assert_memory_equal(x, y, shape_count(parameter->shape) * sizeof *x);
    }
}

static void assert_same_network(const struct network *a, const struct network *b, bool moments)
{
    assert_same_storage(a, a->value, b->value, true);
    assert_same_storage(a, a->statistic, b->statistic, false);
    if (!moments) return;
    assert_same_storage(a, a->moment1, b->moment1, true);
    assert_same_storage(a, a->moment2, b->moment2, true);
}

static void check_round_trip(int channels, bool moments)
{
    struct fixture f;
    struct checkpoint c;
    struct saae_model back;
    fixture_create(&f, channels, true);
    assert_ok(fixture_save(&f, moments));
    assert_ok(checkpoint_open(f.path, &c));
    assert_int_equal(c.has_moments, moments);
    assert_ok(saae_model_create(&back, &c.config));
    assert_ok(network_allocate(&back.generator, NULL, moments));
    assert_ok(network_allocate(&back.discriminator, NULL, moments));
    assert_ok(checkpoint_restore(&c, &back, moments));
    assert_same_network(&f.model.generator, &back.generator, moments);
    assert_same_network(&f.model.discriminator, &back.discriminator, moments);
    checkpoint_free(&c);
    saae_model_free(&back);
    fixture_free(&f);
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip(1, true);
    check_round_trip(3, true);
    check_round_trip(3, false);
}

static void test_generator_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    struct saae_model back;
    fixture_create_saved(&f, false);
    assert_ok(checkpoint_open(f.path, &c));
    assert_ok(saae_model_create(&back, &c.config));
    assert_ok(network_allocate(&back.generator, NULL, false));
    assert_ok(checkpoint_restore(&c, &back, false));
    assert_same_network(&f.model.generator, &back.generator, false);
    assert_status(SAAE_INPUT, checkpoint_restore(&c, &f.model, true));
    assert_message_contains("without the optimiser's moments");
    checkpoint_free(&c);
    saae_model_free(&back);
    fixture_free(&f);
}

static void test_what_comes_with_it(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    fixture_create(&f, 3, false);
    assert_ok(fixture_save(&f, false));
    assert_ok(checkpoint_open(f.path, &c));
    assert_int_equal(c.format, CHECKPOINT_FORMAT);
    assert_string_equal(c.path, f.path);
    assert_string_equal(c.version, "1.2.3");
    assert_string_equal(c.data, "idx:data");
    assert_string_equal(c.command, "saae train \"quoted\"");
    assert_string_equal(c.run, "{\"epochs\":3}");
    assert_memory_equal(&c.state, &some_state, sizeof some_state);
    assert_string_equal(c.config.preset, "custom");
    assert_int_equal(c.config.style_width, 7);
    assert_near(c.config.batch_norm_eps, f.model.config.batch_norm_eps, 0);
    for (int k = 0; k < 3; k++) assert_string_equal(c.class_names[k], f.notes.class_names[k]);
    assert_int_equal(c.contents.count, 4);
    assert_memory_equal(c.contents.pixels, f.contents.pixels, (size_t)(4 * 6 * 5 * 3));
    assert_memory_equal(c.contents.class_of, f.contents.class_of, 4 * sizeof(int32_t));
    assert_string_equal(c.contents.names[1], "b.png");
    assert_string_equal(c.contents.names[3], "not UTF-8: ?");
    checkpoint_free(&c);
    checkpoint_free(&c);
    fixture_free(&f);
}

static void test_no_contents_no_notes(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    fixture_create(&f, 1, false);
    f.notes = (struct checkpoint_notes){.version = "1", .class_names = f.notes.class_names};
    assert_ok(fixture_save(&f, false));
    assert_ok(checkpoint_open(f.path, &c));
    assert_int_equal(c.contents.count, 0);
    assert_string_equal(c.data, "");
    assert_string_equal(c.run, "{}");
    checkpoint_free(&c);
    fixture_free(&f);
}

static void assert_shape(const struct safetensors *st, const char *name, int rank,
                         const size_t *shape)
{
    const void *data;
    assert_ok(safetensors_require(st, name, SAFETENSORS_F32, rank, shape, &data));
}

/* Names and shapes as PyTorch's state_dict of the same layers has them. */
static void test_names_and_shapes(void **state)
{
    (void)state;
    struct fixture f;
    struct safetensors st;
    fixture_create(&f, 3, true);
    assert_ok(fixture_save(&f, true));
    assert_ok(safetensors_read(f.path, &st));
    assert_shape(&st, "generator.enc_content.0.conv.weight", 4, (size_t[]){2, 3, 3, 3});
    assert_shape(&st, "generator.enc_content.2.bn.running_var", 1, (size_t[]){2});
    assert_shape(&st, "generator.enc_style.fc_vector.weight", 2, (size_t[]){3, 4 * 7 * 2});
    assert_shape(&st, "generator.enc_style.fc_vector.bias", 1, (size_t[]){3});
    assert_shape(&st, "generator.enc_style.fc_map.weight", 2, (size_t[]){6 * 5 * 2, 3});
    assert_shape(&st, "generator.decoder.0.conv.weight", 4, (size_t[]){2, 4, 3, 3});
    assert_shape(&st, "generator.decoder.2.conv.weight", 4, (size_t[]){3, 2, 3, 3});
    assert_shape(&st, "generator.decoder.2.conv.bias", 1, (size_t[]){3});
    assert_shape(&st, "discriminator.fc_hidden.weight", 2, (size_t[]){5, 3 * 2 * 2});
    assert_shape(&st, "discriminator.fc_out.bias", 1, (size_t[]){4});
    assert_shape(&st, "optimiser.m.discriminator.fc_out.bias", 1, (size_t[]){4});
    assert_shape(&st, "optimiser.v.generator.decoder.2.conv.weight", 4, (size_t[]){3, 2, 3, 3});
    assert_null(safetensors_find(&st, "optimiser.m.generator.decoder.1.bn.running_mean"));
    assert_non_null(safetensors_metadata(&st, "model"));
    safetensors_free(&st);
    fixture_free(&f);
}

/* One element by hand: the vector's output 2 from pixel (1, 3), channel 1 of the style's map. */
static void test_flattening(void **state)
{
    (void)state;
    struct fixture f;
    struct safetensors st;
    fixture_create_saved(&f, false);
    assert_ok(safetensors_read(f.path, &st));
    const struct network *network = &f.model.generator;
    const char *name = "generator.enc_style.fc_vector.weight";
    const float *there = safetensors_find(&st, name)->data;
    size_t p = 0;
    while (strcmp(network->parameters[p].name, name) != 0) p++;
    const double *here = (const double *)network->value->host + network->parameters[p].offset;
    size_t channels_last = (1 * 7 + 3) * 2 + 1, channels_first = (1 * 4 + 1) * 7 + 3;
    assert_near(here[channels_last * 3 + 2], (double)there[2 * (4 * 7 * 2) + channels_first], 0);
    safetensors_free(&st);
    fixture_free(&f);
}

static void test_bad_numbers_are_not_saved(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    fixture_create_saved(&f, true);
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        const struct parameter *parameter = &f.model.discriminator.parameters[2];
        float good;
        struct storage *storage = f.model.discriminator.moment2;
        assert_ok(storage_read(storage, parameter->offset + 1, &good, 1));
        assert_ok(storage_write(storage, parameter->offset + 1, &bad[i], 1));
        assert_status(SAAE_NUMERIC, fixture_save(&f, true));
        assert_message_contains("optimiser.v.");
        assert_message_contains(parameter->name);
        assert_ok(fixture_save(&f, false)); /* which leaves it out */
        assert_ok(storage_write(storage, parameter->offset + 1, &good, 1));
    }
    assert_ok(fixture_save(&f, true));
    assert_ok(storage_write(f.model.generator.statistic, 0, &bad[0], 1));
    assert_status(SAAE_NUMERIC, fixture_save(&f, true));
    assert_message_contains("running_mean");
    assert_ok(checkpoint_open(f.path, &c)); /* the good one is still there */
    assert_true(c.has_moments);
    checkpoint_free(&c);
    fixture_free(&f);
}

static void test_previous_is_kept(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    struct checkpoint_state later = some_state;
    fixture_create_saved(&f, false);
    later.step++;
    assert_ok(checkpoint_save(f.path, &f.model, &later, &f.notes, false));
    assert_ok(checkpoint_open(test_path("model.safetensors.previous"), &c));
    assert_true(c.state.step == some_state.step);
    checkpoint_free(&c);
    assert_ok(checkpoint_open(f.path, &c));
    assert_true(c.state.step == later.step);
    checkpoint_free(&c);
    fixture_free(&f);
}

static void test_contents_of_another_size(void **state)
{
    (void)state;
    struct fixture f;
    fixture_create(&f, 1, false);
    f.contents.width--;
    assert_status(SAAE_USAGE, fixture_save(&f, false));
    assert_message_contains("content pictures of 6x4x1; the model's are 6x5x1");
    assert_false(file_exists(f.path));
    fixture_free(&f);
}

/* Before the first update the moments are 0 and need not be in the file. */
static void test_a_beginning_has_no_moments(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    float *moments = NULL;
    const struct checkpoint_state beginning = {.seed = 3};
    fixture_create(&f, 1, true);
    assert_ok(checkpoint_save(f.path, &f.model, &beginning, &f.notes, false));
    assert_ok(checkpoint_open(f.path, &c));
    const struct network *network = &f.model.generator;
    assert_ok(memory_allocate(&moments, network->values, sizeof *moments));
    for (size_t i = 0; i < network->values; i++) moments[i] = 1.0f;
    assert_ok(storage_write(network->moment2, 0, moments, network->values));
    assert_ok(checkpoint_restore(&c, &f.model, true));
    assert_ok(storage_read(network->moment2, 0, moments, network->values));
    for (size_t i = 0; i < network->values; i++) assert_true(moments[i] == 0.0f);
    free(moments);
    checkpoint_free(&c);
    fixture_free(&f);
}

const struct CMUnitTest checkpoint_tests[] = {
    cmocka_unit_test(test_round_trip),
    cmocka_unit_test(test_generator_alone),
    cmocka_unit_test(test_what_comes_with_it),
    cmocka_unit_test(test_no_contents_no_notes),
    cmocka_unit_test(test_names_and_shapes),
    cmocka_unit_test(test_flattening),
    cmocka_unit_test(test_bad_numbers_are_not_saved),
    cmocka_unit_test(test_previous_is_kept),
    cmocka_unit_test(test_contents_of_another_size),
    cmocka_unit_test(test_a_beginning_has_no_moments),
};
const size_t checkpoint_test_count = sizeof checkpoint_tests / sizeof *checkpoint_tests;

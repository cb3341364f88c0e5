#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "checkpoint_fixture.h"

/* A sound safetensors file in which one thing is changed; opening it must fail. */
struct change {
    const char *remove;           /* this tensor is left out */
    const char *add, *as;         /* a tensor of that name, a copy of `as` with shape [1] */
    const char *key, *value;      /* metadata; value NULL: left out */
    const char *message, *second; /* both are in the message */
};

static void write_changed(const struct safetensors *st, const struct change *change,
                          const char *path)
{
    struct safetensors changed = {0};
    for (size_t i = 0; i < st->count; i++) {
        const struct safetensors_entry *e = &st->entries[i];
        if (change->remove && !strcmp(change->remove, e->name)) continue;
        assert_ok(safetensors_add(&changed, e->name, e->type, e->rank, e->shape, e->data));
    }
    if (change->add) {
        const struct safetensors_entry *e = safetensors_find(st, change->as);
        assert_ok(safetensors_add(&changed, change->add, e->type, 1, (size_t[]){1}, e->data));
    }
    for (size_t i = 0; i < st->metadata_count; i++) {
        const char *key = st->metadata[i].key, *value = st->metadata[i].value;
        if (change->key && !strcmp(change->key, key)) value = change->value;
        if (value) assert_ok(safetensors_set_metadata(&changed, key, value));
    }
    assert_ok(safetensors_write(path, &changed, false));
    safetensors_free(&changed);
}

static const char weight[] = "discriminator.1.conv.weight";
static const char seed[] = "state.seed";
static const char moment[] = "optimiser.m.discriminator.fc_out.bias";

static const struct change changes[] = {
    {.remove = weight, .message = "no tensor 'discriminator.1.conv.weight'", .second = "previous"},
    {.remove = weight, .add = weight, .as = weight, .message = "is F32 [1], F32 [2, 2, 3, 3]"},
    {.remove = weight, .add = weight, .as = seed, .message = "is I64 [1], F32 [2, 2, 3, 3]"},
    {.add = "generator.other", .as = weight, .message = "'generator.other', which its model lacks"},
    {.remove = moment, .message = moment},
    {.remove = "state.step", .message = "state.step"},
    {.remove = "state.adam_steps", .add = "state.adam_steps", .as = seed, .message = "I64 [2]"},
    {.remove = "contents.class", .message = "contents.class"},
    {.remove = "contents.pixels", .add = "contents.pixels", .as = weight, .message = "U8 [1, 1, 6"},
    {.key = "format", .message = "is no checkpoint of saae", .second = "lack 'format'"},
    {.key = "format", .value = "2", .message = "has the format '2', this version reads 1"},
    {.key = "saae", .message = "lack 'saae'"},
    {.key = "model", .message = "lack 'model'"},
    {.key = "model", .value = "[1]", .message = "no JSON object"},
    {.key = "model", .value = "{\"preset\":\"tiny\"", .message = "no JSON object"},
    {.key = "model", .value = "{\"preset\":\"tiny\"}", .message = "'height' is missing"},
    {.key = "classes", .value = "[\"a\",\"b\"]", .message = "'classes' are no list of 3 names"},
    {.key = "classes", .value = "[\"a\",\"b\",3]", .message = "entry 2", .second = "'classes'"},
    {.key = "classes", .message = "'classes'"},
    {.key = "contents", .value = "[]", .message = "no list of 4 names"},
};

static void test_changed_files_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct safetensors st;
    struct checkpoint c;
    fixture_create_saved(&f, true);
    assert_ok(safetensors_read(f.path, &st));
    const char *path = test_path("changed.safetensors");
    write_changed(&st, &(struct change){0}, path);
    assert_ok(checkpoint_open(path, &c));
    checkpoint_free(&c);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        write_changed(&st, &changes[i], path);
        assert_status(SAAE_INPUT, checkpoint_open(path, &c));
        assert_message_contains("changed.safetensors'");
        assert_message_contains(changes[i].message);
        if (changes[i].second) assert_message_contains(changes[i].second);
    }
    safetensors_free(&st);
    fixture_free(&f);
}

/* Replaces `from` in the model's description. */
static void open_described(const struct safetensors *st, const char *path, const char *from,
                           const char *to, const char *message)
{
    char text[2048];
    struct checkpoint c;
    const char *model = safetensors_metadata(st, "model"), *at = strstr(model, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - model), model, to, at + strlen(from));
    write_changed(st, &(struct change){.key = "model", .value = text}, path);
    assert_status(SAAE_INPUT, checkpoint_open(path, &c));
    assert_message_contains(message);
}

/* The description is checked itself, and against the tensors. */
static void test_other_descriptions_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"\"features\":2", "\"features\":3", "[3, 1, 3, 3]"},
        {"\"height\":6", "\"height\":7", "generator.enc_style.fc_map.weight"},
        {"\"filter\":3", "\"filter\":4", "filter 4 must be odd"},
        {"\"features\":2", "\"features\":2.5", "'features' has no value"},
        {"\"features\":2", "\"features\":1e99", "'features' has no value"},
        {"\"features\":2", "\"features\":\"2\"", "'features' has no value"},
        {"\"features\":2", "\"features\":2,\"depth\":4", "knows no 'depth'"},
        {"\"hidden\":5", "\"hidden\":65536", "65536"},
        {"\"height\":6,\"width\":5", "\"height\":4096,\"width\":4096", "F32"},
        {"\"multiclass\"", "\"binary\"", "one sigmoid output"},
        {"\"multiclass\"", "\"triple\"", "'discriminator' has no value"},
        {"\"softmax\"", "7", "'head' has no value"},
        {"\"custom\"", "\"a name of sixteen\"", "'preset' has no value"},
        {"\"slope\":0.2", "\"slope\":1e400", "'slope' has no value"},
        {"\"output_batch_norm\":false", "\"output_batch_norm\":true", "decoder.2"},
    };
    struct fixture f;
    struct safetensors st;
    fixture_create_saved(&f, false);
    assert_ok(safetensors_read(f.path, &st));
    const char *path = test_path("described.safetensors");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_described(&st, path, cases[i][0], cases[i][1], cases[i][2]);
    }
    safetensors_free(&st);
    fixture_free(&f);
}

static void test_damaged_files_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct checkpoint c;
    uint8_t *bytes = NULL;
    size_t size = 0;
    fixture_create_saved(&f, false);
    assert_ok(file_read(f.path, &bytes, &size));
    const size_t cuts[] = {0, 7, 8, 100, size / 2, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        const char *path = test_write_file("cut.safetensors", bytes, cuts[i]);
        assert_status(SAAE_INPUT, checkpoint_open(path, &c));
        assert_message_contains("cut.safetensors");
    }
    assert_status(SAAE_INPUT, checkpoint_open(test_path("none"), &c));
    assert_null(c.path);
    free(bytes);
    fixture_free(&f);
}

static void test_bad_numbers_are_not_restored(void **state)
{
    (void)state;
    struct fixture f;
    struct safetensors st;
    struct checkpoint c;
    fixture_create_saved(&f, false);
    assert_ok(safetensors_read(f.path, &st));
    for (size_t i = 0; i < st.count; i++) {
        if (!strcmp(st.entries[i].name, weight)) ((float *)st.entries[i].data)[4] = NAN;
    }
    assert_ok(safetensors_write(f.path, &st, false));
    assert_ok(checkpoint_open(f.path, &c));
    assert_status(SAAE_INPUT, checkpoint_restore(&c, &f.model, false));
    assert_message_contains("'discriminator.1.conv.weight' holds a value that is not finite");
    checkpoint_free(&c);
    safetensors_free(&st);
    fixture_free(&f);
}

static void test_restore_into_another_model(void **state)
{
    (void)state;
    struct fixture f;
    struct saae_model other;
    struct checkpoint c;
    fixture_create_saved(&f, false);
    tiny_model_create(&other, NULL, 3, 1, false);
    assert_ok(checkpoint_open(f.path, &c));
    assert_status(SAAE_INPUT, checkpoint_restore(&c, &other, false));
    assert_message_contains("is F32 [2, 1, 3, 3], F32 [2, 3, 3, 3] is needed");
    checkpoint_free(&c);
    saae_model_free(&other);
    fixture_free(&f);
}

const struct CMUnitTest checkpoint_damage_tests[] = {
    cmocka_unit_test(test_changed_files_are_refused),
    cmocka_unit_test(test_other_descriptions_are_refused),
    cmocka_unit_test(test_damaged_files_are_refused),
    cmocka_unit_test(test_bad_numbers_are_not_restored),
    cmocka_unit_test(test_restore_into_another_model),
};
const size_t checkpoint_damage_test_count =
    sizeof checkpoint_damage_tests / sizeof *checkpoint_damage_tests;

#include "runtime/fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "runtime/internal.h"

/* The list, at least one usable device long. */
static struct device_info *list_devices(int *count)
{
    struct device_info *infos = NULL;
    char note[512];
    assert_ok(device_list(&infos, count, note, sizeof note));
    for (int i = 0; i < *count; i++) {
        if (infos[i].chosen) return infos;
    }
    free(infos);
    test_skip("OpenCL: %s", note[0] ? note : "no usable device");
}

static const struct device_info *chosen_of(const struct device_info *infos, int count)
{
    const struct device_info *chosen = NULL;
    for (int i = 0; i < count; i++) {
        if (!infos[i].chosen) continue;
        assert_null(chosen);
        chosen = &infos[i];
    }
    assert_non_null(chosen);
    return chosen;
}

static void assert_opens(const char *wanted, const char *id)
{
    struct device *device = NULL;
    assert_ok(device_open(&device, wanted, false));
    assert_string_equal(device_traits(device)->id, id);
    assert_false(device_profiling(device));
    device_close(device);
}

static void list_traits_are_sane(void **state)
{
    (void)state;
    int count = 0;
    struct device_info *infos = list_devices(&count);
    for (int i = 0; i < count; i++) {
        const struct device_traits *traits = &infos[i].traits;
        if (infos[i].why_not[0]) continue;
        assert_true(traits->name[0] && !isspace((unsigned char)traits->name[0]));
        assert_true(traits->key[0] && traits->driver[0] && strchr(traits->id, ':'));
        int width = traits->vector_width;
        assert_true(width >= 1 && width <= 16 && (width & (width - 1)) == 0);
        assert_true(traits->compute_units >= 1);
        assert_true(traits->largest_group >= 1);
        assert_true(traits->local_bytes >= 16 * 1024);
        assert_true(traits->largest_buffer >= 1024 * 1024);
        assert_true(traits->largest_buffer <= traits->memory_bytes);
        assert_true(traits->loop_limit >= 65535);
    }
    free(infos);
}

static void default_has_the_highest_rank(void **state)
{
    (void)state;
    int count = 0;
    struct device_info *infos = list_devices(&count);
    const struct device_info *chosen = chosen_of(infos, count);
    for (int i = 0; i < count; i++) {
        assert_true(infos[i].rank <= chosen->rank);
        if (!infos[i].why_not[0] && !infos[i].traits.emulator) {
            assert_false(chosen->traits.emulator);
        }
    }
    assert_opens(NULL, chosen->traits.id);
    assert_opens("", chosen->traits.id);
    free(infos);
}

static void selection_by_number_name_and_kind(void **state)
{
    (void)state;
    int count = 0;
    struct device_info *infos = list_devices(&count);
    const struct device_traits *traits = &chosen_of(infos, count)->traits;
    assert_opens(traits->id, traits->id);
    char part[64];
    snprintf(part, sizeof part, "%.*s", 8, traits->name);
    for (char *c = part; *c; c++) *c = (char)toupper((unsigned char)*c);
    assert_opens(part, traits->id);
    bool host = traits->cpu || traits->emulator;
    assert_opens(host ? "cpu" : "gpu", traits->id);
    free(infos);
}

static void unknown_device_is_refused_with_the_list(void **state)
{
    (void)state;
    int count = 0;
    struct device *device = NULL;
    struct device_info *infos = list_devices(&count);
    assert_status(SAAE_DEVICE, device_open(&device, "no such device", false));
    assert_message_contains("no such device");
    assert_message_contains(infos[0].traits.name);
    assert_status(SAAE_DEVICE, device_open(&device, "99:0", false));
    assert_message_contains("99:0");
    assert_null(device);
    free(infos);
}

static void finish_and_flush_of_nothing(void **state)
{
    (void)state;
    struct device *device = fixture_open(true);
    assert_true(device_profiling(device));
    assert_ok(device_flush(device));
    assert_ok(device_finish(device));
    assert_int_equal(device_allocated(device), 0);
    assert_int_equal(device_allocated_peak(device), 0);
    fixture_close(device);
}

static void measurement_is_kept_for_the_list(void **state)
{
    (void)state;
    double gflops = 0, gbs = 0;
    int count = 0, found = 0;
    struct device *device = fixture_open(false);
    device_set_cache_folder(test_path("cache"));
    assert_ok(device_measure(device, &gflops, &gbs));
    assert_true(gflops > 0 && gflops < 1e7);
    assert_true(gbs > 0 && gbs < 1e6);
    struct device_info *infos = list_devices(&count);
    for (int i = 0; i < count; i++) {
        if (strcmp(infos[i].traits.id, device_traits(device)->id) != 0) continue;
        assert_near(infos[i].gflops, gflops, 1e-6 * gflops);
        assert_near(infos[i].gbs, gbs, 1e-6 * gbs);
        found++;
    }
    assert_int_equal(found, 1);
    free(infos);
    fixture_close(device);
}

static void damaged_measurements_are_ignored(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{", "[1]", "{\"format\": 2, \"devices\": {}}",
                                        "{\"format\": 1, \"devices\": []}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int count = 0;
        test_write_text("cache/devices.json", texts[i]);
        device_set_cache_folder(test_path("cache"));
        struct device_info *infos = list_devices(&count);
        for (int d = 0; d < count; d++) assert_true(infos[d].gflops == 0 && infos[d].gbs == 0);
        free(infos);
    }
    device_set_cache_folder("");
}

static void a_processor_without_sys_is_described(void **state)
{
    (void)state;
    static const char name[] = "HWLOC_SYNTHETIC";
    const char *before = getenv(name);
    char *kept = before ? strdup(before) : NULL;
    assert_int_equal(unsetenv(name), 0);
    topology_stand_in("/");
    assert_null(getenv(name));
    topology_stand_in("/no-such-folder");
    const char *text = getenv(name);
    assert_non_null(text);
    long long bytes = 0;
    int cores = 0;
    assert_int_equal(sscanf(text, "numa:1(memory=%lld) core:%d pu:1", &bytes, &cores), 2);
    assert_true(bytes > 1024 * 1024 && cores >= 1);
    assert_int_equal(setenv(name, "core:3", 1), 0);
    topology_stand_in("/no-such-folder");
    assert_string_equal(getenv(name), "core:3");
    assert_int_equal(kept ? setenv(name, kept, 1) : unsetenv(name), 0);
    free(kept);
}

const struct CMUnitTest device_tests[] = {
    cmocka_unit_test(a_processor_without_sys_is_described),
    cmocka_unit_test(list_traits_are_sane),
    cmocka_unit_test(default_has_the_highest_rank),
    cmocka_unit_test(selection_by_number_name_and_kind),
    cmocka_unit_test(unknown_device_is_refused_with_the_list),
    cmocka_unit_test(finish_and_flush_of_nothing),
    cmocka_unit_test(measurement_is_kept_for_the_list),
    cmocka_unit_test(damaged_measurements_are_ignored),
};
const size_t device_test_count = sizeof device_tests / sizeof device_tests[0];

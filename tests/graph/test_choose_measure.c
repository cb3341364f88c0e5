/* Measuring on a device: what is wrong or fails never gets a time. */
#include "graph/choose_measure.h"

#include <math.h>

#include "ops/device_check.h"
#include "support.h"

static const struct op_algorithm *plain(void)
{
    return &op_get(OP_fully_connected_forward)->algorithms[0];
}

static size_t workspace(const struct op_call *call, const struct device_traits *traits)
{
    return plain()->workspace(call, traits);
}

static int launch_same(const struct op_call *call, const struct op_buffers *buffers,
                       struct launch_list *list)
{
    return plain()->launch(call, buffers, list);
}

static int launch_nothing(const struct op_call *call, const struct op_buffers *buffers,
                          struct launch_list *list)
{
    (void)call, (void)buffers, (void)list;
    return SAAE_OK;
}

/* Twice as much, where the output is added to. */
static int launch_twice(const struct op_call *call, const struct op_buffers *buffers,
                        struct launch_list *list)
{
    int status = plain()->launch(call, buffers, list);
    return status == SAAE_OK ? plain()->launch(call, buffers, list) : status;
}

static int launch_fault(const struct op_call *call, const struct op_buffers *buffers,
                        struct launch_list *list)
{
    (void)call, (void)buffers, (void)list;
    return status_set(SAAE_DEVICE, "not today");
}

static const struct op_algorithm same = {"same", NULL, workspace, launch_same},
                                 nothing = {"nothing", NULL, workspace, launch_nothing},
                                 twice = {"twice", NULL, workspace, launch_twice},
                                 fault = {"fault", NULL, NULL, launch_fault};

static struct op_call make_call(unsigned accumulate)
{
    /* large enough for a GPU to split the sums and take workspace */
    const int depth = test_small() ? 40 : 300;
    const struct tensor_type in[] = {tensor_f32(5, 1, 1, depth), tensor_f32(1, 1, depth, 7)};
    struct op_call call;
    assert_ok(op_prepare(&call, OP_fully_connected_forward, NULL, in, 2));
    call.accumulate = accumulate;
    return call;
}

static void equal_results_get_times(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct choose_variant variants[] = {{plain(), {0}}, {&same, {0}}};
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        struct op_call call = make_call(accumulate);
        struct choose_time times[2] = {{.pass = -1}, {.pass = -1}};
        assert_ok(choose_measure(NULL, device, &call, variants, 2, times));
        assert_true(times[0].pass > 0 && isfinite(times[0].pass));
        assert_true(times[1].pass > 0 && isfinite(times[1].pass));
    }
    assert_int_equal(device_allocated(device), 0);
    device_close(device);
}

/* The direct convolution packs its weights apart from the pass, x it reads as it is. */
static void forms_are_timed_apart(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct tensor_type in[] = {tensor_f32(2, 4, 5, 3), tensor_f32(3, 3, 3, 4)};
    const struct op_attributes attributes = {.stride = 1};
    const struct op_algorithm *direct = &op_get(OP_conv2d_forward)->algorithms[0];
    const struct choose_variant variants[] = {{direct, {0}}, {direct, {0}}};
    struct choose_time times[2] = {{.pass = -1}, {.pass = -1}};
    struct op_call call;
    assert_ok(op_prepare(&call, OP_conv2d_forward, &attributes, in, 2));
    assert_ok(choose_measure(NULL, device, &call, variants, 2, times));
    for (int i = 0; i < 2; i++) {
        assert_true(times[i].pass > 0 && isfinite(times[i].pass));
        assert_near(times[i].forms[0], 0.0, 0.0);
        assert_true(times[i].forms[1] > 0 && isfinite(times[i].forms[1]));
    }
    assert_int_equal(device_allocated(device), 0);
    device_close(device);
}

static void wrong_results_and_faults_lose(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    const struct choose_variant variants[] = {
        {plain(), {0}}, {&nothing, {0}}, {&twice, {0}}, {&fault, {0}}};
    for (unsigned accumulate = 0; accumulate < 2; accumulate++) {
        struct op_call call = make_call(accumulate);
        struct choose_time times[4] = {{.pass = -1}, {.pass = -1}, {.pass = -1}, {.pass = -1}};
        assert_ok(choose_measure(NULL, device, &call, variants, 4, times));
        assert_true(times[0].pass > 0 && isfinite(times[0].pass));
        assert_true(isinf(times[1].pass));
        /* overwriting twice is no fault */
        assert_true(accumulate ? isinf(times[2].pass) : isfinite(times[2].pass));
        assert_true(isinf(times[3].pass));
    }
    assert_int_equal(device_allocated(device), 0);
    device_close(device);
}

static void a_faulty_yardstick_is_a_fault(void **state)
{
    (void)state;
    struct device *device = device_check_open();
    struct choose_variant variants[] = {{&fault, {0}}, {plain(), {0}}};
    struct op_call call = make_call(0);
    struct choose_time times[2];
    assert_status(SAAE_DEVICE, choose_measure(NULL, device, &call, variants, 2, times));
    assert_message_contains("not today");
    /* nothing that it writes can be compared with: NaN agrees with no number */
    variants[0].algorithm = &nothing;
    assert_ok(choose_measure(NULL, device, &call, variants, 2, times));
    assert_true(isinf(times[1].pass));
    assert_int_equal(device_allocated(device), 0);
    device_close(device);
}

const struct CMUnitTest choose_measure_tests[] = {
    cmocka_unit_test(equal_results_get_times),
    cmocka_unit_test(forms_are_timed_apart),
    cmocka_unit_test(wrong_results_and_faults_lose),
    cmocka_unit_test(a_faulty_yardstick_is_a_fault),
};
const size_t choose_measure_test_count =
    sizeof choose_measure_tests / sizeof choose_measure_tests[0];

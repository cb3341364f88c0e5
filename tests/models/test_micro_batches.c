/* A batch in several passes is the batch in one, where batch-norm cannot tell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "step_fixture.h"
#include "support.h"

enum { WHOLE = 6, MICRO = 2 };

struct variant {
    enum step_kind kind;
    bool contents_once, binary;
};

static const struct variant variants[] = {
    {STEP_AUTOENCODER, false, false},  {STEP_AUTOENCODER, true, false},
    {STEP_DISCRIMINATOR, false, true}, {STEP_DISCRIMINATOR, true, false},
    {STEP_ADVERSARIAL, false, false},  {STEP_ADVERSARIAL, true, false},
    {STEP_ADVERSARIAL, false, true},
};

static void set_up(struct step_fixture *f, const struct variant *variant, int micro, bool running)
{
    struct saae_config config = step_config();
    struct step_options options = step_usual_options();
    if (variant->binary) {
        config.discriminator = SAAE_BINARY;
        config.head = SAAE_SIGMOID;
    }
    options.batch = WHOLE;
    options.micro_batch = micro;
    options.contents_once = variant->contents_once;
    options.running_statistics = running;
    step_set_up_with(f, variant->kind, &config, &options);
}

/* Rows that all differ: a pass that took another's would be found. */
static struct step_input different_rows(float rate)
{
    static const int32_t image[WHOLE] = {0, 3, 4, 1, 2, 3}, own[WHOLE] = {0, 1, 0, 2, 1, 1},
                         cross[WHOLE] = {2, 0, 2, 1, 0, 2};
    return (struct step_input){.image = image,
                               .style = image,
                               .own = own,
                               .cross = cross,
                               .label = own,
                               .cross_label = cross,
                               .generator = {rate, 1.0f},
                               .discriminator = {rate, 1.0f}};
}

/* The same rows in each pass, in another order: all have the statistics of the whole batch. */
static struct step_input equal_passes(float rate)
{
    static const int32_t image[WHOLE] = {0, 3, 3, 0, 0, 3}, own[WHOLE] = {0, 1, 1, 0, 0, 1},
                         cross[WHOLE] = {2, 0, 0, 2, 2, 0};
    struct step_input input = different_rows(rate);
    input.image = input.style = image;
    input.own = input.label = own;
    input.cross = input.cross_label = cross;
    return input;
}

static void assert_alike(const struct storage *a, const struct storage *b, double bound)
{
    const double *x = a->host, *y = b->host;
    double largest = 0.0, error = 0.0;
    for (size_t i = 0; i < a->count; i++) {
        largest = fmax(largest, fabs(x[i]));
        error = fmax(error, fabs(x[i] - y[i]));
    }
    assert_true(largest > 0.0);
    if (!(error <= bound * largest)) print_error("error %g of %g\n", error, largest);
    assert_true(error <= bound * largest);
}

static void assert_equal_losses(const struct step_fixture *a, const struct step_fixture *b)
{
    for (int i = 0; i < 7; i++) {
        int x = a->step.losses[i], y = b->step.losses[i];
        assert_int_equal(x < 0, y < 0);
        if (x < 0) continue;
        double whole = *(double *)executor_values(a->step.executor, x);
        assert_near(*(double *)executor_values(b->step.executor, y), whole,
                    1e-12 * (1.0 + fabs(whole)));
    }
}

/* Gradients to the last bits of a double; then two updates, of parameters kept as floats. Step 3's
 * second half sees D as updated in either case. */
static void compare(const struct variant *variant, bool running,
                    struct step_input (*input_of)(float rate))
{
    struct step_fixture whole, split;
    const struct step_input still = input_of(0.0f), moving = input_of(1e-3f);
    set_up(&whole, variant, 0, running);
    set_up(&split, variant, MICRO, running);
    assert_int_equal(split.step.passes, WHOLE / MICRO);
    for (int repeat = 0; repeat < 2; repeat++) { /* sums begin anew in each step */
        assert_ok(step_run(&whole.step, &still));
        assert_ok(step_run(&split.step, &still));
    }
    assert_equal_losses(&whole, &split);
    if (variant->kind != STEP_DISCRIMINATOR) {
        assert_alike(whole.model.generator.gradient, split.model.generator.gradient, 1e-12);
    }
    if (variant->kind != STEP_AUTOENCODER) {
        assert_alike(whole.model.discriminator.gradient, split.model.discriminator.gradient, 1e-12);
    }
    for (int repeat = 0; repeat < 2; repeat++) {
        assert_ok(step_run(&whole.step, &moving));
        assert_ok(step_run(&split.step, &moving));
    }
    assert_alike(whole.model.generator.value, split.model.generator.value, 1e-6);
    assert_alike(whole.model.discriminator.value, split.model.discriminator.value, 1e-6);
    step_tear_down(&whole);
    step_tear_down(&split);
}

static void passes_add_up_to_the_batch(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        compare(&variants[v], true, different_rows);
    }
}

static void with_the_statistics_of_the_batch_too(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        compare(&variants[v], false, equal_passes);
    }
}

static double moved(const struct storage *statistic, const double *before)
{
    double most = 0.0;
    const double *now = statistic->host;
    for (size_t i = 0; i < statistic->count; i++) most = fmax(most, fabs(now[i] - before[i]));
    return most;
}

/* Those of the networks that a step trains move, those of a frozen one do not: G's in step 2. */
static void running_statistics_move_where_trained(void **state)
{
    (void)state;
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        struct step_fixture f;
        const struct step_input input = different_rows(0.0f);
        set_up(&f, &variants[v], MICRO, false);
        const struct network *networks[] = {&f.model.generator, &f.model.discriminator};
        for (int n = 0; n < 2; n++) {
            size_t bytes = networks[n]->statistic->count * sizeof(double);
            double *before = malloc(bytes);
            memcpy(before, networks[n]->statistic->host, bytes);
            assert_ok(step_run(&f.step, &input));
            bool trained = n == 0 ? variants[v].kind != STEP_DISCRIMINATOR
                                  : variants[v].kind != STEP_AUTOENCODER;
            assert_int_equal(moved(networks[n]->statistic, before) > 0.0, trained);
            free(before);
        }
        step_tear_down(&f);
    }
}

static void a_step_costs_its_passes(void **state)
{
    (void)state;
    struct step_fixture whole, split;
    set_up(&whole, &variants[0], 0, false);
    set_up(&split, &variants[0], MICRO, false);
    double flops = step_cost(&whole.step).flops;
    assert_near(step_cost(&split.step).flops, flops, 0.05 * flops);
    assert_true(executor_plan(split.step.executor)->total <
                executor_plan(whole.step.executor)->total / 2);
    step_tear_down(&whole);
    step_tear_down(&split);
}

static void uneven_passes_are_refused(void **state)
{
    (void)state;
    struct step_fixture f;
    struct step step;
    struct step_options options = step_usual_options();
    set_up(&f, &variants[0], MICRO, false);
    options.batch = 5;
    options.micro_batch = MICRO;
    assert_status(SAAE_USAGE, step_create(&step, STEP_AUTOENCODER, &f.model, &f.data, &f.feed,
                                          &options, NULL, true));
    assert_message_contains("no whole number of micro-batches");
    step_tear_down(&f);
}

const struct CMUnitTest micro_batches_tests[] = {
    cmocka_unit_test(passes_add_up_to_the_batch),
    cmocka_unit_test(with_the_statistics_of_the_batch_too),
    cmocka_unit_test(running_statistics_move_where_trained),
    cmocka_unit_test(a_step_costs_its_passes),
    cmocka_unit_test(uneven_passes_are_refused),
};
const size_t micro_batches_test_count = sizeof micro_batches_tests / sizeof *micro_batches_tests;

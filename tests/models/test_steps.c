/* The gradients of whole training steps against central differences in double, and what a step may
 * and may not change. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "step_fixture.h"
#include "support.h"

/* The loss that the network's gradients belong to, in double. */
static double loss_of(struct step_fixture *f, const struct network *network)
{
    struct step_input input = step_fixed_input(0.0f);
    double value[7] = {0};
    double lambda = 0.3 * SIDE * SIDE;
    assert_ok(step_run(&f->step, &input));
    for (int i = 0; i < 4; i++) {
        int tensor = f->step.losses[i];
        if (tensor >= 0) value[i] = *(double *)executor_values(f->step.executor, tensor);
    }
    return network == &f->model.generator ? value[0] + lambda * value[3] : value[1] + value[2];
}

/* Central differences at `count` parameters drawn at random; a kink of the leaky ReLU or the
 * max-pool between the two points is escaped by a smaller step. */
static void check_gradient(struct step_fixture *f, struct network *network, int count)
{
    double *values = network->value->host;
    double *gradient = malloc(network->values * sizeof *gradient);
    struct rng rng = {3, RNG_VERIFY, 77};
    loss_of(f, network);
    memcpy(gradient, network->gradient->host, network->values * sizeof *gradient);
    for (int k = 0; k < count; k++) {
        const struct parameter *p =
            &network->parameters[rng_below(&rng, 2 * (uint64_t)k, (uint32_t)network->count)];
        if (!parameter_trained(p)) continue;
        size_t i =
            p->offset + rng_below(&rng, 2 * (uint64_t)k + 1, (uint32_t)shape_count(p->shape));
        double kept = values[i], error = INFINITY, difference = 0.0;
        for (double h = 1e-4; h > 1e-8 && error > 1e-5; h *= 0.1) {
            values[i] = kept + h;
            double above = loss_of(f, network);
            values[i] = kept - h;
            difference = (above - loss_of(f, network)) / (2 * h);
            error = fabs(difference - gradient[i]) / (1e-3 + fabs(gradient[i]));
        }
        values[i] = kept;
        if (!(error <= 1e-5)) {
            print_error("%s[%zu]: gradient %.10g, difference %.10g\n", p->name, i - p->offset,
                        gradient[i], difference);
        }
        assert_true(error <= 1e-5);
    }
    free(gradient);
}

static void generator_gradient_of_step_1(void **state)
{
    (void)state;
    struct step_fixture f;
    struct saae_config config = step_config();
    step_set_up(&f, STEP_AUTOENCODER, &config, false);
    check_gradient(&f, &f.model.generator, 60);
    step_tear_down(&f);
}

static void discriminator_gradient_of_step_2(void **state)
{
    (void)state;
    struct step_fixture f;
    struct saae_config config = step_config();
    step_set_up(&f, STEP_DISCRIMINATOR, &config, false);
    check_gradient(&f, &f.model.discriminator, 60);
    step_tear_down(&f);
}

static void both_gradients_of_step_3(void **state)
{
    (void)state;
    const struct {
        enum saae_discriminator discriminator;
        enum saae_head head;
        int output_batch_norm;
    } variants[] = {{SAAE_MULTICLASS, SAAE_SOFTMAX, 0},
                    {SAAE_MULTICLASS, SAAE_SIGMOID, 1},
                    {SAAE_BINARY, SAAE_SIGMOID, 0}};
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        struct step_fixture f;
        struct saae_config config = step_config();
        config.discriminator = variants[v].discriminator;
        config.head = variants[v].head;
        config.output_batch_norm = variants[v].output_batch_norm;
        step_set_up(&f, STEP_ADVERSARIAL, &config, false);
        check_gradient(&f, &f.model.generator, 60);
        check_gradient(&f, &f.model.discriminator, 40);
        step_tear_down(&f);
    }
}

/* A word of 5x11 as the style of a character of 6x6. */
static void styles_of_another_size(void **state)
{
    (void)state;
    struct step_fixture f;
    struct saae_config config = step_config();
    config.style_height = 5;
    config.style_width = 11;
    step_set_up(&f, STEP_ADVERSARIAL, &config, false);
    check_gradient(&f, &f.model.generator, 60);
    step_tear_down(&f);
}

/* Contents named twice, once and never, as fixed_input has them. */
static void gradients_with_each_content_encoded_once(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind += 2) {
        struct step_fixture f;
        struct saae_config config = step_config();
        step_set_up(&f, (enum step_kind)kind, &config, true);
        check_gradient(&f, &f.model.generator, 60);
        step_tear_down(&f);
    }
}

/* Largest difference of two storages over the largest value. */
static double difference(const struct storage *a, const struct storage *b)
{
    double most = 0.0, largest = 0.0;
    const double *x = a->host, *y = b->host;
    for (size_t i = 0; i < a->count; i++) {
        most = fmax(most, fabs(x[i] - y[i]));
        largest = fmax(largest, fabs(x[i]));
    }
    return most / largest;
}

/* Both ways are one step: losses, gradients and running statistics agree in double. The latter are
 * kept as floats. */
static void encoding_contents_once_changes_nothing(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind++) {
        struct step_fixture each, once;
        struct saae_config config = step_config();
        struct step_input input = step_fixed_input(0.0f);
        step_set_up(&each, (enum step_kind)kind, &config, false);
        step_set_up(&once, (enum step_kind)kind, &config, true);
        assert_ok(step_run(&each.step, &input));
        assert_ok(step_run(&once.step, &input));
        for (int i = 0; i < 7; i++) {
            int t = each.step.losses[i], u = once.step.losses[i];
            assert_int_equal(t < 0, u < 0);
            if (t < 0) continue;
            double expected = *(double *)executor_values(each.step.executor, t);
            assert_near(*(double *)executor_values(once.step.executor, u), expected, 1e-12);
        }
        struct network *ours[] = {&each.model.generator, &each.model.discriminator};
        struct network *theirs[] = {&once.model.generator, &once.model.discriminator};
        for (int n = 0; n < 2; n++) {
            assert_true(difference(ours[n]->statistic, theirs[n]->statistic) <= 1e-7);
            bool trained = n == 0 ? kind != STEP_DISCRIMINATOR : kind != STEP_AUTOENCODER;
            if (trained) assert_true(difference(ours[n]->gradient, theirs[n]->gradient) <= 1e-11);
        }
        step_tear_down(&each);
        step_tear_down(&once);
    }
}

static uint64_t checksum(const struct storage *storage)
{
    uint64_t sum = 1469598103934665603u; /* FNV-1a over the bytes */
    const uint8_t *bytes = storage->host;
    for (size_t i = 0; i < storage->count * sizeof(double); i++) {
        sum = (sum ^ bytes[i]) * 1099511628211u;
    }
    return sum;
}

/* What each step moves: [kind - 1] weights and running statistics of G, then of D. */
static void frozen_networks_stay_as_they_are(void **state)
{
    (void)state;
    static const bool moves[3][4] = {
        {true, true, false, false}, {false, false, true, true}, {true, true, true, true}};
    for (int kind = 1; kind <= 3; kind++) {
        struct step_fixture f;
        struct saae_config config = step_config();
        struct step_input input = step_fixed_input(1e-3f);
        step_set_up(&f, (enum step_kind)kind, &config, false);
        struct storage *parts[] = {f.model.generator.value, f.model.generator.statistic,
                                   f.model.discriminator.value, f.model.discriminator.statistic};
        uint64_t before[4];
        for (int i = 0; i < 4; i++) before[i] = checksum(parts[i]);
        assert_ok(step_run(&f.step, &input));
        for (int i = 0; i < 4; i++) {
            assert_int_equal(before[i] != checksum(parts[i]), moves[kind - 1][i]);
        }
        step_tear_down(&f);
    }
}

/* Without the cross content's term, step 3's reconstruction gradient is step 1's. */
static void losses_of_a_step_are_those_it_has(void **state)
{
    (void)state;
    for (int kind = 1; kind <= 3; kind++) {
        struct step_fixture f;
        struct saae_config config = step_config();
        struct step_input input = step_fixed_input(0.0f);
        struct step_losses losses;
        step_set_up(&f, (enum step_kind)kind, &config, false);
        assert_ok(step_run(&f.step, &input));
        assert_ok(step_read(&f.step, &losses));
        assert_int_equal(isfinite(losses.reconstruction) != 0, kind != 2);
        assert_int_equal(isfinite(losses.discriminator_real) != 0, kind != 1);
        assert_int_equal(isfinite(losses.adversarial) != 0, kind == 3);
        assert_int_equal(isfinite(losses.accuracy_cross) != 0, kind == 3);
        step_tear_down(&f);
    }
}

const struct CMUnitTest steps_tests[] = {
    cmocka_unit_test(generator_gradient_of_step_1),
    cmocka_unit_test(discriminator_gradient_of_step_2),
    cmocka_unit_test(both_gradients_of_step_3),
    cmocka_unit_test(styles_of_another_size),
    cmocka_unit_test(gradients_with_each_content_encoded_once),
    cmocka_unit_test(encoding_contents_once_changes_nothing),
    cmocka_unit_test(frozen_networks_stay_as_they_are),
    cmocka_unit_test(losses_of_a_step_are_those_it_has),
};
const size_t steps_test_count = sizeof steps_tests / sizeof *steps_tests;

#include "support.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Known answers of philox4x32 with 10 rounds: tests/kat_vectors of Random123 1.09. The counter's
 * words are the two of the index, the step and the purpose; the key is the seed. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        struct rng rng;
        uint64_t index;
        uint32_t words[4];
    } cases[] = {
        {{0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT64_MAX, UINT32_MAX, UINT32_MAX},
         UINT64_MAX,
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x299f31d0a4093822, 0x03707344, 0x13198a2e},
         0x85a308d3243f6a88,
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t words[4];
        rng_block(&cases[i].rng, cases[i].index, words);
        for (int w = 0; w < 4; w++) assert_int_equal(words[w], cases[i].words[w]);
    }
}

static void test_each_field_changes_the_numbers(void **state)
{
    (void)state;
    const struct rng base = {1, RNG_SHUFFLE, 1};
    const struct rng others[] = {
        {2, RNG_SHUFFLE, 1}, {1ull << 32, RNG_SHUFFLE, 1}, {1, RNG_CROSS, 1}, {1, RNG_SHUFFLE, 2}};
    double value = rng_uniform(&base, 5);
    assert_true(value != rng_uniform(&base, 6));
    assert_true(value != rng_uniform(&base, 5 + (1ull << 32)));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(value != rng_uniform(&others[i], 5));
    }
    assert_true(value == rng_uniform(&base, 5));
}

/* With n draws the mean of uniforms has standard deviation 1 / sqrt(12 n); the bounds are 5 of
 * them, and the seed is fixed, so the test cannot fail by chance on another day. */
static void test_uniform_range_and_moments(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    const struct rng rng = {7, RNG_SAMPLE, 0};
    double sum = 0.0, squares = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double value = rng_uniform(&rng, i);
        assert_true(value >= 0.0 && value < 1.0);
        assert_true((double)(float)value == value);
        sum += value;
        squares += (value - 0.5) * (value - 0.5);
    }
    assert_near(sum / DRAWS, 0.5, 5.0 / sqrt(12.0 * DRAWS));
    assert_near(squares / DRAWS, 1.0 / 12.0, 5.0 * sqrt(1.0 / 180.0 / DRAWS));
}

/* Mean, variance and fourth moment of a standard normal: 0, 1, 3, whose estimates have the
 * variances 1/n, 2/n and 96/n. */
static void test_normal_moments(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    const struct rng rng = {7, RNG_INITIALISE, 3};
    double sum = 0.0, squares = 0.0, fourths = 0.0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double value = rng_normal(&rng, i);
        assert_true(isfinite(value));
        sum += value;
        squares += value * value;
        fourths += value * value * value * value;
    }
    assert_near(sum / DRAWS, 0.0, 5.0 * sqrt(1.0 / DRAWS));
    assert_near(squares / DRAWS, 1.0, 5.0 * sqrt(2.0 / DRAWS));
    assert_near(fourths / DRAWS, 3.0, 5.0 * sqrt(96.0 / DRAWS));
}

static void test_below_stays_below_and_reaches_all(void **state)
{
    (void)state;
    const struct rng rng = {11, RNG_CONTENT, 0};
    int seen[7] = {0};
    for (uint64_t i = 0; i < 70000; i++) {
        uint32_t value = rng_below(&rng, i, 7);
        assert_true(value < 7);
        seen[value]++;
    }
    /* binomial: standard deviation sqrt(70000 * 1/7 * 6/7) = 93 */
    for (int v = 0; v < 7; v++) assert_in_range(seen[v], 10000 - 5 * 93, 10000 + 5 * 93);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(rng_below(&rng, i, 1), 0);
        assert_true(rng_below(&rng, i, UINT32_MAX) < UINT32_MAX);
    }
}

static void test_permutation_holds_each_number_once(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    uint32_t order[COUNT], again[COUNT], other[COUNT];
    bool seen[COUNT] = {false};
    const struct rng first = {3, RNG_SHUFFLE, 0}, second = {3, RNG_SHUFFLE, 1};
    rng_permutation(&first, order, COUNT);
    rng_permutation(&first, again, COUNT);
    rng_permutation(&second, other, COUNT);
    assert_memory_equal(order, again, sizeof order);
    assert_memory_not_equal(order, other, sizeof order);
    for (int i = 0; i < COUNT; i++) {
        assert_true(order[i] < COUNT);
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
    }
    uint32_t untouched = 42;
    rng_permutation(&first, &untouched, 0);
    assert_int_equal(untouched, 42);
    rng_permutation(&first, &untouched, 1);
    assert_int_equal(untouched, 0);
}

/* The six orders of three come equally often: over 6000 epochs each 1000 times, standard
 * deviation 29. */
static void test_permutations_are_equally_likely(void **state)
{
    (void)state;
    int counts[27] = {0};
    for (uint32_t epoch = 0; epoch < 6000; epoch++) {
        const struct rng rng = {19, RNG_SHUFFLE, epoch};
        uint32_t order[3];
        rng_permutation(&rng, order, 3);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    int kinds = 0;
    for (int i = 0; i < 27; i++) {
        if (counts[i] == 0) continue;
        kinds++;
        assert_in_range(counts[i], 1000 - 5 * 29, 1000 + 5 * 29);
    }
    assert_int_equal(kinds, 6);
}

const struct CMUnitTest rng_tests[] = {
    cmocka_unit_test(test_philox_known_answers),
    cmocka_unit_test(test_each_field_changes_the_numbers),
    cmocka_unit_test(test_uniform_range_and_moments),
    cmocka_unit_test(test_normal_moments),
    cmocka_unit_test(test_below_stays_below_and_reaches_all),
    cmocka_unit_test(test_permutation_holds_each_number_once),
    cmocka_unit_test(test_permutations_are_equally_likely),
};
const size_t rng_test_count = sizeof rng_tests / sizeof rng_tests[0];

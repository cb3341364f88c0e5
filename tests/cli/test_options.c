#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

/* One of each kind, with defaults; filled anew by parse(). */
static struct {
    bool json;
    int count;
    uint64_t seed;
    double rate;
    const char *out, *preset;
    struct option_size size;
    struct option_ints epochs;
    struct option_arguments devices, rest;
} my;

static const struct option options[] = {
    {"json", OPTION_FLAG, &my.json, NULL, "machine-readable output", .minimum = 0},
    {"count", OPTION_INT, &my.count, "N", "how many", .minimum = 1, .maximum = 1000},
    {"seed", OPTION_COUNTER, &my.seed, "N", "of all that is drawn", .minimum = 0},
    {"rate", OPTION_DOUBLE, &my.rate, "X", "learning rate", .minimum = 0, .maximum = 1},
    {"out", OPTION_TEXT, &my.out, "DIR", "where", .environment = "SAAE_TEST_OUT"},
    {"preset", OPTION_CHOICE, &my.preset, "tiny|small|paper", "which model", .minimum = 0},
    {"size", OPTION_SIZE, &my.size, "HxW", "of the pictures", .minimum = 8, .maximum = 512},
    {"epochs", OPTION_INTS, &my.epochs, "A,B,C", "of the steps", .minimum = 0, .maximum = 99},
    {"device", OPTION_LIST, &my.devices, "D", "may be repeated", .minimum = 0},
};

static const struct option_table table = {
    .command = "try",
    .synopsis = "[OPTION...] WHAT [MORE]",
    .summary = "For the tests.",
    .example = "saae try this",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .arguments = &my.rest,
    .least_arguments = 0,
    .most_arguments = 2,
};

/* `line` is cut at spaces; its words live until the next call. */
static int parse_with(const struct option_table *with, const char *line)
{
    static char words[512];
    char *argv[32] = {"try"}, *rest = words;
    int argc = 1;
    memset(&my, 0, sizeof my);
    my.count = 10;
    snprintf(words, sizeof words, "%s", line);
    for (char *word; (word = strtok_r(rest, " ", &rest));) argv[argc++] = word;
    return options_parse(with, argc, argv);
}

static int parse(const char *line)
{
    return parse_with(&table, line);
}

static void assert_refused(const char *line, const char *message)
{
    assert_status(SAAE_USAGE, parse(line));
    assert_message_contains(message);
}

static void test_every_kind(void **state)
{
    (void)state;
    assert_ok(parse("--json --count 7 --seed=18446744073709551615 --rate 2e-4 --out=a=b "
                    "--preset small --size 32x96 --epochs 1,2,30 --device cpu --device=gpu"));
    assert_true(my.json);
    assert_int_equal(my.count, 7);
    assert_true(my.seed == UINT64_MAX);
    assert_true(my.rate == 2e-4);
    assert_string_equal(my.out, "a=b");
    assert_string_equal(my.preset, "small");
    assert_int_equal(my.size.height, 32);
    assert_int_equal(my.size.width, 96);
    assert_int_equal(my.epochs.count, 3);
    assert_int_equal(my.epochs.values[2], 30);
    assert_int_equal(my.devices.count, 2);
    assert_string_equal(my.devices.values[1], "gpu");
}

static void test_defaults_stay(void **state)
{
    (void)state;
    assert_ok(parse(""));
    assert_int_equal(my.count, 10);
    assert_false(my.json);
    assert_null(my.out);
}

static void test_arguments_between_options(void **state)
{
    (void)state;
    assert_ok(parse("one --count 3 -- --json"));
    assert_int_equal(my.rest.count, 2);
    assert_string_equal(my.rest.values[0], "one");
    assert_string_equal(my.rest.values[1], "--json");
    assert_false(my.json);
    assert_ok(parse("-")); /* a dash alone is an argument: standard input or output */
    assert_string_equal(my.rest.values[0], "-");
    assert_refused("one two three", "'three' is one argument too many");
}

static void test_malformed_values_are_refused(void **state)
{
    (void)state;
    assert_refused("--count seven", "--count: 'seven' is not a whole number");
    assert_refused("--count 7x", "'7x' is not a whole number");
    assert_refused("--count 99999999999", "is not a whole number");
    assert_refused("--count=", "--count: the value is empty; give N");
    assert_refused("--seed -1", "is not a whole number in 0 .. 2^64-1");
    assert_refused("--seed 18446744073709551616", "2^64-1");
    assert_refused("--rate nan", "is not a finite number");
    assert_refused("--rate inf", "is not a finite number");
    assert_refused("--rate 0.1.2", "is not a finite number");
    assert_refused("--preset tin", "--preset: 'tin' is none of tiny|small|paper");
    assert_refused("--preset tiny|small", "is none of");
    assert_refused("--size 32", "write HEIGHTxWIDTH");
    assert_refused("--size 32x", "write HEIGHTxWIDTH");
    assert_refused("--size -8x8", "write HEIGHTxWIDTH");
    assert_refused("--epochs 1,,2", "no list of whole numbers");
    assert_refused("--epochs 1,2,", "no list of whole numbers");
    assert_refused("--epochs 1,2,3,4,5,6,7,8,9", "at most 8 numbers");
}

static void test_limits(void **state)
{
    (void)state;
    assert_ok(parse("--count 1 --rate 1 --size 8x512"));
    assert_refused("--count 0", "--count: 0 is outside 1 .. 1000");
    assert_refused("--count 1001", "is outside 1 .. 1000");
    assert_refused("--rate 1.5", "--rate: 1.5 is outside 0 .. 1");
    assert_refused("--size 7x96", "--size: 7 is outside 8 .. 512");
    assert_refused("--size 96x513", "--size: 513 is outside 8 .. 512");
    assert_refused("--epochs 1,100", "--epochs: 100 is outside 0 .. 99");
}

static void test_wrong_use_is_refused(void **state)
{
    (void)state;
    assert_refused("--cuont 3", "unknown option --cuont; did you mean --count?");
    assert_refused("--entirely 3", "unknown option --entirely; see 'saae try --help'");
    assert_refused("-c 3", "unknown option -c: options have two dashes");
    assert_refused("--count", "--count needs a value: --count N");
    assert_refused("--json=yes", "--json takes no value");
    assert_refused("--count 3 --count 4", "--count is given twice");
}

static void test_environment_fills_what_is_not_given(void **state)
{
    (void)state;
    setenv("SAAE_TEST_OUT", "from-outside", 1);
    int without = parse("");
    const char *found = my.out;
    int with = parse("--out here");
    const char *given = my.out;
    unsetenv("SAAE_TEST_OUT");
    assert_ok(without);
    assert_string_equal(found, "from-outside");
    assert_ok(with);
    assert_string_equal(given, "here");
}

static void test_required_option_and_argument(void **state)
{
    (void)state;
    const struct option must[] = {{"out", OPTION_TEXT, &my.out, "DIR", "where", .required = true}};
    struct option_table with = table;
    with.options = must;
    with.option_count = 1;
    assert_status(SAAE_USAGE, parse_with(&with, "what"));
    assert_message_contains("--out is missing: give --out DIR");
    with.least_arguments = 1;
    assert_status(SAAE_USAGE, parse_with(&with, "--out x"));
    assert_message_contains("an argument is missing: saae try [OPTION...] WHAT [MORE]");
    assert_ok(parse_with(&with, "--out x what"));
}

static void test_help_wins_over_faults(void **state)
{
    (void)state;
    assert_int_equal(parse("--count none --help"), OPTIONS_HELP);
    assert_int_equal(parse("-h"), OPTIONS_HELP);
}

const struct CMUnitTest options_tests[] = {
    cmocka_unit_test(test_every_kind),
    cmocka_unit_test(test_defaults_stay),
    cmocka_unit_test(test_arguments_between_options),
    cmocka_unit_test(test_malformed_values_are_refused),
    cmocka_unit_test(test_limits),
    cmocka_unit_test(test_wrong_use_is_refused),
    cmocka_unit_test(test_environment_fills_what_is_not_given),
    cmocka_unit_test(test_required_option_and_argument),
    cmocka_unit_test(test_help_wins_over_faults),
};
const size_t options_test_count = sizeof options_tests / sizeof options_tests[0];

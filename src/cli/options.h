/* Long options as GNU programs have them, from one table a command: --name VALUE or --name=VALUE,
 * in any order with the other arguments, `--` ending them, --help (-h) printing the table.
 *
 *     struct { int count; const char *out; struct option_arguments inputs; } my = {.count = 10};
 *     const struct option options[] = {
 *         {"count", OPTION_INT, &my.count, "N", "how many to make", .minimum = 1, .maximum = 1e6},
 *         {"out", OPTION_TEXT, &my.out, "DIR", "where they go", .required = true},
 *     };
 *     const struct option_table table = {
 *         "synth", "WHAT [OPTION...]", "Makes sets whose truth is known.",
 *         "saae synth words --out words --count 1000",
 *         options, sizeof options / sizeof options[0], &my.inputs, 1, 1};
 *     TRY(options_parse(&table, argc, argv));
 */
#ifndef SAAE_CLI_OPTIONS_H
#define SAAE_CLI_OPTIONS_H

#include <stdbool.h>

enum option_kind {                 /* type of the target; its value beforehand is the default */
                   OPTION_FLAG,    /* bool: true if given; takes no value */
                   OPTION_INT,     /* int */
                   OPTION_COUNTER, /* uint64_t: seeds, step numbers; minimum and maximum are not
                                      looked at */
                   OPTION_DOUBLE,  /* double, finite */
                   OPTION_TEXT,    /* const char *, not empty */
                   OPTION_CHOICE,  /* const char *: one of the words in metavar, "tiny|small|paper"
                                    */
                   OPTION_SIZE,    /* struct option_size: "HxW", each side in minimum .. maximum */
                   OPTION_INTS,    /* struct option_ints: "A,B,C" */
                   OPTION_LIST,    /* struct option_arguments: may be given several times */
};

enum { OPTION_VALUES_MAX = 64, OPTION_INTS_MAX = 8 };

struct option_size {
    int height, width;
};

struct option_ints {
    int values[OPTION_INTS_MAX];
    int count;
};

struct option_arguments {
    const char *values[OPTION_VALUES_MAX]; /* point into argv or the environment */
    int count;
};

struct option {
    const char *name; /* without the dashes */
    enum option_kind kind;
    void *target;
    const char *metavar;     /* what --help calls the value; NULL for a flag */
    const char *help;        /* one sentence, wrapped by --help */
    double minimum, maximum; /* both included; no limits if both are 0 */
    const char
        *environment; /* a variable that is looked at when the option is not given, or NULL */
    bool required;
};

struct option_table {
    const char *command;
    const char *synopsis; /* behind "saae COMMAND" in the usage line */
    const char *summary;  /* a sentence or two */
    const char *example;  /* a whole command line */
    const struct option *options;
    int option_count;
    struct option_arguments *arguments; /* those that are no options; NULL if there are none */
    int least_arguments, most_arguments;
};

/* What options_parse returns when it has printed the help: the command returns it at once. */
enum { OPTIONS_HELP = -1 };

/* Fills the targets. SAAE_USAGE: unknown option, missing, malformed or out-of-range value, wrong
 * number of arguments; the message names the option and the cure. OPTIONS_HELP: --help was there.
 */
int options_parse(const struct option_table *table, int argc, char **argv);

/* Prints the help to standard output. */
void options_print_help(const struct option_table *table);

/* Reads `text` into the option's target; `source` names it in messages ("--count", "SAAE_DEVICE").
 * SAAE_USAGE. */
int options_read_value(const struct option *option, const char *source, const char *text);

#endif

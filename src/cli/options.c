#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

enum { NAME_MAX_SIZE = 128, GIVEN_MAX = 128 };

/* ---- Help ------------------------------------------------------------------------------------ */

enum { HELP_COLUMN = 26, HELP_WIDTH = 90 };

/* Prints words from the current column on, wrapped at HELP_WIDTH, continued at HELP_COLUMN. */
static void print_wrapped(const char *text, int column, int indent)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column + length > HELP_WIDTH && column > indent) {
            printf("\n%*s", indent, "");
            column = indent;
        }
        printf("%.*s", length, text);
        text += length;
        column += length;
        if (*text == ' ') {
            text++;
            if (column < HELP_WIDTH) putchar(' ');
            column++;
        }
    }
    putchar('\n');
}

static void describe(const struct option *option, char *text, size_t size)
{
    int used = snprintf(text, size, "%s", option->help);
    if (used < 0 || (size_t)used >= size) return;
    if (option->minimum != 0 || option->maximum != 0) {
        used += snprintf(text + used, size - (size_t)used, " (%.15g .. %.15g)", option->minimum,
                         option->maximum);
    }
    if ((size_t)used < size && option->environment) {
        used += snprintf(text + used, size - (size_t)used, "; also by %s", option->environment);
    }
    if ((size_t)used < size && option->required) {
        snprintf(text + used, size - (size_t)used, "; required");
    }
}

static void print_option(const char *name, const char *metavar, const char *help)
{
    int column = printf("  --%s%s%s", name, metavar ? " " : "", metavar ? metavar : "");
    if (column + 2 > HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", HELP_COLUMN - column, "");
    print_wrapped(help, HELP_COLUMN, HELP_COLUMN);
}

void options_print_help(const struct option_table *table)
{
    printf("usage: saae %s%s%s\n\n", table->command, table->synopsis[0] ? " " : "",
           table->synopsis);
    print_wrapped(table->summary, 0, 0);
    printf("\nOptions:\n");
    for (int i = 0; i < table->option_count; i++) {
        char text[1024];
        describe(&table->options[i], text, sizeof text);
        print_option(table->options[i].name, table->options[i].metavar, text);
    }
    print_option("help", NULL, "print this text");
    printf("\nExample:\n  %s\n", table->example);
}

/* ---- Parsing --------------------------------------------------------------------------------- */

/* Letters to insert, remove or replace to get from a to b, both cut at NAME_MAX_SIZE - 1. */
static int edit_distance(const char *a, const char *b)
{
    int row[NAME_MAX_SIZE];
    int length = (int)strnlen(b, NAME_MAX_SIZE - 1);
    for (int j = 0; j <= length; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= length; j++) {
            int replaced = diagonal + (a[i - 1] != b[j - 1]);
            int shifted = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = replaced < shifted ? replaced : shifted;
        }
    }
    return row[length];
}

static int unknown_option(const struct option_table *table, const char *name)
{
    const char *nearest = NULL;
    int least = 3; /* more edits than two are another word */
    for (int i = 0; i < table->option_count; i++) {
        int distance = edit_distance(name, table->options[i].name);
        if (distance < least) {
            least = distance;
            nearest = table->options[i].name;
        }
    }
    if (nearest) {
        return status_set(SAAE_USAGE, "unknown option --%s; did you mean --%s?", name, nearest);
    }
    return status_set(SAAE_USAGE, "unknown option --%s; see 'saae %s --help'", name,
                      table->command);
}

/* argv[*at] is "--name" or "--name=value"; moves *at on to a value that stands by itself. */
static int parse_option(const struct option_table *table, int argc, char **argv, int *at,
                        bool *given)
{
    const char *name = argv[*at] + 2;
    const char *value = strchr(name, '=');
    char bare[NAME_MAX_SIZE], source[NAME_MAX_SIZE + 2];
    size_t length = value ? (size_t)(value - name) : strlen(name);
    snprintf(bare, sizeof bare, "%.*s", length < sizeof bare ? (int)length : NAME_MAX_SIZE, name);
    int which = 0;
    while (which < table->option_count && strcmp(bare, table->options[which].name) != 0) which++;
    if (which == table->option_count) return unknown_option(table, bare);
    const struct option *option = &table->options[which];
    snprintf(source, sizeof source, "--%s", bare);
    if (option->kind == OPTION_FLAG && value) {
        return status_set(SAAE_USAGE, "%s takes no value", source);
    }
    if (option->kind != OPTION_FLAG && !value && *at + 1 >= argc) {
        return status_set(SAAE_USAGE, "%s needs a value: %s %s", source, source, option->metavar);
    }
    if (given[which] && option->kind != OPTION_LIST && option->kind != OPTION_FLAG) {
        return status_set(SAAE_USAGE, "%s is given twice; keep one of them", source);
    }
    given[which] = true;
    if (option->kind == OPTION_FLAG) return options_read_value(option, source, "");
    return options_read_value(option, source, value ? value + 1 : argv[++*at]);
}

static int add_argument(const struct option_table *table, const char *text)
{
    struct option_arguments *list = table->arguments;
    int most = list ? table->most_arguments : 0;
    if (most > OPTION_VALUES_MAX) most = OPTION_VALUES_MAX;
    if (!list || list->count >= most) {
        return status_set(SAAE_USAGE, "'%s' is one argument too many; see 'saae %s --help'", text,
                          table->command);
    }
    list->values[list->count++] = text;
    return SAAE_OK;
}

/* What was not given comes from the environment, or is missing. */
static int complete(const struct option_table *table, const bool *given)
{
    for (int i = 0; i < table->option_count; i++) {
        const struct option *option = &table->options[i];
        if (given[i]) continue;
        const char *value = option->environment ? getenv(option->environment) : NULL;
        if (value && value[0]) {
            int status = options_read_value(option, option->environment, value);
            if (status != SAAE_OK) return status;
        } else if (option->required) {
            return status_set(SAAE_USAGE, "--%s is missing: give --%s %s", option->name,
                              option->name, option->metavar);
        }
    }
    int count = table->arguments ? table->arguments->count : 0;
    if (count < table->least_arguments) {
        return status_set(SAAE_USAGE, "an argument is missing: saae %s %s", table->command,
                          table->synopsis);
    }
    return SAAE_OK;
}

int options_parse(const struct option_table *table, int argc, char **argv)
{
    int status = SAAE_OK;
    bool given[GIVEN_MAX] = {false}, ended = false;
    if (table->option_count > GIVEN_MAX) {
        FAIL(SAAE_USAGE, "'%s' has more than %d options", table->command, GIVEN_MAX);
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            options_print_help(table);
            return OPTIONS_HELP;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0) {
            ended = true;
        } else if (!ended && strncmp(argv[i], "--", 2) == 0) {
            TRY(parse_option(table, argc, argv, &i, given));
        } else if (!ended && argv[i][0] == '-' && argv[i][1]) {
            FAIL(SAAE_USAGE, "unknown option %s: options have two dashes; see 'saae %s --help'",
                 argv[i], table->command);
        } else {
            TRY(add_argument(table, argv[i]));
        }
    }
    TRY(complete(table, given));
done:
    return status;
}

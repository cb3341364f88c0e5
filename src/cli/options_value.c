/* The values of options: from text to the target, within limits. */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

static bool has_limits(const struct option *option)
{
    return option->minimum != 0 || option->maximum != 0;
}

static int check_limits(const struct option *option, const char *source, double value)
{
    if (!has_limits(option) || (value >= option->minimum && value <= option->maximum)) {
        return SAAE_OK;
    }
    return status_set(SAAE_USAGE, "%s: %.15g is outside %.15g .. %.15g", source, value,
                      option->minimum, option->maximum);
}

/* Reads a decimal int and leaves *end behind it. */
static bool scan_int(const char *text, int *value, const char **end)
{
    char *stop = NULL;
    if (!(*text >= '0' && *text <= '9') && *text != '-' && *text != '+') return false;
    errno = 0;
    long number = strtol(text, &stop, 10);
    if (stop == text || errno == ERANGE || number < INT_MIN || number > INT_MAX) return false;
    *value = (int)number;
    *end = stop;
    return true;
}

static int read_int(const struct option *option, const char *source, const char *text)
{
    int value = 0;
    const char *end = text;
    if (!scan_int(text, &value, &end) || *end) {
        return status_set(SAAE_USAGE, "%s: '%s' is not a whole number", source, text);
    }
    int status = check_limits(option, source, value);
    if (status == SAAE_OK) *(int *)option->target = value;
    return status;
}

static int read_counter(const struct option *option, const char *source, const char *text)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!(*text >= '0' && *text <= '9') || *end || errno == ERANGE || value > UINT64_MAX) {
        return status_set(SAAE_USAGE, "%s: '%s' is not a whole number in 0 .. 2^64-1", source,
                          text);
    }
    *(uint64_t *)option->target = (uint64_t)value;
    return SAAE_OK;
}

static int read_double(const struct option *option, const char *source, const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value)) {
        return status_set(SAAE_USAGE, "%s: '%s' is not a finite number", source, text);
    }
    int status = check_limits(option, source, value);
    if (status == SAAE_OK) *(double *)option->target = value;
    return status;
}

static int read_choice(const struct option *option, const char *source, const char *text)
{
    size_t length = strlen(text);
    for (const char *word = option->metavar; *word;) {
        size_t size = strcspn(word, "|");
        if (size == length && memcmp(word, text, size) == 0) {
            *(const char **)option->target = text;
            return SAAE_OK;
        }
        word += size + (word[size] == '|');
    }
    return status_set(SAAE_USAGE, "%s: '%s' is none of %s", source, text, option->metavar);
}

static int read_size(const struct option *option, const char *source, const char *text)
{
    struct option_size size = {0, 0};
    const char *end = text;
    bool good = scan_int(text, &size.height, &end) && *end == 'x' &&
                scan_int(end + 1, &size.width, &end) && *end == '\0' && size.height > 0 &&
                size.width > 0;
    if (!good) {
        return status_set(SAAE_USAGE, "%s: '%s' is no size; write HEIGHTxWIDTH, 32x96 for instance",
                          source, text);
    }
    int status = check_limits(option, source, size.height);
    if (status == SAAE_OK) status = check_limits(option, source, size.width);
    if (status == SAAE_OK) *(struct option_size *)option->target = size;
    return status;
}

static int read_ints(const struct option *option, const char *source, const char *text)
{
    struct option_ints ints = {.count = 0};
    for (const char *at = text;; at++) {
        if (ints.count == OPTION_INTS_MAX) {
            return status_set(SAAE_USAGE, "%s: at most %d numbers", source, OPTION_INTS_MAX);
        }
        int *value = &ints.values[ints.count++];
        if (!scan_int(at, value, &at) || (*at && *at != ',')) {
            return status_set(SAAE_USAGE, "%s: '%s' is no list of whole numbers; write 1,2,3",
                              source, text);
        }
        int status = check_limits(option, source, *value);
        if (status != SAAE_OK) return status;
        if (!*at) break;
    }
    *(struct option_ints *)option->target = ints;
    return SAAE_OK;
}

static int add_value(const struct option *option, const char *source, const char *text)
{
    struct option_arguments *list = option->target;
    if (list->count == OPTION_VALUES_MAX) {
        return status_set(SAAE_USAGE, "%s: given more than %d times", source, OPTION_VALUES_MAX);
    }
    list->values[list->count++] = text;
    return SAAE_OK;
}

int options_read_value(const struct option *option, const char *source, const char *text)
{
    if (!text[0] && option->kind != OPTION_FLAG) {
        return status_set(SAAE_USAGE, "%s: the value is empty; give %s", source, option->metavar);
    }
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->target = true;
        return SAAE_OK;
    case OPTION_INT:
        return read_int(option, source, text);
    case OPTION_COUNTER:
        return read_counter(option, source, text);
    case OPTION_DOUBLE:
        return read_double(option, source, text);
    case OPTION_TEXT:
        *(const char **)option->target = text;
        return SAAE_OK;
    case OPTION_CHOICE:
        return read_choice(option, source, text);
    case OPTION_SIZE:
        return read_size(option, source, text);
    case OPTION_INTS:
        return read_ints(option, source, text);
    case OPTION_LIST:
        return add_value(option, source, text);
    }
    return status_set(SAAE_USAGE, "%s: unknown kind of option", source);
}

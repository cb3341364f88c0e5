#include "ops/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tuning_count(const struct op_algorithm *algorithm)
{
    int count = 0;
    while (algorithm->tunables && count < OP_MAX_TUNABLES && algorithm->tunables[count].name) {
        count++;
    }
    return count;
}

void tuning_resolve(const struct op_call *call, const struct device_traits *traits,
                    int values[OP_MAX_TUNABLES])
{
    const struct op_algorithm *algorithm = op_algorithm_of(call);
    memset(values, 0, OP_MAX_TUNABLES * sizeof *values);
    if (tuning_count(algorithm)) algorithm->tune(call, traits, values);
}

void tuning_print(const struct op_algorithm *algorithm, const int tuning[OP_MAX_TUNABLES],
                  char text[TUNING_TEXT])
{
    const int count = tuning_count(algorithm);
    int used = snprintf(text, TUNING_TEXT, "%s", algorithm->name);
    for (int t = 0; t < count && used < TUNING_TEXT; t++) {
        if (!tuning[t]) continue;
        used += snprintf(text + used, (size_t)(TUNING_TEXT - used), " %s=%d",
                         algorithm->tunables[t].name, tuning[t]);
    }
}

/* ---- Reading ---- */

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* The algorithm whose name is the text's first word, or -1. */
static int find_algorithm(const struct op *op, const char *text, size_t length)
{
    for (int a = 0; a < OP_MAX_ALGORITHMS && op->algorithms[a].name; a++) {
        if (is_word(text, length, op->algorithms[a].name)) return a;
    }
    return -1;
}

/* "name=value" of `length` characters into tuning. */
static bool read_value(const struct op_algorithm *algorithm, const char *text, size_t length,
                       int tuning[OP_MAX_TUNABLES])
{
    const char *equals = memchr(text, '=', length);
    if (!equals || equals[1] < '1' || equals[1] > '9') return false;
    for (int t = 0; t < tuning_count(algorithm); t++) {
        const struct op_tunable *tunable = &algorithm->tunables[t];
        if (!is_word(text, (size_t)(equals - text), tunable->name)) continue;
        char *end = NULL;
        const long value = strtol(equals + 1, &end, 10);
        if (end != text + length || value < tunable->least || value > tunable->most) return false;
        if (tuning[t]) return false; /* twice */
        tuning[t] = (int)value;
        return true;
    }
    return false;
}

int tuning_parse(struct op_call *call, const char *text)
{
    const struct op *op = op_get(call->kind);
    size_t length = strcspn(text, " ");
    int tuning[OP_MAX_TUNABLES] = {0}, a = find_algorithm(op, text, length);
    bool known = a >= 0;
    for (const char *at = text + length; known && *at; at += length) {
        length = strcspn(++at, " ");
        known = read_value(&op->algorithms[a], at, length, tuning);
    }
    if (!known) {
        return status_set(SAAE_INPUT, "%s.%s has no algorithm '%s'", op->stem, op->pass, text);
    }
    call->algorithm = a;
    memcpy(call->tuning, tuning, sizeof tuning);
    return SAAE_OK;
}

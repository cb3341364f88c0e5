/* Tunables of a call's algorithm (op.h: op_tunable): values in force, and a call's plan as text,
 * "winograd tiles=28 rows=7": the algorithm, then the tunables that are not by its formula. */
#ifndef SAAE_OPS_TUNING_H
#define SAAE_OPS_TUNING_H

#include "ops/op.h"

/* Tunables of an algorithm. */
int tuning_count(const struct op_algorithm *algorithm);

/* values[t]: of each tunable of the call's algorithm, 0 beyond them. */
void tuning_resolve(const struct op_call *call, const struct device_traits *traits,
                    int values[OP_MAX_TUNABLES]);

/* The text of a call's algorithm and tuning; TUNING_TEXT bytes hold any. */
enum { TUNING_TEXT = 128 };
void tuning_print(const struct op_algorithm *algorithm, const int tuning[OP_MAX_TUNABLES],
                  char text[TUNING_TEXT]);

/* Sets algorithm and tuning of the call. SAAE_INPUT: the pass has no such algorithm or tunable, or
 * a value is out of range; the call is as it was. */
int tuning_parse(struct op_call *call, const char *text);

/* For op_algorithm.tune: what the call gives for tunable t, or the formula's value. */
static inline int tuning_value(const struct op_call *call, int t, int usual)
{
    return call->tuning[t] ? call->tuning[t] : usual;
}

#endif

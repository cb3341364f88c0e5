/* Measured times of algorithms, kept in algorithms.json in the cache folder:
 *
 *     {"format": 1, "devices": {"KEY": {"driver": "1.2", "version": "0.1.0", "calls": {
 *         "fully_connected.forward 64x1x1x100,1x1x100x10 -> 64x1x1x10":
 *             {"algorithm": "direct", "ms": {"direct": 0.051, "clblast": 1.2}}}}}}
 *
 * ms null: the algorithm failed or gave another result. Under another driver or program version a
 * device begins anew. A file that cannot be understood counts as empty and is written anew. */
#ifndef SAAE_GRAPH_CHOOSE_CACHE_H
#define SAAE_GRAPH_CHOOSE_CACHE_H

#include "ops/op.h"

/* One call's entry: seconds of each candidate (INFINITY: failed or wrong) and the winner. */
struct choose_entry {
    const struct op_algorithm *candidates[OP_MAX_ALGORITHMS];
    int count;
    double seconds[OP_MAX_ALGORITHMS];
    int winner; /* index into candidates */
};

/* Fills seconds and winner of an entry whose candidates are set. False: not there, or measured
 * among other candidates. */
bool choose_cache_find(const struct device_traits *traits, const char *version, const char *call,
                       struct choose_entry *entry);

/* Adds the entry or replaces it; nothing without a cache folder. SAAE_IO, SAAE_MEMORY. */
int choose_cache_store(const struct device_traits *traits, const char *version, const char *call,
                       const struct choose_entry *entry);

/* Drops what is kept for this device. */
int choose_cache_forget(const struct device_traits *traits);

#endif

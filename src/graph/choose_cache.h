/* Measured times of algorithms, kept in algorithms.json in the cache folder:
 *
 *     {"format": 2, "devices": {"KEY": {"driver": "1.2", "version": "0.1.0", "calls": {
 *         "fully_connected.forward 64x1x1x100,1x1x100x10 -> 64x1x1x10":
 *             {"direct": [0.04, 0, 0.011], "clblast": [1.2, 0, 0]}}}}}}
 *
 * Milliseconds of the pass and of the form of each input, 0 for one that is read as it is. null:
 * the algorithm failed or gave another result. Under another driver or program version a
 * device begins anew. A file that cannot be understood counts as empty and is written anew. */
#ifndef SAAE_GRAPH_CHOOSE_CACHE_H
#define SAAE_GRAPH_CHOOSE_CACHE_H

#include "graph/choose_measure.h"

/* One call's entry. */
struct choose_entry {
    const struct op_algorithm *candidates[OP_MAX_ALGORITHMS];
    int count, inputs; /* inputs: of the call */
    struct choose_time times[OP_MAX_ALGORITHMS];
};

/* Fills the times of an entry whose candidates are set. False: not there, or measured among other
 * candidates. */
bool choose_cache_find(const struct device_traits *traits, const char *version, const char *call,
                       struct choose_entry *entry);

/* Adds the entry or replaces it; nothing without a cache folder. SAAE_IO, SAAE_MEMORY. */
int choose_cache_store(const struct device_traits *traits, const char *version, const char *call,
                       const struct choose_entry *entry);

/* Drops what is kept for this device. */
int choose_cache_forget(const struct device_traits *traits);

#endif

/* Measured times of algorithms and of tunings (ops/tuning.h), kept in algorithms.json in the cache
 * folder:
 *
 *     {"format": 2, "devices": {"KEY": {"driver": "1.2", "version": "0.1.0", "calls": {
 *         "fully_connected.forward 64x1x1x100,1x1x100x10 -> 64x1x1x10":
 *             {"direct": [0.04, 0, 0.011], "clblast": [1.2, 0, 0],
 *              "direct rows=4": [0.03, 0, 0.011], "tuned": true}}}}}}
 *
 * Milliseconds of the pass and of the form of each input, 0 for one that is read as it is. null:
 * the algorithm failed or gave another result. tuned: tunings were searched for. Under another
 * driver or program version a device begins anew. A file that cannot be understood counts as empty
 * and is written anew. */
#ifndef SAAE_GRAPH_CHOOSE_CACHE_H
#define SAAE_GRAPH_CHOOSE_CACHE_H

#include "graph/choose_measure.h"

/* One call's entry: its algorithms without tuning, the plain one first, then tunings of them. */
struct choose_entry {
    const struct op_call *call; /* its tuning does not matter */
    struct choose_variant variants[CHOOSE_MOST];
    struct choose_time times[CHOOSE_MOST];
    int count;
    bool tuned;
};

/* An entry of the algorithms that are candidates for the call on the device, without times: all
 * that can run it, but CLBlast's products not on CPUs, where they take seconds to build and then
 * several times as long as our tiles. */
void choose_entry_begin(struct choose_entry *entry, const struct op_call *call,
                        const struct device_traits *traits);

/* Fills the times of an entry whose algorithms are set and adds the tunings that are kept. False:
 * not there, or measured among other algorithms. */
bool choose_cache_find(const struct device_traits *traits, const char *version,
                       struct choose_entry *entry);

/* Adds the entry or replaces it; nothing without a cache folder. SAAE_IO, SAAE_MEMORY. */
int choose_cache_store(const struct device_traits *traits, const char *version,
                       const struct choose_entry *entry);

/* Drops what is kept for this device. */
int choose_cache_forget(const struct device_traits *traits);

#endif

/* The JSON of `saae bench`: one object a device.
 *
 *     {"device": "...", "id": "0:0", "platform": "...", "driver": "...", "compute_units": 2,
 *      "clock_mhz": 2600, "version": "...", "revision": "...", "preset": "paper", "batch": 64,
 *      "rounds": 7, "contents_once": true, "verified": true, "why": null,
 *      "peak_device_bytes": 0, "peak_rss_bytes": 0,
 *      "1": {"ms": 0, "ms_min": 0, "ms_max": 0, "images_per_s": 0}, "2": ..., "generate": ...,
 *      "set": ...,
 *      "peak": {"gflops": 0, "gbs": 0},
 *      "ops": [{"op": "conv2d", "pass": "backward_weights", "case": "64x28x28x64->64 5x5",
 *               "algorithm": "direct", "chosen": true, "ms": 0, "ms_min": 0, "ms_max": 0,
 *               "gflops": 0, "gbs": 0, "peak_gflops_percent": 0, "peak_gbs_percent": 0,
 *               "calls": {"1": 1, "2": 0, "3": 1, "generate": 0, "set": 0}, "verified": true}]}
 *
 * A part that was not timed is left out; an op that did not verify has null for its figures and
 * "why". gflops are those of the direct algorithm, the percentage those of the multiplications
 * really done. */
#ifndef SAAE_CLI_BENCH_JSON_H
#define SAAE_CLI_BENCH_JSON_H

#include <cjson/cJSON.h>

#include "bench/bench.h"

/* NULL: out of memory. */
cJSON *bench_json_make(const struct bench_result *result, const struct bench_options *options);

/* Appends the object, or the objects of the list, in the file. SAAE_INPUT: no such file, not what
 * bench_json_make made. */
int bench_json_read(const char *path, cJSON *list);

/* Are all results of this preset and batch (preset NULL: of those of the first)? SAAE_USAGE: they
 * are of different work, and to compare them says nothing. */
int bench_json_check_alike(const cJSON *list, const char *preset, double batch);

#endif

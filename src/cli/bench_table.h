/* Results of `saae bench`, side by side. */
#ifndef SAAE_CLI_BENCH_TABLE_H
#define SAAE_CLI_BENCH_TABLE_H

#include <cjson/cJSON.h>
#include <stdio.h>

/* The objects of `list` (bench_json.h) as the columns of a table of parts and one of ops, the
 * costly ops first. SAAE_MEMORY. */
int bench_table_print(FILE *stream, const cJSON *list);

#endif

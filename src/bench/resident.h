/* The process's memory, as the system counts it. */
#ifndef SAAE_BENCH_RESIDENT_H
#define SAAE_BENCH_RESIDENT_H

#include <stddef.h>

/* Forgets the peak, so that what came before does not count. Linux alone can; elsewhere the peak
 * stays that of the whole process, which is more. */
void resident_reset(void);

/* The most bytes that were resident at once since the last reset. */
size_t resident_peak(void);

#endif

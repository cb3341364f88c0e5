#include "bench/resident.h"

#include <stdio.h>
#include <sys/resource.h>

void resident_reset(void)
{
    /* proc(5): 5 resets the peak resident set size, which getrusage reports too */
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file) return;
    fputs("5", file);
    fclose(file);
}

size_t resident_peak(void)
{
    struct rusage usage = {.ru_maxrss = 0};
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
    return (size_t)usage.ru_maxrss; /* bytes there, KiB elsewhere */
#else
    return (size_t)usage.ru_maxrss * 1024;
#endif
}

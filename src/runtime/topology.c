/* A stand-in for what /sys tells about the processor.
 *
 * PoCL asks hwloc, which reads /sys, how many cores and how much memory there are; in a jail
 * without /sys it ends the whole process ("Not enough memory to run on this device"). hwloc takes
 * both from the environment instead. */
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void topology_stand_in(const char *system_folder)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    char text[96];
    if (access(system_folder, F_OK) == 0 || cores < 1 || pages < 1 || page_bytes < 1) return;
    snprintf(text, sizeof text, "numa:1(memory=%lld) core:%ld pu:1", pages * page_bytes, cores);
    setenv("HWLOC_SYNTHETIC", text, 0); /* what the user has set stays */
}
